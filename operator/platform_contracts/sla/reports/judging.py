"""The verdict on one objective over a closed period, by what was counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from platform_contracts.api.credits import Credits
from platform_contracts.api.schedule import Interval
from platform_contracts.api.sla_report import Verdict
from platform_contracts.kube.objects import Object
from platform_contracts.sla import budget, credits, intervals, windows
from platform_contracts.sla.alerts import MIN_COVERAGE
from platform_contracts.sla.exclusions.exclusion import Exclusion
from platform_contracts.sla.periods import Period
from platform_contracts.sla.promise import Promise
from platform_contracts.sla.reports.closing import Closing
from platform_contracts.sla.view import fixed

# Digits beyond these are noise of binary fractions: where all was subtracted nothing is left.
_PLACES = 6
_CUT_OFF = (
    "Prometheus does not keep the beginning of the period any more, so nobody can tell; let it keep its data "
    "for longer."
)
# A coverage is reported in so many digits, rounded down.
_COVERAGE_STEP = 1e-4


class Evidence(NamedTuple):
    """What is known of the counts of an SLA's closed periods.

    `closing` is what its data source said, `exclusions` are the times that do not count, and `kept_since` is from when
    on the data source still has what it recorded, where it says so.
    """

    closing: Closing = Closing()
    exclusions: Sequence[Exclusion] = ()
    kept_since: datetime | None = None


class Sums(NamedTuple):
    """What was counted in a time: events, or seconds of slices, and those that failed; and how many seconds of it were
    measured of those that should have been."""

    events: float
    errors: float
    measured: float
    expected: float

    @property
    def coverage(self) -> float:
        """The share of the time that was measured, a ratio of 1; all of none."""
        return min(self.measured / self.expected, 1.0) if self.expected > 0 else 1.0

    def less(self, part: Sums) -> Sums:
        """What is left without a part of it."""
        return Sums(*(max(round(whole - less, _PLACES), 0.0) for whole, less in zip(self, part, strict=True)))


def counted(promise: Promise, period: Period, stretches: Iterable[Interval], evidence: Evidence) -> Sums:
    """What the data source says was counted in these parts of a period, or in all of it.

    What the rules left out for maintenance should not have been measured, nor what was before they could be there.
    """
    found = [0.0, 0.0, 0.0, 0.0]
    since = _since(promise, period)
    left_out = [Interval(one.start, one.end + promise.tail) for one in evidence.exclusions if not one.retroactive]
    for one in stretches:
        counts = evidence.closing.counts(promise.id, one)
        to_measure = intervals.without(intervals.cut(one, Interval(since, period.end)), left_out)
        for number, value in enumerate((counts.events, counts.errors, counts.samples)):
            found[number] += value * promise.interval
        found[3] += intervals.seconds(to_measure, one)
    return Sums(*found)


def reported(entry: Mapping[str, Any], promise: Promise, expected: float) -> Sums:
    """What was counted by an objective of a report, with nothing subtracted, of so many seconds that should have been
    measured."""
    told, size = entry.get("inFull", entry), promise.unit.size
    events, good = (float(told.get(name, "0")) * size for name in ("denominator", "numerator"))
    return Sums(events, events - good, float(told["coverage"]) * expected, expected)


def lost(promise: Promise, whole: Sums, parts: Sequence[Interval], part: Sums, kept_since: datetime | None) -> bool:
    """Whether the data source lacks some of the `parts` of what it once counted: it says that it does not keep them, or
    more of them is unmeasured than of the whole was then, or all of them while about nothing of the whole was."""
    if kept_since is not None and any(one.start < kept_since for one in parts):
        return True
    if part.measured == 0 and part.expected > 2 * promise.interval and whole.coverage > 1 - 2 * _COVERAGE_STEP:
        return True
    return part.expected - part.measured > max(whole.expected - whole.measured, 0) + _unsure(promise, whole)


def _unsure(promise: Promise, whole: Sums) -> float:
    """So many seconds a coverage may be off, by its digits and by when rules happen to be evaluated."""
    return _COVERAGE_STEP * whole.expected + 2 * promise.interval


def cut_off(promise: Promise, period: Period, whole: Sums, kept_since: datetime | None) -> bool:
    """Whether a data source no longer keeps the beginning of a period, and some of the period is unmeasured."""
    if kept_since is None or promise.objective.indicator.counted or kept_since <= _since(promise, period):
        return False
    return whole.expected - whole.measured > _unsure(promise, whole)


def was_cut_off(entry: Mapping[str, Any], promise: Promise) -> bool:
    """Whether an objective of a report is inconclusive for a beginning that was not kept, and for nothing else."""
    if entry["verdict"] != Verdict.INCONCLUSIVE or "denominator" not in entry:
        return False
    events = float(entry["denominator"]) * promise.unit.size
    return Decimal(entry["coverage"]) >= MIN_COVERAGE and round(events) >= promise.min_events


def judge(promise: Promise, tally: Sums, given: Credits | None, *, cut_off: bool = False) -> Object:
    """The figures, the verdict and its sentence as an objective of a report has them, by the credits of its terms.

    Where the beginning is `cut_off` nobody can tell what happened then, be it less than what is always allowed to miss.
    """
    events, errors = tally.events, min(tally.errors, tally.events)
    entry: Object = {
        "coverage": fixed(tally.coverage, 4),
        "verdict": Verdict.INCONCLUSIVE.value,
        "creditPercent": 0,
    }
    if events <= 0:
        missing = tally.coverage < MIN_COVERAGE
        return {**entry, "message": _unmeasured(tally) if missing else "Nothing happened that could be counted."}
    # Nothing of the period is to come any more, so what was counted is what the status would call its budget's base.
    remaining = budget.remaining(errors, events, promise)
    entry |= {
        "numerator": fixed((events - errors) / promise.unit.size, 3),
        "denominator": fixed(events / promise.unit.size, 3),
        "sli": fixed(100 * (1 - errors / events), 4),
    }
    # Also with missingData: Hold, which is about the state while the period runs.
    if tally.coverage < MIN_COVERAGE:
        return {**entry, "message": _unmeasured(tally)}
    if cut_off:
        return {**entry, "message": _CUT_OFF}
    # Sums of rates are events but for a binary fraction.
    if round(events) < promise.min_events:
        return {**entry, "message": f"There were fewer than {promise.min_events} events (minEvents), too few to tell."}
    spent = f"{fixed(100 * (1 - remaining), 1)}% of the error budget was spent"
    if remaining >= 0:
        return {**entry, "verdict": Verdict.MET.value, "message": f"The target was met: {spent}."}
    percent = credits.for_objective(Decimal(entry["sli"]), given) if given else 0
    return {
        **entry,
        "verdict": Verdict.BREACHED.value,
        "creditPercent": percent,
        "message": f"The target was missed: {spent}" + (f", and {percent}% is given back." if given else "."),
    }


def _since(promise: Promise, period: Period) -> datetime:
    """From when on a period should have been measured: its beginning, or once the SLA's rules could be there."""
    return max(period.start, promise.start + windows.LEAD_IN)


def _unmeasured(tally: Sums) -> str:
    return (
        f"Only {fixed(100 * tally.coverage, 1)}% of the time was measured, and it takes 95% to tell; look whether "
        "Prometheus ran all the time, had the rules and keeps its data long enough."
    )
