"""How much is used: on a consumer's status without a write for every pod, on the service's as counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from platform_contracts.kube.kinds import NAMESPACE, PLATFORM_CONSUMER
from platform_contracts.kube.objects import Key, Object
from platform_contracts.onboarding import usage
from platform_contracts.onboarding.inputs import ServiceInputs
from tests.onboarding.world import PLAN, World, reason


def onboarded(**spec: Any) -> tuple[World, Object]:
    world = World()
    plans = [{**PLAN, "maxNamespaces": 2}]
    world.service(onboarding={"allowedConsumers": {"from": "All"}, "plans": plans})
    return world, world.settle(world.consumer(**spec))


def quota(consumer: Object) -> Object:
    found: Object = consumer["status"]["quota"]
    return found


def test_what_is_used_is_added_up_over_the_namespaces_and_what_is_left_of_the_plan_is_told() -> None:
    shares = [{"name": "team-a-dev", "sharePercent": 25}, {"name": "team-a-prod", "sharePercent": 50}]
    world, consumer = onboarded(namespaces=shares)
    world.use("team-a-dev", pods="5", requests_cpu="0.5")
    world.use("team-a-prod", pods="3", requests_cpu="100m")
    world.later(minutes=1)
    assert quota(world.settle(consumer)) == {
        "hard": {"pods": "15", "requests.cpu": "1500m"},
        "used": {"pods": "8", "requests.cpu": "600m"},
        "available": {"pods": "12", "requests.cpu": "1400m"},
        "summary": "pods 53%",
        "observedTime": "2027-03-01T09:01:00Z",
    }


def test_a_quota_that_is_not_counted_yet_uses_nothing_and_the_first_count_writes_nothing() -> None:
    world, consumer = onboarded()
    before = quota(consumer)
    assert before["used"] == {"pods": "0", "requests.cpu": "0"}
    world.use("team-a-payments", pods="0", requests_cpu="0")
    world.later(minutes=5)
    assert world.plan(consumer).status == consumer["status"]


def test_pods_that_come_and_go_are_told_once_in_a_while_only() -> None:
    world, consumer = onboarded()
    world.later(seconds=20)
    world.use("team-a-payments", pods="5")
    early = world.plan(consumer)
    assert early.status == consumer["status"]
    assert early.requeue_after == timedelta(seconds=40)
    world.later(seconds=40)
    assert quota(world.settle(consumer))["used"]["pods"] == "5"


def test_another_quota_is_told_at_once() -> None:
    world, consumer = onboarded()
    world.later(seconds=1)
    world.use("team-a-payments", pods="5")
    consumer["spec"]["namespaces"] = [{"name": "team-a-payments", "sharePercent": 50}]
    found = quota(world.settle(consumer))
    assert (found["hard"]["pods"], found["used"]["pods"], found["available"]["pods"]) == ("10", "5", "15")


def test_the_service_counts_who_runs_something_and_how_full_all_are_together() -> None:
    world = World()
    service = world.service()
    consumers = [world.settle(world.consumer(home=home)) for home in ("team-a", "team-b", "team-c")]
    world.use("team-a-payments", pods="16", requests_cpu="1")
    world.use("team-b-payments", pods="5", requests_cpu="2")
    world.later(minutes=2)
    for consumer in consumers:
        world.settle(consumer)
    status = world.settle_service(service)["status"]
    assert (status["consumers"]["active"], status["consumers"]["dormant"]) == (2, 1)
    assert status["usage"] == {"activeConsumers": 2, "quotaUsedPercent": 50}
    # 80 % of the pods and all of the cpu; who runs nothing uses nothing.
    inputs = ServiceInputs(
        service=service, spec=None, provider=True, consumers=world.of(PLATFORM_CONSUMER), now=world.now
    )
    assert usage.count(inputs).pressed(percent=90) == 1


def test_lead_times_are_those_of_the_ready_ones_by_nearest_rank() -> None:
    world = World()
    service = world.service()
    asked = [world.consumer(f"app-{index}") for index in range(10)]
    for consumer in asked:
        world.later(seconds=10)
        world.settle(consumer)
    world.settle(world.consumer("late", planName="huge"))
    assert world.settle_service(service)["status"]["onboarding"] == {
        "awaitingApproval": 0,
        "leadTimeP50Seconds": 50,
        "leadTimeP90Seconds": 90,
    }


def test_who_waits_for_a_decision_is_pending_and_counted_who_is_denied_is_neither() -> None:
    world = World()
    denied = {"namespace": "team-b", "name": "payments", "decision": "Denied", "reason": "No budget"}
    onboarding = {"allowedConsumers": {"from": "All"}, "plans": [PLAN], "approval": "Manual", "approvals": [denied]}
    service = world.service(onboarding=onboarding)
    for home in ("team-a", "team-b"):
        world.settle(world.consumer(home=home))
    settled = world.settle_service(service)
    assert settled["status"]["onboarding"] == {"awaitingApproval": 1}
    counts = settled["status"]["consumers"]
    assert (counts["summary"], counts["pending"]) == ("0/1", 1)
    assert reason(settled, "ConsumersReady") == "False/ConsumersPending"
    assert reason(settled, "Ready") == "True/Serving"


def test_who_is_denied_counts_with_what_its_namespaces_use_as_long_as_they_stand() -> None:
    world = World()
    service = world.service()
    consumer = world.settle(world.consumer())
    denied = {"namespace": "team-a", "name": "payments", "decision": "Denied", "reason": "No budget"}
    service["spec"]["onboarding"] = {**service["spec"]["onboarding"], "approvals": [denied]}
    world.use("team-a-payments", pods="10", requests_cpu="0")
    world.later(minutes=2)
    assert quota(world.settle(consumer))["used"]["pods"] == "10"
    assert world.settle_service(service)["status"]["usage"]["quotaUsedPercent"] == 50
    world.delete(Key(NAMESPACE, None, "team-a-payments"))
    assert "quota" not in world.settle(consumer)["status"]
    assert "quotaUsedPercent" not in world.settle_service(service)["status"]["usage"]
