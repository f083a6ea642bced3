"""Who uses a service: counts for everybody, names for who may read the PlatformConsumers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nsmallest

from platform_contracts.kube.conditions import is_true
from platform_contracts.kube.objects import Object, dig
from platform_contracts.web.view.figures import length

# More is no list that anybody reads: the page of consumers searches them.
MOST_ROWS = 200


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
    lost: int
    # In the mean over an SLA's window, and how many of the ready ones sent any; None where nobody counts that.
    requests: str | None
    calling: int | None
    target: int | None
    adoption: int | None
    lead_p50: str | None
    lead_p90: str | None
    named: list[Consumer]
    # Others that may be named, and those that may not.
    more: int
    unnamed: int


def people(service: Object, consumers: Iterable[Object], named: frozenset[str]) -> People:
    """What the status counts, and the consumers in the home namespaces `named`."""
    status = service.get("status") or {}
    counts = status.get("consumers") or {}
    shown = [one for one in consumers if one["metadata"]["namespace"] in named]
    rows = consumers_of_teams(shown)
    p50, p90 = (dig(status, "onboarding", f"leadTime{rank}Seconds") for rank in ("P50", "P90"))
    return People(
        total=counts.get("total", 0),
        ready=counts.get("ready", 0),
        pending=counts.get("pending", 0),
        active=counts.get("active", 0),
        lost=counts.get("lost", 0),
        requests=dig(status, "usage", "requestsPerSecond"),
        calling=dig(status, "usage", "callingConsumers"),
        target=dig(service, "spec", "adoption", "targetTeams"),
        adoption=counts.get("adoptionPercent"),
        lead_p50=length(p50) if p50 is not None else None,
        lead_p90=length(p90) if p90 is not None else None,
        named=rows,
        more=len(shown) - len(rows),
        unnamed=max(counts.get("total", 0) - len(shown), 0),
    )


def consumers_of_teams(found: Iterable[Object]) -> list[Consumer]:
    """The rows of the first MOST_ROWS PlatformConsumers by team."""
    return [consumer(obj) for obj in nsmallest(MOST_ROWS, found, key=_by_team)]


def _by_team(obj: Object) -> tuple[str, str, str]:
    namespace, name, team, *_ = named(obj)
    return team.casefold(), namespace, name


def named(obj: Object) -> tuple[str, str, str, str, str]:
    """What a PlatformConsumer is looked for by: its namespace, name, team, service and plan."""
    spec, metadata = obj["spec"], obj["metadata"]
    reference = spec.get("serviceRef") or {}
    return (
        metadata["namespace"],
        metadata["name"],
        spec.get("team") or metadata["namespace"],
        f"{reference.get('namespace')}/{reference.get('name')}",
        (obj.get("status") or {}).get("plan") or spec.get("planName") or "",
    )


def consumer(obj: Object) -> Consumer:
    """The row of a PlatformConsumer."""
    status = obj.get("status") or {}
    namespace, name, team, service, plan = named(obj)
    return Consumer(
        namespace=namespace,
        name=name,
        team=team,
        service=service,
        plan=plan,
        ready=is_true(obj, "Ready"),
        state=dig(status, "sla", "state") or "Unknown",
        quota=dig(status, "quota", "summary"),
    )
