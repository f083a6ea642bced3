"""How much maintenance an SLA excludes in each of its windows, and which windows those are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from platform_contracts.api.schedule import Interval
from platform_contracts.api.sla import SLASpec
from platform_contracts.sla import intervals, periods, windows
from platform_contracts.sla.exclusions.exclusion import SETTLED

# The periods that have any of an interval in them and may by now be full, given what is excluded already.
Periods = Callable[[Interval, Sequence[Interval]], Iterable[Interval]]


class Span(NamedTuple):
    """Since when exclusions matter (`oldest`), since when they do to the figures, and which periods share a quota."""

    oldest: datetime
    since: datetime
    periods_of: Periods


def span(spec: SLASpec, now: datetime) -> Span:
    """What an SLA's window comes to for its exclusions."""
    window = spec.window.calendar
    calendar = periods.calendar(window, now) if window is not None else None
    if calendar is None:
        length = timedelta(seconds=windows.length(spec.window))
        return Span(now - length, now - length, partial(intervals.rolling, length))

    def touched(wanted: Interval, taken: Sequence[Interval]) -> list[Interval]:
        found = [periods.containing(wanted.start + timedelta(seconds=1), calendar.kind, calendar.zone)]
        while found[-1].end < wanted.end:
            found.append(periods.following(found[-1], calendar.kind, calendar.zone))
        return [Interval(period.start, period.end) for period in found]

    running = calendar.running
    days = spec.maintenance.retroactive_within_days if spec.maintenance is not None else 0
    last = min(running.start, now - timedelta(days=days) - 2 * SETTLED)
    return Span(periods.containing(last, calendar.kind, calendar.zone).start, running.start, touched)


def within(wanted: Interval, taken: Sequence[Interval], quota: int, full: Iterable[Interval]) -> Interval:
    """The first part of `wanted` with which no period has more than `quota` seconds; it may be empty.

    `full` are the periods that may be full by now.
    """
    room = min((quota - intervals.seconds(taken, period) for period in full), default=quota)
    for part in intervals.without(wanted, taken):
        length = int((part.end - part.start).total_seconds())
        if length > room:
            return Interval(wanted.start, part.start + timedelta(seconds=room) if room > 0 else part.start)
        room -= length
    return wanted
