"""Who gets which role of a plan."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.common import DNS_SUBDOMAIN, EntryName
from platform_contracts.api.rules import Rule, distinct, matches, matching


class MemberKind(StrEnum):
    """What a member is to Kubernetes' RBAC."""

    GROUP = "Group"
    USER = "User"
    SERVICE_ACCOUNT = "ServiceAccount"


_is_subdomain = matching(DNS_SUBDOMAIN)


class Member(ContractModel):
    """Somebody who gets a role of the plan in the consumer's namespaces."""

    RULES = (
        Rule(
            "!has(self.kind) || (self.kind == 'ServiceAccount') == has(self.__namespace__)",
            "namespace goes with kind: ServiceAccount and is required there, for example "
            "{kind: ServiceAccount, namespace: team-a, name: deployer, roleName: developer}",
            lambda member: (member.kind == MemberKind.SERVICE_ACCOUNT) == (member.namespace is not None),
            field="namespace",
        ),
        Rule(
            "!has(self.kind) || self.kind != 'ServiceAccount' || !has(self.name)"
            f" || self.name.matches(r'^({DNS_SUBDOMAIN})$')",
            "name of a ServiceAccount must be lower-case letters, digits, dashes and dots, for example deployer",
            lambda member: member.kind != MemberKind.SERVICE_ACCOUNT or _is_subdomain(member.name),
            field="name",
        ),
    )

    kind: MemberKind = Field(examples=["Group"])
    """What the member is: Group, User or ServiceAccount."""

    name: Annotated[
        str,
        Field(max_length=253),
        matches(
            r"[^\x00-\x20\x7f][^\x00-\x1f\x7f]*",
            "must be the name that the identity provider gives, for example team-a-developers",
        ),
        Rule(
            "!self.startsWith('system:')",
            "must not be an identity of Kubernetes itself (system:...): name a group or user of the team, "
            "for example team-a-developers",
            lambda name: not name.startswith("system:"),
            reason="FieldValueForbidden",
        ),
    ] = Field(examples=["team-a-developers"])
    """Name of the group, user or service account, for example team-a-developers."""

    namespace: EntryName | None = None
    """Namespace of a ServiceAccount, for example team-a; left out for groups and users."""

    role_name: EntryName = Field(examples=["developer"])
    """Name of a role of the plan, for example developer."""


MemberList = Annotated[list[Member], distinct("[{kind: Group, name: team-a, roleName: developer}]")]
