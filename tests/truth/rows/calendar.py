"""Calendar periods to date, in time zones whose clocks change, with a scrape a minute: 60 an hour.

Hour 0 is the beginning of the period; each row has failures in the half hour before, which are none of its.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from platform_contracts.kube.objects import Object
from tests.sla import world
from tests.truth.history import Pattern, both, during, requests, steady
from tests.truth.row import Answer, Row, ratio

EARLIER = during(-0.75, -0.25, 10)


def period(
    name: str,
    kind: str,
    zone: str,
    start: datetime,
    hours: float,
    bad: Pattern,
    answer: Answer,
    objective: Object | None = None,
) -> Row:
    """Ten requests a minute from an hour before the period began until so many hours after that."""
    return Row(
        name,
        objective or ratio("99.9"),
        requests(steady(10), both(EARLIER, bad)),
        answer,
        spec={"calendar": {"period": kind, "timeZone": zone}},
        span=timedelta(hours=hours),
        end=start + timedelta(hours=hours),
        step=60,
    )


ROWS = [
    period(
        "an October of 745 hours at its last moment",
        "Month",
        "Europe/Berlin",
        datetime(2025, 9, 30, 22, tzinfo=UTC),
        745,
        # The first hour would be lost to a range of 31 days.
        both(during(0.25, 0.75, 2), during(700, 701, 5)),
        Answer("AtRisk", events=745 * 600, bad=360, sli=100 - 100 * 360 / 447000, remaining=19.46),
    ),
    period(
        "a March of 743 hours",
        "Month",
        "Europe/Berlin",
        datetime(2025, 2, 28, 23, tzinfo=UTC),
        700,
        during(600, 600.5, 10),
        Answer("Met", events=700 * 600, bad=300, sli=100 - 100 * 300 / 420000, remaining=28.57),
    ),
    period(
        "a leap February at its last moment",
        "Month",
        "Etc/UTC",
        datetime(2024, 2, 1, tzinfo=UTC),
        29 * 24,
        during(28 * 24 + 1, 28 * 24 + 2, 10),
        Answer("Breached", events=29 * 24 * 600, bad=600, sli=100 - 100 * 600 / 417600, remaining=-43.68),
    ),
    period(
        "a week in which the clocks change",
        "Week",
        "America/New_York",
        datetime(2025, 10, 27, 4, tzinfo=UTC),
        168.5,
        during(100, 101, 1),
        Answer("Met", events=168.5 * 600, bad=60, sli=100 - 100 * 60 / 101100, remaining=40.65),
    ),
    period(
        "the first days of a quarter by half an hour",
        "Quarter",
        "Asia/Kolkata",
        datetime(2025, 12, 31, 18, 30, tzinfo=UTC),
        120,
        during(10, 12, 1),
        Answer("Breached", events=120 * 600, bad=120, sli=100 - 100 * 120 / 72000, remaining=-66.67),
    ),
    period(
        "two hours of bad minutes in the first days of a month",
        "Month",
        "Etc/UTC",
        datetime(2026, 1, 1, tzinfo=UTC),
        120,
        during(10, 12, 10),
        # Below target to date, and 446.4 bad minutes are what the whole month allows.
        Answer(
            "Met",
            events=7200,
            bad=120,
            sli=100 - 100 * 120 / 7200,
            remaining=73.12,
            unit="Minutes",
            bad_within=4.01,
            within=0.12,
        ),
        ratio("99", **world.timeslices("50")),
    ),
]
