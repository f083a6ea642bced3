"""Consumers of one home are given namespaces in turn, so that its limit holds for those that come at the same time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, cast

from platform_contracts.config import Config, Guardrails
from platform_contracts.controllers.disturbances import Disturbances
from platform_contracts.controllers.platform_consumer import PlatformConsumerReconciler
from platform_contracts.controllers.specs import Specs
from platform_contracts.controllers.watched import ACCESS, WRITABLE
from platform_contracts.controllers.world import World as Known
from platform_contracts.engine.apply import Applier
from platform_contracts.engine.client import Client
from platform_contracts.engine.store import Store
from platform_contracts.kube.kinds import NAMESPACE, PLATFORM_CONSUMER, Kind
from platform_contracts.kube.objects import Key, Object, key_of
from tests.onboarding.world import START, World


class Server:
    """Answers writes after a while, as an API server does; `busiest` is how many namespaces it was making at once."""

    def __init__(self) -> None:
        self.store = Store()
        self.made: list[str] = []
        self.busiest = 0
        self._making = 0
        self._version = 0

    def versioned(self, obj: Object) -> Object:
        self._version += 1
        metadata = {"uid": f"made-{self._version}", "creationTimestamp": "2027-03-01T09:00:00Z", **obj["metadata"]}
        return {**obj, "metadata": {**metadata, "resourceVersion": str(self._version)}}

    async def create(self, kind: Kind, obj: Object) -> Object:
        if kind is NAMESPACE:
            self._making += 1
            self.busiest = max(self.busiest, self._making)
            await asyncio.sleep(0.01)
            self._making -= 1
            self.made.append(obj["metadata"]["name"])
        return self.versioned(obj)

    async def apply(self, kind: Kind, obj: Object, *, manager: str, subresource: str | None = None) -> Object:
        await asyncio.sleep(0)
        live = self.store.get(*key_of(kind, obj)) or {}
        return self.versioned({**live, **obj, "metadata": {**live.get("metadata", {}), **obj["metadata"]}})


def reconciler(world: World, server: Server) -> PlatformConsumerReconciler:
    """The real one, on the objects of `world`."""
    known, client = Known(server.store), cast(Client, server)
    for key, obj in world.objects.items():
        server.store.observe(key.kind, server.versioned(obj))
    return PlatformConsumerReconciler(
        config=Config(guardrails=world.guardrails),
        world=known,
        disturbances=Disturbances(server.store),
        specs=Specs(),
        client=client,
        applier=Applier(client, server.store, writable=WRITABLE, manager="platform-contracts", access=ACCESS),
        measuring=cast(Any, None),
        types_present=frozenset,
        now=lambda: START + timedelta(minutes=1),
    )


async def test_an_elder_that_is_let_in_late_counts_what_a_younger_one_is_being_given_meanwhile() -> None:
    world, server = World(guardrails=Guardrails(max_namespaces_per_home=1)), Server()
    world.service()
    elder = world.consumer("elder")
    elder["status"] = {"conditions": [{"type": "Approved", "status": "False", "reason": "NotAllowed", "message": ""}]}
    world.later(seconds=1)
    world.consumer("younger")
    one = reconciler(world, server)
    keys = [Key(PLATFORM_CONSUMER, "team-a", name) for name in ("younger", "elder")]
    await asyncio.gather(*(one.reconcile(key) for key in keys))
    assert server.made == ["team-a-younger"]
    refused = server.store.get(*keys[1])
    assert refused is not None
    assert "NamespaceLimit" in str(refused["status"]["conditions"])


async def test_homes_do_not_wait_for_each_other_and_leave_nothing_behind() -> None:
    world, server = World(), Server()
    world.service()
    homes = [f"team-{letter}" for letter in "abcd"]
    for home in homes:
        world.consumer(home=home)
    one = reconciler(world, server)
    await asyncio.gather(*(one.reconcile(Key(PLATFORM_CONSUMER, home, "payments")) for home in homes))
    assert (len(server.made), server.busiest) == (4, 4)
    assert len(one._homes) == 0
