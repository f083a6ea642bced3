"""Before a consumer's namespace goes, the contracts by which it goes are looked at as they are at that moment."""

from __future__ import annotations

import copy

import pytest

from platform_contracts.api.names import FINALIZER
from platform_contracts.engine.errors import ConflictError
from platform_contracts.kube.kinds import PLATFORM_CONSUMER, PLATFORM_SERVICE
from platform_contracts.kube.objects import Key
from tests.controllers.server import Server, reconciler
from tests.onboarding.world import SERVICE_SPEC, World

SERVICE = Key(PLATFORM_SERVICE, "platform", "payments")
CONSUMER = Key(PLATFORM_CONSUMER, "team-a", "payments")
GONE = "Namespace team-a-payments"


def leaving() -> tuple[World, Server]:
    """A consumer that is being deleted, of a service that says Delete."""
    world, server = World(), Server()
    world.service(onboarding={**SERVICE_SPEC["onboarding"], "deletionPolicy": "Delete"})
    consumer = world.settle(world.consumer())
    consumer["metadata"]["finalizers"] = [FINALIZER]
    world.mark_deleting(PLATFORM_CONSUMER, consumer)
    return world, server


@pytest.mark.parametrize("field", ["generation", "uid"])
async def test_by_a_policy_that_has_changed_meanwhile_no_namespace_goes(field: str) -> None:
    world, server = leaving()
    one = reconciler(world, server)
    server.changed[SERVICE] = live = copy.deepcopy(world.objects[SERVICE])
    live["metadata"][field] = {"generation": 2, "uid": "another"}[field]
    with pytest.raises(ConflictError):
        await one.reconcile(CONSUMER)
    assert "RoleBinding platform-contracts-developer" in server.deleted, "access ends whatever becomes of the namespace"
    assert GONE not in server.deleted


async def test_a_service_of_which_only_the_status_was_written_is_the_same() -> None:
    world, server = leaving()
    one = reconciler(world, server)
    server.changed[SERVICE] = server.versioned(world.objects[SERVICE])
    await one.reconcile(CONSUMER)
    assert server.deleted[-1] == GONE
