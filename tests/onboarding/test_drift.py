"""What others changed and the operator set right is counted for a day, and named."""

from __future__ import annotations

from datetime import timedelta

from platform_contracts.kube.kinds import NAMESPACE, RESOURCE_QUOTA, ROLE_BINDING
from platform_contracts.kube.objects import Key, Object
from tests.onboarding.world import World, reason

QUOTA = Key(RESOURCE_QUOTA, "team-a-payments", "platform-contracts")
BINDING = Key(ROLE_BINDING, "team-a-payments", "platform-contracts-developer")


def onboarded() -> tuple[World, Object]:
    world = World()
    world.service()
    return world, world.settle(world.consumer())


def disturb(world: World, consumer: Object, key: Key = QUOTA) -> Object:
    """Somebody deletes or changes an object, and the operator looks."""
    if key.kind == RESOURCE_QUOTA:
        world.objects[key]["spec"] = {"hard": {"pods": "999"}}
    elif key.kind == NAMESPACE:
        world.objects[key]["metadata"]["labels"].clear()
    else:
        world.delete(key)
    world.disturbed.add(key)
    return world.settle(consumer)


def test_what_is_set_right_is_counted_once_and_named() -> None:
    world, consumer = onboarded()
    assert "drift" not in consumer["status"]
    world.later(hours=1)
    drift = disturb(world, consumer)["status"]["drift"]
    entry = {"time": "2027-03-01T10:00:00Z", "object": "ResourceQuota team-a-payments/platform-contracts"}
    assert drift == {
        "corrected24h": 1,
        "lastCorrectedTime": entry["time"],
        "lastObject": entry["object"],
        "recent": [entry],
    }
    assert world.disturbed == set()
    world.later(hours=1)
    drift = disturb(world, consumer, BINDING)["status"]["drift"]
    assert (drift["corrected24h"], drift["lastObject"]) == (2, str(BINDING))
    assert [found["object"] for found in drift["recent"]] == [str(BINDING), str(QUOTA)]


def test_a_namespace_that_lost_its_labels_is_counted_as_well() -> None:
    world, consumer = onboarded()
    key = Key(NAMESPACE, None, "team-a-payments")
    assert disturb(world, consumer, key)["status"]["drift"]["lastObject"] == "Namespace team-a-payments"


def test_a_change_that_nothing_has_to_be_done_about_is_none() -> None:
    world, consumer = onboarded()
    world.objects[QUOTA]["metadata"]["labels"]["cost-center"] = "42"
    world.disturbed = {QUOTA}
    assert world.plan(consumer).drifted == []
    assert "drift" not in world.settle(consumer)["status"]


def test_what_the_contract_changes_is_no_drift() -> None:
    world, consumer = onboarded()
    consumer["spec"]["members"] = []
    assert "drift" not in world.settle(consumer)["status"]


def test_a_day_later_it_is_forgotten_and_the_plan_asks_to_be_made_then() -> None:
    world, consumer = onboarded()
    disturb(world, consumer)
    world.later(hours=10)
    disturb(world, consumer)
    assert world.plan(consumer).requeue_after == timedelta(hours=14)
    world.later(hours=14)
    drift = world.settle(consumer)["status"]["drift"]
    assert (drift["corrected24h"], len(drift["recent"])) == (1, 1)
    world.later(hours=10)
    drift = world.settle(consumer)["status"]["drift"]
    assert (drift["corrected24h"], drift["recent"], drift["lastObject"]) == (0, [], str(QUOTA))
    assert world.plan(consumer).requeue_after is None


def test_a_tug_of_war_is_counted_in_full_though_only_the_last_are_named() -> None:
    world, consumer = onboarded()
    for _ in range(25):
        world.later(minutes=1)
        disturb(world, consumer)
    drift = world.settle(consumer)["status"]["drift"]
    assert (drift["corrected24h"], len(drift["recent"])) == (25, 20)


def test_the_service_sums_it_up_and_names_kinds_alone() -> None:
    world, consumer = onboarded()
    other = world.settle(world.consumer(home="team-b"))
    disturb(world, consumer)
    world.later(minutes=1)
    disturb(world, other, Key(ROLE_BINDING, "team-b-payments", "platform-contracts-developer"))
    service = world.settle_service(
        world.objects[next(key for key in world.objects if key.kind.name == "PlatformService")]
    )
    assert service["status"]["drift"] == {
        "corrected24h": 2,
        "lastCorrectedTime": "2027-03-01T09:01:00Z",
        "lastObject": "RoleBinding",
    }
    assert "team-b" not in str(service["status"])


def test_a_deleted_namespace_counts_although_it_comes_back_in_steps() -> None:
    world = World()
    world.service()
    consumer = world.settle(world.consumer())
    world.delete(Key(NAMESPACE, None, "team-a-payments"))
    world.disturbed.add(Key(NAMESPACE, None, "team-a-payments"))
    settled = world.settle(consumer)
    assert reason(settled, "Ready") == "True/Onboarded"
    assert "Namespace team-a-payments" in [entry["object"] for entry in settled["status"]["drift"]["recent"]]


def test_what_was_changed_together_with_the_marker_counts_as_well() -> None:
    world = World()
    world.service()
    consumer = world.settle(world.consumer())
    world.get(NAMESPACE, None, "team-a-payments")["metadata"]["labels"] = {}
    world.get(RESOURCE_QUOTA, "team-a-payments", "platform-contracts")["spec"]["hard"]["pods"] = "500"
    world.disturbed |= {
        Key(NAMESPACE, None, "team-a-payments"),
        Key(RESOURCE_QUOTA, "team-a-payments", "platform-contracts"),
    }
    assert world.settle(consumer)["status"]["drift"]["corrected24h"] == 2
