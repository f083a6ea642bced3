"""An SLA that is over at a time: what is counted, told and reported up to it, and what becomes of its rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platform_contracts.api.names import TERMS_ANNOTATION
from platform_contracts.kube.kinds import SLA_REPORT
from platform_contracts.kube.objects import Object, format_time
from platform_contracts.kube.plan import Plan
from platform_contracts.sla import rollup
from platform_contracts.sla.plan import SLAInputs, plan
from tests.sla import world
from tests.sla.closed import closed
from tests.sla.world import condition

BERLIN = {"period": "Month", "timeZone": "Europe/Berlin"}
NOVEMBER = datetime(2026, 10, 31, 23, tzinfo=UTC)
UNTIL = datetime(2026, 11, 15, 12, tzinfo=UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


def given(*objectives: Object, now: datetime = UNTIL - DAY, **spec: Any) -> SLAInputs:
    """An SLA of November that is over on the 15th, with its rules written and its status as of `now`."""
    live = world.sla(world.sla_spec(*objectives, effective={"untilTime": format_time(UNTIL)}, **spec), created=NOVEMBER)
    inputs = world.inputs(live, now=now)
    inputs = world.written(inputs, plan(inputs).applies[0].obj)
    inputs = replace(inputs, measurements=world.measured(inputs))
    return world.with_status(inputs, plan(inputs).status)


def at(inputs: SLAInputs, now: datetime) -> SLAInputs:
    return replace(inputs, now=now)


def after(inputs: SLAInputs, planned: Plan) -> SLAInputs:
    """The world after that plan was carried out."""
    reports = [*inputs.reports, *(one.obj for one in planned.applies if one.kind == SLA_REPORT)]
    gone = {delete.name for delete in planned.deletes}
    live = [(kind, obj) for kind, obj in inputs.live_rules if obj["metadata"]["name"] not in gone]
    return replace(world.with_status(inputs, planned.status), reports=reports, live_rules=live)


def rules(planned: Plan) -> list[Object]:
    """The rule objects that are written."""
    return [one.obj for one in planned.applies if one.kind != SLA_REPORT]


# While it runs


def test_counts_and_alerts_end_by_themselves_whether_the_operator_runs_or_not() -> None:
    groups = world.groups(world.sla_spec(effective={"untilTime": format_time(UNTIL)}))
    bound = f"and on() (vector(time()) <= {UNTIL.timestamp():.0f})"
    ruled = [rule for group in groups for rule in group["rules"]]
    assert all(rule["expr"].endswith(bound) for rule in ruled if "alert" in rule)
    assert {rule["record"] for rule in ruled if "record" in rule and bound in rule["expr"]} == {
        "sla:errors:rate5m",
        "sla:total:rate5m",
    }
    assert not any(bound in rule["expr"] for group in world.groups() for rule in group["rules"])


def test_its_series_go_on_where_the_end_is_moved() -> None:
    def identity(spec: Object) -> str:
        (one,) = world.promises(world.inputs(world.sla(spec)))
        return one.id.indicator

    assert identity(world.sla_spec(effective={"untilTime": format_time(UNTIL)})) == identity(world.sla_spec())


def test_its_last_period_ends_with_it() -> None:
    (found,) = (plan(given(calendar=BERLIN)).status or {})["objectives"]
    assert (found["periodStartTime"], found["periodEndTime"]) == ("2026-10-31T23:00:00Z", "2026-11-15T12:00:00Z")


@pytest.mark.parametrize("spec", [{}, {"calendar": BERLIN}], ids=["rolling", "calendar"])
def test_one_looks_again_when_it_is_over(spec: dict[str, Any]) -> None:
    inputs = given(now=UNTIL - MINUTE, **spec)
    assert plan(inputs).requeue_after == MINUTE + SECOND
    assert condition(plan(at(inputs, UNTIL)).status, "Ready")["reason"] == "RulesWritten"
    assert condition(plan(at(inputs, UNTIL + SECOND)).status, "Ready")["reason"] == "Ended"


# When it is over


def test_its_status_says_so_and_keeps_the_last_figures() -> None:
    inputs = given()
    planned = plan(at(inputs, UNTIL + SECOND))
    status = planned.status or {}
    (entry,) = status["objectives"]
    assert entry["sli"] == "99.9700"
    assert entry["evaluatedTime"] == format_time(UNTIL - DAY)
    assert (entry["state"], status["state"]) == ("Unknown", "Unknown")
    ended = "ended at 2026-11-15T12:00:00Z, as effective.untilTime says"
    assert entry["message"] == f"It {ended}; these are its last figures."
    assert status["summary"] == f"It {ended}."
    ready = condition(status, "Ready")
    assert (ready["status"], ready["reason"]) == ("True", "Ended")
    assert f"The SLA {ended}: nothing counts and no alert fires any more" in ready["message"]
    assert {one["reason"] for one in status["conditions"]} == {"Ended"}


def test_that_it_ends_as_planned_is_no_event() -> None:
    assert plan(at(given(), UNTIL + SECOND)).events == ()


def test_of_a_rolling_window_the_rules_go() -> None:
    inputs = given()
    emptied = plan(at(inputs, UNTIL + SECOND))
    assert [obj["spec"]["groups"] for obj in rules(emptied)] == [[]]
    assert emptied.requeue_after == timedelta(minutes=10) - SECOND
    gone = plan(at(after(inputs, emptied), UNTIL + timedelta(minutes=10)))
    assert rules(gone) == []
    assert [delete.name for delete in gone.deletes] == ["sla-platform.payments"]
    assert gone.requeue_after is None


def test_after_that_nothing_changes_any_more() -> None:
    inputs = at(given(), UNTIL + timedelta(minutes=11))
    planned = plan(inputs)
    again = plan(at(after(inputs, planned), UNTIL + 100 * DAY))
    assert (again.status, again.applies, again.deletes) == (planned.status, [], [])


def test_its_data_source_may_be_gone() -> None:
    planned = plan(replace(at(given(), UNTIL + DAY), source=None, measurements=None))
    assert condition(planned.status, "Stalled")["status"] == "False"


def test_a_later_end_takes_it_up_again() -> None:
    inputs = at(given(), UNTIL + DAY)
    inputs = after(inputs, plan(inputs))
    spec = {**inputs.sla["spec"], "effective": {"untilTime": "2027-11-15T12:00:00Z"}}
    later = world.inputs({**inputs.sla, "spec": spec}, now=inputs.now)
    assert condition(plan(later).status, "Ready")["reason"] == "RulesWritten"


def test_its_service_is_no_longer_judged_by_it() -> None:
    inputs = given()
    over = {**inputs.sla, "status": plan(at(inputs, UNTIL + SECOND)).status}
    assert rollup.service_sla([inputs.sla], None)[0]["state"] == "Met"
    assert rollup.service_sla([over], None)[0]["summary"] == "No SLA"
    another = {**inputs.sla, "metadata": {**inputs.sla["metadata"], "name": "another"}}
    assert rollup.service_sla([over, another], None)[0]["summary"].startswith("Met")


# The last report


def test_its_last_period_is_reported_up_to_its_end() -> None:
    inputs = at(given(calendar=BERLIN), UNTIL + timedelta(minutes=9))
    assert [one for one in plan(inputs).applies if one.kind == SLA_REPORT] == []
    inputs = closed(at(inputs, UNTIL + timedelta(minutes=10)))
    planned = plan(inputs)
    (report,) = [one.obj["spec"] for one in planned.applies if one.kind == SLA_REPORT]
    assert (report["period"], report["endTime"]) == ("2026-11", "2026-11-15T12:00:00Z")
    assert (report["verdict"], report["objectives"][0]["coverage"]) == ("Met", "1.0000")


def test_its_rule_object_stays_for_the_terms_until_it_is_reported() -> None:
    inputs = given(calendar=BERLIN)
    # It is another target since, for a period that never came.
    changed = {**inputs.sla["spec"], "objectives": [world.objective(target="99.99")]}
    inputs = replace(inputs, sla={**inputs.sla, "spec": changed}, spec=world.inputs(world.sla(changed)).spec)
    waiting = plan(at(inputs, UNTIL + 40 * DAY))
    (kept,) = rules(waiting)
    assert kept["spec"]["groups"] == []
    terms = inputs.live_rules[0][1]["metadata"]["annotations"][TERMS_ANNOTATION]
    assert kept["metadata"]["annotations"][TERMS_ANNOTATION] == terms
    asked = closed(at(inputs, UNTIL + 40 * DAY))
    reported = plan(asked)
    (report,) = [one.obj["spec"] for one in reported.applies if one.kind == SLA_REPORT]
    assert report["objectives"][0]["target"] == "99.9"
    gone = plan(after(asked, reported))
    assert (gone.applies, [delete.name for delete in gone.deletes]) == ([], ["sla-platform.payments"])
    assert (gone.status or {})["history"][0]["period"] == "2026-11"


def test_of_what_is_counted_from_objects_nothing_counts_that_is_settled_later() -> None:
    consumers = [
        world.consumer(UNTIL - timedelta(minutes=90), UNTIL - timedelta(minutes=80)),
        # A second later it would be late.
        world.consumer(UNTIL - timedelta(minutes=60)),
    ]
    inputs = at(given(world.objective("onboarding", "90", world.LEAD_TIME), calendar=BERLIN), UNTIL + DAY)
    planned = plan(replace(inputs, consumers=consumers, source=None))
    reports = {one.obj["spec"]["period"]: one.obj["spec"] for one in planned.applies if one.kind == SLA_REPORT}
    found = reports["2026-11"]["objectives"][0]
    assert (found["numerator"], found["denominator"], found["verdict"]) == ("1.000", "1.000", "Met")
