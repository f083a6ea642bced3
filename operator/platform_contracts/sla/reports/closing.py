"""The counts of closed periods, asked of Prometheus for many SLAs whose reports are due together.

They are sums over a stretch of time, a whole period or what is subtracted from it, of what the base rules recorded, as
of its end: the same whenever they are asked. Three queries for each batch of SLAs that share a stretch, which those of
one kind of period and one time zone do. Prometheus reads a sample a minute of each objective for each of them, so a
batch has no more than it can bear.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import NamedTuple

from platform_contracts.api.schedule import Interval
from platform_contracts.config.data_source import DataSource, Sample
from platform_contracts.rules.text import quote
from platform_contracts.sla import readback
from platform_contracts.sla.promise import SeriesID
from platform_contracts.sla.windows import MINUTE

# A query reads so many at most, a tenth of what Prometheus allows one (--query.max-samples) unless told otherwise.
MOST_SAMPLES = 5_000_000
# So many batches are asked between two looks at the running figures, which must not wait for long.
MOST_BATCHES = 4

_SAMPLES = "count_over_time(sla:total:rate5m{series}[{length}s])"
# Of the replicas of a Prometheus the one that has seen most, as where the running figures are read.
_BEST = f"topk by ({{by}}) (1, {_SAMPLES})"
_READ = {
    "errors": f"sum_over_time(sla:errors:rate5m{{series}}[{{length}}s]) and {_BEST}",
    "events": f"sum_over_time(sla:total:rate5m{{series}}[{{length}}s]) and {_BEST}",
    "samples": _SAMPLES,
}


class Question(NamedTuple):
    """What is asked about an SLA: the counts of a stretch of time. How many objectives it has is what that costs."""

    namespace: str
    sla: str
    stretch: Interval
    objectives: int = 1


class Counts(NamedTuple):
    """Sums of what was recorded for an objective: rates per second, and how many evaluations there were."""

    errors: float
    events: float
    samples: float


class Failure(NamedTuple):
    """How often a data source gave no answer about a closed period, and why the last time."""

    tries: int
    problem: str


class Batch(NamedTuple):
    """What is asked together: SLAs, all of one stretch."""

    stretch: Interval
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Closing:
    """What a data source said about closed periods: `asked` are those it answered for, `failures` the others."""

    asked: frozenset[Question] = frozenset()
    values: Mapping[Interval, Mapping[str, Mapping[tuple[str, ...], float]]] = field(default_factory=dict)
    failures: Mapping[Question, Failure] = field(default_factory=dict)

    def counts(self, series: SeriesID, stretch: Interval) -> Counts:
        """The sums of one objective; all 0 where nothing was recorded."""
        found = self.values.get(stretch, {})
        return Counts(*(found.get(name, {}).get(series, 0.0) for name in _READ))

    def only(self, questions: Iterable[Question]) -> Closing:
        """The same of what has still to be known."""
        left = frozenset(questions)
        asked = self.asked & left
        stretches = {one.stretch for one in asked}
        return Closing(
            asked,
            {stretch: read for stretch, read in self.values.items() if stretch in stretches},
            {one: failure for one, failure in self.failures.items() if one in left},
        )

    def failed(self, batch: Batch, problem: str) -> Closing:
        """The same once more, after a batch had no answer."""
        tries = {one: Failure(_tries(self, one) + 1, problem) for one in batch.questions}
        return replace(self, failures={**self.failures, **tries})

    def answered(self, batch: Batch, answer: Mapping[str, Iterable[Sample]], source: DataSource) -> Closing:
        """The same with the answer to a batch's `queries`, by their names."""
        before = self.values.get(batch.stretch, {})
        read = {
            name: {**before.get(name, {}), **readback.by_key(samples, SeriesID._fields, source)}
            for name, samples in answer.items()
        }
        return Closing(
            self.asked | frozenset(batch.questions),
            {**self.values, batch.stretch: read},
            {one: failure for one, failure in self.failures.items() if one not in batch.questions},
        )


def batches(questions: Iterable[Question], known: Closing) -> list[Batch]:
    """What has yet to be asked, in queries of a bounded cost: what failed least often first, then the oldest.

    What failed is asked again in smaller batches, so that in the end one SLA alone waits for its own.
    """
    waiting = sorted(
        {one for one in questions if one not in known.asked},
        key=lambda one: (_tries(known, one), one.stretch.end, one.stretch.start, one.namespace, one.sla),
    )
    found: list[Batch] = []
    for (tries, stretch), alike in groupby(waiting, lambda one: (_tries(known, one), one.stretch)):
        room, cost = MOST_SAMPLES >> tries, 0
        for one in alike:
            samples = one.objectives * _seconds(stretch) // MINUTE
            if cost == 0 or cost + samples > room:
                found.append(Batch(stretch, ()))
                cost = 0
            found[-1] = Batch(stretch, (*found[-1].questions, one))
            cost += samples
    return found


def queries(batch: Batch, source: DataSource) -> dict[str, str]:
    """The instant queries of one batch, to be asked with the end of its stretch as their time: ranges are left-open."""
    stretch = batch.stretch
    namespaces = "|".join(sorted({one.namespace for one in batch.questions}))
    names = "|".join(sorted({one.sla for one in batch.questions}))
    series = f"{{namespace=~{quote(namespaces)},sla=~{quote(names)}}}"
    length = _seconds(stretch)
    by = readback.labels_by(SeriesID._fields, source)
    return {
        name: f"max by ({by}) ({expression.format(series=series, length=length, by=by)})"
        for name, expression in _READ.items()
    }


def _seconds(stretch: Interval) -> int:
    return int((stretch.end - stretch.start).total_seconds())


def _tries(known: Closing, question: Question) -> int:
    return known.failures[question].tries if question in known.failures else 0
