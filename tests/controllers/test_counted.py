"""Whose figures are counted from objects: an SLA is looked at when one of them is asked for or settled, and for nothing
else of them."""

from __future__ import annotations

from typing import Any, cast

import pytest

from platform_contracts.controllers.feedback import FeedbackReconciler
from platform_contracts.controllers.specs import Specs
from platform_contracts.controllers.triggers import Triggers
from platform_contracts.controllers.watched import WRITABLE
from platform_contracts.controllers.world import World
from platform_contracts.engine.apply import Applier
from platform_contracts.engine.client import Client
from platform_contracts.engine.queue import WorkQueue
from platform_contracts.engine.store import Store
from platform_contracts.kube.kinds import FEEDBACK, PLATFORM_CONSUMER, SLA, Kind
from platform_contracts.kube.objects import Key, Object, parse_time
from tests.controllers.server import Server
from tests.sla import world

REQUEST = {"serviceRef": {"name": "payments"}, "method": "Request", "severity": "High", "comment": "Refunds fail"}
REFERENCE = {"serviceRef": {"namespace": "platform", "name": "payments"}, "planName": "small"}
READY, WAITS = {"readyTime": "2027-03-01T09:01:00Z"}, {"state": "Open"}


def stored(namespace: str, spec: Object, version: int, status: Object | None = None) -> Object:
    """A contract as the store has it."""
    metadata = {"name": "one", "namespace": namespace, "uid": f"uid-{namespace}", "generation": 1}
    metadata |= {"creationTimestamp": "2027-03-01T09:00:00Z", "resourceVersion": str(version)}
    return {"metadata": metadata, "spec": spec, "status": status or {}}


def sla(name: str, indicator: Object) -> Object:
    made = world.sla(world.sla_spec(world.objective(indicator=indicator)), name=name)
    made["metadata"] |= {"uid": f"uid-{name}", "resourceVersion": "1"}
    return made


def condition(reason: str) -> Object:
    """A status that says that its service does not let it in."""
    return {"conditions": [{"type": "Approved", "status": "False", "reason": reason}]}


async def looked_at(kind: Kind, before: Object | None, after: Object) -> set[str]:
    """The SLAs that a change of our own has looked at; each counts something else."""
    store, queue = Store(), WorkQueue[Key]()
    Triggers(World(store), queue)
    for name, indicator in (("lead", world.LEAD_TIME), ("answers", world.RESPONSE), ("measured", world.BY_ERRORS)):
        store.observe(SLA, sla(name, indicator))
    if before is not None:
        store.observe(kind, before)
    while len(queue):
        queue.done(await queue.get())
    store.observe(kind, after, own=True)
    return {key.name for key in [await queue.get() for _ in range(len(queue))] if key.kind is SLA}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, stored("platform", REQUEST, 2), {"answers"}),
        (stored("platform", REQUEST, 1, WAITS), stored("platform", REQUEST, 2, READY), set()),
        (
            stored("platform", REQUEST, 1, WAITS),
            stored("platform", REQUEST, 2, {"answeredTime": "2027-03-01T09:05:00Z"}),
            {"answers"},
        ),
        (None, stored("platform", {key: REQUEST[key] for key in REQUEST if key != "severity"}, 2), set()),
    ],
    ids=["it is asked", "nothing that counts", "it is answered", "it has no severity"],
)
async def test_requests(before: Object | None, after: Object, told: set[str]) -> None:
    assert await looked_at(FEEDBACK, before, after) == told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, stored("team-a", REFERENCE, 2), {"lead"}),
        (stored("team-a", REFERENCE, 1), stored("team-a", REFERENCE, 2, READY), {"lead"}),
        (stored("team-a", REFERENCE, 1), stored("team-a", REFERENCE, 2, condition("AwaitingApproval")), {"lead"}),
        (
            stored("team-a", REFERENCE, 1, condition("AwaitingApproval")),
            stored("team-a", REFERENCE, 2, condition("AwaitingApproval") | {"plan": "small"}),
            set(),
        ),
        (stored("team-a", REFERENCE, 1), stored("team-a", REFERENCE, 2, condition("Denied")), {"lead"}),
        (
            stored("team-a", REFERENCE, 1, condition("AwaitingApproval")),
            stored("team-a", REFERENCE, 2, condition("Denied") | {"refusedTime": "2027-03-01T11:00:00Z"}),
            {"lead"},
        ),
        (stored("team-a", REFERENCE, 1, READY), stored("team-a", REFERENCE, 2, READY | condition("Denied")), set()),
    ],
    ids=[
        "it asks",
        "it is ready",
        "it is looked at",
        "it waits for a decision",
        "it is denied",
        "it is denied after it waited",
        "it is denied after it was ready",
    ],
)
async def test_consumers(before: Object | None, after: Object, told: set[str]) -> None:
    assert await looked_at(PLATFORM_CONSUMER, before, after) == told


# When it was answered


class Records(Server):
    """An API server that knows who wrote which field and when; the store does not."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0
        self.managed: list[Object] = []

    async def get(self, kind: Kind, namespace: str | None, name: str) -> Object:
        self.looks += 1
        live = await super().get(kind, namespace, name)
        return {**live, "metadata": {**live["metadata"], "managedFields": self.managed}}


def wrote(time: str, *fields: str, manager: str = "kubectl") -> Object:
    """One entry of managedFields."""
    return {"manager": manager, "time": time, "fieldsV1": {"f:spec": {f"f:{field}": {} for field in fields}}}


async def answered(server: Records, *, spec: Object, status: Object | None = None) -> Any:
    """status.answeredTime once the Feedback was looked at."""
    server.store.observe(FEEDBACK, server.versioned(stored("platform", spec, 1, status)))
    reconciler = FeedbackReconciler(
        world=World(server.store),
        specs=Specs(),
        client=cast(Client, server),
        applier=Applier(cast(Client, server), server.store, writable=WRITABLE, manager="test"),
        now=lambda: parse_time("2027-03-02T12:00:00Z"),
    )
    await reconciler.reconcile(Key(FEEDBACK, "platform", "one"))
    live = server.store.get(FEEDBACK, "platform", "one")
    assert live is not None
    return live["status"].get("answeredTime")


ANSWERED = {**REQUEST, "triage": {"state": "Acknowledged"}}


async def test_an_answer_is_timed_by_who_wrote_it_and_not_by_when_it_was_seen() -> None:
    server = Records()
    server.managed = [
        wrote("2027-03-01T09:00:00Z", "comment", "method"),
        wrote("2027-03-01T11:30:00Z", "triage", manager="kubectl-patch"),
        wrote("2027-03-01T11:45:00Z", "triage", manager="another"),
    ]
    assert await answered(server, spec=ANSWERED) == "2027-03-01T11:30:00Z"
    # What is known is asked for no more, and stays also where the answer is withdrawn.
    assert await answered(server, spec=ANSWERED, status={"answeredTime": "2027-03-01T11:30:00Z"}) == (
        "2027-03-01T11:30:00Z"
    )
    assert await answered(server, spec=REQUEST, status={"answeredTime": "2027-03-01T11:30:00Z"}) == (
        "2027-03-01T11:30:00Z"
    )
    assert server.looks == 1


async def test_where_nothing_is_recorded_it_is_when_it_was_seen() -> None:
    assert await answered(Records(), spec=ANSWERED) == "2027-03-02T12:00:00Z"


async def test_without_an_answer_nobody_looks() -> None:
    server = Records()
    assert await answered(server, spec=REQUEST) is None
    assert server.looks == 0
