"""The status of a PlatformService."""

from __future__ import annotations

from datetime import datetime

from platform_contracts.api.base import ContractModel
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
    """How much is made of what the plans give."""

    quota_used_percent: Count | None = None
    """How full the quotas are, in percent: over all consumers together, the resource that is used most."""

    active_consumers: Count | None = None
    """How many ready consumers run pods."""


class ServiceDriftStatus(DriftStatus):
    """What somebody else changed or deleted in consumers' namespaces and the operator set right."""

    last_object: Text | None = None
    """Kind of the object that was corrected last, for example ResourceQuota; whose it was, its PlatformConsumer
    says."""


class PlatformServiceStatus(Status):
    """What the operator found and did. Conditions: Ready, Reconciling, Stalled, SLAMet, ConsumersReady, Deprecated. A
    breached SLA never makes the service unready."""

    sla: ServiceSLAStatus | None = None
    """How the service's SLAs stand, all together."""

    consumers: ServiceConsumersStatus | None = None
    """Who uses the service, in counts."""

    onboarding: ServiceOnboardingStatus | None = None
    """How long teams wait."""

    usage: ServiceUsageStatus | None = None
    """How much is made of what the plans give."""

    drift: ServiceDriftStatus | None = None
    """What somebody else changed or deleted in consumers' namespaces and the operator set right."""

    feedback: FeedbackStatus | None = None
    """Where to tell the platform team what one thinks."""
