"""Requests and consumers, counted from the objects themselves: no sample of Prometheus has a part in it.

Support answers from Monday to Friday, from nine to five by the clock of Berlin, within an hour. Times are written by
that clock; where the window begins, the SLA has been there for an hour.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from platform_contracts.kube.objects import Object
from tests.sla import world
from tests.truth.history import during, requests
from tests.truth.row import OWN, Answer, Row

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = [
    {"days": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"], "opens": "09:00", "closes": "17:00"},
]
NIGHTS = [{"days": ["Sunday"], "opens": "00:00", "closes": "06:00"}]
# Tickets of another system, as it tells Prometheus of them.
TICKETS = {
    "ratio": {
        "total": f'http_requests_total{{row="{OWN}"}}',
        "errors": f'http_requests_total{{row="{OWN}",code=~"5.."}}',
    }
}


def at(text: str) -> datetime:
    """A time by the clock of Berlin, such as 2026-01-16 16:30."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def asked(text: str, answered: str | None = None, severity: str = "High") -> Object:
    """A request and its first answer."""
    return world.request(at(text), at(answered) if answered else None, severity)


def support(
    name: str,
    feedback: list[Object],
    answer: Answer,
    *,
    until: str,
    minutes: int = 60,
    hours: list[Object] | None = OFFICE,
    **fields: Any,
) -> Row:
    """Requests of the severity High over the week until then."""
    zone = {"hours": hours, "timeZone": "Europe/Berlin"} if hours else {}
    targets = {"responseTargets": [{"severity": "High", "minutes": minutes}]}
    return Row(
        name,
        world.objective("it", "90", world.RESPONSE, **fields),
        [],
        answer,
        spec={"support": {**targets, **zone}},
        given={"feedback_given": feedback},
        span=timedelta(days=7),
        end=at(until),
    )


def onboarding(name: str, consumers: list[Object], answer: Answer) -> Row:
    """Consumers of a service that promises to have them ready within an hour, over the week until Wednesday noon."""
    objective = world.objective("it", "90", world.LEAD_TIME)
    given = {"consumers": consumers}
    return Row(name, objective, [], answer, given=given, span=timedelta(days=7), end=at("2026-01-14 12:00"))


def consumer(text: str, ready: str | None = None) -> Object:
    """A consumer, and when it was first ready."""
    return world.consumer(at(text), at(ready) if ready else None)


ROWS = [
    # Onboarding
    onboarding(
        "nine consumers that were ready within the hour, and one that was not",
        [
            *(consumer(f"2026-01-12 0{hour}:00", f"2026-01-12 0{hour}:59") for hour in range(9)),
            consumer("2026-01-13 09:00", "2026-01-13 10:01"),
        ],
        Answer("AtRisk", events=10, bad=1, sli=90, remaining=0, message="Only 0.0% of the error budget is left"),
    ),
    onboarding(
        "a consumer that is ready at the last second",
        [
            consumer("2026-01-13 09:00:00", "2026-01-13 10:00:00"),
            consumer("2026-01-13 09:00:00", "2026-01-13 10:00:01"),
        ],
        Answer("Breached", events=2, bad=1, sli=50, remaining=-400),
    ),
    onboarding(
        "a consumer that still waits is late once its hour is over",
        [consumer("2026-01-13 09:00", "2026-01-13 09:10"), consumer("2026-01-14 10:59"), consumer("2026-01-14 11:30")],
        Answer("Breached", events=2, bad=1, sli=50, remaining=-400),
    ),
    onboarding(
        "consumers that still have time",
        [consumer("2026-01-14 11:30"), consumer("2026-01-14 11:59")],
        Answer("Unknown", data="NoTraffic", message="No consumer became ready, or waited too long for it,"),
    ),
    onboarding(
        "who asked before the SLA was there, and who was ready before the window",
        [
            # Late within the window, of a promise that did not hold yet.
            consumer("2026-01-07 10:30", "2026-01-10 10:30"),
            consumer("2026-01-07 11:30", "2026-01-07 11:55"),
            consumer("2026-01-08 11:30", "2026-01-08 11:55"),
        ],
        Answer("Met", events=1, bad=0, sli=100, remaining=100),
    ),
    # Support
    support(
        "a request of Friday afternoon has until Monday morning",
        [
            asked("2026-01-16 16:30", "2026-01-19 09:30:00"),
            asked("2026-01-16 16:30", "2026-01-19 09:30:01"),
            asked("2026-01-17 11:00", "2026-01-19 09:45"),
            asked("2026-01-18 23:00", "2026-01-18 23:30"),
        ],
        Answer("Breached", events=4, bad=1, sli=75, remaining=-150),
        until="2026-01-19 12:00",
    ),
    support(
        "an hour that is used up when they close lasts until they open again",
        [
            asked("2026-01-13 16:00", "2026-01-14 08:59"),
            asked("2026-01-13 16:00", "2026-01-14 09:00:00"),
            asked("2026-01-13 16:00", "2026-01-14 09:00:01"),
        ],
        Answer("Breached", events=3, bad=1, sli=100 * 2 / 3, remaining=-233.4, within=0.0001),
        until="2026-01-14 12:00",
    ),
    support(
        "around the clock, where no hours are said",
        [asked("2026-01-17 03:00", "2026-01-17 03:59"), asked("2026-01-17 03:00", "2026-01-17 04:01")],
        Answer("Breached", events=2, bad=1, sli=50, remaining=-400),
        until="2026-01-19 12:00",
        hours=None,
    ),
    support(
        "a night in which the clocks leave out an hour",
        # Two hours of time after one o'clock it is four: what the clocks left out did not pass.
        [asked("2026-03-29 01:00", "2026-03-29 03:59"), asked("2026-03-29 01:00", "2026-03-29 04:01")],
        Answer("Breached", events=2, bad=1, sli=50, remaining=-400),
        until="2026-03-29 12:00",
        minutes=120,
        hours=NIGHTS,
    ),
    support(
        "a night in which the clocks repeat an hour",
        # Four hours of time after midnight it is three.
        [asked("2026-10-25 00:00", "2026-10-25 02:59"), asked("2026-10-25 00:00", "2026-10-25 03:01")],
        Answer("Breached", events=2, bad=1, sli=50, remaining=-400),
        until="2026-10-25 12:00",
        minutes=240,
        hours=NIGHTS,
    ),
    support(
        "an hour at nine is an hour at nine, in winter as in summer",
        # Friday before the change and Monday after it, by the clock on the wall.
        [asked("2026-03-27 16:30", "2026-03-30 09:29"), asked("2026-03-27 16:30", "2026-03-30 09:31")],
        Answer("Breached", events=2, bad=1, sli=50, remaining=-400),
        until="2026-03-30 12:00",
    ),
    support(
        "a public holiday is a day like any other",
        # Easter Monday: the definition knows no holidays.
        [asked("2026-04-06 10:00", "2026-04-07 09:00")],
        Answer("Breached", events=1, bad=1, sli=0, remaining=-900),
        until="2026-04-07 12:00",
    ),
    support(
        "requests of another severity, and of none",
        [
            asked("2026-01-13 10:00", "2026-01-13 15:00", severity="Low"),
            {"metadata": {"creationTimestamp": "2026-01-13T09:00:00Z"}, "spec": {"method": "Request"}, "status": {}},
            asked("2026-01-13 10:00", "2026-01-13 10:10"),
        ],
        Answer("Met", events=1, bad=0, sli=100, remaining=100),
        until="2026-01-14 12:00",
    ),
    support(
        "too few requests for a verdict",
        [asked("2026-01-13 10:00", "2026-01-13 15:00")],
        Answer("Unknown", events=1, bad=1, sli=0, remaining=-900, data="TooFewEvents", message="fewer than 5 requests"),
        until="2026-01-14 12:00",
        minEvents=5,
    ),
    Row(
        "a handful of tickets that another system counts",
        world.objective("it", "50", TICKETS),
        # Four in a day, of which one was late: no rate loses or makes up any.
        requests(lambda hour: hour in (3.0, 8.0, 15.0, 20.0), during(8 - 0.001, 8, 1)),
        Answer("Met", events=4, bad=1, sli=75, remaining=50),
        span=timedelta(days=1),
    ),
]
