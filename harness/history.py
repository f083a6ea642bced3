"""A month of metrics whose truth is known: uneven traffic, outages, restarts, written as OpenMetrics.

Every count is an integer decided here, so what really happened in any span of whole steps is a subtraction. Sample
times are multiples of the step since the epoch; a step that divides 60 s keeps them on the grid on which rules are
evaluated over the past.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

# Upper bounds in seconds, and the share of the requests that are not slow at or below each.
QUICK_BUCKETS = (("0.1", 0.6), ("0.3", 0.97), ("0.5", 0.99), ("1.0", 1.0))
SLOW_BUCKET = "2.5"
MEAN_QUICK_SECONDS, MEAN_SLOW_SECONDS = 0.12, 1.8

DAY_SECONDS = 86_400
QUIETEST_HOUR = 4
WEEKEND_SHARE = 0.4
WEDNESDAY, SATURDAY = 2, 5
LINES_A_WRITE = 20_000


def wednesday(before: datetime, weeks: int = 0) -> datetime:
    """The midnight that begins the last whole Wednesday before a moment (UTC), or one so many weeks earlier.

    Traffic differs by the day of the week: what has to come out the same every day is counted from here.
    """
    today = before.replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=(today.weekday() - WEDNESDAY - 1) % 7 + 1 + 7 * weeks)


@dataclass(frozen=True)
class Outage:
    """A span in which a share of the requests fails, and a share is slow (both from 0 to 1)."""

    start: datetime
    end: datetime
    error_ratio: float = 0.0
    slow_ratio: float = 0.0


@dataclass(frozen=True)
class Service:
    """One service's past.

    `labels` are on all its series. Requests a second go from `night_rate` at 04:00 UTC to `peak_rate` twelve hours
    later, and are fewer at weekends. Outside outages the two ratios hold. At each of `restarts` the counters
    begin again from zero.
    """

    labels: Mapping[str, str]
    peak_rate: float = 40.0
    night_rate: float = 4.0
    error_ratio: float = 0.0
    slow_ratio: float = 0.0
    outages: Sequence[Outage] = ()
    restarts: Sequence[datetime] = ()


@dataclass(frozen=True)
class Truth:
    """What really happened in a span: requests in all, those that failed, those that were slow."""

    total: int
    errors: int
    slow: int

    @property
    def availability(self) -> float:
        """The share of requests that did not fail, from 0 to 1."""
        return 1 - self.errors / self.total

    @property
    def promptness(self) -> float:
        """The share of requests that were not slow, from 0 to 1."""
        return 1 - self.slow / self.total


@dataclass
class _Counts:
    """Cumulated counts at each sample time."""

    total: array[int] = field(default_factory=lambda: array("q"))
    errors: array[int] = field(default_factory=lambda: array("q"))
    slow: array[int] = field(default_factory=lambda: array("q"))


class History:
    """The past of some services from `start` to `end`, sampled every `step` seconds.

    Both ends are moved back to a multiple of the step. `end` must not lie in the future.
    """

    def __init__(self, services: Sequence[Service], start: datetime, end: datetime, step: int = 15) -> None:
        self.services = tuple(services)
        self.step = step
        self._first = int(start.timestamp()) // step
        self._last = int(end.timestamp()) // step
        self._counts = [_count(service, self._first, self._last, step) for service in self.services]

    @property
    def start(self) -> datetime:
        """The time of the first sample."""
        return datetime.fromtimestamp(self._first * self.step, UTC)

    @property
    def end(self) -> datetime:
        """The time of the last sample."""
        return datetime.fromtimestamp(self._last * self.step, UTC)

    def truth(self, service: Service, since: datetime, until: datetime) -> Truth:
        """What happened in (since, until], cut to the history and to whole steps."""
        counts = self._counts[self.services.index(service)]
        at = [
            min(max(int(moment.timestamp()) // self.step, self._first), self._last) - self._first
            for moment in (since, until)
        ]
        return Truth(
            counts.total[at[1]] - counts.total[at[0]],
            counts.errors[at[1]] - counts.errors[at[0]],
            counts.slow[at[1]] - counts.slow[at[0]],
        )

    def write(self, path: Path, progress: Callable[[float], None] = lambda share: None) -> None:
        """Write the OpenMetrics file; `progress` is told the share that is written, from 0 to 1."""
        series = [
            (service, counts, index)
            for service, counts in zip(self.services, self._counts, strict=True)
            for index in [self._restart_indexes(service)]
        ]
        done = 0
        with path.open("w") as out:
            out.write("# TYPE http_requests counter\n")
            for service, counts, restarts in series:
                good = [total - errors for total, errors in zip(counts.total, counts.errors, strict=True)]
                self._write_series(out, "http_requests_total", {**service.labels, "code": "200"}, good, restarts)
                self._write_series(
                    out, "http_requests_total", {**service.labels, "code": "500"}, counts.errors, restarts
                )
                done += 1
                progress(done / len(series) / 3)
            out.write("# TYPE http_request_duration_seconds histogram\n# UNIT http_request_duration_seconds seconds\n")
            for service, counts, restarts in series:
                self._write_histogram(out, service.labels, counts, restarts)
                done += 2
                progress(done / len(series) / 3)
            out.write("# EOF\n")

    def _write_histogram(
        self, out: TextIO, labels: Mapping[str, str], counts: _Counts, restarts: frozenset[int]
    ) -> None:
        name = "http_request_duration_seconds"
        quick = [total - slow for total, slow in zip(counts.total, counts.slow, strict=True)]
        for bound, share in QUICK_BUCKETS:
            below = quick if share == 1 else [int(count * share) for count in quick]
            self._write_series(out, f"{name}_bucket", {**labels, "le": bound}, below, restarts)
        for bound in (SLOW_BUCKET, "+Inf"):
            self._write_series(out, f"{name}_bucket", {**labels, "le": bound}, counts.total, restarts)
        self._write_series(out, f"{name}_count", labels, counts.total, restarts)
        seconds = [
            int(fine * MEAN_QUICK_SECONDS + slow * MEAN_SLOW_SECONDS)
            for fine, slow in zip(quick, counts.slow, strict=True)
        ]
        self._write_series(out, f"{name}_sum", labels, seconds, restarts)

    def _write_series(
        self,
        out: TextIO,
        name: str,
        labels: Mapping[str, str],
        values: Sequence[int],
        restarts: frozenset[int],
    ) -> None:
        pairs = ",".join(f'{key}="{value}"' for key, value in labels.items())
        head = f"{name}{{{pairs}}}"
        base, lines = 0, []
        for index, value in enumerate(values):
            if index in restarts:
                # The new process started right after the sample before this one.
                base = values[index - 1] if index else 0
            lines.append(f"{head} {value - base} {(self._first + index) * self.step}\n")
            if len(lines) == LINES_A_WRITE:
                out.writelines(lines)
                lines.clear()
        out.writelines(lines)

    def _restart_indexes(self, service: Service) -> frozenset[int]:
        return frozenset(int(moment.timestamp()) // self.step - self._first for moment in service.restarts)


def _count(service: Service, first: int, last: int, step: int) -> _Counts:
    """Cumulated counts: fractions are carried on, so that no request is lost to rounding."""
    counts = _Counts()
    total = errors = slow = 0.0
    for index in range(first, last + 1):
        end = index * step
        if index > first:
            requests = _rate(service, end - step / 2) * step
            error_ratio, slow_ratio = _ratios(service, end - step, end)
            total += requests
            errors += requests * error_ratio
            slow += requests * slow_ratio
        counts.total.append(int(total))
        counts.errors.append(min(int(errors), int(total)))
        counts.slow.append(min(int(slow), int(total)))
    return counts


def _rate(service: Service, at: float) -> float:
    """Requests a second: a cosine over the day."""
    day, second = divmod(at, DAY_SECONDS)
    swing = (1 - math.cos(2 * math.pi * (second / 3600 - QUIETEST_HOUR) / 24)) / 2
    # The epoch was a Thursday.
    weekend = (int(day) + 3) % 7 >= SATURDAY
    return (service.night_rate + (service.peak_rate - service.night_rate) * swing) * (WEEKEND_SHARE if weekend else 1)


def _ratios(service: Service, start: float, end: float) -> tuple[float, float]:
    """The mean error and slow ratios over one step."""
    error_ratio, slow_ratio = service.error_ratio, service.slow_ratio
    for outage in service.outages:
        begin, finish = outage.start.timestamp(), outage.end.timestamp()
        if begin < end and finish > start:
            share = (min(end, finish) - max(start, begin)) / (end - start)
            error_ratio += share * (outage.error_ratio - service.error_ratio)
            slow_ratio += share * (outage.slow_ratio - service.slow_ratio)
    return error_ratio, slow_ratio
