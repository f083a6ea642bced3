"""Bad events, or good ones, among all events, from counters."""

from __future__ import annotations

from dataclasses import replace

from platform_contracts.api.indicators import RatioIndicator
from platform_contracts.sla.indicators.reading import Indicator, Reading, both, exceeds, shown
from platform_contracts.sla.selectors import InvalidSelectorError


def build(ratio: RatioIndicator, reading: Reading) -> Indicator:
    """The expressions. Raises InvalidSelectorError."""
    total = reading.rate(reading.selector(ratio.total, "ratio.total"))
    if ratio.errors is not None:
        errors = reading.rate(reading.selector(ratio.errors, "ratio.errors"))
        # Errors that are absent are none; a total that is absent is no measurement.
        return Indicator(errors=f"({errors}) or 0 * ({total})", total=total)
    if ratio.good is not None:
        good = reading.rate(reading.selector(ratio.good, "ratio.good"))
        return replace(both(total, good), impossible=exceeds(good, total))
    raise InvalidSelectorError(f"{reading.field}.ratio: name errors or good events beside total")


def missing(ratio: RatioIndicator) -> str:
    """What is wrong where the series of all events are there and those of good ones are not, and what to do."""
    return f"There are series of total, and none of good; correct the selector {shown(str(ratio.good))}"


def impossible(ratio: RatioIndicator) -> str:
    """What is wrong where there are more good events than events, and what to do."""
    return (
        f"More good events than events were recorded, so that failures do not show: make the selector of good events "
        f"{shown(str(ratio.good))} a part of the total selector, with the same matchers and one more"
    )


def describe(ratio: RatioIndicator) -> str:
    """What has to exist in Prometheus."""
    return " and ".join(shown(text) for text in (ratio.total, ratio.good) if text is not None)
