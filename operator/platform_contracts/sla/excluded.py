"""An objective's exclusions in its rules: what is left out ahead, what is subtracted, and what leaves the coverage.

A count looks back, so what happens in a time shows in the samples from its start until `tail` seconds after its end.
All of these are excluded, and with them what happened up to `tail` seconds before the start or after the end in part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from platform_contracts.api.schedule import Interval
from platform_contracts.sla import intervals, windows
from platform_contracts.sla.exclusions.exclusion import Exclusion
from platform_contracts.sla.windows import WINDOW_INTERVAL

# For so long after its end a time stays in the rules that leave it out: Prometheus may evaluate them late.
LATE = timedelta(hours=1)
# The coverage reckons with so many of the latest times to the second, whether the operator runs or not. Older ones are
# a sum, which the operator corrects when one of them has left the window.
_TO_THE_SECOND = 16
# What leaves a rolling window is subtracted in parts of an evaluation each, whether the operator runs or not. They are
# rendered for the hour that runs and a while more, so that the rules change once an hour meanwhile.
_HOUR = 3600
_PARTS = timedelta(hours=1, minutes=15)


class Part(NamedTuple):
    """What is subtracted, and the last moment at which it is in the window; None where it does not leave it."""

    interval: Interval
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Excluded:
    """The times in which an objective's counts have no samples that count, none touching another.

    `left_out` are those that the rules leave out now and later, `subtracted` those whose samples are there and are
    subtracted, as far as they are in the window, and `times` are all of them that may be in it. `maintenance` is the
    same without the tails.
    """

    left_out: tuple[Interval, ...] = ()
    subtracted: tuple[Part, ...] = ()
    times: tuple[Interval, ...] = ()
    maintenance: tuple[Interval, ...] = ()

    def seconds(self, since: datetime, until: datetime) -> int:
        """How much maintenance is excluded between two moments."""
        return intervals.seconds(self.maintenance, Interval(since, until))

    def until(self, now: datetime) -> datetime | None:
        """When the counts have samples again, where they have none now."""
        return next((one.end for one in self.left_out if one.start < now <= one.end), None)


NOTHING = Excluded()
_FOR_EVER = datetime.max.replace(tzinfo=UTC)


def excluded(
    exclusions: Iterable[Exclusion],
    *,
    tail: timedelta,
    since: datetime,
    oldest: datetime,
    rolling: timedelta | None,
    now: datetime,
) -> Excluded:
    """The exclusions of an objective that looks back by `tail` and counts since `since`, in a window from `oldest`.

    `rolling` is the window's length, None of a calendar's.
    """
    by_kind: dict[bool, list[Interval]] = {True: [], False: []}
    known = [one for one in exclusions if one.start < one.end]
    for one in known:
        by_kind[one.retroactive].append(Interval(one.start, one.end + tail))
    ahead = intervals.merged(by_kind[False])
    counted = Interval(max(since, oldest - tail), _FOR_EVER)
    return Excluded(
        left_out=tuple(one for one in ahead if one.end + LATE > now),
        subtracted=tuple(_parts(by_kind[True], oldest, rolling)),
        times=tuple(
            Interval(max(one.start, since), one.end)
            for one in intervals.merged([*ahead, *by_kind[True]])
            if intervals.overlap(one, counted)
        ),
        maintenance=tuple(intervals.merged(one.interval for one in known)),
    )


def leave_out(times: Iterable[Interval], expression: str) -> str:
    """The expression without the samples in these times: left-open, as Prometheus' ranges are."""
    within = [f"(vector(time()) > {_epoch(one.start)} <= {_epoch(one.end)})" for one in times]
    return f"({expression}) unless on() ({' or '.join(within)})" if within else expression


def subtract(parts: Iterable[Part], total: str, function: str, series: str, factor: int) -> str:
    """`total` less what `function` over the samples of `series` in these parts comes to, by `factor`.

    The series has the labels of `total`. The range of each part has a fixed end, so it is the same at each evaluation.
    """
    subtracted = []
    for (start, end), until in parts:
        length = windows.promql(int((end - start).total_seconds()))
        part = f"{function}({series}[{length}] @ {_epoch(end)}) * {factor}"
        if until is not None:
            part += f" and on() (vector(time()) <= {_epoch(until)})"
        subtracted.append(f"({part} or 0 * ({total}))")
    return f"clamp_min({' - '.join([total, *subtracted])}, 0)" if subtracted else total


def elapsed(times: Iterable[Interval], window: int) -> str:
    """The seconds of these times that have passed and lie in the window at each evaluation, as a scalar's expression.

    `window` is in seconds. Empty where there are no times.
    """
    ordered = sorted(times)
    older, latest = ordered[:-_TO_THE_SECOND], ordered[-_TO_THE_SECOND:]
    parts = [
        f"clamp_min(clamp_max(vector(time()), {_epoch(one.end)})"
        f" - clamp_min(vector(time() - {window}), {_epoch(one.start)}), 0)"
        for one in latest
    ]
    if older:
        parts.append(f"{sum(int((one.end - one.start).total_seconds()) for one in older)}")
    return " + ".join(parts)


def _parts(times: Iterable[Interval], oldest: datetime, rolling: timedelta | None) -> Iterator[Part]:
    """What is in the window from `oldest` on: that which leaves it next in parts of an evaluation, the rest in one."""
    begins = oldest if rolling is None else _up(oldest, _HOUR) - timedelta(seconds=_HOUR)
    for start, end in intervals.merged(intervals.cut(one, Interval(begins, _FOR_EVER)) for one in times):
        while rolling is not None and start < min(end, begins + _PARTS):
            until = min(_up(start + timedelta(seconds=1), WINDOW_INTERVAL), end)
            yield Part(Interval(start, until), start + rolling)
            start = until
        if start < end:
            yield Part(Interval(start, end), end + rolling if rolling is not None else None)


def _up(moment: datetime, seconds: int) -> datetime:
    """Moved on to the next multiple of so many seconds: the rules change no more often than what they are about."""
    return datetime.fromtimestamp(-(-moment.timestamp() // seconds) * seconds, UTC)


def _epoch(moment: datetime) -> str:
    return f"{moment.timestamp():.0f}"
