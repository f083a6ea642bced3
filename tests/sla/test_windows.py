"""The promised window's counts, coverage and budget alerts, in Prometheus' own rule engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.promtool import Promtool
from platform_contracts.rules.objects import Group
from tests.sla import world
from tests.sla.rule_file_tests import nothing, run, something, value

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def window_group(window: str, target: str = "99", created: datetime = EPOCH - timedelta(days=365)) -> list[Group]:
    spec = world.sla_spec(world.objective(target=target), window=window)
    return [group for group in world.groups(spec, created=created) if group["name"].endswith("/window")]


def recorded(groups: list[Group], errors: str, total: str) -> dict[str, str]:
    """Base series with these values each minute."""
    labels = ",".join(f'{name}="{text}"' for name, text in groups[0]["rules"][0]["labels"].items())
    return {f"sla:errors:rate5m{{{labels}}}": errors, f"sla:total:rate5m{{{labels}}}": total}


def evaluate(promtool: Promtool, folder: Path, groups: list[Group], errors: str, total: str, *expected: object) -> None:
    run(promtool, folder, groups, recorded(groups, errors, total), expected, scrape="1m", evaluation="5m")  # type: ignore[arg-type]


def test_counts_over_the_window_are_sums(promtool: Promtool, tmp_path: Path) -> None:
    """1 error and 10 events a second, then an hour of silence: sums of counts, not averages of ratios."""
    evaluate(
        promtool, tmp_path, window_group("2h"), "1x180 0x60", "10x180 1x60",
        value("sla:errors:window", "3h", 7200),
        value("sla:events:window", "3h", 72000),
        value("sla:errors:window", "4h", 3660),
        value("sla:events:window", "4h", 36600 + 59 * 60, within=1e-9),
        value('sla:coverage:window{window="2h"}', "4h", 1),
    )  # fmt: skip


def test_what_leaves_the_window_is_forgotten(promtool: Promtool, tmp_path: Path) -> None:
    evaluate(
        promtool, tmp_path, window_group("1h"), "1x60 0x120", "10x180",
        value("sla:errors:window", "60m", 3600),
        value("sla:errors:window + 1", "3h", 1),
        value("sla:events:window", "3h", 36000),
    )  # fmt: skip


def test_a_gap_lowers_the_coverage_and_adds_no_good_events(promtool: Promtool, tmp_path: Path) -> None:
    evaluate(
        promtool, tmp_path, window_group("2h"), "0x60 _x30 0x60", "10x60 _x30 10x60",
        value("sla:coverage:window", "2h", 0.75, within=0.06),
        value("sla:events:window", "2h", 90 * 600, within=0.02),
    )  # fmt: skip


def test_a_young_sla_is_covered_since_its_start(promtool: Promtool, tmp_path: Path) -> None:
    """Coverage is of the time since the start, ten minutes of which may go to writing and loading the rules."""
    groups = window_group("30d", created=EPOCH + timedelta(hours=1))
    evaluate(
        promtool, tmp_path, groups, "_x65 0x180", "_x65 10x180",
        something("sla:coverage:window >= 0.95", "80m"),
        something("sla:coverage:window >= 0.99 <= 1.1", "4h"),
    )  # fmt: skip


def test_history_from_before_the_start_shows_as_more_than_all(promtool: Promtool, tmp_path: Path) -> None:
    """A re-created SLA goes on where it was: four hours are recorded, and it is three hours and ten minutes old."""
    groups = window_group("30d", created=EPOCH + timedelta(minutes=50))
    evaluate(promtool, tmp_path, groups, "0x240", "10x240", value("sla:coverage:window", "4h", 240 / 180, within=0.03))


def fired(tier: str) -> str:
    return f'ALERTS{{alertstate="firing",tier="{tier}",alertname=~"SLABudgetLow|SLABreached"}}'


def test_the_budget_alerts_follow_one_another(promtool: Promtool, tmp_path: Path) -> None:
    """At 99 % of 10 events a second over an hour 360 may fail: 80 %, 95 % and 110 % of that, then recovery."""
    budget = [("budget25", 0.08), ("budget10", 0.095), ("breached", 0.11)]
    for tier, rate in budget:
        expected = [something(fired(name), "2h") if name == tier else nothing(fired(name), "2h") for name, _ in budget]
        evaluate(promtool, tmp_path, window_group("1h"), f"{rate}x180", "10x180", *expected)
    evaluate(promtool, tmp_path, window_group("1h"), "0.11x120 0x120", "10x240", nothing(fired(".*"), "4h"))
    evaluate(promtool, tmp_path, window_group("1h"), "0.07x180", "10x180", nothing("ALERTS", "2h"))


def test_no_budget_alert_on_a_gap(promtool: Promtool, tmp_path: Path) -> None:
    """Half of the time was measured, and in it the budget is spent twice over: that proves nothing yet."""
    evaluate(promtool, tmp_path, window_group("2h"), "_x60 0.2x60", "_x60 10x60", nothing("ALERTS", "2h"))
