"""One row of the truth table: a history, a promise about it, and the answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from platform_contracts.config import DataSource
from platform_contracts.kube.objects import Object
from platform_contracts.sla.plan import SLAInputs
from tests.sla import world
from tests.truth.history import Series

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


@dataclass(frozen=True)
class Row:
    """A history of `span` that ends at `end`, as scraped every `step` seconds, and an SLA over it.

    `objective` and `spec` are those of the SLA; the text $row in a selector stands for the row's label. `given`
    replaces parts of the plan's inputs.
    """

    name: str
    objective: Object
    history: Sequence[Series]
    answer: Answer
    spec: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    span: timedelta = timedelta(days=1)
    end: datetime = END
    step: int = 15

    @property
    def slug(self) -> str:
        """The name of the row's SLA, and the label `row` of its series."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")[:63].strip("-")

    @property
    def start(self) -> datetime:
        """When the window begins, and with it the SLA."""
        return self.end - self.span

    def inputs(self, url: str) -> SLAInputs:
        """The inputs of the plan at the row's end, before anything was read back."""
        spec = world.sla_spec(self.objective, window=f"{self.span // timedelta(hours=1)}h", **self.spec)
        spec = json.loads(json.dumps(spec).replace(OWN, self.slug))
        live = world.sla(spec, created=self.start - BEFORE, name=self.slug)
        source = DataSource(url=url, scrape_interval_seconds=self.step, allow_raw_indicators=True)
        return replace(world.inputs(live), source=source, now=self.end, **self.given)


def ratio(target: str, **fields: Any) -> Object:
    """An objective over the row's http_requests_total by errors."""
    selector = f'http_requests_total{{row="{OWN}"}}'
    errors = f'http_requests_total{{row="{OWN}",code=~"5.."}}'
    return world.objective("it", target, {"ratio": {"total": selector, "errors": errors}}, **fields)
