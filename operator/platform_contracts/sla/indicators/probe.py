"""Failed probes among all probes, from gauges that are 1 or 0."""

from __future__ import annotations

from platform_contracts.api.indicators import ProbeIndicator
from platform_contracts.sla.indicators.reading import Indicator, Reading, exceeds, shown


def build(probe: ProbeIndicator, reading: Reading) -> Indicator:
    """The expressions: each sample is one event. Raises InvalidSelectorError."""
    metric = reading.selector(probe.metric, "probe.metric")
    total = reading.sum(f"count_over_time({metric}[{reading.samples}])")
    good = reading.sum(f"sum_over_time({metric}[{reading.samples}])")
    return Indicator(
        errors=f"(({total}) - ({good})) / {reading.reach}",
        total=f"({total}) / {reading.reach}",
        impossible=exceeds(good, total),
    )


def impossible(probe: ProbeIndicator) -> str:
    """What is wrong where probes succeeded more often than they were made, and what to do."""
    return (
        f"The gauges {shown(probe.metric)} are above 1, so that failures do not show: name gauges that are 1 when the "
        "probe succeeded and 0 when it failed, such as probe_success"
    )


def describe(probe: ProbeIndicator) -> str:
    """What has to exist in Prometheus."""
    return shown(probe.metric)
