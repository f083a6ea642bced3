"""How consumers get onto a service: who may, on which plan, and the teams that the platform team onboards itself."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.common import EntryName, Line, Team
from platform_contracts.api.members import Member, MemberList
from platform_contracts.api.plan import ConsumerPlan
from platform_contracts.api.rules import ListMap, Rule, distinct, matches
from platform_contracts.api.selector import LabelSelector

# What the lists of a service hold together: etcd takes no object beyond 1.5 MiB.
REASONS = 8192
MEMBERS = 500
MEMBER_NAMES = 8192


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


class ApprovalMode(StrEnum):
    """Whether an allowed consumer is let in at once."""

    AUTOMATIC = "Automatic"
    MANUAL = "Manual"


class Decision(StrEnum):
    """What the platform team decided about one consumer."""

    APPROVED = "Approved"
    DENIED = "Denied"


class Approval(ContractModel):
    """A decision of the platform team about one PlatformConsumer."""

    RULES = (
        Rule(
            "self.?decision.orValue('') != 'Denied' || has(self.reason)",
            "reason is required when decision is Denied, for example "
            "{namespace: team-a, name: payments, decision: Denied, reason: Please finish the security review first}",
            lambda approval: approval.decision != Decision.DENIED or approval.reason is not None,
            field="reason",
            reason="FieldValueRequired",
        ),
        Rule(
            "self.?decision.orValue('') != 'Denied' || !has(self.reason) || !has(self.namespaceUID)",
            "namespaceUID goes with decision: Approved, since nobody gets rid of a denial by making a namespace again; "
            "leave it out, for example {namespace: team-a, name: payments, decision: Denied, reason: Please ask again}",
            lambda approval: approval.decision != Decision.DENIED or None in (approval.reason, approval.namespace_uid),
            field="namespaceUID",
            reason="FieldValueForbidden",
        ),
    )

    namespace: EntryName = Field(examples=["team-a"])
    """Namespace of the PlatformConsumer, for example team-a."""

    name: EntryName = Field(examples=["payments"])
    """Name of the PlatformConsumer, for example payments."""

    namespace_uid: (
        Annotated[
            str,
            Field(max_length=64),
            matches(
                "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
                "must be the metadata.uid of the namespace, for example 0b6f4c9e-3f0a-4d52-9a6e-5d1c2f7b8a90",
            ),
        ]
        | None
    ) = Field(default=None, alias="namespaceUID")
    """The UID of that namespace, as the consumer's condition Approved shows it, for example
    0b6f4c9e-3f0a-4d52-9a6e-5d1c2f7b8a90: the decision is about this namespace alone, and not about another one that is
    made under its name later. Left out, the decision goes by the name. Only with Approved."""

    decision: Decision = Field(examples=["Approved"])
    """Approved lets the consumer in. Denied refuses it, or ends the access of one that was in, for a `reason`."""

    reason: Line | None = Field(default=None, max_length=512)
    """Why, in one line of at most 512 characters that the consumer team reads on its PlatformConsumer, and others
    here, for example "Please finish the security review first". Required with Denied."""


class DeletionPolicy(StrEnum):
    """What becomes of a consumer's namespaces when the consumer goes."""

    RETAIN = "Retain"
    DELETE = "Delete"


class Onboarding(ContractModel):
    """How teams become consumers of the service and what they get."""

    allowed_consumers: AllowedConsumers = Field(default_factory=AllowedConsumers)
    """From which namespaces teams may onboard themselves, for example
    {from: Selector, selector: {matchLabels: {department: retail}}}; from nowhere unless said otherwise."""

    approval: ApprovalMode = ApprovalMode.AUTOMATIC
    """Automatic, the default, lets in whoever `allowedConsumers` allows. With Manual such a consumer waits until
    `approvals` has a decision about it; the entries of `spec.consumers` count as approved."""

    approvals: Annotated[
        list[Approval],
        ListMap(("namespace", "name")),
        Rule(
            f"self.map(made, has(made.reason) ? size(made.reason) : 0).sum() <= {REASONS}",
            f"reasons of all decisions together must be at most {REASONS} characters, since Kubernetes stores no "
            "larger object: shorten them, for example reason: Please ask again",
            lambda made: sum(len(approval.reason or "") for approval in made) <= REASONS,
        ),
    ] = Field(default_factory=list, max_length=512)
    """Decisions about single PlatformConsumers, for example
    [{namespace: team-a, name: payments, decision: Approved}], best with the `namespaceUID`. Who is Denied is refused
    with `approval: Automatic` too."""

    plans: Annotated[list[ConsumerPlan], ListMap()] = Field(default_factory=list, max_length=16)
    """The plans on offer, of which a consumer chooses one by name, for example
    [{name: small, quota: {pods: "20"}, roles: [{name: developer, clusterRoleName: platformcontracts-developer}]}]."""

    deletion_policy: DeletionPolicy = DeletionPolicy.RETAIN
    """What becomes of a namespace when its consumer goes or no longer asks for it: Retain, the default, keeps it with
    its quota, limits, network policy and Pod Security labels; Delete deletes one that the operator created and that
    holds no PersistentVolumeClaim. An adopted namespace is always kept."""


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
    """Who gets which role in the team's namespaces, and reads the PlatformConsumer made from this entry and speaks for
    it in Feedback, for example [{kind: Group, name: team-a, roleName: developer}]."""

    environments: Annotated[list[EntryName], distinct("[dev, production]")] = Field(default_factory=list, max_length=16)
    """One namespace for each, with the environment at the end of its name, for example [dev, production]; as many as
    `maxNamespaces` of the plan allows. Left out: one namespace."""


ConsumerEntries = Annotated[
    list[ConsumerEntry],
    ListMap(),
    Rule(
        f"self.map(entry, has(entry.members) ? size(entry.members) : 0).sum() <= {MEMBERS} && self.map(entry,"
        " has(entry.members) ? entry.members.map(member, has(member.name) ? size(member.name) : 0).sum() : 0).sum()"
        f" <= {MEMBER_NAMES}",
        f"members of all consumers together must be at most {MEMBERS} with names of {MEMBER_NAMES} characters in all, "
        "since Kubernetes stores no larger object: name groups instead of people, for example members: [{kind: Group, "
        "name: team-a, roleName: developer}]",
        lambda entries: (
            sum(len(entry.members) for entry in entries) <= MEMBERS
            and sum(len(member.name) for entry in entries for member in entry.members) <= MEMBER_NAMES
        ),
    ),
]


__all__ = [
    "AllowedConsumers",
    "AllowedFrom",
    "Approval",
    "ApprovalMode",
    "ConsumerEntries",
    "ConsumerEntry",
    "Decision",
    "DeletionPolicy",
    "Member",
    "Onboarding",
]
