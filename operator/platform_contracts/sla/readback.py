"""Reading the recorded series back: the same few queries however many SLAs there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from platform_contracts.config import DataSource

# One sample of an instant vector: its labels and its value.
Sample = tuple[Mapping[str, str], float]


@dataclass(frozen=True, slots=True)
class Measurements:
    """What one data source said about all SLAs at one time."""

    evaluated_at: datetime
    values: Mapping[str, Mapping[tuple[str, ...], float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A data source that could not be read: the last numbers stay.

    `reason` is PrometheusUnavailable, PrometheusError or PartialResponse; `message` is for the user;
    `since` is when the first of the failures in a row was seen.
    """

    reason: str
    message: str
    since: datetime


def queries(source: DataSource) -> dict[str, str]:
    """The instant queries (name to PromQL) to run against that data source, all with the same `time=`."""
    raise NotImplementedError


def parse(results: Mapping[str, Iterable[Sample]], evaluated_at: datetime, source: DataSource) -> Measurements:
    """The answers to `queries(source)`, by the same names, as measurements."""
    raise NotImplementedError
