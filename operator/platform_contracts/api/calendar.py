"""Time zones, and calendar periods in one."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.rules import matches


class CalendarPeriod(StrEnum):
    """A calendar's periods; a week is the ISO week, which begins on Monday."""

    WEEK = "Week"
    MONTH = "Month"
    QUARTER = "Quarter"
    YEAR = "Year"


# A name of the IANA time zone database; which names it has, the operator knows.
TimeZone = Annotated[
    str,
    Field(max_length=253),
    matches(
        r"[A-Za-z0-9_+-]{1,32}(/[A-Za-z0-9_+-]{1,32}){0,2}",
        "must be the name of an IANA time zone, for example Europe/Berlin",
    ),
]


def time_zone(name: str) -> ZoneInfo | None:
    """The IANA time zone of that name, None where the database has none."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a folder of zones, a file that is none, an unknown name
        return None


class CalendarWindow(ContractModel):
    """A calendar period in a time zone: the figures begin anew with each."""

    period: CalendarPeriod = Field(examples=["Month"])
    """Week (Monday to Sunday), Month, Quarter or Year."""

    time_zone: TimeZone = Field(examples=["Europe/Berlin"])
    """The IANA time zone by whose midnight periods begin and end, for example Europe/Berlin or Etc/UTC. The 5-minute
    rates that are summed carry up to 5 minutes of failures over that midnight."""
