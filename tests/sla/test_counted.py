"""Objectives that are counted from objects: no data source has a part in them, and everything else is as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.promtool import Promtool
from platform_contracts.api.names import TERMS_ANNOTATION
from platform_contracts.kube.kinds import SLA_REPORT
from platform_contracts.kube.objects import Object, format_time
from platform_contracts.kube.plan import Plan
from platform_contracts.sla.exclusions.exclusion import Exclusion
from platform_contracts.sla.exclusions.exclusion import render as rendered
from platform_contracts.sla.plan import SLAInputs, plan
from platform_contracts.sla.readback import Unavailable
from tests.sla import world
from tests.sla.rule_file_tests import nothing, run, something
from tests.sla.world import condition

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BERLIN = {"period": "Month", "timeZone": "Europe/Berlin"}
# The ends of two months of Berlin.
OCTOBER, NOVEMBER = datetime(2026, 10, 31, 23, tzinfo=UTC), datetime(2026, 11, 30, 23, tzinfo=UTC)
SUPPORT = {"responseTargets": [{"severity": "High", "minutes": 60}]}
LEAD_TIME = world.objective("onboarding", "90", world.LEAD_TIME)
RESPONSE = world.objective("answers", "90", world.RESPONSE)


def given(*objectives: Object, now: datetime = world.NOW, **overrides: Any) -> SLAInputs:
    """An SLA that is counted alone, where the operator has no data source."""
    fields = {name: overrides.pop(name) for name in ("window", "calendar", "credits") if name in overrides}
    created = overrides.pop("created", world.LONG_AGO)
    spec = world.sla_spec(*(objectives or (LEAD_TIME, RESPONSE)), support=SUPPORT, **fields)
    return world.inputs(world.sla(spec, created=created), **{"source": None, "now": now, **overrides})


def onboarded(*minutes: float, now: datetime = world.NOW, ago: timedelta = DAY) -> list[Object]:
    """Consumers that asked so long ago and were ready after so many minutes."""
    return [world.consumer(now - ago, now - ago + timedelta(minutes=one)) for one in minutes]


def entry(planned: Plan, name: str = "onboarding") -> Object:
    """One objective of a planned status."""
    assert planned.status is not None
    return next(dict(one) for one in planned.status["objectives"] if one["name"] == name)


def told(planned: Plan) -> dict[str, str]:
    """The conditions of a planned status, as status/reason."""
    assert planned.status is not None
    return {one["type"]: f"{one['status']}/{one['reason']}" for one in planned.status["conditions"]}


# Without a data source


def test_it_is_ready_and_fresh_where_there_is_no_data_source_at_all() -> None:
    planned = plan(given(consumers=onboarded(10, 20, 70), feedback_given=[world.request(world.NOW - DAY)]))
    assert told(planned) == {
        "Ready": "True/RulesWritten",
        "Reconciling": "False/RulesWritten",
        "Stalled": "False/RulesWritten",
        "DataFresh": "True/Counted",
        "DataComplete": "True/Measured",
        "Met": "False/Breached",
        "AtRisk": "True/Breached",
    }
    onboarding, answers = entry(planned), entry(planned, "answers")
    assert (onboarding["state"], onboarding["sli"], onboarding["events"]) == ("Breached", "66.6666", "3")
    assert onboarding["errorBudget"]["consumed"] == "1.000"
    assert (answers["state"], answers["sli"], answers["events"]) == ("Breached", "0.0000", "1")
    assert "answer who waits (kubectl get feedback -n platform -o wide)" in answers["message"]


def test_it_is_the_same_while_prometheus_is_away() -> None:
    inputs = given(consumers=onboarded(10, 20), source=world.SOURCE)
    away = Unavailable("PrometheusUnavailable", "no route to host", world.NOW - DAY)
    assert plan(replace(inputs, measurements=away)).status == plan(inputs).status
    assert told(plan(inputs))["DataFresh"] == "True/Counted"


def test_beside_what_prometheus_counts_each_goes_its_own_way() -> None:
    mixed = given(world.objective(), LEAD_TIME, consumers=onboarded(10, 20))
    planned = plan(mixed)
    assert told(planned)["Stalled"] == "True/UnknownDataSource"
    assert entry(planned)["sli"] == "100.0000"
    inputs = replace(mixed, source=world.SOURCE)
    inputs = world.written(inputs, plan(inputs).applies[0].obj)
    measured = replace(inputs, measurements=world.measured(inputs))
    assert told(plan(measured))["DataFresh"] == "True/DataSourceAnswers"
    away = replace(
        world.with_status(measured, plan(measured).status),
        measurements=Unavailable("PrometheusUnavailable", "no route to host", world.NOW),
        consumers=onboarded(10, 20, 70),
    )
    assert told(plan(away))["DataFresh"] == "False/PrometheusUnavailable"
    assert entry(plan(away))["state"] == "Breached"
    assert entry(plan(away), "availability")["state"] == "Met"


def test_nothing_is_recorded_for_it_and_its_alerts_go_by_the_operators_own_gauges() -> None:
    (applied,) = plan(given(LEAD_TIME)).applies
    (group,) = applied.obj["spec"]["groups"]
    assert [(rule["alert"], rule["labels"]["tier"]) for rule in group["rules"]] == [
        ("SLABudgetLow", "budget25"),
        ("SLABudgetLow", "budget10"),
        ("SLABreached", "breached"),
    ]
    named = '{sla_namespace="platform",sla="payments",objective="onboarding"}'
    for rule in group["rules"]:
        assert f"max(platform_contracts_counted_errors{named})" in rule["expr"]
        assert f"max(platform_contracts_counted_events{named}) >= 1" in rule["expr"]
    assert "More consumers waited too long over 30d" in group["rules"][-1]["annotations"]["description"]


def test_its_alerts_fire_by_what_any_scrape_of_the_operator_shows(promtool: Promtool, tmp_path: Path) -> None:
    """Ten consumers of which one, and from the third hour on two, waited too long; one of ten may."""
    began = datetime(1970, 1, 1, tzinfo=UTC)
    groups = plan(given(LEAD_TIME, window="12h", created=began, now=began + DAY)).applies[0].obj["spec"]["groups"]
    scraped = 'sla_namespace="platform",sla="payments",objective="onboarding",namespace="platform-contracts-system"'
    series = {
        f'platform_contracts_counted_events{{{scraped},instance="a"}}': "10x240",
        f'platform_contracts_counted_errors{{{scraped},instance="a"}}': "0x60 1x59 2x60",
        # Another one is not asked any more.
        f'platform_contracts_counted_events{{{scraped},instance="b"}}': "9x60 stale",
    }
    low, breached = (f'ALERTS{{alertname="{name}",objective="onboarding"}}' for name in ("SLABudgetLow", "SLABreached"))
    expected = [
        *(nothing(alert, "59m") for alert in (low, breached)),
        *(something(low, "90m"), nothing(breached, "90m")),
        *(nothing(low, "150m"), something(breached, "150m")),
    ]
    run(promtool, tmp_path, groups, series, expected, scrape="1m")


# What counts, and when


def test_the_order_of_the_objects_and_a_restart_change_nothing() -> None:
    consumers = onboarded(10, 50, 70, 90, 20)
    first = plan(given(LEAD_TIME, consumers=consumers))
    assert plan(given(LEAD_TIME, consumers=consumers[::-1])).status == first.status


def test_an_unchanged_world_is_told_to_the_last_bit() -> None:
    inputs = given(LEAD_TIME, consumers=onboarded(10, 70))
    status = plan(inputs).status
    for age in (timedelta(minutes=59), timedelta(hours=5)):
        assert plan(replace(world.with_status(inputs, status), now=world.NOW + age)).status == status


def test_each_other_count_is_told_however_little_of_the_budget_it_is() -> None:
    """The alerts' gauges go by what is told."""
    inputs = given(LEAD_TIME, consumers=onboarded(*[10] * 5000, 70))
    inputs = world.with_status(inputs, plan(inputs).status)
    assert entry(plan(replace(inputs, consumers=[*inputs.consumers, *onboarded(10)])))["events"] == "5002"
    spent = entry(plan(replace(inputs, consumers=[*inputs.consumers[:-1], *onboarded(70), *onboarded(70)])))
    assert spent["errorBudget"]["consumed"] == "2.000"


def test_one_looks_again_when_somebody_has_waited_too_long() -> None:
    asked = world.NOW - timedelta(minutes=20)
    inputs = given(LEAD_TIME, consumers=[*onboarded(10, 20), world.consumer(asked)])
    planned = plan(inputs)
    assert planned.requeue_after == timedelta(minutes=40, seconds=1)
    assert entry(planned)["events"] == "2"
    for before, events in ((timedelta(seconds=1), "2"), (timedelta(0), "3")):
        later = plan(replace(inputs, now=world.NOW + planned.requeue_after - before))
        assert entry(later)["events"] == events
    assert entry(later)["state"] == "Breached"


def test_one_looks_again_when_something_leaves_a_rolling_window() -> None:
    inputs = given(LEAD_TIME, window="7d", consumers=[*onboarded(70, ago=6 * DAY), *onboarded(10)])
    planned = plan(inputs)
    assert entry(planned)["state"] == "Breached"
    assert planned.requeue_after == DAY + HOUR + timedelta(seconds=1)
    later = plan(replace(inputs, now=world.NOW + planned.requeue_after))
    assert (entry(later)["state"], entry(later)["events"]) == ("Met", "1")


def test_what_was_asked_before_the_promise_held_does_not_count() -> None:
    consumers = [*onboarded(70, ago=3 * DAY), *onboarded(10)]
    assert entry(plan(given(LEAD_TIME, created=world.NOW - 2 * DAY, consumers=consumers)))["events"] == "1"
    assert entry(plan(given(LEAD_TIME, consumers=consumers)))["events"] == "2"


def test_who_comes_late_is_good_once_and_bad_once_at_most() -> None:
    """Between the deadline and the answer it is bad, and the answer does not change it."""
    asked = world.NOW - 3 * HOUR
    waiting = given(RESPONSE, feedback_given=[world.request(asked)])
    answered = given(RESPONSE, feedback_given=[world.request(asked, world.NOW - HOUR)])
    assert plan(waiting).status == plan(answered).status
    assert entry(plan(waiting), "answers")["events"] == "1"


@pytest.mark.parametrize(("minutes", "events"), [(60, "1"), (61, "2")])
def test_a_denial_takes_back_nothing_that_was_late_by_then(minutes: int, events: str) -> None:
    asked = world.NOW - 3 * DAY
    denied = world.consumer(asked)
    denied["status"] = {
        "conditions": [{"type": "Approved", "status": "False", "reason": "Denied"}],
        "refusedTime": format_time(asked + timedelta(minutes=minutes)),
    }
    assert entry(plan(given(LEAD_TIME, consumers=[*onboarded(10), denied])))["events"] == events


def test_maintenance_excludes_nothing_of_it() -> None:
    inputs = given(LEAD_TIME, consumers=onboarded(70))
    times = rendered([Exclusion("upgrade", world.NOW - 2 * DAY, world.NOW - HOUR, retroactive=False)])
    found = entry(plan(world.with_status(inputs, {"exclusions": times})))
    assert found["sli"] == "0.0000"
    assert "excludedSeconds" not in found


def answered_unseen(asked: datetime) -> Object:
    """A request that was answered while the operator was down: nobody has read yet when."""
    waiting = world.request(asked)
    return {**waiting, "spec": {**waiting["spec"], "triage": {"state": "Acknowledged"}}}


def test_until_it_is_read_when_one_was_answered_the_last_figures_stay() -> None:
    asked = world.NOW - 3 * HOUR
    before = given(RESPONSE, feedback_given=[world.request(world.NOW - DAY, world.NOW - DAY)])
    status = plan(before).status
    back = replace(world.with_status(before, status), feedback_given=[*before.feedback_given, answered_unseen(asked)])
    assert plan(back).status == status
    assert plan(back).events == ()
    in_time = world.request(asked, asked + HOUR / 6)
    found = plan(replace(back, feedback_given=[*before.feedback_given, in_time]))
    assert (entry(found, "answers")["state"], entry(found, "answers")["events"]) == ("Met", "2")


def refused(*unread: Object) -> dict[str, str]:
    """That the API server refuses the statuses of these."""
    return {one["metadata"]["uid"]: f"Feedback platform/{one['metadata']['name']} (Invalid: no)" for one in unread}


@pytest.mark.parametrize("measured", [False, True], ids=["it is counted alone", "beside what Prometheus counts"])
def test_who_cannot_say_when_it_was_answered_is_named_with_what_to_do(measured: bool) -> None:
    first, second = (answered_unseen(world.NOW - hours * HOUR) for hours in (3, 2))
    inputs = given(RESPONSE, feedback_given=[first, second])
    if measured:
        inputs = given(world.objective(), RESPONSE, feedback_given=[first, second], source=world.SOURCE)
        inputs = replace(inputs, measurements=world.measured(inputs))
    assert condition(plan(inputs).status, "DataFresh")["status"] == "True", "it may be written in a moment"
    held_up = replace(inputs, refused=refused(first, second))
    status = plan(held_up).status
    said = condition(status, "DataFresh")
    assert (said["status"], said["reason"]) == ("False", "ObjectsUnread")
    assert said["message"] == (
        "What is counted from objects stays as it is, and no report of it is written, because the API server refuses "
        "the status of Feedback platform/high-23090000 (Invalid: no), and 1 more. Correct the object, or change the "
        "policy that refuses it; the operator goes on trying, and counts it by itself."
    )
    # A restart knows of no refusal before it has tried: that is no news.
    assert plan(replace(world.with_status(inputs, status), refused={})).status == status
    read = replace(world.with_status(inputs, status), feedback_given=[world.request(world.NOW - DAY, world.NOW - DAY)])
    assert condition(plan(read).status, "DataFresh")["status"] == "True"


def test_who_asked_before_the_sla_was_there_holds_nothing_up() -> None:
    early = answered_unseen(OCTOBER - HOUR)
    inputs = month(RESPONSE, now=NOVEMBER + HOUR, created=OCTOBER, feedback_given=[early], refused=refused(early))
    assert [*reports(plan(inputs))] == ["2026-11"]
    assert condition(plan(inputs).status, "DataFresh")["reason"] == "Counted"


def test_until_a_consumer_is_looked_at_the_last_figures_stay() -> None:
    before = given(LEAD_TIME, consumers=onboarded(10, 20))
    status = plan(before).status
    wiped = [{**one, "status": {}} for one in before.consumers]
    assert plan(replace(world.with_status(before, status), consumers=wiped)).status == status
    assert entry(plan(replace(before, consumers=wiped)))["message"] == "It has not been evaluated yet."


# What is wrong


def test_a_time_zone_that_nobody_knows_takes_out_what_is_counted_by_it() -> None:
    opening = {"days": ["Monday"], "opens": "09:00", "closes": "17:00"}
    spec = world.sla_spec(LEAD_TIME, RESPONSE, support={**SUPPORT, "hours": [opening], "timeZone": "Europe/Nowhere"})
    planned = plan(world.inputs(world.sla(spec), source=None, consumers=onboarded(10)))
    stalled = condition(planned.status, "Stalled")
    assert (stalled["status"], stalled["reason"]) == ("True", "UnknownTimeZone")
    assert "spec.support.timeZone: Europe/Nowhere is no time zone" in stalled["message"]
    assert entry(planned)["state"] == "Met"
    assert entry(planned, "answers")["state"] == "Unknown"
    (applied,) = planned.applies
    assert [group["name"] for group in applied.obj["spec"]["groups"]] == ["platform/payments/onboarding/window"]


@pytest.mark.parametrize("trouble", [{"service": None, "service_spec": None}, {"provider": False}])
def test_a_service_that_does_not_count_promises_nothing_that_does(trouble: dict[str, Any]) -> None:
    inputs = given(LEAD_TIME, consumers=onboarded(10))
    before = plan(inputs).status
    found = entry(plan(replace(world.with_status(inputs, before), **trouble)))
    assert (found["state"], found["message"]) == ("Unknown", "It is not counted; the condition Stalled says why.")
    assert found["sli"] == "100.0000"


# Calendar periods


def month(*objectives: Object, now: datetime, **overrides: Any) -> SLAInputs:
    """An SLA by the month of Berlin that has been there for long."""
    return given(*(objectives or (LEAD_TIME,)), calendar=BERLIN, now=now, **overrides)


def reports(planned: Plan) -> dict[str, Object]:
    """The reports that are written, by their period."""
    return {one.obj["spec"]["period"]: one.obj["spec"] for one in planned.applies if one.kind == SLA_REPORT}


def test_a_closed_period_is_reported_without_a_data_source() -> None:
    consumers = [
        world.consumer(OCTOBER + DAY, OCTOBER + DAY + HOUR / 2),
        world.consumer(OCTOBER + 2 * DAY, OCTOBER + 3 * DAY),
        # It was late a second after the month was over.
        world.consumer(NOVEMBER - HOUR),
        world.consumer(NOVEMBER - HOUR - timedelta(seconds=1)),
        # Of the month before, though asked for in time.
        world.consumer(OCTOBER - HOUR / 2, OCTOBER),
    ]
    inputs = month(now=NOVEMBER + timedelta(minutes=11), consumers=consumers, created=OCTOBER - DAY)
    found = reports(plan(inputs))
    november = found["2026-11"]["objectives"][0]
    assert (november["numerator"], november["denominator"], november["coverage"]) == ("1.000", "3.000", "1.0000")
    assert (november["verdict"], november["sli"], november["unit"]) == ("Breached", "33.3333", "Events")
    assert found["2026-10"]["objectives"][0]["denominator"] == "1.000"
    # Written late it says the same.
    late = replace(inputs, now=NOVEMBER + 20 * DAY)
    assert reports(plan(late))["2026-11"] == found["2026-11"]


def test_a_report_waits_until_it_is_read_when_one_was_answered() -> None:
    """The operator was down from before the question until after the end of the month."""
    asked = NOVEMBER - 2 * HOUR
    inputs = month(RESPONSE, now=NOVEMBER + 10 * HOUR, created=OCTOBER, feedback_given=[answered_unseen(asked)])
    assert reports(plan(inputs)) == {}
    read = replace(inputs, feedback_given=[world.request(asked, asked + HOUR / 6)])
    assert reports(plan(read))["2026-11"]["objectives"][0]["verdict"] == "Met"


def test_a_report_waits_until_the_consumers_were_looked_at() -> None:
    late = world.consumer(NOVEMBER - 2 * HOUR)
    inputs = month(now=NOVEMBER + HOUR, created=OCTOBER, consumers=[{**late, "status": {}}])
    assert reports(plan(inputs)) == {}
    assert reports(plan(replace(inputs, consumers=[late])))["2026-11"]["objectives"][0]["verdict"] == "Breached"


def test_a_report_waits_for_the_service_without_which_nothing_is_counted() -> None:
    inputs = month(now=NOVEMBER + HOUR, created=OCTOBER, consumers=[world.consumer(NOVEMBER - DAY)])
    assert reports(plan(replace(inputs, service=None, service_spec=None))) == {}
    assert reports(plan(inputs))["2026-11"]["objectives"][0]["verdict"] == "Breached"


def test_one_looks_again_when_the_report_is_due_and_when_the_period_is_over() -> None:
    ends = {
        OCTOBER + timedelta(minutes=3): OCTOBER + timedelta(minutes=10),
        OCTOBER + timedelta(minutes=10): NOVEMBER + timedelta(seconds=1),
    }
    for now, then in ends.items():
        assert plan(month(now=now)).requeue_after == then - now


def test_a_period_in_which_nothing_was_asked_for_is_inconclusive() -> None:
    found = reports(plan(month(now=NOVEMBER + HOUR, created=OCTOBER)))["2026-11"]["objectives"][0]
    assert (found["verdict"], found["message"]) == ("Inconclusive", "Nothing happened that could be counted.")


def test_beside_what_prometheus_counts_the_report_waits_for_it() -> None:
    inputs = month(LEAD_TIME, world.objective(), now=NOVEMBER + HOUR, source=world.SOURCE, created=OCTOBER)
    assert reports(plan(inputs)) == {}


def test_a_changed_target_counts_from_the_next_period_on() -> None:
    inputs = month(now=NOVEMBER - DAY, consumers=onboarded(10, 20, 70, now=NOVEMBER - DAY))
    written = world.written(inputs, plan(inputs).applies[0].obj)
    changed = month(world.objective("onboarding", "50", world.LEAD_TIME), now=inputs.now)
    found = entry(plan(replace(changed, live_rules=written.live_rules, consumers=inputs.consumers)))
    assert (found["target"], found["state"]) == ("90", "Breached")
    assert found["message"].endswith("From 2026-12 on the target is 50%.")
    assert TERMS_ANNOTATION in plan(inputs).applies[0].obj["metadata"]["annotations"]


def limited(minutes: int, **overrides: Any) -> SLAInputs:
    """Answers within so many minutes are promised by the month; one came after 90 minutes."""
    asked = NOVEMBER - 2 * DAY
    targets = {"responseTargets": [{"severity": "High", "minutes": minutes}]}
    calendar = {} if "window" in overrides else {"calendar": BERLIN}
    spec = world.sla_spec(RESPONSE, support=targets, **calendar, window=overrides.pop("window", "30d"))
    answered = [world.request(asked, asked + timedelta(minutes=90))]
    fields = {"source": None, "now": NOVEMBER - DAY, "feedback_given": answered, **overrides}
    return world.inputs(world.sla(spec, created=OCTOBER), **fields)


def test_a_changed_limit_counts_from_the_next_period_on() -> None:
    before = limited(60)
    written = world.written(before, plan(before).applies[0].obj)
    changed = limited(120, live_rules=written.live_rules)
    found = entry(plan(changed), "answers")
    assert (found["state"], found["sli"]) == ("Breached", "0.0000")
    assert found["message"].endswith("From 2026-12 on what is in time is what the spec now says.")
    # And so says the report, whoever looks later; what the coming period begins with is what the spec says now.
    kept = world.written(changed, plan(changed).applies[0].obj)
    (report,) = reports(plan(replace(kept, now=NOVEMBER + HOUR))).values()
    assert (report["objectives"][0]["verdict"], report["objectives"][0]["sli"]) == ("Breached", "0.0000")
    asked = NOVEMBER + HOUR
    answered = [world.request(asked, asked + timedelta(minutes=90))]
    december = replace(kept, now=NOVEMBER + DAY, feedback_given=answered)
    assert entry(plan(december), "answers")["state"] == "Met"


@pytest.mark.parametrize(("minutes", "changed", "counts_in"), [(60, 240, "2026-11"), (240, 60, "2026-12")])
def test_a_wait_over_the_change_of_a_limit_counts_once(minutes: int, changed: int, counts_in: str) -> None:
    """Whoever asked before it is answered by what was promised then."""
    unanswered = [world.request(NOVEMBER - HOUR - timedelta(minutes=1))]
    before = limited(minutes, feedback_given=unanswered)
    before = world.written(before, plan(before).applies[0].obj)
    spoken = limited(changed, feedback_given=unanswered, live_rules=before.live_rules)
    spoken = world.written(spoken, plan(spoken).applies[0].obj)
    december = plan(replace(spoken, now=NOVEMBER + DAY))
    bad = {
        "2026-11": float(reports(december)["2026-11"]["objectives"][0].get("denominator", 0)),
        "2026-12": float(entry(december, "answers").get("events", 0)),
    }
    assert bad == dict.fromkeys(bad, 0) | {counts_in: 1}


def test_in_a_rolling_window_a_changed_limit_counts_at_once() -> None:
    before = limited(60, window="30d")
    written = world.written(before, plan(before).applies[0].obj)
    assert entry(plan(before), "answers")["state"] == "Breached"
    assert entry(plan(limited(120, window="30d", live_rules=written.live_rules)), "answers")["state"] == "Met"


def test_of_another_thing_that_is_waited_for_the_limit_is_its_own() -> None:
    before = limited(60)
    written = world.written(before, plan(before).applies[0].obj)
    other = world.objective("answers", "90", {"onboardingLeadTime": {"seconds": 7200}})
    consumers = onboarded(90, now=NOVEMBER - DAY)
    changed = month(other, now=NOVEMBER - DAY, live_rules=written.live_rules, consumers=consumers)
    assert entry(plan(changed), "answers")["state"] == "Met"


def test_a_breach_to_date_says_what_it_takes() -> None:
    found = entry(plan(month(now=NOVEMBER - DAY, consumers=onboarded(10, 20, 70, now=NOVEMBER - DAY))))
    assert "2026-11 is kept only if at least 7 more consumers come without a failure" in found["message"]
