"""Where a consumer is not served any more, what guards its namespaces stays in force, whatever others change."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from platform_contracts.kube.kinds import (
    LIMIT_RANGE,
    NAMESPACE,
    NETWORK_POLICY,
    PLATFORM_CONSUMER,
    PLATFORM_SERVICE,
    RESOURCE_QUOTA,
    ROLE_BINDING,
    Kind,
)
from platform_contracts.kube.objects import Key, Object, labels, manifest, uid
from tests.onboarding.world import MEMBER, PLAN, SERVICE_SPEC, World, message, reason

NAME = "team-a-payments"
ONBOARDING = SERVICE_SPEC["onboarding"]
WIDE = {**PLAN, "maxNamespaces": 2, "podSecurity": "Baseline", "network": "SameConsumer"}
OFFER = {**ONBOARDING, "plans": [WIDE]}
DENIED = {"namespace": "team-a", "name": "payments", "decision": "Denied", "reason": "No budget"}
EDIT = [{"name": "developer", "clusterRoleName": "edit"}]

# What becomes of the service, or of what is asked of it.
TROUBLES: dict[str, Object] = {
    "NotAllowed": {"onboarding": {**OFFER, "allowedConsumers": {"from": "None"}}},
    "Denied": {"onboarding": {**OFFER, "approvals": [DENIED]}},
    "AwaitingApproval": {"onboarding": {**OFFER, "approval": "Manual"}},
    "PlanNotFound": {"onboarding": {**OFFER, "plans": [{**WIDE, "name": "other"}]}},
    "PlanInvalid": {"onboarding": {**OFFER, "plans": [{**WIDE, "roles": EDIT}]}},
    "TooManyNamespaces": {"onboarding": {**OFFER, "plans": [{**WIDE, "maxNamespaces": 1}]}},
}
# In these the former plan still says how everything was.
PLAN_KNOWN = ("NotAllowed", "Denied", "AwaitingApproval", "TooManyNamespaces", "Retained")
SITUATIONS = (*TROUBLES, "Retained")
TWO = [{"name": NAME, "sharePercent": 30}, {"name": "team-a-more"}]


def situation(what: str) -> tuple[World, Object]:
    """A consumer with two namespaces that was onboarded before it got into trouble, or took one from its list."""
    world = World()
    decision = {"namespace": "team-a", "name": "payments", "decision": "Approved"}
    approvals = {"approval": "Manual", "approvals": [decision]} if what == "AwaitingApproval" else {}
    service = world.service(onboarding={**OFFER, **approvals})
    consumer = world.settle(world.consumer(namespaces=TWO))
    if what == "Retained":
        consumer["spec"]["namespaces"] = TWO[1:]
    else:
        service["spec"] |= TROUBLES[what]
    told = world.settle(consumer)
    assert reason(told, "Ready") == ("True/Onboarded" if what == "Retained" else f"False/{what}")
    return world, told


def guards(world: World, *kinds: Kind) -> list[Object]:
    """What is said by what guards the first namespace."""
    found = [world.get(kind, NAME, "platform-contracts")["spec"] for kind in kinds]
    return copy.deepcopy([labels(world.get(NAMESPACE, None, NAME)), *found])


def tamper(world: World, *keys: Key) -> None:
    world.disturbed |= set(keys)
    world.later(minutes=1)


@pytest.mark.parametrize("what", SITUATIONS)
def test_a_changed_or_deleted_quota_comes_back_as_it_was_in_force_and_is_counted_as_drift(what: str) -> None:
    world, consumer = situation(what)
    key = Key(RESOURCE_QUOTA, NAME, "platform-contracts")
    before = guards(world, RESOURCE_QUOTA)
    world.objects[key]["spec"] = {"hard": {"pods": "999"}}
    tamper(world, key)
    told = world.settle(consumer)
    assert guards(world, RESOURCE_QUOTA) == before
    assert told["status"]["drift"]["lastObject"] == str(key)
    world.delete(key)
    tamper(world, key)
    told = world.settle(consumer)
    assert guards(world, RESOURCE_QUOTA) == before
    assert world.hard(NAME) == {"pods": "6", "requests.cpu": "600m"}
    assert told["status"]["drift"]["corrected24h"] == 2


@pytest.mark.parametrize("what", SITUATIONS)
def test_labels_come_back_whatever_was_taken_off(what: str) -> None:
    world, consumer = situation(what)
    live = world.get(NAMESPACE, None, NAME)
    before = labels(live).copy()
    live["metadata"]["labels"] = {"pod-security.kubernetes.io/enforce": "privileged", "cost-center": "42"}
    tamper(world, Key(NAMESPACE, None, NAME))
    world.settle(consumer)
    after = labels(world.get(NAMESPACE, None, NAME))
    if what in PLAN_KNOWN:
        assert after == before | {"cost-center": "42"}
    else:
        marks = {name: value for name, value in before.items() if not name.startswith("pod-security")}
        assert marks.items() <= after.items()
        assert after["pod-security.kubernetes.io/enforce"] == "restricted", "nobody knows any more that it was baseline"


@pytest.mark.parametrize("what", PLAN_KNOWN)
def test_network_and_limits_come_back_by_the_plan_that_was_in_force(what: str) -> None:
    world, consumer = situation(what)
    before = guards(world, NETWORK_POLICY, LIMIT_RANGE)
    world.get(NETWORK_POLICY, NAME, "platform-contracts")["spec"]["ingress"] = [{}]
    world.delete(Key(LIMIT_RANGE, NAME, "platform-contracts"))
    world.settle(consumer)
    assert guards(world, NETWORK_POLICY, LIMIT_RANGE) == before
    world.delete(Key(NETWORK_POLICY, NAME, "platform-contracts"))
    world.get(LIMIT_RANGE, NAME, "platform-contracts")["spec"] = {"limits": []}
    world.settle(consumer)
    assert guards(world, NETWORK_POLICY, LIMIT_RANGE) == before


@pytest.mark.parametrize("what", ["PlanNotFound", "PlanInvalid"])
def test_without_a_plan_that_tells_what_stands_there_stays_and_what_is_gone_becomes_the_strictest(what: str) -> None:
    world, consumer = situation(what)
    before = guards(world, NETWORK_POLICY, LIMIT_RANGE)
    labels(world.get(NAMESPACE, None, NAME)).pop("pod-security.kubernetes.io/audit")
    world.settle(consumer)
    assert guards(world, NETWORK_POLICY, LIMIT_RANGE) == before
    world.delete(Key(NETWORK_POLICY, NAME, "platform-contracts"))
    world.settle(consumer)
    (allowed,) = world.get(NETWORK_POLICY, NAME, "platform-contracts")["spec"]["egress"][0]["to"]
    assert allowed["namespaceSelector"]["matchExpressions"][0]["values"] == [NAME]


@pytest.mark.parametrize("what", TROUBLES)
def test_nobody_new_is_let_in_and_only_a_denial_takes_access_away(what: str) -> None:
    world, consumer = situation(what)
    bindings = copy.deepcopy(world.of(ROLE_BINDING))
    assert len(bindings) == (0 if what == "Denied" else 2)
    consumer["spec"]["members"] = [MEMBER, {**MEMBER, "name": "newcomers"}]
    world.settle(consumer)
    assert world.of(ROLE_BINDING) == bindings


@pytest.mark.parametrize("what", SITUATIONS)
def test_with_the_status_lost_as_well_what_stands_there_tells(what: str) -> None:
    world, consumer = situation(what)
    before = {name: world.hard(name) for name in (NAME, "team-a-more")}
    del world.get(PLATFORM_CONSUMER, "team-a", "payments")["status"]
    told = world.settle(consumer)
    assert {name: world.hard(name) for name in before} == before
    assert {entry["name"]: entry["quota"] for entry in told["status"]["namespaces"]} == before


@pytest.mark.parametrize("what", TROUBLES)
def test_with_status_and_quota_lost_the_others_leave_it_its_share(what: str) -> None:
    world, consumer = situation(what)
    del world.get(PLATFORM_CONSUMER, "team-a", "payments")["status"]
    world.delete(Key(RESOURCE_QUOTA, NAME, "platform-contracts"))
    world.settle(consumer)
    assert world.hard("team-a-more")["pods"] == "14"
    assert world.hard(NAME)["pods"] == ("6" if what in PLAN_KNOWN else "0"), "without the plan nobody knows its share"


def test_a_kept_one_of_whose_quota_nothing_is_known_any_more_has_nothing() -> None:
    world, consumer = situation("Retained")
    del world.get(PLATFORM_CONSUMER, "team-a", "payments")["status"]
    world.delete(Key(RESOURCE_QUOTA, NAME, "platform-contracts"))
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"
    assert world.hard(NAME) == {"pods": "0", "requests.cpu": "0"}


@pytest.mark.parametrize("policy", ["Observe", "Suspend"])
@pytest.mark.parametrize("what", SITUATIONS)
def test_while_nothing_is_written_no_guard_is(policy: str, what: str) -> None:
    world, consumer = situation(what)
    world.get(PLATFORM_SERVICE, "platform", "payments")["spec"]["reconcilePolicy"] = policy
    world.get(RESOURCE_QUOTA, NAME, "platform-contracts")["spec"] = {"hard": {"pods": "999"}}
    labels(world.get(NAMESPACE, None, NAME)).clear()
    tamper(world, Key(RESOURCE_QUOTA, NAME, "platform-contracts"), Key(NAMESPACE, None, NAME))
    world.settle(consumer)
    assert world.hard(NAME) == {"pods": "999"}
    assert labels(world.get(NAMESPACE, None, NAME)) == {}
    world.get(PLATFORM_SERVICE, "platform", "payments")["spec"]["reconcilePolicy"] = "Enforce"
    world.settle(consumer)
    assert world.hard(NAME) == {"pods": "6", "requests.cpu": "600m"}, "what was found meanwhile is no new truth"


@pytest.mark.parametrize("what", SITUATIONS)
def test_a_foreign_object_in_a_guards_place_is_told_and_left_alone(what: str) -> None:
    world, consumer = situation(what)
    world.delete(Key(RESOURCE_QUOTA, NAME, "platform-contracts"))
    foreign: Any = manifest(RESOURCE_QUOTA, "platform-contracts", NAME, spec={"hard": {"pods": "1"}})
    planted = world.add(RESOURCE_QUOTA, foreign)
    told = world.settle(consumer)
    assert reason(told, "InSync") == "False/ObjectConflict"
    assert f"The ResourceQuota {NAME}/platform-contracts exists and was not made by the operator" in message(
        told, "InSync"
    )
    assert world.get(RESOURCE_QUOTA, NAME, "platform-contracts")["spec"] == planted["spec"]


@pytest.mark.parametrize("what", TROUBLES)
def test_what_is_told_of_it(what: str) -> None:
    world, consumer = situation(what)
    assert reason(consumer, "InSync") == f"Unknown/{what}"
    assert message(consumer, "InSync") == (
        "What guards the namespaces is kept as it was in force, and nothing else is compared with the plan; Ready says "
        "why."
    )
    world.use(NAME, pods="3", requests_cpu="0")
    world.later(minutes=2)
    assert world.settle(consumer)["status"]["quota"]["used"]["pods"] == "3", "figures go on"


def test_who_is_not_let_in_takes_up_nothing_that_an_earlier_consumer_of_its_name_left() -> None:
    world = World()
    service = world.service()
    consumer = world.settle(world.consumer())
    first = uid(consumer)
    world.delete(Key(PLATFORM_CONSUMER, "team-a", "payments"))
    service["spec"]["onboarding"] = {**ONBOARDING, "allowedConsumers": {"from": "None"}}
    world.later(minutes=1)
    again = world.settle(world.consumer())
    assert reason(again, "Ready") == "False/NotAllowed"
    assert labels(world.get(NAMESPACE, None, NAME))["platformcontracts.io/consumer-uid"] == first


def test_what_an_earlier_consumer_left_and_the_present_one_does_not_ask_for_stays_the_earlier_ones() -> None:
    world = World()
    world.service(onboarding={**OFFER, "deletionPolicy": "Delete"})
    first = world.settle(world.consumer(namespaces=TWO[:1]))
    world.delete(Key(PLATFORM_CONSUMER, "team-a", "payments"))
    world.later(minutes=1)
    again = world.settle(world.consumer(namespaces=TWO[1:]))
    assert reason(again, "Ready") == "True/Onboarded"
    kept = world.get(NAMESPACE, None, NAME)
    assert labels(kept)["platformcontracts.io/consumer-uid"] == uid(first), "and so no policy deletes it"
    assert world.hard("team-a-more")["pods"] == "14"


@pytest.mark.parametrize("what", TROUBLES)
def test_a_namespace_that_is_gone_or_somebody_elses_is_told_and_no_longer_counted(what: str) -> None:
    def first() -> tuple[Any, Any, Any, str]:
        told = world.settle(consumer)["status"]
        entry = told["namespaces"][0]
        status = world.plan_service(service).status
        assert status is not None
        return entry["state"], told["summary"], status["consumers"]["namespaces"], entry.get("message", "")

    world, consumer = situation(what)
    service = world.get(PLATFORM_SERVICE, "platform", "payments")
    assert first() == ("Ready", f"{NAME} +1", 2, "")
    world.mark_deleting(NAMESPACE, world.get(NAMESPACE, None, NAME))
    assert first()[:3] == ("Terminating", f"{NAME} +1 (Terminating)", 2)
    world.delete(Key(NAMESPACE, None, NAME))
    assert first() == (
        "Pending",
        f"{NAME} +1 (Pending)",
        1,
        f"The namespace {NAME} was deleted, and comes again once its consumer is served; Ready says what keeps it "
        "from that.",
    )
    world.namespace(NAME)
    state, summary, counted, said = first()
    assert (state, summary, counted) == ("Conflict", f"{NAME} +1 (Conflict)", 1)
    assert f"The namespace {NAME} was deleted and re-created by somebody else" in said


@pytest.mark.parametrize("what", TROUBLES)
def test_one_that_is_no_longer_asked_for_meanwhile_is_told_as_kept(what: str) -> None:
    world, consumer = situation(what)
    consumer["spec"]["namespaces"] = TWO[1:]
    told = world.settle(consumer)["status"]["namespaces"]
    assert [(entry["name"], entry["state"]) for entry in told] == [("team-a-more", "Ready"), (NAME, "Retained")]
    consumer["spec"]["namespaces"] = TWO
    if what != "TooManyNamespaces":
        told = world.settle(consumer)["status"]["namespaces"]
        assert [(entry["name"], entry["state"]) for entry in told] == [(NAME, "Ready"), ("team-a-more", "Ready")]
