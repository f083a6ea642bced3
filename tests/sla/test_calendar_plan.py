"""An SLA over a calendar period: what its status says, and which terms are in force."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platform_contracts.kube.objects import Object
from platform_contracts.kube.plan import Plan
from platform_contracts.sla.exclusions.exclusion import Exclusion
from platform_contracts.sla.plan import SLAInputs, plan
from tests.sla import world
from tests.sla.world import condition

BERLIN = {"period": "Month", "timeZone": "Europe/Berlin"}
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
END = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
TERMS = "platformcontracts.io/terms"


def given(target: str = "99.9", *, calendar: Object = BERLIN, now: datetime = NOW, **metadata: Any) -> SLAInputs:
    """An SLA of a calendar period, of which nothing has been measured yet."""
    spec = world.sla_spec(world.objective(target=target), calendar=calendar)
    return world.inputs(world.sla(spec, **metadata), now=now)


def settled(inputs: SLAInputs, **numbers: Any) -> SLAInputs:
    """The same world after its rules and its status were written."""
    inputs = world.written(inputs, plan(inputs).applies[0].obj)
    inputs = replace(inputs, measurements=world.measured(inputs, **numbers))
    return world.with_status(inputs, plan(inputs).status)


def entry(planned: Plan) -> Object:
    """The one objective of a planned status."""
    assert planned.status is not None
    (found,) = planned.status["objectives"]
    return dict(found)


def terms(planned: Plan) -> Object:
    """The targets that the planned rule object keeps, by period."""
    kept = json.loads(planned.applies[0].obj["metadata"]["annotations"][TERMS])
    return {period: began["targets"] for period, began in kept.items()}


# The figures


def test_the_figures_are_those_of_the_running_period() -> None:
    found = entry(plan(settled(given(), events=1_000_000, errors=300)))
    assert found["window"] == "2026-11 (23d)"
    assert (found["periodStartTime"], found["periodEndTime"]) == ("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z")
    assert (found["state"], found["sli"]) == ("Met", "99.9700")
    assert found["errorBudget"] == {
        "total": "1000.000",
        "consumed": "300.000",
        "remaining": "700.000",
        "remainingPercent": "70.0",
        "unit": "Events",
    }


def test_the_column_shows_the_period() -> None:
    planned = plan(settled(given()))
    assert planned.status is not None
    assert planned.status["worst"]["window"] == "2026-11 (23d)"


def test_an_sla_that_is_younger_than_its_period_counts_from_its_start() -> None:
    assert entry(plan(settled(given(created=NOW - timedelta(days=3)))))["window"] == "2026-11 (3d)"


def test_a_breach_to_date_says_what_would_make_up_for_it() -> None:
    """3,000 failures at 99.9 % are the budget of three million events; one million have come."""
    found = entry(plan(settled(given(), events=1_000_000, errors=3_000)))
    assert found["state"] == "Breached"
    assert found["errorBudget"]["remainingPercent"] == "-200.0"
    assert "2026-11 is kept only if at least 2000000 more events come without a failure before" in found["message"]
    assert "2026-11-30T23:00:00Z" in found["message"]


def test_the_budget_lasts_or_it_is_said_when_it_is_spent() -> None:
    lasts = entry(plan(settled(given(), errors=300, burn=1.5)))
    assert "projectedExhaustionTime" not in lasts, "at this pace it lasts beyond the end of the period"
    spent = entry(plan(settled(given(), errors=900, burn=2)))
    assert "2026-11-24T" < spent["projectedExhaustionTime"] < "2026-11-30T23:00:00Z"


def test_the_figures_of_another_period_are_not_read() -> None:
    inputs = settled(given())
    assert inputs.measurements is not None
    december = replace(inputs, now=END + timedelta(minutes=3))
    found = entry(plan(december))
    assert found["window"] == "2026-12"
    assert "sli" not in found, "November's figures are not December's"
    assert "within ten minutes" in found["message"]


@pytest.mark.parametrize("errors", [300, 2000])
def test_a_period_begins_with_the_state_of_the_last_one_and_without_an_event(errors: int) -> None:
    """Else it would be Unknown at each midnight until the first window is recorded, and say so to all consumers."""
    inputs = settled(given(), errors=errors)
    for minutes in (1, 3, 9):
        before = inputs.sla["status"]
        inputs = replace(inputs, now=END + timedelta(minutes=minutes))
        planned = plan(inputs)
        assert planned.status is not None
        assert planned.events == ()
        assert planned.status["state"] == before["state"]
        assert [(one["type"], one["status"]) for one in planned.status["conditions"]] == [
            (one["type"], one["status"]) for one in before["conditions"]
        ]
        assert "until then the state is that at the end of 2026-11" in entry(planned)["message"]
        assert minutes == 1 or planned.status == before, "and nothing is written again"
        restarted = plan(replace(inputs, measurements=None))
        assert (restarted.status or {})["state"] == before["state"]
        inputs = world.with_status(inputs, planned.status)
    late = plan(replace(inputs, now=END + timedelta(minutes=10)))
    assert entry(late)["state"] == "Unknown"
    measured = plan(settled(replace(inputs, now=END + timedelta(minutes=6))))
    assert (entry(measured)["window"], entry(measured)["state"]) == ("2026-12 (6m)", "Met")


SLICES: dict[str, Any] = {"budgeting": "Timeslices", "timeslice": {"seconds": 60, "target": "99"}}


def sliced(bad: float, **numbers: Any) -> SLAInputs:
    """The same SLA, whose budget is one of minutes: 43.2 of November's; `bad` of those to date were."""
    spec = world.sla_spec({**world.objective(), **SLICES}, calendar=BERLIN)
    elapsed = (NOW - datetime(2026, 10, 31, 23, tzinfo=UTC)).total_seconds()
    return settled(world.inputs(world.sla(spec), now=NOW), events=elapsed, errors=60 * bad, **numbers)


def test_a_budget_of_time_is_that_of_the_whole_period_beside_the_sli_to_date() -> None:
    found = entry(plan(sliced(bad=36)))
    assert found["sli"] == "99.8934", "to date it is below the target"
    assert found["errorBudget"] == {
        "total": "43.200",
        "consumed": "36.000",
        "remaining": "7.200",
        "remainingPercent": "16.6",
        "unit": "Minutes",
    }
    assert found["state"] == "AtRisk", "six days without a bad minute would keep it"


def test_a_breach_that_can_no_longer_be_averted_is_said_before_the_end() -> None:
    assert entry(plan(sliced(bad=43)))["state"] == "AtRisk"
    found = entry(plan(sliced(bad=44)))
    assert found["state"] == "Breached"
    assert "the breach can no longer be averted before its end at 2026-11-30T23:00:00Z" in found["message"]


def test_time_that_is_left_out_has_no_budget() -> None:
    """Three days that are announced make of November's 43.2 minutes 38.88, before they come and after."""
    inputs = sliced(bad=36)
    start = datetime(2026, 11, 26, tzinfo=UTC)
    ahead = Exclusion("move", start, start + timedelta(days=3) - timedelta(seconds=90), False)
    (promised,) = (one.excluding([ahead], NOW) for one in world.promises(inputs))
    elapsed = (NOW - datetime(2026, 10, 31, 23, tzinfo=UTC)).total_seconds()
    budget = float(promised.budget) * promised.budgeted(elapsed, NOW) / 60
    assert budget == pytest.approx(38.88, abs=0.01)
    after = ahead.end + promised.tail
    assert promised.budgeted(elapsed + (start - NOW).total_seconds(), after) == promised.budgeted(elapsed, NOW)


def test_a_slice_without_traffic_that_does_not_count_has_no_budget_ahead() -> None:
    spec = world.sla_spec({**world.objective(), **SLICES}, calendar=BERLIN)
    spec["objectives"][0]["timeslice"] = {**SLICES["timeslice"], "noTraffic": "Exclude"}
    found = entry(plan(settled(world.inputs(world.sla(spec), now=NOW), events=60 * 10_000, errors=60 * 11)))
    assert found["errorBudget"]["total"] == "10.000"
    assert "is kept only if at least 1000 more minutes come without a failure" in found["message"]


def test_a_budget_of_time_is_spent_at_the_pace_of_now() -> None:
    """At twice the sustainable pace, half of a month's budget lasts a quarter of a month."""
    assert "projectedExhaustionTime" not in entry(plan(sliced(bad=21.6, burn=2)))
    found = entry(plan(sliced(bad=21.6, burn=4)))
    assert found["projectedExhaustionTime"] == "2026-11-28T04:00:00Z"


# When a period is over


def test_the_plan_is_looked_at_again_when_the_period_is_over() -> None:
    assert plan(given()).requeue_after == END - NOW + timedelta(seconds=1)
    assert plan(world.inputs()).requeue_after is None


def test_rules_change_with_the_period_and_not_before() -> None:
    inputs = given()
    before = plan(inputs).applies
    assert plan(replace(inputs, now=END)).applies == before
    after = plan(replace(inputs, now=END + timedelta(seconds=1))).applies
    assert after != before
    text = json.dumps(after[0].obj["spec"])
    assert "2026-12" in text
    assert "2027-01" in text
    assert "2026-11" not in text


# Terms


def test_a_changed_target_counts_from_the_next_period() -> None:
    inputs = settled(given("99.9"))
    changed = replace(given("99.95", generation=2), live_rules=inputs.live_rules, measurements=inputs.measurements)
    changed = world.with_status(changed, inputs.sla["status"])
    planned = plan(changed)
    found = entry(planned)
    assert found["target"] == "99.9"
    assert found["message"].endswith("From 2026-12 on the target is 99.95%.")
    assert "vector(0.999)" in json.dumps(planned.applies[0].obj)
    assert terms(planned) == {"2026-11": {"availability": "99.9"}, "2026-12": {"availability": "99.95"}}
    changed = world.written(changed, planned.applies[0].obj)
    december = plan(replace(changed, now=END + timedelta(minutes=1)))
    assert entry(december)["target"] == "99.95"
    assert "on the target is" not in entry(december)["message"]
    assert terms(december) == {
        "2026-11": {"availability": "99.9"},
        "2026-12": {"availability": "99.95"},
        "2027-01": {"availability": "99.95"},
    }


def test_terms_outlast_a_wiped_status() -> None:
    inputs = settled(given("99.9"))
    changed = replace(given("99.5", generation=2), live_rules=inputs.live_rules, measurements=inputs.measurements)
    assert entry(plan(changed))["target"] == "99.9"


def test_terms_that_somebody_else_wrote_are_none() -> None:
    inputs = settled(given("99.9"))
    ((kind, live),) = inputs.live_rules
    foreign = {**live, "metadata": {**live["metadata"], "labels": {}}}
    changed = replace(given("99.5"), live_rules=[(kind, foreign)])
    assert entry(plan(changed))["target"] == "99.5"
    broken = {**live, "metadata": {**live["metadata"], "annotations": {TERMS: '{"2026-11": []}'}}}
    assert entry(plan(replace(given("99.5"), live_rules=[(kind, broken)])))["target"] == "99.5"


def test_an_objective_that_is_new_counts_at_once() -> None:
    inputs = settled(given("99.9"))
    spec = world.sla_spec(world.objective(target="99.5"), world.objective("fresh", "95"), calendar=BERLIN)
    planned = plan(replace(world.inputs(world.sla(spec), now=NOW), live_rules=inputs.live_rules))
    assert planned.status is not None
    assert [(one["name"], one["target"]) for one in planned.status["objectives"]] == [
        ("availability", "99.9"),
        ("fresh", "95"),
    ]
    assert terms(planned)["2026-11"] == {"availability": "99.9", "fresh": "95"}


def test_the_rule_object_keeps_the_terms_of_the_last_periods_alone() -> None:
    inputs = given()
    for month in range(1, 8):
        inputs = replace(inputs, now=datetime(2026, month, 10, tzinfo=UTC))
        inputs = world.written(inputs, plan(inputs).applies[0].obj)
    assert list(terms(plan(inputs))) == ["2026-05", "2026-06", "2026-07", "2026-08"]


def test_a_target_that_changed_while_the_operator_was_down_counts_from_the_period_after() -> None:
    """Down from before midnight until after the change: the month began with the terms of before."""
    inputs = settled(given("99.9"))
    down = replace(given("99.5", now=END + timedelta(minutes=70), generation=2), live_rules=inputs.live_rules)
    assert entry(plan(down))["target"] == "99.9"
    assert terms(plan(down)) == {
        "2026-11": {"availability": "99.9"},
        "2026-12": {"availability": "99.9"},
        "2027-01": {"availability": "99.5"},
    }


def test_terms_of_another_kind_of_period_do_not_displace_those_of_the_running_one() -> None:
    """Weeks were begun and given up again: "2026-W47" sorts after "2026-11", and is none of its kind."""
    month = given("99.9")
    (kind, live), *_ = world.written(month, plan(month).applies[0].obj).live_rules
    old = json.loads(live["metadata"]["annotations"][TERMS])["2026-11"]
    mixed = {"2026-10": old, "2026-11": old, "2026-W46": old, "2026-W47": old}
    live = {**live, "metadata": {**live["metadata"], "annotations": {TERMS: json.dumps(mixed)}}}
    december = replace(given("99.5", now=END + timedelta(days=1)), live_rules=[(kind, live)])
    assert list(terms(plan(december))) == ["2026-10", "2026-11", "2026-12", "2027-01"]


def test_a_rolling_window_has_no_terms_and_changes_at_once() -> None:
    planned = plan(world.inputs())
    assert "annotations" not in planned.applies[0].obj["metadata"]
    inputs = world.written(world.inputs(), planned.applies[0].obj)
    changed = replace(
        world.inputs(world.sla(world.sla_spec(world.objective(target="99")))), live_rules=inputs.live_rules
    )
    assert entry(plan(changed))["target"] == "99"


# Mistakes


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "Europe"])
def test_an_unknown_time_zone_is_said_and_leaves_the_live_rules(zone: str) -> None:
    inputs = settled(given())
    wrong = given(calendar={"period": "Month", "timeZone": zone}, generation=2)
    planned = plan(replace(wrong, live_rules=inputs.live_rules))
    assert (planned.applies, planned.deletes) == ([], [])
    found = condition(planned.status, "Stalled")
    assert (found["status"], found["reason"]) == ("True", "UnknownTimeZone")
    assert f"spec.window.calendar.timeZone: {zone} is no time zone" in found["message"]
    assert "Europe/Berlin" in found["message"]


def test_a_plan_made_again_is_the_status_to_the_last_bit() -> None:
    inputs = settled(given())
    assert plan(inputs).status == inputs.sla["status"]
    older = replace(inputs, now=NOW + timedelta(minutes=20))
    assert plan(older).status == inputs.sla["status"], "what only got older is not written"
