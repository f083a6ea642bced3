"""What the base rules count, in Prometheus' own rule engine: absent, reset, impossible and poisoned series."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.promtool import Promtool
from platform_contracts.config import DataSource
from platform_contracts.rules.objects import Group
from platform_contracts.sla import readback
from tests.sla import world
from tests.sla.rule_file_tests import nothing, run, something, steps, value

OK = 'http_requests_total{job="payments",code="200"}'
BAD = 'http_requests_total{job="payments",code="500"}'
ERRORS = "sla:errors:rate5m"
TOTAL = "sla:total:rate5m"


def base(indicator: dict[str, object] = world.BY_ERRORS, **options: object) -> list[Group]:
    """The base group of one objective."""
    spec = world.sla_spec(world.objective(indicator=indicator))
    return [group for group in world.groups(spec, **options) if group["name"].endswith("/base")]  # type: ignore[arg-type]


def counted(series: str, minutes: int) -> str:
    """All that was counted so far."""
    return f"sum_over_time({series}[{minutes}m]) * 60"


def test_an_isolated_burst_counts_exactly(promtool: Promtool, tmp_path: Path) -> None:
    """100 failures within one scrape: with [5m] instead of [315s] they would read 84 or 105."""
    series = {OK: steps((10, 200)), BAD: steps((0, 80), (100, 1), (0, 119), start=1000)}
    run(promtool, tmp_path, base(), series, [value(counted(ERRORS, 50), "49m", 100)])


@pytest.mark.parametrize("scrape", [10, 15, 30, 60, 150, 300, 600])
def test_a_burst_counts_exactly_at_any_scrape_interval(promtool: Promtool, tmp_path: Path, scrape: int) -> None:
    source = DataSource(url="http://prometheus.example", scrape_interval_seconds=scrape)
    samples = 7200 // scrape
    burst = samples // 2
    series = {
        OK: steps((10, samples)),
        BAD: steps((0, burst), (100, 1), (0, samples - burst - 1), start=1000),
    }
    expected = [value(counted(ERRORS, 119), "119m", 100, within=1e-6)]
    run(promtool, tmp_path, base(source=source), series, expected, scrape=f"{scrape}s")


def test_an_absent_error_series_is_no_errors(promtool: Promtool, tmp_path: Path) -> None:
    expected = [value(TOTAL, "20m", 10 / 15), value(f"{ERRORS} + 1", "20m", 1)]
    run(promtool, tmp_path, base(), {OK: steps((10, 100))}, expected)


def test_an_absent_total_is_no_measurement(promtool: Promtool, tmp_path: Path) -> None:
    """Neither 100 % errors nor 100 % success."""
    expected = [
        nothing(TOTAL, "20m"),
        nothing(ERRORS, "20m"),
        something("sla:objective", "20m"),
        nothing("sla:burn_rate", "20m"),
    ]
    run(promtool, tmp_path, base(), {'http_requests_total{job="other"}': steps((10, 100))}, expected)


def test_absent_good_events_are_no_measurement(promtool: Promtool, tmp_path: Path) -> None:
    """A missing series must not read as an outage, and its time must not count as measured."""
    expected = [nothing(TOTAL, "20m"), nothing(ERRORS, "20m")]
    run(promtool, tmp_path, base(world.BY_GOOD), {BAD: steps((10, 100))}, expected)


def test_good_events_leave_the_errors(promtool: Promtool, tmp_path: Path) -> None:
    expected = [value(ERRORS, "20m", 2 / 15), value(TOTAL, "20m", 10 / 15)]
    run(promtool, tmp_path, base(world.BY_GOOD), {OK: steps((8, 100)), BAD: steps((2, 100))}, expected)


@pytest.mark.parametrize("le", ["0.3"])
def test_latency_counts_what_is_slower_than_the_bucket(promtool: Promtool, tmp_path: Path, le: str) -> None:
    name = 'http_request_duration_seconds_{}{{job="payments"{}}}'
    series = {
        name.format("count", ""): steps((10, 100)),
        name.format("bucket", f',le="{le}"'): steps((9, 100)),
        name.format("bucket", ',le="+Inf"'): steps((10, 100)),
    }
    run(promtool, tmp_path, base(world.LATENCY), series, [value(ERRORS, "20m", 1 / 15), value(TOTAL, "20m", 10 / 15)])


@pytest.mark.parametrize(
    ("threshold", "le"), [("1", "1"), ("1", "1.0"), ("1.00", "1.0"), ("0.00001", "1e-05"), ("2.50", "2.5")]
)
def test_a_bucket_is_found_however_clients_write_it(
    promtool: Promtool, tmp_path: Path, threshold: str, le: str
) -> None:
    indicator = {"latency": {"histogram": "d", "thresholdSeconds": threshold}}
    series = {
        "d_count": steps((10, 100)),
        f'd_bucket{{le="{le}"}}': steps((9, 100)),
        'd_bucket{le="0x1"}': steps((1, 100)),
    }
    run(promtool, tmp_path, base(indicator), series, [value(ERRORS, "20m", 1 / 15)])


def test_a_missing_bucket_is_never_a_false_green(promtool: Promtool, tmp_path: Path) -> None:
    """A threshold that is no bucket gives no sample at all: neither fast requests nor time that was measured."""
    name = 'http_request_duration_seconds_{}{{job="payments"{}}}'
    series = {name.format("count", ""): steps((10, 100)), name.format("bucket", ',le="0.5"'): steps((9, 100))}
    expected = [nothing(ERRORS, "20m"), nothing(TOTAL, "20m"), something("sla:objective", "20m")]
    run(promtool, tmp_path, base(world.LATENCY), series, expected)


def test_a_counter_reset_loses_nothing(promtool: Promtool, tmp_path: Path) -> None:
    """A restarted process starts at zero: neither a negative count nor a spike."""
    reset = f"{steps((1, 100))} {steps((1, 100), start=1)}"
    total = f"{steps((10, 100))} {steps((10, 100), start=10)}"
    run(promtool, tmp_path, base(), {OK: total, BAD: reset}, [value(counted(ERRORS, 44), "49m", 44 * 4, within=1e-6)])


def test_errors_are_never_negative(promtool: Promtool, tmp_path: Path) -> None:
    """Good events above the total, as different targets or late scrapes give them."""
    indicator = {"ratio": {"total": "all_total", "good": "good_total"}}
    series = {"all_total": steps((10, 100)), "good_total": steps((11, 100))}
    run(promtool, tmp_path, base(indicator), series, [value(f"{ERRORS} + 1", "20m", 1)])


IMPOSSIBLE = 'ALERTS{alertname="SLAImpossibleData",alertstate="firing"}'
(TARGET,) = (query for name, query in readback.queries(world.SOURCE).items() if name == "objective")


@pytest.mark.parametrize("fields", [{}, world.timeslices()], ids=["events", "slices"])
@pytest.mark.parametrize(
    ("indicator", "series"),
    [
        (
            {"ratio": {"total": "all_total", "good": "good_total"}},
            {"all_total": steps((100, 480)), "good_total": steps((102, 480))},
        ),
        ({"probe": {"metric": "probe_http_status_code"}}, {"probe_http_status_code": "200x480"}),
    ],
    ids=["ratio", "probe"],
)
def test_more_good_than_there_is_is_told_after_an_hour(
    promtool: Promtool, tmp_path: Path, indicator: dict[str, object], series: dict[str, str], fields: dict[str, Any]
) -> None:
    """It counts as no failure, and the operator reads it back as a target above 1."""
    spec = world.sla_spec(world.objective(indicator=indicator, **fields))
    groups = [group for group in world.groups(spec) if group["name"].endswith("/base")]
    expected = [nothing(IMPOSSIBLE, "59m"), something(IMPOSSIBLE, "70m"), value(TARGET, "70m", 2)]
    run(promtool, tmp_path, groups, series, [value(f"{ERRORS} + 1", "70m", 1), value(TARGET, "50m", 0.999), *expected])


@pytest.mark.parametrize(
    ("indicator", "series"),
    [
        (
            {"ratio": {"total": "all_total", "good": "good_total"}},
            # A scrape late for half an hour, and then none.
            {"all_total": steps((100, 480)), "good_total": steps((100, 120), (102, 120), (100, 240))},
        ),
        (world.PROBE, {'probe_success{job="payments"}': "1x480"}),
        (world.BY_GOOD, {OK: steps((10, 480)), BAD: steps((0, 480))}),
    ],
    ids=["late", "probe", "ratio"],
)
def test_good_events_alone_are_nothing_impossible(
    promtool: Promtool, tmp_path: Path, indicator: dict[str, object], series: dict[str, str]
) -> None:
    run(promtool, tmp_path, base(indicator), series, [nothing(IMPOSSIBLE, "100m"), value(TARGET, "100m", 0.999)])


def test_one_sample_that_is_no_number_does_not_poison_the_window(promtool: Promtool, tmp_path: Path) -> None:
    """A NaN in the source is gone with the five minutes that it is in."""
    series = {OK: f"{steps((10, 100))} NaN {steps((10, 99), start=1010)}", BAD: steps((1, 200))}
    expected = [
        nothing(f"{TOTAL} != {TOTAL}", "26m"),
        nothing(f"sum_over_time({TOTAL}[50m]) != sum_over_time({TOTAL}[50m])", "49m"),
        value(TOTAL, "49m", 11 / 15),
        nothing("sla:burn_rate != sla:burn_rate", "49m"),
    ]
    run(promtool, tmp_path, base(), series, expected)


def test_no_traffic_is_measured_and_no_burn(promtool: Promtool, tmp_path: Path) -> None:
    """A night without requests: zero events, no 0/0, no alert that the source is absent."""
    expected = [
        value(f"{TOTAL} + 1", "40m", 1),
        nothing('sla:burn_rate{window="5m"}', "40m"),
        nothing("ALERTS", "40m"),
    ]
    run(promtool, tmp_path, base(), {OK: steps((10, 40), (0, 160)), BAD: steps((0, 200))}, expected)


def native(*parts: tuple[int, int, int]) -> str:
    """A native histogram in promtool's notation: (at most 0.5 s, more, number of samples) for each part."""
    written, fast, slow = [], 0, 0
    for quick, late, count in parts:
        step = f"{{{{schema:0 sum:1 count:{quick + late} offset:-1 buckets:[{quick} {late}]}}}}"
        start = f"{{{{schema:0 sum:1 count:{fast + slow} offset:-1 buckets:[{fast} {slow}]}}}}"
        written.append(f"{start}+{step}x{count - 1}")
        fast, slow = fast + quick * count, slow + late * count
    return " ".join(written)


def test_a_native_histogram_needs_no_bucket_of_its_own(promtool: Promtool, tmp_path: Path) -> None:
    """At a bucket's bound the count is exact; within a bucket Prometheus estimates."""
    indicator = {"latency": {**world.LATENCY["latency"], "thresholdSeconds": "0.5", "native": True}}
    series = {'http_request_duration_seconds{job="payments"}': native((8, 2, 100))}
    expected = [value(ERRORS, "20m", 2 / 15, within=1e-6), value(TOTAL, "20m", 10 / 15, within=1e-6)]
    run(promtool, tmp_path, base(indicator), series, expected)
    within = {"latency": {**indicator["latency"], "thresholdSeconds": "0.7"}}
    between = f"0 < {ERRORS} < {2 / 15!r}"
    run(promtool, tmp_path, base(within), series, [something(between, "20m")])


def test_a_native_histogram_without_events_counts_none(promtool: Promtool, tmp_path: Path) -> None:
    """A share of nothing is no number, and must neither poison a sum nor lower the coverage."""
    indicator = {"latency": {**world.LATENCY["latency"], "native": True}}
    series = {'http_request_duration_seconds{job="payments"}': native((8, 2, 40), (0, 0, 100))}
    expected = [value(f"{TOTAL} + 1", "30m", 1), value(f"{ERRORS} + 1", "30m", 1)]
    run(promtool, tmp_path, base(indicator), series, expected)


def test_nothing_counts_from_before_the_effective_time(promtool: Promtool, tmp_path: Path) -> None:
    """An outage that ends when the promise begins is not in it, to the last request; what follows is."""
    groups = base(from_time=datetime(1970, 1, 1, 0, 30, tzinfo=UTC))
    series = {OK: steps((5, 120), (10, 120)), BAD: steps((5, 121), (0, 119))}
    expected = [
        nothing(TOTAL, "30m"),
        something(TOTAL, "36m"),
        value(f"{counted(ERRORS, 60)} + 1", "59m", 1),
        nothing('ALERTS{alertname="SLASourceAbsent"}', "30m"),
    ]
    run(promtool, tmp_path, groups, series, expected)


def test_nothing_counts_after_the_promise_is_over(promtool: Promtool, tmp_path: Path) -> None:
    """An outage that begins then is not in it and nobody is called for it, though the rules are still there."""
    groups = base(until_time=datetime(1970, 1, 1, 0, 30, tzinfo=UTC))
    series = {OK: steps((10, 120), (0, 120)), BAD: steps((0, 120), (10, 120))}
    expected = [
        something(TOTAL, "30m"),
        nothing(TOTAL, "31m"),
        nothing(ERRORS, "31m"),
        value(f"{counted(ERRORS, 60)} + 1", "59m", 1),
        nothing("ALERTS", "59m"),
    ]
    run(promtool, tmp_path, groups, series, expected)


def test_an_absent_source_is_told_and_named(promtool: Promtool, tmp_path: Path) -> None:
    firing = 'ALERTS{alertname="SLASourceAbsent",alertstate="firing",objective="availability"}'
    series = {OK: f"{steps((10, 100))} stale"}
    run(promtool, tmp_path, base(), series, [nothing(firing, "25m"), nothing(firing, "38m"), something(firing, "43m")])


def test_a_bucket_that_is_missing_is_told_from_a_source_that_is(promtool: Promtool, tmp_path: Path) -> None:
    """The operator reads it back as traffic below zero; a source that is absent is no traffic at all."""
    (traffic, *_) = (query for name, query in readback.queries(world.SOURCE).items() if name == "traffic")
    part = 'ALERTS{alertname="SLASourceAbsent",alertstate="firing",tier="part"}'
    absent = 'ALERTS{alertname="SLASourceAbsent",tier="absent"}'
    name = "http_request_duration_seconds"
    other = {f'{name}_count{{job="payments"}}': steps((10, 200)), f'{name}_bucket{{job="payments",le="7"}}': "0x200"}
    expected = [something(part, "20m"), nothing(absent, "20m"), value(traffic, "20m", -1)]
    run(promtool, tmp_path, base(world.LATENCY), other, expected)
    expected = [nothing(part, "20m"), something(absent, "20m"), nothing(traffic, "20m")]
    run(promtool, tmp_path, base(world.LATENCY), {"other": steps((10, 200))}, expected)


@pytest.mark.parametrize("missing", ["Bad", "Unknown"])
def test_slices_without_a_source_or_a_part_of_it_are_told_likewise(
    promtool: Promtool, tmp_path: Path, missing: str
) -> None:
    """Also where what is missing is bad: a bucket that never was is a mistake in the objective, and no breach."""
    part = 'ALERTS{alertname="SLASourceAbsent",alertstate="firing",tier="part"}'
    absent = 'ALERTS{alertname="SLASourceAbsent",alertstate="firing",tier="absent"}'
    sliced = world.objective(indicator=world.LATENCY, **world.timeslices(), missingData=missing)
    groups = [group for group in world.groups(world.sla_spec(sliced)) if group["name"].endswith("/base")]
    name = "http_request_duration_seconds"
    other = {f'{name}_count{{job="payments"}}': steps((10, 200)), f'{name}_bucket{{job="payments",le="7"}}': "0x200"}
    expected = [something(part, "20m"), nothing(absent, "20m"), nothing(ERRORS, "20m"), nothing(TOTAL, "20m")]
    run(promtool, tmp_path, groups, other, expected)
    judged = value(ERRORS, "20m", 1) if missing == "Bad" else nothing(ERRORS, "20m")
    run(promtool, tmp_path, groups, {"other": "0x200"}, [nothing(part, "20m"), something(absent, "20m"), judged])
