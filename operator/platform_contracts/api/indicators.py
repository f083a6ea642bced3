"""Indicators: what an objective measures, by metrics that Prometheus has or by objects that the operator counts."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from pydantic import Field
from pydantic.alias_generators import to_snake

from platform_contracts.api.base import ContractModel
from platform_contracts.api.rules import Rule, matches, whole
from platform_contracts.api.support import Severity

RATIO_EXAMPLE = {
    "ratio": {
        "total": 'http_requests_total{job="payments"}',
        "errors": 'http_requests_total{job="payments",code=~"5.."}',
    }
}

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
# Seconds in exact decimals.
Seconds = Annotated[
    str,
    Field(max_length=64),
    matches(
        r"[0-9]{0,5}[1-9][0-9]{0,5}(\.[0-9]{1,9})?|[0-9]{1,6}\.[0-9]{0,8}[1-9][0-9]{0,8}",
        'must be more than 0 seconds, as a string of decimals, for example "0.3"',
    ),
]

# A number in exact decimals.
Number = Annotated[
    str,
    Field(max_length=64),
    matches(
        r"-?[0-9]{1,15}(\.[0-9]{1,9})?",
        'must be a number, as a string of decimals, for example "1000" or "0.8"',
    ),
]
# A PromQL expression; the operator's parser judges it.
Expression = Annotated[str, Field(min_length=1, max_length=2048)]


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
    """Requests that took longer than a threshold among all requests, from a histogram."""

    histogram: HistogramSelector = Field(examples=['http_request_duration_seconds{job="payments"}'])
    """Vector selector of the histogram, without _bucket, _count or _sum, for example
    http_request_duration_seconds{job="payments"}."""

    threshold_seconds: Seconds = Field(examples=["0.3"])
    """Requests that take longer are bad, for example "0.3"; a classic histogram must have a bucket with exactly this
    bound (its label le)."""

    native: Annotated[bool, Field(strict=True)] = False
    """Whether the histogram is a native one. Then any threshold will do: within a bucket, Prometheus estimates."""


class ProbeIndicator(ContractModel):
    """Failed probes among all probes, from a gauge that is 1 or 0."""

    metric: SeriesSelector = Field(examples=['probe_success{job="payments"}'])
    """Vector selector of gauges that are 1 when the probe succeeded and 0 when it failed, for example
    probe_success{job="payments"}, or up{job="payments"}. Each sample is one event."""


class Measure(StrEnum):
    """What of a metric is compared."""

    VALUE = "Value"
    RATE = "Rate"
    AGE = "Age"


class Comparison(StrEnum):
    """How a good value compares with the threshold."""

    LESS_THAN = "LessThan"
    AT_MOST = "AtMost"
    GREATER_THAN = "GreaterThan"
    AT_LEAST = "AtLeast"


class ThresholdIndicator(ContractModel):
    """Time in which a metric kept to a threshold: throughput, saturation, freshness. Judged slice by slice."""

    metric: SeriesSelector = Field(examples=['queue_length{job="payments"}'])
    """Vector selector of the metric, for example queue_length{job="payments"}."""

    measure: Measure = Measure.VALUE
    """What is compared. Value: each gauge's average over the slice. Rate: the increase a second of all the counters
    together, for throughput. Age: the seconds since the Unix time that each gauge tells, for freshness."""

    operator: Comparison = Field(examples=["AtMost"])
    """How a good value compares with `value`: LessThan, AtMost, GreaterThan or AtLeast."""

    value: Number = Field(examples=["1000"])
    """The threshold, as a string of decimals, for example "1000"."""


class RawIndicator(ContractModel):
    """Two PromQL expressions, where the administrator's configuration allows them."""

    errors: Expression = Field(examples=['sum(rate(jobs_failed_total{job="payments"}[5m]))'])
    """Bad events a second over the last five minutes, for example
    sum(rate(jobs_failed_total{job="payments"}[5m])). Where it gives nothing there were no errors."""

    total: Expression = Field(examples=['sum(rate(jobs_total{job="payments"}[5m]))'])
    """All events a second over the last five minutes, for example sum(rate(jobs_total{job="payments"}[5m]))."""


class SupportResponseIndicator(ContractModel):
    """Requests that got their first answer in time among all requests of a severity, counted from Feedback."""

    severity: Severity = Field(examples=["Critical"])
    """The severity of the requests: Critical, High, Medium or Low. `spec.support` of the SLA says within which time
    they get their first answer, and at which hours."""


class OnboardingLeadTimeIndicator(ContractModel):
    """Consumers that had all that their plan gives in time among all that asked, counted from PlatformConsumers."""

    seconds: Annotated[int, Field(strict=True), whole(1, 31_536_000, "a number of seconds", 3600)] = Field(
        examples=[3600]
    )
    """From the creation of a PlatformConsumer to when it is first Ready, a decision that it waits for included, up to a
    year, for example 3600."""


_KINDS = ("ratio", "latency", "probe", "threshold", "raw", "supportResponse", "onboardingLeadTime")
# The kinds that are counted from objects, and in CEL whether the indicator of an objective is one of them.
COUNTED = frozenset({"supportResponse", "onboardingLeadTime"})
COUNTED_CEL = " || ".join(f"has(self.indicator.{kind})" for kind in _KINDS if kind in COUNTED)


class Indicator(ContractModel):
    """What is measured: exactly one of `ratio`, `latency`, `probe`, `threshold`, `raw`, `supportResponse` and
    `onboardingLeadTime`."""

    RULES = (
        Rule(
            f"[{', '.join(f'has(self.{kind})' for kind in _KINDS)}].exists_one(given, given)",
            f"exactly one of {', '.join(_KINDS[:-1])} and {_KINDS[-1]} is required, for example "
            "ratio: {total: 'http_requests_total{job=\"payments\"}', "
            'errors: \'http_requests_total{job="payments",code=~"5.."}\'}',
            lambda indicator: sum(getattr(indicator, to_snake(kind)) is not None for kind in _KINDS) == 1,
        ),
    )

    ratio: RatioIndicator | None = None
    """Bad events (or good ones) among all events, from counters."""

    latency: LatencyIndicator | None = None
    """Requests that took longer than a threshold among all requests, from a histogram."""

    probe: ProbeIndicator | None = None
    """Failed probes among all probes, from a gauge that is 1 or 0."""

    threshold: ThresholdIndicator | None = None
    """Time in which a metric kept to a threshold: throughput, saturation, freshness."""

    raw: RawIndicator | None = None
    """Two PromQL expressions, where the administrator's configuration allows them."""

    support_response: SupportResponseIndicator | None = None
    """Requests that got their first answer in time, counted from Feedback, without Prometheus."""

    onboarding_lead_time: OnboardingLeadTimeIndicator | None = None
    """Consumers that were ready in time, counted from PlatformConsumers, without Prometheus."""

    @property
    def counted(self) -> bool:
        """Whether the operator counts it from objects, and no metric is needed."""
        return self.support_response is not None or self.onboarding_lead_time is not None
