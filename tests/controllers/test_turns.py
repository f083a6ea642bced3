"""Consumers of one home are given namespaces in turn, so that its limit holds for those that come at the same time."""

from __future__ import annotations

import asyncio

import pytest

from platform_contracts.api.names import CONSENT_ANNOTATION
from platform_contracts.config import Guardrails
from platform_contracts.kube.kinds import PLATFORM_CONSUMER
from platform_contracts.kube.objects import Key, Object
from tests.controllers.server import Server, reconciler
from tests.onboarding.world import World


@pytest.mark.parametrize(
    ("younger", "made"),
    [({}, ["team-a-younger"]), ({"namespaces": [{"name": "legacy", "source": "Adopt"}]}, [])],
    ids=["a new one", "one to adopt"],
)
async def test_an_elder_that_is_let_in_late_counts_what_a_younger_one_is_being_given_meanwhile(
    younger: Object, made: list[str]
) -> None:
    world, server = World(guardrails=Guardrails(max_namespaces_per_home=1)), Server()
    world.service()
    world.namespace("legacy")["metadata"]["annotations"] = {CONSENT_ANNOTATION: "team-a/younger"}
    elder = world.consumer("elder")
    elder["status"] = {"conditions": [{"type": "Approved", "status": "False", "reason": "NotAllowed", "message": ""}]}
    world.later(seconds=1)
    world.consumer("younger", **younger)
    one = reconciler(world, server)
    keys = [Key(PLATFORM_CONSUMER, "team-a", name) for name in ("younger", "elder")]
    await asyncio.gather(*(one.reconcile(key) for key in keys))
    assert server.made == made
    given, refused = (server.store.get(*key) for key in keys)
    assert given is not None
    assert refused is not None
    assert "NamespaceLimit" not in str(given.get("status"))
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
