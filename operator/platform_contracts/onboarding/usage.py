"""How much a service is used, how long teams wait for it, and what was corrected: figures without names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platform_contracts.kube.conditions import find, is_true
from platform_contracts.kube.objects import Object, is_deleting, parse_time
from platform_contracts.onboarding import approval, figures
from platform_contracts.onboarding.claims import refused
from platform_contracts.onboarding.inputs import ServiceInputs
from platform_contracts.onboarding.resources import amounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The consumers of one service."""

    # Those that are let in, or wait for a decision.
    consumers: Sequence[Object]
    ready: Sequence[Object]
    namespaces: int
    # Who asked and is not let in: strangers, who neither use the service nor wait for it.
    refused: int
    # Whoever has something of the service, those included that are no longer let in.
    holders: Sequence[Object]
    # How many teams the platform team wants; None: no target.
    target: int | None

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.consumers)

    @property
    def pending(self) -> int:
        """Consumers that are not ready, whatever they wait for."""
        return len(self.consumers) - len(self.ready)

    @property
    def teams(self) -> int:
        """Teams that have at least one ready consumer."""
        return len({_team(consumer) for consumer in self.ready})

    @property
    def oldest_pending(self) -> str | None:
        """Since when the consumer waits that has waited longest; None: nobody waits."""
        return min((_since(consumer) for consumer in self.consumers if not is_true(consumer, "Ready")), default=None)

    @property
    def awaiting_approval(self) -> int:
        """Consumers that wait for a decision."""
        return sum(approval.awaits(consumer) for consumer in self.consumers)

    @property
    def active(self) -> int:
        """Ready consumers that run pods."""
        return sum(_pods(consumer) not in (None, "0") for consumer in self.ready)

    def pressed(self, percent: int) -> int:
        """Consumers of whose quota so many percent or more are used, of whatever resource."""
        fullest = (_fullest([consumer]) for consumer in self.holders)
        return sum(found is not None and found[1] >= percent for found in fullest)

    def consumers_section(self) -> Object:
        """status.consumers; the summary reads ready teams of the target, or ready consumers of all."""
        summary = f"{self.teams}/{self.target}" if self.target else f"{len(self.ready)}/{self.total}"
        section: Object = {
            "summary": summary,
            "total": self.total,
            "ready": len(self.ready),
            "pending": self.pending,
            "active": self.active,
            "dormant": sum(_pods(consumer) == "0" for consumer in self.ready),
            "namespaces": self.namespaces,
        }
        if self.target:
            section["adoptionPercent"] = 100 * self.teams // self.target
        if self.oldest_pending:
            section["oldestPendingTime"] = self.oldest_pending
        return section

    def onboarding_section(self) -> Object:
        """status.onboarding: how long it took from the request to having everything, in whole seconds."""
        times = sorted(_lead_time(consumer) for consumer in self.ready if consumer["status"].get("readyTime"))
        section: Object = {"awaitingApproval": self.awaiting_approval}
        if times:
            section |= {"leadTimeP50Seconds": _percentile(times, 50), "leadTimeP90Seconds": _percentile(times, 90)}
        return section

    def usage_section(self) -> Object:
        """status.usage: the resource that is used most of all quotas together, in whole percent."""
        fullest = _fullest(self.holders)
        section: Object = {"activeConsumers": self.active}
        return section | ({"quotaUsedPercent": fullest[1]} if fullest else {})

    def drift_section(self) -> Object | None:
        """status.drift: the consumers' together, with the kind of what was corrected last."""
        drifts = [consumer["status"]["drift"] for consumer in self.holders if consumer.get("status", {}).get("drift")]
        last = max((drift for drift in drifts if "lastObject" in drift), key=_when, default=None)
        if last is None:
            return None
        return {
            "corrected24h": sum(drift.get("corrected24h", 0) for drift in drifts),
            "lastCorrectedTime": last["lastCorrectedTime"],
            "lastObject": last["lastObject"].partition(" ")[0],
        }


def _fullest(holders: Iterable[Object]) -> tuple[str, int] | None:
    """The resource that is used most of all their quotas together, and its percentage."""
    quotas = [consumer.get("status", {}).get("quota") or {} for consumer in holders]
    hard, used = (figures.total(amounts(quota.get(side) or {}) for quota in quotas) for side in ("hard", "used"))
    return figures.fullest_of(hard, used)


def count(inputs: ServiceInputs) -> Usage:
    """Counts the PlatformConsumers that name the service; one that is being deleted is no longer one.

    Anybody may write a PlatformConsumer that names any service: who is not let in counts in `refused`, and with what
    it has had since it was let in.
    """
    service = inputs.service["metadata"]
    reference = {"namespace": service["namespace"], "name": service["name"]}
    asking = [
        consumer
        for consumer in inputs.consumers
        if consumer.get("spec", {}).get("serviceRef") == reference and not is_deleting(consumer)
    ]
    consumers = [consumer for consumer in asking if approval.awaits(consumer) or not refused(consumer)]
    adoption = inputs.spec.adoption if inputs.spec else None
    return Usage(
        consumers=consumers,
        ready=[consumer for consumer in consumers if is_true(consumer, "Ready")],
        refused=len(asking) - len(consumers),
        namespaces=sum(
            1
            for consumer in asking  # a namespace outlives the permission to have it
            for entry in consumer.get("status", {}).get("namespaces") or ()
            if _is_there(entry)
        ),
        holders=asking,
        target=adoption.target_teams if adoption else None,
    )


def has_asked(consumer: Object) -> bool:
    """Whether a PlatformConsumer counts in how long onboarding takes: it was ready once, or may become so.

    Whoever is not let in does not count, but for one whose decision is awaited, which may take too long as well, and
    one that may have waited for too long before it was refused.
    """
    status = consumer.get("status") or {}
    if status.get("readyTime"):
        return True
    return not is_deleting(consumer) and (approval.awaits(consumer) or not refused(consumer) or "refusedTime" in status)


def _is_there(entry: Object) -> bool:
    """Whether a namespace that was a consumer's still is: one that is gone or was replaced has its UID on record, and
    no quota."""
    return "uid" in entry and (entry["state"] not in ("Pending", "Conflict") or "quota" in entry)


def _since(consumer: Object) -> str:
    """Since when a consumer is not ready: since it asked, or since what it had stopped being so."""
    ready = find(consumer, "Ready")
    if ready and consumer["status"].get("readyTime"):
        return str(ready["lastTransitionTime"])
    return str(consumer["metadata"]["creationTimestamp"])


def _team(consumer: Mapping[str, Any]) -> str:
    """The team that a consumer names, or else the namespace that it lives in."""
    return str(consumer["spec"].get("team") or consumer["metadata"]["namespace"])


def _pods(consumer: Object) -> str | None:
    """How many pods a consumer runs, as its quota counts them; None where they are not counted."""
    used = (consumer.get("status", {}).get("quota") or {}).get("used") or {}
    return used.get("pods")


def _lead_time(consumer: Object) -> int:
    status = consumer["status"]
    asked = status.get("requestedTime") or consumer["metadata"]["creationTimestamp"]
    return max(0, int((parse_time(status["readyTime"]) - parse_time(asked)).total_seconds()))


def _percentile(ordered: Sequence[int], percent: int) -> int:
    """The nearest rank: the smallest value that at least so many percent do not exceed."""
    return ordered[-(-len(ordered) * percent // 100) - 1]


def _when(drift: Object) -> str:
    return str(drift["lastCorrectedTime"])
