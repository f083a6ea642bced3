"""Adopting a namespace takes three voices: the service's, the consumer's, and the namespace's own consent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from platform_contracts.kube.conditions import find
from platform_contracts.kube.kinds import (
    CONFIG_MAP,
    LIMIT_RANGE,
    NAMESPACE,
    NETWORK_POLICY,
    PLATFORM_CONSUMER,
    PLATFORM_SERVICE,
    RESOURCE_QUOTA,
    ROLE_BINDING,
)
from platform_contracts.kube.objects import Key, Object, labels, manifest, uid
from platform_contracts.onboarding import consumer as planner
from platform_contracts.onboarding.standing import marker
from tests.onboarding.world import SERVICE_SPEC, World, message, reason

NAME = "legacy-shop"
ADOPT: Object = {"name": NAME, "source": "Adopt"}
CHILDREN = (NETWORK_POLICY, RESOURCE_QUOTA, LIMIT_RANGE, CONFIG_MAP, ROLE_BINDING)


def asking(**onboarding: Any) -> tuple[World, Object]:
    """A consumer that asks for a namespace that is there and has not consented."""
    world = World()
    world.service(onboarding={**SERVICE_SPEC["onboarding"], **onboarding})
    world.namespace(NAME, purpose="shop")
    return world, world.consumer(namespaces=[ADOPT])


def consents(world: World, to: str = "team-a/payments") -> None:
    world.get(NAMESPACE, None, NAME)["metadata"]["annotations"] = {"platformcontracts.io/consent": to}


def test_with_consent_the_uid_is_recorded_first_then_the_marker_written_then_the_rest() -> None:
    world, consumer = asking()
    consents(world)
    record = world.plan(consumer)
    assert record.applies == []
    assert record.status is not None
    assert record.status["namespaces"][0]["uid"] == uid(world.get(NAMESPACE, None, NAME))
    assert reason({"status": record.status}, "Ready") == "False/NamespacePending"
    world.carry_out(consumer, record)
    mark = world.plan(consumer)
    assert [item.kind for item in mark.applies] == [NAMESPACE]
    world.carry_out(consumer, mark)
    assert [item.kind for item in world.plan(consumer).applies] == [NAMESPACE, *CHILDREN]
    settled = world.settle(consumer)
    assert reason(settled, "Ready") == "True/Onboarded"
    assert reason(settled, "ConsentGiven") == "True/ConsentGiven"
    marks = labels(world.get(NAMESPACE, None, NAME))
    assert (marks["platformcontracts.io/adopted"], marks["purpose"]) == ("true", "shop")


def test_a_network_policy_that_is_there_is_named_and_looked_for_again() -> None:
    world, consumer = asking()
    consents(world)
    plan = planner.plan(replace(world.inputs(consumer), policies_in={NAME: ["open"]}))
    assert plan.applies == []
    assert plan.status is not None
    assert reason({"status": plan.status}, "Ready") == "False/ObjectConflict"
    assert f"NetworkPolicy {NAME}/open" in message({"status": plan.status})
    assert plan.requeue_after == timedelta(seconds=10), "of what is not the operator's no event tells"


@pytest.mark.parametrize(
    ("stands", "again"),
    [
        (timedelta(seconds=30), timedelta(seconds=10)),
        (timedelta(minutes=10), timedelta(minutes=1)),
        (timedelta(days=9), timedelta(minutes=5)),
    ],
)
def test_what_stands_in_the_way_for_long_is_looked_for_less_often(stands: timedelta, again: timedelta) -> None:
    world, consumer = asking()
    consents(world)
    world.carry_out(consumer, planner.plan(replace(world.inputs(consumer), policies_in={NAME: ["open"]})))
    world.now += stands
    plan = planner.plan(replace(world.inputs(consumer), policies_in={NAME: ["open"]}))
    assert plan.requeue_after == again


def test_a_consent_may_be_about_one_namespace_of_the_homes_name() -> None:
    world, consumer = asking()
    home = world.get(NAMESPACE, None, "team-a")
    consents(world, f"team-a/payments@{uid(home)}")
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"


def test_what_was_consented_to_an_earlier_home_is_not_for_who_has_its_name_now() -> None:
    world, _ = asking()
    consents(world, f"team-a/payments@{uid(world.get(NAMESPACE, None, 'team-a'))}")
    world.delete(Key(NAMESPACE, None, "team-a"))
    waiting = world.settle(world.consumer(namespaces=[ADOPT]))
    assert reason(waiting, "Ready") == "False/AwaitingConsent"
    assert f"consent=team-a/payments@{uid(world.get(NAMESPACE, None, 'team-a'))} --overwrite" in message(waiting)
    assert labels(world.get(NAMESPACE, None, NAME)) == {"purpose": "shop"}


@pytest.mark.parametrize("said", [None, "team-b/payments", "team-a/other", "team-a/payments@", "payments", ""])
def test_without_its_consent_nothing_is_written_and_the_command_is_told(said: str | None) -> None:
    world, consumer = asking()
    if said is not None:
        consents(world, said)
    before = dict(world.objects)
    waiting = world.settle(consumer)
    assert reason(waiting, "ConsentGiven") == "False/AwaitingConsent"
    assert reason(waiting, "Ready") == "False/AwaitingConsent"
    assert reason(waiting, "Stalled") == "False/AwaitingConsent", "nobody made a mistake"
    assert f"kubectl annotate namespace {NAME} platformcontracts.io/consent=team-a/payments" in message(waiting)
    assert set(world.objects) == set(before)
    assert "uid" not in waiting["status"]["namespaces"][0]


def test_nobody_learns_whether_a_namespace_exists_that_did_not_consent() -> None:
    world, consumer = asking()
    there = world.settle(consumer)["status"]
    for marks in ({"app.kubernetes.io/managed-by": "platform-contracts"}, {"capsule.clastix.io/tenant": "oil"}):
        world.namespace(NAME, **marks)
        assert world.plan(consumer).status == there
    world.delete(Key(NAMESPACE, None, NAME))
    assert world.plan(consumer).status == there


@pytest.mark.parametrize("voice", ["the service", "the consumer", "the namespace"])
def test_two_voices_are_not_enough(voice: str) -> None:
    world, consumer = asking(**({"allowedConsumers": {"from": "None"}} if voice == "the service" else {}))
    if voice != "the namespace":
        consents(world)
    if voice == "the consumer":
        consumer["spec"]["namespaces"] = [{"name": NAME}]
    settled = world.settle(consumer)
    assert reason(settled, "Ready").startswith("False/")
    assert labels(world.get(NAMESPACE, None, NAME)) == {"purpose": "shop"}


@pytest.mark.parametrize("approval", ["Manual"])
def test_who_waits_for_approval_adopts_nothing(approval: str) -> None:
    world, consumer = asking(approval=approval)
    consents(world)
    assert reason(world.settle(consumer), "Ready") == "False/AwaitingApproval"
    assert labels(world.get(NAMESPACE, None, NAME)) == {"purpose": "shop"}


def test_protected_namespaces_are_adopted_by_nobody() -> None:
    world, consumer = asking()
    consumer["spec"]["namespaces"] = [{"name": "kube-system", "source": "Adopt"}]
    system = world.namespace("kube-system")
    system["metadata"]["annotations"] = {"platformcontracts.io/consent": "team-a/payments"}
    assert reason(world.settle(consumer), "Stalled") == "True/NamespaceProtected"
    assert labels(world.get(NAMESPACE, None, "kube-system")) == {}


def test_what_is_held_by_another_or_another_tenancys_is_not_adopted_whatever_it_consents_to() -> None:
    world, consumer = asking()
    consents(world)
    other = world.settle(world.consumer("other"))
    world.get(NAMESPACE, None, NAME)["metadata"]["labels"] = marker(other)
    assert "held by another consumer" in message(world.settle(consumer))
    world.get(NAMESPACE, None, NAME)["metadata"]["labels"] = {"capsule.clastix.io/tenant": "oil"}
    assert reason(world.settle(consumer), "Stalled") == "True/NamespaceConflict"


@pytest.mark.parametrize("kind", CHILDREN)
@pytest.mark.parametrize("marked", [False, True])
def test_an_object_that_was_planted_before_is_in_the_way_and_nothing_is_written(kind: Any, marked: bool) -> None:
    world, consumer = asking()
    consents(world)
    planted = manifest(kind, "platform-contracts", NAME, labels=marker(consumer) if marked else None, spec={})
    planted = world.add(kind, planted)
    stuck = world.settle(consumer)
    assert reason(stuck, "Stalled") == "True/ObjectConflict"
    assert f"The {kind} {NAME}/platform-contracts bears the operator's name or marker" in message(stuck)
    assert "uid" not in stuck["status"]["namespaces"][0]
    assert labels(world.get(NAMESPACE, None, NAME)) == {"purpose": "shop"}
    assert world.get(kind, NAME, "platform-contracts")["spec"] == planted["spec"] == {}
    world.delete(Key(kind, NAME, "platform-contracts"))
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"


def adopted(**onboarding: Any) -> tuple[World, Object]:
    world, consumer = asking(**onboarding)
    consents(world)
    return world, world.settle(consumer)


def test_one_that_was_made_again_has_to_consent_again() -> None:
    world, consumer = adopted()
    old = consumer["status"]["namespaces"][0]["uid"]
    world.delete(Key(NAMESPACE, None, NAME))
    assert reason(world.settle(consumer), "Ready") == "False/AwaitingConsent"
    world.namespace(NAME)
    waiting = world.settle(consumer)
    assert reason(waiting, "Ready") == "False/AwaitingConsent"
    assert not [obj for kind in CHILDREN for obj in world.of(kind, NAME)]
    consents(world)
    again = world.settle(consumer)
    assert reason(again, "Ready") == "True/Onboarded"
    assert again["status"]["namespaces"][0]["uid"] != old


@pytest.mark.parametrize("new_home", [False, True])
def test_a_consumer_that_is_created_again_has_the_adopted_namespace_that_is_older_than_its_home(new_home: bool) -> None:
    world = World()
    world.service()
    world.namespace(NAME)
    world.later(minutes=1)
    consumer = world.consumer(namespaces=[ADOPT])
    consents(world)
    world.settle(consumer)
    world.carry_out(consumer, world.offboard(consumer).plan)
    world.later(minutes=1)
    del world.objects[Key(PLATFORM_CONSUMER, "team-a", "payments")]
    if new_home:
        world.delete(Key(NAMESPACE, None, "team-a"))
    again = world.settle(world.consumer(namespaces=[ADOPT]))
    if new_home:
        assert reason(again, "Stalled") == "True/NamespaceConflict"
        assert "nothing shows that its home namespace team-a is still the one of that time" in message(again)
        assert world.of(ROLE_BINDING) == []
    else:
        assert reason(again, "Ready") == "True/Onboarded"


@pytest.mark.parametrize("lost", ["nothing", "the label", "the annotation", "the entry"])
def test_an_adopted_namespace_is_never_deleted(lost: str) -> None:
    world, consumer = adopted(deletionPolicy="Delete")
    live = world.get(NAMESPACE, None, NAME)
    match lost:
        case "the label":
            del labels(live)["platformcontracts.io/adopted"]
        case "the annotation":
            live["metadata"]["annotations"] = {}
        case "the entry":
            consumer["spec"]["namespaces"] = []
    assert planned(world, consumer) == []
    world.mark_deleting(PLATFORM_CONSUMER, consumer)
    offboarding = world.offboard(consumer)
    assert (offboarding.unless_claimed, offboarding.kept) == ((), (NAME,))
    assert {gone.namespace for gone in offboarding.plan.deletes} == {NAME}


def planned(world: World, consumer: Object) -> list[str]:
    return [gone.name for gone in world.plan(consumer).deletes if gone.kind == NAMESPACE]


def test_consent_that_is_taken_back_once_it_is_bound_changes_nothing_and_a_lost_status_is_rebuilt() -> None:
    world, consumer = adopted()
    world.get(NAMESPACE, None, NAME)["metadata"]["annotations"] = {}
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"
    del consumer["status"]
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"
    assert consumer["status"]["approvedTime"] >= consumer["status"]["requestedTime"]


def test_the_quota_of_an_adopted_namespace_is_its_share_like_any_others() -> None:
    world = World()
    plan = {**SERVICE_SPEC["onboarding"]["plans"][0], "maxNamespaces": 2}
    world.service(onboarding={**SERVICE_SPEC["onboarding"], "plans": [plan]})
    world.namespace(NAME)
    consumer = world.consumer(namespaces=[{**ADOPT, "sharePercent": 75}, {"name": "team-a-new"}])
    waiting = world.settle(consumer)
    assert [entry["state"] for entry in waiting["status"]["namespaces"]] == ["AwaitingConsent", "Pending"]
    assert Key(NAMESPACE, None, "team-a-new") not in world.objects
    consents(world)
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"
    assert (world.hard(NAME)["pods"], world.hard("team-a-new")["pods"]) == ("15", "5")


@pytest.mark.parametrize(
    "change",
    [
        {"reconcilePolicy": "Suspend"},
        {"onboarding": {**SERVICE_SPEC["onboarding"], "plans": []}},
        {"onboarding": {**SERVICE_SPEC["onboarding"], "allowedConsumers": {"from": "None"}}},
    ],
    ids=["suspended", "plan gone", "not allowed any more"],
)
def test_what_was_found_of_consent_is_told_as_long_as_a_namespace_is_adopted(change: Object) -> None:
    world, consumer = asking()
    consents(world)
    world.settle(consumer)
    world.get(PLATFORM_SERVICE, "platform", "payments")["spec"] |= change
    told = world.settle(consumer)
    assert reason(told, "Ready") != "True/Onboarded"
    assert reason(told, "ConsentGiven") == "True/ConsentGiven"
    consumer["spec"]["namespaces"] = []
    assert find(world.settle(consumer), "ConsentGiven") is None


@pytest.mark.parametrize("change", ["not let in", "no longer asked for"])
def test_one_that_is_only_on_record_is_let_go_where_it_is_not_to_be_adopted_any_more(change: str) -> None:
    world, consumer = asking()
    consents(world)
    world.carry_out(consumer, world.plan(consumer))
    assert world.get(PLATFORM_CONSUMER, "team-a", "payments")["status"]["namespaces"][0]["uid"]
    if change == "not let in":
        onboarding = {**SERVICE_SPEC["onboarding"], "allowedConsumers": {"from": "None"}}
        world.get(PLATFORM_SERVICE, "platform", "payments")["spec"]["onboarding"] = onboarding
    else:
        consumer["spec"]["namespaces"] = []
    world.settle(consumer)
    assert labels(world.get(NAMESPACE, None, NAME)) == {"purpose": "shop"}
    assert world.of(RESOURCE_QUOTA, NAME) == []
