"""PlatformService: one internal service as a product."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.common import EntryName, HttpsURL, LocalRef


class Lifecycle(StrEnum):
    EXPERIMENTAL = "Experimental"
    BETA = "Beta"
    GENERAL_AVAILABILITY = "GeneralAvailability"
    DEPRECATED = "Deprecated"
    RETIRED = "Retired"


class ContactType(StrEnum):
    SLACK = "Slack"
    EMAIL = "Email"
    ON_CALL = "OnCall"
    WEB = "Web"


class Contact(ContractModel):
    name: EntryName
    type: ContactType
    value: str = Field(min_length=1, max_length=256)


class Owner(ContractModel):
    team: EntryName
    product_manager: str | None = Field(default=None, max_length=253)
    contacts: list[Contact] = Field(default_factory=list, max_length=16)


class Sunset(ContractModel):
    time: datetime
    successor_ref: LocalRef | None = None


class Persona(StrEnum):
    DEVELOPER = "Developer"
    OPERATOR = "Operator"
    STAKEHOLDER = "Stakeholder"


class UserGroup(ContractModel):
    name: EntryName
    persona: Persona
    needs: str | None = Field(default=None, max_length=1024)


class Adoption(ContractModel):
    target_teams: int = Field(ge=1, le=10000)


class LinkType(StrEnum):
    DOCS = "Docs"
    DASHBOARD = "Dashboard"
    REPOSITORY = "Repository"
    RUNBOOK = "Runbook"
    CHAT = "Chat"


class Link(ContractModel):
    name: EntryName
    type: LinkType
    url: HttpsURL


class AllowedFrom(StrEnum):
    NONE = "None"
    SAME = "Same"
    SELECTOR = "Selector"
    ALL = "All"


class SelectorOperator(StrEnum):
    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


class LabelSelectorRequirement(ContractModel):
    key: str = Field(min_length=1, max_length=317)
    operator: SelectorOperator
    values: list[str] = Field(default_factory=list, max_length=32)


class LabelSelector(ContractModel):
    match_labels: dict[str, str] = Field(default_factory=dict, max_length=16)
    match_expressions: list[LabelSelectorRequirement] = Field(default_factory=list, max_length=16)


class AllowedConsumers(ContractModel):
    from_: AllowedFrom = Field(default=AllowedFrom.NONE, alias="from")
    selector: LabelSelector | None = None


class PodSecurity(StrEnum):
    BASELINE = "Baseline"
    RESTRICTED = "Restricted"


class NetworkProfile(StrEnum):
    ISOLATED = "Isolated"
    SAME_CONSUMER = "SameConsumer"
    ALLOW_SERVICE = "AllowService"


class ContainerLimits(ContractModel):
    """Bounds and defaults of one container, as a LimitRange has them; resource name to quantity."""

    default: dict[str, str] = Field(default_factory=dict, max_length=16)
    default_request: dict[str, str] = Field(default_factory=dict, max_length=16)
    max: dict[str, str] = Field(default_factory=dict, max_length=16)


class PlanRole(ContractModel):
    name: EntryName
    cluster_role_name: str = Field(min_length=1, max_length=253)


class ConsumerPlan(ContractModel):
    name: EntryName
    quota: dict[str, str] = Field(default_factory=dict, max_length=32)
    limits: ContainerLimits | None = None
    pod_security: PodSecurity = PodSecurity.RESTRICTED
    network: NetworkProfile = NetworkProfile.ISOLATED
    roles: list[PlanRole] = Field(default_factory=list, max_length=16)


class DeletionPolicy(StrEnum):
    RETAIN = "Retain"
    DELETE = "Delete"


class Onboarding(ContractModel):
    allowed_consumers: AllowedConsumers = Field(default_factory=AllowedConsumers)
    plans: list[ConsumerPlan] = Field(default_factory=list, max_length=32)
    deletion_policy: DeletionPolicy = DeletionPolicy.RETAIN


class MemberKind(StrEnum):
    GROUP = "Group"
    USER = "User"
    SERVICE_ACCOUNT = "ServiceAccount"


class Member(ContractModel):
    kind: MemberKind
    name: str = Field(min_length=1, max_length=253)
    namespace: EntryName | None = None  # of a ServiceAccount
    role_name: EntryName


class ConsumerEntry(ContractModel):
    """One team that the platform team itself onboards."""

    name: EntryName
    team: EntryName
    plan_name: EntryName
    members: list[Member] = Field(default_factory=list, max_length=64)


class ChannelType(StrEnum):
    SURVEY = "Survey"
    INTERVIEW = "Interview"
    FEATURE_BOARD = "FeatureBoard"
    ISSUE_TRACKER = "IssueTracker"
    OFFICE_HOURS = "OfficeHours"
    ANALYTICS = "Analytics"


class FeedbackChannel(ContractModel):
    name: EntryName
    type: ChannelType
    url: HttpsURL


class FeedbackSpec(ContractModel):
    submit_url: HttpsURL | None = Field(default=None, alias="submitURL")
    channels: list[FeedbackChannel] = Field(default_factory=list, max_length=16)


class PlatformServiceSpec(ContractModel):
    display_name: str | None = Field(default=None, max_length=128)
    description: str | None = Field(default=None, max_length=4096)
    owner: Owner
    lifecycle: Lifecycle = Lifecycle.GENERAL_AVAILABILITY
    sunset: Sunset | None = None
    users: list[UserGroup] = Field(default_factory=list, max_length=16)
    adoption: Adoption | None = None
    links: list[Link] = Field(default_factory=list, max_length=16)
    onboarding: Onboarding = Field(default_factory=Onboarding)
    consumers: list[ConsumerEntry] = Field(default_factory=list, max_length=200)
    feedback: FeedbackSpec = Field(default_factory=FeedbackSpec)
