"""An SLA, its surroundings and its numbers in; its rules and its status out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from platform_contracts.kube.conditions import Condition, render
from platform_contracts.kube.kinds import Kind
from platform_contracts.kube.objects import Object, is_ours
from platform_contracts.kube.plan import Delete, Plan
from platform_contracts.sla import (
    calendars,
    conditions,
    dependencies,
    ended,
    entries,
    problems,
    rendering,
    status,
)
from platform_contracts.sla.counted.tally import Tally
from platform_contracts.sla.drafts import drafts
from platform_contracts.sla.exclusions import decision, exclusion
from platform_contracts.sla.exclusions.decision import Decision
from platform_contracts.sla.inputs import SLAInputs
from platform_contracts.sla.news import transitions
from platform_contracts.sla.reports import history, writing

__all__ = ["SLAInputs", "plan", "plan_deleted"]


def plan(inputs: SLAInputs) -> Plan:
    """The rules that should be, the stale ones that should go, and the complete new status.

    What stops the rules from being written (no service, no provider's namespace, no data source, an unreadable spec,
    more rules than an object holds) leaves the live ones as they are, so that measuring goes on. A mistake in one
    objective takes only that one out.
    """
    over = ended.over_since(inputs.spec, inputs.now)
    if over is not None:
        return ended.plan(inputs, over, _decided(inputs, blocked=False))
    blocked = problems.blocking(inputs)
    decided = _decided(inputs, bool(blocked))
    objectives = drafts(inputs, decided.exclusions)
    written = rendering.live(inputs) if blocked else rendering.written(inputs, objectives, decided.exclusions)
    if written.problem is not None:
        blocked = [written.problem]
        decided = _decided(inputs, blocked=True)
        objectives = drafts(inputs, decided.exclusions)
    times = decided.exclusions
    mistakes = problems.partial(inputs, [one.problem for one in objectives if one.problem is not None])
    tallies = entries.tallies(inputs, objectives)
    shown, evaluations, stale = entries.entries(inputs, objectives, tallies, written.since)
    previous = inputs.sla.get("status") or {}
    generation = inputs.sla["metadata"].get("generation", 0)
    told = conditions.summary(blocked + mistakes, written.ref, sum(one.problem is None for one in objectives))
    known = history.of_sla(inputs.sla, inputs.reports)
    wanted = writing.want(inputs, known, decided)
    told += entries.data_conditions(inputs, evaluations, stale, written.ref, writing.unread(inputs, wanted))
    told += conditions.met(shown)
    told += _feasible(inputs)
    new: Object = {
        "observedGeneration": generation,
        "conditions": render(told, previous=previous.get("conditions", ()), generation=generation, now=inputs.now),
        **status.overall(shown),
        "objectives": shown,
    }
    if times:
        new["exclusions"] = exclusion.render(times)
    if written.status:
        new["rules"] = written.status
    if known:
        new["history"] = history.shown(known)
    if inputs.feedback:
        new["feedback"] = inputs.feedback
    return Plan(
        applies=written.applies + writing.reports(inputs, wanted, known, times),
        deletes=written.deletes,
        marks=writing.marks(history.own(inputs.sla, inputs.reports), known),
        status=new,
        requeue_after=_next_look(inputs, tallies.values()),
        events=transitions(previous, new),
    )


def plan_deleted(live_rules: Sequence[tuple[Kind, Object]]) -> Plan:
    """The plan for an SLA that is gone: its rules go, also those that no ownerReference reaches.

    The garbage collector, where it is at work, does the same for the others, but in its own time: alerts end at once.
    """
    return Plan(deletes=[Delete.of(kind, obj) for kind, obj in live_rules if is_ours(obj)])


def _decided(inputs: SLAInputs, blocked: bool) -> Decision:
    """The times that do not count: where no rules can be written, those that the live ones know."""
    if blocked or inputs.spec is None:
        return Decision(tuple(exclusion.known(inputs.sla, inputs.rules) or ()), {})
    return decision.of_sla(inputs.sla, inputs.spec, inputs.maintenance, inputs.now, inputs.rules)


def _next_look(inputs: SLAInputs, tallies: Iterable[Tally]) -> timedelta | None:
    """When the clock alone changes something that no data source tells."""
    counts = [tally.next_change(inputs.now) for tally in tallies]
    moments = [calendars.next_look(inputs), ended.next_look(inputs.spec), *counts]
    return min((moment - inputs.now for moment in moments if moment is not None), default=None)


def _feasible(inputs: SLAInputs) -> list[Condition]:
    metadata = inputs.sla["metadata"]
    objectives = inputs.spec.objectives if inputs.spec else ()
    found = dependencies.feasible(objectives, inputs.upstreams, f"{metadata['namespace']}/{metadata['name']}")
    return [found] if found else []
