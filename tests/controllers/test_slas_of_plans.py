"""A consumer whose plan names an SLA is looked at when that one's figures change, and nobody else for it."""

from __future__ import annotations

from typing import Any

import pytest

from platform_contracts.controllers.triggers import Triggers
from platform_contracts.controllers.world import World
from platform_contracts.engine.queue import WorkQueue
from platform_contracts.engine.store import Store
from platform_contracts.kube.kinds import PLATFORM_CONSUMER, PLATFORM_SERVICE, SLA
from platform_contracts.kube.objects import Key, Object
from tests.sla.shown import objective, sla


def stored(name: str, version: int, *objectives: Object) -> Object:
    """An SLA of the service as the store has it."""
    made = sla(name, *objectives)
    made["metadata"] |= {"uid": f"uid-{name}", "generation": 1, "resourceVersion": str(version)}
    return {**made, "spec": {"serviceRef": {"name": "payments"}}}


def contract(name: str, home: str, **body: Any) -> Object:
    metadata = {"name": name, "namespace": home, "uid": f"uid-{home}", "generation": 1, "resourceVersion": "1"}
    return {"metadata": metadata, **body}


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (objective("AtRisk"), True),
        (objective(budget="61.0"), True),
        (objective(budget="67.3", sli="99.9673", evaluatedTime="2026-11-23T12:05:00Z"), False),
    ],
    ids=["another state", "less budget", "nothing that it shows"],
)
async def test_who_is_looked_at(after: Object, told: bool) -> None:
    store, queue = Store(), WorkQueue[Key]()
    Triggers(World(store), queue)
    plans = [{"name": "small"}, {"name": "gold", "slaRef": {"name": "gold"}}]
    store.observe(PLATFORM_SERVICE, contract("payments", "platform", spec={"onboarding": {"plans": plans}}))
    reference = {"serviceRef": {"namespace": "platform", "name": "payments"}}
    for home, plan in (("team-a", "small"), ("team-b", "gold")):
        store.observe(PLATFORM_CONSUMER, contract("payments", home, spec=reference, status={"plan": plan}))
    for name in ("gold", "silver"):
        store.observe(SLA, stored(name, 1, objective()))
    while len(queue):
        queue.done(await queue.get())
    # The operator writes these statuses itself.
    store.observe(SLA, stored("silver", 2, after), own=True)
    store.observe(SLA, stored("gold", 3, after), own=True)
    looked_at = [await queue.get() for _ in range(len(queue))]
    assert [key.namespace for key in looked_at if key.kind is PLATFORM_CONSUMER] == (["team-b"] if told else [])
