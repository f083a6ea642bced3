"""What counts as drift: what somebody else did to an object of a consumer, and not what the operator did itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from platform_contracts.api import names
from platform_contracts.controllers.disturbances import Disturbances
from platform_contracts.controllers.triggers import Triggers
from platform_contracts.controllers.world import World
from platform_contracts.engine.queue import WorkQueue
from platform_contracts.engine.store import Store
from platform_contracts.kube.kinds import NAMESPACE, PLATFORM_CONSUMER, RESOURCE_QUOTA, ROLE
from platform_contracts.kube.objects import MANAGED_BY, MANAGED_BY_LABEL, Key, Object

CONSUMER = Key(PLATFORM_CONSUMER, "team-a", "payments")
QUOTA = Key(RESOURCE_QUOTA, "team-a-payments", "platform-contracts")
LABELS = {
    MANAGED_BY_LABEL: MANAGED_BY,
    names.CONSUMER_LABEL: "payments",
    names.CONSUMER_NAMESPACE_LABEL: "team-a",
    names.CONSUMER_UID_LABEL: "c-1",
}


def consumer() -> Object:
    return {
        "metadata": {"name": "payments", "namespace": "team-a", "uid": "c-1", "resourceVersion": "1"},
        "spec": {"serviceRef": {"namespace": "platform", "name": "payments"}, "planName": "small"},
    }


def quota(version: int, hard: Mapping[str, Any], labels: Mapping[str, str] = LABELS) -> Object:
    return {
        "metadata": {
            "name": QUOTA.name,
            "namespace": QUOTA.namespace,
            "uid": "q-1",
            "resourceVersion": str(version),
            "labels": dict(labels),
        },
        "spec": {"hard": dict(hard)},
    }


def namespace(version: int, **more: str) -> Object:
    metadata = {"name": "team-a-payments", "uid": "n-1", "resourceVersion": str(version), "labels": {**LABELS, **more}}
    return {"metadata": metadata}


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
async def disturbances(store: Store) -> Disturbances:
    triggers = Triggers(World(store), WorkQueue[Key]())
    store.observe(PLATFORM_CONSUMER, consumer())
    return triggers.disturbances


async def test_what_others_change_is_remembered_until_it_is_set_right(store: Store, disturbances: Disturbances) -> None:
    store.observe(RESOURCE_QUOTA, quota(2, {"pods": "5"}), own=True)
    store.observe(RESOURCE_QUOTA, quota(3, {"pods": "500"}))
    found = disturbances.of(CONSUMER, {"team-a-payments"})
    assert set(found) == {QUOTA}
    assert not disturbances.of(CONSUMER, {"team-b"})
    disturbances.settle(found)
    assert not disturbances.of(CONSUMER, {"team-a-payments"})


async def test_what_is_disturbed_again_while_it_is_set_right_stays_remembered(
    store: Store, disturbances: Disturbances
) -> None:
    store.observe(RESOURCE_QUOTA, quota(2, {"pods": "5"}), own=True)
    store.observe(RESOURCE_QUOTA, quota(3, {"pods": "500"}))
    found = disturbances.of(CONSUMER, {"team-a-payments"})
    store.observe(RESOURCE_QUOTA, quota(4, {"pods": "900"}))
    disturbances.settle(found)
    assert set(disturbances.of(CONSUMER, {"team-a-payments"})) == {QUOTA}


async def test_what_others_delete_is_remembered_and_what_we_delete_is_not(
    store: Store, disturbances: Disturbances
) -> None:
    store.observe(RESOURCE_QUOTA, quota(2, {"pods": "5"}), own=True)
    store.expect_removal("q-1")
    store.remove(RESOURCE_QUOTA, quota(3, {"pods": "5"}))
    assert not disturbances.of(CONSUMER, {"team-a-payments"})
    store.observe(RESOURCE_QUOTA, quota(4, {"pods": "5"}), own=True)
    store.remove(RESOURCE_QUOTA, quota(5, {"pods": "5"}))
    assert set(disturbances.of(CONSUMER, {"team-a-payments"})) == {QUOTA}


async def test_a_deletion_that_a_full_list_shows_is_remembered_too(store: Store, disturbances: Disturbances) -> None:
    store.observe(RESOURCE_QUOTA, quota(2, {"pods": "5"}), own=True)
    store.replace(RESOURCE_QUOTA, [], 9)
    assert set(disturbances.of(CONSUMER, {"team-a-payments"})) == {QUOTA}


async def test_our_own_writes_and_first_looks_are_no_drift(store: Store, disturbances: Disturbances) -> None:
    store.observe(RESOURCE_QUOTA, quota(2, {"pods": "5"}))
    store.observe(RESOURCE_QUOTA, quota(3, {"pods": "6"}), own=True)
    assert not disturbances.of(CONSUMER, {"team-a-payments"})


async def test_a_namespaces_label_is_watched_as_its_children_are(store: Store, disturbances: Disturbances) -> None:
    store.observe(NAMESPACE, namespace(2), own=True)
    store.observe(NAMESPACE, namespace(3, **{"pod-security.kubernetes.io/enforce": "privileged"}))
    assert set(disturbances.of(CONSUMER, {"team-a-payments"})) == {Key(NAMESPACE, None, "team-a-payments")}


async def test_what_belongs_to_nobody_is_nobodys_drift(store: Store, disturbances: Disturbances) -> None:
    labels = {**LABELS, names.CONSUMER_LABEL: "gone"}
    store.observe(RESOURCE_QUOTA, quota(2, {"pods": "5"}, labels), own=True)
    store.observe(RESOURCE_QUOTA, quota(3, {"pods": "500"}, labels))
    assert not disturbances.of(CONSUMER, {"team-a-payments"})


async def test_what_lies_beside_a_consumer_is_its_own_drift_and_not_its_neighbours(
    store: Store, disturbances: Disturbances
) -> None:
    neighbour = consumer()
    neighbour["metadata"] |= {"name": "search", "uid": "c-2"}
    store.observe(PLATFORM_CONSUMER, neighbour)
    key = Key(ROLE, "team-a", "platform-contracts.payments")

    def role(version: int) -> Object:
        metadata = {"name": key.name, "namespace": key.namespace, "uid": "r-1", "resourceVersion": str(version)}
        return {"metadata": {**metadata, "labels": LABELS}, "rules": []}

    store.observe(ROLE, role(2), own=True)
    store.remove(ROLE, role(3))
    assert set(disturbances.of(CONSUMER, {"team-a-payments"})) == {key}
    assert not disturbances.of(Key(PLATFORM_CONSUMER, "team-a", "search"), {"team-a-search"})


async def test_of_a_consumer_that_is_gone_nothing_is_remembered(store: Store, disturbances: Disturbances) -> None:
    other = consumer()
    other["metadata"] |= {"name": "other", "uid": "c-2"}
    store.observe(PLATFORM_CONSUMER, other)
    theirs = quota(2, {"pods": "5"}, {**LABELS, names.CONSUMER_LABEL: "other"})
    theirs["metadata"] |= {"namespace": "team-a-other", "uid": "q-2"}
    store.observe(RESOURCE_QUOTA, theirs, own=True)
    store.observe(RESOURCE_QUOTA, {**theirs, "metadata": {**theirs["metadata"], "resourceVersion": "3"}, "spec": {}})
    store.observe(RESOURCE_QUOTA, quota(4, {"pods": "5"}), own=True)
    store.observe(RESOURCE_QUOTA, quota(5, {"pods": "500"}))
    assert len(disturbances) == 2
    store.remove(PLATFORM_CONSUMER, {**consumer(), "metadata": {**consumer()["metadata"], "resourceVersion": "9"}})
    assert not disturbances.of(CONSUMER, {"team-a-payments"})
    assert len(disturbances) == 1
