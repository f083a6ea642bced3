"""One objective with all that its rules and its numbers depend on, worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from platform_contracts.api.sla import Objective, SLASpec
from platform_contracts.config import DataSource
from platform_contracts.kube.objects import Object
from platform_contracts.rules.text import quote
from platform_contracts.sla import budgeting, burnrate, indicators, tiers, windows
from platform_contracts.sla.budgeting import Unit
from platform_contracts.sla.burnrate import Tier


class SeriesID(NamedTuple):
    """The labels by which the recorded series of an objective are told from all others."""

    namespace: str
    sla: str
    objective: str
    indicator: str


@dataclass(frozen=True, slots=True)
class Promise:
    """An objective over its window; times are aware datetimes, lengths are in seconds.

    `interval` lies between two evaluations of its counts, `reach` is how far back each of them looks, and `unit` is
    what they count.
    """

    id: SeriesID
    objective: Objective
    window: int
    start: datetime
    first_count: datetime | None
    scrape_interval: int
    interval: int
    reach: int
    unit: Unit
    tiers: tuple[Tier, ...]
    # The labels that every rule of the objective sets, and the matchers that find its recorded series.
    labels: Mapping[str, str]
    matchers: str

    @property
    def budget(self) -> Decimal:
        """b: the share of events that may fail."""
        return burnrate.budget(self.objective.target)

    @property
    def window_name(self) -> str:
        """The window as the `window` label has it, such as 30d."""
        return windows.promql(self.window)

    def series(self, name: str, window: str | None = None) -> str:
        """The selector of one of the objective's recorded series."""
        within = f",window={quote(window)}" if window is not None else ""
        return f"{name}{{{self.matchers}{within}}}"


def promise(objective: Objective, spec: SLASpec, sla: Object, source: DataSource) -> Promise:
    """What `objective` promises; needs no valid selector."""
    metadata = sla["metadata"]
    window = windows.seconds(spec.window.rolling)
    series = SeriesID(metadata["namespace"], metadata["name"], objective.name, indicators.identity(objective, spec))
    # Where tenancy enforces a label, ours says what it will be anyway.
    enforced = {source.namespace_label: series.namespace} if source.namespace_label else {}
    return Promise(
        id=series,
        objective=objective,
        window=window,
        start=windows.start(spec, sla),
        first_count=_first_count(spec, source),
        scrape_interval=source.scrape_interval_seconds,
        interval=budgeting.interval(),
        reach=budgeting.reach(source),
        unit=Unit.EVENTS,
        tiers=tuple(tiers.build(objective, spec.alerting, window, source.scrape_interval_seconds)),
        labels=enforced | series._asdict(),
        matchers=",".join(f"{label}={quote(value)}" for label, value in series._asdict().items()),
    )


def _first_count(spec: SLASpec, source: DataSource) -> datetime | None:
    """The first evaluation that may count, where the SLA says from when: its rates see nothing from before.

    None without `effective.fromTime`: recording starts with the rules, and what an earlier SLA of the same name or a
    backfill has recorded still counts.
    """
    if spec.effective is None:
        return None
    return spec.effective.from_time + timedelta(seconds=budgeting.reach(source) + source.scrape_interval_seconds)
