"""A time that comes again: a recurrence rule of RFC 5545 by the clock of a time zone.

The rules are a part of RFC 5545 in which each one recurs at least once a year and at most once a day: so what comes
next is found in a bounded search, and whatever bounds a rule can be seen in the schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, NamedTuple

from dateutil.rrule import rrulestr
from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.calendar import TimeZone, time_zone
from platform_contracts.api.rules import Rule, matches, whole

RRULE_EXAMPLE = "FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=0"
# Further ahead nobody looks; every rule recurs within a year.
_HORIZON = timedelta(days=400)

_MONTH = "(1[0-2]|[1-9])"
_MONTH_DAY = "-?(1[0-9]|2[0-8]|[1-9])"
_DAY = "([+-]?[1-4])?(MO|TU|WE|TH|FR|SA|SU)"
_PARTS = {
    "BYMONTH": f"{_MONTH}(,{_MONTH}){{0,11}}",
    "BYMONTHDAY": f"{_MONTH_DAY}(,{_MONTH_DAY}){{0,30}}",
    "BYDAY": f"{_DAY}(,{_DAY}){{0,30}}",
    "BYHOUR": "(2[0-3]|[01]?[0-9])",
    "BYMINUTE": "[0-5]?[0-9]",
    "BYSETPOS": "-?1",
    "UNTIL": "20[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]Z",
}
_RRULE = (
    f"FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;({'|'.join(f'{name}={values}' for name, values in _PARTS.items())})){{0,7}}"
)
_TWICE = "|".join(f";{name}=.*;{name}=" for name in _PARTS)
# Days of a rule that cannot meet, or that say nothing in it.
_AT_ODDS = (
    "^FREQ=(DAILY|WEEKLY);.*[=,][+-]?[1-4](MO|TU|WE|TH|FR|SA|SU)|^FREQ=WEEKLY;.*BYMONTHDAY="
    "|;BYDAY=.*;BYMONTHDAY=|;BYMONTHDAY=.*;BYDAY="
)


def _finds(pattern: str, message: str) -> Rule:
    """The rule that a pattern is found nowhere in a string."""
    compiled = re.compile(pattern, re.ASCII)
    return Rule(f"!self.matches(r'{pattern}')", message, lambda value: compiled.search(value) is None)


RecurrenceRule = Annotated[
    str,
    Field(max_length=512),
    matches(
        _RRULE,
        "must be a rule of RFC 5545 with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY and after it any of BYMONTH, BYMONTHDAY "
        "(1 to 28, or -1 to -28 from the end), BYDAY (such as SU, or 1SU and -1FR within a month), one BYHOUR, one "
        f"BYMINUTE, BYSETPOS (1 or -1) and UNTIL (in UTC), for example {RRULE_EXAMPLE}",
    ),
    _finds(_TWICE, f"must not have the same part twice, for example {RRULE_EXAMPLE}"),
    _finds(
        _AT_ODDS,
        "must not have both BYDAY and BYMONTHDAY, nor BYMONTHDAY by the week, nor numbered days such as 1SU by the day "
        "or the week, for example FREQ=MONTHLY;BYDAY=1SU;BYHOUR=2;BYMINUTE=0",
    ),
    Rule(
        "!self.startsWith('FREQ=WEEKLY') || self.contains(';BYDAY=')",
        f"must name the days of the week in BYDAY with FREQ=WEEKLY, for example {RRULE_EXAMPLE}",
        lambda rule: not rule.startswith("FREQ=WEEKLY") or ";BYDAY=" in rule,
    ),
]


class Interval(NamedTuple):
    """A time from its start up to its end, both aware."""

    start: datetime
    end: datetime


class Schedule(ContractModel):
    """Times that come again by the clock of a time zone."""

    rrule: RecurrenceRule = Field(examples=[RRULE_EXAMPLE])
    """When it begins, as a recurrence rule of RFC 5545, for example FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=0 (each
    Sunday at two o'clock) or FREQ=MONTHLY;BYDAY=1SA;BYHOUR=22;BYMINUTE=30 (the first Saturday of each month). At most
    once a day: FREQ, and any of BYMONTH, BYMONTHDAY, BYDAY, BYHOUR, BYMINUTE, BYSETPOS and UNTIL. Without BYHOUR it is
    midnight."""

    time_zone: TimeZone = Field(examples=["Europe/Berlin"])
    """The IANA time zone by whose clock it begins, in summer as in winter, for example Europe/Berlin or Etc/UTC. A time
    that the clocks leave out is taken an hour later, and of one that they repeat the first."""

    duration_seconds: Annotated[int, whole(60, 86400, "a number of seconds", 7200)] = Field(
        examples=[7200], json_schema_extra={"format": "int32"}
    )
    """How long it lasts each time, from 60 seconds to a day, for example 7200."""

    def problem(self) -> str | None:
        """What is wrong that the schema cannot see, as a sentence about the field; None where nothing is."""
        zone = time_zone(self.time_zone)
        if zone is None:
            return (
                f"spec.schedule.timeZone: there is no time zone {self.time_zone}; name one of the IANA database, for "
                "example Europe/Berlin"
            )
        try:
            self._rule(datetime(2001, 1, 1, tzinfo=zone))
        except ValueError:
            return (
                f"spec.schedule.rrule: {self.rrule} cannot be read; write a rule of RFC 5545 with days that there are, "
                f"for example {RRULE_EXAMPLE}"
            )
        return None

    def occurrences(self, since: datetime) -> Iterator[Interval]:
        """The times that end after `since`, in UTC, the first one first; none begins later than 400 days after it.

        Raises ValueError where `problem` has something to say.
        """
        zone = time_zone(self.time_zone)
        if zone is None:
            raise ValueError(f"no time zone {self.time_zone}")
        # A rule has no beginning of its own: that of a whole month or year before what is asked for changes nothing.
        beginning = (since - timedelta(days=400 if "FREQ=YEARLY" in self.rrule else 35)).replace(day=1)
        month = 1 if "FREQ=YEARLY" in self.rrule else beginning.month
        for local in self._rule(datetime(beginning.year, month, 1, tzinfo=zone)):
            start = local.astimezone(UTC)
            if start > since + _HORIZON:
                return
            end = start + timedelta(seconds=self.duration_seconds)
            if end > since:
                yield Interval(start, end)

    def _rule(self, beginning: datetime) -> Iterable[datetime]:
        found: Iterable[datetime] = rrulestr(self.rrule, dtstart=beginning)
        return found
