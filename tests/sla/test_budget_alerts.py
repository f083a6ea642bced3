"""The alerts beside the burn rates, minute by minute: what is left of the budget, what is coming, and silence.

Prometheus' own rule engine judges, with the counts of each minute given.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.promtool import Promtool
from platform_contracts.api.common import seconds
from platform_contracts.rules.objects import Group
from platform_contracts.sla import burnrate
from tests.sla import world
from tests.sla.rule_file_tests import nothing, run, something

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TARGETS = ("90", "95", "99", "99.9", "99.99")
EVENTS = 10.0
# Every five minutes the window is looked at, and it sees what was counted up to a minute earlier.
BEHIND = 11

# From minute 122 to minute 305 twice as many events fail as the target allows. Traffic is as old as this clock, so of
# the budget of t minutes 2 (t - 122) are spent, and from minute 305 on 366: 75 % at 195.2 and again at 488, and so on.
TABLE = [
    ("75 % are spent", "SLABudgetLow", "budget25", [(195, 221), (406, 488)]),
    ("90 % are spent", "SLABudgetLow", "budget10", [(221, 244), (366, 406)]),
    ("100 % are spent", "SLABreached", "breached", [(244, 366)]),
    ("20 % are left at a burn of 2, for a quarter of an hour", "SLABreachProjected", "projected", [(218, 244)]),
]


def window_groups(window: str, targets: Sequence[str] = TARGETS, **fields: object) -> list[Group]:
    """The groups that look at the window, of an objective for each target, with further fields of its own."""
    objectives = [world.objective(f"o{number}", target, **fields) for number, target in enumerate(targets)]
    made = world.groups(world.sla_spec(*objectives, window=window), created=EPOCH)
    return [group for group in made if group["name"].endswith("/window")]


def series(groups: list[Group], *, errors: dict[str, str], total: str, burn: str = "") -> dict[str, str]:
    """What the base group has recorded of each objective, minute by minute; `errors` by target."""
    found = {}
    for target, group in zip(errors, groups, strict=True):
        labels = ",".join(f'{name}="{text}"' for name, text in group["rules"][0]["labels"].items())
        found[f"sla:errors:rate5m{{{labels}}}"] = errors[target]
        found[f"sla:total:rate5m{{{labels}}}"] = total
        for outlook in ("3h", "6h") if burn else ():
            found[f'sla:burn_rate{{{labels},window="{outlook}"}}'] = burn
    return found


@pytest.mark.parametrize("window", ["12h", "7d", "28d", "30d", "90d"])
def test_the_budget_s_alerts_fire_and_stop_in_their_minutes(promtool: Promtool, tmp_path: Path, window: str) -> None:
    """The SLA has been there for a twentieth of its window when the traffic begins."""
    # At an evaluation of the window.
    groups, begins = window_groups(window), -(-seconds(window) // 20 // 300) * 5
    quiet = f"0x{begins - 1}"
    errors = {target: f"{quiet} 0x121 {2 * EVENTS * float(burnrate.budget(target))!r}x182 0x300" for target in TARGETS}
    given = series(groups, errors=errors, total=f"{quiet} {EVENTS}x600", burn=f"{quiet} 0x121 2x182 0x300")
    expectations = []
    for _, name, tier, times in TABLE:
        alert = f'ALERTS{{alertname="{name}",tier="{tier}",alertstate="firing"}}'
        for fires, stops in ((begins + first, begins + last) for first, last in times):
            expectations += [
                nothing(alert, f"{fires}m"),
                something(alert, f"{fires + BEHIND}m", len(TARGETS)),
                something(alert, f"{stops}m", len(TARGETS)),
                nothing(alert, f"{stops + BEHIND}m"),
            ]
    expectations.append(nothing("ALERTS", f"{begins + 520}m"))
    run(promtool, tmp_path, groups, given, expectations, scrape="1m", evaluation="5m")


# The alerts, each with a share of the budget that is spent and a burn rate at which it fires.
SPENDING = [("budget25", 0.8, 0), ("budget10", 0.95, 0), ("breached", 1.1, 0), ("projected", 0.7, 9)]
each_alert = pytest.mark.parametrize(("tier", "spent", "burn"), SPENDING)


def firing(tier: str) -> str:
    return f'ALERTS{{tier="{tier}",alertstate="firing"}}'


def spending(groups: list[Group], spent: float, burn: int, before: str = "") -> dict[str, str]:
    """Two days in which that share of the budget of an objective at 99.9 % is spent all the time."""
    errors = {"99.9": f"{before} {spent * 0.001 * EVENTS!r}x2880"}
    return series(groups, errors=errors, total=f"{before} {EVENTS}x2880", burn=f"{before} {burn}x2880")


@each_alert
def test_a_budget_waits_for_its_events(promtool: Promtool, tmp_path: Path, tier: str, spent: float, burn: int) -> None:
    """At ten events a second 120 minutes have seen some 70 thousand, and 180 some 106 thousand."""
    groups = window_groups("12h", ["99.9"], minEvents=90_000)
    expected = [nothing(firing(tier), "120m"), something(firing(tier), "180m")]
    run(promtool, tmp_path, groups, spending(groups, spent, burn), expected, scrape="1m", evaluation="5m")


@each_alert
def test_a_budget_waits_for_a_twentieth_of_its_window(
    promtool: Promtool, tmp_path: Path, tier: str, spent: float, burn: int
) -> None:
    """A failure in the first minutes may be more than the budget to date, which the traffic to come makes up for."""
    groups = window_groups("30d", ["99.9"])
    expected = [nothing(firing(tier), f"{36 * 60}m"), something(firing(tier), f"{36 * 60 + 15 + BEHIND}m")]
    run(promtool, tmp_path, groups, spending(groups, spent, burn), expected, scrape="1m", evaluation="5m")


@each_alert
@pytest.mark.parametrize("held", [False, True])
def test_a_budget_waits_for_what_is_missing_unless_that_is_held(
    promtool: Promtool, tmp_path: Path, tier: str, spent: float, burn: int, held: bool
) -> None:
    groups = window_groups("12h", ["99.9"], **({"missingData": "Hold"} if held else {}))
    expected = [(something if held else nothing)(firing(tier), "240m")]
    given = spending(groups, spent, burn, before="_x119")
    run(promtool, tmp_path, groups, given, expected, scrape="1m", evaluation="5m")


def test_a_breach_is_not_projected_while_the_budget_holds(promtool: Promtool, tmp_path: Path) -> None:
    """The same failures at a burn that will not last: with 21 % left, 2 is not enough."""
    groups = window_groups("30d")
    errors = {target: f"{0.79 * EVENTS * float(burnrate.budget(target))!r}x600" for target in TARGETS}
    given = series(groups, errors=errors, total=f"{EVENTS}x600", burn="2x600")
    projected = 'ALERTS{alertname="SLABreachProjected"}'
    run(promtool, tmp_path, groups, given, [nothing(projected, "580m")], scrape="1m", evaluation="5m")


def test_a_breach_is_projected_to_the_end_of_a_calendar_period(promtool: Promtool, tmp_path: Path) -> None:
    """Of the four days of a week 40 % of the budget to date are spent, and then it burns at 2: that is too much up to
    the time e at which 0.4 e + 2 (1 - e) = 1, after 0.625 of them or 3600 minutes; the first twentieth says nothing.
    """
    spec = world.sla_spec(world.objective(target="99.9"))
    spec["window"] = {"calendar": {"period": "Week", "timeZone": "Etc/UTC"}}
    made = world.groups(spec, created=EPOCH, now=EPOCH + timedelta(hours=1))
    groups = [group for group in made if group["name"].endswith("/window")]
    labels = ",".join(f'{name}="{text}"' for name, text in groups[0]["rules"][0]["labels"].items())
    period = f'{{{labels},sla_period="1970-W01"}}'
    given = {
        f"sla:period:errors:rate5m{period}": f"{0.4 * 0.001 * EVENTS!r}x4000",
        f"sla:period:total:rate5m{period}": f"{EVENTS}x4000",
        f'sla:burn_rate{{{labels},window="6h"}}': "2x4000",
    }
    projected = 'ALERTS{alertname="SLABreachProjected",alertstate="firing"}'
    expectations = [
        nothing(projected, f"{288 + 15}m"),
        something(projected, f"{288 + 15 + BEHIND}m"),
        something(projected, "3599m"),
        nothing(projected, f"{3600 + BEHIND}m"),
    ]
    run(promtool, tmp_path, groups, given, expectations, scrape="1m", evaluation="5m")


def test_a_calendar_period_s_breach_waits_for_a_twentieth_of_it(promtool: Promtool, tmp_path: Path) -> None:
    spec = world.sla_spec(world.objective(target="99.9"))
    spec["window"] = {"calendar": {"period": "Week", "timeZone": "Etc/UTC"}}
    made = world.groups(spec, created=EPOCH, now=EPOCH + timedelta(hours=1))
    groups = [group for group in made if group["name"].endswith("/window")]
    labels = ",".join(f'{name}="{text}"' for name, text in groups[0]["rules"][0]["labels"].items())
    period = f'{{{labels},sla_period="1970-W01"}}'
    given = {
        f"sla:period:errors:rate5m{period}": f"{1.1 * 0.001 * EVENTS!r}x400",
        f"sla:period:total:rate5m{period}": f"{EVENTS}x400",
    }
    expected = [nothing(firing("breached"), "285m"), something(firing("breached"), f"{288 + BEHIND}m")]
    run(promtool, tmp_path, groups, given, expected, scrape="1m", evaluation="5m")


WEEK, DAY, HOUR = 7 * 1440, 1440, 60


@pytest.mark.parametrize(
    ("what", "quiet", "fires"),
    [
        ("an hour that always has traffic", [], True),
        ("an hour that had none yesterday", [WEEK + 7 * HOUR - DAY], False),
        ("an hour that had none a week ago", [7 * HOUR], False),
    ],
)
def test_silence_is_told_where_there_always_was_traffic(
    promtool: Promtool, tmp_path: Path, what: str, quiet: list[int], fires: bool
) -> None:
    """From minute to minute over eight days; nothing comes from the eighth day's hour 7 on, for two hours."""
    now = WEEK + 7 * HOUR
    values, at = [], 0
    for start in sorted([*quiet, now]):
        values += [f"10x{start - at - 1}", "0x129"]
        at = start + 130
    values.append("10x120")
    groups = window_groups("30d", ["99.9"])
    given = series(groups, errors={"99.9": f"0x{now + 250}"}, total=" ".join(values))
    silent = 'ALERTS{alertname="SLANoTraffic",alertstate="firing"}'
    expectations = [nothing(silent, f"{now + HOUR - 5}m"), nothing(silent, f"{now + 150}m")]
    told = something(silent, f"{now + HOUR + 5}m") if fires else nothing(silent, f"{now + HOUR + 5}m")
    run(promtool, tmp_path, groups, given, [*expectations, told], scrape="1m", evaluation="5m")


def test_a_young_sla_does_not_know_what_is_usual(promtool: Promtool, tmp_path: Path) -> None:
    groups = window_groups("30d", ["99.9"])
    given = series(groups, errors={"99.9": "0x3000"}, total="10x2000 0x900")
    run(promtool, tmp_path, groups, given, [nothing("ALERTS", "2500m")], scrape="1m", evaluation="5m")
