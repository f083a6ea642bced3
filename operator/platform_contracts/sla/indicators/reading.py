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

    One evaluation looks at the last `seconds`, one scrape interval more than the time that it speaks of.
    """

    field: str
    namespace: str
    source: DataSource
    seconds: int

    @property
    def range(self) -> str:
        """The range R of every rate, such as 315s."""
        return windows.promql(self.seconds)

    def selector(self, text: str, name: str) -> Selector:
        """The user's selector in the field of that name. Raises InvalidSelectorError."""
        return selectors.parse(text, f"{self.field}.{name}", namespace=self.namespace, source=self.source)

    def rate(self, selector: Selector) -> str:
        """Events per second of all the counters together."""
        return f"sum(rate({selector}[{self.range}]))"
