"""How consumers get onto a service: who may, on which plan, and the teams that the platform team onboards itself."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.common import EntryName, Team
from platform_contracts.api.members import Member, MemberList
from platform_contracts.api.plan import ConsumerPlan
from platform_contracts.api.rules import ListMap, Rule
from platform_contracts.api.selector import LabelSelector


class AllowedFrom(StrEnum):
    """From which namespaces a PlatformConsumer counts."""

    NONE = "None"
    SAME = "Same"
    SELECTOR = "Selector"
    ALL = "All"


class AllowedConsumers(ContractModel):
    """From which namespaces teams may onboard themselves by a PlatformConsumer of their own.

    The entries of `spec.consumers` count in any case.
    """

    RULES = (
        Rule(
            "(self.from == 'Selector') == has(self.selector)",
            "selector goes with from: Selector and is required there, for example "
            "{from: Selector, selector: {matchLabels: {department: retail}}}",
            lambda allowed: (allowed.from_ == AllowedFrom.SELECTOR) == (allowed.selector is not None),
            field="selector",
        ),
    )

    from_: AllowedFrom = Field(default=AllowedFrom.NONE, alias="from")
    """None lets nobody in, Same the service's own namespace, Selector the namespaces that `selector` finds, All every
    namespace of the cluster."""

    selector: LabelSelector | None = None
    """The namespaces that may hold a PlatformConsumer, with from: Selector, for example
    {matchLabels: {department: retail}}."""


class DeletionPolicy(StrEnum):
    """What becomes of a consumer's namespaces when the consumer goes."""

    RETAIN = "Retain"
    DELETE = "Delete"


class Onboarding(ContractModel):
    """How teams become consumers of the service and what they get."""

    allowed_consumers: AllowedConsumers = Field(default_factory=AllowedConsumers)
    """From which namespaces teams may onboard themselves; from nowhere unless said otherwise."""

    plans: Annotated[list[ConsumerPlan], ListMap()] = Field(default_factory=list, max_length=32)
    """The plans on offer: a consumer chooses one by name."""

    deletion_policy: DeletionPolicy = DeletionPolicy.RETAIN
    """What becomes of a consumer's namespace when the consumer goes: Retain keeps it with its quota, limits, network
    policy and Pod Security labels; Delete deletes one that the operator created and that holds no
    PersistentVolumeClaim."""


class ConsumerEntry(ContractModel):
    """One team that the platform team itself onboards: it becomes a PlatformConsumer beside the service, and counts as
    approved."""

    name: EntryName = Field(examples=["team-a"])
    """Name of the entry and part of the name of the PlatformConsumer made from it, for example team-a."""

    team: Team = Field(examples=["team-a"])
    """The consumer team, for example team-a."""

    plan_name: EntryName = Field(examples=["small"])
    """Name of a plan in `spec.onboarding.plans`, for example small."""

    members: MemberList = Field(default_factory=list, max_length=20)
    """Who gets which role in the team's namespace, for example [{kind: Group, name: team-a, roleName: developer}]."""


__all__ = ["AllowedConsumers", "AllowedFrom", "ConsumerEntry", "DeletionPolicy", "Member", "Onboarding"]
