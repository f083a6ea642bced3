"""Burn-rate alerts in Prometheus' own rule engine: when they fire, when they stop, when they are silent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.promtool import Promtool
from platform_contracts.api.common import seconds
from platform_contracts.config import DataSource
from platform_contracts.kube.objects import Object
from platform_contracts.rules.objects import Group
from platform_contracts.sla import burnrate, windows
from platform_contracts.sla.alerts import Context
from platform_contracts.sla.burnrate import Severity
from tests.sla import world
from tests.sla.rule_file_tests import nothing, run, something, steps

CLEAN_MINUTES = 120
# Samples every 15 s.
PER_MINUTE = 4
# What the rules may be behind exact counts: the five minutes of a rate, and the scrape and the evaluation after them.
BEHIND = 3
# Kept so much longer, so that a gap in the scrapes does not resolve a page.
KEPT = {Severity.PAGE: 5, Severity.TICKET: 0}

# For each window and target: so many percent of the events fail for so many minutes. Each tier then fires that many
# minutes after the outage began, and stops that many minutes after it ended.
TABLE = {
    "12h": [
        ("90", 100, 30, "1h +18 -4 | 3h +18 -14"),
        ("95", 100, 30, "1h +9 -5 | 3h +9 -15"),
        ("99", 30, 30, "1h +6 -5 | 3h +6 -15"),
        ("99.9", 5, 30, "1h +4 -5 | 3h +4 -15"),
        ("99.99", 0.2, 30, "1h +9 -5 | 3h +9 -15"),
    ],
    "7d": [
        ("90", 100, 300, "1h +54 -1 | 6h +216 -12 | 1d +252 -99 | 42h +252 -189"),
        ("95", 100, 150, "1h +44 -2 | 6h +108 -21 | 1d +126 -110 | 42h +126 -200"),
        ("99", 30, 150, "1h +29 -3 | 6h +72 -24 | 1d +84 -113 | 42h +84 -203"),
        ("99.9", 5, 90, "1h +18 -4 | 6h +44 -27 | 1d +51 -116 | 42h +51 -206"),
        ("99.99", 0.2, 150, "1h +44 -2 | 6h +108 -21 | 1d +126 -110 | 42h +126 -200"),
    ],
    "28d": [
        ("90", 100, 480, "1h +54 -1 | 6h +216 -12 | 1d +432 -84 | 3d +432 -324"),
        ("95", 100, 240, "1h +44 -2 | 6h +108 -21 | 1d +216 -102 | 3d +216 -342"),
        ("99", 30, 180, "1h +29 -3 | 6h +72 -24 | 1d +144 -108 | 3d +144 -348"),
        ("99.9", 5, 120, "1h +18 -4 | 6h +44 -27 | 1d +87 -113 | 3d +87 -353"),
        ("99.99", 0.2, 240, "1h +44 -2 | 6h +108 -21 | 1d +216 -102 | 3d +216 -342"),
    ],
}
TABLE |= {window: TABLE["28d"] for window in ("30d", "90d")}  # paging does not slow down with the accounting period


def firing(tier: burnrate.Tier, objective: str) -> str:
    return f'ALERTS{{alertname="SLABurnRate",objective="{objective}",tier="{tier.name}",alertstate="firing"}}'


def predicted(target: str, window: str, error_percent: float) -> list[tuple[burnrate.Tier, int, int]]:
    """Each tier with the minutes after which exact counts cross its factor, and after which they are below it again.

    Of a window that burns at f on average, f/B is bad at a burn of B: it is crossed once so much of the long and of the
    short window is bad, and left once no more of the short one is.
    """
    burn = error_percent / 100 / float(burnrate.budget(target))
    found = []
    for tier in burnrate.tiers(target, seconds(window), 15):
        share = float(tier.factor) / burn
        crossed, left = max(tier.long, tier.short) * share, tier.short * (1 - share)
        found.append((tier, _minutes(crossed), _minutes(left)))
    return found


def _minutes(seconds: float) -> int:
    return math.ceil(round(seconds / windows.MINUTE, 6))


def outage(job: str, error_percent: float, minutes: int, total: int) -> dict[str, str]:
    """100 events each scrape, of which some fail for a while."""
    before, during = CLEAN_MINUTES * PER_MINUTE, minutes * PER_MINUTE
    after = (total - CLEAN_MINUTES - minutes) * PER_MINUTE
    return {
        f'http_requests_total{{job="{job}",code="200"}}': steps(
            (100.0, before), (100.0 - error_percent, during), (100.0, after)
        ),
        f'http_requests_total{{job="{job}",code="503"}}': steps((0, before), (error_percent, during), (0, after)),
    }


def objectives(targets: Sequence[str]) -> list[Object]:
    """One objective for each target, each of a service of its own: o0, o1 and so on."""
    return [
        world.objective(
            f"o{number}",
            target,
            {
                "ratio": {
                    "total": f'http_requests_total{{job="o{number}"}}',
                    "errors": f'http_requests_total{{job="o{number}",code=~"5.."}}',
                }
            },
        )
        for number, target in enumerate(targets)
    ]


def burn_groups(targets: Sequence[str], window: str, source: DataSource = world.SOURCE) -> list[Group]:
    """The groups whose alerts are about burn rates."""
    made = world.groups(world.sla_spec(*objectives(targets), window=window), source=source)
    return [group for group in made if not group["name"].endswith("/window")]


@pytest.mark.parametrize("window", TABLE)
def test_the_table_is_what_the_arithmetic_says(window: str) -> None:
    for target, error_percent, _, expected in TABLE[window]:
        told = [f"{tier.name} +{fires} -{stops}" for tier, fires, stops in predicted(target, window, error_percent)]
        assert " | ".join(told) == expected, target


@pytest.mark.parametrize("window", TABLE)
def test_every_tier_fires_and_stops_in_its_minute(promtool: Promtool, tmp_path: Path, window: str) -> None:
    """Never before the minute in which the counts cross the factor, and at most three minutes after it; and back."""
    rows = TABLE[window]
    series: dict[str, str] = {}
    expectations = []
    total = CLEAN_MINUTES + max(minutes for _, _, minutes, _ in rows) + 380
    for number, (target, error_percent, minutes, _) in enumerate(rows):
        series |= outage(f"o{number}", error_percent, minutes, total)
        for tier, fires, stops in predicted(target, window, error_percent):
            alert = firing(tier, f"o{number}")
            start, end = CLEAN_MINUTES + fires, CLEAN_MINUTES + minutes + stops
            expectations += [
                nothing(f"count_over_time({alert}[{start}m])", f"{start - 1}m"),
                something(alert, f"{start + BEHIND}m"),
                something(alert, f"{end - 1}m"),
                nothing(alert, f"{end + BEHIND + KEPT[tier.severity] + 1}m"),
            ]
    run(promtool, tmp_path, burn_groups([row[0] for row in rows], window), series, expectations)


@pytest.mark.parametrize("window", TABLE)
def test_an_outage_that_ends_a_minute_earlier_does_not_page(promtool: Promtool, tmp_path: Path, window: str) -> None:
    rows, series, expectations = TABLE[window], {}, []
    for number, (target, error_percent, _, _) in enumerate(rows):
        fastest, fires, _ = predicted(target, window, error_percent)[0]
        series |= outage(f"o{number}", error_percent, fires - 1, CLEAN_MINUTES + 130)
        expectations.append(nothing(f"count_over_time({firing(fastest, f'o{number}')}[4h])", "240m"))
    run(promtool, tmp_path, burn_groups([row[0] for row in rows], window), series, expectations)


TARGETS = ("90", "95", "99", "99.9", "99.99")


@pytest.mark.parametrize(
    ("window", "targets", "burn", "fires"),
    [
        ("1h", TARGETS, 0.95, False),
        ("12h", TARGETS, 0.95, False),
        ("1d", TARGETS, 0.95, False),
        ("2d", TARGETS, 0.95, False),
        ("30d", ("99.9",), 0.95, False),
        ("1h", TARGETS, 1.1, True),
        ("12h", TARGETS, 1.1, True),
        ("2d", TARGETS, 1.1, True),
    ],
)
def test_a_sustainable_burn_is_silent(
    promtool: Promtool, tmp_path: Path, window: str, targets: Sequence[str], burn: float, fires: bool
) -> None:
    """Longer than the slowest tier looks back: below 1 no alert of any tier, just above it that tier's ticket."""
    source = DataSource(url="http://prometheus.example", scrape_interval_seconds=60)
    slowest = burnrate.tiers(targets[0], seconds(window), 60)[-1]
    minutes = slowest.long // windows.MINUTE + 30
    series = {}
    for number, target in enumerate(targets):
        share = burn * float(burnrate.budget(target))
        series[f'http_requests_total{{job="o{number}",code="200"}}'] = f"0+{1000 * (1 - share)}x{minutes}"
        series[f'http_requests_total{{job="o{number}",code="500"}}'] = f"0+{1000 * share}x{minutes}"
    fired = f'count_over_time(ALERTS{{alertname="SLABurnRate",tier="{slowest.name}"}}[{minutes}m])'
    any_fired = f'count_over_time(ALERTS{{alertname="SLABurnRate"}}[{minutes}m])'
    expectation = something(fired, f"{minutes}m", len(targets)) if fires else nothing(any_fired, f"{minutes}m")
    run(promtool, tmp_path, burn_groups(targets, window, source), series, [expectation], scrape="1m")


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
    assert names == {"SLASourceAbsent", "SLANoTraffic", "SLABudgetLow", "SLABreached", "SLABreachProjected"}
    assert sum(rule.get("record") == "sla:burn_rate" for group in groups for rule in group["rules"]) == 7


@pytest.mark.parametrize(("min_events", "fires"), [(None, True), (200, True), (300, False)])
def test_few_events_wake_nobody(promtool: Promtool, tmp_path: Path, min_events: int | None, fires: bool) -> None:
    """At one request a quarter of a minute, an hour has 240."""
    series = {
        'http_requests_total{job="payments",code="200"}': steps((1, 240), (0, 120)),
        'http_requests_total{job="payments",code="503"}': steps((0, 240), (1, 120)),
    }
    fields = {} if min_events is None else {"minEvents": min_events}
    groups = world.groups(world.sla_spec(world.objective(**fields)))
    page = 'ALERTS{alertname="SLABurnRate",tier="1h",alertstate="firing"}'
    run(promtool, tmp_path, groups, series, [something(page, "85m") if fires else nothing(page, "85m")])
