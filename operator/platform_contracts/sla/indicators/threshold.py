"""Series that keep to a threshold among all series, from gauges or counters: one look a slice."""

from __future__ import annotations

from decimal import Decimal

from platform_contracts.api.indicators import Comparison, Measure, ThresholdIndicator
from platform_contracts.sla.burnrate import decimal
from platform_contracts.sla.indicators.reading import Indicator, Reading, shown

# How a bad value compares with the threshold.
_BAD = {
    Comparison.LESS_THAN: ">=",
    Comparison.AT_MOST: ">",
    Comparison.GREATER_THAN: "<=",
    Comparison.AT_LEAST: "<",
}


def build(threshold: ThresholdIndicator, reading: Reading) -> Indicator:
    """The expressions. Raises InvalidSelectorError."""
    metric = reading.selector(threshold.metric, "threshold.metric")
    match threshold.measure:
        case Measure.VALUE:
            looked = f"avg_over_time({metric}[{reading.samples}])"
        case Measure.RATE:
            looked = reading.rate(metric)
        case Measure.AGE:
            looked = f"time() - last_over_time({metric}[{reading.samples}])"
    # A leading zero would be octal.
    value = decimal(Decimal(threshold.value))
    # What is not a number is no look.
    total = f"count(({looked}) >= -Inf)"
    bad = f"count(({looked}) {_BAD[threshold.operator]} {value})"
    return Indicator(errors=f"(({bad}) or 0 * ({total})) / {reading.reach}", total=f"({total}) / {reading.reach}")


def describe(threshold: ThresholdIndicator) -> str:
    """What has to exist in Prometheus."""
    return shown(threshold.metric)
