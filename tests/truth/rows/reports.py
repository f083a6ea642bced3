"""Weeks of Berlin that are over, with a scrape a minute: 600 requests an hour, and what their reports say.

Hour 0 is the beginning of the week, and 168 its end. A count looks back by five minutes and a scrape, so six minutes
after an excluded time go with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from platform_contracts.kube.objects import Object
from tests.sla import world
from tests.truth.history import Pattern, during, requests, steady
from tests.truth.row import Answer, Maintenance, Row, ratio

WEEK = 168.0
# A Monday at midnight.
MONDAY = datetime(2026, 2, 1, 23, tzinfo=UTC)
TERMS = {"noticeSeconds": 3600, "maxSecondsPerPeriod": 36000, "retroactiveWithinDays": 10}
CREDITS = {"steps": [{"below": "99.9", "percent": 10}]}
# Announced too late and before the week was reported, or after it was.
BEFORE_THE_CLOSE, AFTER_THE_REPORT = 150.0, WEEK + 24
OUTAGE = during(100, 101, 10)
TAIL = 60


@dataclass(frozen=True)
class Report:
    """What one report must say: what was counted (None: not asked) and what of it was bad, in events or minutes; the
    verdict and both in full where some is subtracted."""

    verdict: str
    events: float | None
    bad: float
    excluded: int = 0
    full: tuple[str, float | None, float] | None = None
    credit: int = 0


@dataclass(frozen=True)
class Closed:
    """A week and its reports, one after the other."""

    row: Row
    reports: tuple[Report, ...]


def week(
    name: str,
    bad: Pattern,
    *reports: Report,
    claimed: tuple[float, tuple[float, float]] | None = None,
    objective: Object | None = None,
    start: datetime = MONDAY,
    hours: float = WEEK,
    **history: Any,
) -> Closed:
    """Ten requests a minute; `claimed` is a MaintenanceWindow: when it was announced, and its times."""
    row = Row(
        name,
        objective or ratio("99.9"),
        requests(steady(10), bad, **history),
        Answer("not asked"),
        spec={
            "calendar": {"period": "Week", "timeZone": "Europe/Berlin"},
            "maintenance": TERMS,
            "credits": CREDITS,
        },
        span=timedelta(hours=hours),
        end=start + timedelta(hours=hours),
        step=60,
        maintenance=[Maintenance(*claimed)] if claimed else [],
    )
    return Closed(row, reports)


ALL = WEEK * 600
BREACH = Report("Breached", ALL, 600, credit=10)
LEFT = ALL - 600 - TAIL
IN_FULL = ("Breached", ALL, 600)

ROWS = [
    week("a week with an outage", OUTAGE, BREACH),
    week(
        "an outage that was claimed before the close",
        OUTAGE,
        Report("Met", LEFT, 0, 3600, IN_FULL),
        claimed=(BEFORE_THE_CLOSE, (100, 101)),
    ),
    week(
        "an outage that was claimed after the report",
        OUTAGE,
        BREACH,
        Report("Met", LEFT, 0, 3600, IN_FULL),
        claimed=(AFTER_THE_REPORT, (100, 101)),
    ),
    week(
        "a claim that leaves enough of the outage for a breach",
        during(100, 104, 10),
        Report("Breached", ALL, 2400, credit=10),
        # Two hours of it, and with them six minutes more, in which all fails as well.
        Report("Breached", ALL - 1200 - TAIL, 1200 - TAIL, 7200, ("Breached", ALL, 2400), credit=10),
        claimed=(AFTER_THE_REPORT, (101, 103)),
    ),
    week(
        "a claim of the last hours and of the next week's first",
        during(166.25, 167.5, 10),
        Report("Breached", ALL, 750, credit=10),
        Report("Met", ALL - 1200, 0, 7200, ("Breached", ALL, 750)),
        claimed=(AFTER_THE_REPORT, (166, 169)),
    ),
    week(
        "a claim on the night when the clocks change",
        during(146, 148, 10),
        Report("Breached", 167 * 600, 1200, credit=10),
        Report("Met", 167 * 600 - 1200 - TAIL, 0, 7200, ("Breached", 167 * 600, 1200)),
        claimed=(WEEK + 23, (146, 148)),
        start=datetime(2026, 3, 22, 23, tzinfo=UTC),
        hours=167,
    ),
    week(
        "bad minutes that were claimed",
        OUTAGE,
        Report("Breached", WEEK * 60, 60, credit=10),
        # A slice looks back by itself and a scrape.
        Report("Met", WEEK * 60 - 62, 0, 3600, ("Breached", WEEK * 60, 60)),
        claimed=(AFTER_THE_REPORT, (100, 101)),
        objective=ratio("99.9", **world.timeslices("50")),
    ),
    week(
        "ten hours without a scrape that turn out to have been maintenance",
        during(20, 20.2, 1),
        Report("Inconclusive", None, 12),
        Report("Met", None, 12, 10 * 3600, ("Inconclusive", None, 12)),
        claimed=(AFTER_THE_REPORT, (60, 70)),
        gaps=[(60, 70)],
    ),
]
