"""Access ends as soon as the contract no longer gives it, whatever else of the contract cannot be followed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from platform_contracts.kube.kinds import CONFIG_MAP, NAMESPACE, PLATFORM_CONSUMER, PLATFORM_SERVICE, ROLE_BINDING
from platform_contracts.kube.objects import Key, Object, labels, manifest
from platform_contracts.onboarding import consumer as planner
from tests.onboarding.world import MEMBER, PLAN, SERVICE_SPEC, World, reason

DEV, PROD = "team-a-dev", "team-a-prod"
ONBOARDING: Object = {**SERVICE_SPEC["onboarding"], "plans": [{**PLAN, "maxNamespaces": 2}]}
DENIED = {"namespace": "team-a", "name": "payments", "decision": "Denied", "reason": "No budget"}
ANN: Object = {"kind": "User", "name": "ann@example.com", "roleName": "developer"}
ROBOT: Object = {"kind": "ServiceAccount", "name": "deployer", "namespace": PROD, "roleName": "developer"}
# Contracts that cannot be followed, in which whoever is a member keeps access.
TROUBLES = ("ServiceNotFound", "NotAProvider", "NotAllowed", "PlanNotFound", "AwaitingApproval")


def onboarded() -> tuple[World, Object]:
    world = World()
    world.service(onboarding=ONBOARDING)
    namespaces = [{"name": DEV}, {"name": PROD}]
    return world, world.settle(world.consumer(namespaces=namespaces, members=[MEMBER, ANN, ROBOT]))


def trouble(world: World, what: str) -> None:
    service = world.get(PLATFORM_SERVICE, "platform", "payments")
    match what:
        case "ServiceNotFound":
            world.delete(Key(PLATFORM_SERVICE, "platform", "payments"))
        case "NotAProvider":
            labels(world.get(NAMESPACE, None, "platform")).clear()
        case "NotAllowed":
            service["spec"]["onboarding"] = {**ONBOARDING, "allowedConsumers": {"from": "None"}}
        case "PlanNotFound":
            service["spec"]["onboarding"] = {**ONBOARDING, "plans": []}
        case _:
            service["spec"]["onboarding"] = {**ONBOARDING, "approval": "Manual"}
            del world.get(PLATFORM_CONSUMER, "team-a", "payments")["status"]


def subjects(world: World) -> dict[str, list[str]]:
    """Who is bound in each namespace."""
    return {
        obj["metadata"]["namespace"]: [subject["name"] for subject in obj["subjects"]] for obj in world.of(ROLE_BINDING)
    }


@pytest.mark.parametrize("what", TROUBLES)
def test_members_stay_whatever_cannot_be_followed(what: str) -> None:
    world, consumer = onboarded()
    before = subjects(world)
    assert before == {name: ["team-a", "ann@example.com", "deployer"] for name in (DEV, PROD)}
    trouble(world, what)
    assert reason(world.settle(consumer), "Ready") == f"False/{what}"
    assert subjects(world) == before


@pytest.mark.parametrize("what", TROUBLES)
def test_who_is_no_member_any_more_goes(what: str) -> None:
    world, consumer = onboarded()
    trouble(world, what)
    consumer["spec"]["members"] = [MEMBER]
    world.settle(consumer)
    assert subjects(world) == {DEV: ["team-a"], PROD: ["team-a"]}


@pytest.mark.parametrize("what", TROUBLES)
def test_nobody_keeps_a_namespace_that_is_no_longer_asked_for(what: str) -> None:
    world, consumer = onboarded()
    trouble(world, what)
    consumer["spec"]["namespaces"] = [{"name": DEV}]
    world.settle(consumer)
    assert subjects(world) == {DEV: ["team-a", "ann@example.com"]}, "nor does a ServiceAccount of it keep the others"


@pytest.mark.parametrize("what", TROUBLES)
def test_a_member_who_has_another_role_now_loses_the_one_before(what: str) -> None:
    world, consumer = onboarded()
    trouble(world, what)
    consumer["spec"]["members"] = [MEMBER, {**ANN, "roleName": "viewer"}, ROBOT]
    world.settle(consumer)
    assert subjects(world) == {name: ["team-a", "deployer"] for name in (DEV, PROD)}


@pytest.mark.parametrize("what", [what for what in TROUBLES if what != "AwaitingApproval"])
def test_service_accounts_of_a_namespace_that_somebody_else_made_again_are_strangers(what: str) -> None:
    world, consumer = onboarded()
    trouble(world, what)
    world.delete(Key(NAMESPACE, None, PROD))
    world.namespace(PROD)
    world.settle(consumer)
    assert subjects(world) == {DEV: ["team-a", "ann@example.com"]}


def test_alerts_end_with_access() -> None:
    world, consumer = onboarded()
    assert {rules["metadata"]["namespace"] for rules in world.of(CONFIG_MAP)} == {DEV, PROD}
    trouble(world, "NotAllowed")
    consumer["spec"]["namespaces"] = [{"name": DEV}]
    world.settle(consumer)
    assert {rules["metadata"]["namespace"] for rules in world.of(CONFIG_MAP)} == {DEV}


@pytest.mark.parametrize("members", [[MEMBER, ANN, ROBOT], [MEMBER]])
def test_a_denial_counts_for_a_contract_that_was_applied_again(members: list[Object]) -> None:
    world, consumer = onboarded()
    spec: Any = consumer["spec"]
    world.delete(Key(PLATFORM_CONSUMER, "team-a", "payments"))
    world.get(PLATFORM_SERVICE, "platform", "payments")["spec"]["onboarding"] = {**ONBOARDING, "approvals": [DENIED]}
    again = world.settle(world.consumer(**{**spec, "members": members}))
    assert reason(again, "Ready") == "False/Denied"
    assert subjects(world) == {}


def test_one_that_was_applied_again_and_waits_keeps_members_alone() -> None:
    world, consumer = onboarded()
    spec: Any = consumer["spec"]
    world.delete(Key(PLATFORM_CONSUMER, "team-a", "payments"))
    service = world.get(PLATFORM_SERVICE, "platform", "payments")
    service["spec"]["onboarding"] = {**ONBOARDING, "approval": "Manual"}
    again = world.settle(world.consumer(**{**spec, "members": [MEMBER]}))
    assert reason(again, "Ready") == "False/AwaitingApproval"
    assert subjects(world) == {DEV: ["team-a"], PROD: ["team-a"]}


def test_what_one_namespace_waits_for_keeps_nobody_in_another() -> None:
    """A namespace that is being deleted is not enforced any more, and the plan writes what the other needs."""
    world, consumer = onboarded()
    world.mark_deleting(NAMESPACE, world.get(NAMESPACE, None, PROD))
    consumer["spec"]["members"] = [MEMBER]
    world.settle(consumer)
    assert subjects(world) == {DEV: ["team-a"], PROD: ["team-a"]}


@pytest.mark.parametrize("what", ["Served", *TROUBLES])
def test_no_binding_is_written_twice(what: str) -> None:
    world, consumer = onboarded()
    if what != "Served":
        trouble(world, what)
    consumer["spec"] |= {"members": [MEMBER], "namespaces": [{"name": DEV}]}
    plan = world.plan(consumer)
    written = [item.obj["metadata"]["namespace"] for item in plan.applies if item.kind == ROLE_BINDING]
    assert written == [DEV]
    assert [gone.namespace for gone in plan.deletes if gone.kind == ROLE_BINDING] == [PROD]


def test_where_the_namespace_lost_its_labels_access_ends_whole() -> None:
    world, consumer = onboarded()
    trouble(world, "ServiceNotFound")
    labels(world.get(NAMESPACE, None, DEV)).clear()
    consumer["spec"]["members"] = [MEMBER]
    world.settle(consumer)
    assert subjects(world) == {PROD: ["team-a"]}, "admission lets the operator write nothing there, and delete it"


@pytest.mark.parametrize("policy", ["Observe", "Suspend"])
def test_where_nothing_is_enforced_nobody_loses_access(policy: str) -> None:
    world, consumer = onboarded()
    before = subjects(world)
    world.get(PLATFORM_SERVICE, "platform", "payments")["spec"]["reconcilePolicy"] = policy
    consumer["spec"] |= {"members": [MEMBER], "namespaces": [{"name": DEV}]}
    world.settle(consumer)
    assert subjects(world) == before


def test_what_others_have_there_is_theirs() -> None:
    world, consumer = onboarded()
    own = world.add(ROLE_BINDING, manifest(ROLE_BINDING, "platform-contracts-own", DEV, subjects=[]))
    trouble(world, "NotAllowed")
    consumer["spec"]["namespaces"] = [{"name": PROD}]
    world.settle(consumer)
    assert [obj for obj in world.of(ROLE_BINDING) if obj["metadata"]["namespace"] == DEV] == [own]


def test_a_spec_that_cannot_be_read_tells_nothing_of_members() -> None:
    world, consumer = onboarded()
    plan = planner.plan(replace(world.inputs(consumer), spec=None, invalid="spec.planName is required"))
    assert (plan.applies, plan.deletes) == ([], [])
