"""Support: how soon people answer, by the severity of what they are asked, and at which hours."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.calendar import TimeZone
from platform_contracts.api.rules import Rule, distinct, flow, matches, whole

_WORKING_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
_OPENING = {"days": _WORKING_DAYS, "opens": "09:00", "closes": "17:00"}
_TARGETS = [{"severity": "Critical", "minutes": 30}, {"severity": "High", "minutes": 240}]


class Severity(StrEnum):
    """How much a request matters to whoever asks."""

    CRITICAL = "Critical"
    HIGH = "High"
    MEDIUM = "Medium"
    LOW = "Low"


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "Monday"
    TUESDAY = "Tuesday"
    WEDNESDAY = "Wednesday"
    THURSDAY = "Thursday"
    FRIDAY = "Friday"
    SATURDAY = "Saturday"
    SUNDAY = "Sunday"


# By the clock on the wall; fixed digits, so that texts compare as times do.
TimeOfDay = Annotated[
    str,
    Field(max_length=64),
    matches(
        "([01][0-9]|2[0-3]):[0-5][0-9]|24:00",
        'must be a time of the day with two digits each, as a string, for example "09:00"; "24:00" is its end',
    ),
]


class Opening(ContractModel):
    """Hours at which people answer, on some days of the week."""

    RULES = (
        Rule(
            "!has(self.opens) || !has(self.closes) || self.opens < self.closes",
            'must be later than opens on the same day, for example opens: "09:00", closes: "17:00"; hours over '
            "midnight are two entries",
            lambda opening: opening.opens < opening.closes,
            field="closes",
        ),
    )

    days: Annotated[
        list[Weekday],
        distinct("[Monday, Tuesday]"),
        Rule(
            "size(self) > 0",
            "at least one day is required, for example [Monday, Tuesday]",
            lambda days: len(days) > 0,
            reason="FieldValueRequired",
        ),
    ] = Field(max_length=7, examples=[_WORKING_DAYS])
    """The days of the week, for example [Monday, Tuesday, Wednesday, Thursday, Friday]. There are no holidays."""

    opens: TimeOfDay = Field(examples=["09:00"])
    """From when on, by the clock of `timeZone`, for example "09:00"."""

    closes: TimeOfDay = Field(examples=["17:00"])
    """Until when, by the clock of `timeZone`, for example "17:00"; "24:00" is the end of the day."""


class ResponseTarget(ContractModel):
    """Within which time a request of a severity gets its first answer."""

    severity: Severity = Field(examples=["Critical"])
    """The severity that a Feedback says: Critical, High, Medium or Low."""

    minutes: Annotated[int, Field(strict=True), whole(1, 10_080, "a number of minutes", 30)] = Field(examples=[30])
    """Within so many minutes of the hours, from 1 to 10080, for example 30."""


class Support(ContractModel):
    """When people answer, and how soon."""

    RULES = (
        Rule(
            "(has(self.hours) && size(self.hours) > 0) == has(self.timeZone)",
            "is required with hours, and says nothing without them, for example timeZone: Europe/Berlin, hours: "
            f"{flow([_OPENING])}",
            lambda support: bool(support.hours) == (support.time_zone is not None),
            field="timeZone",
        ),
    )

    hours: list[Opening] = Field(default_factory=list, max_length=14)
    """The hours at which people answer, for example [{days: [Monday, Tuesday], opens: "09:00", closes: "17:00"}];
    around the clock unless said otherwise. Only time within them counts. There are no holidays in it."""

    time_zone: TimeZone | None = None
    """The IANA time zone by whose clock the hours are, in summer as in winter, for example Europe/Berlin. A time that
    the clocks leave out is taken an hour later, and of one that they repeat the first."""

    response_targets: Annotated[
        list[ResponseTarget],
        # No list-map: a key that is forgotten would have to default to a severity.
        Rule(
            "self.all(one, !has(one.severity) || "
            "self.exists_one(other, has(other.severity) && other.severity == one.severity))",
            f"must have one target for each severity, for example {flow(_TARGETS)}",
            lambda targets: len({target.severity for target in targets}) == len(targets),
        ),
        Rule(
            "size(self) > 0",
            f"at least one target is required, for example {flow(_TARGETS)}",
            lambda targets: len(targets) > 0,
            reason="FieldValueRequired",
        ),
    ] = Field(max_length=4, examples=[_TARGETS])
    """How soon the first answer comes, by severity, for example [{severity: Critical, minutes: 30}]. The share of
    requests for which that is promised is the target of an objective with the indicator supportResponse."""
