"""PlatformConsumer: one team's onboarding on one plan."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel, Resource
from platform_contracts.api.common import EntryName, NamespacedRef, Team, immutable
from platform_contracts.api.consumer_status import PlatformConsumerStatus
from platform_contracts.api.contacts import ContactList
from platform_contracts.api.members import MemberList
from platform_contracts.api.rules import ListMap, Rule, whole


class NamespaceSource(StrEnum):
    """Where a namespace comes from."""

    CREATE = "Create"
    ADOPT = "Adopt"


class ConsumerNamespace(ContractModel):
    """A namespace that the consumer wants."""

    RULES = (
        Rule(
            "!has(oldSelf.source) || oldSelf.source != 'Adopt' || has(self.source) && self.source == 'Adopt'",
            "source cannot be changed from Adopt to Create, since an adopted namespace stays one: keep source: Adopt, "
            "or ask for a namespace of another name, for example {name: team-a-payments-new, source: Create}",
            field="source",
            reason="FieldValueForbidden",
        ),
    )

    name: EntryName = Field(examples=["team-a-payments"])
    """Name of the namespace, for example team-a-payments. One that is created begins with the name of the namespace
    that the PlatformConsumer is in, or with a prefix that the operator's administrator allows."""

    environment: EntryName | None = None
    """What it is for, for example dev or production."""

    source: NamespaceSource = NamespaceSource.CREATE
    """Create, the default, makes the namespace. Adopt takes one that exists, once somebody who may update it consents:
    for the PlatformConsumer payments in team-a with `kubectl annotate namespace legacy-shop
    platformcontracts.io/consent=team-a/payments`, to which `@` and the UID of the namespace team-a may be added. An
    adopted namespace is never deleted, and Adopt cannot be changed to Create."""

    share_percent: Annotated[int, Field(strict=True), whole(1, 100, "a share in percent", 30)] | None = None
    """The namespace's share of the plan's quota in percent, from 1 to 100, for example 30. What is left is divided
    evenly among the namespaces without one; together they have at most 100."""


NamespaceList = Annotated[
    list[ConsumerNamespace],
    ListMap(),
    Rule(
        "self.map(entry, entry.?sharePercent.orValue(1)).sum() <= 100",
        "sharePercent must add up to at most 100, with at least 1 left for each namespace that says none, for example "
        "[{name: team-a-dev, sharePercent: 30}, {name: team-a-production, sharePercent: 70}]",
        lambda entries: sum(entry.share_percent or 1 for entry in entries) <= 100,
    ),
]


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

    team_size: Annotated[int, Field(strict=True), whole(1, 100_000, "a number of people", 8)] | None = None
    """How many people are in the team, from 1 to 100000, for example 8."""

    contacts: ContactList = Field(default_factory=list, max_length=16)
    """How to reach the team, for example [{name: chat, type: Slack, value: "#team-a"}]."""

    members: MemberList = Field(default_factory=list, max_length=64)
    """Who gets which role of the plan, for example [{kind: Group, name: team-a-developers, roleName: developer}]."""

    namespaces: NamespaceList = Field(default_factory=list, max_length=16)
    """The namespaces that the team wants, as many as the plan allows, for example [{name: team-a-dev, environment: dev,
    sharePercent: 30}, {name: team-a-production, environment: production, sharePercent: 70}]. Left out: one namespace,
    called after the namespace and the name of the PlatformConsumer, for example team-a-payments."""


class PlatformConsumer(Resource):
    """One team's onboarding on one plan of a PlatformService: it becomes namespaces with the plan's quota, limits,
    network policy, Pod Security, roles and alerts."""

    spec: PlatformConsumerSpec = Field(
        examples=[{"serviceRef": {"namespace": "platform", "name": "payments"}, "planName": "small"}]
    )
    """Which service the team uses, on which plan, and who in the team does what."""

    status: PlatformConsumerStatus = Field(default_factory=PlatformConsumerStatus)
