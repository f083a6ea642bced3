"""Business hours: the last moment at which no more than so much of them has passed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from platform_contracts.api.support import Opening
from platform_contracts.sla.counted.hours import Hours, deadline

BERLIN = ZoneInfo("Europe/Berlin")
WORKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
EVERY_DAY = [*WORKDAYS, "Saturday", "Sunday"]


def hours(*openings: tuple[list[str], str, str], zone: ZoneInfo = BERLIN) -> Hours:
    found = [Opening.model_validate({"days": days, "opens": opens, "closes": end}) for days, opens, end in openings]
    return Hours.of(found, zone)


def at(text: str) -> datetime:
    """A time by the clock of Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


OFFICE = hours((WORKDAYS, "09:00", "17:00"))
SHIFTS = hours((WORKDAYS, "06:00", "14:00"), (WORKDAYS, "13:00", "22:00"), (["Saturday"], "08:00", "12:00"))
NIGHT = hours((["Friday"], "22:00", "24:00"), (["Saturday"], "00:00", "06:00"))
DAWN = hours((EVERY_DAY, "02:15", "02:45"), (EVERY_DAY, "03:00", "04:00"))


@pytest.mark.parametrize(
    ("opening", "asked", "minutes", "until"),
    [
        # Within a day, over a night, over a weekend, and for more than a week.
        (OFFICE, "2026-01-13 10:00", 60, "2026-01-13 11:00"),
        (OFFICE, "2026-01-13 16:30", 60, "2026-01-14 09:30"),
        (OFFICE, "2026-01-16 16:30", 60, "2026-01-19 09:30"),
        (OFFICE, "2026-01-16 10:00", 60 * 45, "2026-01-23 15:00"),
        # Before they open, after they close, and on a day without hours.
        (OFFICE, "2026-01-13 07:00", 60, "2026-01-13 10:00"),
        (OFFICE, "2026-01-13 17:00", 60, "2026-01-14 10:00"),
        (OFFICE, "2026-01-17 12:00", 60, "2026-01-19 10:00"),
        # What is used up when they close lasts until they open again.
        (OFFICE, "2026-01-13 16:00", 60, "2026-01-14 09:00"),
        (OFFICE, "2026-01-16 16:00", 60, "2026-01-19 09:00"),
        # An hour of two shifts is one hour, whatever the order in which they are written.
        (SHIFTS, "2026-01-13 12:30", 60, "2026-01-13 13:30"),
        (SHIFTS, "2026-01-13 13:30", 60 * 9, "2026-01-14 06:30"),
        (SHIFTS, "2026-01-16 21:00", 120, "2026-01-17 09:00"),
        # Midnight is no break.
        (NIGHT, "2026-01-16 23:30", 60, "2026-01-17 00:30"),
        (NIGHT, "2026-01-16 23:00", 60, "2026-01-17 00:00"),
        (NIGHT, "2026-01-17 05:30", 60, "2026-01-23 22:30"),
        # The clocks go forward at two: what is left out is an hour later, and counts once.
        (DAWN, "2026-03-29 00:00", 20, "2026-03-29 03:20"),
        (DAWN, "2026-03-29 00:00", 70, "2026-03-30 02:25"),
        # The clocks go back at three: of what is repeated the first.
        (DAWN, "2026-10-25 00:00", 20, "2026-10-25 02:35"),
        (DAWN, "2026-10-25 00:00", 40, "2026-10-25 03:10"),
    ],
)
def test_the_last_moment(opening: Hours, asked: str, minutes: int, until: str) -> None:
    assert deadline(at(asked), 60 * minutes, opening) == at(until)


def test_around_the_clock_time_is_time() -> None:
    assert deadline(at("2026-03-28 12:00"), 24 * 3600, None) == at("2026-03-29 13:00")


def test_it_goes_by_the_clock_of_the_zone_and_not_by_that_of_who_asks() -> None:
    tokyo = hours((WORKDAYS, "09:00", "17:00"), zone=ZoneInfo("Asia/Tokyo"))
    assert deadline(datetime(2026, 1, 15, 23, 30, tzinfo=UTC), 3600, tokyo) == datetime(2026, 1, 16, 1, tzinfo=UTC)


@pytest.mark.parametrize("minutes", [1, 59, 480, 481, 10_080])
def test_so_much_of_the_hours_has_passed_and_no_more(minutes: int) -> None:
    """Against another way to count: minute by minute, by the clock on the wall."""
    asked = at("2026-03-25 13:37")
    last = deadline(asked, 60 * minutes, OFFICE)

    def passed(until: datetime) -> int:
        moments = (asked + timedelta(minutes=number) for number in range(int((until - asked) / timedelta(minutes=1))))
        walls = (moment.astimezone(BERLIN) for moment in moments)
        return sum(wall.weekday() < 5 and 9 <= wall.hour < 17 for wall in walls)

    assert passed(last) == minutes
    assert passed(last + timedelta(minutes=1)) == minutes + 1


def test_nobody_waits_for_longer_than_a_year() -> None:
    rare = hours((["Monday"], "09:00", "09:01"))
    assert deadline(at("2026-01-13 10:00"), 60 * 10_080, rare) - at("2026-01-13 10:00") == timedelta(days=400)
