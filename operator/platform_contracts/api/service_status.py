"""The status of a PlatformService."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from platform_contracts.api.assessment import ServiceAssessmentStatus
from platform_contracts.api.base import ContractModel
from platform_contracts.api.common import Day
from platform_contracts.api.rules import ListMap
from platform_contracts.api.status import Count, Decimal, DriftStatus, FeedbackStatus, SLAState, Status, Text


class WorstServiceObjective(ContractModel):
    """The objective that is worst off among all SLAs of the service."""

    sla: Text | None = None
    """Name of its SLA."""

    objective: Text | None = None
    """Name of the objective."""

    sli: Decimal | None = None
    """What was measured, in percent, for example "99.9674"."""

    target: Decimal | None = None
    """What was promised, in percent, for example "99.9"."""

    budget: Text | None = None
    """What is left of its error budget, in percent; negative when overspent, for example 67%."""

    window: Text | None = None
    """The time that the figures are about, for example 30d, or 30d (3d) while the SLA is young."""


class ServiceSLAStatus(ContractModel):
    """How the service's SLAs stand, all together."""

    state: SLAState | None = None
    """The worst state among them: Breached, AtRisk, Unknown or Met."""

    summary: Text | None = None
    """The same in words, for example Met 99.9674%/99.9%."""

    worst: WorstServiceObjective | None = None
    """The objective that is worst off."""

    objectives: Count | None = None
    """How many objectives there are in all SLAs."""

    breached: Count | None = None
    """How many of them are breached."""

    evaluated_time: datetime | None = None
    """When the figures were read."""


class DayOfDeparture(ContractModel):
    """How many consumers left on a day."""

    day: Day
    """The day in UTC on which they were gone, for example 2027-06-12."""

    count: Count
    """How many left."""


Departures = Annotated[list[DayOfDeparture], ListMap(("day",))]


class ServiceConsumersStatus(ContractModel):
    """Who uses the service, in counts."""

    summary: Text | None = None
    """Ready consumers of the targeted teams, or of all consumers where no target is set, for example 14/20."""

    total: Count | None = None
    """How many PlatformConsumers the service has, those included that wait for a decision; those that it does not let
    in are left out."""

    ready: Count | None = None
    """How many of them have everything that their plan gives."""

    pending: Count | None = None
    """How many are not ready yet."""

    namespaces: Count | None = None
    """How many namespaces they have together."""

    active: Count | None = None
    """How many of the ready ones run pods."""

    dormant: Count | None = None
    """How many of the ready ones run no pods."""

    lost: Count | None = None
    """How many have left in the last 90 days, of those that had everything at an assessment."""

    left: Departures = Field(default_factory=list, max_length=92)
    """How many have left since the last assessment, by the day; those of more than 90 days ago stand together."""

    adoption_percent: Count | None = None
    """Teams with a ready consumer in percent of `spec.adoption.targetTeams`."""

    oldest_pending_time: datetime | None = None
    """Since when the consumer that has waited longest is pending."""


class ServiceOnboardingStatus(ContractModel):
    """How long teams wait."""

    lead_time_p50_seconds: Count | None = None
    """Half of the consumers had everything within this time after they asked."""

    lead_time_p90_seconds: Count | None = None
    """Nine in ten consumers had everything within this time after they asked."""

    awaiting_approval: Count | None = None
    """How many consumers wait for a decision in `spec.onboarding.approvals`."""


class ServiceUsageStatus(ContractModel):
    """How much of what the plans give is used."""

    requests_per_second: Decimal | None = None
    """Requests of all ready consumers together, in the mean over the window of the objectives that tell consumers apart
    (consumerLabel), for example "41.7". It is written anew when it has changed by a tenth."""

    calling_consumers: Count | None = None
    """How many of the ready consumers sent any request within that window."""

    quota_used_percent: Count | None = None
    """How full the quotas are, in percent: over all consumers together, the resource that is used most."""

    active_consumers: Count | None = None
    """How many ready consumers run pods."""


class ServiceDriftStatus(DriftStatus):
    """What somebody else changed or deleted in consumers' namespaces and the operator set right."""

    last_object: Text | None = None
    """Kind of the object that was corrected last, for example ResourceQuota; whose it was, its PlatformConsumer
    says."""


class Trend(StrEnum):
    """How something stands to the time before."""

    RISING = "Rising"
    STEADY = "Steady"
    FALLING = "Falling"


class SurveyScore(ContractModel):
    """What one survey shows."""

    survey: Text
    """Name of the survey."""

    instrument: Text
    """How it is scored, for example CSAT."""

    responses: Count
    """How many answers count: those to the present question within the survey's periodDays."""

    score: Decimal | None = None
    """The score, in percent for CSAT, from -100 to 100 for NPS, from 1 to 7 for CES, from 0 to 100 for UMUXLite; absent
    as long as there are fewer answers than the survey's minResponses."""

    margin_of_error: Decimal | None = None
    """Half the width of the 95 % confidence interval, in the score's unit."""

    target: Decimal | None = None
    """The score to reach, as the survey has it."""

    previous_score: Decimal | None = None
    """The score of the answers of the same length of time before; absent where they were too few."""

    trend: Trend | None = None
    """Against `previousScore`: Rising or Falling where the two differ by more than chance explains (by more than the
    margin of error of their difference), or else Steady."""

    response_rate_percent: Count | None = None
    """Answers in percent of the people in the consumers' teams; absent unless every consumer says its teamSize."""


class ThemeStatus(ContractModel):
    """What users speak about."""

    name: Text
    """The theme, for example refunds."""

    count: Count
    """How many voices (Feedback objects) named it in the last 90 days; those of one team count once."""

    trend: Trend
    """Against the 90 days before: Rising, Steady or Falling."""


class ServiceFeedbackStatus(FeedbackStatus):
    """Where to tell the platform team what one thinks, and what came of it: figures without names and comments."""

    summary: Text | None = None
    """The first score, for example CSAT 82% (n=41)."""

    scores: Annotated[list[SurveyScore], ListMap(("survey",))] = Field(default_factory=list, max_length=4)
    """What each survey shows."""

    themes: Annotated[list[ThemeStatus], ListMap()] = Field(default_factory=list, max_length=16)
    """What most users speak about, each theme that at least three voices named."""

    total: Count | None = None
    """How many voices (Feedback objects) there were in all, also those that have expired by `retentionDays`."""

    open_items: Count | None = None
    """How many requests and interviews are neither shipped nor declined."""

    oldest_unacknowledged_time: datetime | None = None
    """When that Feedback was created which has waited longest for a first answer; absent where none waits."""

    next_survey_time: datetime | None = None
    """When users are asked next: each survey is asked again every periodDays, counted from the service's creation."""


class RankedItem(ContractModel):
    """A roadmap item that is not shipped or declined."""

    name: Text
    """Name of the item."""

    asked_by: Count
    """How many voices ask for it or for one of its themes; those of one team count once."""

    score: Decimal | None = None
    """Its score by the roadmap's prioritization; absent where it has not the figures for one."""


class ShippedStatus(ContractModel):
    """A roadmap item that was shipped, and what came of it."""

    name: Text
    """Name of the item."""

    shipped_date: Text
    """When it was shipped, for example 2027-06-12."""

    asked_by: Count
    """How many voices asked for it or for one of its themes; those of one team count once."""

    satisfaction_before: Text | None = None
    """What the first survey with a score on both sides showed in its periodDays before, for example CSAT 62% (n=12)."""

    satisfaction_after: Text | None = None
    """What it shows since, in as long a time at most."""

    sla_before: Text | None = None
    """The objective that was worst off at the last assessment before, for example 99.4100%/99.9%."""

    sla_after: Text | None = None
    """The objective that is worst off now."""


class ServiceRoadmapStatus(ContractModel):
    """What is coming, in the order of its worth."""

    planned: Count | None = None
    """How many items are planned."""

    in_progress: Count | None = None
    """How many items are in progress."""

    shipped_last90_days: Count | None = Field(default=None, alias="shippedLast90Days")
    """How many items were shipped in the last 90 days."""

    shipped: Annotated[list[ShippedStatus], ListMap()] = Field(default_factory=list, max_length=8)
    """What was shipped in the last 90 days, the youngest first, with satisfaction and SLA before and after."""

    next: Text | None = None
    """What comes next, for example instant-refunds by 2027-06-30."""

    ranked: Annotated[list[RankedItem], ListMap()] = Field(default_factory=list, max_length=20)
    """The items that are not shipped or declined, the first ones by rank."""

    unaddressed_themes: list[Text] = Field(default_factory=list, max_length=8)
    """Themes that at least three voices named in the last 90 days and that nothing answers: no item has them that is to
    come or declined, or was shipped since."""


class PlatformServiceStatus(Status):
    """What the operator found and did. Conditions: Ready, Reconciling, Stalled, SLAMet, ConsumersReady, Deprecated, and
    FeedbackCurrent, RoadmapCurrent and AssessmentCurrent where the spec promises something of that kind. A breached SLA
    never makes the service unready, nor does an overdue answer."""

    sla: ServiceSLAStatus | None = None
    """How the service's SLAs stand, all together."""

    consumers: ServiceConsumersStatus | None = None
    """Who uses the service, in counts."""

    onboarding: ServiceOnboardingStatus | None = None
    """How long teams wait."""

    usage: ServiceUsageStatus | None = None
    """How much of what the plans give is used."""

    drift: ServiceDriftStatus | None = None
    """What somebody else changed or deleted in consumers' namespaces and the operator set right."""

    feedback: ServiceFeedbackStatus | None = None
    """Where to tell the platform team what one thinks, and what came of it."""

    roadmap: ServiceRoadmapStatus | None = None
    """What is coming, in the order of its worth."""

    assessment: ServiceAssessmentStatus | None = None
    """What the last assessment came to, and when the next is due."""
