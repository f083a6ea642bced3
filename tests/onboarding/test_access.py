"""Who gets which role: only people and the consumer's own ServiceAccounts, only ClusterRoles that are allowed."""

from __future__ import annotations

import pytest

from platform_contracts.api.platform_service import ConsumerPlan, Member, MemberKind, PlanRole
from platform_contracts.config import Guardrails
from platform_contracts.onboarding import access
from tests.onboarding.world import MEMBER, PLAN

SMALL = ConsumerPlan.model_validate(PLAN)
OWN = ["team-a", "team-a-payments"]


def member(kind: MemberKind, name: str, namespace: str | None = None, role: str = "developer") -> Member:
    """A member past the schema, which refuses some of these already: the planner does not rely on it."""
    return Member.model_construct(kind=kind, name=name, namespace=namespace, role_name=role)


@pytest.mark.parametrize(
    ("wrong", "reason", "hint"),
    [
        (member(MemberKind.GROUP, "system:authenticated"), "MemberNotAllowed", "name a group of people"),
        (member(MemberKind.GROUP, "system:serviceaccounts"), "MemberNotAllowed", "name a group of people"),
        (member(MemberKind.USER, "system:admin"), "MemberNotAllowed", "name a group of people"),
        (
            member(MemberKind.USER, "system:serviceaccount:kube-system:default"),
            "MemberNotAllowed",
            "name a group of people",
        ),
        (member(MemberKind.SERVICE_ACCOUNT, "ci", "kube-system"), "MemberNotAllowed", "team-a and team-a-payments"),
        (member(MemberKind.GROUP, "team-a", role="owner"), "RoleNotFound", "offers developer, viewer"),
    ],
)
def test_who_may_not_be_a_member_is_told_why(wrong: Member, reason: str, hint: str) -> None:
    problem = access.member_problem(wrong, SMALL, OWN)
    assert problem is not None
    assert problem.reason == reason
    assert hint in problem.message


@pytest.mark.parametrize(
    "right",
    [
        member(MemberKind.GROUP, "team-a"),
        member(MemberKind.USER, "ann@example.com", role="viewer"),
        member(MemberKind.SERVICE_ACCOUNT, "deployer", "team-a"),
        member(MemberKind.SERVICE_ACCOUNT, "deployer", "team-a-payments"),
    ],
)
def test_people_and_the_teams_own_service_accounts_may_be_members(right: Member) -> None:
    assert access.member_problem(right, SMALL, OWN) is None


@pytest.mark.parametrize("name", ["cluster-admin", "system:node", "system:aggregate-to-admin"])
def test_some_cluster_roles_are_never_bound_even_where_the_administrator_lists_them(name: str) -> None:
    role = PlanRole.model_construct(name="developer", cluster_role_name=name)
    problem = access.role_problem(role, Guardrails(allowed_cluster_roles=[name]))
    assert problem is not None
    assert "is never bound" in problem


def test_a_cluster_role_that_is_not_on_the_list_is_refused_with_the_list() -> None:
    role = PlanRole(name="developer", cluster_role_name="edit")
    problem = access.role_problem(role, Guardrails())
    assert problem is not None
    assert "(platformcontracts-developer, platformcontracts-viewer)" in problem
    assert access.role_problem(role, Guardrails(allowed_cluster_roles=["edit"])) is None


def test_a_role_has_one_binding_with_each_subject_once_in_the_order_of_the_members() -> None:
    members = [
        Member.model_validate(MEMBER),
        member(MemberKind.USER, "ann@example.com"),
        Member.model_validate(MEMBER),
        member(MemberKind.SERVICE_ACCOUNT, "deployer", "team-a"),
    ]
    (binding,) = access.role_bindings(SMALL, members, "team-a-payments", {})
    assert binding["metadata"] == {"name": "platform-contracts-developer", "namespace": "team-a-payments"}
    assert binding["subjects"] == [
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "team-a"},
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "ann@example.com"},
        {"kind": "ServiceAccount", "name": "deployer", "namespace": "team-a"},
    ]
