"""Arithmetic of intervals of time, each with a start and an end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from platform_contracts.api.schedule import Interval


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time in intervals that do not touch, the first one first; empty ones are left out."""
    found: list[Interval] = []
    for one in sorted(intervals):
        if one.end <= one.start:
            continue
        if found and one.start <= found[-1].end:
            found[-1] = Interval(found[-1].start, max(found[-1].end, one.end))
        else:
            found.append(one)
    return found


def cut(one: Interval, to: Interval) -> Interval:
    """The part of an interval that lies within another; it may be empty."""
    return Interval(max(one.start, to.start), min(one.end, to.end))


def overlap(one: Interval, other: Interval) -> bool:
    """Whether two intervals have any time in common."""
    return one.start < other.end and other.start < one.end


def seconds(intervals: Iterable[Interval], within: Interval) -> int:
    """How long intervals are together within another one; time that several have counts once."""
    parts = merged(cut(one, within) for one in intervals)
    return int(sum(((one.end - one.start) for one in parts), timedelta(0)).total_seconds())


def without(one: Interval, others: Iterable[Interval]) -> list[Interval]:
    """The parts of an interval that lie in none of the others."""
    found = []
    since = one.start
    for other in merged(others):
        if overlap(Interval(since, one.end), other):
            found.append(Interval(since, other.start))
            since = max(since, other.end)
    return merged([*found, Interval(since, one.end)])


def rolling(length: timedelta, wanted: Interval, taken: Sequence[Interval]) -> list[Interval]:
    """The windows of that length among which is the one that, of all that have `wanted` in them, has most of `taken`.

    How much a window has changes evenly between two moments at which it reaches or leaves an end of an interval.
    """
    candidates = [Interval(one.start, one.start + length) for one in (wanted, *taken)]
    candidates += [Interval(one.end - length, one.end) for one in (wanted, *taken)]
    return [one for one in candidates if overlap(one, wanted)]
