"""Events that are good or bad, over a day with a scrape every 15 s: 240 scrapes an hour, 5,760 a day."""

from __future__ import annotations

from datetime import timedelta

from tests.sla import world
from tests.truth.history import NativeHistogram, Series, both, during, gauge, requests, steady
from tests.truth.row import END, OWN, Answer, Row, ratio

DAY = 5760
HOUR = 240

GOOD = {
    "ratio": {
        "total": f'http_requests_total{{row="{OWN}"}}',
        "good": f'http_requests_total{{row="{OWN}",code!~"5.."}}',
    }
}
RAW = {
    "raw": {
        "errors": f'sum(rate(http_requests_total{{row="{OWN}",code="500"}}[5m]))',
        "total": f'rate(http_requests_total{{row="{OWN}"}}[5m]) # by code',
    }
}
CLASSIC = {"latency": {"histogram": f'duration_seconds{{row="{OWN}"}}', "thresholdSeconds": "1"}}
NATIVE = {"latency": {**CLASSIC["latency"], "native": True}}
PROBE = {"probe": {"metric": f'probe_success{{row="{OWN}"}}'}}


def histogram(total: int, slow: int) -> list[Series]:
    """duration_seconds with the buckets 1.0 and +Inf; in the hour from 6 to 7 `slow` of `total` are slow."""
    fast = both(steady(total), during(6, 7, -slow))
    return [
        Series("duration_seconds_bucket", fast, {"le": "1.0"}),
        Series("duration_seconds_bucket", steady(total), {"le": "+Inf"}),
        Series("duration_seconds_count", steady(total)),
    ]


# Younger than every other history, by months: a Prometheus takes in no samples that are older than those that it has.
NATIVE_END = END + timedelta(days=180)

ROWS = [
    Row(
        "a native histogram, in which half are slow for an hour",
        world.objective("it", "99", NATIVE),
        [NativeHistogram("duration_seconds", both(steady(10), during(6, 7, -5)), during(6, 7, 5))],
        Answer("Breached", events=10 * DAY, bad=5 * HOUR, sli=100 - 100 * 5 / 240, remaining=-108.33),
        end=NATIVE_END,
    ),
    Row(
        "no errors at all",
        ratio("99.9"),
        requests(steady(10)),
        Answer("Met", events=10 * DAY, bad=0, sli=100, remaining=100),
    ),
    Row(
        "an hour in which half of the requests fail",
        ratio("99"),
        requests(steady(10), during(6, 7, 5)),
        Answer("Breached", events=10 * DAY, bad=5 * HOUR, sli=100 - 100 * 5 / 240, remaining=-108.33),
    ),
    Row(
        "the same by good events",
        world.objective("it", "99", GOOD),
        requests(steady(10), during(6, 7, 5)),
        Answer("Breached", events=10 * DAY, bad=5 * HOUR, sli=100 - 100 * 5 / 240, remaining=-108.33),
    ),
    Row(
        "the same as PromQL of one's own",
        world.objective("it", "99", RAW),
        requests(steady(10), during(6, 7, 5)),
        # A range of [5m] instead of one scrape more.
        Answer("Breached", events=10 * DAY, bad=5 * HOUR, sli=100 - 100 * 5 / 240, remaining=-108.33, within=0.01),
    ),
    Row(
        "an outage in the peak weighs what it weighed",
        ratio("99"),
        requests(during(8, 16, 100, otherwise=10), during(12, 12.5, 100)),
        Answer(
            "Breached",
            events=(8 * 100 + 16 * 10) * HOUR,
            bad=100 * HOUR / 2,
            sli=100 - 100 * 50 / 960,
            remaining=-420.83,
        ),
    ),
    Row(
        "an outage in the night weighs little",
        ratio("99"),
        requests(during(8, 16, 100, otherwise=10), during(2, 2.5, 10)),
        Answer("Met", events=960 * HOUR, bad=5 * HOUR, sli=100 - 100 * 5 / 960, remaining=47.92),
    ),
    Row(
        "counters that begin again five times",
        ratio("99"),
        requests(steady(10), during(6, 7, 1), resets=(3, 6.5, 9, 15, 20)),
        # What happened between the last scrape and a reset is not lost here; how far a rate reaches to the reset is.
        Answer("Met", events=10 * DAY, bad=HOUR, bad_within=0.6, sli=100 - 100 / 240, within=0.0011),
    ),
    Row(
        "an error series that appears with its first error",
        ratio("99"),
        [
            Series("http_requests_total", both(steady(10), during(6, 7, -1)), {"code": "200"}),
            Series("http_requests_total", during(6, 7, 1), {"code": "500"}, base=0, since=6),
        ],
        # Its first value is lost: one event of 240.
        Answer("Met", bad=HOUR - 1, bad_within=1, sli=100 - 100 * 239 / (10 * DAY), within=0.002),
    ),
    Row(
        "no error series at all",
        ratio("99"),
        [Series("http_requests_total", steady(10), {"code": "200"})],
        Answer("Met", events=10 * DAY, bad=0, sli=100, remaining=100, message="Not one error was counted"),
    ),
    Row(
        "twenty minutes of scrapes missing in quiet times",
        ratio("99"),
        requests(steady(10), during(6, 7, 1), gaps=[(14, 14 + 1 / 3)]),
        # Counters go on: what happened in the gap is lost with it, errors and total alike.
        Answer("Met", sli=100 - 100 / 240, within=0.006, coverage=0.99),
    ),
    Row(
        "three hours of scrapes missing",
        ratio("99"),
        requests(steady(10), during(6, 7, 1), gaps=[(14, 17)]),
        Answer("Unknown", sli=100 - 100 / 210, within=0.006, coverage=0.88, data="IncompleteData"),
    ),
    Row(
        "three hours of scrapes missing, and what was measured holds",
        ratio("99", missingData="Hold"),
        requests(steady(10), during(6, 7, 1), gaps=[(14, 17)]),
        Answer(
            "Met", sli=100 - 100 / 210, within=0.006, coverage=0.88, data="IncompleteData", message="holds for the rest"
        ),
    ),
    Row(
        "a night without a request",
        ratio("99"),
        requests(during(4, 20, 10), during(12, 13, 1)),
        Answer("Met", events=10 * HOUR * 16, bad=HOUR, sli=100 - 100 / 160, remaining=37.5),
    ),
    Row("a day without a request", ratio("99"), requests(steady(0)), Answer("Unknown", data="NoTraffic")),
    Row("nothing of the kind", ratio("99"), [], Answer("Unknown", data="NoData", message="no series http_requests")),
    Row(
        "three times the budget and one more",
        ratio("99"),
        requests(steady(100), during(0.5, 23.5, 4, otherwise=4)),
        Answer("Breached", bad=4 * DAY, sli=96, remaining=-300),
    ),
    Row(
        "five nines",
        ratio("99.999"),
        requests(steady(1000), during(6, 6 + 1 / 12, 1)),
        Answer("Met", events=1000 * DAY, bad=20, sli=100 - 100 * 20 / 5_760_000, remaining=65.28),
    ),
    Row(
        "one in two",
        ratio("50"),
        requests(steady(10), during(0, 6, 8)),
        Answer("Met", bad=8 * 6 * HOUR, sli=80, remaining=60, within=0.02),
    ),
    Row(
        "more errors than events",
        world.objective(
            "it", "99", {"ratio": {"total": f'a_total{{row="{OWN}"}}', "errors": f'b_total{{row="{OWN}"}}'}}
        ),
        [Series("a_total", steady(10)), Series("b_total", steady(20))],
        Answer("Breached", events=10 * DAY, bad=10 * DAY, sli=0, data="ImpossibleData", message="More errors than"),
    ),
    Row(
        "slow requests by a classic histogram",
        world.objective("it", "99", CLASSIC),
        histogram(10, 2),
        Answer("AtRisk", events=10 * DAY, bad=2 * HOUR, sli=100 - 100 * 2 / 240, remaining=16.67),
    ),
    Row(
        "a histogram without that bucket",
        world.objective("it", "99", {"latency": {**CLASSIC["latency"], "thresholdSeconds": "0.7"}}),
        histogram(10, 2),
        Answer("Unknown", data="NoData", message="bucket of exactly 0.7"),
    ),
    Row(
        "probes that fail for ten minutes",
        world.objective("it", "99", PROBE),
        gauge("probe_success", during(6, 6 + 1 / 6, 0, otherwise=1)),
        Answer("Met", events=DAY, bad=40, sli=100 - 100 * 40 / DAY, remaining=30.56),
    ),
    Row(
        "too few events for a verdict",
        ratio("99", minEvents=1000),
        requests(during(6, 7, 1), during(6.5, 7, 1)),
        Answer("Unknown", events=HOUR, bad=HOUR / 2, sli=50, data="TooFewEvents", message="fewer than 1000 events"),
    ),
    Row(
        "just enough events for a verdict",
        ratio("99", minEvents=200),
        requests(during(6, 7, 1), during(6.5, 7, 1)),
        Answer("Breached", events=HOUR, bad=HOUR / 2, sli=50),
    ),
]
