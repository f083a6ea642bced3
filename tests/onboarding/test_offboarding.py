"""Leaving: access ends at once, nothing is loosened, and a namespace goes only where three things agree."""

from __future__ import annotations

import pytest

from platform_contracts.kube.kinds import (
    LIMIT_RANGE,
    NAMESPACE,
    NETWORK_POLICY,
    PLATFORM_CONSUMER,
    PLATFORM_SERVICE,
    RESOURCE_QUOTA,
    ROLE_BINDING,
)
from platform_contracts.kube.objects import Key, Object, labels, uid
from platform_contracts.kube.plan import Delete
from platform_contracts.onboarding import news
from platform_contracts.onboarding.inputs import Offboarding
from tests.onboarding.world import SERVICE_SPEC, World, message, reason

NAME = "team-a-payments"
HOME_UID = "platformcontracts.io/consumer-namespace-uid"
ACCESS = [("ConfigMap", "platform-contracts"), ("RoleBinding", "platform-contracts-developer")]


def leaving(policy: str = "Retain") -> tuple[World, Object]:
    """A consumer that was onboarded and is being deleted."""
    world = World()
    world.service(onboarding={**SERVICE_SPEC["onboarding"], "deletionPolicy": policy})
    consumer = world.settle(world.consumer())
    world.mark_deleting(PLATFORM_CONSUMER, consumer)
    return world, consumer


def gone(offboarding: Offboarding) -> list[tuple[str, str]]:
    return sorted((item.kind.name, item.name) for item in offboarding.plan.deletes)


def test_a_kept_namespace_loses_its_role_bindings_and_nothing_that_guards_it() -> None:
    world, consumer = leaving()
    before = labels(world.get(NAMESPACE, None, NAME)).copy()
    offboarding = world.offboard(consumer)
    assert gone(offboarding) == ACCESS
    assert (offboarding.plan.applies, offboarding.plan.status) == ([], None)
    assert (offboarding.unless_claimed, offboarding.kept) == ((), (NAME,))
    world.carry_out(consumer, offboarding.plan)
    assert world.of(ROLE_BINDING) == []
    assert [len(world.of(kind)) for kind in (RESOURCE_QUOTA, LIMIT_RANGE, NETWORK_POLICY)] == [1, 1, 1]
    assert labels(world.get(NAMESPACE, None, NAME)) == before
    assert gone(world.offboard(consumer)) == []


def test_with_the_policy_delete_a_namespace_that_we_made_may_go_by_its_uid_once_access_has_ended() -> None:
    world, consumer = leaving("Delete")
    offboarding = world.offboard(consumer)
    assert gone(offboarding) == ACCESS
    live = world.get(NAMESPACE, None, NAME)
    assert offboarding.unless_claimed == (Delete(NAMESPACE, None, NAME, uid(live), None),)
    live["metadata"]["resourceVersion"] = "7"
    [gone_then] = world.offboard(consumer).unless_claimed
    assert gone_then.resource_version == "7", "with labels that were changed meanwhile it stays"
    assert offboarding.kept == ()


@pytest.mark.parametrize("policy", ["Enforce", "Observe"])
def test_of_a_namespace_that_is_going_already_no_second_try_says_that_it_stays(policy: str) -> None:
    world, consumer = leaving("Delete")
    world.get(PLATFORM_SERVICE, "platform", "payments")["spec"]["reconcilePolicy"] = policy
    world.mark_deleting(NAMESPACE, world.get(NAMESPACE, None, NAME))
    offboarding = world.offboard(consumer)
    assert (offboarding.unless_claimed, offboarding.kept) == ((), ())


@pytest.mark.parametrize("policy", ["Observe", "Suspend"])
def test_where_nothing_is_enforced_the_event_says_that_members_keep_access(policy: str) -> None:
    world, consumer = leaving()
    world.get(PLATFORM_SERVICE, "platform", "payments")["spec"]["reconcilePolicy"] = policy
    offboarding = world.offboard(consumer)
    assert offboarding.hands_off == policy
    event = news.left_alone(offboarding.kept, offboarding.hands_off)
    assert event.message == (
        f"The service's reconcilePolicy is {policy}, so nothing was touched: members keep access to {NAME}, and alerts "
        "stay; to end that access an administrator runs, for each: kubectl delete rolebindings -n NAMESPACE -l "
        "app.kubernetes.io/managed-by=platform-contracts"
    )


def test_whoever_leaves_right_after_a_change_of_name_and_the_loss_of_its_status_loses_all_access() -> None:
    world, consumer = leaving()
    consumer["spec"]["namespaces"] = [{"name": "team-a-new"}]
    del consumer["status"]
    offboarding = world.offboard(consumer)
    assert {item.namespace for item in offboarding.plan.deletes} == {NAME}
    assert gone(offboarding) == ACCESS


@pytest.mark.parametrize(
    "doubt",
    ["uid not recorded", "marker lost", "other consumer's marker", "service gone", "no provider", "foreign tenancy"],
)
def test_any_doubt_keeps_the_namespace(doubt: str) -> None:
    world, consumer = leaving("Delete")
    namespace, live = world.get(NAMESPACE, None, NAME), world.get(PLATFORM_CONSUMER, "team-a", "payments")
    marks = labels(namespace)
    match doubt:
        case "uid not recorded":
            del live["status"]
        case "marker lost":
            del marks["app.kubernetes.io/managed-by"]
        case "other consumer's marker":
            marks["platformcontracts.io/consumer-uid"] = "another"
        case "service gone":
            del world.objects[Key(PLATFORM_SERVICE, "platform", "payments")]
        case "no provider":
            labels(world.get(NAMESPACE, None, "platform")).clear()
        case "foreign tenancy":
            marks["capsule.clastix.io/tenant"] = "oil"
    offboarding = world.offboard(consumer)
    assert ("Namespace", NAME) not in gone(offboarding)
    assert offboarding.unless_claimed == ()


def test_a_namespace_that_somebody_else_made_again_is_not_touched() -> None:
    world, consumer = leaving("Delete")
    for key in [key for key in world.objects if key.namespace == NAME or key.name == NAME]:
        del world.objects[key]
    world.namespace(NAME)
    offboarding = world.offboard(consumer)
    assert (offboarding.plan.deletes, offboarding.unless_claimed, offboarding.kept) == ([], (), ())


def test_one_that_never_got_anything_leaves_at_once() -> None:
    world = World()
    world.service(onboarding={})
    consumer = world.settle(world.consumer())
    offboarding = world.offboard(consumer)
    assert (offboarding.plan.deletes, offboarding.unless_claimed, offboarding.kept) == ([], (), ())


def recreated(world: World, consumer: Object, *, new_home: bool) -> Object:
    """The consumer offboarded and gone, and another one created under its name, in a home made anew or the old one."""
    world.carry_out(consumer, world.offboard(consumer).plan)
    del world.objects[Key(PLATFORM_CONSUMER, "team-a", "payments")]
    if new_home:
        del world.objects[Key(NAMESPACE, None, "team-a")]
    world.later(minutes=1)
    return world.consumer()


def test_a_consumer_created_again_in_its_home_takes_up_what_was_kept() -> None:
    world, consumer = leaving()
    kept = uid(world.get(NAMESPACE, None, NAME))
    again = world.settle(recreated(world, consumer, new_home=False))
    assert reason(again, "Ready") == "True/Onboarded"
    assert again["status"]["namespaces"][0]["uid"] == kept
    assert labels(world.get(NAMESPACE, None, NAME))["platformcontracts.io/consumer-uid"] == uid(again)
    assert len(world.of(ROLE_BINDING)) == 1


def test_who_makes_a_new_home_of_an_old_name_does_not_get_what_was_kept() -> None:
    world, consumer = leaving()
    again = world.settle(recreated(world, consumer, new_home=True))
    assert reason(again, "Stalled") == "True/NamespaceConflict"
    assert "was kept from an earlier PlatformConsumer of this name" in message(again)
    assert world.of(ROLE_BINDING) == []


def test_the_homes_uid_tells_whose_it_was_whatever_is_older() -> None:
    world, consumer = leaving()
    labels_of = labels(world.get(NAMESPACE, None, NAME))
    assert labels_of[HOME_UID] == uid(world.get(NAMESPACE, None, "team-a"))
    # Not taken in by a home that seems to be older than what was kept: restored, or with a clock that went back.
    again = recreated(world, consumer, new_home=True)
    world.get(NAMESPACE, None, "team-a")["metadata"]["creationTimestamp"] = "2020-01-01T00:00:00Z"
    assert reason(world.settle(again), "Stalled") == "True/NamespaceConflict"
    labels_of[HOME_UID] = uid(world.get(NAMESPACE, None, "team-a"))
    world.get(NAMESPACE, None, "team-a")["metadata"]["creationTimestamp"] = "2040-01-01T00:00:00Z"
    assert reason(world.settle(again), "Ready") == "True/Onboarded"


@pytest.mark.parametrize("new_home", [False, True])
def test_one_that_an_earlier_version_made_goes_by_its_age_and_says_from_then_on(new_home: bool) -> None:
    world, consumer = leaving()
    del labels(world.get(NAMESPACE, None, NAME))[HOME_UID]
    again = world.settle(recreated(world, consumer, new_home=new_home))
    assert reason(again, "Stalled") == ("True/NamespaceConflict" if new_home else "False/Onboarded")
    assert (HOME_UID in labels(world.get(NAMESPACE, None, NAME))) is not new_home


def test_an_administrator_hands_a_kept_namespace_over_with_the_command_of_the_message() -> None:
    world, consumer = leaving()
    again = world.settle(recreated(world, consumer, new_home=True))
    command = message(again).split("kubectl label namespace ")[1]
    name, assignment, _ = command.split(" ", 2)
    key, _, value = assignment.partition("=")
    labels(world.get(NAMESPACE, None, name))[key] = value
    settled = world.settle(again)
    assert reason(settled, "Ready") == "True/Onboarded"
    assert len(world.of(ROLE_BINDING)) == 1
    assert labels(world.of(RESOURCE_QUOTA)[0])["platformcontracts.io/consumer-uid"] == uid(again)


def test_kept_namespaces_count_against_the_homes_limit() -> None:
    world, consumer = leaving()
    again = recreated(world, consumer, new_home=True)
    world.guardrails = world.guardrails.model_copy(update={"max_namespaces_per_home": 1})
    again["spec"]["namespaces"] = [{"name": "team-a-second"}]
    assert reason(world.settle(again), "Stalled") == "True/NamespaceLimit"


def test_with_the_policy_delete_a_consumer_created_again_starts_afresh() -> None:
    world, consumer = leaving("Delete")
    offboarding = world.offboard(consumer)
    world.carry_out(consumer, offboarding.plan)
    for key in [key for key in world.objects if key.namespace == NAME]:
        del world.objects[key]
    del world.objects[Key(PLATFORM_CONSUMER, "team-a", "payments")]
    assert reason(world.settle(world.consumer()), "Ready") == "True/Onboarded"
