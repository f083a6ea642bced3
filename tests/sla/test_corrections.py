"""What is excluded after a period was reported: a correction that supersedes, never an edit, and both numbers in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platform_contracts.api.schedule import Interval
from platform_contracts.kube.kinds import SLA_REPORT
from platform_contracts.kube.objects import Object, format_time
from platform_contracts.sla.exclusions.planned import Planned
from platform_contracts.sla.plan import SLAInputs, plan
from platform_contracts.sla.reports import judging
from platform_contracts.sla.reports import wanted as wanting
from platform_contracts.sla.reports.closing import Failure
from platform_contracts.sla.reports.judging import Sums
from tests.sla import world
from tests.sla.closed import CLOSED, CREDITS, NOVEMBER, closed, given, kept, objective, report, reports, wanted

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TERMS = {"noticeSeconds": 3600, "maxSecondsPerPeriod": 4 * 3600, "retroactiveWithinDays": 10}
# In the last week of November, so that it may be claimed until the first days of December.
OUTAGE = Interval(NOVEMBER.end - 5 * DAY, NOVEMBER.end - 5 * DAY + HOUR)
TAIL = timedelta(seconds=315)
# 700 of 10,000 fail in an hour, 1,000 of a million are allowed.
BREACH: dict[str, Any] = {"events": 1_000_000, "errors": 1500, "part": (10_000, 700)}


def claimed(
    time: Interval = OUTAGE, *, name: str = "upgrade", announced: datetime = CLOSED + timedelta(minutes=20)
) -> Planned:
    """A MaintenanceWindow that was announced after the month was reported."""
    return Planned(name, announced, (time,), False)


def month(*, credits: Object | None = None, now: datetime = CLOSED, **fields: Any) -> SLAInputs:
    """An SLA of November that is over, and that lets maintenance be excluded afterwards."""
    return given(maintenance=TERMS, now=now, **({"credits": credits} if credits else {}), **fields)


def excluding(inputs: SLAInputs, *windows: Planned, now: datetime = CLOSED + HOUR) -> SLAInputs:
    """The same world with these MaintenanceWindows, at a later time."""
    return replace(inputs, maintenance=windows, now=now)


def settled(inputs: SLAInputs) -> SLAInputs:
    """The same world after its reports and its status were written, and marked as superseded where they are."""
    after = kept(inputs)
    made = plan(after)
    marked = {mark.obj["metadata"]["name"]: mark.status for mark in made.marks}
    live = [
        {**one, "status": marked[one["metadata"]["name"]]} if one["metadata"]["name"] in marked else one
        for one in after.reports
    ]
    return world.with_status(replace(after, reports=live), made.status)


def reported(**counts: Any) -> SLAInputs:
    """November after its first report, a breach unless told otherwise."""
    return settled(closed(month(credits=CREDITS), **{**BREACH, **counts}))


def names(inputs: SLAInputs) -> list[str]:
    """What was reported so far."""
    return [one["metadata"]["name"] for one in inputs.reports]


def corrections(inputs: SLAInputs) -> list[Object]:
    """What the plan writes about November."""
    return [one for one in reports(closed(inputs, **BREACH)) if one["spec"]["period"] == NOVEMBER.name]


def history(inputs: SLAInputs) -> list[Object]:
    """What the status tells of closed periods."""
    status = plan(inputs).status
    assert status is not None
    return list(status["history"])


# The correction


def test_it_supersedes_with_what_was_counted_less_what_is_excluded() -> None:
    found = report(closed(excluding(reported(), claimed()), **BREACH))
    assert found["metadata"]["name"] == "payments-2026-11-r2"
    spec = found["spec"]
    assert (spec["revision"], spec["supersedes"]) == (2, "payments-2026-11-r1")
    assert (spec["verdict"], spec["creditPercent"]) == ("Met", 0)
    assert spec["worst"] == {"objective": "availability", "sli": "99.9191", "target": "99.9"}
    assert spec["exclusions"] == [
        {
            "maintenanceWindow": "upgrade",
            "startTime": format_time(OUTAGE.start),
            "endTime": format_time(OUTAGE.end),
        }
    ]
    one = objective(found)
    assert (one["numerator"], one["denominator"]) == ("989200.000", "990000.000")
    assert one["excludedSeconds"] == 3600


def test_both_numbers_are_in_it() -> None:
    found = report(closed(excluding(reported(), claimed()), **BREACH))
    one = objective(found)
    assert one["message"] == (
        "The target was met: 80.8% of the error budget was spent. 3600 s of maintenance were excluded afterwards: "
        "without that the SLI would be 99.8500%, a breach."
    )
    assert one["inFull"] == {
        "numerator": "998500.000",
        "denominator": "1000000.000",
        "coverage": "1.0000",
        "sli": "99.8500",
        "verdict": "Breached",
    }
    assert found["spec"]["message"] == (
        "It corrects payments-2026-11-r1: MaintenanceWindow upgrade (2026-11-25T23:00:00Z to 2026-11-26T00:00:00Z) is "
        "excluded afterwards. Breached (availability at 99.8500% of 99.9%) became Met (availability at 99.9191% of "
        "99.9%). The credit of 10% became 0%."
    )


def test_the_status_shows_the_report_in_force_with_both_numbers() -> None:
    inputs = settled(closed(excluding(reported(), claimed()), **BREACH))
    (entry,) = history(inputs)
    assert (entry["verdict"], entry["sli"], entry["creditPercent"]) == ("Met", "99.9191", 0)
    assert entry["report"] == "payments-2026-11-r2"
    assert "Breached (availability at 99.8500% of 99.9%) became Met" in entry["message"]


def test_it_is_told_by_one_event() -> None:
    before = reported()
    assert plan(before).events == (), "the first report is in the status, and no news of a correction"
    inputs = kept(closed(excluding(before, claimed()), **BREACH))
    (event,) = plan(inputs).events
    assert (event.reason, event.warning) == ("ReportCorrected", False)
    assert event.message.startswith(
        "2026-11 has another report, payments-2026-11-r2. It corrects payments-2026-11-r1: "
    )
    assert plan(settled(inputs)).events == ()


def test_the_superseded_report_says_by_which_one_it_is() -> None:
    inputs = kept(closed(excluding(reported(), claimed()), **BREACH))
    (mark,) = plan(inputs).marks
    assert (mark.kind, mark.obj["metadata"]["name"]) == (SLA_REPORT, "payments-2026-11-r1")
    assert mark.status == {"supersededBy": "payments-2026-11-r2"}
    assert plan(settled(inputs)).marks == [], "once"


def test_it_is_written_once() -> None:
    inputs = settled(closed(excluding(reported(), claimed()), **BREACH))
    assert names(inputs) == ["payments-2026-11-r1", "payments-2026-11-r2"]
    for later in (timedelta(0), DAY, 20 * DAY, 40 * DAY):
        assert corrections(replace(inputs, now=CLOSED + HOUR + later)) == []


def test_it_waits_for_the_counts_of_what_is_excluded() -> None:
    inputs = excluding(reported(), claimed())
    (question,) = wanted(inputs).questions
    assert question.stretch == Interval(OUTAGE.start, OUTAGE.end + TAIL)
    waits = replace(inputs, closing=replace(inputs.closing, failures={question: Failure(1, "It took too long")}))
    waits = replace(waits, measurements=world.measured(waits))
    assert reports(waits) == []
    told = world.condition(plan(waits).status, "DataFresh")
    assert (told["reason"], "The report of 2026-11 waits" in told["message"]) == ("ReportsWait", True)


def test_a_deleted_correction_is_not_written_again() -> None:
    inputs = settled(closed(excluding(reported(), claimed()), **BREACH))
    without = replace(inputs, reports=[one for one in inputs.reports if one["spec"]["revision"] == 1])
    assert reports(closed(without, **BREACH)) == []
    assert history(without)[0]["report"] == "payments-2026-11-r2"


# In the first report


def test_what_is_known_at_the_close_is_subtracted_at_once_with_both_numbers() -> None:
    late = claimed(announced=OUTAGE.end + HOUR)
    found = report(closed(excluding(month(credits=CREDITS), late, now=CLOSED), **BREACH))
    assert found["metadata"]["name"] == "payments-2026-11-r1"
    assert (found["spec"]["verdict"], found["spec"]["creditPercent"]) == ("Met", 0)
    assert objective(found)["inFull"]["sli"] == "99.8500"
    assert found["spec"]["message"] == (
        "MaintenanceWindow upgrade (2026-11-25T23:00:00Z to 2026-11-26T00:00:00Z) is excluded afterwards: without that "
        "the verdict would be Breached (availability at 99.8500% of 99.9%)."
    )
    assert reports(closed(settled(closed(excluding(month(), late, now=CLOSED), **BREACH)), **BREACH)) == []


def test_it_waits_for_all_of_its_counts() -> None:
    late = claimed(announced=OUTAGE.end + HOUR)
    inputs = closed(excluding(month(), late, now=CLOSED), **BREACH)
    whole = {one for one in inputs.closing.asked if one.stretch == wanting.stretch(NOVEMBER)}
    assert (len(inputs.closing.asked), len(whole)) == (2, 1)
    assert reports(replace(inputs, closing=replace(inputs.closing, asked=frozenset(whole)))) == []


def test_it_waits_for_maintenance_that_has_just_ended() -> None:
    """Half an hour after its end all that was recorded can be subtracted; a correction would come in minutes."""
    last = Interval(NOVEMBER.end - HOUR, NOVEMBER.end - timedelta(minutes=5))
    late = claimed(last, announced=last.end)
    assert reports(closed(excluding(month(), late, now=CLOSED), **BREACH)) == []
    (found,) = reports(closed(excluding(month(), late, now=last.end + timedelta(minutes=31)), **BREACH))
    assert (found["spec"]["revision"], len(found["spec"]["exclusions"])) == (1, 1)


def test_the_terms_of_an_sla_that_is_over_stay_until_then() -> None:
    """Its rules go when its last period is reported, and the object that carries its terms with them."""
    ends = NOVEMBER.end - 2 * DAY
    last = Interval(ends - HOUR, ends)
    inputs = month(effective={"untilTime": format_time(ends)}, now=ends - timedelta(minutes=1))
    inputs = world.written(inputs, plan(inputs).applies[0].obj)
    waits = closed(excluding(inputs, claimed(last, announced=ends), now=ends + timedelta(minutes=20)), **BREACH)
    assert (reports(waits), plan(waits).deletes) == ([], [])
    assert len(reports(closed(replace(waits, now=ends + timedelta(minutes=31)), **BREACH))) == 1


def test_it_does_not_wait_for_longer_than_an_hour() -> None:
    across = Interval(NOVEMBER.end - HOUR, NOVEMBER.end + 2 * HOUR)
    late = claimed(across, announced=across.start)
    assert reports(closed(excluding(month(), late, now=NOVEMBER.end + 59 * timedelta(minutes=1)), **BREACH)) == []
    inputs = settled(closed(excluding(month(), late, now=NOVEMBER.end + HOUR), **BREACH))
    assert "exclusions" not in inputs.reports[0]["spec"]
    found = report(closed(excluding(inputs, late, now=across.end + HOUR), **BREACH))
    assert (found["spec"]["revision"], objective(found)["excludedSeconds"]) == (2, 3600)


def test_a_late_first_report_still_knows_what_was_excluded() -> None:
    """The operator was down from the first of December on until February."""
    late = claimed(announced=OUTAGE.end + HOUR)
    before = excluding(month(), late, now=NOVEMBER.end - HOUR)
    status = plan(before).status
    inputs = world.with_status(excluding(month(), late, now=datetime(2027, 2, 10, tzinfo=UTC)), status)
    found = {one["spec"]["period"]: one for one in reports(closed(inputs, **BREACH))}
    assert found["2026-11"]["spec"]["verdict"] == "Met"
    assert "exclusions" not in found["2026-12"]["spec"]


def test_what_ends_with_the_period_shows_for_minutes_in_the_next() -> None:
    last = Interval(NOVEMBER.end - HOUR, NOVEMBER.end)
    inputs = excluding(month(), claimed(last, announced=last.end), now=datetime(2027, 1, 1, 12, tzinfo=UTC))
    status = plan(replace(inputs, now=NOVEMBER.end + HOUR)).status
    found = {one["spec"]["period"]: one for one in reports(closed(world.with_status(inputs, status), **BREACH))}
    assert [len(one["spec"]["exclusions"]) for one in found.values()] == [1, 1]
    assert "excludedSeconds" not in objective(found["2026-12"])
    assert "The last minutes of maintenance before the period were excluded" in objective(found["2026-12"])["message"]


# What becomes of a MaintenanceWindow


def test_a_window_that_is_taken_back_in_time_gives_the_first_numbers_again() -> None:
    inputs = settled(closed(excluding(reported(), claimed()), **BREACH))
    back = report(excluding(inputs, now=OUTAGE.end + 9 * DAY))
    first = inputs.reports[0]["spec"]
    assert back["metadata"]["name"] == "payments-2026-11-r3"
    same = ("verdict", "worst", "creditPercent", "objectives")
    assert {name: back["spec"][name] for name in same} == {name: first[name] for name in same}
    assert "exclusions" not in back["spec"]
    assert "upgrade (2026-11-25T23:00:00Z to 2026-11-26T00:00:00Z) is excluded no more" in back["spec"]["message"]
    assert "The credit of 0% became 10%." in back["spec"]["message"]


def test_a_window_that_goes_later_changes_nothing_any_more() -> None:
    inputs = settled(closed(excluding(reported(), claimed()), **BREACH))
    for days in (10.1, 30, 100):
        assert corrections(excluding(inputs, now=OUTAGE.end + days * DAY)) == []


def test_a_window_that_is_moved_is_excluded_where_it_is_now() -> None:
    inputs = settled(closed(excluding(reported(), claimed()), **BREACH))
    moved = Interval(OUTAGE.start + HOUR, OUTAGE.end + HOUR)
    again = CLOSED + 2 * HOUR
    found = report(
        closed(excluding(inputs, claimed(moved, announced=again), now=again), **{**BREACH, "part": (10_000, 0)})
    )
    assert [one["startTime"] for one in found["spec"]["exclusions"]] == [format_time(moved.start)]
    assert found["spec"]["verdict"] == "Breached"


def test_no_window_is_taken_back_where_the_cluster_serves_none() -> None:
    inputs = settled(closed(excluding(reported(), claimed()), **BREACH))
    assert reports(replace(excluding(inputs, now=CLOSED + 2 * HOUR), maintenance_served=False)) == []


def test_other_terms_change_no_report() -> None:
    inputs = settled(closed(excluding(reported(), claimed()), **BREACH))
    stricter = given(maintenance={**TERMS, "retroactiveWithinDays": 0}, now=CLOSED + 2 * HOUR)
    changed = replace(inputs, spec=stricter.spec, now=stricter.now)
    assert reports(closed(changed, **BREACH)) == []


def test_a_second_window_is_another_correction() -> None:
    inputs = settled(closed(excluding(reported(), claimed()), **BREACH))
    other = claimed(Interval(OUTAGE.start + DAY, OUTAGE.end + DAY), name="other", announced=CLOSED + HOUR)
    found = report(
        closed(excluding(inputs, claimed(), other, now=CLOSED + 2 * HOUR), **{**BREACH, "part": (10_000, 350)})
    )
    assert (found["spec"]["revision"], found["spec"]["supersedes"]) == (3, "payments-2026-11-r2")
    assert objective(found)["denominator"] == "980000.000", "both, from what was counted in full"
    assert objective(found)["inFull"]["denominator"] == "1000000.000"


def test_a_period_is_corrected_so_often_at_most() -> None:
    inputs = reported()
    for number in range(20):
        now = CLOSED + HOUR + number * timedelta(minutes=1)
        windows = [claimed()] if number % 2 == 0 else []
        inputs = settled(closed(excluding(inputs, *windows, now=now), **BREACH))
    assert len(inputs.reports) == wanting.MOST_REVISIONS == 10
    assert inputs.reports[-1]["spec"]["message"].endswith("No further correction will be written of this period.")


# What is not corrected


@pytest.mark.parametrize("coverage", [0.5, 0.94])
def test_data_that_were_short_are_not_corrected_by_themselves(coverage: float) -> None:
    """Prometheus has them by now, and nothing was excluded: what was reported stands."""
    inputs = reported(coverage=coverage)
    assert inputs.reports[0]["spec"]["verdict"] == "Inconclusive"
    assert wanted(replace(inputs, now=CLOSED + DAY)).questions == set()
    assert reports(closed(replace(inputs, now=CLOSED + DAY), **BREACH)) == []


def test_nor_with_what_is_excluded() -> None:
    """The gap lies elsewhere: the rest of the month is as unmeasured as it was."""
    found = report(closed(excluding(reported(coverage=0.5), claimed()), **BREACH))
    assert (found["spec"]["verdict"], objective(found)["coverage"][:4]) == ("Inconclusive", "0.49")


def test_a_gap_that_was_maintenance_is_no_gap() -> None:
    long = Interval(OUTAGE.start, OUTAGE.start + 40 * HOUR)
    terms = {**TERMS, "maxSecondsPerPeriod": 40 * 3600}
    month = given(maintenance=terms)
    before = settled(closed(month, errors=300, coverage=0.944))
    found = report(closed(excluding(before, claimed(long)), part=(0, 0), part_coverage=0))
    assert (before.reports[0]["spec"]["verdict"], found["spec"]["verdict"]) == ("Inconclusive", "Met")
    assert objective(found)["inFull"]["verdict"] == "Inconclusive"


@pytest.mark.parametrize("says", [True, False])
def test_what_prometheus_has_lost_cannot_be_subtracted_and_is_said(says: bool) -> None:
    """It says how long it keeps its data, or nothing is there of what was there when the report was written."""
    inputs = excluding(reported(), claimed())
    if says:
        measured = replace(world.measured(inputs), retention=5 * DAY)
        inputs = replace(closed(inputs, **BREACH), measurements=measured)
    else:
        inputs = closed(inputs, **{**BREACH, "part": (0, 0), "part_coverage": 0})
    found = report(inputs)
    assert found["spec"]["verdict"] == "Breached"
    assert (objective(found)["numerator"], "inFull" in objective(found)) == ("998500.000", False)
    assert "are counted here, because Prometheus has no longer what was recorded then" in objective(found)["message"]
    assert reports(closed(settled(inputs), **BREACH)) == [], "it is not asked for again"


def test_of_a_year_what_was_there_and_is_not_is_lost_however_short_it_is() -> None:
    """An hour is less than the digits of a year's coverage tell."""
    (promise,) = world.promises(given())
    whole, year = 365 * 86400, Interval(OUTAGE.start, OUTAGE.start + timedelta(minutes=40))
    counted = Sums(1_000_000, 1500, whole, whole)
    assert judging.lost(promise, counted, [year], Sums(0, 0, 0, 2400), None)
    assert not judging.lost(promise, counted, [year], Sums(10, 0, 2400, 2400), None)
    assert not judging.lost(promise, counted._replace(measured=0.99 * whole), [year], Sums(0, 0, 0, 2400), None)


def test_an_earlier_sla_of_that_name_keeps_its_reports_and_the_period_is_reported_of_the_new_one_too() -> None:
    inputs = reported()
    fresh = {**inputs.sla, "metadata": {**inputs.sla["metadata"], "uid": "another"}}
    again = excluding(replace(inputs, sla=fresh), claimed())
    after = settled(closed(again, **{**BREACH, "errors": 800}))
    first, found = after.reports
    assert first == inputs.reports[0], "it is another SLA's, so nothing supersedes it"
    assert found["metadata"]["name"] == "payments-2026-11-r2"
    assert (found["spec"]["slaUID"], found["spec"]["revision"], "supersedes" in found["spec"]) == ("another", 2, False)
    assert [one["report"] for one in history(after)] == ["payments-2026-11-r2"]
    assert reports(closed(after, **BREACH)) == [], "once"


def test_what_an_earlier_sla_of_that_name_gave_is_not_of_the_new_ones_year() -> None:
    bounded = {**CREDITS, "maxPercentPerYear": 10}
    inputs = settled(closed(month(credits=bounded), **BREACH))
    created = NOVEMBER.end + HOUR
    spec = {**inputs.sla["spec"]}
    fresh = world.inputs(world.sla(spec, created=created), now=datetime(2027, 1, 1, 12, tzinfo=UTC))
    fresh = replace(fresh, sla={**fresh.sla, "metadata": {**fresh.sla["metadata"], "uid": "another"}})
    found = report(closed(replace(fresh, reports=inputs.reports), **BREACH))
    assert (found["spec"]["period"], found["spec"]["creditPercent"]) == ("2026-12", 10)


def changed_to(inputs: SLAInputs, one: Object) -> SLAInputs:
    """The same world after the provider changed the objective."""
    return replace(inputs, spec=given(one, maintenance=TERMS, credits=CREDITS).spec)


def test_more_min_events_erase_no_breach() -> None:
    """490 of 500 were good; minEvents came in December, and a window in which nothing failed is excluded."""
    few: dict[str, Any] = {"events": 500, "errors": 10, "part": (5, 0)}
    before = settled(closed(month(credits=CREDITS), **few))
    stricter = changed_to(excluding(before, claimed()), world.objective(minEvents=1000))
    found = report(closed(stricter, **few))
    assert (found["spec"]["verdict"], found["spec"]["creditPercent"]) == ("Breached", 25)
    assert "minEvents" not in objective(found)
    needed = settled(closed(given(world.objective(minEvents=500), maintenance=TERMS), **few))
    assert objective(needed.reports[0])["minEvents"] == 500
    lax = report(closed(excluding(changed_to(needed, world.objective()), claimed()), **few))
    assert "fewer than 500 events (minEvents)" in objective(lax)["message"], "nor does less of it make a verdict"


@pytest.mark.parametrize(
    "now",
    [
        world.objective(**world.timeslices()),
        world.objective(indicator=world.LATENCY),
    ],
    ids=["slices", "indicator"],
)
def test_what_is_counted_in_another_way_by_now_is_not_subtracted(now: Object) -> None:
    inputs = changed_to(excluding(reported(), claimed()), now)
    found = closed(inputs, **BREACH)
    one, before = objective(report(found)), objective(inputs.reports[0])
    assert one == {**before, "message": one["message"]}
    assert one["message"].startswith(before["message"])
    assert "is counted here, because the SLA has changed since in what this objective counts" in one["message"]
    assert reports(closed(settled(found), **BREACH)) == []


def test_a_window_that_cannot_be_read_for_a_moment_is_not_taken_back() -> None:
    inputs = settled(closed(excluding(reported(), claimed()), **BREACH))
    unreadable = Planned("upgrade", None, (), False, unreadable=True)
    assert corrections(excluding(inputs, unreadable, now=CLOSED + 2 * HOUR)) == []
    assert len(corrections(excluding(inputs, now=CLOSED + 2 * HOUR))) == 1, "unlike one that is gone"


def test_an_objective_that_the_sla_has_no_more_stays_as_it_was_reported() -> None:
    two = month(now=CLOSED)
    both = given(world.objective(), world.objective("gone", "99"), maintenance=TERMS)
    inputs = settled(closed(both, **BREACH))
    only = replace(inputs, spec=two.spec)
    found = report(closed(excluding(only, claimed()), **BREACH))
    assert objective(found, "gone") == objective(inputs.reports[0], "gone")
    assert objective(found)["verdict"] == "Met"


def test_what_is_counted_from_objects_is_no_matter_of_maintenance() -> None:
    both = given(world.objective(), world.objective("onboarding", "90", world.LEAD_TIME), maintenance=TERMS)
    inputs = settled(closed(both, **BREACH))
    found = report(closed(excluding(inputs, claimed()), **BREACH))
    assert objective(found, "onboarding") == objective(inputs.reports[0], "onboarding")
    assert objective(found)["verdict"] == "Met"


# Credits of the year


def year(inputs: Iterable[Object]) -> dict[str, int]:
    """The credit of each period by the report in force."""
    found = {one["spec"]["period"]: one for one in sorted(inputs, key=lambda one: int(one["spec"]["revision"]))}
    return {name: int(one["spec"]["creditPercent"]) for name, one in sorted(found.items())}


def test_what_a_correction_takes_back_is_there_for_the_later_periods_of_the_year() -> None:
    """60 % to give: 25, 25 and 10. Once the first is none, the third gets all that it is due."""
    bounded = {"steps": [{"below": "99.9", "percent": 25}], "maxPercentPerYear": 60}
    weekly = {"period": "Week", "timeZone": "Europe/Berlin"}
    start = datetime(2026, 11, 1, 23, tzinfo=UTC)
    spec = world.sla_spec(calendar=weekly, credits=bounded, maintenance={**TERMS, "retroactiveWithinDays": 30})
    inputs = world.inputs(world.sla(spec, created=start), now=start + 3 * 7 * DAY + HOUR)
    weeks = [one.period for one in wanted(inputs).firsts]
    assert len(weeks) == 3
    # All that fails in the first week fails within an hour.
    counts: dict[str, Any] = {"errors": 5000, "part": (5000, 5000)}
    inputs = settled(closed(inputs, **counts))
    assert list(year(inputs.reports).values()) == [25, 25, 10]
    time = Interval(weeks[0].start + DAY, weeks[0].start + DAY + HOUR)
    again = settled(closed(excluding(inputs, claimed(time, announced=inputs.now), now=inputs.now + HOUR), **counts))
    assert list(year(again.reports).values()) == [0, 25, 25]
    assert names(again)[3:] == [f"payments-{weeks[0].name.lower()}-r2", f"payments-{weeks[2].name.lower()}-r2"]
    last = again.reports[-1]["spec"]
    assert "reports of earlier periods were corrected" in last["message"]
    assert "The credit of 10% became 25%." in last["message"]
    assert last["objectives"] == inputs.reports[2]["spec"]["objectives"], "nothing else is another"
    assert reports(closed(again, **counts)) == []


@pytest.mark.parametrize("kept", [31, 60])
def test_a_correction_takes_no_verdict_back_for_what_prometheus_has_dropped_since(kept: int) -> None:
    """It is judged by what the report says was counted, when all of it was there."""
    counts = {"coverage": 0.97, "part": (10_000, 100)}
    later = excluding(reported(**counts), claimed(), now=CLOSED + 3 * DAY)
    later = replace(later, measurements=replace(world.measured(later), retention=kept * DAY))
    (found,) = [one for one in reports(closed(later, **{**BREACH, **counts})) if one["spec"]["revision"] == 2]
    assert (found["spec"]["verdict"], found["spec"]["creditPercent"]) == ("Breached", 10)


def test_a_correction_tells_no_more_than_its_report_of_a_beginning_that_was_not_kept() -> None:
    counts = {"coverage": 0.97, "part": (10_000, 100)}
    first = month(credits=CREDITS)
    first = replace(first, measurements=replace(world.measured(first), retention=20 * DAY))
    first = settled(closed(first, **{**BREACH, **counts}))
    assert first.reports[0]["spec"]["verdict"] == "Inconclusive"
    later = excluding(first, claimed(), now=CLOSED + 3 * DAY)
    later = replace(later, measurements=replace(world.measured(later), retention=400 * DAY))
    (found,) = [one for one in reports(closed(later, **{**BREACH, **counts})) if one["spec"]["revision"] == 2]
    assert found["spec"]["verdict"] == "Inconclusive"
