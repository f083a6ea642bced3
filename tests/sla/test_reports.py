"""Reports of closed calendar periods: which are due, what they say, and that each is written once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from platform_contracts.api.names import TERMS_ANNOTATION
from platform_contracts.api.sla_report import SLAReport, in_force
from platform_contracts.kube.kinds import SLA_REPORT
from platform_contracts.kube.objects import Object
from platform_contracts.sla.plan import SLAInputs, plan
from platform_contracts.sla.reports.closing import Closing, Failure
from tests.sla import world
from tests.sla.closed import (
    BERLIN,
    CLOSED,
    CREDITS,
    NOVEMBER,
    closed,
    excluding,
    given,
    kept,
    objective,
    report,
    reports,
    wanted,
    what_is_due,
)

# What is due


def test_a_period_is_due_ten_minutes_after_its_end() -> None:
    assert what_is_due(given(now=NOVEMBER.end + timedelta(minutes=9))) == []
    assert what_is_due(given(now=NOVEMBER.end + timedelta(minutes=10))) == [NOVEMBER]


def test_periods_that_ended_while_the_operator_was_down_are_due() -> None:
    created = datetime(2026, 8, 20, tzinfo=UTC)
    found = what_is_due(given(created=created))
    assert [one.name for one in found] == ["2026-08", "2026-09", "2026-10", "2026-11"]
    assert [one.name for one in what_is_due(given(created=created), ["2026-08", "2026-10"])] == [
        "2026-09",
        "2026-11",
    ]


def test_at_most_the_last_thirteen_are_due() -> None:
    assert len(what_is_due(given(created=datetime(2020, 1, 1, tzinfo=UTC)))) == 13


@pytest.mark.parametrize("minutes", [0, 5, 1000])
def test_a_period_that_ended_before_the_sla_began_is_none_of_its(minutes: int) -> None:
    assert what_is_due(given(created=NOVEMBER.end + timedelta(minutes=minutes), now=CLOSED + timedelta(days=2))) == []
    later = given(effective={"fromTime": "2026-12-01T00:00:00Z"})
    assert what_is_due(later) == []


WEEKS = {"period": "Week", "timeZone": "Europe/Berlin"}
CHANGED = datetime(2026, 11, 24, 10, tzinfo=UTC)
JANUARY = datetime(2026, 1, 5, tzinfo=UTC)


def changed(before: Object, after: Object, now: datetime = CHANGED) -> SLAInputs:
    """An SLA of January whose window was changed in November, as it is before its new rules are written."""
    first = world.inputs(world.sla({**world.sla_spec(), "window": before}, created=JANUARY), now=now)
    second = world.inputs(world.sla({**world.sla_spec(), "window": after}, created=JANUARY), now=now)
    return replace(second, live_rules=world.written(first, plan(first).applies[0].obj).live_rules)


@pytest.mark.parametrize(
    ("before", "after", "first"),
    [
        ({"calendar": BERLIN}, {"calendar": WEEKS}, "2026-W49"),
        ({"rolling": "30d"}, {"calendar": WEEKS}, "2026-W49"),
        ({"rolling": "30d"}, {"calendar": BERLIN}, "2026-12"),
        ({"calendar": {**BERLIN, "timeZone": "Asia/Tokyo"}}, {"calendar": BERLIN}, "2026-12"),
    ],
)
def test_another_calendar_reports_what_begins_after_the_change(before: Object, after: Object, first: str) -> None:
    """What came before was promised by other periods: it is neither reported nor credited once more."""
    inputs = changed(before, after)
    assert what_is_due(inputs) == [], "before the new rules are written"
    inputs = world.written(inputs, plan(inputs).applies[0].obj)
    later = replace(inputs, now=CHANGED + timedelta(minutes=5))
    later = world.written(later, plan(later).applies[0].obj)
    assert what_is_due(later) == []
    assert what_is_due(replace(later, now=CHANGED + timedelta(days=60)))[0].name == first


@pytest.mark.parametrize("other", [{**BERLIN, "timeZone": "Asia/Tokyo"}, WEEKS])
@pytest.mark.parametrize(("days", "first"), [(0, "2026-02"), (4, "2026-02"), (40, "2027-02")])
def test_a_calendar_that_is_taken_back_before_a_period_of_the_other_is_over_has_changed_nothing(
    other: Object, days: int, first: str
) -> None:
    """Nobody takes a month away by another time zone for a minute."""
    inputs = changed({"calendar": BERLIN}, {"calendar": other})
    inputs = world.written(inputs, plan(inputs).applies[0].obj)
    back = world.sla({**world.sla_spec(), "window": {"calendar": BERLIN}}, created=JANUARY)
    later = world.inputs(back, now=CHANGED + timedelta(days=days, minutes=1))
    later = replace(later, live_rules=inputs.live_rules)
    later = world.written(later, plan(later).applies[0].obj)
    assert what_is_due(replace(later, now=datetime(2027, 3, 2, tzinfo=UTC)))[0].name == first


def test_a_calendar_that_the_sla_began_with_is_due_from_the_first_period_on() -> None:
    inputs = given(created=NOVEMBER.end - timedelta(days=9), now=NOVEMBER.end - timedelta(days=9))
    inputs = world.written(inputs, plan(inputs).applies[0].obj)
    assert [one.name for one in what_is_due(replace(inputs, now=CLOSED))] == ["2026-11"]


def test_rules_of_an_earlier_release_tell_by_their_terms_that_the_calendar_was_theirs() -> None:
    inputs = given(created=JANUARY)
    (kind, live), *_ = world.written(inputs, plan(inputs).applies[0].obj).live_rules
    noted = live["metadata"]["annotations"]
    live = {**live, "metadata": {**live["metadata"], "annotations": {TERMS_ANNOTATION: noted[TERMS_ANNOTATION]}}}
    assert len(what_is_due(replace(inputs, live_rules=[(kind, live)]))) == 11


def test_a_rolling_window_has_no_reports() -> None:
    assert what_is_due(world.inputs()) == []
    assert plan(world.inputs()).status is not None
    assert "history" not in (plan(world.inputs()).status or {})


def test_nothing_is_written_before_prometheus_was_asked() -> None:
    assert reports(given()) == []


def test_a_report_that_waits_for_its_counts_is_said() -> None:
    inputs = given()
    waits = Closing(failures=dict.fromkeys(wanted(inputs).questions, Failure(1, "Prometheus did not answer")))
    away = replace(inputs, measurements=world.measured(inputs), closing=waits)
    assert reports(away) == []
    told = world.condition(plan(away).status, "DataFresh")
    assert (told["status"], told["reason"]) == ("False", "ReportsWait")
    assert (
        "The report of 2026-11 waits, because its counts cannot be read: Prometheus did not answer" in told["message"]
    )
    nothing_due = replace(away, now=NOVEMBER.end - timedelta(days=1))
    assert world.condition(plan(nothing_due).status, "DataFresh")["status"] == "True"


# What it says


def test_a_period_that_was_kept() -> None:
    found = report(closed(given()))
    assert found["metadata"]["name"] == "payments-2026-11-r1"
    assert found["metadata"]["namespace"] == "platform"
    assert "ownerReferences" not in found["metadata"], "it outlives the SLA"
    assert found["spec"] == {
        "slaName": "payments",
        "slaUID": "0b9b0d2e-0000-4000-8000-000000000001",
        "serviceName": "payments",
        "period": "2026-11",
        "startTime": "2026-10-31T23:00:00Z",
        "endTime": "2026-11-30T23:00:00Z",
        "revision": 1,
        "verdict": "Met",
        "worst": {"objective": "availability", "sli": "99.9700", "target": "99.9"},
        "creditPercent": 0,
        "terms": {"window": BERLIN},
        "objectives": [
            {
                "name": "availability",
                "target": "99.9",
                "unit": "Events",
                "indicatorHash": world.promises(given())[0].id.indicator,
                "numerator": "999700.000",
                "denominator": "1000000.000",
                "coverage": "1.0000",
                "sli": "99.9700",
                "verdict": "Met",
                "creditPercent": 0,
                "message": "The target was met: 30.0% of the error budget was spent.",
            }
        ],
    }


def test_a_budget_that_was_spent_to_the_last_event_is_met() -> None:
    assert report(closed(given(), errors=1000))["spec"]["verdict"] == "Met"
    assert report(closed(given(), errors=1001))["spec"]["verdict"] == "Breached"


def test_the_worst_objective_decides() -> None:
    inputs = given(world.objective("kept", "99"), world.objective("missed", "99.9"))
    spec = report(closed(inputs, kept=10, missed=5000))["spec"]
    assert spec["verdict"] == "Breached"
    assert spec["worst"] == {"objective": "missed", "sli": "99.5000", "target": "99.9"}
    assert [one["verdict"] for one in spec["objectives"]] == ["Met", "Breached"]


@pytest.mark.parametrize("errors", [0, 300, 500_000])
def test_too_little_data_is_never_met_nor_breached(errors: float) -> None:
    found = report(closed(given(credits=CREDITS), errors=errors, coverage=0.94))
    assert found["spec"]["verdict"] == "Inconclusive"
    assert found["spec"]["creditPercent"] == 0
    assert "Only 94.0% of the time was measured" in objective(found)["message"]
    assert report(closed(given(), coverage=0.951))["spec"]["verdict"] == "Met"


def test_maintenance_that_was_left_out_is_no_gap_and_is_shown() -> None:
    found = objective(report(closed(excluding(given(), 36), coverage=0.95)))
    assert (found["verdict"], found["coverage"], found["excludedSeconds"]) == ("Met", "1.0000", 36 * 3600)
    assert found["message"].endswith(" 129600 s of maintenance were left out.")
    same = objective(report(closed(given(), coverage=0.949)))
    assert (same["verdict"], "excludedSeconds" in same) == ("Inconclusive", False)


def test_maintenance_is_no_gap_in_a_report_that_is_months_late() -> None:
    """The operator was down from November until February: what the rules left out is known until it was reported."""
    maintenance = {"maxSecondsPerPeriod": 40 * 3600}
    late = given(maintenance=maintenance, now=datetime(2027, 2, 10, tzinfo=UTC))
    inputs = closed(excluding(late, 36), coverage=0.95)
    found = {one["spec"]["period"]: objective(one) for one in reports(inputs)}
    assert (found["2026-11"]["verdict"], found["2026-11"]["excludedSeconds"]) == ("Met", 36 * 3600)
    status = plan(inputs).status
    assert status is not None
    assert [one["maintenanceWindow"] for one in status["exclusions"]] == ["upgrade"]
    told = plan(world.with_status(kept(inputs), status)).status
    assert told is not None
    assert "exclusions" not in (plan(world.with_status(kept(inputs), told)).status or {})


def test_whatever_missing_data_says_too_little_is_no_verdict_on_a_closed_period() -> None:
    """Hold is about the state while the window is open."""
    held = {**world.objective(), "missingData": "Hold"}
    found = report(closed(given(held, credits=CREDITS), errors=5000, coverage=0.94))
    assert (found["spec"]["verdict"], found["spec"]["creditPercent"]) == ("Inconclusive", 0)
    assert "Only 94.0% of the time was measured" in objective(found)["message"]


def test_no_data_at_all_is_inconclusive() -> None:
    found = report(closed(given(), events=0, errors=0, coverage=0))
    assert (found["spec"]["verdict"], found["spec"]["worst"]) == (
        "Inconclusive",
        {"objective": "availability", "target": "99.9"},
    )
    assert objective(found)["coverage"] == "0.0000"
    assert objective(report(closed(given(), events=0, errors=0)))["message"] == (
        "Nothing happened that could be counted."
    )


def test_an_sla_that_began_within_the_period_is_measured_from_then_on() -> None:
    """Ten days of thirty were measured, and these are all that it promised."""
    found = report(closed(given(created=NOVEMBER.end - timedelta(days=10)), coverage=1 / 3))
    assert found["spec"]["startTime"] == "2026-11-20T23:00:00Z"
    assert found["spec"]["verdict"] == "Met"
    assert float(objective(found)["coverage"]) >= 0.999


def test_bad_minutes_are_reported_in_minutes() -> None:
    sliced = {**world.objective(), "budgeting": "Timeslices", "timeslice": {"seconds": 60, "target": "99"}}
    minutes = NOVEMBER.seconds / 60
    found = objective(report(closed(given(sliced), events=60 * minutes, errors=60 * 44)))
    assert (found["unit"], found["numerator"], found["denominator"]) == ("Minutes", "43156.000", "43200.000")
    assert found["verdict"] == "Breached", "43.2 are allowed"
    assert objective(report(closed(given(sliced), events=60 * minutes, errors=60 * 43)))["verdict"] == "Met"


@pytest.mark.parametrize("no_traffic", ["Good", "Exclude"])
@pytest.mark.parametrize(("bad", "verdict"), [(41, "Met"), (42, "Breached")])
def test_the_status_of_a_period_at_its_end_is_the_verdict_of_its_report(
    no_traffic: str, bad: int, verdict: str
) -> None:
    """Of 43,200 minutes 41,472 were counted, for a gap or since the others had no traffic: 41.472 may be bad."""
    timeslice = {"seconds": 60, "target": "99", "noTraffic": no_traffic}
    sliced = {**world.objective(), "budgeting": "Timeslices", "timeslice": timeslice}
    counts = {"events": 60 * 41472.0, "errors": 60.0 * bad, "coverage": 0.96}
    inputs = given(sliced, now=NOVEMBER.end)
    inputs = world.written(inputs, plan(inputs).applies[0].obj)
    status = plan(replace(inputs, measurements=world.measured(inputs, **counts))).status
    assert status is not None
    assert (status["state"] == "Breached") == (verdict == "Breached")
    assert report(closed(replace(inputs, now=CLOSED), **counts))["spec"]["verdict"] == verdict


def test_too_few_events_are_no_verdict() -> None:
    found = objective(report(closed(given({**world.objective(), "minEvents": 100}), events=99, errors=50)))
    assert (found["verdict"], found["creditPercent"]) == ("Inconclusive", 0)
    assert "fewer than 100 events" in found["message"]


# Terms


def test_the_target_is_the_one_that_the_period_began_with() -> None:
    """Changed in the middle of the month, and the operator was down at its end."""
    before = given(world.objective(target="99.9"), now=NOVEMBER.end - timedelta(days=9))
    began = world.written(before, plan(before).applies[0].obj)
    changed = replace(given(world.objective(target="99.99")), live_rules=began.live_rules)
    assert report(closed(changed, errors=500))["spec"]["worst"]["target"] == "99.9"
    assert report(closed(given(world.objective(target="99.99")), errors=500))["spec"]["worst"]["target"] == "99.99"


def test_credits_are_those_that_the_period_began_with() -> None:
    before = given(credits=CREDITS, now=NOVEMBER.end - timedelta(days=9))
    began = world.written(before, plan(before).applies[0].obj)
    withdrawn = replace(given(), live_rules=began.live_rules)
    spec = report(closed(withdrawn, errors=5000))["spec"]
    assert spec["creditPercent"] == 10
    assert spec["terms"]["credits"] == CREDITS


def test_a_report_has_room_for_however_many_are_taken_out() -> None:
    """All are renamed during the month, again and again."""
    now = NOVEMBER.end - timedelta(days=9)
    inputs = given(*(world.objective(f"a{number}") for number in range(20)), now=now)
    for name in "bcd":
        live_rules = world.written(inputs, plan(inputs).applies[0].obj).live_rules
        renamed = given(*(world.objective(f"{name}{number}") for number in range(20)), now=now)
        inputs = replace(renamed, live_rules=live_rules)
    live_rules = world.written(inputs, plan(inputs).applies[0].obj).live_rules
    last = given(*(world.objective(f"d{number}") for number in range(20)))
    found = report(closed(replace(last, live_rules=live_rules)))
    SLAReport.model_validate(found)
    names = [entry["name"] for entry in found["spec"]["objectives"]]
    assert sorted(names[:20]) == sorted(f"d{number}" for number in range(20))
    assert [objective(found, name)["verdict"] for name in names[20:]] == ["Inconclusive"] * 20


def test_an_objective_that_was_taken_out_is_not_forgotten() -> None:
    before = given(world.objective(), world.objective("embarrassing", "99"), now=NOVEMBER.end - timedelta(days=9))
    began = world.written(before, plan(before).applies[0].obj)
    found = report(closed(replace(given(), live_rules=began.live_rules)))
    assert found["spec"]["verdict"] == "Inconclusive"
    assert "taken out of the SLA" in objective(found, "embarrassing")["message"]


LATE = NOVEMBER.end - timedelta(days=1)
OTHER = {"ratio": {"total": world.TOTAL, "errors": 'http_requests_total{job="payments",code="500"}'}}


def after(before: SLAInputs, now: SLAInputs) -> SLAInputs:
    """`now` in the world that the plan of `before` left."""
    return replace(now, live_rules=world.written(before, plan(before).applies[0].obj).live_rules)


def counted_as(asked: SLAInputs, answered: SLAInputs) -> SLAInputs:
    """What is asked for, with the answers about the series of another spec."""
    return replace(asked, closing=replace(asked.closing, values=answered.closing.values))


def test_an_indicator_that_changes_before_the_report_does_not_erase_the_period() -> None:
    """The operator was down from before the end of November until after the change."""
    before = given(now=LATE)
    changed = after(before, given(world.objective(indicator=OTHER)))
    found = report(counted_as(closed(changed), closed(given(), errors=5000)))
    assert (found["spec"]["verdict"], objective(found)["sli"]) == ("Breached", "99.5000")
    assert objective(found)["indicatorHash"] == world.promises(before)[0].id.indicator
    # What changes while the period runs counts from then on, and so does the report.
    seen = replace(after(before, changed), now=LATE)
    later = after(seen, given(world.objective(indicator=OTHER)))
    assert report(closed(later))["spec"]["verdict"] == "Met"


def test_how_many_events_it_takes_changes_with_the_next_period() -> None:
    """Or a breach could be taken back on the last day."""
    before = given(credits=CREDITS, now=LATE)
    asks = world.objective(minEvents=1_000_000_000)
    changed = after(before, given(asks, credits=CREDITS, now=LATE))
    assert world.promises(changed)[0].min_events == 1_000_000_000, "that is what the spec says"
    (shown,) = (plan(replace(changed, measurements=world.measured(changed))).status or {})["objectives"]
    assert shown["state"] == "Met"
    found = report(closed(after(changed, given(asks, credits=CREDITS)), errors=5000))
    assert (found["spec"]["verdict"], found["spec"]["creditPercent"]) == ("Breached", 10)
    assert "minEvents" not in objective(found)
    december = replace(after(changed, given(asks)), now=NOVEMBER.end + timedelta(days=3))
    (shown,) = (plan(replace(december, measurements=world.measured(december))).status or {})["objectives"]
    assert "fewer than 1000000000" in shown["message"]


def test_an_objective_that_is_taken_out_is_judged_by_what_was_recorded_of_it() -> None:
    both = given(world.objective(), world.objective("slow", "99", world.LATENCY), credits=CREDITS)
    began = replace(both, now=LATE)
    out = after(began, given(credits=CREDITS))
    found = report(counted_as(closed(out), closed(both, coverage=29 / 30, slow=50_000)))
    assert (found["spec"]["verdict"], found["spec"]["creditPercent"]) == ("Breached", 25)
    assert objective(found, "slow")["message"].endswith("It was taken out of the SLA before the period was reported.")
    early = report(counted_as(closed(out), closed(both, coverage=0.5, slow=50_000)))
    assert objective(early, "slow")["verdict"] == "Inconclusive"


def test_a_mistake_in_the_only_objective_takes_no_terms_away() -> None:
    broken = world.objective(target="99", indicator={"ratio": {"total": 'x_total{a=~"("}', "errors": "y_total"}})
    began = given(now=LATE)
    wrong = after(began, given(broken, now=LATE))
    planned = plan(wrong)
    assert (planned.deletes, planned.applies[0].obj["spec"]["groups"]) == ([], [])
    assert world.condition(planned.status, "Stalled")["reason"] == "InvalidSelector"
    mended = after(wrong, given(world.objective(target="99")))
    assert objective(report(closed(mended)))["target"] == "99.9"


@pytest.mark.parametrize(
    ("kept", "coverage", "verdict"), [(29, 0.9675, "Inconclusive"), (29, 1, "Met"), (40, 0.9675, "Met")]
)
def test_a_period_whose_beginning_is_gone_is_inconclusive(kept: int, coverage: float, verdict: str) -> None:
    """Of a month one day less is more than what may be missing of it; and Prometheus may keep more than it says."""
    inputs = closed(given(), coverage=coverage)
    measured = replace(world.measured(inputs), retention=timedelta(days=kept))
    found = report(replace(inputs, measurements=measured))
    assert found["spec"]["verdict"] == verdict
    gone = "does not keep the beginning of the period any more" in objective(found)["message"]
    assert gone == (verdict == "Inconclusive")


# Credits


@pytest.mark.parametrize(
    ("errors", "percent"), [(500, 0), (1001, 10), (9_000, 10), (10_000, 10), (10_001, 25), (500_000, 25)]
)
def test_the_highest_step_that_counts(errors: float, percent: int) -> None:
    """At 99.9 % and one million events; 10,000 failures are an SLI of exactly 99.0 %, which is not below it."""
    found = report(closed(given(credits=CREDITS), errors=errors))
    assert found["spec"]["creditPercent"] == percent
    assert objective(found)["creditPercent"] == percent


def test_objectives_add_up_within_the_bound_of_a_period() -> None:
    two = (world.objective("one"), world.objective("other"))
    assert report(closed(given(*two, credits=CREDITS), errors=50_000))["spec"]["creditPercent"] == 50
    bounded = {**CREDITS, "maxPercentPerPeriod": 30}
    found = report(closed(given(*two, credits=bounded), errors=50_000))
    assert found["spec"]["creditPercent"] == 30
    assert objective(found, "one")["creditPercent"] == 25, "what the steps give, before any bound"


def test_the_bound_of_a_year_counts_what_was_given_before() -> None:
    """Three bad months are reported together, and their year has 60 % to give; the new year begins anew."""
    bounded = {**CREDITS, "maxPercentPerYear": 60}
    created = datetime(2026, 10, 2, tzinfo=UTC)
    inputs = given(credits=bounded, created=created, now=datetime(2027, 2, 1, 12, tzinfo=UTC))
    found = reports(closed(inputs, errors=50_000))
    assert [(one["spec"]["period"], one["spec"]["creditPercent"]) for one in found] == [
        ("2026-10", 25),
        ("2026-11", 25),
        ("2026-12", 10),
        ("2027-01", 25),
    ]


# Once and for all


def test_a_report_is_written_once() -> None:
    inputs = closed(given())
    applied = next(one for one in plan(inputs).applies if one.kind == SLA_REPORT)
    assert applied.uid is None, "by POST: a name that is taken is not written again"
    written = kept(inputs)
    assert reports(written) == []
    assert reports(closed(replace(written, now=CLOSED + timedelta(days=20)))) == []


def test_the_same_report_whenever_it_is_written() -> None:
    late = given(now=CLOSED + timedelta(days=12))
    assert report(closed(late)) == report(closed(given()))


def test_a_report_that_somebody_deleted_stays_deleted() -> None:
    written = kept(closed(given()))
    told = world.with_status(written, plan(written).status)
    deleted = replace(told, reports=[])
    assert what_is_due(deleted, [entry["period"] for entry in deleted.sla["status"]["history"]]) == []
    assert reports(deleted) == []
    status = plan(deleted).status
    assert status is not None
    assert status["history"] == told.sla["status"]["history"]


# The history on the status


def test_the_history_is_what_the_reports_say() -> None:
    inputs = closed(given(created=datetime(2026, 10, 2, tzinfo=UTC), credits=CREDITS), errors=5000)
    assert "history" not in (plan(inputs).status or {}), "only what was written is told"
    status = plan(kept(inputs)).status
    assert status is not None
    assert [entry["period"] for entry in status["history"]] == ["2026-11", "2026-10"]
    assert status["history"][0] == {
        "period": "2026-11",
        "endTime": "2026-11-30T23:00:00Z",
        "verdict": "Breached",
        "objective": "availability",
        "sli": "99.5000",
        "target": "99.9",
        "creditPercent": 10,
        "report": "payments-2026-11-r1",
    }


def test_of_several_revisions_the_last_one_counts() -> None:
    inputs = kept(closed(given(), errors=5000))
    (first,) = inputs.reports
    second = {
        **first,
        "metadata": {**first["metadata"], "name": "payments-2026-11-r2"},
        "spec": {**first["spec"], "revision": 2, "supersedes": "payments-2026-11-r1", "verdict": "Met"},
    }
    status = plan(replace(inputs, reports=[second, first])).status
    assert status is not None
    assert [(entry["verdict"], entry["report"]) for entry in status["history"]] == [("Met", "payments-2026-11-r2")]
    assert in_force([second, first]) == [second]


def test_the_history_holds_the_last_thirteen() -> None:
    inputs = closed(given(created=datetime(2020, 1, 1, tzinfo=UTC)))
    inputs = kept(inputs)
    later = kept(closed(replace(inputs, now=datetime(2027, 1, 1, 12, tzinfo=UTC))))
    status = plan(later).status
    assert status is not None
    periods_told = [entry["period"] for entry in status["history"]]
    assert (len(periods_told), periods_told[0], periods_told[-1]) == (13, "2026-12", "2025-12")
    assert len(later.reports) == 14
