"""What the members of a consumer may do in its namespaces: RoleBindings to ClusterRoles that are allowed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from platform_contracts.api.platform_service import ConsumerPlan, Member, MemberKind, PlanRole
from platform_contracts.config import Guardrails
from platform_contracts.kube.conditions import Problem
from platform_contracts.kube.kinds import ROLE_BINDING
from platform_contracts.kube.objects import Object, manifest

RBAC = "rbac.authorization.k8s.io"
PREFIX = "platform-contracts-"
# Never bound, whatever an administrator allows by mistake.
_NEVER = ("cluster-admin",)


def role_problem(role: PlanRole, guardrails: Guardrails) -> str | None:
    """Why a plan's role may not be bound, in a sentence that names the field; None where it may."""
    name = role.cluster_role_name
    if name in _NEVER or name.startswith("system:"):
        return f"roles[{role.name}].clusterRoleName: {name} is never bound; use platformcontracts-developer instead"
    if name not in guardrails.allowed_cluster_roles:
        allowed = ", ".join(guardrails.allowed_cluster_roles) or "none"
        return (
            f"roles[{role.name}].clusterRoleName: {name} is not among the ClusterRoles that the administrator allows "
            f"({allowed}); use one of these"
        )
    return None


def member_problem(member: Member, plan: ConsumerPlan, own: Collection[str]) -> Problem | None:
    """Why a member gets no access; `own` are the namespaces whose ServiceAccounts may be members."""
    who = f"spec.members: {member.kind} {member.name}"
    if member.kind is not MemberKind.SERVICE_ACCOUNT and member.name.startswith("system:"):
        return Problem(
            "MemberNotAllowed",
            f"{who} is one of Kubernetes' own subjects, which are never members; name a group of people, for example "
            "{kind: Group, name: team-a, roleName: " + _example(plan) + "}.",
        )
    if member.kind is MemberKind.SERVICE_ACCOUNT and member.namespace and member.namespace not in own:
        return Problem(
            "MemberNotAllowed",
            f"{who} lives in the namespace {member.namespace}, and only ServiceAccounts of {' and '.join(own)} may be "
            "members; use one of these.",
        )
    if member.role_name not in {role.name for role in plan.roles}:
        offered = ", ".join(role.name for role in plan.roles) or "none"
        return Problem(
            "RoleNotFound",
            f"{who} asks for the role {member.role_name}, and the plan {plan.name} offers {offered}; set roleName to "
            "one that is offered, or ask the owner of the service to add it to the plan.",
        )
    return None


def role_bindings(
    plan: ConsumerPlan, members: Sequence[Member], namespace: str, labels: Mapping[str, str]
) -> list[Object]:
    """One RoleBinding for each of the plan's roles that has a member; the members have passed `member_problem`."""
    bindings = []
    for role in plan.roles:
        there = subjects([member for member in members if member.role_name == role.name], namespace)
        if there:
            bindings.append(
                manifest(
                    ROLE_BINDING,
                    PREFIX + role.name,
                    namespace,
                    labels=labels,
                    roleRef={"apiGroup": RBAC, "kind": "ClusterRole", "name": role.cluster_role_name},
                    subjects=there,
                )
            )
    return bindings


def subjects(members: Iterable[Member], namespace: str) -> list[Object]:
    """The members as a RoleBinding in that namespace names them, each once."""
    kept: list[Object] = []
    for member in members:
        subject = _subject(member, namespace)
        if subject not in kept:
            kept.append(subject)
    return kept


def _subject(member: Member, namespace: str) -> Object:
    if member.kind is MemberKind.SERVICE_ACCOUNT:
        return {"kind": member.kind.value, "name": member.name, "namespace": member.namespace or namespace}
    return {"apiGroup": RBAC, "kind": member.kind.value, "name": member.name}


def _example(plan: ConsumerPlan) -> str:
    return plan.roles[0].name if plan.roles else "developer"
