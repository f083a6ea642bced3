"""Which maintenance an SLA leaves out of its figures, by its own terms, and what it says of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from platform_contracts.api.exclusion import Maintenance
from platform_contracts.api.names import EXCLUSIONS_ANNOTATION
from platform_contracts.api.schedule import Interval
from platform_contracts.api.sla import SLASpec
from platform_contracts.api.sla_status import SLAStatus
from platform_contracts.kube.objects import Object
from platform_contracts.sla import intervals
from platform_contracts.sla.exclusions import decision as deciding
from platform_contracts.sla.exclusions import exclusion, verdict
from platform_contracts.sla.exclusions.decision import Decision
from platform_contracts.sla.exclusions.exclusion import Exclusion
from platform_contracts.sla.exclusions.planned import MOST_AHEAD, Planned
from platform_contracts.sla.plan import plan
from tests.sla import world
from tests.sla.closed import NOVEMBER, closed, given, objective, report
from tests.sla.world import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WINDOW = 30 * DAY
TERMS = Maintenance(notice_seconds=3 * 86400, max_seconds_per_period=4 * 3600)
RETROACTIVE = TERMS.model_copy(update={"retroactive_within_days": 3})


def ahead(hours: float, length: float = 1) -> Interval:
    """A time that begins so many hours from now, and lasts so many."""
    start = NOW + timedelta(hours=hours)
    return Interval(start, start + timedelta(hours=length))


def window(
    *times: Interval, announced: datetime | None = NOW - 10 * DAY, name: str = "upgrade", recurring: bool = False
) -> Planned:
    return Planned(name, announced, times, recurring)


def decide(
    *planned: Planned,
    terms: Maintenance | None = TERMS,
    before: Sequence[Exclusion] = (),
    now: datetime = NOW,
    forgotten_since: datetime | None = None,
) -> Decision:
    return deciding.decide(
        terms,
        before,
        planned,
        oldest=now - WINDOW,
        since=now - WINDOW,
        periods_of=partial(intervals.rolling, WINDOW),
        now=now,
        forgotten_since=forgotten_since,
    )


def excluded(decision: Decision) -> list[tuple[str, float, float, bool]]:
    """Window, start and end in hours from now, and whether retroactive."""
    return [
        (one.window, (one.start - NOW) / HOUR, (one.end - NOW) / HOUR, one.retroactive) for one in decision.exclusions
    ]


def test_what_was_announced_in_time_is_excluded_ahead() -> None:
    decision = decide(window(ahead(1)))
    assert excluded(decision) == [("upgrade", 1, 2, False)]
    assert decision.verdicts["upgrade"] == (3600, "All of it is excluded.")


def test_the_notice_counts_to_the_second() -> None:
    start = ahead(1).start
    notice = timedelta(seconds=TERMS.notice_seconds)
    assert decide(window(ahead(1), announced=start - notice)).exclusions
    late = decide(window(ahead(1), announced=start - notice + timedelta(seconds=1)))
    assert late.exclusions == ()
    assert late.verdicts["upgrade"] == (
        0,
        "Nothing is excluded: it was announced on 2026-11-20T13:00:01Z, which is less than the SLA's noticeSeconds "
        "(259200) before its start, and the SLA excludes nothing retroactively; announce it earlier the next time.",
    )


def test_without_terms_nothing_is_excluded_and_the_way_is_said() -> None:
    decision = decide(window(ahead(1)), terms=None)
    assert decision.exclusions == ()
    seconds, message = decision.verdicts["upgrade"]
    assert seconds == 0
    assert "add for example maintenance: {noticeSeconds: 259200, maxSecondsPerPeriod: 14400} to its spec" in message


def test_what_is_not_announced_yet_is_nothing_yet() -> None:
    assert decide(window(ahead(1), announced=None)) == Decision((), {})


def test_the_far_future_waits_but_its_verdict_is_given() -> None:
    decision = decide(window(ahead(24 * 60)))
    assert decision.exclusions == ()
    assert decision.verdicts["upgrade"].seconds == 3600


def test_only_so_many_are_ahead_at_once() -> None:
    found = decide(
        *(window(ahead(hour, 0.1), name=f"w{hour}") for hour in range(1, 40)),
        terms=TERMS.model_copy(update={"max_seconds_per_period": 10**6}),
    )
    assert len(found.exclusions) == MOST_AHEAD
    assert [one.window for one in found.exclusions][:2] == ["w1", "w2"], "the next ones"


def daily(days: int, *, per_day: int = 1) -> list[Exclusion]:
    """Minutes that were excluded on each of the last days, the oldest first."""
    starts = [NOW - timedelta(days=day / per_day) for day in range(days * per_day, 0, -1)]
    return [Exclusion("nightly", start, start + timedelta(minutes=1), False) for start in starts]


def yearly(before: Sequence[Exclusion]) -> Decision:
    """What a calendar year excludes, with an hour from now on as well."""
    spec = SLASpec.model_validate(
        world.sla_spec(
            calendar={"period": "Year", "timeZone": "Europe/Berlin"}, maintenance={"maxSecondsPerPeriod": 86400}
        )
    )
    return deciding.of_sla(
        world.sla(status={"exclusions": exclusion.render(before)}), spec, [window(ahead(1), name="next")], NOW
    )


def test_daily_maintenance_fits_into_the_status_of_a_year_s_sla() -> None:
    """Of the year that is over the oldest go; of the one that runs all are there, and with them the next."""
    before = daily(600)
    decision = yearly(before)
    assert decision.exclusions[-1].window == "next"
    assert list(decision.exclusions[:-1]) == before[-verdict.MOST_KEPT + 1 :]
    SLAStatus.model_validate({"exclusions": exclusion.render(decision.exclusions)})


def test_more_than_there_is_room_for_are_not_excluded_and_it_is_said() -> None:
    decision = yearly(daily(205, per_day=2)[-verdict.MOST_KEPT :])
    assert {one.window for one in decision.exclusions} == {"nightly"}
    assert decision.verdicts["next"] == (
        0,
        "Nothing is excluded: the SLA excludes 400 times in its window already, and there is no room for more; plan "
        "fewer and longer ones.",
    )


# The quota


def test_what_is_beyond_the_quota_counts() -> None:
    decision = decide(window(ahead(1, 6)))
    assert excluded(decision) == [("upgrade", 1, 5, False)]
    assert decision.verdicts["upgrade"] == (
        14400,
        "14400 of 21600 s are excluded: with more, one of the SLA's windows would exceed its maxSecondsPerPeriod "
        "(14400); what is beyond counts.",
    )


def test_what_comes_first_has_the_quota() -> None:
    decision = decide(window(ahead(20, 3), name="second"), window(ahead(1, 3), name="first"))
    assert excluded(decision) == [("first", 1, 4, False), ("second", 20, 21, False)]


def test_the_quota_is_that_of_any_window_and_not_only_of_the_last() -> None:
    """A month apart to the hour, they are never in one window; an hour less, they are."""
    hours = WINDOW / HOUR
    terms = TERMS.model_copy(update={"max_seconds_per_period": 3600})
    apart = decide(window(ahead(1), name="a"), window(ahead(1 + hours), name="b"), terms=terms)
    assert [one.seconds for one in apart.verdicts.values()] == [3600, 3600]
    near = decide(window(ahead(1), name="a"), window(ahead(hours), name="b"), terms=terms)
    assert [one.seconds for one in near.verdicts.values()] == [3600, 0]


def test_time_that_two_windows_share_is_taken_once() -> None:
    decision = decide(window(ahead(1, 3), name="a"), window(ahead(2, 3), name="b"))
    assert excluded(decision) == [("a", 1, 4, False), ("b", 2, 5, False)]


@pytest.mark.parametrize(("hours", "seconds"), [(0, 0), (1, 3600), (2, 7200)])
def test_a_calendar_period_has_its_own_quota(hours: int, seconds: int) -> None:
    """November has two hours of the quota used, December none."""
    spec = SLASpec.model_validate(
        world.sla_spec(
            calendar={"period": "Month", "timeZone": "Europe/Berlin"}, maintenance={"maxSecondsPerPeriod": 2 * 3600}
        )
    )
    used = Exclusion("earlier", NOW - 5 * DAY, NOW - 5 * DAY + timedelta(hours=2 - hours), False)
    live = world.sla(status={"exclusions": exclusion.render([used])})
    december = datetime.fromisoformat("2026-12-10T00:00:00+00:00")
    planned = [
        window(ahead(1, 2), name="november"),
        window(Interval(december, december + 2 * HOUR), name="december"),
    ]
    verdicts = deciding.of_sla(live, spec, planned, NOW).verdicts
    assert verdicts["november"].seconds == seconds
    assert verdicts["december"].seconds == 7200


@pytest.mark.parametrize(("days", "report"), [(25, ", in the report of its period as well"), (5, "")])
def test_a_claim_of_a_period_that_is_over_is_said_to_be_in_its_report(days: float, report: str) -> None:
    """October has been over for three weeks, and November runs."""
    maintenance = {"maxSecondsPerPeriod": 2 * 3600, "retroactiveWithinDays": 30}
    spec = SLASpec.model_validate(
        world.sla_spec(calendar={"period": "Month", "timeZone": "Europe/Berlin"}, maintenance=maintenance)
    )
    claimed = window(ahead(-24 * days), announced=NOW - HOUR)
    message = deciding.of_sla(world.sla(), spec, [claimed], NOW).verdicts["upgrade"].message
    assert message == f"All of it is excluded, retroactively: it is subtracted half an hour after its end{report}."


# What has begun


def begun(length: float = 2) -> Exclusion:
    return Exclusion("upgrade", NOW - HOUR, NOW - HOUR + timedelta(hours=length), False)


def test_what_has_begun_goes_on_as_long_as_its_window_stands() -> None:
    assert excluded(decide(window(ahead(-1, 2)), before=[begun()])) == [("upgrade", -1, 1, False)]


def test_what_takes_longer_than_was_announced_is_said_without_a_false_reason() -> None:
    """It was to last an hour, and half of the quota is left."""
    told = decide(window(ahead(-0.5, 2)), before=[Exclusion("upgrade", NOW - HOUR / 2, NOW + HOUR / 2, False)])
    assert told.verdicts["upgrade"] == (
        3600,
        "3600 of 7200 s are excluded: what is beyond had no room in the SLA's maxSecondsPerPeriod (14400), or came "
        "when it had begun already, and counts; announce what comes as another MaintenanceWindow.",
    )


def test_a_window_that_is_deleted_or_moved_ends_what_it_began_and_hides_nothing() -> None:
    """What was left out was never recorded, so it stays known, and stays in the quota."""
    assert excluded(decide(before=[begun()])) == [("upgrade", -1, 0, False)]
    assert excluded(decide(window(ahead(5, 2), announced=NOW), before=[begun()])) == [("upgrade", -1, 0, False)]
    over = Exclusion("upgrade", NOW - 9 * HOUR, NOW - 5 * HOUR, False)
    again = decide(window(ahead(1), name="another"), before=[over])
    assert excluded(again) == [("upgrade", -9, -5, False)]
    assert again.verdicts["another"].seconds == 0, "the quota is used up"


def test_what_has_left_the_window_is_forgotten() -> None:
    long_ago = Exclusion("upgrade", NOW - WINDOW - 3 * HOUR, NOW - WINDOW - 2 * HOUR, False)
    assert decide(before=[long_ago]) == Decision((), {})


def test_what_was_not_excluded_when_it_began_is_subtracted_only_where_the_terms_have_it() -> None:
    """Be it that the SLA had no terms, that the window did not name it, or that the quota was used up."""
    late = window(ahead(-1, 1.01))
    refused = decide(late, now=NOW + HOUR)
    assert refused.exclusions == ()
    assert refused.verdicts["upgrade"] == (
        0,
        "Nothing is excluded: when it began the SLA did not exclude it, because its terms or its maxSecondsPerPeriod "
        "had no room for it then, or the window did not name the SLA, and the SLA excludes nothing retroactively; see "
        "before the start that it is excluded.",
    )
    assert decide(late, terms=RETROACTIVE).exclusions == (), "not before it is over"
    assert excluded(decide(late, terms=RETROACTIVE, now=NOW + HOUR)) == [("upgrade", -1, pytest.approx(0.01), True)]


def test_terms_that_come_long_after_a_time_do_not_exclude_it() -> None:
    """It was announced in time, and the SLA says only now that it would have excluded it."""
    decision = decide(window(ahead(-24 * 9)), terms=RETROACTIVE)
    assert decision.exclusions == ()
    assert "more than the SLA's retroactiveWithinDays (3) after its end" in decision.verdicts["upgrade"].message


@pytest.mark.parametrize("terms", [TERMS, RETROACTIVE], ids=["never afterwards", "afterwards"])
def test_what_was_refused_for_the_quota_stays_so_when_there_is_room_again(terms: Maintenance) -> None:
    """The old one used the quota up, and leaves the window two days after the other was over."""
    old = Exclusion("old", NOW - WINDOW + 2 * DAY, NOW - WINDOW + 2 * DAY + 4 * HOUR, False)
    refused, exclusions = window(ahead(1, 4)), (old,)
    for hour in range(24 * 5):
        decision = decide(refused, terms=terms, before=exclusions, now=NOW + timedelta(hours=hour))
        exclusions = decision.exclusions
        assert decision.verdicts["upgrade"].seconds == 0, f"hour {hour}"
        assert [one for one in exclusions if one.window == "upgrade" and one.end > one.start] == []
    generous = terms.model_copy(update={"max_seconds_per_period": 86400})
    assert decide(refused, terms=generous, before=exclusions, now=NOW + 5 * DAY).verdicts["upgrade"].seconds == 0


def test_what_had_no_room_takes_no_place_of_what_is_subtracted() -> None:
    full = RETROACTIVE.model_copy(update={"max_seconds_per_period": 3600})
    nothing = [Exclusion(f"w{hour}", NOW - hour * HOUR, NOW - hour * HOUR, True) for hour in range(20, 31)]
    planned = [window(ahead(-hour), announced=NOW - DAY, name=f"w{hour}") for hour in range(20, 31)]
    decision = decide(window(ahead(-5), announced=NOW, name="late"), *planned, terms=full, before=nothing)
    assert decision.verdicts["late"].seconds == 3600
    assert {decision.verdicts[one.window].seconds for one in nothing} == {0}
    assert len(decision.exclusions) == 12


def test_what_the_rules_know_begins_without_being_looked_at() -> None:
    before = decide(window(ahead(0.01)), now=NOW - HOUR).exclusions
    assert excluded(decide(window(ahead(0.01)), before=before)) == [("upgrade", 0.01, 1.01, False)]
    assert decide(before=before).exclusions == (), "it was taken back in time"


# Retroactive


def test_a_late_announcement_is_subtracted_where_the_terms_have_it() -> None:
    time = ahead(-5)
    for announced in (time.start, time.end, time.end + 3 * DAY):
        now = max(NOW, announced)
        assert decide(window(time, announced=announced), now=now).exclusions == ()
        (one,) = decide(window(time, announced=announced), terms=RETROACTIVE, now=now).exclusions
        assert (one.interval, one.retroactive) == (time, True)
    too_late = decide(
        window(time, announced=time.end + 3 * DAY + timedelta(seconds=1)), terms=RETROACTIVE, now=NOW + 4 * DAY
    )
    assert too_late.exclusions == ()
    assert "more than the SLA's retroactiveWithinDays (3) after its end" in too_late.verdicts["upgrade"].message


def test_it_is_subtracted_once_it_is_over_and_summed_up() -> None:
    time = ahead(-1, 0.9)
    running = decide(window(time, announced=NOW), terms=RETROACTIVE)
    assert running.exclusions == ()
    assert running.verdicts["upgrade"].message == (
        "All of it is excluded, retroactively: it is subtracted half an hour after its end."
    )
    assert decide(window(time, announced=NOW), terms=RETROACTIVE, now=NOW + HOUR).exclusions


def test_what_is_announced_has_the_quota_before_what_is_not() -> None:
    decision = decide(
        window(ahead(-5, 3), announced=NOW, name="late"), window(ahead(1, 3), name="planned"), terms=RETROACTIVE
    )
    assert excluded(decision) == [("late", -5, -4, True), ("planned", 1, 4, False)]


def test_room_that_comes_with_time_is_not_for_what_has_passed() -> None:
    old = Exclusion("old", NOW - WINDOW + HOUR, NOW - WINDOW + 4 * HOUR, False)
    late = window(ahead(-5, 3), announced=NOW, name="late")
    first = decide(late, terms=RETROACTIVE, before=[old])
    assert ("late", -5, -4, True) in excluded(first)
    later = decide(late, terms=RETROACTIVE, before=first.exclusions, now=NOW + DAY)
    assert excluded(later) == [("late", -5, -4, True)]


def test_a_retroactive_window_that_is_deleted_counts_again() -> None:
    before = decide(window(ahead(-5), announced=NOW), terms=RETROACTIVE).exclusions
    assert decide(before=before, terms=RETROACTIVE).exclusions == ()


# Recurring


def test_of_a_recurring_window_each_time_is_judged() -> None:
    times = (ahead(1), ahead(73))
    decision = decide(window(*times, announced=NOW, recurring=True), terms=RETROACTIVE)
    assert excluded(decision) == [("upgrade", 73, 74, False)]
    assert decision.verdicts["upgrade"] == (
        0,
        "Nothing is excluded: it was announced on 2026-11-23T12:00:00Z, which is less than the SLA's noticeSeconds "
        "(259200) before its start; the times after it will be.",
    )


def test_nothing_recurring_is_retroactive() -> None:
    decision = decide(window(ahead(-0.5), ahead(24), recurring=True), terms=RETROACTIVE)
    assert excluded(decision) == [("upgrade", 24, 25, False)]
    assert decision.verdicts["upgrade"].seconds == 0


@pytest.mark.parametrize("terms", [TERMS, RETROACTIVE])
def test_what_the_rules_left_out_is_known_again_where_the_status_was_lost(terms: Maintenance) -> None:
    planned = [
        window(ahead(-50, 2), name="over", announced=NOW - 20 * DAY),
        window(ahead(-1, 2), name="runs", announced=NOW - 20 * DAY),
    ]
    known = [("over", -50, -48, False), ("runs", -1, 1, False)]
    assert excluded(decide(*planned, terms=terms, forgotten_since=NOW - 30 * DAY)) == known
    assert ("over", -50, -48, False) not in excluded(decide(*planned, terms=terms)), "a status knows what it refused"
    since = decide(*planned, terms=terms, forgotten_since=NOW - DAY)
    assert ("over", -50, -48, False) not in excluded(since), "before the SLA there were no rules"
    late = window(ahead(-50, 2), announced=NOW - 3 * DAY)
    assert all(one.retroactive for one in decide(late, terms=terms, forgotten_since=NOW - 30 * DAY).exclusions)


def test_a_wiped_status_does_not_lose_the_verdict_of_a_month_with_long_maintenance() -> None:
    """Two days of November are left out; without them 93.3 % of it are measured."""
    terms = {"noticeSeconds": 3600, "maxSecondsPerPeriod": 48 * 3600}
    time = Interval(NOVEMBER.start + 19 * DAY, NOVEMBER.start + 21 * DAY)
    inputs = replace(given(maintenance=terms), maintenance=[Planned("upgrade", NOVEMBER.start, (time,), False)])
    assert "status" not in inputs.sla
    found = report(closed(inputs, coverage=28 / 30))
    assert (found["spec"]["verdict"], objective(found)["excludedSeconds"]) == ("Met", 48 * 3600)


@pytest.mark.parametrize("wiped_to", [{}, {"observedGeneration": -1}], ids=["nothing", "what the schema fills in"])
@pytest.mark.parametrize("calendar", [None, {"period": "Month", "timeZone": "Europe/Berlin"}], ids=["rolling", "month"])
def test_what_is_over_of_maintenance_that_comes_again_outlasts_a_wiped_status(
    calendar: Object | None, wiped_to: Object
) -> None:
    """Nobody can derive it: its MaintenanceWindow tells of what is ahead, and the rules of the last hour."""
    spec = world.sla_spec(calendar=calendar, maintenance={"noticeSeconds": 3600, "maxSecondsPerPeriod": 48 * 3600})
    nightly = Planned("nightly", NOW - 20 * DAY, (ahead(12),), recurring=True)
    before = [
        Exclusion("nightly", NOW - 2 * DAY, NOW - 47 * HOUR, False),
        Exclusion("late", NOW - DAY, NOW - DAY, True),
    ]
    status = {"observedGeneration": 1, "exclusions": exclusion.render(before)}
    inputs = replace(world.inputs(world.sla(spec, status=status)), maintenance=[nightly])
    planned = plan(inputs)
    told = (planned.status or {})["exclusions"]
    assert [(one["maintenanceWindow"], one["retroactive"]) for one in told] == [("nightly", False), ("nightly", False)]
    wiped = world.with_status(world.written(inputs, planned.applies[0].obj), wiped_to)
    again = plan(wiped)
    assert (again.status or {})["exclusions"] == told
    assert [one.obj for one in again.applies] == [one.obj for one in planned.applies], "so are its rules"
    lost = plan(replace(wiped, live_rules=[]))
    assert [one["startTime"] for one in (lost.status or {})["exclusions"]] == ["2026-11-24T00:00:00Z"]


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', '{"a": {"leftOut": ["x/y"]}}', '{"a": {"leftOut": ["x"]}}'])
def test_an_annotation_that_somebody_has_changed_says_nothing(text: str) -> None:
    rules = world.written(world.inputs(), plan(world.inputs()).applies[0].obj).live_rules[0][1]
    annotated = {**rules, "metadata": {**rules["metadata"], "annotations": {EXCLUSIONS_ANNOTATION: text}}}
    assert exclusion.known(world.sla(), [annotated]) is None


def test_what_a_rule_object_keeps_is_read_again() -> None:
    found = decide(window(ahead(-5), announced=NOW), window(ahead(1), name="next"), terms=RETROACTIVE).exclusions
    rules = world.written(world.inputs(), plan(world.inputs()).applies[0].obj).live_rules[0][1]
    annotated = {**rules, "metadata": {**rules["metadata"], "annotations": exclusion.annotation(found)}}
    assert exclusion.known(world.sla(), [annotated]) == list(found)
    foreign = {**annotated, "metadata": {**annotated["metadata"], "labels": {}}}
    assert exclusion.known(world.sla(), [foreign]) is None


def test_what_is_written_is_read_again() -> None:
    found = decide(window(ahead(-5), announced=NOW), window(ahead(1), name="next"), terms=RETROACTIVE).exclusions
    entries: list[Object] = exclusion.render(found)
    assert tuple(exclusion.read(entries)) == found
    assert entries[1] == {
        "maintenanceWindow": "next",
        "startTime": "2026-11-23T13:00:00Z",
        "endTime": "2026-11-23T14:00:00Z",
        "retroactive": False,
    }
