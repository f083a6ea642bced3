"""What the rules make of a time of maintenance, in Prometheus' own rule engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from harness.promtool import Promtool
from platform_contracts.rules.objects import Group
from platform_contracts.sla import excluded
from platform_contracts.sla.exclusions.exclusion import Exclusion
from tests.sla import world
from tests.sla.rule_file_tests import Expectation, nothing, run, something, steps, value

OK = 'http_requests_total{job="payments",code="200"}'
BAD = 'http_requests_total{job="payments",code="500"}'
# Promtool's time begins here.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def exclusion(start: int, end: int, retroactive: bool = False) -> Exclusion:
    """From a minute to a minute of promtool's time."""
    return Exclusion("upgrade", EPOCH + timedelta(minutes=start), EPOCH + timedelta(minutes=end), retroactive)


def base(*exclusions: Exclusion, now: int = 0) -> list[Group]:
    found = world.groups(exclusions=exclusions, now=EPOCH + timedelta(minutes=now), created=EPOCH)
    return [group for group in found if group["name"].endswith("/base")]


# From the hour on everything fails for an hour.
OUTAGE = {OK: steps((10, 240), (0, 240), (10, 480)), BAD: steps((0, 240), (10, 240), (0, 480), start=1000)}
PAGE = 'ALERTS{alertname="SLABurnRate",alertstate="firing"}'
ABSENT = 'ALERTS{alertname="SLASourceAbsent",alertstate="firing"}'


def test_an_outage_within_maintenance_pages_nobody(promtool: Promtool, tmp_path: Path) -> None:
    run(promtool, tmp_path, base(), OUTAGE, [something(f"count_over_time({PAGE}[4h]) > 0", "239m", 2)])
    silent: list[Expectation] = [
        nothing(f"count_over_time({PAGE}[4h])", "239m"),
        # 60 min and 315 s: the samples of the 61st to the 125th minute.
        value("count_over_time(sla:total:rate5m[4h])", "239m", 239 - 65),
        value("sum_over_time(sla:errors:rate5m[4h]) + 1", "239m", 1),
    ]
    run(promtool, tmp_path, base(exclusion(60, 120)), OUTAGE, silent)


def test_a_source_that_is_away_for_maintenance_is_not_missed(promtool: Promtool, tmp_path: Path) -> None:
    away = {OK: steps((10, 240)) + " " + " ".join(["_x240"]) + " " + steps((10, 480), start=3000)}
    run(promtool, tmp_path, base(), away, [something(f"count_over_time({ABSENT}[4h])", "239m")])
    run(promtool, tmp_path, base(exclusion(60, 120)), away, [nothing(f"count_over_time({ABSENT}[4h])", "239m")])


def test_what_fails_beside_the_maintenance_still_counts(promtool: Promtool, tmp_path: Path) -> None:
    """Failures of the first half hour are not excluded by the second."""
    expected = [
        # The last five minutes before it are counted in part.
        value("sum_over_time(sla:errors:rate5m[4h]) * 60", "239m", 40 * 27.5, within=0.02),
        something(f"count_over_time({PAGE}[4h]) > 0", "239m", 2),
    ]
    run(promtool, tmp_path, base(exclusion(90, 120)), OUTAGE, expected)


def test_a_rule_without_exclusions_is_as_it_was() -> None:
    assert world.groups() == world.groups(exclusions=[])


def test_a_time_that_is_over_leaves_the_rules_after_an_hour() -> None:
    def rules(now: int) -> str:
        return str(base(exclusion(60, 120), now=now))

    assert "unless on() ((vector(time()) > 3600 <= 7515))" in rules(0)
    assert "7515" in rules(120 + 65)
    assert "7515" not in rules(120 + 66)


def test_the_number_of_times_in_the_rules_is_bounded() -> None:
    """Many past ones are one number in the coverage, and none in the counts."""
    many = [exclusion(60 * hour, 60 * hour + 10) for hour in range(1, 200)]
    groups = world.groups(exclusions=many, now=EPOCH + timedelta(hours=220), created=EPOCH)
    rules = {rule["record"]: rule["expr"] for group in groups for rule in group["rules"] if "record" in rule}
    assert "unless on()" not in rules["sla:total:rate5m"]
    assert rules["sla:coverage:window"].count("vector(time())") <= 16 + 1
    assert f"+ {(199 - 16) * 915})" in rules["sla:coverage:window"]


@pytest.mark.parametrize(("at", "passed"), [("50m", 0), ("90m", 1800), ("200m", 3600), ("230m", 1800), ("270m", 0)])
def test_the_time_that_has_passed_and_is_in_the_window_leaves_the_coverage(
    promtool: Promtool, tmp_path: Path, at: str, passed: int
) -> None:
    """An hour from the first one on, in a window of 140 minutes."""
    elapsed = excluded.elapsed([exclusion(60, 120).interval], 140 * 60)
    run(promtool, tmp_path, [], {"up": "1x300"}, [value(f"({elapsed}) + 1", at, passed + 1)], scrape="1m")


@pytest.mark.parametrize(
    ("at", "subtracted"), [("180m", 120), ("182m", 115), ("230m", 70), ("254m", 45), ("299m", 45), ("301m", 0)]
)
def test_what_is_subtracted_leaves_the_window_by_itself(
    promtool: Promtool, tmp_path: Path, at: str, subtracted: int
) -> None:
    """From the first hour to the third, one a minute, in a window of two hours; rendered as it begins to leave.

    Without an operator a quarter of an hour more than the next hour leaves in parts, the rest when all of it has.
    """
    found = excluded.excluded(
        [exclusion(60, 180, retroactive=True)],
        tail=timedelta(0),
        since=EPOCH,
        oldest=EPOCH + timedelta(minutes=60, seconds=1),
        rolling=timedelta(hours=2),
        now=EPOCH + timedelta(minutes=180, seconds=1),
    )
    left = excluded.subtract(found.subtracted, "sum(up) * 1000", "sum_over_time", "up", 1)
    run(promtool, tmp_path, [], {"up": "1x400"}, [value(left, at, 1000 - subtracted)], scrape="1m")


def test_the_rules_change_once_an_hour_while_a_time_leaves_a_rolling_window() -> None:
    def rules(minutes: int) -> str:
        """In a window of a day, from its first time on that is excluded."""
        found = world.groups(
            world.sla_spec(window="1d"),
            exclusions=[exclusion(60, 240, retroactive=True)],
            now=EPOCH + timedelta(days=1, minutes=minutes),
            created=EPOCH,
        )
        return str(found)

    texts = [rules(minutes) for minutes in range(61, 302)]
    assert sum(text != after for text, after in pairwise(texts)) == 5, "four hours, and when it has left the coverage"
    assert " @ " in texts[0]
    assert " @ " not in texts[-1]


def test_each_consumers_own_figures_go_by_the_same_times() -> None:
    """Left out of what is counted consumer by consumer, and subtracted from its sums."""
    spec = world.sla_spec(world.objective(consumerLabel="namespace"))
    times = [exclusion(60, 120), exclusion(200, 260, retroactive=True)]
    groups = world.groups(spec, exclusions=times, now=EPOCH + timedelta(minutes=300), created=EPOCH)
    early = world.groups(spec, exclusions=times[:1], now=EPOCH, created=EPOCH)
    counted = [rule["expr"] for group in early for rule in group["rules"] if rule.get("record", "").endswith(":sum5m")]
    by_consumer = [text for text in counted if "sum by (consumer)" in text]
    assert len(by_consumer) == 2
    assert all("unless on() ((vector(time()) > 3600 <= 7515))" in text for text in by_consumer)
    summed = [rule["expr"] for group in groups for rule in group["rules"] if "consumer" in rule.get("record", "")]
    assert sum("[3915s] @ 15915" in text for text in summed) == 2
