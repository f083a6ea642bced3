"""Requests that took longer than a threshold among all requests, from a histogram."""

from __future__ import annotations

import re
from decimal import Decimal

from platform_contracts.api.indicators import LatencyIndicator
from platform_contracts.sla.burnrate import decimal
from platform_contracts.sla.indicators.reading import Indicator, Reading, both, shown
from platform_contracts.sla.selectors import InvalidSelectorError, Matcher, Selector

# Below this power of ten nobody writes an exponent.
_WRITTEN_PLAIN = 6


def build(latency: LatencyIndicator, reading: Reading) -> Indicator:
    """The expressions. Raises InvalidSelectorError."""
    histogram = reading.selector(latency.histogram, "latency.histogram")
    _check(histogram, reading)
    if latency.native:
        return _native(histogram, decimal(Decimal(latency.threshold_seconds)), reading)
    bucket = histogram.suffixed("_bucket").where(Matcher("le", "=~", bucket_pattern(latency.threshold_seconds)))
    count, fast = reading.rate(histogram.suffixed("_count")), reading.rate(bucket)
    return both(count, fast)


def describe(latency: LatencyIndicator) -> str:
    """What has to exist in Prometheus."""
    if latency.native:
        return f"{shown(latency.histogram)} that is a native histogram"
    return f"{shown(latency.histogram)} with a bucket of exactly {latency.threshold_seconds} s"


def _native(histogram: Selector, threshold: str, reading: Reading) -> Indicator:
    rate = reading.rate(histogram)
    count = f"histogram_count({rate})"
    # From minus infinity on: what stands in the bucket around zero was fast, too. Without events there is no fraction.
    slow = f"(1 - histogram_fraction(-Inf, {threshold}, {rate})) * {count}"
    return Indicator(errors=f"({slow} >= 0) or 0 * {count}", total=count)


def missing(latency: LatencyIndicator) -> str:
    """What is wrong where the histogram is there and its bucket is not, and what to do."""
    return (
        f"The histogram {shown(latency.histogram)} has no bucket of exactly {latency.threshold_seconds} s; choose one "
        "of its buckets (the label le) as thresholdSeconds, or native: true where it is a native histogram"
    )


def bucket_pattern(threshold: str) -> str:
    """A regular expression of every way in which clients write that bucket's `le`: 1 is written 1 or 1.0,
    and a million 1000000 or 1e+06."""
    number = Decimal(threshold)
    plain = f"{number:f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    spellings = {plain, repr(float(number))}
    if "." not in plain:
        spellings.add(f"{plain}.0")
    mantissa, exponent = f"{number.normalize():e}".split("e")
    if int(exponent) >= _WRITTEN_PLAIN:
        # Go, and Prometheus after it.
        spellings.add(f"{mantissa}e+{int(exponent):02d}")
    return "|".join(re.escape(spelling) for spelling in sorted(spellings))


def _check(histogram: Selector, reading: Reading) -> None:
    problem = None
    for suffix in ("_bucket", "_count", "_sum"):
        if histogram.name.endswith(suffix):
            problem = f"name the histogram itself: {histogram.name.removesuffix(suffix)} instead of {histogram.name}"
    if any(matcher.label == "le" for matcher in histogram.matchers):
        problem = "leave out the matcher on le, thresholdSeconds chooses the bucket"
    if problem:
        raise InvalidSelectorError(
            f'{reading.field}.latency.histogram: {problem}, such as http_request_duration_seconds{{job="payments"}}'
        )
