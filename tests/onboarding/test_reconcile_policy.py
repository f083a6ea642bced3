"""spec.reconcilePolicy: Observe writes nothing but statuses and says what differs, Suspend does not even compare."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from platform_contracts.kube.kinds import NAMESPACE, PLATFORM_CONSUMER, PLATFORM_SERVICE, RESOURCE_QUOTA, ROLE_BINDING
from platform_contracts.kube.objects import Key, Object, manifest
from tests.onboarding.world import PLAN, SERVICE_SPEC, World, message, reason

ENTRY: Object = {"name": "checkout", "team": "checkout", "planName": "small"}


def ready(policy: str) -> tuple[World, Object]:
    """A consumer that was onboarded before its service got the policy."""
    world = World()
    service = world.service()
    consumer = world.settle(world.consumer())
    service["spec"]["reconcilePolicy"] = policy
    return world, consumer


def nothing_but_statuses(world: World, consumer: Object) -> Object:
    plan = world.plan(consumer)
    assert (plan.applies, plan.deletes, list(plan.drifted)) == ([], [], [])
    before = copy.deepcopy({key: obj for key, obj in world.objects.items() if key.kind != PLATFORM_CONSUMER})
    settled = world.settle(consumer)
    assert {key: obj for key, obj in world.objects.items() if key.kind != PLATFORM_CONSUMER} == before
    return settled


def test_observed_and_as_it_should_be() -> None:
    world, consumer = ready("Observe")
    observed = nothing_but_statuses(world, consumer)
    assert (reason(observed, "Ready"), reason(observed, "InSync")) == ("True/Onboarded", "True/InSync")


def test_observed_drift_is_named_and_left_alone() -> None:
    world, consumer = ready("Observe")
    world.get(RESOURCE_QUOTA, "team-a-payments", "platform-contracts")["spec"] = {"hard": {"pods": "999"}}
    world.get(NAMESPACE, None, "team-a-payments")["metadata"]["labels"].clear()
    world.disturbed = {Key(RESOURCE_QUOTA, "team-a-payments", "platform-contracts")}
    world.count_quotas()
    observed = nothing_but_statuses(world, consumer)
    assert reason(observed, "InSync") == "False/OutOfSync"
    assert message(observed, "InSync").startswith(
        "Namespace team-a-payments, ResourceQuota team-a-payments/platform-contracts differ from the plan small"
    )
    assert reason(observed, "Ready") == "True/Onboarded"
    assert "drift" not in observed["status"]


def test_observed_and_missing_is_not_ready() -> None:
    world, consumer = ready("Observe")
    world.delete(Key(ROLE_BINDING, "team-a-payments", "platform-contracts-developer"))
    observed = nothing_but_statuses(world, consumer)
    assert reason(observed, "Ready") == "False/Observed"
    assert "RoleBinding team-a-payments/platform-contracts-developer would be made" in message(observed)


@pytest.mark.parametrize("policy", ["Observe", "Suspend"])
def test_a_newcomer_gets_nothing_until_the_service_enforces(policy: str) -> None:
    world = World()
    service = world.service(reconcilePolicy=policy)
    consumer = world.consumer()
    waiting = nothing_but_statuses(world, consumer)
    assert reason(waiting, "Ready") == ("False/Observed" if policy == "Observe" else "False/Suspended")
    assert reason(waiting, "Stalled").startswith("False/")
    service["spec"]["reconcilePolicy"] = "Enforce"
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"


def test_an_observed_adoption_binds_nothing() -> None:
    world = World()
    world.service(reconcilePolicy="Observe")
    legacy = world.namespace("legacy")
    legacy["metadata"]["annotations"] = {"platformcontracts.io/consent": "team-a/payments"}
    consumer = world.consumer(namespaces=[{"name": "legacy", "source": "Adopt"}])
    observed = nothing_but_statuses(world, consumer)
    assert "uid" not in observed["status"]["namespaces"][0]


def test_suspended_nothing_is_compared_and_what_was_ready_stays_so() -> None:
    world, consumer = ready("Suspend")
    world.get(RESOURCE_QUOTA, "team-a-payments", "platform-contracts")["spec"] = {"hard": {"pods": "999"}}
    world.count_quotas()
    suspended = nothing_but_statuses(world, consumer)
    assert (reason(suspended, "Ready"), reason(suspended, "InSync")) == ("True/Suspended", "Unknown/Suspended")
    assert message(suspended).startswith("spec.reconcilePolicy of platform/payments is Suspend: nothing is compared")


def changed(world: World, consumer: Object, **spec: Any) -> None:
    consumer["spec"] |= spec
    consumer["metadata"]["generation"] += 1


def test_suspended_and_changed_is_not_ready_until_it_is_carried_out() -> None:
    world, consumer = ready("Suspend")
    changed(world, consumer, members=[])
    suspended = nothing_but_statuses(world, consumer)
    assert (reason(suspended, "Ready"), reason(suspended, "Reconciling")) == ("False/Suspended", "True/Suspended")
    assert suspended["status"]["observedGeneration"] == 2
    assert message(suspended) == (
        "spec.reconcilePolicy of platform/payments is Suspend: nothing is compared or written, and what was changed or "
        "is still to be done is not carried out, and what this consumer has stays as it is; it goes on once the "
        "service's owner sets Enforce."
    )
    assert world.plan(consumer).status == suspended["status"]
    world.get(PLATFORM_SERVICE, "platform", "payments")["spec"]["reconcilePolicy"] = "Enforce"
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"


def test_observed_and_changed_is_not_ready_while_something_differs() -> None:
    world, consumer = ready("Observe")
    changed(world, consumer, team="checkout")
    observed = nothing_but_statuses(world, consumer)
    assert reason(observed, "Ready") == "False/Observed"
    assert message(observed).startswith("ConfigMap team-a-payments/platform-contracts would be changed, and spec.rec")
    changed(world, consumer, team="team-a")
    assert reason(nothing_but_statuses(world, consumer), "Ready") == "True/Onboarded"


def test_observed_the_plan_and_quota_that_are_in_force_are_told_and_not_those_that_are_asked_for() -> None:
    world, consumer = ready("Observe")
    large = {**PLAN, "name": "large", "quota": {"requests.cpu": "8", "pods": "80"}}
    service = world.get(PLATFORM_SERVICE, "platform", "payments")
    service["spec"]["onboarding"] = {**SERVICE_SPEC["onboarding"], "plans": [PLAN, large]}
    changed(world, consumer, planName="large")
    observed = nothing_but_statuses(world, consumer)
    assert (observed["status"]["plan"], observed["status"]["quota"]["hard"]["pods"]) == ("small", "20")
    assert observed["status"]["namespaces"][0]["quota"]["pods"] == "20"
    assert message(observed) == (
        "The plan large would follow small, which is in force, and spec.reconcilePolicy of platform/payments is "
        "Observe, which writes nothing; ask the service's owner to set Enforce."
    )
    assert reason(observed, "InSync") == "False/OutOfSync"
    world.get(RESOURCE_QUOTA, "team-a-payments", "platform-contracts")["spec"] = {"hard": {"pods": "999"}}
    world.count_quotas()
    assert nothing_but_statuses(world, consumer)["status"]["quota"]["hard"] == {"pods": "999"}
    service["spec"]["reconcilePolicy"] = "Enforce"
    enforced = world.settle(consumer)
    assert (enforced["status"]["plan"], enforced["status"]["quota"]["hard"]["pods"]) == ("large", "80")


@pytest.mark.parametrize("policy", ["Observe", "Suspend"])
def test_even_a_denial_takes_nothing_away_while_nothing_is_written(policy: str) -> None:
    world, consumer = ready(policy)
    denied = {"namespace": "team-a", "name": "payments", "decision": "Denied", "reason": "No budget"}
    onboarding = {**SERVICE_SPEC["onboarding"], "approvals": [denied]}
    world.get(PLATFORM_SERVICE, "platform", "payments")["spec"]["onboarding"] = onboarding
    told = nothing_but_statuses(world, consumer)
    if policy == "Observe":
        assert "access stays as it is while spec.reconcilePolicy is Observe" in message(told)


def test_observed_without_its_namespace_or_with_a_foreign_object_is_not_in_sync() -> None:
    world, consumer = ready("Observe")
    del world.objects[Key(RESOURCE_QUOTA, "team-a-payments", "platform-contracts")]
    world.add(RESOURCE_QUOTA, manifest(RESOURCE_QUOTA, "platform-contracts", "team-a-payments", spec={"hard": {}}))
    world.count_quotas()
    assert reason(nothing_but_statuses(world, consumer), "InSync") == "False/ObjectConflict"
    world.delete(Key(NAMESPACE, None, "team-a-payments"))
    lost = nothing_but_statuses(world, consumer)
    assert reason(lost, "InSync") == "False/OutOfSync"
    assert message(lost, "InSync").startswith("Namespace team-a-payments differs")
    assert "would be made again" in message(lost)


@pytest.mark.parametrize("policy", ["Observe", "Suspend"])
def test_who_leaves_meanwhile_is_let_go_and_nothing_is_touched(policy: str) -> None:
    world, consumer = ready(policy)
    world.mark_deleting(PLATFORM_CONSUMER, consumer)
    offboarding = world.offboard(consumer)
    assert (offboarding.plan.applies, offboarding.plan.deletes, offboarding.unless_claimed) == ([], [], ())
    assert offboarding.kept == ("team-a-payments",)


@pytest.mark.parametrize("policy", ["Observe", "Suspend"])
def test_no_consumer_is_generated_or_withdrawn_and_the_service_says_why(policy: str) -> None:
    world = World()
    service = world.settle_service(world.service(consumers=[ENTRY]))
    service["spec"] |= {"reconcilePolicy": policy, "consumers": [{**ENTRY, "name": "search"}]}
    plan = world.plan_service(service)
    assert (plan.applies, plan.deletes) == ([], [])
    assert f"spec.reconcilePolicy of payments is {policy}" in message({"status": plan.status})
