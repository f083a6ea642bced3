"""An objective's indicator as two PromQL expressions: errors and total, both counts per second.

One module a kind, each with `build`, the expressions, and `describe`, what has to exist in Prometheus. The shapes are
those of the design's table of indicators. Every name is parsed and every part stands in brackets, because `and` and
`unless` bind tighter than `or`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from platform_contracts.api import indicators as api
from platform_contracts.api.objective import MissingData, Objective
from platform_contracts.api.sla import SLASpec
from platform_contracts.config import DataSource
from platform_contracts.sla import budgeting, windows
from platform_contracts.sla.indicators import latency, probe, ratio, raw, threshold, timeslices
from platform_contracts.sla.indicators.reading import Indicator, Reading

__all__ = ["Indicator", "build", "counts_good", "describe", "identity", "impossible", "missing"]


def build(objective: Objective, field: str, *, namespace: str, source: DataSource) -> Indicator:
    """The expressions of one objective; `field` names it in messages. Raises InvalidSelectorError."""
    reading = Reading(f"{field}.indicator", namespace, source, budgeting.reach(objective, source))
    if not objective.timesliced:
        events = _events(objective.indicator, reading)
        if objective.consumer_label is None:
            return events
        return replace(events, by_consumer=_events(objective.indicator, replace(reading, by=objective.consumer_label)))
    timeslice = budgeting.timeslice(objective)
    timeslices.check(timeslice, field, source.scrape_interval_seconds)
    return timeslices.build(_events(objective.indicator, reading), objective, timeslice)


def describe(indicator: api.Indicator) -> str:
    """What has to exist in Prometheus for the indicator to have numbers, for a message."""
    if indicator.ratio is not None:
        return ratio.describe(indicator.ratio)
    if indicator.latency is not None:
        return latency.describe(indicator.latency)
    if indicator.probe is not None:
        return probe.describe(indicator.probe)
    if indicator.threshold is not None:
        return threshold.describe(indicator.threshold)
    if indicator.raw is not None:
        return raw.describe(indicator.raw)
    return "of it"


def missing(indicator: api.Indicator) -> str:
    """What is wrong where one part of what is counted is there and the other is not, and what to do."""
    if indicator.latency is not None:
        return latency.missing(indicator.latency)
    if indicator.ratio is not None:
        return ratio.missing(indicator.ratio)
    return "A part of what is counted is not there"


def counts_good(indicator: api.Indicator) -> bool:
    """Whether its errors are what is left when what is good is subtracted, which may be more than there is."""
    return indicator.probe is not None or (indicator.ratio is not None and indicator.ratio.good is not None)


def impossible(indicator: api.Indicator) -> str:
    """What is wrong where more is good than there is, and what to do."""
    if indicator.probe is not None:
        return probe.impossible(indicator.probe)
    assert indicator.ratio is not None  # or it does not count what is good
    return ratio.impossible(indicator.ratio)


def identity(objective: Objective, spec: SLASpec) -> str:
    """A short hash of what is counted and from when.

    A re-created SLA goes on with its series; a changed indicator, other slices or another `effective.fromTime` starts
    anew.
    """
    since = windows.from_time(spec)
    content: dict[str, Any] = {
        "indicator": objective.indicator.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "from": since.timestamp() if since else None,
    }
    if objective.indicator.support_response is not None and spec.support is not None:
        content["support"] = spec.support.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if objective.timesliced:
        timeslice = budgeting.timeslice(objective)
        content["timeslice"] = timeslice.model_dump(mode="json") | {"minEvents": objective.min_events}
        if objective.missing_data is MissingData.BAD:
            content["missing"] = "bad"
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:10]


def _events(indicator: api.Indicator, reading: Reading) -> Indicator:
    if indicator.ratio is not None:
        return ratio.build(indicator.ratio, reading)
    if indicator.latency is not None:
        return latency.build(indicator.latency, reading)
    if indicator.probe is not None:
        return probe.build(indicator.probe, reading)
    if indicator.threshold is not None:
        return threshold.build(indicator.threshold, reading)
    if indicator.raw is not None:
        return raw.build(indicator.raw, reading)
    raise AssertionError(f"{reading.field} is counted from objects")
