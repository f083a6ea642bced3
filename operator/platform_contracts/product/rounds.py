"""When something that recurs every so many days is due: counted from a fixed day, so that nobody has to remember."""

from __future__ import annotations

from datetime import datetime, timedelta


def next_time(since: datetime, days: int, now: datetime) -> datetime:
    """The first time after `now` that is a whole number of periods of so many days after `since`; `since` itself while
    that is to come."""
    period = timedelta(days=days)
    return since + max((now - since) // period + 1, 0) * period
