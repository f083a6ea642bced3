"""PlatformService: one internal service as a product."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from platform_contracts.api.assessment import Assessment
from platform_contracts.api.base import ContractModel, Resource
from platform_contracts.api.common import EntryName, HttpsURL, Line, LocalRef, Team, Timestamp
from platform_contracts.api.contacts import ContactList
from platform_contracts.api.members import Member, MemberKind
from platform_contracts.api.onboarding import (
    AllowedConsumers,
    AllowedFrom,
    ConsumerEntries,
    ConsumerEntry,
    DeletionPolicy,
    Onboarding,
)
from platform_contracts.api.plan import ConsumerPlan, NetworkProfile, PlanRole, PodSecurity
from platform_contracts.api.resources import ContainerLimits
from platform_contracts.api.roadmap import Roadmap
from platform_contracts.api.rules import ListMap, Rule, whole
from platform_contracts.api.selector import LabelSelector, LabelSelectorRequirement, SelectorOperator
from platform_contracts.api.service_status import PlatformServiceStatus
from platform_contracts.api.survey import Survey

__all__ = [
    "AllowedConsumers",
    "AllowedFrom",
    "ConsumerEntry",
    "ConsumerPlan",
    "ContainerLimits",
    "DeletionPolicy",
    "LabelSelector",
    "LabelSelectorRequirement",
    "Lifecycle",
    "Member",
    "MemberKind",
    "NetworkProfile",
    "Onboarding",
    "PlanRole",
    "PlatformService",
    "PlatformServiceSpec",
    "PodSecurity",
    "SelectorOperator",
]


class Lifecycle(StrEnum):
    """How far a service is in its life."""

    EXPERIMENTAL = "Experimental"
    BETA = "Beta"
    GENERAL_AVAILABILITY = "GeneralAvailability"
    DEPRECATED = "Deprecated"
    RETIRED = "Retired"


class Owner(ContractModel):
    """Who answers for the service."""

    team: Team = Field(examples=["payments"])
    """The owning team, for example payments."""

    product_manager: Line | None = Field(default=None, max_length=253)
    """Who decides what is built next, for example Sam Lee or sam.lee@example.com."""

    contacts: ContactList = Field(default_factory=list, max_length=16)
    """How to reach the team, for example [{name: chat, type: Slack, value: "#team-payments"}]."""


class Sunset(ContractModel):
    """When the service ends and what follows it."""

    time: Timestamp = Field(examples=["2027-03-31T00:00:00Z"])
    """When the service stops, with its time zone, for example 2027-03-31T00:00:00Z."""

    successor_ref: LocalRef | None = None
    """The PlatformService to move to, in the same namespace, for example {name: payments-v2}."""


class Persona(StrEnum):
    """What a group of users does with the service."""

    DEVELOPER = "Developer"
    OPERATOR = "Operator"
    STAKEHOLDER = "Stakeholder"


class UserGroup(ContractModel):
    """A group of people that the service is made for."""

    name: EntryName = Field(examples=["backend-developers"])
    """Name of the group, for example backend-developers."""

    persona: Persona = Field(examples=["Developer"])
    """What they do with the service: Developer, Operator or Stakeholder."""

    needs: str | None = Field(default=None, max_length=768)
    """What they need from it in their own words, for example "take payments without handling card data"."""


class Adoption(ContractModel):
    """How widely the service is meant to be used."""

    target_teams: Annotated[
        int,
        Field(strict=True),
        whole(1, 10000, "a number of teams", 20),
    ] = Field(examples=[20])
    """The number of teams to reach, from 1 to 10000, for example 20: adoption is shown against it."""


class LinkType(StrEnum):
    """What a link leads to."""

    DOCS = "Docs"
    DASHBOARD = "Dashboard"
    REPOSITORY = "Repository"
    RUNBOOK = "Runbook"
    CHAT = "Chat"


class Link(ContractModel):
    """A page about the service."""

    name: EntryName = Field(examples=["docs"])
    """Name of the link, for example docs."""

    type: LinkType = Field(examples=["Docs"])
    """What it leads to: Docs, Dashboard, Repository, Runbook or Chat."""

    url: HttpsURL = Field(examples=["https://docs.example.com/payments"])
    """The https URL, for example https://docs.example.com/payments."""


class ChannelType(StrEnum):
    """How feedback is given in a channel."""

    SURVEY = "Survey"
    INTERVIEW = "Interview"
    FEATURE_BOARD = "FeatureBoard"
    ISSUE_TRACKER = "IssueTracker"
    OFFICE_HOURS = "OfficeHours"
    ANALYTICS = "Analytics"


# A copy of each is on every SLA and PlatformConsumer of the service.
ShownURL = Annotated[HttpsURL, Field(max_length=512)]


class FeedbackChannel(ContractModel):
    """A place where users tell the platform team something."""

    name: EntryName = Field(examples=["board"])
    """Name of the channel, for example board."""

    type: ChannelType = Field(examples=["FeatureBoard"])
    """How feedback is given there: Survey, Interview, FeatureBoard, IssueTracker, OfficeHours or Analytics."""

    url: ShownURL = Field(examples=["https://board.example.com/payments"])
    """The https URL, for example https://board.example.com/payments."""


class ServiceFeedback(ContractModel):
    """Where users tell the platform team what they think, what they are asked, and how soon they are answered. The
    links show on the service, its SLAs and its consumers."""

    submit_url: ShownURL | None = Field(default=None, alias="submitURL")
    """The https URL of the first place to go, for example https://feedback.example.com/payments."""

    channels: Annotated[list[FeedbackChannel], ListMap()] = Field(default_factory=list, max_length=8)
    """Further places, for example [{name: board, type: FeatureBoard, url: "https://board.example.com/payments"}]."""

    acknowledge_within_days: (
        Annotated[
            int,
            Field(strict=True),
            whole(1, 366, "a number of days", 14),
        ]
        | None
    ) = None
    """Within how many days whoever asks for something is answered, from 1 to 366, for example 14; FeedbackCurrent turns
    False when somebody waits longer."""

    retention_days: (
        Annotated[
            int,
            Field(strict=True),
            whole(30, 3660, "a number of days", 365),
        ]
        | None
    ) = None
    """How many days Feedback is kept after it was shipped or declined, or a survey's answer was given, from 30 to 3660,
    for example 365. It goes once a ProductReport has counted it and no figure goes by it any more; what waits for an
    answer stays. Left out, all of it stays. It takes `assessment`, which makes the reports."""

    surveys: Annotated[list[Survey], ListMap()] = Field(default_factory=list, max_length=4)
    """What users are asked, for example [{name: satisfaction, instrument: CSAT}]; answers are Feedback objects. Where
    the operator serves its page, `status.feedback.links` has a form for each."""


class ReconcilePolicy(StrEnum):
    """What the operator does about the service and its consumers."""

    ENFORCE = "Enforce"
    OBSERVE = "Observe"
    SUSPEND = "Suspend"


class PlatformServiceSpec(ContractModel):
    """What the platform team offers, to whom, and how one gets it."""

    RULES = (
        Rule(
            "!(self.lifecycle in ['Deprecated', 'Retired']) || has(self.sunset)",
            "sunset is required when lifecycle is Deprecated or Retired, for example "
            "sunset: {time: '2027-03-31T00:00:00Z', successorRef: {name: payments-v2}}",
            lambda spec: spec.sunset is not None or spec.lifecycle not in (Lifecycle.DEPRECATED, Lifecycle.RETIRED),
            field="sunset",
            reason="FieldValueRequired",
        ),
        Rule(
            "!has(self.feedback) || !has(self.feedback.retentionDays) || has(self.assessment)",
            "assessment is required with feedback.retentionDays, since Feedback expires once a ProductReport has "
            "counted it, for example assessment: {periodDays: 90}",
            lambda spec: spec.feedback.retention_days is None or spec.assessment is not None,
            field="assessment",
            reason="FieldValueRequired",
        ),
        Rule(
            "!has(self.consumers) || self.consumers.all(consumer, !has(consumer.planName)"
            " || has(self.onboarding.plans) && self.onboarding.plans.exists(plan, plan.name == consumer.planName))",
            "planName of each consumer must name a plan in onboarding.plans, for example "
            "consumers: [{name: team-a, team: team-a, planName: small}] with onboarding: {plans: [{name: small}]}",
            lambda spec: {entry.plan_name for entry in spec.consumers} <= {plan.name for plan in spec.onboarding.plans},
            field="consumers",
        ),
        Rule(
            "!has(self.consumers) || !has(self.onboarding.plans) || self.consumers.all(consumer,"
            " !has(consumer.planName) || !has(consumer.environments) || self.onboarding.plans.all(plan,"
            " plan.name != consumer.planName || size(consumer.environments) <= plan.?maxNamespaces.orValue(1)))",
            "environments of each consumer must be at most maxNamespaces of its plan, for example "
            "consumers: [{name: team-a, team: team-a, planName: small, environments: [dev, production]}] with "
            "onboarding: {plans: [{name: small, maxNamespaces: 2}]}",
            lambda spec: all(
                len(entry.environments) <= plan.max_namespaces
                for entry in spec.consumers
                for plan in spec.onboarding.plans
                if plan.name == entry.plan_name
            ),
            field="consumers",
        ),
    )

    display_name: Line | None = Field(default=None, max_length=128)
    """Name of the service for people, for example Payments API."""

    description: str | None = Field(default=None, max_length=4096)
    """What the service does for its users, in a few sentences."""

    owner: Owner = Field(examples=[{"team": "payments"}])
    """Who answers for the service, for example {team: payments}. The only field that has to be set."""

    lifecycle: Lifecycle = Lifecycle.GENERAL_AVAILABILITY
    """How far the service is in its life: Experimental, Beta, GeneralAvailability, Deprecated or Retired. The last
    two need a `sunset`."""

    sunset: Sunset | None = None
    """When the service ends and what follows it; required when `lifecycle` is Deprecated or Retired."""

    users: Annotated[list[UserGroup], ListMap()] = Field(default_factory=list, max_length=16)
    """The groups of people that the service is made for."""

    adoption: Adoption | None = None
    """How widely the service is meant to be used."""

    links: Annotated[list[Link], ListMap()] = Field(default_factory=list, max_length=8)
    """Pages about the service, for example [{name: docs, type: Docs, url: "https://docs.example.com/payments"}]."""

    onboarding: Onboarding = Field(default_factory=Onboarding)
    """How teams become consumers of the service and what they get."""

    consumers: ConsumerEntries = Field(default_factory=list, max_length=200)
    """The teams that the platform team itself onboards: each becomes a PlatformConsumer beside the service."""

    feedback: ServiceFeedback = Field(default_factory=ServiceFeedback)
    """Where users tell the platform team what they think, what they are asked, and how soon they are answered."""

    roadmap: Roadmap | None = None
    """What is coming, for example {prioritization: RICE, items: [{name: instant-refunds, state: Planned}]}."""

    assessment: Assessment | None = None
    """How often the service is assessed as a product, for example {periodDays: 90}: then a ProductReport says what to
    improve."""

    reconcile_policy: ReconcilePolicy = ReconcilePolicy.ENFORCE
    """What the operator does about the service and its consumers. Enforce, the default, makes everything
    as the contract says and corrects what others change. Observe writes nothing but statuses: the condition InSync of
    each consumer names what differs. Suspend neither compares nor writes, for example during a migration."""


class PlatformService(Resource):
    """One internal service as a product: who owns it, who uses it, how teams get onto it, and where they say what they
    think. It counts only in a namespace that an administrator labelled as a provider's."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        *Resource.RULES,
        Rule(
            "!has(self.spec) || self.spec.?sunset.?successorRef.?name.orValue('') != self.metadata.name",
            "successorRef must name another service, for example payments-v2",
            lambda service: (
                not (
                    service.spec.sunset
                    and service.spec.sunset.successor_ref
                    and service.spec.sunset.successor_ref.name == service.metadata.name
                )
            ),
            field="spec.sunset.successorRef.name",
        ),
        Rule(
            "!has(self.spec) || !has(self.spec.consumers)"
            " || self.spec.consumers.all(entry, size(self.metadata.name) + 1 + size(entry.name) <= 63)",
            "name of each consumer must be at most 63 characters with the service's name before it, since its "
            "PlatformConsumer is named after both, for example payments-team-a",
            lambda service: all(len(f"{service.metadata.name}-{entry.name}") <= 63 for entry in service.spec.consumers),
            field="spec.consumers",
        ),
    )

    spec: PlatformServiceSpec = Field(examples=[{"owner": {"team": "payments"}}])
    """What the platform team offers, to whom, and how one gets it."""

    status: PlatformServiceStatus = Field(default_factory=PlatformServiceStatus)
