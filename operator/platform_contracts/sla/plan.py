"""An SLA, its surroundings and its numbers in; its rules and its status out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from platform_contracts.kube.conditions import Condition, find, render
from platform_contracts.kube.kinds import Kind
from platform_contracts.kube.objects import Object, is_ours
from platform_contracts.kube.plan import Plan
from platform_contracts.sla import (
    calendars,
    conditions,
    dependencies,
    exclusions,
    problems,
    rendering,
    status,
    view,
)
from platform_contracts.sla.budget import Evaluation, Gap, State, evaluate
from platform_contracts.sla.conditions import RuleRef
from platform_contracts.sla.drafts import Draft, drafts
from platform_contracts.sla.exclusions import Exclusion
from platform_contracts.sla.inputs import SLAInputs
from platform_contracts.sla.news import transitions
from platform_contracts.sla.promise import Promise
from platform_contracts.sla.readback import Measurements, Unavailable
from platform_contracts.sla.rendering import Written
from platform_contracts.sla.reports import history

__all__ = ["SLAInputs", "plan", "plan_deleted"]

# Numbers that are older prove no state any more: three evaluations of the window group.
STALE_AFTER = timedelta(minutes=15)
# Gaps in which numbers that were there before are missing, not gone.
_LOST = (Gap.AWAITING_DATA, Gap.RULES_NOT_LOADED, Gap.NO_DATA, Gap.PART_ABSENT, Gap.NOT_MEASURED)
# Gaps that every calendar period may begin with.
_NOT_BEGUN = (Gap.AWAITING_DATA, Gap.NO_TRAFFIC)


def plan(inputs: SLAInputs) -> Plan:
    """The rules that should be, the stale ones that should go, and the complete new status.

    What stops the rules from being written (no service, no provider's namespace, no data source, an unreadable spec)
    leaves the live ones as they are, so that measuring goes on. A mistake in one objective takes only that one out.
    """
    blocked = problems.blocking(inputs)
    times = _exclusions(inputs, bool(blocked))
    objectives = drafts(inputs, times)
    mistakes = problems.partial(inputs, [one.problem for one in objectives if one.problem is not None])
    written = rendering.live(inputs) if blocked else rendering.written(inputs, objectives)
    shown, evaluations, stale = _entries(inputs, objectives, written)
    previous = inputs.sla.get("status") or {}
    generation = inputs.sla["metadata"].get("generation", 0)
    told = conditions.summary(blocked + mistakes, written.ref, sum(one.problem is None for one in objectives))
    known = history.entries(inputs.reports, previous.get("history", ()))
    told += _data_conditions(inputs, evaluations, stale, written.ref, calendars.unread(inputs, known))
    told += conditions.met(shown)
    told += _feasible(inputs)
    new: Object = {
        "observedGeneration": generation,
        "conditions": render(told, previous=previous.get("conditions", ()), generation=generation, now=inputs.now),
        **status.overall(shown),
        "objectives": shown,
    }
    if times:
        new["exclusions"] = exclusions.render(times)
    if written.status:
        new["rules"] = written.status
    if known:
        new["history"] = history.shown(known)
    if inputs.feedback:
        new["feedback"] = inputs.feedback
    return Plan(
        applies=written.applies + calendars.reports(inputs, known, times),
        deletes=written.deletes,
        status=new,
        requeue_after=calendars.next_look(inputs),
        events=transitions(previous, new),
    )


def plan_deleted(live_rules: Sequence[tuple[Kind, Object]]) -> Plan:
    """The plan for an SLA that is gone: its rules go, also those that no ownerReference reaches.

    The garbage collector, where it is at work, does the same for the others, but in its own time: alerts end at once.
    """
    return Plan(deletes=[rendering.deleted(kind, obj) for kind, obj in live_rules if is_ours(obj)])


def _exclusions(inputs: SLAInputs, blocked: bool) -> Sequence[Exclusion]:
    """The times that do not count: where no rules can be written, those that the live ones know."""
    if blocked or inputs.spec is None:
        return exclusions.read((inputs.sla.get("status") or {}).get("exclusions", ()))
    return exclusions.of_sla(inputs.sla, inputs.spec, inputs.maintenance, inputs.now).exclusions


def _feasible(inputs: SLAInputs) -> list[Condition]:
    metadata = inputs.sla["metadata"]
    objectives = inputs.spec.objectives if inputs.spec else ()
    found = dependencies.feasible(objectives, inputs.upstreams, f"{metadata['namespace']}/{metadata['name']}")
    return [found] if found else []


def _entries(
    inputs: SLAInputs, objectives: Sequence[Draft], written: Written
) -> tuple[list[Object], list[Evaluation], list[str]]:
    """The objectives as they are shown, what was evaluated, and the names of those whose last numbers were kept."""
    previous_status = inputs.sla.get("status") or {}
    previous: list[Object] = previous_status.get("objectives", [])
    if not objectives:
        message = "It is not measured; the condition Stalled says why."
        return [view.carried(entry, message) for entry in previous], [], []
    before = {entry["name"]: entry for entry in previous}
    same_generation = previous_status.get("observedGeneration") == inputs.sla["metadata"].get("generation", 0)
    fresh: list[Object] = []
    evaluations: list[Evaluation] = []
    stale: list[str] = []
    for one in objectives:
        last = before.get(one.promise.objective.name)
        begun = calendars.begun(one.promise, last, inputs.now)
        if last is not None and not view.same_promise(last, one.promise):
            last = None
        if one.problem is not None:
            fresh.append(view.unmeasured(one.promise, one.problem.message[: view.MESSAGE_LIMIT]))
            evaluations.append(Evaluation(one.promise, State.UNKNOWN, Gap.NOT_MEASURED))
        elif isinstance(inputs.measurements, Measurements):
            result = evaluate(one.promise, inputs.measurements, rules_since=written.since, now=inputs.now)
            if result.gap in _NOT_BEGUN and result.numbers is None and begun is not None:
                fresh.append(begun)
                continue
            evaluations.append(result)
            if result.gap in _LOST and same_generation and last is not None and "errorBudget" in last:
                stale.append(one.promise.objective.name)
                fresh.append(view.carried(last, view.gap_message(result.gap, one.promise), held=one.promise.holds))
            else:
                fresh.append(view.render(result))
        else:
            fresh.append(begun or _unread(inputs, one.promise, last))
    return status.settle(fresh, previous, inputs.refresh_seconds), evaluations, stale


def _unread(inputs: SLAInputs, promised: Promise, last: Object | None) -> Object:
    """An objective while its data source does not answer, or has not been asked yet."""
    if last is None:
        return view.unmeasured(promised, "It has not been evaluated yet.")
    if isinstance(inputs.measurements, Unavailable) and inputs.now - inputs.measurements.since > STALE_AFTER:
        return view.carried(
            last, "The data source cannot be read; the condition DataFresh says why.", held=promised.holds
        )
    return last


def _data_conditions(
    inputs: SLAInputs,
    evaluations: Sequence[Evaluation],
    stale: Sequence[str],
    ref: RuleRef | None,
    unread: Mapping[str, str],
) -> list[Condition]:
    """DataFresh and DataComplete; what cannot be told anew stays as it was told."""
    if isinstance(inputs.measurements, Measurements) and evaluations:
        waits = unread and not stale
        fresh = conditions.unreported(list(unread), next(iter(unread.values()))) if waits else conditions.fresh(stale)
        complete = conditions.complete(evaluations, ref)
        if complete.reason in ("Measured", Gap.INCOMPLETE, Gap.AWAITING_DATA):
            complete = conditions.short_lived(evaluations, inputs.measurements.retention) or complete
        return [fresh, complete]
    kept = [_kept(inputs.sla, name) for name in ("DataFresh", "DataComplete")]
    if isinstance(inputs.measurements, Unavailable) and inputs.spec is not None:
        kept[0] = conditions.away(inputs.spec.data_source_name, inputs.measurements)
    return kept


def _kept(sla: Object, type_: str) -> Condition:
    live = find(sla, type_)
    if live is None:
        return Condition(type_, None, "NotEvaluated", "It has not been evaluated yet.")
    value = {"True": True, "False": False}.get(live["status"])
    return Condition(type_, value, live["reason"], live["message"])
