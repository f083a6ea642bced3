"""Which closed periods of an SLA have yet to be reported."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from platform_contracts.api.sla import SLASpec
from platform_contracts.kube.objects import Object, created_at
from platform_contracts.sla import calendar_since, periods, windows
from platform_contracts.sla.periods import Period

# What Prometheus may still be writing when a period ends is there by then.
GRACE = timedelta(minutes=10)
# After a long absence so many periods are reported at most, the latest.
_MOST = 13


def due(sla: Object, spec: SLASpec, rules: Sequence[Object], reported: Collection[str], now: datetime) -> list[Period]:
    """The periods that ended since the SLA began, and are not among the `reported` ones; oldest first.

    Also those that ended while the operator was down, and the one in which the SLA is over, up to then; after a change
    to another calendar, by the live rule objects, only those that began since. A report that somebody deleted is not
    written again as long as the status knows of the period.
    """
    if spec.window.calendar is None:
        return []
    calendar = periods.calendar(spec.window.calendar, now)
    if calendar is None:
        return []
    began = max(windows.start(spec, sla), created_at(sla))
    changed = calendar_since.since(spec.window.calendar, rules, now)
    until = windows.until(spec)
    ended = [periods.cut(period, until) for period in (*periods.before(calendar, most=_MOST), calendar.running)]
    return [
        period
        for period in ended
        if period.start < period.end
        and began < period.end <= now - GRACE
        and (changed is None or changed <= period.start)
        and period.name not in reported
    ]
