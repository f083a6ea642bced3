"""An objective's indicator as two PromQL expressions: errors and total, both counts per second.

The shapes are those of the design's table of indicators. Every name is parsed and every part stands in brackets,
because `and` and `unless` bind tighter than `or`.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from decimal import Decimal

from platform_contracts.api.sla import LatencyIndicator, Objective, RatioIndicator, SLASpec
from platform_contracts.config import DataSource
from platform_contracts.sla import selectors, windows
from platform_contracts.sla.selectors import InvalidSelectorError, Matcher, Selector


@dataclass(frozen=True, slots=True)
class Indicator:
    """PromQL for errors and events per second.

    `total` has a sample only where `errors` can have one: where errors are not measured nothing is, so that a gap
    lowers the coverage instead of reading as good.
    """

    errors: str
    total: str


def build(objective: Objective, field: str, *, namespace: str, source: DataSource) -> Indicator:
    """The expressions of one objective; `field` names it in messages. Raises InvalidSelectorError."""
    rate = windows.promql(windows.rate_range(source))

    def parse(text: str, name: str) -> Selector:
        return selectors.parse(text, f"{field}.{name}", namespace=namespace, source=source)

    if objective.indicator.ratio is not None:
        ratio = objective.indicator.ratio
        total = parse(ratio.total, "indicator.ratio.total")
        if ratio.errors is not None:
            return _by_errors(total, parse(ratio.errors, "indicator.ratio.errors"), rate)
        if ratio.good is not None:
            return _by_good(total, parse(ratio.good, "indicator.ratio.good"), rate)
        raise InvalidSelectorError(f"{field}.indicator.ratio: name errors or good events beside total")
    if objective.indicator.latency is not None:
        latency = objective.indicator.latency
        return _latency(_histogram(parse(latency.histogram, "indicator.latency.histogram"), field), latency, rate)
    raise InvalidSelectorError(f"{field}.indicator: choose ratio or latency")


def identity(objective: Objective, spec: SLASpec) -> str:
    """A short hash of what is counted and from when.

    A re-created SLA goes on with its series; a changed indicator, or another `effective.fromTime`, starts anew.
    """
    content = {
        "indicator": objective.indicator.model_dump(mode="json", by_alias=True, exclude_none=True),
        "from": spec.effective.from_time.timestamp() if spec.effective else None,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:10]


def describe(indicator: RatioIndicator | LatencyIndicator) -> str:
    """What has to exist in Prometheus for the indicator to have numbers, for a message."""
    if isinstance(indicator, RatioIndicator):
        return " and ".join(text for text in (indicator.total, indicator.good) if text is not None)
    return f"{indicator.histogram} with a bucket of exactly {indicator.threshold_seconds} s"


def bucket_pattern(threshold: str) -> str:
    """A regular expression of every way in which clients write that bucket's `le`: 1 is written 1 or 1.0."""
    number = Decimal(threshold)
    plain = f"{number:f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    spellings = {plain, repr(float(number))}
    if "." not in plain:
        spellings.add(f"{plain}.0")
    return "|".join(re.escape(spelling) for spelling in sorted(spellings))


def _by_errors(total: Selector, errors: Selector, rate: str) -> Indicator:
    # Errors that are absent are none; a total that is absent is no measurement.
    total_rate = f"sum(rate({total}[{rate}]))"
    return Indicator(errors=f"(sum(rate({errors}[{rate}]))) or 0 * ({total_rate})", total=total_rate)


def _by_good(total: Selector, good: Selector, rate: str) -> Indicator:
    total_rate, good_rate = f"sum(rate({total}[{rate}]))", f"sum(rate({good}[{rate}]))"
    return Indicator(errors=f"({total_rate}) - ({good_rate})", total=f"({total_rate}) and ({good_rate})")


def _latency(histogram: Selector, latency: LatencyIndicator, rate: str) -> Indicator:
    bucket = histogram.suffixed("_bucket").where(Matcher("le", "=~", bucket_pattern(latency.threshold_seconds)))
    count = f"sum(rate({histogram.suffixed('_count')}[{rate}]))"
    fast = f"sum(rate({bucket}[{rate}]))"
    return Indicator(errors=f"({count}) - ({fast})", total=f"({count}) and ({fast})")


def _histogram(selector: Selector, field: str) -> Selector:
    problem = None
    for suffix in ("_bucket", "_count", "_sum"):
        if selector.name.endswith(suffix):
            problem = f"name the histogram itself: {selector.name.removesuffix(suffix)} instead of {selector.name}"
    if any(matcher.label == "le" for matcher in selector.matchers):
        problem = "leave out the matcher on le, thresholdSeconds chooses the bucket"
    if problem:
        raise InvalidSelectorError(
            f'{field}.indicator.latency.histogram: {problem}, such as http_request_duration_seconds{{job="payments"}}'
        )
    return selector
