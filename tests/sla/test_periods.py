"""Calendar periods in time zones: where they begin and end, what they are called, and that they tile time."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_contracts.api.calendar import CalendarPeriod, CalendarWindow, time_zone
from platform_contracts.api.sla import Window
from platform_contracts.sla import periods, windows

WEEK, MONTH, QUARTER, YEAR = CalendarPeriod

# Whole, half and quarter hours; clocks that change by half an hour, at midnight, and not at all; no Dec 30 in 2011.
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "America/Havana",
    "Asia/Beirut",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Etc/UTC",
]
seconds = st.integers(1_000_000_000, 3_786_912_000)  # from 2001 to 2089
moments = seconds.map(lambda second: datetime.fromtimestamp(second, UTC))
kinds = st.sampled_from(list(CalendarPeriod))
zones = st.sampled_from(ZONES).map(ZoneInfo)


@given(moments, kinds, zones)
def test_every_moment_lies_in_one_period_and_periods_leave_no_gap(
    moment: datetime, kind: CalendarPeriod, zone: ZoneInfo
) -> None:
    period = periods.containing(moment, kind, zone)
    assert period.start < moment <= period.end
    after = periods.following(period, kind, zone)
    assert after.start == period.end
    assert after.name > period.name
    for inside in (period.start + timedelta(microseconds=1), period.end):
        assert periods.containing(inside, kind, zone) == period
    assert periods.containing(period.start, kind, zone).end == period.start
    assert period.seconds <= periods.LONGEST_SECONDS[kind]
    usual = windows.length(Window(calendar=CalendarWindow(period=kind, time_zone=zone.key)))
    assert abs(period.seconds - usual) <= 2 * 86400 + 3600


@given(moments, kinds, zones)
def test_a_period_begins_at_the_first_moment_of_its_local_day(
    moment: datetime, kind: CalendarPeriod, zone: ZoneInfo
) -> None:
    start = periods.containing(moment, kind, zone).start
    first, before = (start + timedelta(seconds=1)).astimezone(zone), (start - timedelta(seconds=1)).astimezone(zone)
    assert first.date() > before.date()


@pytest.mark.parametrize(
    ("kind", "zone", "inside", "name", "start", "end", "hours"),
    [
        (MONTH, "Europe/Berlin", "2026-10-15T12:00", "2026-10", "2026-09-30T22:00", "2026-10-31T23:00", 745),
        (MONTH, "Europe/Berlin", "2026-03-15T12:00", "2026-03", "2026-02-28T23:00", "2026-03-31T22:00", 743),
        (MONTH, "Etc/UTC", "2028-02-15T12:00", "2028-02", "2028-02-01T00:00", "2028-03-01T00:00", 29 * 24),
        (MONTH, "Etc/UTC", "2027-02-15T12:00", "2027-02", "2027-02-01T00:00", "2027-03-01T00:00", 28 * 24),
        (MONTH, "Asia/Kolkata", "2026-10-31T18:31", "2026-11", "2026-10-31T18:30", "2026-11-30T18:30", 720),
        (MONTH, "Etc/UTC", "2026-12-31T23:59", "2026-12", "2026-12-01T00:00", "2027-01-01T00:00", 744),
        (WEEK, "Etc/UTC", "2026-11-22T23:59", "2026-W47", "2026-11-16T00:00", "2026-11-23T00:00", 168),
        (WEEK, "Etc/UTC", "2027-01-02T12:00", "2026-W53", "2026-12-28T00:00", "2027-01-04T00:00", 168),
        (WEEK, "Etc/UTC", "2024-12-31T12:00", "2025-W01", "2024-12-30T00:00", "2025-01-06T00:00", 168),
        (WEEK, "Europe/Berlin", "2026-10-24T12:00", "2026-W43", "2026-10-18T22:00", "2026-10-25T23:00", 169),
        (QUARTER, "Europe/Berlin", "2026-11-24T12:00", "2026-Q4", "2026-09-30T22:00", "2026-12-31T23:00", 2209),
        (QUARTER, "Etc/UTC", "2028-01-01T00:01", "2028-Q1", "2028-01-01T00:00", "2028-04-01T00:00", 91 * 24),
        (YEAR, "Europe/Berlin", "2028-06-01T12:00", "2028", "2027-12-31T23:00", "2028-12-31T23:00", 366 * 24),
        # The clocks of Cairo skip an hour at a midnight within the week, those of Havana repeat the month's first hour.
        (WEEK, "Africa/Cairo", "2027-04-28T12:00", "2027-W17", "2027-04-25T22:00", "2027-05-02T21:00", 167),
        (MONTH, "America/Havana", "2026-11-15T12:00", "2026-11", "2026-11-01T04:00", "2026-12-01T05:00", 721),
    ],
)
def test_known_periods(
    kind: CalendarPeriod, zone: str, inside: str, name: str, start: str, end: str, hours: int
) -> None:
    found = periods.containing(datetime.fromisoformat(f"{inside}+00:00"), kind, ZoneInfo(zone))
    wanted = (name, datetime.fromisoformat(f"{start}+00:00"), datetime.fromisoformat(f"{end}+00:00"))
    assert found == wanted
    assert found.seconds == hours * 3600


def test_the_periods_before() -> None:
    window = CalendarWindow(period=MONTH, time_zone="Europe/Berlin")
    calendar = periods.calendar(window, datetime(2027, 1, 15, tzinfo=UTC))
    assert calendar is not None
    found = periods.before(calendar, most=3)
    assert [period.name for period in found] == ["2026-10", "2026-11", "2026-12"]
    assert found[-1].end == calendar.running.start


@pytest.mark.parametrize("name", ["Europe/Atlantis", "Europe", "", "../Berlin", "/etc/localtime", "leapseconds"])
def test_an_unknown_time_zone_is_none(name: str) -> None:
    assert time_zone(name) is None


def test_time_zones_are_known_where_the_system_has_none() -> None:
    """As in a slim image: the pinned package has them."""
    code = "import zoneinfo; assert zoneinfo.TZPATH == (); print(zoneinfo.ZoneInfo('Europe/Berlin'))"
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONTZPATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "Europe/Berlin"
