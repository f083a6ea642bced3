"""How many use a service: counts for the platform team, never names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from platform_contracts.kube.conditions import is_true
from platform_contracts.kube.objects import Object
from platform_contracts.onboarding import namespaces
from platform_contracts.onboarding.inputs import ServiceInputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """The consumers of one service."""

    total: int
    ready: int
    namespaces: int
    # Who asked and is not let in: strangers, who neither use the service nor wait for it.
    refused: int
    # Teams that have at least one ready consumer, and how many the platform team wants; None: no target.
    teams: int
    target: int | None
    # The creation time of the consumer that has waited longest; None: nobody waits.
    oldest_pending: str | None

    @property
    def pending(self) -> int:
        """Consumers that are not ready, whatever they wait for."""
        return self.total - self.ready

    def section(self) -> Object:
        """status.consumers; the summary reads ready teams of the target, or ready consumers of all."""
        summary = f"{self.teams}/{self.target}" if self.target else f"{self.ready}/{self.total}"
        section: Object = {
            "summary": summary,
            "total": self.total,
            "ready": self.ready,
            "pending": self.pending,
            "namespaces": self.namespaces,
        }
        if self.target:
            section["adoptionPercent"] = 100 * self.teams // self.target
        if self.oldest_pending:
            section["oldestPendingTime"] = self.oldest_pending
        return section


def count(inputs: ServiceInputs) -> Adoption:
    """Counts the PlatformConsumers that name the service; one that is being deleted is no longer one.

    Anybody may write a PlatformConsumer that names any service: who is not let in counts in `refused`, and with what
    it has had since it was let in.
    """
    service = inputs.service["metadata"]
    asking = [
        consumer
        for consumer in inputs.consumers
        if consumer.get("spec", {}).get("serviceRef") == {"namespace": service["namespace"], "name": service["name"]}
        and not consumer["metadata"].get("deletionTimestamp")
    ]
    consumers = [consumer for consumer in asking if not namespaces.refused(consumer)]
    ready = [consumer for consumer in consumers if is_true(consumer, "Ready")]
    pending = [consumer["metadata"]["creationTimestamp"] for consumer in consumers if consumer not in ready]
    adoption = inputs.spec.adoption if inputs.spec else None
    return Adoption(
        total=len(consumers),
        ready=len(ready),
        refused=len(asking) - len(consumers),
        namespaces=sum(
            1
            for consumer in asking  # a namespace outlives the permission to have it
            for entry in consumer.get("status", {}).get("namespaces") or ()
            if entry.get("uid")
        ),
        teams=len({_team(consumer) for consumer in ready}),
        target=adoption.target_teams if adoption else None,
        oldest_pending=min(pending, default=None),
    )


def _team(consumer: Mapping[str, Any]) -> str:
    """The team that a consumer names, or else the namespace that it lives in."""
    return str(consumer["spec"].get("team") or consumer["metadata"]["namespace"])
