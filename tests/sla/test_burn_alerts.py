"""Burn-rate alerts in Prometheus' own rule engine: when they fire, when they stop, when they are silent."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from harness.promtool import Promtool
from platform_contracts.config import DataSource
from platform_contracts.sla import burnrate, windows
from platform_contracts.sla.alerts import Context
from platform_contracts.sla.burnrate import Severity
from tests.sla import world
from tests.sla.rule_file_tests import nothing, run, something, steps

CLEAN_MINUTES = 120
# Samples every 15 s.
PER_MINUTE = 4


def firing(tier: burnrate.Tier) -> str:
    return f'ALERTS{{alertname="SLABurnRate",tier="{tier.name}",alertstate="firing"}}'


@pytest.mark.parametrize(
    ("target", "window", "error_percent", "outage_minutes"),
    [
        ("99.9", "30d", 5.0, 60),
        ("99.9", "7d", 2.0, 90),
        ("99", "28d", 30.0, 90),
        ("95", "90d", 80.0, 90),
        ("99.9", "12h", 1.0, 90),
    ],
)
def test_pages_fire_and_stop_when_exact_counts_say(
    promtool: Promtool, tmp_path: Path, target: str, window: str, error_percent: float, outage_minutes: int
) -> None:
    """At most three minutes after the minute in which the counts cross the factor, and never before it."""
    length = windows.seconds(window)
    burn = error_percent / 100 / float(burnrate.budget(target))
    samples = (CLEAN_MINUTES * PER_MINUTE, outage_minutes * PER_MINUTE, CLEAN_MINUTES * PER_MINUTE)
    series = {
        'http_requests_total{job="payments",code="200"}': steps(
            (100.0, samples[0]), (100.0 - error_percent, samples[1]), (100.0, samples[2])
        ),
        'http_requests_total{job="payments",code="503"}': steps(
            (0, samples[0]), (error_percent, samples[1]), (0, samples[2])
        ),
    }
    pages = [tier for tier in burnrate.tiers(target, length, 15) if tier.severity is Severity.PAGE]
    expectations = []
    for tier in pages:
        share = float(tier.factor) / burn
        needed = max(tier.long * share, tier.short * share) / windows.MINUTE
        if needed >= outage_minutes:
            expectations.append(nothing(f"count_over_time({firing(tier)}[5h])", "299m"))
            continue
        start = CLEAN_MINUTES + math.ceil(needed)
        end = CLEAN_MINUTES + outage_minutes + math.ceil(tier.short * (1 - share) / windows.MINUTE)
        expectations += [
            nothing(f"count_over_time({firing(tier)}[5h])", f"{start - 1}m"),
            something(firing(tier), f"{start + 3}m"),
            something(firing(tier), f"{end - 1}m"),
            # Five minutes longer, so that a gap in the scrapes does not resolve it.
            nothing(firing(tier), f"{end + 3 + 5 + 1}m"),
        ]
    assert any("exp_samples" in one and one["exp_samples"] for one in expectations), "at least one page fires"
    run(
        promtool,
        tmp_path,
        world.groups(world.sla_spec(world.objective(target=target), window=window)),
        series,
        expectations,
    )


@pytest.mark.parametrize(
    ("target", "window", "burn", "fires"),
    [
        ("99.9", "30d", 0.95, False),
        ("99", "2d", 0.95, False),
        ("99", "2d", 1.1, True),
        ("90", "1d", 0.9, False),
        ("90", "1d", 0.95, False),
        ("90", "1d", 1.1, True),
        ("99.9", "1h", 0.9, False),
        ("99.9", "1h", 0.95, False),
        ("99.9", "1h", 1.1, True),
    ],
)
def test_a_sustainable_burn_is_silent(
    promtool: Promtool, tmp_path: Path, target: str, window: str, burn: float, fires: bool
) -> None:
    """Longer than the slowest tier looks back: below 1 no alert of any tier, just above it that tier's ticket."""
    source = DataSource(url="http://prometheus.example", scrape_interval_seconds=60)
    share = burn * float(burnrate.budget(target))
    slowest = burnrate.tiers(target, windows.seconds(window), 60)[-1]
    minutes = slowest.long // windows.MINUTE + 30
    series = {
        'http_requests_total{job="payments",code="200"}': f"0+{1000 * (1 - share)}x{minutes}",
        'http_requests_total{job="payments",code="500"}': f"0+{1000 * share}x{minutes}",
    }
    fired = f'count_over_time(ALERTS{{alertname="SLABurnRate",tier="{slowest.name}"}}[{minutes}m])'
    any_fired = f'count_over_time(ALERTS{{alertname="SLABurnRate"}}[{minutes}m])'
    spec = world.sla_spec(world.objective(target=target), window=window)
    groups = [group for group in world.groups(spec, source=source) if not group["name"].endswith("/window")]
    expectation = something(fired, f"{minutes}m") if fires else nothing(any_fired, f"{minutes}m")
    run(promtool, tmp_path, groups, series, [expectation], scrape="1m")


def test_a_first_bad_minute_is_no_page(promtool: Promtool, tmp_path: Path) -> None:
    """Missing history counts as free of errors: a young SLA does not page for one bad minute out of two."""
    series = {
        'http_requests_total{job="payments",code="200"}': steps((100, 8), (50, 4), (100, 400)),
        'http_requests_total{job="payments",code="500"}': steps((0, 8), (50, 4), (0, 400)),
    }
    # One minute of 50 % in an hour is a burn of 8.3; without the rule it would read 500 in the first minutes.
    run(promtool, tmp_path, world.groups(), series, [nothing('count_over_time(ALERTS{tier="1h"}[100m])', "100m")])


def test_no_burn_rate_alerts_where_none_are_asked_for() -> None:
    groups = world.groups(context=Context(service="payments", owner="payments", burn_rate=False))
    names = {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}
    assert names == {"SLASourceAbsent", "SLABudgetLow", "SLABreached"}
    assert sum(rule.get("record") == "sla:burn_rate" for group in groups for rule in group["rules"]) == 7
