"""Hours at which people answer, by the clock of a time zone: how long a stretch of them lasts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from platform_contracts.api.schedule import Interval
from platform_contracts.api.support import Opening, Weekday
from platform_contracts.sla import intervals

# Nobody waits for longer: a year, and what may be left of the hours in it.
_HORIZON = timedelta(days=400)
_DAYS = tuple(Weekday)
_END_OF_DAY = "24:00"


class Hours(NamedTuple):
    """Opening hours of a week: for each day from Monday on, when they open and close by the clock of a zone."""

    zone: ZoneInfo
    week: tuple[tuple[tuple[str, str], ...], ...]

    @classmethod
    def of(cls, openings: list[Opening], zone: ZoneInfo) -> Hours:
        """The hours of a contract, in order; those that overlap are seen to when time is counted."""
        return cls(
            zone,
            tuple(
                tuple(sorted((opening.opens, opening.closes) for opening in openings if day in opening.days))
                for day in _DAYS
            ),
        )

    def since(self, moment: datetime) -> Iterator[Interval]:
        """The hours from a moment on for 400 days, one after the other in UTC."""
        counted = Interval(moment.astimezone(UTC), (moment + _HORIZON).astimezone(UTC))
        day = moment.astimezone(self.zone).date()
        while self._at(day, "00:00") < counted.end:
            # Where the clocks change, they may overlap, and come in another order.
            times = (
                Interval(self._at(day, opens), self._at(day, closes)) for opens, closes in self.week[day.weekday()]
            )
            yield from (
                intervals.cut(one, counted) for one in intervals.merged(times) if intervals.overlap(one, counted)
            )
            day += timedelta(days=1)

    def _at(self, day: date, text: str) -> datetime:
        """A time on the wall: one that the clocks leave out is taken an hour later, and of a repeated one the first."""
        if text == _END_OF_DAY:
            day, text = day + timedelta(days=1), "00:00"
        return datetime.combine(day, time.fromisoformat(text), self.zone).astimezone(UTC)


@lru_cache(maxsize=16_384)
def deadline(since: datetime, seconds: int, hours: Hours | None) -> datetime:
    """The last moment at which no more than so many seconds have passed, of the hours where there are any."""
    if hours is None:
        return since + timedelta(seconds=seconds)
    left = timedelta(seconds=seconds)
    for start, end in hours.since(since):
        # What is used up when they close has lasted until they open again.
        if end - start > left:
            return start + left
        left -= end - start
    return since + _HORIZON
