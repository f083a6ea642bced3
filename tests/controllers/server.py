"""A PlatformConsumer's reconciler as it is, before an API server that only remembers."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, cast

from platform_contracts.config import Config
from platform_contracts.controllers.disturbances import Disturbances
from platform_contracts.controllers.links import Links
from platform_contracts.controllers.platform_consumer import PlatformConsumerReconciler
from platform_contracts.controllers.specs import Specs
from platform_contracts.controllers.watched import ACCESS, WRITABLE
from platform_contracts.controllers.world import World as Known
from platform_contracts.engine.apply import Applier
from platform_contracts.engine.client import Client, Listing
from platform_contracts.engine.store import Store
from platform_contracts.kube.kinds import CUSTOM_RESOURCE_DEFINITION, NAMESPACE, Kind
from platform_contracts.kube.objects import Key, Object, key_of
from tests.onboarding.world import START, World


class Server:
    """Answers writes after a while, as an API server does; `busiest` is how many namespaces it was making at once."""

    def __init__(self) -> None:
        self.store = Store()
        self.made: list[str] = []
        self.deleted: list[str] = []
        # What a live look finds other than the store says.
        self.changed: dict[Key, Object] = {}
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

    async def get(self, kind: Kind, namespace: str | None, name: str) -> Object:
        if kind is CUSTOM_RESOURCE_DEFINITION:
            return {"metadata": {"name": name}}
        key = Key(kind, namespace, name)
        found = self.changed.get(key) or self.store.get(*key)
        assert found is not None
        return found

    async def list(self, kind: Kind, namespace: str | None = None) -> Listing:
        return Listing([], 1)

    async def delete(
        self, kind: Kind, namespace: str | None, name: str, *, uid: str, resource_version: str | None = None
    ) -> None:
        self.deleted.append(f"{kind} {name}")


def reconciler(world: World, server: Server) -> PlatformConsumerReconciler:
    """The real one, on the objects of `world`."""
    known, client = Known(server.store), cast(Client, server)
    for key, obj in world.objects.items():
        server.store.observe(key.kind, server.versioned(obj))
    config, clock = Config(guardrails=world.guardrails), lambda: START + timedelta(minutes=1)
    return PlatformConsumerReconciler(
        config=config,
        world=known,
        disturbances=Disturbances(server.store),
        specs=Specs(),
        client=client,
        applier=Applier(client, server.store, writable=WRITABLE, manager="platform-contracts", access=ACCESS),
        measuring=cast(Any, None),
        links=Links(config.web, clock),
        types_present=frozenset,
        now=clock,
    )
