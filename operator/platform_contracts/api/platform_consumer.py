"""PlatformConsumer: one team's onboarding on one plan."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel, Resource
from platform_contracts.api.common import EntryName, NamespacedRef, Team, immutable
from platform_contracts.api.consumer_status import PlatformConsumerStatus
from platform_contracts.api.members import MemberList
from platform_contracts.api.rules import ListMap


class ConsumerNamespace(ContractModel):
    """A namespace that the consumer wants."""

    name: EntryName = Field(examples=["team-a-payments"])
    """Name of the namespace, for example team-a-payments: it begins with the name of the namespace that the
    PlatformConsumer is in, or with a prefix that the operator's administrator allows."""

    environment: EntryName | None = None
    """What it is for, for example dev or production."""


class PlatformConsumerSpec(ContractModel):
    """Which service the team uses, on which plan, and who in the team does what."""

    service_ref: Annotated[
        NamespacedRef,
        immutable("serviceRef", "create another PlatformConsumer, for example one named after the other service"),
    ] = Field(examples=[{"namespace": "platform", "name": "payments"}])
    """The PlatformService that the team uses, for example {namespace: platform, name: payments}. Cannot be changed."""

    plan_name: EntryName = Field(examples=["small"])
    """Name of one of the service's plans, for example small."""

    team: Team | None = None
    """The consumer team, for example team-a."""

    members: MemberList = Field(default_factory=list, max_length=64)
    """Who gets which role of the plan, for example [{kind: Group, name: team-a-developers, roleName: developer}]."""

    namespaces: Annotated[list[ConsumerNamespace], ListMap()] = Field(default_factory=list, max_length=1)
    """The namespace that the team wants, for example [{name: team-a-payments}]; where it is left out, the operator
    names it."""


class PlatformConsumer(Resource):
    """One team's onboarding on one plan of a PlatformService: it becomes a namespace with the plan's quota, limits,
    network policy, Pod Security and roles."""

    spec: PlatformConsumerSpec = Field(
        examples=[{"serviceRef": {"namespace": "platform", "name": "payments"}, "planName": "small"}]
    )
    """Which service the team uses, on which plan, and who in the team does what."""

    status: PlatformConsumerStatus = Field(default_factory=PlatformConsumerStatus)
    """What the operator found and did."""
