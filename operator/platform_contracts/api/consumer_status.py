"""The status of a PlatformConsumer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.feedback import FeedbackState
from platform_contracts.api.rules import ListMap
from platform_contracts.api.status import Decimal, DriftStatus, FeedbackStatus, SLAState, Status, Text

Amounts = Annotated[dict[str, Text], Field(max_length=128)]


class ConsumerNamespaceStatus(ContractModel):
    """One namespace of the consumer."""

    name: Text
    """Name of the namespace."""

    uid: Text | None = None
    """UID of the namespace that the operator created or adopted: another namespace of the same name is not it."""

    environment: Text | None = None
    """What it is for, for example dev."""

    state: Text | None = None
    """How it stands, in one CamelCase word, for example Ready."""

    quota: Amounts | None = None
    """What its quota allows, as the operator last put it in force, for example {pods: "20", requests.cpu: "2"}: as
    long as nothing else is to be in force, this is what it is set right to."""

    message: Text | None = None
    """What is noteworthy, and what to do next."""


class Attainment(ContractModel):
    """What this consumer got of one promise."""

    sla: Text
    """Name of the SLA."""

    objective: Text
    """Name of the objective."""

    sli: Decimal
    """The share of this consumer's own events that were good, over the SLA's window, in percent, for example
    "99.9674"."""


class ConsumerSLAStatus(ContractModel):
    """How the SLA stands that the plan names, or all of the service's where it names none."""

    state: SLAState | None = None
    """The worst state among its objectives: Breached, AtRisk, Unknown or Met."""

    budget: Text | None = None
    """What is left of the worst objective's error budget, in whole percent, for example 67%."""

    attainment: Annotated[list[Attainment], ListMap(("sla", "objective"))] = Field(default_factory=list, max_length=64)
    """What this consumer itself got, of the promises that are measured consumer by consumer (consumerLabel)."""


class ConsumerQuotaStatus(ContractModel):
    """The plan's quota and what of it is used: totals over all namespaces of the consumer."""

    hard: Amounts = Field(default_factory=dict)
    """What the quotas of the namespaces allow together, for example {pods: "20", requests.cpu: "2"}."""

    used: Amounts = Field(default_factory=dict)
    """What is used of it, for example {pods: "12", requests.cpu: 1500m}."""

    available: Amounts = Field(default_factory=dict)
    """What is left of the plan's quota, for example {pods: "8", requests.cpu: 500m}."""

    summary: Text | None = None
    """The resource that is used most, for example requests.cpu 75%."""

    observed_time: datetime | None = None
    """When the figures were read."""


class Notice(ContractModel):
    """Something that the team should know and that does not keep it from working."""

    type: Text
    """What it is about, in one CamelCase word, for example Deprecated."""

    message: Text
    """What is coming, when, and what to do."""

    time: datetime | None = None
    """Since when it is so."""


class Correction(ContractModel):
    """One object that was set right."""

    time: datetime
    """When it was set right."""

    object: Text
    """Kind, namespace and name, for example ResourceQuota team-a-payments/platform-contracts."""


class ConsumerDriftStatus(DriftStatus):
    """What somebody else changed or deleted in the consumer's namespaces and the operator set right."""

    last_object: Text | None = None
    """Kind, namespace and name of the object that was corrected last, for example ResourceQuota
    team-a-payments/platform-contracts."""

    recent: list[Correction] = Field(default_factory=list, max_length=20)
    """The last corrections, youngest first."""


class FeedbackAnswer(ContractModel):
    """What became of something that the team asked for."""

    name: Text
    """Name of the Feedback."""

    state: FeedbackState
    """Open, Acknowledged, Planned, InProgress, Shipped or Declined."""

    roadmap_item: Text | None = None
    """The roadmap item that answers it."""

    response: Text | None = None
    """What the platform team says to it; where much was said, of what was said longest ago how it begins."""


class ConsumerFeedbackStatus(FeedbackStatus):
    """Where to tell the platform team what one thinks, and what it answers."""

    answers: Annotated[list[FeedbackAnswer], ListMap()] = Field(default_factory=list, max_length=20)
    """What became of what the team asked for, youngest first; every Feedback whose consumerRef names this consumer. Of
    more than 20 the ten that were answered last show, and of the others the youngest."""


class PlatformConsumerStatus(Status):
    """What the operator found and did. Conditions: Ready, Reconciling, Stalled, Approved, ConsentGiven (only where a
    namespace is adopted), QuotaWithinBudget, InSync."""

    plan: Text | None = None
    """The plan that is in force; `spec.planName` names another one where the consumer cannot be moved yet, and the
    condition QuotaWithinBudget says why."""

    namespaces: Annotated[list[ConsumerNamespaceStatus], ListMap()] = Field(default_factory=list, max_length=64)
    """The consumer's namespaces."""

    summary: Text | None = None
    """The namespaces in a few words, for example team-a-payments, or sales-dev +1 where there is another."""

    requested_time: datetime | None = None
    """When the team asked."""

    approved_time: datetime | None = None
    """When the service let the team in."""

    refused_time: datetime | None = None
    """Since when the service does not let the team in: since it asked, or since it was denied after it had been let in
    or had waited for a decision. Whoever waited for too long by then counts in how long onboarding takes."""

    ready_time: datetime | None = None
    """When the team first had everything that its plan gives."""

    sla: ConsumerSLAStatus | None = None
    """How the SLA stands that the plan names with `slaRef`, or all of the service's where it names none."""

    quota: ConsumerQuotaStatus | None = None
    """The plan's quota and what of it is used: totals over all namespaces of the consumer."""

    notices: list[Notice] = Field(default_factory=list, max_length=16)
    """What the team should know, for example that the service ends and what follows it."""

    drift: ConsumerDriftStatus | None = None
    """What somebody else changed or deleted in the consumer's namespaces and the operator set right."""

    feedback: ConsumerFeedbackStatus | None = None
    """Where to tell the platform team what one thinks, and what it answers."""
