"""An SLA's own burn-rate tiers: what they become, what is impossible, and when they fire."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.promtool import Promtool
from platform_contracts.config import DataSource
from platform_contracts.sla import burnrate, windows
from platform_contracts.sla.budget import State
from platform_contracts.sla.plan import plan
from tests.sla import world
from tests.sla.rule_file_tests import nothing, run, something, steps

FAST = {"name": "fast", "severity": "Page", "burnRate": "10", "longWindow": "30m", "shortWindow": "3m"}
SLOW = {"name": "slow", "severity": "Ticket", "budgetPercent": "10", "longWindow": "3d", "shortWindow": "6h"}


def spec(*tiers: dict[str, Any], **alerting: Any) -> dict[str, Any]:
    return world.sla_spec(alerting={"tiers": list(tiers), **alerting})


def told(made: dict[str, Any], **overrides: Any) -> list[str]:
    """The tiers of the first objective: severity, factor, long and short window, name."""
    promised = world.promises(world.inputs(world.sla(made), **overrides))[0]
    return [
        f"{tier.severity} {burnrate.decimal(tier.factor)} {tier.window} {windows.promql(tier.short)} {tier.name}"
        for tier in promised.tiers
    ]


STANDARD = ["page 14.4 1h 5m 1h", "page 6 6h 30m 6h", "ticket 3 1d 2h 1d", "ticket 1 3d 6h 3d"]


def test_without_any_the_standard_ones_stay_as_they_are() -> None:
    assert told(spec()) == STANDARD
    assert told(spec(burnRate="None")) == STANDARD, "what burns is a risk also where nobody wants to be alerted"


def test_one_with_a_name_of_its_own_comes_beside_them() -> None:
    assert told(spec(FAST)) == ["page 10 30m 3m fast", *STANDARD]


def test_one_with_a_standard_name_takes_its_place() -> None:
    assert told(spec({**FAST, "name": "1h"})) == ["page 10 30m 3m 1h", *STANDARD[1:]]


def test_without_the_standard_ones_there_are_only_ones_own() -> None:
    assert told(spec(SLOW, FAST, burnRate="None")) == ["page 10 30m 3m fast", "ticket 1 3d 6h slow"]


def test_a_share_of_the_budget_becomes_a_burn_rate() -> None:
    """p = f L / W: 2 % of 30 days in one hour are 14.4 times the sustainable rate."""
    share = {"name": "share", "severity": "Page", "budgetPercent": "2", "longWindow": "1h", "shortWindow": "5m"}
    assert "page 14.4 1h 5m share" in told(spec(share))


@pytest.mark.parametrize(
    ("tier", "fields", "said"),
    [
        (
            {**FAST, "shortWindow": "2m"},
            {"source": DataSource(url="http://prometheus.example", scrape_interval_seconds=60)},
            "spec.alerting.tiers[fast]: shortWindow 2m holds fewer than 4 scrapes of the data source (one each 60 s); "
            "choose at least shortWindow: 4m.",
        ),
        (
            {**FAST, "burnRate": "1000"},
            {},
            "spec.alerting.tiers[fast] can never fire for availability: it waits for a burn rate of 1000, and when "
            'every event fails a target of 99.9% burns at 1000; choose for example burnRate: "900".',
        ),
        (
            {**SLOW, "budgetPercent": "9"},
            {},
            "spec.alerting.tiers[slow]: budgetPercent 9 in 3d is a burn rate of 0.9, which may go on for ever; ask for "
            'at least burnRate: "1".',
        ),
    ],
    ids=["too few scrapes", "never fires", "sustainable"],
)
def test_an_impossible_one_is_left_out_and_said(tier: dict[str, Any], fields: dict[str, Any], said: str) -> None:
    """The schema refuses what it can see; an object may be older than the schema, and only we know the data source."""
    parsed = world.inputs().spec
    assert parsed is not None
    alerting = type(parsed.alerting).model_validate({"tiers": [tier]})
    given = world.inputs(spec=parsed.model_copy(update={"alerting": alerting}), **fields)
    assert tier["name"] not in [one.name for one in world.promises(given)[0].tiers]
    made = plan(given)
    stalled = world.condition(made.status, "Stalled")
    assert (stalled["status"], stalled["reason"], stalled["message"]) == ("True", "ImpossibleTier", said)
    assert made.applies, "the other alerts are written"


def test_one_that_sees_too_few_slices_is_said_to_as_well() -> None:
    sliced = world.objective("slices", **world.timeslices(seconds=300))
    given = world.inputs(world.sla(world.sla_spec(world.objective(), sliced, alerting={"tiers": [FAST]})))
    events, slices = world.promises(given)
    assert ("fast" in [one.name for one in events.tiers], "fast" in [one.name for one in slices.tiers]) == (True, False)
    assert world.condition(plan(given).status, "Stalled")["message"] == (
        "spec.alerting.tiers[fast]: shortWindow 3m holds fewer than 4 slices of slices (one each 300 s); choose at "
        "least shortWindow: 20m."
    )


def test_the_status_follows_a_tier_of_ones_own() -> None:
    """What pages is a risk, and the burn rates that are shown are those of the long windows."""
    given = world.inputs(world.sla(spec(FAST, burnRate="None")))
    given = world.written(given, plan(given).applies[0].obj)
    burning = world.measured(given, burn={"30m": 11, "3m": 11})
    status = plan(world.inputs(given.sla, live_rules=given.live_rules, measurements=burning)).status
    assert status is not None
    (entry,) = status["objectives"]
    assert entry["state"] == State.AT_RISK
    assert "burns too fast over 30m" in entry["message"]
    assert entry["burnRates"] == [{"window": "30m", "rate": "11.00"}]


def test_all_windows_that_are_read_back_are_recorded() -> None:
    """Four standard tiers and four pages of one's own: every long window, and every short one of a page."""
    own = [
        {**FAST, "name": f"own{number}", "longWindow": f"{20 + number}m", "shortWindow": f"{3 + number}m"}
        for number in range(4)
    ]
    recorded = {
        rule["labels"]["window"]
        for group in world.groups(spec(*own))
        for rule in group["rules"]
        if rule.get("record") == "sla:burn_rate"
    }
    assert recorded >= {"20m", "21m", "22m", "23m", "1h", "6h", "1d", "3d", "3m", "4m", "5m", "6m", "30m"}


def test_a_tier_fires_and_stops_as_its_own_numbers_say(promtool: Promtool, tmp_path: Path) -> None:
    """5 % of errors burn 99.9 % at 50. A mean of 10 over 30 minutes is crossed after 6 minutes, and one over 3 minutes
    is left 2.4 minutes after the end; the rules take up to three minutes more."""
    series = {
        'http_requests_total{job="payments",code="200"}': steps((100.0, 480), (95.0, 80), (100.0, 480)),
        'http_requests_total{job="payments",code="503"}': steps((0, 480), (5.0, 80), (0, 480)),
    }
    firing = 'ALERTS{alertname="SLABurnRate",tier="fast",alertstate="firing",severity="page"}'
    expectations = [
        nothing(f"count_over_time({firing}[3h])", "125m"),
        something(firing, "129m"),
        something(firing, "142m"),
        # Three minutes for the rules, and five in which a page is kept.
        nothing(firing, "152m"),
    ]
    run(promtool, tmp_path, world.groups(spec(FAST, burnRate="None")), series, expectations)
