"""The periods of a service as a product: one begins where the one before was reported to end, so that none overlap."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

# Whoever spoke just before the end is known by then, whatever had to be connected to the API server anew.
GRACE = timedelta(hours=1)
_DAY = timedelta(days=1)


class Period(NamedTuple):
    """A time that is reported as one: from `start` on, before `end`."""

    start: datetime
    end: datetime


def due(created: datetime, last: datetime | None, days: int, now: datetime) -> Period | None:
    """The period that is over and has yet to be reported, None where there is none.

    `last` is the end of the last one that was. The first goes from the service's creation to a midnight in UTC, so that
    there is something to read on the next day. After a long absence one period stands for all that were missed.
    """
    over = now - GRACE
    if last is None:
        midnight = datetime.combine(over.astimezone(UTC).date(), time(), UTC)
        return Period(created, midnight) if midnight > created else None
    missed = (over - last) // timedelta(days=days)
    return Period(last, last + missed * timedelta(days=days)) if missed >= 1 else None


def end(created: datetime, last: datetime | None, days: int) -> datetime:
    """When the present period ends."""
    if last is None:
        return datetime.combine(created.astimezone(UTC).date(), time(), UTC) + _DAY
    return last + timedelta(days=days)
