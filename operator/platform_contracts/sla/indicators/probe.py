"""Failed probes among all probes, from gauges that are 1 or 0."""

from __future__ import annotations

from platform_contracts.api.indicators import ProbeIndicator
from platform_contracts.sla.indicators.reading import Indicator, Reading, shown


def build(probe: ProbeIndicator, reading: Reading) -> Indicator:
    """The expressions: each sample is one event. Raises InvalidSelectorError."""
    metric = reading.selector(probe.metric, "probe.metric")
    total = reading.sum(f"count_over_time({metric}[{reading.samples}])")
    good = reading.sum(f"sum_over_time({metric}[{reading.samples}])")
    return Indicator(errors=f"(({total}) - ({good})) / {reading.reach}", total=f"({total}) / {reading.reach}")


def describe(probe: ProbeIndicator) -> str:
    """What has to exist in Prometheus."""
    return shown(probe.metric)
