"""One row of the truth table: a history, a promise about it, and the answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from platform_contracts.api.maintenance_window import MaintenanceWindowSpec
from platform_contracts.config import DataSource
from platform_contracts.kube.objects import Object, format_time
from platform_contracts.sla.exclusions.planned import Planned
from platform_contracts.sla.plan import SLAInputs, plan
from tests.sla import world
from tests.truth.history import NativeHistogram, Series

# An hour that lies far in the past and never moves: the answer does not depend on when it is asked for.
END = datetime(2026, 1, 15, 12, tzinfo=UTC)
# What was there before the window began.
BEFORE = timedelta(hours=1)
# The row's own name in its selectors.
OWN = "$row"


@dataclass(frozen=True)
class Answer:
    """What the status must say of the objective; None: not asked.

    `events` and `bad` are what was counted (slices, and minutes, where slices are counted). `within` is how far the SLI
    may be off in percentage points, by the design.
    """

    state: str
    events: float | None = None
    bad: float | None = None
    sli: float | None = None
    remaining: float | None = None
    within: float = 0.0005
    # How far `bad` may be off.
    bad_within: float = 0.01
    unit: str = "Events"
    coverage: float = 1.0
    # The reason of the condition DataComplete.
    data: str = "Measured"
    # A part of the objective's message.
    message: str = ""
    # The seconds of maintenance that do not count, and how far they may be off.
    excluded: int = 0
    excluded_within: int = 0


@dataclass(frozen=True)
class Maintenance:
    """A MaintenanceWindow of the row's service: its spec, and when it was announced, in hours from the window's start.

    `times` are hours as well; a `schedule` stands in their place.
    """

    announced: float
    times: tuple[float, float] | None = None
    schedule: Object | None = None

    def planned(self, row: Row, now: datetime) -> Planned:
        """As the plan of the SLA sees it."""
        spec: Object = {"serviceRef": {"name": "payments"}, "reason": "The database is upgraded"}
        if self.times is None:
            spec["schedule"] = self.schedule
        else:
            begin, end = (row.start + timedelta(hours=hour) for hour in self.times)
            spec |= {"startTime": format_time(begin), "endTime": format_time(end)}
        announced = row.start + timedelta(hours=self.announced)
        read = MaintenanceWindowSpec.model_validate(spec)
        return Planned.of("upgrade", read, announced if announced <= now else None, now)


@dataclass(frozen=True)
class Row:
    """A history of `span` that ends at `end`, as scraped every `step` seconds, and an SLA over it.

    `objective` and `spec` are those of the SLA; the text $row in a selector stands for the row's label. `given`
    replaces parts of the plan's inputs.
    """

    name: str
    objective: Object
    history: Sequence[Series | NativeHistogram]
    answer: Answer
    spec: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    span: timedelta = timedelta(days=1)
    end: datetime = END
    step: int = 15
    maintenance: Sequence[Maintenance] = ()

    @property
    def slug(self) -> str:
        """The name of the row's SLA, and the label `row` of its series."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")[:63].strip("-")

    @property
    def start(self) -> datetime:
        """When the window begins, and with it the SLA."""
        return self.end - self.span

    def inputs(self, url: str, now: datetime | None = None) -> SLAInputs:
        """The inputs of the plan at the row's end, before anything was read back.

        At another time they are those of an operator that has not looked before; at the end, where there is
        maintenance, one has looked when the window began.
        """
        at_end = now is None
        now = now or self.end
        spec = world.sla_spec(self.objective, window=f"{self.span // timedelta(hours=1)}h", **self.spec)
        spec = json.loads(json.dumps(spec).replace(OWN, self.slug))
        live = world.sla(spec, created=self.start - BEFORE, name=self.slug)
        source = DataSource(url=url, scrape_interval_seconds=self.step, allow_raw_indicators=True)
        planned = [window.planned(self, now) for window in self.maintenance]
        inputs = replace(world.inputs(live), source=source, now=now, maintenance=planned, **self.given)
        if self.maintenance and at_end:
            return world.with_status(inputs, plan(self.inputs(url, self.start)).status)
        return inputs


def ratio(target: str, **fields: Any) -> Object:
    """An objective over the row's http_requests_total by errors."""
    selector = f'http_requests_total{{row="{OWN}"}}'
    errors = f'http_requests_total{{row="{OWN}",code=~"5.."}}'
    return world.objective("it", target, {"ratio": {"total": selector, "errors": errors}}, **fields)
