"""When a status is written: hysteresis, hours of simulated evaluations, and data that are away."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from platform_contracts.kube.objects import Object
from platform_contracts.sla import view
from platform_contracts.sla.plan import SLAInputs, plan
from platform_contracts.sla.readback import Measurements, Unavailable
from tests.sla import world
from tests.sla.world import NOW, condition


def settled(*objectives: Object, **counts: Any) -> SLAInputs:
    """A world in which rules and status have been written."""
    given = world.inputs(world.sla(world.sla_spec(*objectives)))
    given = world.written(given, plan(given).applies[0].obj)
    return evaluated(given, given.now, **counts)


def evaluated(given: SLAInputs, now: datetime, **counts: Any) -> SLAInputs:
    """The world after one more evaluation, with its status written."""
    given = replace(given, now=now)
    given = replace(given, measurements=world.measured(given, **counts))
    return world.with_status(given, plan(given).status)


def status(given: SLAInputs) -> Object:
    return dict(given.sla["status"])


def test_an_unchanged_world_is_left_alone_to_the_last_bit() -> None:
    given = settled(errors=300.123)
    again = plan(given)
    assert again.status == status(given)
    assert again.deletes == []
    assert again.applies[0].obj["spec"] == given.live_rules[0][1]["spec"]
    assert again.applies[0].uid == "rules-uid"


def test_an_hour_of_evaluations_is_at_most_one_write() -> None:
    """Every minute another timestamp, some events more and a burn rate that flickers: nothing that is worth a write."""
    given = settled(errors=300)
    before, writes = status(given), []
    for minute in range(1, 121):
        given = evaluated(
            given,
            NOW + timedelta(minutes=minute),
            errors=300 + 0.3 * (minute % 3),
            events=1_000_000 + minute,
            burn=0.2 + 0.05 * (minute % 4),
        )
        if status(given) != before:
            writes.append(minute)
        before = status(given)
    assert writes == [60, 120]


def test_a_change_of_a_tenth_of_a_point_is_written() -> None:
    """The budget is 1000 errors: a tenth of a point is one of them, however the figures are rounded."""
    given = settled(errors=300.4)
    assert status(evaluated(given, NOW + timedelta(minutes=5), errors=301.3)) == status(given)
    assert status(evaluated(given, NOW + timedelta(minutes=5), errors=299.5)) == status(given)
    assert status(evaluated(given, NOW + timedelta(minutes=5), errors=301.5)) != status(given)
    assert status(evaluated(given, NOW + timedelta(minutes=5), errors=299.3)) != status(given)


def test_a_budget_far_below_zero_moves_by_shares_of_itself() -> None:
    """A target of 99.999 with every tenth request failing: 10 points in five minutes are a thousandth of it."""
    given = settled(world.objective(target="99.999"), errors=10_000)
    assert status(given)["objectives"][0]["errorBudget"]["remainingPercent"] == "-99900.0"
    assert status(evaluated(given, NOW + timedelta(minutes=5), errors=10_001)) == status(given)
    assert status(evaluated(given, NOW + timedelta(minutes=5), errors=10_499)) == status(given)
    assert status(evaluated(given, NOW + timedelta(minutes=5), errors=10_600)) != status(given)
    assert status(evaluated(given, NOW + timedelta(minutes=5), errors=9_400)) != status(given)


def test_maintenance_that_goes_on_is_not_written_each_time_where_there_is_no_verdict() -> None:
    """How many seconds of it do not count grows with every evaluation."""
    given = settled(errors=300, coverage=0.5)
    entry = {**status(given)["objectives"][0]}
    assert entry["state"] == "Unknown"
    text = entry["message"]
    before, after = (
        {**entry, "message": f"{text} {seconds} s of maintenance in the window do not count."} for seconds in (300, 600)
    )
    assert not view.differs(before, after, 3600)
    assert view.differs(entry, after, 3600), "that there is some is news"


def test_another_target_that_comes_is_written_at_once() -> None:
    (entry,) = status(settled(errors=300))["objectives"]
    before, after, later = (
        {**entry, "message": f"{left}% of the error budget is left. From 2026-12 on the target is {target}%."}
        for left, target in (("70.0", "99.95"), ("70.0", "99.5"), ("69.9", "99.5"))
    )
    assert view.differs(before, after, 3600)
    assert not view.differs(after, later, 3600)


def test_a_change_of_state_is_written_at_once() -> None:
    given = settled(errors=749.99)
    after = evaluated(given, NOW + timedelta(minutes=1), errors=750.01)
    assert (status(given)["state"], status(after)["state"]) == ("Met", "AtRisk")
    burning = evaluated(given, NOW + timedelta(minutes=1), errors=749.99, burn=20)
    assert status(burning)["state"] == "AtRisk"


def test_transition_times_move_only_with_the_status() -> None:
    given = settled(errors=300)
    later = NOW + timedelta(hours=2)
    after = status(evaluated(given, later, errors=2000))
    assert condition(after, "Met")["lastTransitionTime"] == "2026-11-23T14:00:00Z"
    assert condition(after, "Ready")["lastTransitionTime"] == condition(status(given), "Ready")["lastTransitionTime"]


def test_a_changed_target_is_shown_at_once() -> None:
    given = settled(errors=300)
    spec = world.sla_spec(world.objective(target="99.99"))
    changed = world.inputs(world.sla(spec, generation=2), live_rules=given.live_rules)
    changed = world.with_status(changed, status(given))
    after = status(evaluated(changed, NOW + timedelta(minutes=1), errors=300))
    assert after["objectives"][0]["target"] == "99.99"
    assert after["observedGeneration"] == 2
    assert after["state"] == "Breached"


# Prometheus away


def unavailable(given: SLAInputs, *, minutes: float, reason: str = "PrometheusUnavailable") -> SLAInputs:
    """The world that many minutes after Prometheus went away, with its status written."""
    given = replace(
        given,
        now=given.now + timedelta(minutes=minutes),
        measurements=Unavailable(reason, "Prometheus cannot be reached", given.now),
    )
    return world.with_status(given, plan(given).status)


@pytest.mark.parametrize("reason", ["PrometheusUnavailable", "PrometheusError", "PartialResponse"])
def test_the_last_numbers_stay_with_their_time(reason: str) -> None:
    given = settled(errors=300)
    after = status(unavailable(given, minutes=5, reason=reason))
    assert after["objectives"] == status(given)["objectives"], "a failed query is never written as zeros"
    assert (condition(after, "DataFresh")["status"], condition(after, "DataFresh")["reason"]) == ("False", reason)
    assert condition(after, "DataFresh")["message"].startswith(
        "Data source default: Prometheus cannot be reached, since"
    )
    assert condition(after, "Ready")["status"] == "True"
    assert condition(after, "DataComplete") == condition(status(given), "DataComplete")


def test_old_numbers_prove_no_state() -> None:
    given = settled(errors=300)
    after = status(unavailable(given, minutes=16))
    entry, before = after["objectives"][0], status(given)["objectives"][0]
    assert entry["state"] == "Unknown"
    assert {key: entry[key] for key in ("sli", "errorBudget", "evaluatedTime")} == {
        key: before[key] for key in ("sli", "errorBudget", "evaluatedTime")
    }
    assert condition(after, "Met")["status"] == "Unknown"


def test_an_outage_of_prometheus_costs_two_writes_and_ends_in_one() -> None:
    given = settled(errors=300)
    before, writes = status(given), 0
    for minute in range(1, 120):
        given = replace(
            given,
            now=NOW + timedelta(minutes=minute),
            measurements=Unavailable("PrometheusUnavailable", "Prometheus cannot be reached", NOW),
        )
        given = world.with_status(given, plan(given).status)
        writes += status(given) != before
        before = status(given)
    assert writes == 2, "that it went, and that its numbers are too old"
    back = status(evaluated(given, NOW + timedelta(minutes=120), errors=300))
    assert back["state"] == "Met"
    assert condition(back, "DataFresh")["status"] == "True"


def test_a_restarted_operator_changes_nothing_before_its_first_evaluation() -> None:
    given = settled(errors=300)
    assert plan(replace(given, measurements=None)).status == status(given)


def test_recorded_series_that_vanish_leave_the_last_numbers() -> None:
    """Prometheus answers and has nothing: rules that were dropped, or a restart of it."""
    given = settled(errors=300)
    gone = replace(given, measurements=Measurements(given.now))
    after = plan(gone).status
    assert after is not None
    assert after["objectives"][0]["state"] == "Unknown"
    assert after["objectives"][0]["sli"] == status(given)["objectives"][0]["sli"]
    assert condition(after, "DataFresh")["reason"] == "StaleData"
    assert condition(after, "DataComplete")["reason"] == "RulesNotLoaded"


def test_another_indicator_does_not_inherit_numbers() -> None:
    given = settled(errors=300)
    spec = world.sla_spec(world.objective(indicator=world.BY_GOOD))
    changed = world.with_status(world.inputs(world.sla(spec, generation=2)), status(given))
    changed = world.written(changed, plan(changed).applies[0].obj)
    after = plan(replace(changed, measurements=Measurements(NOW))).status
    assert after is not None
    assert "sli" not in after["objectives"][0]


def test_a_window_that_was_changed_does_not_show_the_old_one_s_numbers() -> None:
    """The old window's series is still there for a while; the new one's numbers come with their own."""
    given = settled(errors=300)
    changed = world.inputs(world.sla(world.sla_spec(window="7d"), generation=2), live_rules=given.live_rules)
    after = plan(replace(changed, measurements=given.measurements)).status
    assert after is not None
    assert after["objectives"][0]["window"] == "7d"
    assert "sli" not in after["objectives"][0]
