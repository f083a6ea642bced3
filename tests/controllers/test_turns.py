"""Consumers of one home are given namespaces in turn, so that its limit holds for those that come at the same time."""

from __future__ import annotations

import asyncio

from platform_contracts.config import Guardrails
from platform_contracts.kube.kinds import PLATFORM_CONSUMER
from platform_contracts.kube.objects import Key
from tests.controllers.server import Server, reconciler
from tests.onboarding.world import World


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
