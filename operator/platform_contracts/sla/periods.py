"""Weeks, months, quarters and years in somebody's time zone, as the points in time at which they begin and end.

A period is left-open, (start, end], as a range of Prometheus is. Local midnight is taken from the IANA zone each time,
so that a month with a change of the clocks has its 743 or 745 hours. Where the clocks skip midnight the period begins
at the moment of the change, and where they repeat it with the first of the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from platform_contracts.api.calendar import CalendarPeriod, CalendarWindow, time_zone
from platform_contracts.sla.windows import DAY

# No period of its kind is longer, an hour of changed clocks and most of a day until it is reported included.
LONGEST_SECONDS = {
    CalendarPeriod.WEEK: 8 * DAY,
    CalendarPeriod.MONTH: 32 * DAY,
    CalendarPeriod.QUARTER: 93 * DAY,
    CalendarPeriod.YEAR: 367 * DAY,
}


class Period(NamedTuple):
    """One period. `name` is 2026-W47, 2026-11, 2026-Q4 or 2026; `start` and `end` are UTC."""

    name: str
    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        """How long it lasts."""
        return int((self.end - self.start).total_seconds())


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar window at a moment: the period that runs, and the one that comes after it."""

    kind: CalendarPeriod
    zone: ZoneInfo
    running: Period
    coming: Period


def cut(period: Period, until: datetime | None) -> Period:
    """The period, or what of it is before `until`; it may be empty."""
    return period._replace(end=max(period.start, min(period.end, until))) if until is not None else period


def calendar(window: CalendarWindow, now: datetime) -> Calendar | None:
    """The calendar of a window, None where nobody knows its time zone."""
    zone = time_zone(window.time_zone)
    if zone is None:
        return None
    running = containing(now, window.period, zone)
    return Calendar(window.period, zone, running, following(running, window.period, zone))


def containing(moment: datetime, kind: CalendarPeriod, zone: ZoneInfo) -> Period:
    """The period in which a moment lies; the very first moment of a period still belongs to the one before."""
    found = _from(_first_day(moment.astimezone(zone).date(), kind), kind, zone)
    return _before(found, kind, zone) if moment <= found.start else found


def following(period: Period, kind: CalendarPeriod, zone: ZoneInfo) -> Period:
    """The period after."""
    return _from(_next_day(_first_day_of(period, zone), kind), kind, zone)


def before(calendar: Calendar, *, most: int) -> list[Period]:
    """The last `most` periods before the running one, oldest first."""
    return list(_last(calendar.running, calendar.kind, calendar.zone, most))


@lru_cache(maxsize=256)
def _last(running: Period, kind: CalendarPeriod, zone: ZoneInfo, most: int) -> tuple[Period, ...]:
    """What every SLA of the same kind of period and time zone asks for, again and again."""
    found: list[Period] = []
    for _ in range(most):
        running = _before(running, kind, zone)
        found.append(running)
    return tuple(found[::-1])


def _before(period: Period, kind: CalendarPeriod, zone: ZoneInfo) -> Period:
    return _from(_first_day(_first_day_of(period, zone) - timedelta(days=1), kind), kind, zone)


def _from(first: date, kind: CalendarPeriod, zone: ZoneInfo) -> Period:
    return Period(_name(first, kind), _midnight(first, zone), _midnight(_next_day(first, kind), zone))


def kind_of(name: str) -> CalendarPeriod:
    """The kind of the period that bears such a name."""
    if "W" in name:
        return CalendarPeriod.WEEK
    if "Q" in name:
        return CalendarPeriod.QUARTER
    return CalendarPeriod.MONTH if "-" in name else CalendarPeriod.YEAR


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _first_day_of(period: Period, zone: ZoneInfo) -> date:
    return period.start.astimezone(zone).date()


def _first_day(day: date, kind: CalendarPeriod) -> date:
    match kind:
        case CalendarPeriod.WEEK:
            return day - timedelta(days=day.weekday())
        case CalendarPeriod.MONTH:
            return day.replace(day=1)
        case CalendarPeriod.QUARTER:
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case CalendarPeriod.YEAR:
            return day.replace(month=1, day=1)


def _next_day(first: date, kind: CalendarPeriod) -> date:
    """The first day of the period after the one that begins on `first`."""
    if kind is CalendarPeriod.WEEK:
        return first + timedelta(days=7)
    months = {CalendarPeriod.MONTH: 1, CalendarPeriod.QUARTER: 3, CalendarPeriod.YEAR: 12}[kind]
    month = first.month - 1 + months
    return date(first.year + month // 12, month % 12 + 1, 1)


def _name(first: date, kind: CalendarPeriod) -> str:
    match kind:
        case CalendarPeriod.WEEK:
            year, week, _ = first.isocalendar()
            return f"{year}-W{week:02d}"
        case CalendarPeriod.MONTH:
            return f"{first:%Y-%m}"
        case CalendarPeriod.QUARTER:
            return f"{first:%Y}-Q{(first.month + 2) // 3}"
        case CalendarPeriod.YEAR:
            return f"{first:%Y}"
