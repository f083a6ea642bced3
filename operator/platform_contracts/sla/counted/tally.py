"""How many waits ended in time and how many did not, over a window or a closed period.

A wait is settled once and for ever: well at the moment at which it was over in time, badly one second after its last
moment. It counts when it is settled, so that a closed period is complete at its end and who still waits for too long
counts at once. It counts only where it began after the SLA did.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from platform_contracts.sla.counted.hours import deadline
from platform_contracts.sla.counted.limits import Limit
from platform_contracts.sla.counted.waits import Wait
from platform_contracts.sla.periods import Period
from platform_contracts.sla.promise import Promise
from platform_contracts.sla.readback import Measurements
from platform_contracts.sla.reports.closing import Counts

# The times of the API are whole seconds: what is over in the second of the deadline is in time.
_SECOND = timedelta(seconds=1)


class Settled(NamedTuple):
    """When a wait was settled, and whether well."""

    moment: datetime
    good: bool


class Since(NamedTuple):
    """The limit of the waits that began after a moment."""

    moment: datetime
    limit: Limit


@dataclass(frozen=True, slots=True)
class Tally:
    """The waits that a promise is about, by when they are settled; those ahead are settled so unless something comes
    before.

    Where one of them is `unread`, what was in time may look late.
    """

    promise: Promise
    settled: tuple[Settled, ...]
    unread: bool

    @classmethod
    def of(cls, promise: Promise, waits: Iterable[Wait], limits: Sequence[Since]) -> Tally:
        """The waits that began since the SLA did, and are settled before it is over, each by the last of the `limits`
        that there was when it began, or else the first."""
        ours, moments = [wait for wait in waits if wait.since >= promise.start], [one.moment for one in limits]
        found = (settle(wait, limits[max(bisect_left(moments, wait.since) - 1, 0)].limit) for wait in ours)
        settled = sorted(one for one in found if one is not None)
        return cls(
            promise,
            tuple(one for one in settled if promise.until is None or one.moment <= promise.until),
            any(wait.unread is not None for wait in ours),
        )

    def measurements(self, now: datetime) -> Measurements:
        """The counts of the window at a moment, as a data source tells them."""
        promise = self.promise
        events, errors = self._between(promise.window_start(now), now)
        period = (promise.period_name,) if promise.period_name is not None else ()
        key = (*promise.id, promise.window_name, *period)
        return Measurements(
            now, {"events": {key: events}, "errors": {key: errors}, "coverage": {key: 1}, "evaluated": {}}
        )

    def closed(self, period: Period) -> Counts:
        """The counts of a closed period, all of which was seen."""
        events, errors = self._between(period.start, period.end)
        return Counts(errors, events, period.seconds)

    def next_change(self, now: datetime) -> datetime | None:
        """When time alone changes the counts: somebody has waited for too long, or a wait leaves a rolling window."""
        moments = [one.moment for one in self.settled]
        ahead = moments[bisect_right(moments, now) :][:1]
        if self.promise.calendar is None:
            window = timedelta(seconds=self.promise.window)
            ahead += [moment + window for moment in moments[bisect_right(moments, now - window) :][:1]]
        return min(ahead, default=None)

    def _between(self, after: datetime, until: datetime) -> tuple[int, int]:
        """Events and bad ones: after a moment and up to another, as Prometheus' ranges are."""
        found = [one for one in self.settled if after < one.moment <= until]
        return len(found), sum(not one.good for one in found)


def settle(wait: Wait, limit: Limit) -> Settled | None:
    """When and how a wait is settled, if it is not over sooner than now is known; None where it counts for nothing."""
    last = deadline(wait.since, limit.seconds, limit.hours)
    if wait.over is not None and wait.over <= last:
        return Settled(wait.over, True)
    if wait.over is None and wait.refused is not None and wait.refused <= last:
        return None
    return Settled(last + _SECOND, False)
