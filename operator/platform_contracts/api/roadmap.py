"""The roadmap of a service: what is proposed, planned, being made, and was shipped, and how it is ranked."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from platform_contracts.api.assessment import Area
from platform_contracts.api.base import ContractModel
from platform_contracts.api.common import Day, EntryName, Line, Themes
from platform_contracts.api.rules import ListMap, Rule, matches, whole


class Prioritization(StrEnum):
    """By what items are ranked."""

    RICE = "RICE"
    WSJF = "WSJF"
    NONE = "None"


class ItemState(StrEnum):
    """How far an item is."""

    PROPOSED = "Proposed"
    PLANNED = "Planned"
    IN_PROGRESS = "InProgress"
    SHIPPED = "Shipped"
    DECLINED = "Declined"


class Impact(StrEnum):
    """How much an item changes for each consumer that it reaches."""

    MASSIVE = "Massive"
    HIGH = "High"
    MEDIUM = "Medium"
    LOW = "Low"
    MINIMAL = "Minimal"


_MONTHS = matches(
    r"(0*[1-9][0-9]{0,3}(\.[0-9]{1,2})?|0+\.(0[1-9]|[1-9][0-9]?))",
    'must be a number of person-months above 0 with at most two decimals, as a string, for example "1.5"',
)
_Points = Annotated[int, Field(strict=True), whole(0, 100, "a number of points", 8)]


class Rice(ContractModel):
    """RICE: reach * impact * confidence / effort."""

    reach: Annotated[int, Field(strict=True), whole(1, 1000000, "a number of consumers", 20)] | None = None
    """How many it reaches, for example 20; left out: how many of the service's ready consumers ask for it or for one of
    its themes, by Feedback with consumerRef."""

    impact: Impact = Field(examples=["High"])
    """How much it changes for each of them: Massive (counts 3), High (2), Medium (1), Low (0.5) or Minimal (0.25)."""

    confidence_percent: Annotated[int, Field(strict=True), whole(1, 100, "a percentage", 80)] = Field(examples=[80])
    """How sure the estimates are, in percent, for example 80."""

    effort_months: Annotated[str, Field(max_length=32), _MONTHS] = Field(examples=["1.5"])
    """How much work it is, in person-months, for example "1.5"."""


class Wsjf(ContractModel):
    """WSJF: (value + urgency + risk reduction) / job size, in points that are relative to each other."""

    value: _Points = Field(examples=[8])
    """What it is worth to users and to the company, from 0 to 100, for example 8."""

    urgency: _Points = Field(examples=[5])
    """How much of that is lost by waiting, from 0 to 100, for example 5."""

    risk_reduction: _Points = Field(examples=[3])
    """What it does against risks and for later work, from 0 to 100, for example 3."""

    job_size: Annotated[int, Field(strict=True), whole(1, 100, "a number of points", 5)] = Field(examples=[5])
    """How much work it is, from 1 to 100, for example 5."""


class RoadmapItem(ContractModel):
    """Something that changes for users."""

    RULES = (
        Rule(
            "!has(self.state) || self.state != 'Shipped' || has(self.shippedDate)",
            "shippedDate is required when state is Shipped, for example shippedDate: '2027-03-31'",
            lambda item: item.state is not ItemState.SHIPPED or item.shipped_date is not None,
            field="shippedDate",
            reason="FieldValueRequired",
        ),
    )

    name: EntryName = Field(examples=["instant-refunds"])
    """Name of the item, for example instant-refunds: feedback names it."""

    title: Line | None = Field(default=None, max_length=64)
    """What it is in a few words, for example Refunds within a minute."""

    state: ItemState = ItemState.PROPOSED
    """How far it is: Proposed, Planned, InProgress, Shipped or Declined. Whoever asked for it reads so in the state of
    their Feedback."""

    target_date: Day | None = None
    """By when it is promised, for example 2027-06-30; RoadmapCurrent turns False when it is planned or in progress and
    the day has passed."""

    shipped_date: Day | None = None
    """When it was shipped, for example 2027-06-12; required when `state` is Shipped."""

    themes: Themes = Field(default_factory=list)
    """What it is about, for example [refunds]: whoever asks for one of its themes asks for it."""

    improves: Area | None = None
    """What part of the service it improves, for example Reliability: where an assessment finds that wanting, it names
    the item."""

    rice: Rice | None = None
    """What RICE goes by, for example {impact: High, confidencePercent: 80, effortMonths: "1.5"}."""

    wsjf: Wsjf | None = None
    """What WSJF goes by, for example {value: 8, urgency: 5, riskReduction: 3, jobSize: 5}."""


class Roadmap(ContractModel):
    """What is coming, and when it was last looked at."""

    RULES = (
        Rule(
            "!has(self.reviewPeriodDays) || has(self.reviewedDate)",
            "reviewedDate is required with reviewPeriodDays, for example reviewedDate: '2027-03-31'",
            lambda roadmap: roadmap.review_period_days is None or roadmap.reviewed_date is not None,
            field="reviewedDate",
            reason="FieldValueRequired",
        ),
    )

    prioritization: Prioritization = Prioritization.NONE
    """By what items are ranked: RICE, WSJF, or None, the default, by how many asked for them. Items without the figures
    that it takes come last."""

    review_period_days: Annotated[int, Field(strict=True), whole(1, 366, "a number of days", 90)] | None = None
    """How many days the roadmap may go unreviewed, from 1 to 366, for example 90; RoadmapCurrent turns False later."""

    reviewed_date: Day | None = None
    """When it was last reviewed as a whole, for example 2027-03-31; required with `reviewPeriodDays`."""

    items: Annotated[list[RoadmapItem], ListMap()] = Field(default_factory=list, max_length=24)
    """What is proposed, planned, in progress, shipped and declined, for example [{name: instant-refunds, state:
    Planned}]."""
