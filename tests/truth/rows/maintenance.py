"""Maintenance that does not count, and maintenance that does, over a day or two with a scrape every 15 s.

A count looks back by five minutes and a scrape, so for 315 s after an excluded time there are no samples either: with
one a minute, 24 scrapes more are not counted.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.truth.history import during, requests, steady
from tests.truth.row import Answer, Maintenance, Row, ratio

DAY = 5760
HOUR = 240
TAIL = 24
# All fail from six to seven.
OUTAGE = requests(steady(10), during(6, 7, 10))
TERMS = {"noticeSeconds": 3600, "maxSecondsPerPeriod": 7200}
RETROACTIVE = {**TERMS, "retroactiveWithinDays": 1}
BREACH = {"events": 10 * DAY, "bad": 10 * HOUR, "sli": 100 - 100 / 24, "remaining": -316.67}
EXCLUDED = {"events": 10 * (DAY - HOUR - TAIL), "bad": 0, "sli": 100, "remaining": 100}
BY_NIGHT = {"rrule": "FREQ=DAILY;BYHOUR=4", "timeZone": "Europe/Berlin", "durationSeconds": 3600}

ROWS = [
    Row(
        "maintenance that was announced does not count",
        ratio("99"),
        OUTAGE,
        Answer("Met", excluded=3600, message="3600 s of maintenance in the window do not count.", **EXCLUDED),
        spec={"maintenance": TERMS},
        maintenance=[Maintenance(-0.5, (6, 7))],
    ),
    Row(
        "it counts where the SLA says nothing of maintenance",
        ratio("99"),
        OUTAGE,
        Answer("Breached", **BREACH),
        maintenance=[Maintenance(-0.5, (6, 7))],
    ),
    Row(
        "it counts where it was announced too late",
        ratio("99"),
        OUTAGE,
        Answer("Breached", **BREACH),
        spec={"maintenance": TERMS},
        maintenance=[Maintenance(5.5, (6, 7))],
    ),
    Row(
        "what is excluded retroactively is subtracted exactly and shown with both numbers",
        ratio("99"),
        OUTAGE,
        Answer(
            "Met",
            excluded=3600,
            message="Without what was excluded afterwards the SLI would be 95.8333% and -316.7% of the error budget "
            "would be left, a breach.",
            **EXCLUDED,
        ),
        spec={"maintenance": RETROACTIVE},
        maintenance=[Maintenance(20, (6, 7))],
    ),
    Row(
        "what was announced too late is retroactive",
        ratio("99"),
        OUTAGE,
        Answer("Met", excluded=3600, message=", a breach.", **EXCLUDED),
        spec={"maintenance": RETROACTIVE},
        maintenance=[Maintenance(5.5, (6, 7))],
    ),
    Row(
        "what is retroactive for too long counts",
        ratio("99"),
        requests(steady(10), during(1, 2, 10)),
        Answer("Breached", events=20 * DAY, bad=10 * HOUR, sli=100 - 100 / 48, remaining=-108.33),
        span=timedelta(days=2),
        spec={"maintenance": RETROACTIVE},
        maintenance=[Maintenance(26.5, (1, 2))],
    ),
    Row(
        "what is beyond the quota counts",
        ratio("90"),
        requests(steady(10), during(6, 9, 10)),
        # The failures of the third hour, less those that the counts of its first 315 s speak of, and the tail of the
        # last ones.
        Answer("Met", excluded=7200, bad=10 * (HOUR - TAIL + 10), bad_within=45),
        spec={"maintenance": TERMS},
        maintenance=[Maintenance(-0.5, (6, 9))],
    ),
    Row(
        "half a day of maintenance without any scrape lowers no coverage",
        ratio("99"),
        requests(steady(10), during(20, 20.1, 1), gaps=[(6, 18)]),
        Answer("Met", excluded=12 * 3600, events=10 * (DAY // 2 - TAIL), bad=24),
        spec={"maintenance": {**TERMS, "maxSecondsPerPeriod": 86400}},
        maintenance=[Maintenance(-0.5, (6, 18))],
    ),
    Row(
        "nor does one that is subtracted",
        ratio("99"),
        requests(steady(10), during(20, 20.1, 1), gaps=[(6, 18)]),
        Answer("Met", excluded=12 * 3600, events=10 * (DAY // 2 - TAIL), bad=24),
        spec={"maintenance": {**RETROACTIVE, "maxSecondsPerPeriod": 86400}},
        maintenance=[Maintenance(20, (6, 18))],
    ),
    Row(
        "without the maintenance the same gap leaves no verdict",
        ratio("99"),
        requests(steady(10), during(20, 20.1, 1), gaps=[(6, 18)]),
        Answer("Unknown", coverage=0.5, data="IncompleteData"),
    ),
    Row(
        "maintenance that has partly left the window",
        ratio("99"),
        requests(steady(10), during(-0.5, 1, 10)),
        Answer("Met", excluded=3600, excluded_within=300),
        spec={"maintenance": RETROACTIVE},
        maintenance=[Maintenance(20, (-0.5, 1))],
    ),
    # The clocks of Berlin go forward on the 29th of March at 01:00 UTC: four o'clock is 03:00 UTC, and then 02:00.
    Row(
        "maintenance that comes again stays at its time of day when the clocks change",
        ratio("99"),
        requests(steady(10), lambda hour: 10 if 15 < hour <= 16 or 38 < hour <= 39 else 0),
        Answer("Met", excluded=7200, events=10 * (2 * DAY - 2 * (HOUR + TAIL)), bad=0, sli=100, remaining=100),
        span=timedelta(days=2),
        end=datetime(2026, 3, 29, 12, tzinfo=UTC),
        spec={"maintenance": TERMS},
        maintenance=[Maintenance(-0.5, schedule=BY_NIGHT)],
    ),
    *(
        Row(
            f"in a calendar week, {how}",
            ratio("99.9"),
            requests(steady(10), during(50, 51, 10)),
            # With a scrape a minute the tail is six minutes.
            Answer("Met", excluded=3600, events=10 * (120 * 60 - 66), bad=0, sli=100, message=message),
            spec={
                "calendar": {"period": "Week", "timeZone": "Europe/Berlin"},
                # The operator sees it for the first time at the end.
                "maintenance": {**TERMS, "retroactiveWithinDays": 3},
            },
            span=timedelta(hours=120),
            end=datetime(2026, 3, 22, 23, tzinfo=UTC) + timedelta(hours=120),
            step=60,
            maintenance=[Maintenance(announced, (50, 51))],
        )
        for how, announced, message in (
            ("announced", -0.5, "3600 s of maintenance in the window do not count."),
            ("retroactive", 60, "Without what was excluded afterwards the SLI would be 99.166"),
        )
    ),
]
