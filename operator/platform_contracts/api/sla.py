"""SLA: what a service promises."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

from platform_contracts.api.alerting import TIER_RULES, Alerting
from platform_contracts.api.base import ContractModel, Resource
from platform_contracts.api.calendar import CalendarWindow
from platform_contracts.api.common import EntryName, LocalRef, Timestamp, immutable
from platform_contracts.api.rules import ListMap, Rule, flow, matches
from platform_contracts.api.sla_status import SLAStatus

_RATIO_EXAMPLE = {
    "ratio": {
        "total": 'http_requests_total{job="payments"}',
        "errors": 'http_requests_total{job="payments",code=~"5.."}',
    }
}
_OBJECTIVE_EXAMPLE = {"name": "availability", "target": "99.9", "indicator": _RATIO_EXAMPLE}

_METRIC = "[a-zA-Z_:][a-zA-Z0-9_:]*"
_QUOTED = r"(\x22([^\x22\x5c\n]|\x5c.)*\x22|\x27([^\x27\x5c\n]|\x5c.)*\x27)"
_MATCHER = rf"[ \t\n]*[a-zA-Z_][a-zA-Z0-9_]*[ \t\n]*(=|!=|=~|!~)[ \t\n]*{_QUOTED}[ \t\n]*"
_MATCHERS = rf"\{{{_MATCHER}(,{_MATCHER})*(,[ \t\n]*)?\}}"
_SPACE = r"[ \t\n]*"

# A PromQL vector selector of one metric; the operator's parser has the last word.
_SELECTOR = rf"{_SPACE}{_METRIC}{_SPACE}({_MATCHERS}|\{{{_SPACE}\}})?{_SPACE}"
SeriesSelector = Annotated[
    str,
    Field(max_length=1024),
    matches(
        _SELECTOR,
        "must be one metric with label matchers and no range, function or operator, "
        'for example http_requests_total{job="payments"}',
    ),
]
HistogramSelector = Annotated[
    str,
    Field(max_length=1024),
    matches(
        _SELECTOR,
        "must be one histogram with label matchers and no range, function or operator, "
        'for example http_request_duration_seconds{job="payments"}',
    ),
    Rule(
        r"!self.matches(r'^[ \t\n]*[a-zA-Z0-9_:]*_(bucket|count|sum)[ \t\n]*(\{|$)')",
        "must name the histogram itself without _bucket, _count or _sum, "
        'for example http_request_duration_seconds{job="payments"}',
        lambda selector: not selector.partition("{")[0].strip(" \t\n").endswith(("_bucket", "_count", "_sum")),
    ),
    Rule(
        r"!self.matches(r'[{,][ \t\n]*le[ \t\n]*[=!]')",
        "must not choose buckets by the label le: that is what thresholdSeconds does, "
        'for example http_request_duration_seconds{job="payments"} with thresholdSeconds: "0.3"',
        lambda selector: re.search(r"[{,][ \t\n]*le[ \t\n]*[=!]", selector) is None,
    ),
]
# A percentage in exact decimals, at least 10 and below 100.
Percentage = Annotated[
    str,
    Field(max_length=64),
    matches(
        r"[1-9][0-9](\.[0-9]{1,9})?",
        'must be a percentage of at least 10 and below 100, as a string of decimals, for example "99.9"; '
        "100 would leave no error budget to measure against",
    ),
]
# Seconds in exact decimals.
Seconds = Annotated[
    str,
    Field(max_length=64),
    matches(
        r"[0-9]{0,5}[1-9][0-9]{0,5}(\.[0-9]{1,9})?|[0-9]{1,6}\.[0-9]{0,8}[1-9][0-9]{0,8}",
        'must be more than 0 seconds, as a string of decimals, for example "0.3"',
    ),
]
# One hour to a year in one unit.
RollingWindow = Annotated[
    str,
    Field(max_length=64),
    matches(
        "([1-9][0-9]{0,2}|[1-7][0-9]{3}|8[0-6][0-9]{2}|87[0-5][0-9]|8760)h"
        "|([1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-5])d|([1-9]|[1-4][0-9]|5[0-2])w",
        "must be a time from 1h to 365d in hours (h), days (d) or weeks (w), for example 30d",
    ),
]


class Effective(ContractModel):
    """Since when the promise holds."""

    from_time: Timestamp = Field(examples=["2027-01-01T00:00:00Z"])
    """Events before this time do not count, for example 2027-01-01T00:00:00Z; without it, the SLA counts from its
    creation."""


class Window(ContractModel):
    """The time over which objectives are measured: exactly one of `rolling` and `calendar`."""

    RULES = (
        Rule(
            "has(self.rolling) != has(self.calendar)",
            "exactly one of rolling and calendar is required, for example rolling: 30d, or "
            "calendar: {period: Month, timeZone: Europe/Berlin}",
            lambda window: (window.rolling is None) != (window.calendar is None),
        ),
    )

    rolling: RollingWindow | None = None
    """The last so many hours (h), days (d) or weeks (w), from 1h to 365d, for example 30d."""

    calendar: CalendarWindow | None = None
    """A calendar period, for example {period: Month, timeZone: Europe/Berlin}: the figures begin anew with each."""


class RatioIndicator(ContractModel):
    """Bad events (or good ones) among all events, from counters."""

    RULES = (
        Rule(
            "has(self.errors) != has(self.good)",
            "exactly one of errors and good is required, for example "
            'errors: \'http_requests_total{job="payments",code=~"5.."}\'',
            lambda ratio: (ratio.errors is None) != (ratio.good is None),
            field="errors",
        ),
    )

    total: SeriesSelector = Field(examples=['http_requests_total{job="payments"}'])
    """Vector selector of the counters of all events, for example http_requests_total{job="payments"}."""

    errors: SeriesSelector | None = None
    """Vector selector of the counters of bad events, for example http_requests_total{job="payments",code=~"5.."}. Where
    such a series is absent there were no errors."""

    good: SeriesSelector | None = None
    """Vector selector of the counters of good events, in place of `errors`, for example
    http_requests_total{job="payments",code!~"5.."}."""


class LatencyIndicator(ContractModel):
    """Requests that took longer than a threshold among all requests, from a classic histogram."""

    histogram: HistogramSelector = Field(examples=['http_request_duration_seconds{job="payments"}'])
    """Vector selector of the histogram, without _bucket, _count or _sum, for example
    http_request_duration_seconds{job="payments"}."""

    threshold_seconds: Seconds = Field(examples=["0.3"])
    """Requests that take longer are bad, for example "0.3"; the histogram must have a bucket with exactly this bound
    (its label le)."""


class Indicator(ContractModel):
    """What is measured: exactly one of `ratio` and `latency`."""

    RULES = (
        Rule(
            "has(self.ratio) != has(self.latency)",
            "exactly one of ratio and latency is required, for example "
            "ratio: {total: 'http_requests_total{job=\"payments\"}', "
            'errors: \'http_requests_total{job="payments",code=~"5.."}\'}',
            lambda indicator: (indicator.ratio is None) != (indicator.latency is None),
        ),
    )

    ratio: RatioIndicator | None = None
    """Bad events (or good ones) among all events, from counters."""

    latency: LatencyIndicator | None = None
    """Requests that took longer than a threshold among all requests, from a classic histogram."""


class Objective(ContractModel):
    """One promise: a target for an indicator."""

    name: EntryName = Field(examples=["availability"])
    """Name of the objective, for example availability."""

    target: Percentage = Field(examples=["99.9"])
    """The share of good events that is promised, in percent, as a string: at least 10 and below 100, for example
    "99.9"."""

    description: str | None = Field(default=None, max_length=1024)
    """What the promise means to users, for example "requests are answered without an error of ours"."""

    indicator: Indicator = Field(examples=[_RATIO_EXAMPLE])
    """What is measured: exactly one of `ratio` and `latency`."""


class SLASpec(ContractModel):
    """What is promised, how it is measured, and who is told when it is in danger."""

    RULES = TIER_RULES

    service_ref: Annotated[
        LocalRef, immutable("serviceRef", "create another SLA, for example one named after the other service")
    ] = Field(examples=[{"name": "payments"}])
    """The PlatformService that promises, in the same namespace, for example {name: payments}. Cannot be changed."""

    effective: Effective | None = None
    """Since when the promise holds; since the SLA's creation unless said otherwise."""

    data_source_name: EntryName = "default"
    """Name of a data source in the operator's configuration."""

    # No default in the schema: it would stay beside the other kind of window when somebody changes to that.
    window: Window = Field(default_factory=lambda: Window(rolling="30d"))
    """The time over which objectives are measured; the last 30 days unless said otherwise. A target that is changed
    counts at once in a rolling window, and from the next period on in a calendar's."""

    objectives: Annotated[
        list[Objective],
        ListMap(),
        Rule(
            "size(self) > 0",
            f"at least one objective is required, for example {flow([_OBJECTIVE_EXAMPLE])}",
            lambda objectives: len(objectives) > 0,
            reason="FieldValueRequired",
        ),
    ] = Field(max_length=20, examples=[[_OBJECTIVE_EXAMPLE]])
    """What is promised, from 1 to 20 objectives."""

    alerting: Alerting = Field(default_factory=Alerting)
    """The alerts that are written for the objectives."""


class SLA(Resource):
    """What a PlatformService promises: objectives over a window, measured by Prometheus, with alerts when a promise
    is in danger."""

    spec: SLASpec = Field(examples=[{"serviceRef": {"name": "payments"}, "objectives": [_OBJECTIVE_EXAMPLE]}])
    """What is promised, how it is measured, and who is told when it is in danger."""

    status: SLAStatus = Field(default_factory=SLAStatus)
