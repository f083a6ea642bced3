"""What `status.objectives` shows, and what the conditions DataFresh and DataComplete say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from platform_contracts.kube.conditions import Condition, find
from platform_contracts.kube.objects import Object, uid
from platform_contracts.sla import calendars, conditions, consumer_rules, status, view
from platform_contracts.sla.budget import Evaluation, Gap, State, evaluate
from platform_contracts.sla.conditions import RuleRef
from platform_contracts.sla.counted import counting
from platform_contracts.sla.counted.tally import Tally
from platform_contracts.sla.drafts import Draft
from platform_contracts.sla.inputs import SLAInputs
from platform_contracts.sla.promise import Promise
from platform_contracts.sla.readback import Measurements, Unavailable

_YET = "It has not been evaluated yet."
# Numbers that are older prove no state any more: three evaluations of the window group.
STALE_AFTER = timedelta(minutes=15)
# Gaps in which numbers that were there before are missing, not gone.
_LOST = (Gap.AWAITING_DATA, Gap.RULES_NOT_LOADED, Gap.NO_DATA, Gap.PART_ABSENT, Gap.NOT_MEASURED)
# What is said of the data only where they will be kept for long enough.
_OUTWEIGHED = ("Measured", "TooManyConsumers", "ConsumerLabelAbsent", Gap.INCOMPLETE, Gap.AWAITING_DATA)
# Gaps that every calendar period may begin with.
_NOT_BEGUN = (Gap.AWAITING_DATA, Gap.NO_TRAFFIC)


def tallies(inputs: SLAInputs, drafts: Iterable[Draft]) -> dict[str, Tally]:
    """What is counted from objects, by the names of the objectives that nothing is wrong with."""
    return {
        one.name: counting.tally(one.promise, inputs)
        for one in drafts
        if one.promise is not None and one.promise.limit is not None and one.problem is None
    }


def entries(
    inputs: SLAInputs, objectives: Sequence[Draft], tallies: Mapping[str, Tally], rules_since: datetime | None
) -> tuple[list[Object], list[Evaluation], list[str]]:
    """The objectives as they are shown, what was evaluated, and the names of those whose last numbers were kept.

    `tallies` are those that are counted from objects; `rules_since` is when the rules were written, None where they are
    not.
    """
    previous_status = inputs.sla.get("status") or {}
    previous: list[Object] = previous_status.get("objectives", [])
    stalled = "It is not measured; the condition Stalled says why."
    if not objectives:
        return [view.carried(entry, stalled) for entry in previous], [], []
    before = {entry["name"]: entry for entry in previous}
    same_generation = previous_status.get("observedGeneration") == inputs.sla["metadata"].get("generation", 0)
    fresh: list[Object] = []
    evaluations: list[Evaluation] = []
    stale: list[str] = []
    for one in objectives:
        last = before.get(one.name)
        if one.promise is None:
            fresh += [view.carried(last, stalled)] if last is not None else []
            continue
        tally = tallies.get(one.name)
        if tally is not None and tally.unread:
            # It is looked at again as soon as that is read.
            fresh.append(last or view.unmeasured(one.promise, _YET))
            continue
        begun = calendars.begun(one.promise, last, inputs.now) if tally is None else None
        if last is not None and not view.same_promise(last, one.promise):
            last = None
        said = inputs.measurements if tally is None else _counted(inputs, tally)
        if one.problem is not None:
            fresh.append(view.unmeasured(one.promise, one.problem.message))
            evaluations.append(Evaluation(one.promise, State.UNKNOWN, Gap.NOT_MEASURED))
        elif isinstance(said, Measurements):
            since = rules_since if tally is None else None
            result = evaluate(one.promise, said, rules_since=since, now=inputs.now)
            if result.gap in _NOT_BEGUN and result.numbers is None and begun is not None:
                fresh.append(begun)
                continue
            evaluations.append(result)
            if result.gap in _LOST and same_generation and last is not None and "errorBudget" in last:
                stale += [one.name] if tally is None else []
                fresh.append(view.carried(last, view.gap_message(result.gap, one.promise), held=one.promise.holds))
            else:
                fresh.append(view.render(result))
        else:
            fresh.append(begun or _unread(inputs, one.promise, last))
    return status.settle(fresh, previous, inputs.refresh_seconds, tallies), evaluations, stale


def _counted(inputs: SLAInputs, tally: Tally) -> Measurements:
    """What is counted from objects; nothing for a service that is not there, or does not count."""
    if not counting.counts(inputs):
        return Measurements(inputs.now)
    return tally.measurements(inputs.now)


def _unread(inputs: SLAInputs, promised: Promise, last: Object | None) -> Object:
    """An objective while its data source does not answer, or has not been asked yet."""
    if last is None:
        return view.unmeasured(promised, _YET)
    if isinstance(inputs.measurements, Unavailable) and inputs.now - inputs.measurements.since > STALE_AFTER:
        return view.carried(
            last, "The data source cannot be read; the condition DataFresh says why.", held=promised.holds
        )
    return last


def data_conditions(
    inputs: SLAInputs,
    evaluations: Sequence[Evaluation],
    stale: Sequence[str],
    ref: RuleRef | None,
    unread: Mapping[str, str],
) -> list[Condition]:
    """DataFresh and DataComplete; what cannot be told anew stays as it was told.

    `unread` are the closed periods whose counts could not be read, and why.
    """
    if inputs.spec is not None and all(objective.indicator.counted for objective in inputs.spec.objectives):
        complete = conditions.complete(evaluations, ref) if evaluations else _kept(inputs.sla, "DataComplete")
        return [held_up(inputs) or conditions.counted(), complete]
    measured = [one for one in evaluations if not one.promise.objective.indicator.counted]
    if isinstance(inputs.measurements, Measurements) and measured:
        fresh = conditions.fresh(stale)
        if unread and not stale:
            fresh = conditions.unreported(list(unread), next(iter(unread.values())))
        elif not stale:
            fresh = held_up(inputs) or fresh
        said = inputs.measurements
        crowded = [one.promise.objective.name for one in measured if consumer_rules.crowded(one.promise, said)]
        unlabelled = {
            one.promise.objective.name: str(one.promise.objective.consumer_label)
            for one in measured
            if consumer_rules.unlabelled(one.promise, said)
        }
        complete = conditions.complete(evaluations, ref, crowded, unlabelled)
        if complete.reason in _OUTWEIGHED:
            complete = conditions.short_lived(measured, inputs.measurements.retention) or complete
        return [fresh, complete]
    kept = [_kept(inputs.sla, name) for name in ("DataFresh", "DataComplete")]
    if isinstance(inputs.measurements, Unavailable) and inputs.spec is not None:
        kept[0] = conditions.away(inputs.spec.data_source_name, inputs.measurements)
    return kept


def held_up(inputs: SLAInputs) -> Condition | None:
    """DataFresh while objects cannot tell what is counted of them: what the API server refuses, it may take at once.

    After a start nobody knows yet whether it still refuses it: until then it stays as it was told.
    """
    untold = counting.unread(inputs)
    refused = [inputs.refused[uid(obj)] for obj in untold if uid(obj) in inputs.refused]
    if refused:
        return conditions.unread(refused)
    kept = _kept(inputs.sla, "DataFresh")
    return kept if untold and kept.reason == conditions.OBJECTS_UNREAD else None


def _kept(sla: Object, type_: str) -> Condition:
    live = find(sla, type_)
    if live is None:
        return Condition(type_, None, "NotEvaluated", _YET)
    value = {"True": True, "False": False}.get(live["status"])
    return Condition(type_, value, live["reason"], live["message"])
