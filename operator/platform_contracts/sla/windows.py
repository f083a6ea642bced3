"""Lengths of time as PromQL writes them, and the promised window of an SLA."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from platform_contracts.api.calendar import CalendarPeriod
from platform_contracts.api.common import seconds
from platform_contracts.api.sla import SLASpec, Window
from platform_contracts.kube.objects import Object, created_at

MINUTE, HOUR, DAY = 60, 3600, 86400
_USUAL_DAYS = {CalendarPeriod.WEEK: 7, CalendarPeriod.MONTH: 30, CalendarPeriod.QUARTER: 91, CalendarPeriod.YEAR: 365}

# The intervals of the rule groups after the base group, whose own is the promise's, in seconds.
MIDDLE_INTERVAL, WINDOW_INTERVAL = 2 * MINUTE, 5 * MINUTE

# What may pass between an SLA's start and its first recorded sum without counting as missing: rules are written,
# loaded by Prometheus and evaluated once by each group.
LEAD_IN = timedelta(minutes=10)
# The last moment of a period, or of an SLA, still belongs to it.
JUST_AFTER = timedelta(seconds=1)


def length(window: Window) -> int:
    """A window in seconds; a calendar's by the usual length of its periods, so that it is the same in all of them."""
    return _USUAL_DAYS[window.calendar.period] * DAY if window.calendar else seconds(window.rolling or "30d")


@cache
def promql(length: int) -> str:
    """A length in seconds as one PromQL duration, in the largest unit that divides it: 151200 is `42h`."""
    if length <= 0:
        raise ValueError(f"a range must be positive, not {length} s")
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if length % size == 0:
            return f"{length // size}{unit}"
    return f"{length}s"


def age(length: float) -> str:
    """A length in seconds for a reader, in whole days, hours or minutes, rounded down: 3 days and a bit is `3d`."""
    for unit, size in (("d", DAY), ("h", HOUR)):
        if length >= size:
            return f"{int(length // size)}{unit}"
    return f"{max(int(length // MINUTE), 0)}m"


def start(spec: SLASpec, sla: Object) -> datetime:
    """When the SLA begins to count: `effective.fromTime`, else its creation."""
    return from_time(spec) or created_at(sla)


def from_time(spec: SLASpec) -> datetime | None:
    """`effective.fromTime`."""
    return spec.effective.from_time if spec.effective else None


def until(spec: SLASpec) -> datetime | None:
    """When the promise is over: `effective.untilTime`; None as long as nobody says so."""
    return spec.effective.until_time if spec.effective else None
