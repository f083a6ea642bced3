"""Who uses a service: counts for everybody, names for who may read the PlatformConsumers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from platform_contracts.controllers.world import dig
from platform_contracts.kube.conditions import is_true
from platform_contracts.kube.objects import Object
from platform_contracts.web.view.figures import length


@dataclass(frozen=True, slots=True)
class Consumer:
    """A consumer that the reader may read."""

    namespace: str
    name: str
    team: str
    service: str
    plan: str
    ready: bool
    state: str
    quota: str | None

    @property
    def path(self) -> str:
        """Where its own page is."""
        return f"/consumers/{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class People:
    """The service's consumers in counts, against its target, and by name as far as they may be named."""

    total: int
    ready: int
    pending: int
    active: int
    dormant: int
    lost: int
    # In the mean over an SLA's window, and how many of the ready ones sent any; None where nobody counts that.
    requests: str | None
    calling: int | None
    target: int | None
    adoption: int | None
    lead_p50: str | None
    lead_p90: str | None
    named: list[Consumer]
    unnamed: int


def people(service: Object, consumers: Iterable[Object], named: frozenset[str]) -> People:
    """What the status counts, and the consumers in the home namespaces `named`."""
    status = service.get("status") or {}
    counts = status.get("consumers") or {}
    everyone = list(consumers)
    shown = [one for one in everyone if one["metadata"]["namespace"] in named]
    p50, p90 = (dig(status, "onboarding", f"leadTime{rank}Seconds") for rank in ("P50", "P90"))
    return People(
        total=counts.get("total", 0),
        ready=counts.get("ready", 0),
        pending=counts.get("pending", 0),
        active=counts.get("active", 0),
        dormant=counts.get("dormant", 0),
        lost=counts.get("lost", 0),
        requests=dig(status, "usage", "requestsPerSecond"),
        calling=dig(status, "usage", "callingConsumers"),
        target=dig(service, "spec", "adoption", "targetTeams"),
        adoption=counts.get("adoptionPercent"),
        lead_p50=length(p50) if p50 is not None else None,
        lead_p90=length(p90) if p90 is not None else None,
        named=sorted(map(consumer, shown), key=lambda one: (one.team.casefold(), one.path)),
        unnamed=max(counts.get("total", 0) - len(shown), 0),
    )


def consumer(obj: Object) -> Consumer:
    """The row of a PlatformConsumer."""
    spec, status, metadata = obj["spec"], obj.get("status") or {}, obj["metadata"]
    ready = is_true(obj, "Ready")
    return Consumer(
        namespace=metadata["namespace"],
        name=metadata["name"],
        team=spec.get("team") or metadata["namespace"],
        service=f"{dig(spec, 'serviceRef', 'namespace')}/{dig(spec, 'serviceRef', 'name')}",
        plan=status.get("plan") or spec.get("planName") or "",
        ready=ready,
        state=dig(status, "sla", "state") or "Unknown",
        quota=dig(status, "quota", "summary"),
    )
