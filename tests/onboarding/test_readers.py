"""A team that its service lists reads the PlatformConsumer that was made for it, and no other; nobody else does."""

from __future__ import annotations

from typing import Any

import pytest

from platform_contracts.kube.kinds import NAMESPACE, PLATFORM_CONSUMER, PLATFORM_SERVICE, ROLE, ROLE_BINDING
from platform_contracts.kube.objects import Key, Object, labels, manifest, uid
from platform_contracts.onboarding import readers
from tests.onboarding.world import MEMBER, PLAN, World, message, reason

HOME, NAME = "platform", "platform-contracts.payments-checkout"
ROLE_KEY, BINDING_KEY = Key(ROLE, HOME, NAME), Key(ROLE_BINDING, HOME, NAME)
ANN: Object = {"kind": "User", "name": "ann@example.com", "roleName": "viewer"}
ROBOT: Object = {
    "kind": "ServiceAccount",
    "name": "deployer",
    "namespace": "platform-payments-checkout",
    "roleName": "developer",
}
ENTRY: Object = {"name": "checkout", "team": "checkout", "planName": "small", "members": [MEMBER, ANN, ROBOT]}
# Contracts that cannot be followed, in which whoever reads it goes on reading it.
TROUBLES = ("ServiceNotFound", "PlanInvalid")


def listed(**entry: Any) -> tuple[World, Object]:
    """A service that lists one team, which is served."""
    world = World()
    world.settle_service(world.service(onboarding={"plans": [PLAN]}, consumers=[{**ENTRY, **entry}]))
    return world, world.get(PLATFORM_CONSUMER, HOME, "payments-checkout")


def trouble(world: World, what: str) -> None:
    if what == "ServiceNotFound":
        world.delete(Key(PLATFORM_SERVICE, HOME, "payments"))
    else:
        plans = [{**PLAN, "roles": [{"name": "developer", "clusterRoleName": "edit"}]}]
        world.get(PLATFORM_SERVICE, HOME, "payments")["spec"]["onboarding"]["plans"] = plans


def names(world: World, *members: Object) -> None:
    """The entry and its mirror name these members now."""
    service = world.objects.get(Key(PLATFORM_SERVICE, HOME, "payments"))
    if service:
        service["spec"]["consumers"][0]["members"] = [*members]
    world.get(PLATFORM_CONSUMER, HOME, "payments-checkout")["spec"]["members"] = [*members]


def reading(world: World) -> list[str]:
    """Who reads the consumer, by name."""
    binding = world.objects.get(BINDING_KEY)
    return [subject["name"] for subject in binding["subjects"]] if binding else []


def test_its_members_read_it_and_speak_for_it_and_do_nothing_else() -> None:
    world, consumer = listed()
    marks = {
        "app.kubernetes.io/managed-by": "platform-contracts",
        "platformcontracts.io/consumer": "payments-checkout",
        "platformcontracts.io/consumer-namespace": HOME,
        "platformcontracts.io/consumer-uid": uid(consumer),
    }
    role, binding = world.objects[ROLE_KEY], world.objects[BINDING_KEY]
    assert labels(role) == labels(binding) == marks
    assert role["rules"] == [
        {
            "apiGroups": ["platformcontracts.io"],
            "resources": ["platformconsumers"],
            "resourceNames": ["payments-checkout"],
            "verbs": ["get", "speak"],
        }
    ]
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": NAME}
    assert binding["subjects"] == [
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "team-a"},
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "ann@example.com"},
        {"kind": "ServiceAccount", "name": "deployer", "namespace": "platform-payments-checkout"},
    ]
    assert reason(consumer, "Ready") == "True/Onboarded"


def test_it_comes_when_everything_else_is_there_in_one_write_each() -> None:
    world = World()
    service = world.service(onboarding={"plans": [PLAN]}, consumers=[ENTRY])
    world.carry_out(service, world.plan_service(service))
    consumer = world.get(PLATFORM_CONSUMER, HOME, "payments-checkout")
    first = world.plan(consumer)
    assert [item.kind for item in first.applies] == [NAMESPACE]
    world.carry_out(consumer, first)
    assert [item.kind for item in world.plan(consumer).applies][-2:] == [ROLE, ROLE_BINDING], (
        "what is given, then to whom"
    )
    settled = world.settle(consumer)
    assert world.plan(settled).deletes == []


def test_a_team_that_asked_by_itself_and_a_listed_one_without_members_need_none() -> None:
    world, _ = listed(members=[])
    world.get(PLATFORM_SERVICE, HOME, "payments")["spec"]["onboarding"]["allowedConsumers"] = {"from": "All"}
    world.settle(world.consumer())
    assert world.of(ROLE) == []
    assert [binding["metadata"]["namespace"] for binding in world.of(ROLE_BINDING)] == ["team-a-payments"]


@pytest.mark.parametrize(
    "stranger",
    [
        {"kind": "ServiceAccount", "name": "deployer", "namespace": "kube-system", "roleName": "developer"},
        {"kind": "User", "name": "eve", "roleName": "owner"},
    ],
    ids=["of a namespace of others", "in a role that there is not"],
)
def test_who_may_be_no_member_does_not_read_it(stranger: Object) -> None:
    world, consumer = listed()
    names(world, MEMBER, stranger)
    settled = world.settle(consumer)
    assert reading(world) == ["team-a"]
    assert reason(settled, "Stalled") in ("True/MemberNotAllowed", "True/RoleNotFound")


@pytest.mark.parametrize("what", ["Served", *TROUBLES])
def test_who_is_no_member_any_more_reads_it_no_longer(what: str) -> None:
    world, consumer = listed()
    if what != "Served":
        trouble(world, what)
    world.settle(consumer)
    assert reading(world) == ["team-a", "ann@example.com", "deployer"], "to be told what is wrong"
    names(world, MEMBER)
    world.settle(consumer)
    assert reading(world) == ["team-a"]
    names(world)
    world.settle(consumer)
    assert ROLE_KEY not in world.objects
    assert BINDING_KEY not in world.objects


@pytest.mark.parametrize("what", TROUBLES)
def test_nobody_new_reads_it_while_it_is_not_served(what: str) -> None:
    world, consumer = listed(members=[MEMBER])
    trouble(world, what)
    names(world, MEMBER, ANN)
    world.settle(consumer)
    assert reading(world) == ["team-a"]


def test_access_ends_where_the_namespace_is_no_providers_any_more_and_comes_back_with_it() -> None:
    world, consumer = listed()
    provider = labels(world.get(NAMESPACE, None, HOME))
    before = reading(world)
    provider.clear()
    settled = world.settle(consumer)
    assert reason(settled, "Ready") == "False/NotAProvider"
    assert (ROLE_KEY in world.objects, BINDING_KEY in world.objects) == (False, False)
    provider["platformcontracts.io/provider"] = "true"
    world.settle(consumer)
    assert reading(world) == before


def test_access_ends_with_the_entry_before_anything_else() -> None:
    world, consumer = listed()
    world.get(PLATFORM_SERVICE, HOME, "payments")["spec"]["consumers"] = []
    gone = world.plan(consumer).deletes
    assert {Key(one.kind, one.namespace, one.name) for one in gone} >= {ROLE_KEY, BINDING_KEY}, "as long as it is there"
    world.mark_deleting(PLATFORM_CONSUMER, consumer)
    first, second, *_ = world.offboard(consumer).plan.deletes
    assert [Key(one.kind, one.namespace, one.name) for one in (first, second)] == [BINDING_KEY, ROLE_KEY]


def test_a_team_that_is_denied_reads_it_no_longer() -> None:
    world, consumer = listed()
    denied = {"namespace": HOME, "name": "payments-checkout", "decision": "Denied", "reason": "the pilot is over"}
    world.get(PLATFORM_SERVICE, HOME, "payments")["spec"]["onboarding"]["approvals"] = [denied]
    assert reason(world.settle(consumer), "Stalled") == "True/Denied"
    assert reading(world) == []


@pytest.mark.parametrize("policy", ["Observe", "Suspend"])
def test_where_nothing_is_enforced_it_stays_as_it_is(policy: str) -> None:
    world, consumer = listed()
    before = reading(world)
    world.get(PLATFORM_SERVICE, HOME, "payments")["spec"]["reconcilePolicy"] = policy
    names(world, MEMBER)
    world.settle(consumer)
    assert reading(world) == before
    world.mark_deleting(PLATFORM_CONSUMER, consumer)
    assert world.offboard(consumer).plan.deletes == []


def test_what_others_change_about_it_is_drift() -> None:
    world, consumer = listed()
    before = {key: world.objects[key].copy() for key in (ROLE_KEY, BINDING_KEY)}
    world.objects[ROLE_KEY]["rules"] = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    world.objects[BINDING_KEY]["subjects"] = [{"kind": "User", "name": "eve"}]
    world.disturbed |= {ROLE_KEY, BINDING_KEY}
    settled = world.settle(consumer)
    assert {key: world.objects[key] for key in before} == before
    assert settled["status"]["drift"]["corrected24h"] == 2
    assert settled["status"]["drift"]["lastObject"] == f"Role {HOME}/{NAME}"


def test_a_binding_to_another_role_is_made_anew() -> None:
    world, consumer = listed()
    other = {**world.objects[BINDING_KEY], "roleRef": {"kind": "ClusterRole", "name": "view"}}
    world.objects[BINDING_KEY] = other
    plan = world.plan(consumer)
    assert BINDING_KEY in {Key(gone.kind, gone.namespace, gone.name) for gone in plan.deletes}
    world.settle(consumer)
    assert world.objects[BINDING_KEY]["roleRef"]["name"] == NAME


def test_a_role_that_somebody_else_made_is_given_to_nobody() -> None:
    world, consumer = listed()
    world.delete(ROLE_KEY)
    theirs = world.add(ROLE, manifest(ROLE, NAME, HOME, rules=[{"resources": ["secrets"], "verbs": ["get"]}]))
    settled = world.settle(consumer)
    assert reason(settled, "Stalled") == "True/ObjectConflict"
    assert f"The Role {HOME}/{NAME} exists and was not made by the operator" in message(settled)
    assert (world.objects[ROLE_KEY], reading(world)) == (theirs, [])
    assert [obj["metadata"]["namespace"] for obj in world.of(ROLE_BINDING)] == ["platform-payments-checkout"] * 2
    world.delete(ROLE_KEY)
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"
    assert len(reading(world)) == 3


def test_a_binding_that_somebody_else_made_stays_theirs() -> None:
    world, consumer = listed()
    world.delete(BINDING_KEY)
    theirs = world.add(ROLE_BINDING, manifest(ROLE_BINDING, NAME, HOME, roleRef={}, subjects=[]))
    assert reason(world.settle(consumer), "Stalled") == "True/ObjectConflict"
    world.get(PLATFORM_SERVICE, HOME, "payments")["spec"]["consumers"] = []
    world.settle(consumer)
    assert world.objects[BINDING_KEY] == theirs
    assert ROLE_KEY not in world.objects


def test_whoever_holds_a_providers_namespace_leaves_what_lets_others_read_in_it() -> None:
    world, _ = listed()
    before = [world.objects[key] for key in (ROLE_KEY, BINDING_KEY)]
    world.get(NAMESPACE, None, HOME)["metadata"]["annotations"] = {"platformcontracts.io/consent": "team-a/mine"}
    world.service("search", "search-platform")
    adopter = world.consumer(
        "mine",
        serviceRef={"namespace": "search-platform", "name": "search"},
        namespaces=[{"name": HOME, "source": "Adopt"}],
    )
    assert reason(world.settle(adopter), "Ready") == "True/Onboarded"
    assert [world.objects[key] for key in (ROLE_KEY, BINDING_KEY)] == before
    world.mark_deleting(PLATFORM_CONSUMER, adopter)
    assert not {ROLE_KEY, BINDING_KEY} & {
        Key(gone.kind, gone.namespace, gone.name) for gone in world.offboard(adopter).plan.deletes
    }


@pytest.mark.parametrize("again", ["listed", "written by somebody"])
def test_what_was_left_behind_serves_the_next_of_the_name_only_where_it_is_listed(again: str) -> None:
    """It is left where the finalizer was taken off by hand."""
    world, consumer = listed()
    world.delete(Key(PLATFORM_CONSUMER, HOME, "payments-checkout"))
    service = world.get(PLATFORM_SERVICE, HOME, "payments")
    if again == "listed":
        world.settle_service(service)
        following = world.get(PLATFORM_CONSUMER, HOME, "payments-checkout")
        assert uid(following) != uid(consumer)
        assert labels(world.objects[ROLE_KEY])["platformcontracts.io/consumer-uid"] == uid(following)
        assert len(reading(world)) == 3
    else:
        service["spec"]["consumers"] = []
        world.settle(world.consumer("payments-checkout", home=HOME))
        assert ROLE_KEY not in world.objects
        assert reading(world) == []


def test_no_role_of_a_plan_makes_a_binding_of_such_a_name() -> None:
    assert readers.consumer_of(BINDING_KEY) == Key(PLATFORM_CONSUMER, HOME, "payments-checkout")
    assert readers.consumer_of(Key(ROLE_BINDING, HOME, "platform-contracts-developer")) is None
