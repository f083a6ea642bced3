"""Situations of a PlatformService."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.config import Guardrails
from platform_contracts.kube.conditions import Condition
from platform_contracts.kube.objects import Object
from platform_contracts.onboarding import service as services
from platform_contracts.onboarding.inputs import ServiceInputs
from tests.onboarding.world import SERVICE_SPEC, START, World
from tests.operator.situations.common import UNREADABLE, edited, new, write_refused

ENTRY = {"name": "checkout", "team": "checkout", "planName": "small"}
OFFER = SERVICE_SPEC["onboarding"]["plans"][0]
EDIT = {**SERVICE_SPEC["onboarding"], "plans": [{**OFFER, "roles": [{"name": "edit", "clusterRoleName": "edit"}]}]}
MEASURED = {**SERVICE_SPEC["onboarding"], "plans": [{**OFFER, "slaRef": {"name": "payments"}}]}
LISTED = Guardrails(allowed_url_hosts=["feedback.example.com"])


def service(guardrails: Guardrails | None = None, *, foreign: str | None = None, **spec: Any) -> Object:
    """A service of that spec; `foreign` names a PlatformConsumer beside it that it did not make."""
    world = World(guardrails=guardrails or Guardrails())
    live = world.service(**spec)
    if foreign:
        world.consumer(foreign, home="platform")
    return {**live, "status": world.plan_service(live).status}


def service_with(**changes: Any) -> Object:
    """A service in a world that is not as it should be."""
    live = World().service()
    given = ServiceInputs(
        service=live,
        spec=PlatformServiceSpec.model_validate(live["spec"]),
        provider=True,
        consumers=[],
        now=START,
    )
    return {**live, "status": services.plan(replace(given, **changes)).status}


def with_successor() -> PlatformServiceSpec:
    spec = {**SERVICE_SPEC, "lifecycle": "Deprecated"}
    return PlatformServiceSpec.model_validate(
        {**spec, "sunset": {"time": "2027-12-31T00:00:00Z", "successorRef": {"name": "payments-v2"}}}
    )


def breached_service() -> Object:
    return service_with(sla_condition=Condition("SLAMet", False, "Breached", "Below target: payments/latency."))


def service_with_a_waiting_consumer() -> Object:
    world = World()
    live = world.service()
    world.consumer()
    return {**live, "status": world.plan_service(live).status}


SITUATIONS: dict[str, Callable[[], Object]] = {
    "it was just created": lambda: new(service()),
    "it was just edited": lambda: edited(service()),
    "it has no consumers yet": service,
    "a consumer of it is not let in": service_with_a_waiting_consumer,
    "its SLA is breached": breached_service,
    "it is deprecated": lambda: service(lifecycle="Deprecated", sunset={"time": "2027-12-31T00:00:00Z"}),
    "its spec cannot be read": lambda: service_with(spec=None, invalid=UNREADABLE),
    "its namespace is no provider's": lambda: service_with(provider=False),
    "a plan of it has a role that is not allowed": lambda: service(onboarding=EDIT),
    "a link of it has a host that is not allowed": lambda: service(
        LISTED, feedback={"submitURL": "https://evil.example.com/"}
    ),
    "a plan of it names an SLA that does not exist": lambda: service(onboarding=MEASURED),
    "its successor does not exist": lambda: service_with(successor_exists=False, spec=with_successor()),
    "an entry's PlatformConsumer is somebody else's": lambda: service(consumers=[ENTRY], foreign="payments-checkout"),
    "an entry's namespace would have too long a name": lambda: service(consumers=[{**ENTRY, "name": "x" * 50}]),
    "the API server refused a write": lambda: write_refused(service()),
}
