"""One PlatformConsumer from its creation to Ready, and what happens to it when the world changes."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from platform_contracts.kube.kinds import (
    CONFIG_MAP,
    LIMIT_RANGE,
    NAMESPACE,
    NETWORK_POLICY,
    PLATFORM_SERVICE,
    RESOURCE_QUOTA,
    ROLE_BINDING,
)
from platform_contracts.kube.objects import Key, labels, manifest, uid
from platform_contracts.onboarding import consumer as planner
from platform_contracts.onboarding import drift
from tests.onboarding.world import PLAN, World, message, reason


def test_the_namespace_comes_first_and_the_rest_once_its_uid_is_known() -> None:
    world = World()
    world.service()
    consumer = world.consumer()
    first = world.plan(consumer)
    assert [(item.kind, item.obj["metadata"]["name"], item.uid) for item in first.applies] == [
        (NAMESPACE, "team-a-payments", None)
    ]
    assert first.status is None
    world.carry_out(consumer, first)
    second = world.plan(consumer)
    assert [item.kind for item in second.applies] == [
        NAMESPACE,
        NETWORK_POLICY,
        RESOURCE_QUOTA,
        LIMIT_RANGE,
        CONFIG_MAP,
        ROLE_BINDING,
    ]
    assert {item.obj["metadata"].get("namespace") for item in second.applies[1:]} == {"team-a-payments"}


def test_a_settled_consumer_says_what_it_has_and_since_when() -> None:
    world = World()
    world.service(feedback={"submitURL": "https://feedback.example.com/payments"})
    consumer = world.consumer()
    world.later(minutes=5)
    settled = world.settle(consumer)
    namespace = world.get(NAMESPACE, None, "team-a-payments")
    assert settled["status"]["namespaces"] == [
        {
            "name": "team-a-payments",
            "uid": namespace["metadata"]["uid"],
            "state": "Ready",
            "quota": {"pods": "20", "requests.cpu": "2"},
        }
    ]
    assert (settled["status"]["plan"], settled["status"]["summary"]) == ("small", "team-a-payments")
    assert settled["status"]["requestedTime"] == "2027-03-01T09:00:00Z"
    assert settled["status"]["approvedTime"] == settled["status"]["readyTime"] == "2027-03-01T09:05:00Z"
    assert settled["status"]["feedback"] == {"submitURL": "https://feedback.example.com/payments"}
    assert [reason(settled, name) for name in ("Ready", "Reconciling", "Stalled", "Approved", "InSync")] == [
        "True/Onboarded",
        "False/Onboarded",
        "False/Onboarded",
        "True/AllowedByService",
        "True/InSync",
    ]


def test_a_plan_made_later_for_an_unchanged_world_equals_the_status_to_the_last_bit() -> None:
    world = World()
    world.service()
    consumer = world.settle(world.consumer())
    world.later(days=40)
    plan = world.plan(consumer)
    assert plan.status == consumer["status"]
    assert all(item.uid for item in plan.applies)
    assert plan.deletes == []


def test_a_lost_status_is_rebuilt_from_what_is_there() -> None:
    world = World()
    world.service()
    consumer = world.settle(world.consumer())
    before = copy.deepcopy(consumer["status"])
    del consumer["status"]
    world.later(days=3)
    rebuilt = world.settle(consumer)["status"]
    for status in (before, rebuilt):
        for condition in status["conditions"]:
            del condition["lastTransitionTime"]
        del status["quota"]["observedTime"]
    assert rebuilt == before


def test_the_namespace_is_labelled_with_its_consumer_and_held_to_the_plans_pod_security() -> None:
    world = World()
    world.service()
    consumer = world.settle(world.consumer(namespaces=[{"name": "team-a-shop", "environment": "production"}]))
    assert labels(world.get(NAMESPACE, None, "team-a-shop")) == {
        "app.kubernetes.io/managed-by": "platform-contracts",
        "platformcontracts.io/consumer": "payments",
        "platformcontracts.io/consumer-namespace": "team-a",
        "platformcontracts.io/consumer-uid": consumer["metadata"]["uid"],
        "platformcontracts.io/consumer-namespace-uid": uid(world.get(NAMESPACE, None, "team-a")),
        "platformcontracts.io/service": "payments",
        "platformcontracts.io/service-namespace": "platform",
        "platformcontracts.io/plan": "small",
        "platformcontracts.io/environment": "production",
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": "latest",
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/audit-version": "latest",
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/warn-version": "latest",
    }


def test_an_environment_that_is_taken_out_leaves_the_namespace_and_foreign_labels_stay() -> None:
    world = World()
    world.service()
    consumer = world.settle(world.consumer(namespaces=[{"name": "team-a-shop", "environment": "production"}]))
    world.get(NAMESPACE, None, "team-a-shop")["metadata"]["labels"]["cost-center"] = "42"
    consumer["spec"]["namespaces"] = [{"name": "team-a-shop"}]
    world.settle(consumer)
    marks = labels(world.get(NAMESPACE, None, "team-a-shop"))
    assert "platformcontracts.io/environment" not in marks
    assert marks["cost-center"] == "42"


def test_a_member_who_leaves_loses_access_and_one_who_comes_gets_it() -> None:
    world = World()
    world.service()
    consumer = world.settle(world.consumer())
    consumer["spec"]["members"] = [{"kind": "User", "name": "ann@example.com", "roleName": "viewer"}]
    world.settle(consumer)
    (binding,) = world.of(ROLE_BINDING)
    assert binding["metadata"]["name"] == "platform-contracts-viewer"
    assert [subject["name"] for subject in binding["subjects"]] == ["ann@example.com"]


def test_what_a_plan_no_longer_bounds_is_bounded_by_the_administrator() -> None:
    world = World()
    service = world.service()
    consumer = world.settle(world.consumer())
    service["spec"]["onboarding"] = {
        "allowedConsumers": {"from": "All"},
        "plans": [{**PLAN, "quota": {}}],
    }
    world.settle(consumer)
    (quota,) = world.of(RESOURCE_QUOTA)
    assert quota["spec"]["hard"] == {"pods": "1k"}


def test_a_role_that_stands_for_another_cluster_role_is_bound_anew() -> None:
    world = World()
    service = world.service()
    consumer = world.settle(world.consumer())
    (old,) = world.of(ROLE_BINDING)
    changed = {**PLAN, "roles": [{"name": "developer", "clusterRoleName": "platformcontracts-viewer"}]}
    service["spec"]["onboarding"] = {"allowedConsumers": {"from": "All"}, "plans": [changed]}
    plan = world.plan(consumer)
    assert [(gone.name, gone.uid) for gone in plan.deletes] == [
        ("platform-contracts-developer", old["metadata"]["uid"])
    ]
    world.settle(consumer)
    (new,) = world.of(ROLE_BINDING)
    assert new["roleRef"]["name"] == "platformcontracts-viewer"
    assert new["metadata"]["uid"] != old["metadata"]["uid"]


def test_a_namespace_that_is_no_longer_asked_for_is_closed_at_once_and_keeps_its_part_of_the_budget() -> None:
    world = World()
    world.service()
    consumer = world.settle(world.consumer())
    consumer["spec"]["namespaces"] = [{"name": "team-a-new"}]
    settled = world.settle(consumer)
    assert [(entry["name"], entry["state"]) for entry in settled["status"]["namespaces"]] == [
        ("team-a-new", "Pending"),
        ("team-a-payments", "Retained"),
    ]
    assert reason(settled, "Stalled") == "True/BudgetExceeded"
    assert reason(settled, "QuotaWithinBudget") == "False/BudgetExceeded"
    assert (
        "team-a-payments is no longer asked for and still held, with pods 20 where the plan small gives 20"
        in message(settled)
    )
    assert world.of(ROLE_BINDING) == []
    assert Key(NAMESPACE, None, "team-a-new") not in world.objects
    assert len(world.of(RESOURCE_QUOTA)) == len(world.of(NETWORK_POLICY)) == 1
    assert "run: kubectl delete namespace team-a-payments" in message(settled)
    world.delete(Key(NAMESPACE, None, "team-a-payments"))
    moved = world.settle(consumer)
    assert reason(moved, "Ready") == "True/Onboarded"
    assert [entry["name"] for entry in moved["status"]["namespaces"]] == ["team-a-new"]


def test_a_share_leaves_room_for_a_namespace_that_is_no_longer_asked_for() -> None:
    world = World()
    world.service()
    consumer = world.settle(world.consumer(namespaces=[{"name": "team-a-old", "sharePercent": 40}]))
    consumer["spec"]["namespaces"] = [{"name": "team-a-new", "sharePercent": 60}]
    del consumer["status"]
    settled = world.settle(consumer)
    assert [(entry["name"], entry["state"]) for entry in settled["status"]["namespaces"]] == [
        ("team-a-new", "Ready"),
        ("team-a-old", "Retained"),
    ]
    assert [binding["metadata"]["namespace"] for binding in world.of(ROLE_BINDING)] == ["team-a-new"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (RESOURCE_QUOTA, "platform-contracts"),
        (NETWORK_POLICY, "platform-contracts"),
        (LIMIT_RANGE, "platform-contracts"),
    ],
)
def test_a_foreign_object_of_our_name_is_reported_left_alone_and_nobody_gets_access_meanwhile(
    kind: Any, name: str
) -> None:
    world = World()
    world.service()
    consumer = world.consumer()
    world.carry_out(consumer, world.plan(consumer))
    foreign = world.add(kind, manifest(kind, name, "team-a-payments", spec={"hard": {}}))
    settled = world.settle(consumer)
    assert reason(settled, "Stalled") == "True/ObjectConflict"
    assert reason(settled, "InSync") == "False/ObjectConflict"
    assert f"{kind} team-a-payments/{name} exists and was not made by the operator" in message(settled)
    assert world.get(kind, "team-a-payments", name) == foreign
    assert world.of(ROLE_BINDING) == []
    del world.objects[Key(kind, "team-a-payments", name)]
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"
    assert len(world.of(ROLE_BINDING)) == 1


@pytest.mark.parametrize("what", ["service gone", "no provider", "not allowed", "no plan", "bad plan"])
def test_a_contract_that_cannot_be_followed_takes_nothing_away(what: str) -> None:
    world = World()
    service = world.service()
    consumer = world.settle(world.consumer())
    before = {key: obj for key, obj in world.objects.items() if key.kind is not PLATFORM_SERVICE}
    match what:
        case "service gone":
            del world.objects[Key(PLATFORM_SERVICE, "platform", "payments")]
        case "no provider":
            world.get(NAMESPACE, None, "platform")["metadata"]["labels"] = {}
        case "not allowed":
            service["spec"]["onboarding"] = {"plans": [PLAN]}
        case "no plan":
            service["spec"]["onboarding"] = {"allowedConsumers": {"from": "All"}}
        case "bad plan":
            roles = [{"name": "developer", "clusterRoleName": "edit"}]
            plans = [{**PLAN, "roles": roles}]
            service["spec"]["onboarding"] = {"allowedConsumers": {"from": "All"}, "plans": plans}
    plan = world.plan(consumer)
    assert drift.written(world.inputs(consumer), plan.applies, plan.deletes) == []
    settled = world.settle(consumer)
    expected = {
        "service gone": "ServiceNotFound",
        "no provider": "NotAProvider",
        "not allowed": "NotAllowed",
        "no plan": "PlanNotFound",
        "bad plan": "PlanInvalid",
    }[what]
    assert reason(settled, "Stalled") == f"True/{expected}"
    assert reason(settled, "Ready") == f"False/{expected}"
    assert settled["status"]["namespaces"][0]["state"] == "Ready"
    assert settled["status"]["readyTime"]
    assert {key for key in world.objects if key.kind is not PLATFORM_SERVICE} == set(before)


def test_a_spec_that_cannot_be_read_changes_nothing_and_says_why() -> None:
    world = World()
    world.service()
    consumer = world.settle(world.consumer())
    inputs = world.inputs(consumer)
    plan = planner.plan(replace(inputs, spec=None, invalid="spec.planName: is required, for example small"))
    assert (plan.applies, plan.deletes) == ([], [])
    assert plan.status is not None
    assert message({"status": plan.status}) == "spec.planName: is required, for example small"


def test_service_accounts_of_the_home_and_of_the_own_namespace_may_be_members() -> None:
    world = World()
    world.service()
    members = [
        {"kind": "ServiceAccount", "name": "deployer", "namespace": home, "roleName": "developer"}
        for home in ("team-a", "team-a-payments", "team-b")
    ]
    settled = world.settle(world.consumer(members=members))
    (binding,) = world.of(ROLE_BINDING)
    assert [subject["namespace"] for subject in binding["subjects"]] == ["team-a", "team-a-payments"]
    assert reason(settled, "Stalled") == "True/MemberNotAllowed"
    assert "team-b" in message(settled)
