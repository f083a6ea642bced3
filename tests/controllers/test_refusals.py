"""An object whose status the API server refuses: it is told on itself by an Event, and on the SLAs that count it."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest

from platform_contracts.config import Config
from platform_contracts.controllers import wiring
from platform_contracts.controllers.wiring import Controllers
from platform_contracts.engine.client import Client
from platform_contracts.engine.errors import RefusedError
from platform_contracts.engine.queue import WorkQueue
from platform_contracts.kube.conditions import find
from platform_contracts.kube.kinds import EVENT, FEEDBACK, NAMESPACE, PLATFORM_CONSUMER, PLATFORM_SERVICE, SLA, Kind
from platform_contracts.kube.objects import Key, Object, parse_time
from tests.controllers.server import Server
from tests.sla import world

START = parse_time("2027-03-01T09:00:00Z")
REQUEST = {"serviceRef": {"name": "payments"}, "method": "Request", "severity": "High", "comment": "Refunds fail"}
FORBIDDEN = "names need a cost centre"


class Refusing(Server):
    """An API server that refuses the statuses of some kinds."""

    def __init__(self, *kinds: Kind) -> None:
        super().__init__()
        self.refused = set(kinds)
        self.says = FORBIDDEN
        self.events: list[Object] = []

    async def apply(self, kind: Kind, obj: Object, *, manager: str, subresource: str | None = None) -> Object:
        if kind in self.refused and subresource == "status":
            raise RefusedError(422, "Invalid", self.says)
        return await super().apply(kind, obj, manager=manager, subresource=subresource)

    async def create(self, kind: Kind, obj: Object) -> Object:
        if kind is EVENT:
            self.events.append(obj)
        return await super().create(kind, obj)


def stored(name: str, spec: Object, home: str = "platform") -> Object:
    metadata = {"name": name, "namespace": home, "uid": f"uid-{home}-{name}", "generation": 1}
    return {"metadata": {**metadata, "creationTimestamp": "2027-03-01T09:00:00Z"}, "spec": spec}


def platform(server: Refusing) -> tuple[Controllers, WorkQueue[Key]]:
    """A service with an SLA of what is counted, before that API server; nothing waits to be looked at."""
    queue: WorkQueue[Key] = WorkQueue()
    controllers = wiring.wire(
        config=Config(data_sources={}),
        client=cast(Client, server),
        store=server.store,
        queue=queue,
        now=lambda: START + timedelta(hours=1),
    )
    namespace = {"metadata": {"name": "platform", "uid": "one", "labels": {"platformcontracts.io/provider": "true"}}}
    server.store.observe(NAMESPACE, server.versioned(namespace))
    service = stored("payments", {"owner": {"team": "payments"}})
    server.store.observe(PLATFORM_SERVICE, server.versioned(service))
    support = {"responseTargets": [{"severity": "High", "minutes": 60}]}
    objectives = (world.objective("answers", "90", world.RESPONSE), world.objective("lead", "90", world.LEAD_TIME))
    server.store.observe(SLA, server.versioned(stored("payments", world.sla_spec(*objectives, support=support))))
    return controllers, queue


async def looked_at(queue: WorkQueue[Key]) -> set[Key]:
    """What waits to be looked at; then nothing does."""
    found = set()
    while len(queue):
        key = await queue.get()
        queue.done(key)
        found.add(key)
    return found


ANSWERED = {**REQUEST, "triage": {"state": "Acknowledged"}}
JOINS = {"serviceRef": {"namespace": "platform", "name": "payments"}, "planName": "small"}


@pytest.mark.parametrize(
    ("kind", "made"),
    [(FEEDBACK, stored("refunds", ANSWERED)), (PLATFORM_CONSUMER, stored("payments", JOINS, "team-a"))],
    ids=str,
)
async def test_the_slas_that_count_it_say_so_as_long_as_it_is_refused(kind: Kind, made: Object) -> None:
    server = Refusing(kind)
    controllers, queue = platform(server)
    server.store.observe(kind, server.versioned(made))
    key, sla = Key(kind, made["metadata"]["namespace"], made["metadata"]["name"]), Key(SLA, "platform", "payments")

    async def fresh() -> Object:
        await controllers.reconcilers[SLA].reconcile(sla)
        return dict(find(server.store.get(*sla) or {}, "DataFresh") or {})

    await looked_at(queue)
    for tries in range(2):
        server.says = f"{FORBIDDEN}, attempt {tries}"
        with pytest.raises(RefusedError):
            await controllers.reconcilers[kind].reconcile(key)
        # Whatever else has happened to it meanwhile: only with the first try it may have had nothing to say.
        assert sla in await looked_at(queue)
        said = await fresh()
        assert (said["reason"], said["status"]) == ("ObjectsUnread", "False")
        assert f"refuses the status of {key} (Invalid: {FORBIDDEN}, attempt 0)" in said["message"]
    await looked_at(queue)

    server.refused.clear()
    await controllers.reconcilers[kind].reconcile(key)
    assert sla in await looked_at(queue)
    assert (await fresh())["reason"] == "Counted"


@pytest.mark.parametrize("kind", [FEEDBACK, SLA, PLATFORM_SERVICE], ids=str)
async def test_what_no_condition_can_say_an_event_says_once(kind: Kind) -> None:
    server = Refusing(kind)
    controllers, _ = platform(server)
    server.store.observe(FEEDBACK, server.versioned(stored("payments", ANSWERED)))
    for _ in range(2):
        with pytest.raises(RefusedError):
            await controllers.reconcilers[kind].reconcile(Key(kind, "platform", "payments"))
    (name,) = {event["metadata"]["name"] for event in server.events}
    told = server.events[0]
    assert (told["type"], told["reason"], told["regarding"]["name"]) == ("Warning", "StatusRefused", "payments")
    assert told["note"] == (
        f"The API server refuses the status of this object (Invalid): {FORBIDDEN}. What stands in it is old. "
        "Correct the object, or change the policy that refuses it; the operator goes on trying."
    )
    assert name.startswith("payments.")
