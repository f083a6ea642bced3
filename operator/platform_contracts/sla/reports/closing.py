"""The counts of closed periods, asked of Prometheus for many SLAs whose reports are due together.

They are sums over the whole period of what the base rules recorded, as of its end: the same whenever they are asked.
Three queries for each batch of SLAs that share a stretch of time, which those of one kind of period and one time zone
do. Prometheus reads a sample a minute of each objective for each of them, so a batch has no more than it can bear.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from platform_contracts.config.data_source import DataSource, Sample
from platform_contracts.rules.text import quote
from platform_contracts.sla import readback
from platform_contracts.sla.periods import Period
from platform_contracts.sla.promise import SeriesID
from platform_contracts.sla.reports.due import Due
from platform_contracts.sla.windows import MINUTE

# A query reads so many at most, a tenth of what Prometheus allows one (--query.max-samples) unless told otherwise.
MOST_SAMPLES = 5_000_000
# So many batches are asked between two looks at the running figures, which must not wait for long.
MOST_BATCHES = 4

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


NOTHING = Counts(0, 0, 0)


class Failure(NamedTuple):
    """How often a data source gave no answer about a closed period, and why the last time."""

    tries: int
    problem: str


class Batch(NamedTuple):
    """What is asked together: SLAs, all of one stretch."""

    stretch: Stretch
    due: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class Closing:
    """What a data source said about closed periods: `asked` are those it answered for, `failures` the others."""

    asked: frozenset[Due] = frozenset()
    values: Mapping[Stretch, Mapping[str, Mapping[tuple[str, ...], float]]] = field(default_factory=dict)
    failures: Mapping[Due, Failure] = field(default_factory=dict)

    def counts(self, series: SeriesID, period: Period) -> Counts:
        """The sums of one objective; all 0 where nothing was recorded."""
        found = self.values.get(Stretch(period.start, period.end), {})
        return Counts(*(found.get(name, {}).get(series, 0.0) for name in _READ))

    def only(self, due: Iterable[Due]) -> Closing:
        """The same of what is still due."""
        left = frozenset(due)
        asked = self.asked & left
        stretches = {_stretch(one) for one in asked}
        return Closing(
            asked,
            {stretch: read for stretch, read in self.values.items() if stretch in stretches},
            {one: failure for one, failure in self.failures.items() if one in left},
        )

    def failed(self, batch: Batch, problem: str) -> Closing:
        """The same once more, after a batch had no answer."""
        tries = {one: Failure(_tries(self, one) + 1, problem) for one in batch.due}
        return replace(self, failures={**self.failures, **tries})

    def answered(self, batch: Batch, answer: Mapping[str, Iterable[Sample]], source: DataSource) -> Closing:
        """The same with the answer to a batch's `queries`, by their names."""
        before = self.values.get(batch.stretch, {})
        read = {
            name: {**before.get(name, {}), **readback.by_key(samples, SeriesID._fields, source)}
            for name, samples in answer.items()
        }
        return Closing(
            self.asked | frozenset(batch.due),
            {**self.values, batch.stretch: read},
            {one: failure for one, failure in self.failures.items() if one not in batch.due},
        )


def batches(due: Iterable[Due], known: Closing) -> list[Batch]:
    """What has yet to be asked, in queries of a bounded cost: what failed least often first, then the oldest.

    What failed is asked again in smaller batches, so that in the end one SLA alone waits for its own.
    """
    waiting = sorted(
        (one for one in due if one not in known.asked),
        key=lambda one: (_tries(known, one), one.period.end, one.period.start, one.namespace, one.sla),
    )
    found: list[Batch] = []
    for (tries, stretch), alike in groupby(waiting, lambda one: (_tries(known, one), _stretch(one))):
        room, cost = MOST_SAMPLES >> tries, 0
        for one in alike:
            samples = one.objectives * one.period.seconds // MINUTE
            if cost == 0 or cost + samples > room:
                found.append(Batch(stretch, ()))
                cost = 0
            found[-1] = Batch(stretch, (*found[-1].due, one))
            cost += samples
    return found


def queries(batch: Batch, source: DataSource) -> dict[str, str]:
    """The instant queries of one batch, to be asked with the end of its stretch as their time: ranges are left-open."""
    stretch = batch.stretch
    namespaces = "|".join(sorted({one.namespace for one in batch.due}))
    names = "|".join(sorted({one.sla for one in batch.due}))
    series = f"{{namespace=~{quote(namespaces)},sla=~{quote(names)}}}"
    length = int((stretch.end - stretch.start).total_seconds())
    by = readback.labels_by(SeriesID._fields, source)
    return {
        name: f"max by ({by}) ({expression.format(series=series, length=length)})" for name, expression in _READ.items()
    }


def _stretch(due: Due) -> Stretch:
    return Stretch(due.period.start, due.period.end)


def _tries(known: Closing, due: Due) -> int:
    return known.failures[due].tries if due in known.failures else 0
