"""What all kinds of indicators share: the two expressions that each comes to, and how its series are read."""

from __future__ import annotations

from dataclasses import dataclass

from platform_contracts.config import DataSource
from platform_contracts.sla import selectors, windows
from platform_contracts.sla.selectors import Matcher, Selector

# By so much more may be good than there is: counters of two targets are not scraped at one moment.
_AT_ONCE = "1.01"
# So much of a selector tells which it is.
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Indicator:
    """PromQL for errors and events per second.

    `total` has a sample only where `errors` can have one: where errors are not measured nothing is, so that a gap
    lowers the coverage instead of reading as good.
    """

    errors: str
    total: str
    # Gives a sample while one part of what is counted is there and the other is not.
    part: str | None = None
    # Gives a sample while more is good than there is, which clamps failures to none.
    impossible: str | None = None
    # Gives a sample while anything is there to count, where `total` stands in for what is not.
    source: str | None = None
    # The same consumer by consumer, told apart by the objective's label, where it names one.
    by_consumer: Indicator | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How an objective's series are read; `field` names its indicator in messages: spec.objectives[x].indicator.

    One evaluation speaks of the last `reach` seconds.
    """

    field: str
    namespace: str
    source: DataSource
    reach: int
    # A label by which everything is counted apart, None to count it together.
    by: str | None = None

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
        found = selectors.parse(text, f"{self.field}.{name}", namespace=self.namespace, source=self.source)
        return found if self.by is None else found.where(Matcher(self.by, "!=", ""))

    def rate(self, selector: Selector) -> str:
        """Events per second of all the counters together."""
        return self.sum(f"rate({selector}[{self.range}])")

    def sum(self, expression: str) -> str:
        """All series of an expression together, or by the label."""
        return f"sum({expression})" if self.by is None else f"sum by ({self.by}) ({expression})"


def exceeds(good: str, total: str) -> str:
    """Gives a sample while there is more of the one than of the other."""
    return f"({good}) > {_AT_ONCE} * ({total})"


def shown(text: str) -> str:
    """A selector or an expression of the author's in a message, where a status has not room for all of it."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def both(total: str, good: str) -> Indicator:
    """What is not good is an error, and nothing is measured unless both are there."""
    return Indicator(errors=f"({total}) - ({good})", total=f"({total}) and ({good})", part=f"({total}) unless ({good})")
