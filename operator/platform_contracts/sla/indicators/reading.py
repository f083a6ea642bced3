"""What all kinds of indicators share: the two expressions that each comes to, and how its series are read."""

from __future__ import annotations

from dataclasses import dataclass

from platform_contracts.config import DataSource
from platform_contracts.sla import selectors, windows
from platform_contracts.sla.selectors import Selector


@dataclass(frozen=True, slots=True)
class Indicator:
    """PromQL for errors and events per second.

    `total` has a sample only where `errors` can have one: where errors are not measured nothing is, so that a gap
    lowers the coverage instead of reading as good.
    """

    errors: str
    total: str


@dataclass(frozen=True, slots=True)
class Reading:
    """How an objective's series are read; `field` names its indicator in messages: spec.objectives[x].indicator.

    One evaluation speaks of the last `reach` seconds.
    """

    field: str
    namespace: str
    source: DataSource
    reach: int

    @property
    def range(self) -> str:
        """The range of every rate, such as 315s: one scrape more, so that each increment is counted equally often."""
        return windows.promql(self.reach + self.source.scrape_interval_seconds)

    @property
    def samples(self) -> str:
        """The range in which each sample of a gauge is counted equally often, such as 5m."""
        return windows.promql(self.reach)

    def selector(self, text: str, name: str) -> Selector:
        """The user's selector in the field of that name. Raises InvalidSelectorError."""
        return selectors.parse(text, f"{self.field}.{name}", namespace=self.namespace, source=self.source)

    def rate(self, selector: Selector) -> str:
        """Events per second of all the counters together."""
        return f"sum(rate({selector}[{self.range}]))"
