"""Reading the recorded series back: the same few queries however many SLAs there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from platform_contracts.config.data_source import DataSource, Sample
from platform_contracts.sla.promise import SeriesID

# A series is written every five minutes and goes stale after five: looked for over two evaluations and a minute.
_LOOK_BACK = "11m"
_CONSUMERS = "consumers"
# What is counted over a calendar window has its period from the counts.
_OVER_WINDOW = (*SeriesID._fields, "window", "sla_period")
# What is counted consumer by consumer over the window.
CONSUMER_ERRORS, CONSUMER_EVENTS = "sla:consumer:errors:window", "sla:consumer:events:window"
# How many consumers there are at the moment, told apart or not.
CONSUMERS_NOW = "sla:consumers:now"
# What is counted over a window is read in one query, so that none of it is as of another moment than the rest; and as
# each replica has it, where those of a Prometheus answer together.
_WINDOWS = "windows"
_READ_AS = "sla_read"
_WINDOWS_QUERY = (
    f'last_over_time({{__name__=~"sla:(errors|events|coverage):window"}}[{_LOOK_BACK}]) or '
    f'label_replace(max_over_time(timestamp(sla:events:window)[{_LOOK_BACK}:1m]), "{_READ_AS}", "evaluated", "", "")'
)
_NAMES = {f"sla:{name}:window": name for name in ("errors", "events", "coverage")}
# Stands for the replica to read: the one that has seen most of the window, so that nothing is put together of two.
# Both sides carry whatever label tells replicas apart.
_BEST = "$best"
# What is read: its expression, and the labels that tell its series apart.
_READ: dict[str, tuple[str, tuple[str, ...]]] = {
    "burn_rate": ("sla:burn_rate", (*SeriesID._fields, "window")),
    # Above 1, which no target is, where more is good than there is, which only an alert knows.
    "objective": (
        'sla:objective or 2 * ALERTS{alertname="SLAImpossibleData",alertstate="firing"}',
        SeriesID._fields,
    ),
    # Below zero where nothing is counted because a part is absent, which only an alert knows.
    "traffic": (
        'sla:total:rate5m or -1 * ALERTS{alertname="SLASourceAbsent",tier="part"}',
        SeriesID._fields,
    ),
}
_TOLD_APART = "told_apart"
_READ_BY_CONSUMER: dict[str, tuple[str, tuple[str, ...]]] = {
    # Errors, events and how many there are in one: their names tell them apart. How many there are counts only where it
    # was known a quarter of an hour ago: by then they are told apart, where they are.
    _CONSUMERS: (
        f'(last_over_time({{__name__=~"{CONSUMER_ERRORS}|{CONSUMER_EVENTS}"}}[{_LOOK_BACK}]) '
        f"and ignoring (window, consumer) {_BEST}) or "
        f"(last_over_time({CONSUMERS_NOW}[{_LOOK_BACK}]) and last_over_time({CONSUMERS_NOW}[{_LOOK_BACK}] offset 15m))",
        (*SeriesID._fields, "consumer", "__name__", "sla_period"),
    ),
}


@dataclass(frozen=True, slots=True)
class Measurements:
    """What one data source said about all SLAs at one time.

    `values` maps what was read (errors, events, coverage, evaluated or another key of `queries`) to values by
    (namespace, sla, objective, indicator), where the series is over a window the window, and where that is a calendar's
    the period.
    """

    evaluated_at: datetime
    values: Mapping[str, Mapping[tuple[str, ...], float]] = field(default_factory=dict)
    # How long the data source keeps what it records; None where it does not say.
    retention: timedelta | None = None

    def get(self, name: str, series: SeriesID, window: str | None = None, period: str | None = None) -> float | None:
        """One value, None where there is no such series."""
        key = (*series, *(part for part in (window, period) if part is not None))
        return self.values.get(name, {}).get(key)

    @property
    def by_consumer(self) -> bool:
        """Whether what is counted consumer by consumer could be read."""
        return _CONSUMERS in self.values

    def consumers(self, series: SeriesID) -> float | None:
        """How many consumers an objective had at the moment, None where nobody has counted them for long enough."""
        return self.values.get(_CONSUMERS, {}).get((*series, "", CONSUMERS_NOW))

    def told_apart(self, series: SeriesID) -> bool:
        """Whether any of an objective's consumers has figures of its own."""
        return series in self.values.get(_TOLD_APART, {})

    def of_consumer(self, series: SeriesID, consumer: str, period: str | None = None) -> tuple[float, float] | None:
        """(errors, events) of a consumer, named by its namespace; None where none were counted."""
        further = () if period is None else (period,)
        errors, events = (
            self.values.get(_CONSUMERS, {}).get((*series, consumer, name, *further))
            for name in (CONSUMER_ERRORS, CONSUMER_EVENTS)
        )
        return None if errors is None or events is None else (errors, events)


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A data source that could not be read: the last numbers stay.

    `reason` is PrometheusUnavailable, PrometheusError or PartialResponse; `message` is for the user;
    `since` is when the first of the failures in a row was seen.
    """

    reason: str
    message: str
    since: datetime

    def after(self, before: Measurements | Unavailable | None) -> Unavailable:
        """The same as one of the failures in a row, where `before` was one as well.

        Whether there is no connection, an HTTP 503 or a time-out changes from one moment to the next while a source is
        away, and is no news: what was said first stays. What PrometheusError says is for somebody to correct.
        """
        if not isinstance(before, Unavailable):
            return self
        same = self.reason == before.reason == "PrometheusUnavailable"
        return replace(self, since=before.since, message=before.message if same else self.message)


def queries(source: DataSource) -> dict[str, str]:
    """The instant queries (name to PromQL) to run against that data source, all with the same `time=`."""
    return {_WINDOWS: _WINDOWS_QUERY, **_queries(_READ, source)}


def consumer_queries(source: DataSource) -> dict[str, str]:
    """Likewise what each consumer itself got: apart, because there may be more of it than an answer may hold."""
    return _queries(_READ_BY_CONSUMER, source)


def _queries(read: Mapping[str, tuple[str, tuple[str, ...]]], source: DataSource) -> dict[str, str]:
    compared = labels_by((*SeriesID._fields, "sla_period"), source)
    best = f"topk by ({compared}) (1, last_over_time(sla:coverage:window[{_LOOK_BACK}]))"
    return {
        name: f"max by ({labels_by(labels, source)}) ({expression.replace(_BEST, best)})"
        for name, (expression, labels) in read.items()
    }


def parse(results: Mapping[str, Iterable[Sample]], evaluated_at: datetime, source: DataSource) -> Measurements:
    """The answers to `queries(source)` and `consumer_queries(source)`, by the same names, as measurements."""
    read = _READ | _READ_BY_CONSUMER
    values = _of_best_replica(results.get(_WINDOWS, ()), source)
    values |= {name: by_key(samples, read[name][1], source) for name, samples in results.items() if name != _WINDOWS}
    if _CONSUMERS in values:
        width, name = len(SeriesID._fields), len(SeriesID._fields) + 1
        values[_TOLD_APART] = {key[:width]: 1.0 for key in values[_CONSUMERS] if key[name] == CONSUMER_EVENTS}
    return Measurements(evaluated_at, values)


def labels_by(labels: Iterable[str], source: DataSource) -> str:
    """The labels of a query's `by`: those that tell its series apart, and the one that the data source enforces."""
    tenancy = _tenancy(source)
    return ", ".join((*labels, *([tenancy] if tenancy else [])))


def by_key(samples: Iterable[Sample], labels: Sequence[str], source: DataSource) -> dict[tuple[str, ...], float]:
    """Values by the labels that tell their series apart, without a period where there is none.

    Where the data source enforces a namespace label, series that say they are another namespace's are left out:
    nobody reports for another.
    """
    tenancy = _tenancy(source)
    found: dict[tuple[str, ...], float] = {}
    for carried, value in samples:
        if _forged(carried, tenancy):
            continue
        key = tuple([carried.get(label, "") for label in labels])
        found[key if key[-1] else key[:-1]] = value
    return found


def _of_best_replica(samples: Iterable[Sample], source: DataSource) -> dict[str, dict[tuple[str, ...], float]]:
    """What is counted over windows, by what it is and then by key; of each objective as the replica has it that has
    seen most of its window, so that nothing is put together of two.

    Whatever other labels there are tell replicas apart. What is counted in full has no coverage of its own.
    """
    tenancy = _tenancy(source)
    ours = {*_OVER_WINDOW, "__name__", _READ_AS, tenancy}
    best: dict[tuple[str, ...], tuple[float, tuple[tuple[str, str], ...]]] = {}
    rows = []
    for carried, value in samples:
        if _forged(carried, tenancy):
            continue
        replica = (
            () if carried.keys() <= ours else tuple(sorted(item for item in carried.items() if item[0] not in ours))
        )
        key = tuple([carried.get(label, "") for label in _OVER_WINDOW])
        name, objective = _NAMES.get(carried.get("__name__", ""), "evaluated"), key[:-2] + key[-1:]
        if name == "coverage":
            best[objective] = max(best.get(objective, (value, replica)), (value, replica))
        rows.append((name, objective, replica, key if key[-1] else key[:-1], value))
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for name, objective, replica, key, value in rows:
        if objective in best and best[objective][1] == replica:
            found.setdefault(name, {})[key] = value
    return found


def _forged(carried: Mapping[str, str], tenancy: str | None) -> bool:
    """Whether a series says that it is another namespace's than the label says that its data source enforces."""
    return tenancy is not None and carried.get(tenancy) != carried.get("namespace")


def _tenancy(source: DataSource) -> str | None:
    """The enforced label, where it is not the one that names the SLA's namespace anyway."""
    return source.namespace_label if source.namespace_label != "namespace" else None
