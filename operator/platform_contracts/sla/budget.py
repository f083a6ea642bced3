"""What the recorded counts say about a promise: SLI, signed budget, time to exhaustion, coverage, state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from platform_contracts.sla import indicators, windows
from platform_contracts.sla.alerts import MIN_COVERAGE
from platform_contracts.sla.burnrate import Severity
from platform_contracts.sla.promise import Promise
from platform_contracts.sla.readback import Measurements

# From here on a remaining budget is a risk.
_LOW_BUDGET = 0.25
# Digits beyond these are noise of binary fractions: a budget that is spent to the last event is not overspent.
_RATIO_PLACES = 9


class State(StrEnum):
    """How a promise stands."""

    MET = "Met"
    AT_RISK = "AtRisk"
    BREACHED = "Breached"
    UNKNOWN = "Unknown"


class Gap(StrEnum):
    """Why there is no state, or none that can be relied on."""

    NOT_MEASURED = "NotMeasured"
    NOT_IN_EFFECT = "NotInEffect"
    AWAITING_DATA = "AwaitingData"
    RULES_NOT_LOADED = "RulesNotLoaded"
    NO_DATA = "NoData"
    PART_ABSENT = "PartAbsent"
    NO_TRAFFIC = "NoTraffic"
    TOO_FEW_EVENTS = "TooFewEvents"
    MAINTENANCE = "Maintenance"
    INCOMPLETE = "IncompleteData"


@dataclass(frozen=True, slots=True)
class InFull:
    """What the figures would be had nothing been excluded retroactively; ratios of 1."""

    sli: float
    remaining: float


@dataclass(frozen=True, slots=True)
class Numbers:
    """The counts of one window. Ratios are of 1, lengths in seconds.

    `remaining` is the share of the error budget that is left, negative where it is overspent; `span` is how far back
    the counts reach; `coverage` is the share of that time that was measured. `clamped` says that more errors than
    events were recorded, which no service can have, and `exceeded` that more good events than events were.
    """

    events: float
    errors: float
    sli: float
    remaining: float
    coverage: float
    span: float
    # What the error budget is a share of.
    budgeted: float
    evaluated: datetime
    clamped: bool
    exceeded: bool
    exhaustion: datetime | None
    # How much maintenance in the window does not count, in seconds.
    excluded: int = 0
    # None where nothing was subtracted.
    in_full: InFull | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One promise, measured: `gap` is None where the state is certain, or why it is not known, or only held."""

    promise: Promise
    state: State
    gap: Gap | None
    numbers: Numbers | None = None
    # Burn rates of the tiers' long windows, by window.
    burn_rates: dict[str, float] = field(default_factory=dict)
    # The long window of the fastest page tier that burns.
    burning: str | None = None


def evaluate(
    promise: Promise, measurements: Measurements, *, rules_since: datetime | None, now: datetime
) -> Evaluation:
    """The state of a promise by what its data source said.

    `rules_since` is when the rules were written, None where they are not.
    """
    burn_rates = {tier.window: _burn_rate(promise, measurements, tier.window) for tier in promise.tiers}
    known = {window: rate for window, rate in burn_rates.items() if rate is not None}
    burning = _burning(promise, measurements, known)
    numbers = _numbers(promise, measurements, known)
    gap = _gap(promise, measurements, numbers, rules_since, now)
    held = gap is Gap.INCOMPLETE and promise.holds
    if numbers is None or (gap is not None and not held):
        return Evaluation(promise, State.UNKNOWN, gap or Gap.NO_DATA, numbers, known, burning)
    if numbers.remaining < 0:
        state = State.BREACHED
    elif burning or numbers.remaining < _LOW_BUDGET:
        state = State.AT_RISK
    else:
        state = State.MET
    return Evaluation(promise, state, gap, numbers, known, burning)


def _numbers(promise: Promise, measurements: Measurements, burn_rates: dict[str, float]) -> Numbers | None:
    window = promise.window_name
    errors, events, coverage, timestamp = (
        measurements.get(name, promise.id, window, promise.period_name)
        for name in ("errors", "events", "coverage", "evaluated")
    )
    if errors is None or not events or coverage is None:
        return None
    evaluated = datetime.fromtimestamp(timestamp, UTC) if timestamp is not None else measurements.evaluated_at
    clamped = errors > events
    errors = min(errors, events)
    budgeted = promise.budgeted(events, evaluated)
    left = remaining(errors, budgeted, promise)
    span = _span(promise, coverage, evaluated)
    return Numbers(
        events=events,
        errors=errors,
        sli=1 - errors / events,
        remaining=left,
        coverage=min(coverage, 1.0),
        span=span,
        budgeted=budgeted,
        evaluated=evaluated,
        clamped=clamped,
        exceeded=indicators.counts_good(promise.objective.indicator)
        and (measurements.get("objective", promise.id) or 0) > 1,
        exhaustion=_exhaustion(promise, left, span, budgeted, burn_rates, evaluated),
        excluded=promise.excluded.seconds(promise.window_start(evaluated), evaluated),
        in_full=_in_full(promise, measurements, evaluated),
    )


def _in_full(promise: Promise, measurements: Measurements, evaluated: datetime) -> InFull | None:
    if not promise.excluded.subtracted:
        return None
    errors, events = (
        measurements.get(name, promise.id, promise.full_window_name, promise.period_name)
        for name in ("errors", "events")
    )
    if errors is None or not events:
        return None
    errors = min(errors, events)
    return InFull(1 - errors / events, remaining(errors, promise.budgeted(events, evaluated), promise))


def remaining(errors: float, events: float, promise: Promise) -> float:
    """The share of the error budget of so many events that is left, negative where it is overspent."""
    return round(1 - errors / (float(promise.budget) * events), _RATIO_PLACES)


def _span(promise: Promise, coverage: float, evaluated: datetime) -> float:
    """How far back the counts reach: to the start, or further where older history was recorded, at most W.

    In a calendar period no further than to the start of what it counts.
    """
    if promise.calendar is not None:
        return max((evaluated - promise.counted_since).total_seconds(), 0)
    since_start = (evaluated - promise.start).total_seconds()
    measured = coverage * min(
        max(since_start - windows.LEAD_IN.total_seconds(), windows.WINDOW_INTERVAL), promise.window
    )
    return min(max(since_start, measured, 0), promise.window)


def _exhaustion(
    promise: Promise,
    remaining: float,
    span: float,
    budgeted: float,
    burn_rates: dict[str, float],
    evaluated: datetime,
) -> datetime | None:
    """When the budget is spent if it goes on as over six hours, or the long window next to that, and no old error
    leaves first.

    Over a full window the budget shrinks by rate / W each second; while the SLA is young, and in a calendar period, it
    also grows with each event, so that a rate of 1 never exhausts it; not where the period's budget is one of time.
    """
    rate = burn_rates.get(promise.outlook, 0) if promise.tiers else 0
    if remaining <= 0 or rate <= 1:
        return None
    ends = promise.calendar.running.end if promise.calendar else evaluated + timedelta(seconds=promise.window)
    grows = not promise.foresees if promise.calendar else span < promise.window
    left = (
        span * remaining / (rate - 1)
        if grows
        else (budgeted if promise.foresees else promise.window) * remaining / rate
    )
    # Not as a time: at a rate of 1 and a hair it would be after the last one that there is.
    if left > (ends - evaluated).total_seconds():
        return None  # by then everything that is counted today has left the window, or the period is over
    return evaluated + timedelta(seconds=left)


def _burn_rate(promise: Promise, measurements: Measurements, window: str) -> float | None:
    return measurements.get("burn_rate", promise.id, window)


def _burning(promise: Promise, measurements: Measurements, long: Mapping[str, float]) -> str | None:
    """The long window of the fastest page tier that burns; `long` has the rates of the long windows."""
    for tier in promise.tiers:
        if tier.severity is Severity.PAGE and long.get(tier.window, 0) > tier.factor:
            short = _burn_rate(promise, measurements, windows.promql(tier.short))
            if short is not None and short > tier.factor:
                return tier.window
    return None


def _gap(
    promise: Promise, measurements: Measurements, numbers: Numbers | None, rules_since: datetime | None, now: datetime
) -> Gap | None:
    if now < promise.start:
        return Gap.NOT_IN_EFFECT
    if numbers is not None:
        few, incomplete = round(numbers.events) < promise.min_events, numbers.coverage < MIN_COVERAGE
        # What holds for time without data is what was measured, and too few events measure nothing.
        if incomplete and not (few and promise.holds):
            return Gap.INCOMPLETE
        return Gap.TOO_FEW_EVENTS if few else None
    if measurements.get("events", promise.id, promise.window_name, promise.period_name) == 0:
        return Gap.NO_TRAFFIC
    if rules_since is None:
        return Gap.NOT_MEASURED
    if now - max(rules_since, promise.first_count or promise.start, promise.counted_since) < windows.LEAD_IN:
        return Gap.AWAITING_DATA
    if measurements.get("objective", promise.id) is None:
        return Gap.RULES_NOT_LOADED
    if promise.excluded.until(now) is not None:
        return Gap.MAINTENANCE
    traffic = measurements.get("traffic", promise.id)
    if traffic is None:
        return Gap.NO_DATA
    return Gap.PART_ABSENT if traffic < 0 else Gap.AWAITING_DATA
