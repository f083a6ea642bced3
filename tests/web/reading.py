"""Readers of the page, by the token that they show, and a service for them to read."""

from __future__ import annotations

from typing import Any

from platform_contracts.kube.kinds import SLA_REPORT
from platform_contracts.kube.objects import Object
from tests.web.world import World

ORIGIN = {"Origin": "http://localhost:8090"}
LISTS = "list slas in platform", "list maintenancewindows in platform", "list slareports in platform"
PROVIDER = ("list platformservices in platform", "get platformservices in platform", *LISTS, "list platformconsumers")
SERVICE = "/services/platform/payments"


def bearer(token: str) -> dict[str, str]:
    """The header of a program."""
    return {"Authorization": f"Bearer {token}"}


def payments() -> World:
    """A service with an SLA, one of its reports, and two teams; and what only some may see of it."""
    world = World()
    contacts = [{"name": "chat", "type": "Slack", "value": "#payments-internal"}]
    world.service(
        spec={
            "displayName": "Payments API",
            "owner": {"team": "payments", "productManager": "Sam Lee", "contacts": contacts},
            "links": [{"name": "runbook", "type": "Runbook", "url": "https://runbooks.example.com/payments"}],
        },
        status={
            "consumers": {"total": 2, "ready": 2, "summary": "2/2"},
            "conditions": [_condition("RoadmapCurrent", "False", "The roadmap was to be reviewed.")],
        },
    )
    world.sla("gold-promise", status={"state": "Met", "conditions": [_condition("DataFresh", "False", "Told inside.")]})
    report = {"slaName": "gold-promise", "slaUID": "uid-gold", "serviceName": "payments", "period": "2027-05"}
    report["verdict"] = "Met"
    report |= {"startTime": "2027-05-01T00:00:00Z", "endTime": "2027-06-01T00:00:00Z", "revision": 1, "objectives": []}
    world.put(SLA_REPORT, "gold-promise-2027-05-r1", "platform", spec=report)
    world.consumer("team-a", spec={"team": "Alpha"})
    world.consumer("team-b", spec={"team": "Bravo"}, status={"notices": [{"type": "Sunset", "message": "It ends."}]})
    return world


def _condition(type_: str, status: str, message: str) -> Object:
    return {
        "type": type_,
        "status": status,
        "message": message,
        "reason": "X",
        "lastTransitionTime": "2027-05-01T00:00:00Z",
    }


async def seen(client: Any, token: str | None, path: str = SERVICE) -> str:
    """The page that is shown."""
    answer = await client.get(path, headers=bearer(token) if token else {})
    assert answer.status == 200, (path, answer.status)
    return str(await answer.text())


async def status(client: Any, path: str, token: str | None = None) -> int:
    """The status of the answer."""
    return int((await client.get(path, headers=bearer(token) if token else {})).status)


def asked_about(world: World) -> list[Object]:
    """What was asked of rights, without whose they are."""
    reviews = [review["spec"] for review in world.server.asked]
    world.server.asked.clear()
    return [spec["resourceAttributes"] for spec in reviews if "resourceAttributes" in spec]


async def sign_in(client: Any, token: str, **headers: str) -> Any:
    """The answer to who types a token in."""
    return await client.post("/sign-in", data={"token": token}, headers=ORIGIN | headers, allow_redirects=False)
