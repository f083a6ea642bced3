"""What somebody else changed may come first with the reply to a write of ours, and its event is then no news."""

from __future__ import annotations

from typing import Any

import pytest

from platform_contracts.controllers.triggers import Triggers
from platform_contracts.controllers.world import World
from platform_contracts.engine.queue import WorkQueue
from platform_contracts.engine.store import Store
from platform_contracts.kube.kinds import PLATFORM_CONSUMER, PLATFORM_SERVICE, SLA, Kind
from platform_contracts.kube.objects import Key, Object


def contract(kind: Kind, version: int, **metadata: Any) -> Object:
    reference = {"namespace": "platform", "name": "payments"}
    return {
        "metadata": {
            "name": "payments",
            "namespace": "team-a",
            "uid": "u",
            "generation": 1,
            "resourceVersion": str(version),
            **metadata,
        },
        "spec": {"serviceRef": reference} if kind != PLATFORM_SERVICE else {},
    }


@pytest.mark.parametrize("kind", [PLATFORM_SERVICE, SLA, PLATFORM_CONSUMER])
@pytest.mark.parametrize(
    ("changed", "looked_at"),
    [({}, False), ({"generation": 2}, True), ({"deletionTimestamp": "2026-11-23T12:00:00Z"}, True)],
    ids=["nothing", "spec", "deletion"],
)
async def test_a_change_in_our_own_reply_is_looked_at(kind: Kind, changed: Object, looked_at: bool) -> None:
    store, queue = Store(), WorkQueue[Key]()
    Triggers(World(store), queue)
    store.observe(kind, contract(kind, 1))
    while len(queue):
        queue.done(await queue.get())
    store.observe(kind, contract(kind, 3, **changed), own=True)
    store.observe(kind, contract(kind, 2, **changed))
    assert (Key(kind, "team-a", "payments") in [await queue.get() for _ in range(len(queue))]) == looked_at
