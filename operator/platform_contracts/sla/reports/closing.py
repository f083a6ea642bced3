"""The counts of closed periods, asked of Prometheus for all SLAs whose reports are due together.

They are sums over the whole period of what the base rules recorded, as of its end: the same whenever they are asked.
Three queries for each stretch of time, which SLAs of one kind of period and one time zone share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from platform_contracts.data_source import DataSource, Sample
from platform_contracts.rules.text import quote
from platform_contracts.sla import readback
from platform_contracts.sla.periods import Period
from platform_contracts.sla.promise import SeriesID
from platform_contracts.sla.reports.due import Due

_READ = {
    "errors": "sum_over_time(sla:errors:rate5m{series}[{length}s])",
    "events": "sum_over_time(sla:total:rate5m{series}[{length}s])",
    "samples": "count_over_time(sla:total:rate5m{series}[{length}s])",
}


class Stretch(NamedTuple):
    """A stretch of time with both its ends."""

    start: datetime
    end: datetime


class Counts(NamedTuple):
    """Sums of what was recorded for an objective: rates per second, and how many evaluations there were."""

    errors: float
    events: float
    samples: float


@dataclass(frozen=True, slots=True)
class Closing:
    """What a data source said about closed periods: `asked` are those it was asked about.

    `problem` says why it gave no answer, None where it did or was not asked.
    """

    asked: frozenset[Due] = frozenset()
    values: Mapping[Stretch, Mapping[str, Mapping[tuple[str, ...], float]]] = field(default_factory=dict)
    problem: str | None = None

    def counts(self, series: SeriesID, period: Period) -> Counts:
        """The sums of one objective; all 0 where nothing was recorded."""
        found = self.values.get(Stretch(period.start, period.end), {})
        return Counts(*(found.get(name, {}).get(series, 0.0) for name in _READ))


def stretches(due: Iterable[Due]) -> dict[Stretch, list[Due]]:
    """What is due, by the time that it is about."""
    found: dict[Stretch, list[Due]] = defaultdict(list)
    for one in due:
        found[Stretch(one.period.start, one.period.end)].append(one)
    return dict(found)


def queries(stretch: Stretch, due: Iterable[Due], source: DataSource) -> dict[str, str]:
    """The instant queries about one stretch, to be asked with its end as their time: ranges are left-open."""
    slas = list(due)
    namespaces = "|".join(sorted({one.namespace for one in slas}))
    names = "|".join(sorted({one.sla for one in slas}))
    series = f"{{namespace=~{quote(namespaces)},sla=~{quote(names)}}}"
    length = int((stretch.end - stretch.start).total_seconds())
    by = readback.labels_by(SeriesID._fields, source)
    return {
        name: f"max by ({by}) ({expression.format(series=series, length=length)})" for name, expression in _READ.items()
    }


def parse(answers: Mapping[Stretch, Mapping[str, Iterable[Sample]]], due: Iterable[Due], source: DataSource) -> Closing:
    """The answers to `queries`, by stretch and name, for everything that is due."""
    values = {
        stretch: {name: readback.by_key(samples, SeriesID._fields, source) for name, samples in answer.items()}
        for stretch, answer in answers.items()
    }
    return Closing(frozenset(due), values)
