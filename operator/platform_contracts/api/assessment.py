"""How a platform team looks at its service as a product: on a schedule, and by the aspects of a maturity model."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.common import Day, HttpsURL, Timestamp
from platform_contracts.api.rules import ListMap, Rule, whole
from platform_contracts.api.status import Count, Text


class AspectName(StrEnum):
    """The aspects of the CNCF Platform Engineering Maturity Model."""

    INVESTMENT = "Investment"
    ADOPTION = "Adoption"
    INTERFACES = "Interfaces"
    OPERATIONS = "Operations"
    MEASUREMENT = "Measurement"


_Level = Annotated[int, Field(strict=True), whole(1, 4, "a level", 2)]


class Aspect(ContractModel):
    """How mature the platform is in one aspect, as the team judges it."""

    name: AspectName = Field(examples=["Adoption"])
    """The aspect of the CNCF Platform Engineering Maturity Model: Investment, Adoption, Interfaces, Operations or
    Measurement."""

    level: _Level = Field(examples=[2])
    """The level that is reached: 1 Provisional, 2 Operational, 3 Scalable or 4 Optimizing."""

    target_level: _Level | None = None
    """The level to reach, from 1 to 4, for example 3."""

    assessed_date: Day = Field(examples=["2027-03-31"])
    """When it was judged, for example 2027-03-31; AssessmentCurrent turns False `periodDays` later."""

    evidence_url: Annotated[HttpsURL, Field(max_length=128)] | None = Field(default=None, alias="evidenceURL")
    """Where it is written down why, for example https://docs.example.com/payments/maturity; at most 128 characters."""


Aspects = Annotated[
    list[Aspect],
    Field(max_length=5),
    Rule(
        "self.all(one, !has(one.name) || self.exists_one(other, has(other.name) && one.name == other.name))",
        "must name each aspect once, for example [{name: Adoption, level: 2, assessedDate: '2027-03-31'}]",
        lambda aspects: len({aspect.name for aspect in aspects}) == len(aspects),
    ),
]


class Assessment(ContractModel):
    """How often the service is assessed as a product, and how mature the team says that it is."""

    period_days: Annotated[int, Field(strict=True), whole(7, 366, "a number of days", 90)] = 90
    """How many days lie between two assessments, from 7 to 366, for example 90. At the end of each period a
    ProductReport says what came of it and what to improve; the first is made on the day after the service."""

    aspects: Aspects = Field(default_factory=list)
    """How mature the team says that it is, aspect by aspect, for example [{name: Adoption, level: 2, targetLevel: 3,
    assessedDate: '2027-03-31'}]."""


class Area(StrEnum):
    """What part of a service is to be improved."""

    RELIABILITY = "Reliability"
    SATISFACTION = "Satisfaction"
    RESPONSIVENESS = "Responsiveness"
    DEMAND = "Demand"
    ROADMAP = "Roadmap"
    ONBOARDING = "Onboarding"
    CAPACITY = "Capacity"
    ADOPTION = "Adoption"
    DRIFT = "Drift"
    MATURITY = "Maturity"


class Severity(StrEnum):
    """How much it matters."""

    HIGH = "High"
    MEDIUM = "Medium"
    LOW = "Low"


class Improvement(ContractModel):
    """Something to improve, and by what one sees it."""

    area: Area
    """What part of the service it is about, for example Reliability."""

    about: Text
    """What of it, for example payments/availability: an objective, a survey, a theme, an item or an aspect."""

    severity: Severity
    """How much it matters: High, Medium or Low."""

    evidence: Text
    """By what one sees it, in words and numbers."""

    roadmap_item: Text
    """The roadmap item that answers it, or None."""


Improvements = Annotated[list[Improvement], ListMap(("area", "about"))]


class PreviousAssessment(ContractModel):
    """What became of the assessment before."""

    time: Timestamp
    """The end of its period."""

    resolved: Count
    """How many of its improvements are not needed any more."""

    remaining: Count
    """How many of them still are."""


class ServiceAssessmentStatus(ContractModel):
    """What the last assessment came to, and when the next is due."""

    last_time: datetime | None = None
    """The end of the last period that was assessed."""

    next_time: datetime | None = None
    """The end of the present period; it is assessed an hour later."""

    report: Text | None = None
    """The ProductReport that says all of it, in the service's namespace."""

    lowest_aspect: Text | None = None
    """The aspect on the lowest level, for example Adoption at 2 of 4."""

    improvements: Improvements = Field(default_factory=list, max_length=8)
    """What to improve, what matters most first."""

    previous: PreviousAssessment | None = None
    """What became of the assessment before."""
