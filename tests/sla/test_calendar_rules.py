"""The rules of a calendar window, in Prometheus' own rule engine: each period counts for itself, whoever is down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.promtool import Promtool
from platform_contracts.rules.objects import Group, rule_file
from platform_contracts.sla.exclusions.exclusion import Exclusion
from tests.sla import world
from tests.sla.rule_file_tests import nothing, run, something, steps, value

OK = 'http_requests_total{job="payments",code="200"}'
BAD = 'http_requests_total{job="payments",code="500"}'
# promtool's time begins with the epoch: December 1969 of New York ends five hours later.
NEW_YORK = {"period": "Month", "timeZone": "America/New_York"}
BEFORE = datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
LONG_AGO = datetime(1960, 1, 1, tzinfo=UTC)
DECEMBER, JANUARY = '{sla_period="1969-12"}', '{sla_period="1970-01"}'


def groups(name: str, calendar: dict[str, str] = NEW_YORK, now: datetime = BEFORE) -> list[Group]:
    """One group of an objective's rules, as rendered `now` and never again."""
    made = world.groups(world.sla_spec(calendar=calendar), now=now, created=LONG_AGO)
    return [group for group in made if group["name"].endswith(f"/{name}")]


SLICED = {**world.objective(), "budgeting": "Timeslices", "timeslice": {"seconds": 60, "target": "99"}}


@pytest.mark.parametrize("kind", ["Week", "Month", "Quarter", "Year"])
def test_the_rules_of_every_period_pass_all_lints(promtool: Promtool, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "rules.yaml"
    calendar = {"period": kind, "timeZone": "Europe/Berlin"}
    spec = world.sla_spec(world.objective(), {**SLICED, "name": "sliced"}, calendar=calendar)
    file.write_text(rule_file(world.groups(spec)))
    promtool.check_rules(file)


def test_a_calendar_has_at_most_four_series_more() -> None:
    def recorded(**window: object) -> int:
        made = world.groups(world.sla_spec(**window))  # type: ignore[arg-type]
        return sum("record" in rule for group in made for rule in group["rules"])

    assert recorded(calendar=NEW_YORK) <= recorded() + 4 <= 19


def test_a_period_follows_the_other_though_nobody_renders_rules(promtool: Promtool, tmp_path: Path) -> None:
    """Failures of before the end are December's, those of after it January's, and none is lost or counted twice."""
    series = {
        OK: steps((10, 600 * 4)),
        BAD: steps((0, 120 * 4), (100, 1), (0, 300 * 4), (60, 1), (0, 178 * 4), start=1000),
    }

    def counted(period: str) -> str:
        return f"sum_over_time(sla:period:errors:rate5m{period}[10h]) * 60"

    expected = [
        value(counted(DECEMBER), "299m", 100),
        value(counted(DECEMBER), "590m", 100),
        value(counted(JANUARY), "590m", 60),
        # Left-open: the last moment of a period is its own.
        something(f"sla:period:total:rate5m{DECEMBER}", "300m"),
        nothing(f"sla:period:total:rate5m{JANUARY}", "300m"),
        nothing(f"sla:period:total:rate5m{DECEMBER}", "301m"),
        something(f"sla:period:total:rate5m{JANUARY}", "301m"),
        value("sum(count_over_time(sla:period:total:rate5m[10h]))", "590m", 590),
    ]
    run(promtool, tmp_path, groups("base"), series, expected)


def test_to_date_begins_anew_with_each_period(promtool: Promtool, tmp_path: Path) -> None:
    labels = groups("base")[0]["rules"][0]["labels"]
    identity = ",".join(f'{name}="{label}"' for name, label in labels.items())

    def recorded(name: str, period: str) -> str:
        return f'sla:period:{name}:rate5m{{{identity},sla_period="{period}"}}'

    series = {
        recorded("errors", "1969-12"): "1x300 stale",
        recorded("total", "1969-12"): "100x300 stale",
        recorded("errors", "1970-01"): "_x301 2x299",
        recorded("total", "1970-01"): "_x301 100x299",
    }
    expected = [
        value(f"sla:errors:window{DECEMBER}", "300m", 60 * 300),
        value(f"sla:events:window{DECEMBER}", "300m", 60 * 300 * 100),
        nothing(f"sla:errors:window{DECEMBER}", "305m"),
        nothing(f"sla:errors:window{JANUARY}", "300m"),
        value(f"sla:errors:window{JANUARY}", "590m", 60 * 2 * 289),
        value(f"sla:coverage:window{JANUARY}", "590m", 58 * 300 / (280 * 60), within=0.01),
        something("sla:errors:window", "590m"),
    ]
    run(promtool, tmp_path, groups("window"), series, expected, scrape="1m", evaluation="5m")


def test_what_was_before_the_sla_is_no_gap_in_its_first_period(promtool: Promtool, tmp_path: Path) -> None:
    """An SLA that was made in the middle of a month is measured from then on."""
    labels = groups("base")[0]["rules"][0]["labels"]
    identity = ",".join(f'{name}="{label}"' for name, label in labels.items())
    made = world.groups(world.sla_spec(calendar=NEW_YORK), now=BEFORE, created=datetime(1970, 1, 1, 2, 0, tzinfo=UTC))
    window = [group for group in made if group["name"].endswith("/window")]
    series = {f'sla:period:total:rate5m{{{identity},sla_period="1969-12"}}': "_x120 100x180"}
    coverage = [value(f"sla:coverage:window{DECEMBER}", "240m", 1.05, within=0.05)]
    run(promtool, tmp_path, window, series, coverage, scrape="1m", evaluation="5m")


def test_a_budget_of_time_is_breached_once_the_whole_period_cannot_be_kept(promtool: Promtool, tmp_path: Path) -> None:
    """31 days at 99.9 % allow 44.64 bad minutes, however few have passed: the 45th is the breach."""
    made = world.groups(world.sla_spec(SLICED, calendar=NEW_YORK), now=BEFORE, created=LONG_AGO)
    window = [group for group in made if group["name"].endswith("/window")]
    labels = made[0]["rules"][0]["labels"]
    identity = ",".join(f'{name}="{label}"' for name, label in labels.items())
    series = {
        f'sla:period:errors:rate5m{{{identity},sla_period="1970-01"}}': "_x301 0x59 1x99",
        f'sla:period:total:rate5m{{{identity},sla_period="1970-01"}}': "_x301 1x159",
    }
    firing = 'count(ALERTS{alertname="SLABreached",alertstate="firing",sla_period="1970-01"})'
    expected = [
        value(f"sla:errors:window{JANUARY}", "405m", 60 * 44),
        nothing(firing, "405m"),
        value(f"sla:errors:window{JANUARY}", "410m", 60 * 49),
        something(firing, "410m"),
    ]
    run(promtool, tmp_path, window, series, expected, scrape="1m", evaluation="5m")


def test_time_that_is_left_out_has_no_budget_in_the_alerts_either(promtool: Promtool, tmp_path: Path) -> None:
    """Ten days of January that are announced leave 30.24 bad minutes of the 44.64, and there are 35."""
    start = datetime(1970, 1, 10, tzinfo=UTC)
    ahead = Exclusion("move", start, start + timedelta(days=10) - timedelta(seconds=90), False)

    def made(*exclusions: Exclusion) -> list[Group]:
        spec = world.sla_spec(SLICED, calendar=NEW_YORK)
        return world.groups(spec, now=BEFORE, created=LONG_AGO, exclusions=exclusions)

    def window(*exclusions: Exclusion) -> list[Group]:
        return [group for group in made(*exclusions) if group["name"].endswith("/window")]

    identity = ",".join(f'{name}="{label}"' for name, label in made()[0]["rules"][0]["labels"].items())
    series = {
        f'sla:period:errors:rate5m{{{identity},sla_period="1970-01"}}': "_x301 0x59 1x34 0x65",
        f'sla:period:total:rate5m{{{identity},sla_period="1970-01"}}': "_x301 1x159",
    }
    firing = 'count(ALERTS{alertname="SLABreached",alertstate="firing",sla_period="1970-01"})'
    bad = value(f"sla:errors:window{JANUARY}", "450m", 60 * 35)
    run(promtool, tmp_path, window(), series, [bad, nothing(firing, "450m")], scrape="1m", evaluation="5m")
    run(promtool, tmp_path, window(ahead), series, [bad, something(firing, "450m")], scrape="1m", evaluation="5m")
