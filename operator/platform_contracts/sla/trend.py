"""How an SLA's error budgets came to be what they are: the recorded counts over its window, read back as a curve."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from platform_contracts.config.data_source import Series
from platform_contracts.rules.text import quote
from platform_contracts.sla.budget import remaining
from platform_contracts.sla.promise import Promise
from platform_contracts.sla.windows import WINDOW_INTERVAL

_ERRORS, _EVENTS = "sla:errors:window", "sla:events:window"
# As the read-back does, over two evaluations and a minute, unless the steps are longer.
_LOOK_BACK = 660
# More than a line of a page can show, and too few for one.
_POINTS = 160
_FEW = 12


class Point(NamedTuple):
    """A moment and the share of the error budget that was left, negative where it was overspent."""

    time: datetime
    left: float


class Curve(NamedTuple):
    """The points of an objective, and the window, or the whole period, that they are of."""

    points: list[Point]
    start: datetime
    end: datetime


# The objectives of an SLA, by name.
Curves = Mapping[str, Curve]


@dataclass(frozen=True, slots=True)
class Question:
    """One range query for all objectives of an SLA, over the window that ends, or the period that runs, now."""

    promql: str
    start: datetime
    end: datetime
    step: timedelta


def question(promises: Sequence[Promise], now: datetime, *, young: bool = False) -> Question:
    """What to ask of the SLA's data source. The promises are those of one SLA, at least one.

    The window may reach back further than the SLA, over what an earlier one of its name has recorded; of one that is
    `young` only what is its own is asked for, in steps that show something of it.
    """
    one = promises[0]
    start = max(one.window_start(now), one.start) if young else one.window_start(now)
    step = round(max((now - start).total_seconds() / _POINTS, WINDOW_INTERVAL))
    wanted = {
        **{name: value for name, value in one.labels.items() if name not in ("objective", "indicator")},
        "window": one.window_name,
        **({"sla_period": one.period_name} if one.period_name else {}),
    }
    within = ",".join(f"{label}={quote(value)}" for label, value in wanted.items())
    series = f'{{__name__=~"{_ERRORS}|{_EVENTS}",{within}}}'
    promql = f"max by (__name__, objective, indicator) (last_over_time({series}[{max(step, _LOOK_BACK)}s]))"
    return Question(promql, start, now, timedelta(seconds=step))


def curves(
    promises: Iterable[Promise], asked: Question, answer: Iterable[Series], totals: Mapping[str, float]
) -> Curves:
    """The curve of each objective that has one, by its name, from the answer to what was asked.

    `totals` are the budgets that are known for the whole period, in what is recorded (seconds), by objective; the
    budget of the others grows with each event.
    """
    counted = {
        (labels.get("__name__"), labels.get("objective"), labels.get("indicator")): dict(values)
        for labels, values in answer
    }
    found = {}
    for promise in promises:
        name = promise.objective.name
        errors, events = (counted.get((series, name, promise.id.indicator), {}) for series in (_ERRORS, _EVENTS))
        points = [
            Point(time, _left(errors[time], count, promise, totals.get(name)))
            for time, count in sorted(events.items())
            if count > 0 and time in errors
        ]
        if points:
            running = promise.calendar.running if promise.calendar else None
            found[name] = Curve(points, *((running.start, running.end) if running else (points[0].time, asked.end)))
    return found


def too_coarse(found: Curves, promises: Sequence[Promise], asked: Question) -> bool:
    """Whether the SLA is so young that all of it is a few points of the window."""
    return promises[0].start > asked.start and all(len(curve.points) < _FEW for curve in found.values())


def _left(errors: float, events: float, promise: Promise, total: float | None) -> float:
    errors = min(errors, events)
    return 1 - errors / total if total else remaining(errors, events, promise)
