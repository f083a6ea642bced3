"""Full lists: the last word on what exists; at start, every few minutes, and when a watch may have missed something."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from platform_contracts.engine.client import Client
from platform_contracts.engine.errors import NotFoundError
from platform_contracts.engine.store import Store
from platform_contracts.kube.kinds import Kind

log = structlog.get_logger("sync")


@dataclass(frozen=True, slots=True)
class Watched:
    """A kind that the operator looks at.

    `label_selector` is applied by the API server. A `custom` resource type may come and go while the operator runs.
    """

    kind: Kind
    label_selector: str = ""
    custom: bool = False


class Sync:
    """Keeps the store equal to the cluster, and knows which resource types exist."""

    def __init__(self, client: Client, store: Store, watched: Sequence[Watched]) -> None:
        self._client = client
        self._store = store
        self._watched = {item.kind: item for item in watched}
        # One list at a time: to read one is our own work, and several at once need the memory of all.
        self._lock = asyncio.Lock()
        self.present: frozenset[Kind] = frozenset()

    async def all(self) -> None:
        """List every kind. Raises `ApiError` where the API server cannot answer."""
        for kind in self._watched:
            await self.one(kind)

    async def one(self, kind: Kind) -> bool:
        """List one kind; False where its type does not exist. What is missing then was not deleted by anybody."""
        watched = self._watched[kind]
        async with self._lock:
            newest = self._store.newest(kind)
            try:
                slim = partial(self._store.slim, kind)
                listing = await self._client.list(kind, label_selector=watched.label_selector, slim=slim)
            except NotFoundError:
                if not watched.custom:
                    raise
                self._store.clear(kind)
                self.present -= {kind}
                return False
            changes = self._store.replace(kind, listing.items, listing.resource_version, newest=newest)
            self.present |= {kind}
        log.debug("listed", kind=kind.name, objects=len(listing.items), changes=changes)
        return True

    async def types_changed(self) -> bool:
        """Whether a custom resource type has come or gone since the last full list; one small request a group."""
        custom = [item.kind for item in self._watched.values() if item.custom]
        versions = list(dict.fromkeys(kind.api_version for kind in custom))
        served = await asyncio.gather(*(self._client.served(version) for version in versions))
        there = dict(zip(versions, served, strict=True))
        return any((kind.plural in there[kind.api_version]) != (kind in self.present) for kind in custom)

    @property
    def missing(self) -> frozenset[Kind]:
        """The resource types that may exist and do not."""
        return frozenset(self._watched) - self.present
