"""Maintenance that comes again: when it is, by the clock of its zone, and what consumers are told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from platform_contracts.api.maintenance_window import MaintenanceWindowSpec
from platform_contracts.api.schedule import Schedule
from platform_contracts.kube.objects import Object
from platform_contracts.onboarding import maintenance
from platform_contracts.onboarding.inputs import WindowInputs
from tests.onboarding.world import message, reason

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
SUNDAYS = "FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=0"
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def schedule(rrule: str = SUNDAYS, zone: str = "Europe/Berlin", seconds: int = 7200) -> Object:
    return {"rrule": rrule, "timeZone": zone, "durationSeconds": seconds}


def begins(rrule: str, since: datetime = NOW, zone: str = "Europe/Berlin", count: int = 4) -> list[str]:
    """When a schedule of two hours begins, in UTC."""
    read = Schedule.model_validate(schedule(rrule, zone))
    assert read.problem() is None
    return [f"{one.start:%Y-%m-%d %H:%M}" for one in islice(read.occurrences(since), count)]


def test_the_clock_on_the_wall_stays_the_same_when_the_clocks_change() -> None:
    assert begins(SUNDAYS, datetime(2027, 3, 15, tzinfo=UTC)) == [
        "2027-03-21 01:00",
        "2027-03-28 01:00",  # the clocks leave out 02:00, so it is 03:00 in summer time
        "2027-04-04 00:00",
        "2027-04-11 00:00",
    ]
    assert begins(SUNDAYS, datetime(2027, 10, 18, tzinfo=UTC), count=3) == [
        "2027-10-24 00:00",
        "2027-10-31 00:00",  # the first of two
        "2027-11-07 01:00",
    ]


@pytest.mark.parametrize(
    ("rrule", "found"),
    [
        ("FREQ=DAILY", ["2027-03-01 23:00", "2027-03-02 23:00", "2027-03-03 23:00"]),
        ("FREQ=MONTHLY;BYDAY=1SA;BYHOUR=22", ["2027-03-06 21:00", "2027-04-03 20:00", "2027-05-01 20:00"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=12", ["2027-03-31 10:00", "2027-04-30 10:00", "2027-05-31 10:00"]),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;BYHOUR=12",
            ["2027-03-31 10:00", "2027-04-30 10:00", "2027-05-31 10:00"],
        ),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1;BYHOUR=12", ["2028-02-29 11:00"]),
        ("FREQ=DAILY;BYHOUR=9;UNTIL=20270303T000000Z", ["2027-03-01 08:00", "2027-03-02 08:00"]),
    ],
)
def test_what_rules_mean(rrule: str, found: list[str]) -> None:
    assert begins(rrule, count=3) == found


def test_a_time_counts_as_ahead_until_it_is_over() -> None:
    start = datetime(2027, 3, 7, 1, 0, tzinfo=UTC)
    assert begins(SUNDAYS, start + 2 * HOUR - SECOND, count=1) == ["2027-03-07 01:00"]
    assert begins(SUNDAYS, start + 2 * HOUR, count=1) == ["2027-03-14 01:00"]


@pytest.mark.parametrize("until", ["20270331T235959Z", "20990101T000000Z"])
def test_a_search_ends(until: str) -> None:
    found = Schedule.model_validate(schedule(f"FREQ=DAILY;UNTIL={until}")).occurrences(NOW)
    assert len(list(found)) <= 401


# What the window says


def inputs(now: datetime = NOW, status: Object | None = None, **changed: Any) -> WindowInputs:
    window: Object = {"metadata": {"name": "patching", "namespace": "platform", "generation": 1}}
    if status is not None:
        window["status"] = status
    spec = {"serviceRef": {"name": "payments"}, "reason": "Patches", "schedule": schedule(), **changed}
    read = MaintenanceWindowSpec.model_validate(spec)
    return WindowInputs(window=window, spec=read, service={"metadata": {}}, provider=True, now=now)


def status(given: WindowInputs) -> Object:
    planned = maintenance.plan(given)
    assert planned.status is not None
    return planned.status


def test_it_is_announced_and_active_in_turn() -> None:
    start = datetime(2027, 3, 7, 1, 0, tzinfo=UTC)
    first = status(inputs())
    assert (first["state"], first["startTime"], first["endTime"], first["nextStartTime"]) == (
        "Announced",
        "2027-03-07T01:00:00Z",
        "2027-03-07T03:00:00Z",
        "2027-03-07T01:00:00Z",
    )
    assert message({"status": first}).startswith(
        "platform/payments will be under maintenance from 2027-03-07 01:00 to 03:00 UTC, and again by its schedule; "
    )
    active = status(inputs(start, first))
    assert (active["state"], active["startTime"], active["nextStartTime"]) == (
        "Active",
        "2027-03-07T01:00:00Z",
        "2027-03-14T01:00:00Z",
    )
    again = status(inputs(start + 2 * HOUR, active))
    assert (again["state"], again["startTime"]) == ("Announced", "2027-03-14T01:00:00Z")
    assert first["announcedTime"] == active["announcedTime"] == again["announcedTime"]


def test_it_is_looked_at_again_at_each_beginning_and_end() -> None:
    start = datetime(2027, 3, 7, 1, 0, tzinfo=UTC)
    assert maintenance.plan(inputs()).requeue_after == start - NOW
    assert maintenance.plan(inputs(start)).requeue_after == 2 * HOUR
    assert maintenance.plan(inputs(start + 2 * HOUR)).requeue_after == 7 * DAY - 2 * HOUR


def test_nothing_changes_between_two_looks() -> None:
    first = status(inputs())
    assert status(inputs(NOW + HOUR, first)) == first


def test_the_announcement_counts_from_when_this_schedule_was_first_told() -> None:
    first = status(inputs())
    later = NOW + DAY
    assert status(inputs(later, first, reason="Other patches"))["announcedTime"] == "2027-03-01T09:00:00Z"
    for changed in (schedule(seconds=7201), schedule(zone="Etc/UTC"), schedule(SUNDAYS.replace("SU", "SA"))):
        assert status(inputs(later, first, schedule=changed))["announcedTime"] == "2027-03-02T09:00:00Z"


def test_it_is_over_when_its_rule_ends() -> None:
    ended = status(inputs(schedule=schedule("FREQ=DAILY;UNTIL=20270201T000000Z")))
    assert ended["state"] == "Over"
    assert not {"startTime", "nextStartTime"} & ended.keys()
    assert "ended with its schedule's UNTIL" in message({"status": ended})
    assert maintenance.plan(inputs(schedule=schedule("FREQ=DAILY;UNTIL=20270201T000000Z"))).requeue_after is None


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            schedule(zone="Europe/Bonn"),
            "spec.schedule.timeZone: there is no time zone Europe/Bonn; name one of the IANA database, for example "
            "Europe/Berlin; nobody is told of this maintenance until then.",
        ),
        (
            schedule("FREQ=DAILY;UNTIL=20270231T000000Z"),
            "spec.schedule.rrule: FREQ=DAILY;UNTIL=20270231T000000Z cannot be read; write a rule of RFC 5545 with days "
            f"that there are, for example {SUNDAYS}; nobody is told of this maintenance until then.",
        ),
    ],
)
def test_what_the_schema_cannot_see_is_told(changed: Object, told: str) -> None:
    stalled = {"status": status(inputs(schedule=changed))}
    assert reason(stalled, "Stalled") == "True/InvalidSchedule"
    assert message(stalled) == told
    given = inputs(schedule=changed)
    assert given.spec is not None
    assert maintenance.windows("patching", given.spec, NOW) == []


# What consumers are told


def told_at(now: datetime, rrule: str = SUNDAYS) -> list[str]:
    given = inputs(schedule=schedule(rrule))
    assert given.spec is not None
    found = maintenance.windows("patching", given.spec, now)
    return [f"{one.start:%m-%d %H:%M}" for one in maintenance.told(found, now)]


def test_consumers_are_told_of_the_next_two_times() -> None:
    assert told_at(NOW) == ["03-07 01:00", "03-14 01:00"]
    assert told_at(datetime(2027, 3, 7, 2, 0, tzinfo=UTC)) == ["03-07 01:00", "03-14 01:00"]
    assert told_at(NOW, "FREQ=DAILY;BYHOUR=2") == ["03-02 01:00", "03-03 01:00"], "and not of a fortnight of them"
    assert told_at(NOW, "FREQ=MONTHLY;BYDAY=-1SU;BYHOUR=2") == [], "it is further ahead than 14 days"


def test_a_single_window_is_told_as_ever() -> None:
    given = inputs(schedule=None, startTime="2027-03-07T01:00:00Z", endTime="2027-03-07T03:00:00Z")
    assert given.spec is not None
    (one,) = maintenance.windows("upgrade", given.spec, NOW)
    assert one == ("upgrade", datetime(2027, 3, 7, 1, tzinfo=UTC), datetime(2027, 3, 7, 3, tzinfo=UTC), "Patches")
    assert maintenance.windows("upgrade", given.spec, one.end) == []
    assert "nextStartTime" not in status(replace(given, now=one.start))
