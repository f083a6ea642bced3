"""What a status says of a plan that the API server refused."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest

from platform_contracts.controllers.carry_out import carry_out, refused
from platform_contracts.engine.apply import Applier
from platform_contracts.engine.errors import ConflictError, RefusedError
from platform_contracts.kube.conditions import find
from platform_contracts.kube.kinds import NAMESPACE, PLATFORM_CONSUMER, PLATFORM_SERVICE, RESOURCE_QUOTA, Kind
from platform_contracts.kube.objects import Key, Object
from platform_contracts.kube.plan import Delete, Plan
from tests.onboarding.world import PLAN, SERVICE_SPEC, World, reason

START = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
QUOTA = (
    'secrets "x" is forbidden: exceeded quota: team-1, requested: memory=1Gi, used: memory={used}, limited: memory=10Gi'
)


def after(obj: Object, message: str, minutes: int = 0) -> Object:
    """The object with the status that it gets when a write of its plan was refused with this message."""
    error = RefusedError(403, "Forbidden", message)
    status = refused(obj.get("status", {}), obj, error, START + timedelta(minutes=minutes))
    return {**obj, "status": status}


def message(obj: Object) -> str:
    found = find(obj, "Stalled")
    assert found is not None
    return str(found["message"])


@pytest.fixture
def consumer() -> Object:
    return {"metadata": {"name": "payments", "namespace": "team-a", "generation": 3}}


def test_the_same_refusal_with_other_amounts_is_no_news(consumer: Object) -> None:
    once = after(consumer, QUOTA.format(used="10Gi"))
    assert "used: memory=10Gi" in message(once)
    assert after(once, QUOTA.format(used="9728Mi"), minutes=5) == once


@pytest.mark.parametrize(
    "other", [QUOTA.replace("team-1", "team-2"), 'namespaces "x" is forbidden: names need a cost centre']
)
def test_another_refusal_is_said(consumer: Object, other: str) -> None:
    once = after(consumer, QUOTA.format(used="10Gi"))
    again = after(once, other.format(used="10Gi"))
    assert other.format(used="10Gi") in message(again)
    assert find(again, "Ready") == {**(find(once, "Ready") or {}), "message": message(again)}


class Refusing(Applier):
    """Stands before an API server that refuses every plan, and keeps the status that is written instead."""

    def __init__(self) -> None:
        self.written: Object = {}

    async def carry_out(self, plan: Plan) -> int:
        raise RefusedError(403, "Forbidden", "no")

    async def write_status(self, kind: Kind, obj: Object, status: Object) -> bool:
        self.written = status
        return True


class Looking(Applier):
    """Has a live look at contracts that are not what the store says any more."""

    def __init__(self, changed: Kind | None) -> None:
        self._changed = changed
        self.carried_out: list[Plan] = []

    async def confirm(self, kind: Kind, obj: Object, *, version: str = "resourceVersion") -> None:
        assert version == ("generation" if kind is PLATFORM_SERVICE else "resourceVersion")
        if kind is self._changed:
            raise ConflictError(409, "Conflict", "changed")

    async def carry_out(self, plan: Plan) -> int:
        self.carried_out.append(plan)
        return 1


@pytest.mark.parametrize("changed", [PLATFORM_CONSUMER, PLATFORM_SERVICE, None], ids=str)
async def test_nothing_lasting_goes_by_a_contract_that_has_changed(changed: Kind | None, consumer: Object) -> None:
    applier = Looking(changed)
    plan = Plan(deletes=[Delete(NAMESPACE, None, "team-a-payments", "uid")])
    service: Object = {"metadata": {"name": "payments", "namespace": "platform", "generation": 2}}
    with nullcontext() if changed is None else pytest.raises(ConflictError):
        await carry_out(applier, PLATFORM_CONSUMER, consumer, plan, START, service=service)
    assert applier.carried_out == ([plan] if changed is None else [])
    await carry_out(applier, PLATFORM_CONSUMER, consumer, Plan(), START, service=service)


async def told(world: World, consumer: Object) -> Object:
    """The consumer's status after its plan was refused."""
    applier = Refusing()
    with pytest.raises(RefusedError):
        await carry_out(applier, PLATFORM_CONSUMER, consumer, world.plan(consumer), world.now)
    return applier.written


async def test_a_refused_plan_shows_what_is_in_force_and_not_what_was_planned() -> None:
    world = World()
    large = {**PLAN, "name": "large", "quota": {"requests.cpu": "8", "pods": "80"}}
    world.service(onboarding={**SERVICE_SPEC["onboarding"], "plans": [PLAN, large]})
    consumer = world.settle(world.consumer())
    before = consumer["status"]
    consumer["spec"]["planName"] = "large"
    status = await told(world, consumer)
    assert (status["plan"], status["quota"], status["namespaces"]) == ("small", before["quota"], before["namespaces"])
    assert reason({"status": status}, "InSync") == "False/WriteRefused"
    # The quota itself was written before another write was refused.
    world.get(RESOURCE_QUOTA, "team-a-payments", "platform-contracts")["spec"] = {"hard": {"pods": "80"}}
    assert (await told(world, consumer))["quota"]["hard"] == {"pods": "80"}


async def test_a_refused_plan_makes_nobody_ready_and_sets_nothing_right() -> None:
    world = World()
    world.service()
    consumer = world.consumer()
    world.carry_out(consumer, world.plan(consumer))
    status = await told(world, consumer)
    assert not {"quota", "readyTime", "drift"} & status.keys()
    assert "quota" not in status["namespaces"][0]
    consumer = world.settle(consumer)
    world.delete(Key(RESOURCE_QUOTA, "team-a-payments", "platform-contracts"))
    world.disturbed.add(Key(RESOURCE_QUOTA, "team-a-payments", "platform-contracts"))
    status = await told(world, consumer)
    assert "drift" not in status
    assert "quota" not in status, "there is none"
