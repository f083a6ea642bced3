"""When a service is reported on: whole periods one after the other, each once, whatever happened in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from platform_contracts.product import periods
from platform_contracts.product.periods import Period
from tests.product.world import World

MADE = datetime(2027, 1, 1, 9, 30, tzinfo=UTC)
ASSESSMENT: dict[str, Any] = {"assessment": {"periodDays": 30}}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_first_period_is_over_at_midnight_and_reported_an_hour_later() -> None:
    assert periods.end(MADE, None, 30) == at("2027-01-02")
    assert periods.due(MADE, None, 30, at("2027-01-02T00:59:59")) is None
    assert periods.due(MADE, None, 30, at("2027-01-02T01:00:00")) == Period(MADE, at("2027-01-02"))
    # Of a service that was there before it was assessed, all that was so far.
    assert periods.due(MADE, None, 30, at("2027-06-01T12:00:00")) == Period(MADE, at("2027-06-01"))


def test_a_period_begins_where_the_one_before_ended() -> None:
    last = at("2027-01-02")
    assert periods.due(MADE, last, 30, last + timedelta(days=30)) is None
    assert periods.due(MADE, last, 30, last + timedelta(days=30, hours=1)) == Period(last, last + timedelta(days=30))
    assert periods.end(MADE, last, 30) == at("2027-02-01")


def test_after_a_long_absence_one_period_stands_for_those_that_were_missed() -> None:
    last = at("2027-01-02")
    found = periods.due(MADE, last, 30, last + timedelta(days=100))
    assert found == Period(last, last + timedelta(days=90))


@pytest.mark.parametrize("days", [7, 29, 90])
def test_another_length_leaves_no_gap_and_no_overlap(days: int) -> None:
    last = at("2027-03-01")
    found = periods.due(MADE, last, days, last + timedelta(days=91))
    assert found is not None
    assert (found.start, (found.end - last) % timedelta(days=days)) == (last, timedelta(0))


def test_reports_follow_each_other_without_a_gap() -> None:
    world = World()
    starts = [world.created]
    ends: list[datetime] = []
    for _ in range(365):
        report = world.report(**ASSESSMENT)
        if report:
            starts.append(at(report["spec"]["endTime"][:-1]))
            ends.append(starts[-1])
            assert at(report["spec"]["startTime"][:-1]) == starts[-2]
            assert world.report(**ASSESSMENT) is None
        world.now += timedelta(days=1)
    assert len(ends) == 13
    assert {later - earlier for earlier, later in pairwise(ends)} == {timedelta(days=30)}


def test_what_time_alone_makes_due_is_looked_at_then() -> None:
    world = World()
    world.report(**ASSESSMENT)
    again = world.plan(**ASSESSMENT).requeue_after
    assert again is not None
    world.now += again - timedelta(seconds=1)
    assert world.report(**ASSESSMENT) is None
    world.now += timedelta(seconds=1)
    assert world.report(**ASSESSMENT) is not None


def test_what_is_in_motion_is_not_put_on_record() -> None:
    world = World()
    world.facts["settled"] = False
    plan = world.plan(**ASSESSMENT)
    assert (list(plan.applies), plan.requeue_after) == ([], timedelta(seconds=10))
    world.facts["settled"] = True
    assert world.report(**ASSESSMENT) is not None


def test_a_report_that_somebody_deleted_is_not_written_again() -> None:
    world = World()
    world.report(**ASSESSMENT)
    world.assessed = world.section("assessment", **ASSESSMENT)
    world.reports.clear()
    assert world.report(**ASSESSMENT) is None
    assert world.section("assessment", **ASSESSMENT) == world.assessed


def test_a_service_without_an_assessment_is_not_reported_on() -> None:
    world = World()
    world.say(comment="Hello")
    assert world.report() is None
    assert "assessment" not in world.plan().sections
