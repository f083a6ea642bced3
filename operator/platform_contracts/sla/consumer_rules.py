"""The rules by which each consumer of a service gets its own attainment: four recorded series a consumer.

They count what the objective counts, label by label, once every five minutes. Their groups bound how many consumers
there may be: with more, Prometheus records none of them, and the objective as a whole is counted all the same. Of those
that come and go a window sees more than there are at any one time, so that its group has a bound of its own. One series
more tells how many there are, so that the SLA can say why no consumer has figures.
"""

from __future__ import annotations

from collections.abc import Iterator

from platform_contracts.rules.objects import Rule
from platform_contracts.rules.text import quote
from platform_contracts.sla import calendar_rules, excluded, windows
from platform_contracts.sla.indicators import Indicator
from platform_contracts.sla.promise import Promise
from platform_contracts.sla.readback import CONSUMERS_NOW, Measurements
from platform_contracts.sla.windows import WINDOW_INTERVAL

# So many consumers an objective may tell apart at a time, and within its window.
MAX_CONSUMERS, MAX_IN_WINDOW = 500, 2000
# Over the window: what is summed up for each count.
_WINDOWS = {
    "sla:consumer:errors:sum5m": "sla:consumer:errors:window",
    "sla:consumer:events:sum5m": "sla:consumer:events:window",
}


def parts(promise: Promise, each: Indicator) -> Iterator[tuple[str, int, list[Rule]]]:
    """The recording rules of an objective's consumers, in groups: their names, how many consumers, and the rules.

    `each` counts them by the objective's consumerLabel.
    """
    yield "consumers", MAX_CONSUMERS, [*_counts(promise, each), _how_many(promise, each)]
    yield (
        "consumers-window",
        MAX_IN_WINDOW,
        [
            _record(promise, over_window, _over_window(promise, name), window=promise.window_name)
            for name, over_window in _WINDOWS.items()
        ],
    )


def _counts(promise: Promise, each: Indicator) -> list[Rule]:
    counts = {
        "sla:consumer:errors:sum5m": f"clamp_min(({each.errors}), 0) >= 0",
        "sla:consumer:events:sum5m": f"({each.total}) >= 0",
    }
    made = []
    for name, expression in counts.items():
        # An evaluation speaks of five minutes or more and comes every five minutes: each event counts once.
        summed = _where_it_counts(promise, f"{_by_consumer(promise, expression)} * {WINDOW_INTERVAL}")
        if promise.calendar is None:
            made.append(_record(promise, name, summed))
            continue
        made += [
            _record(promise, name, calendar_rules.within(summed, period), sla_period=period.name)
            for period in (promise.calendar.running, promise.calendar.coming)
        ]
    return made


def crowded(promise: Promise, measurements: Measurements) -> bool:
    """Whether an objective has more consumers than are told apart, at the moment or within its window."""
    now = _consumers(promise, measurements)
    return now is not None and now > 0 and (now > MAX_CONSUMERS or not measurements.told_apart(promise.id))


def unlabelled(promise: Promise, measurements: Measurements) -> bool:
    """Whether no series of an objective has the label by which its consumers would be told apart."""
    return _consumers(promise, measurements) == 0


def _consumers(promise: Promise, measurements: Measurements) -> float | None:
    """How many consumers an objective has, None where it tells none apart or nobody knows."""
    return measurements.consumers(promise.id) if promise.objective.consumer_label is not None else None


def _how_many(promise: Promise, each: Indicator) -> Rule:
    """How many consumers there are: none where the whole is counted and no series says whose an event is."""
    told_apart = f"count({_by_consumer(promise, f'({each.total}) >= 0')})"
    none = f"0 * count({promise.series('sla:total:rate5m')})"
    return _record(promise, CONSUMERS_NOW, _where_it_counts(promise, f"({told_apart}) or ({none})"))


def _where_it_counts(promise: Promise, expression: str) -> str:
    """The expression while the promise holds, and without maintenance that is left out."""
    return promise.not_over(promise.begun(excluded.leave_out(promise.excluded.left_out, expression)))


def _by_consumer(promise: Promise, expression: str) -> str:
    """The counts with the consumer's namespace in the label `consumer`, however the service calls it."""
    label = quote(promise.objective.consumer_label or "")
    return f'sum by (consumer) (label_replace({expression}, "consumer", "$1", {label}, "(.+)"))'


def _over_window(promise: Promise, series: str) -> str:
    calendar = promise.calendar
    if calendar is None:
        total = f"sum_over_time({promise.series(series)}[{windows.promql(promise.window)}])"
        return _subtracted(promise, total, promise.series(series))
    return calendar_rules.by_period(
        calendar,
        lambda period: _subtracted(
            promise,
            calendar_rules.in_period(promise, calendar, "sum_over_time", series, period),
            promise.series(series, sla_period=period.name),
        ),
    )


def _subtracted(promise: Promise, total: str, series: str) -> str:
    """`total` without the sums of the times that are excluded retroactively."""
    return excluded.subtract(promise.excluded.subtracted, total, "sum_over_time", series, 1)


def _record(promise: Promise, name: str, expression: str, **labels: str) -> Rule:
    return {"record": name, "expr": expression, "labels": {**promise.labels, **labels}}
