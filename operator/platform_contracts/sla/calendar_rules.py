"""The part of an objective's rules that a calendar window has otherwise: counts that belong to a period.

Rules are written for the running period and for the one that comes after it, each bounded by its own epoch seconds and
labelled with it, so that one period follows the other also while the operator is down. At any time one of the two has
samples: a calendar window records two series more than a rolling one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from platform_contracts.api.schedule import Interval
from platform_contracts.sla import intervals, periods, windows
from platform_contracts.sla.periods import Calendar, Period
from platform_contracts.sla.promise import Promise

# The series of counts that belong to a period, by the series of which they are a part.
PERIOD_COUNTS = {
    "sla:errors:rate5m": "sla:period:errors:rate5m",
    "sla:total:rate5m": "sla:period:total:rate5m",
}


def counts(promise: Promise, calendar: Calendar) -> list[tuple[str, str, Period]]:
    """For each count and each of the two periods: the name of the series, its expression and its period."""
    return [
        (part, within(promise.series(whole), period), period)
        for period in (calendar.running, calendar.coming)
        for whole, part in PERIOD_COUNTS.items()
    ]


def to_date(promise: Promise, calendar: Calendar, function: str, series: str) -> str:
    """`function` over all samples of a series that belong to the period that runs when it is evaluated.

    The label does the cutting, so the range is longer than any period: October in Berlin has an hour more.
    """
    return by_period(calendar, lambda period: in_period(promise, calendar, function, series, period))


def in_period(promise: Promise, calendar: Calendar, function: str, series: str, period: Period) -> str:
    """The same over those that belong to one period."""
    length = windows.promql(periods.LONGEST_SECONDS[calendar.kind])
    return f"{function}({promise.series(series, sla_period=period.name)}[{length}])"


def budgeted(promise: Promise, calendar: Calendar) -> str:
    """`Promise.budgeted` where it foresees, in seconds: as many series as there are to-date sums."""
    return " or ".join(
        f"({promise.series('sla:events:window', promise.window_name, sla_period=period.name)} + "
        f"scalar({_to_come(promise, period)}))"
        for period in (calendar.running, calendar.coming)
    )


def _to_come(promise: Promise, period: Period) -> str:
    """The seconds of a period that are yet to come at each evaluation, without those that are left out."""
    rest = f"clamp_min({_epoch(period.end)} - vector(time()), 0)"
    counted = Interval(period.start, period.end)
    cut = [intervals.cut(one, counted) for one in promise.excluded.left_out if intervals.overlap(one, counted)]
    parts = [f"clamp_min({_epoch(one.end)} - clamp_min(vector(time()), {_epoch(one.start)}), 0)" for one in sorted(cut)]
    return f"{rest} - ({' + '.join(parts)})" if parts else rest


def by_period(calendar: Calendar, expression: Callable[[Period], str]) -> str:
    """The expression of the period that runs when it is evaluated."""
    return " or ".join(f"({within(expression(period), period)})" for period in (calendar.running, calendar.coming))


def within(expression: str, period: Period) -> str:
    """The expression, with samples in the period alone: left-open, as ranges are."""
    return f"({expression}) and on() (vector(time()) > {_epoch(period.start)} <= {_epoch(period.end)})"


def _epoch(moment: datetime) -> str:
    return f"{moment.timestamp():.0f}"
