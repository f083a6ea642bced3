"""A service in the overview: what `kubectl get platformservices` shows of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from platform_contracts.kube.objects import Object, dig
from platform_contracts.web.view.figures import Budget, budget


@dataclass(frozen=True, slots=True)
class Card:
    """One service; figures are the words of its status, and None where it has none."""

    namespace: str
    name: str
    title: str
    summary: str
    team: str
    lifecycle: str
    state: str
    sli: str | None
    target: str | None
    budget: Budget | None
    consumers: str | None
    satisfaction: str | None

    @property
    def path(self) -> str:
        """Where the service's own page is."""
        return f"/services/{self.namespace}/{self.name}"


def card(service: Object) -> Card:
    """The card of a PlatformService; of one that cannot be read, its name and that it is so."""
    try:
        return _card(service)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
        metadata = service["metadata"]
        return Card(
            namespace=metadata["namespace"],
            name=metadata["name"],
            title=metadata["name"],
            summary="What the cluster holds of this service cannot be read.",
            team="",
            lifecycle="GeneralAvailability",
            state="Unknown",
            sli=None,
            target=None,
            budget=None,
            consumers=None,
            satisfaction=None,
        )


def _card(service: Object) -> Card:
    spec, status = service["spec"], service.get("status") or {}
    worst = dig(status, "sla", "worst") or {}
    metadata = service["metadata"]
    return Card(
        namespace=metadata["namespace"],
        name=metadata["name"],
        title=spec.get("displayName") or metadata["name"],
        summary=_first_sentence(spec.get("description") or ""),
        team=str(dig(spec, "owner", "team") or ""),
        lifecycle=spec.get("lifecycle") or "GeneralAvailability",
        state=dig(status, "sla", "state") or "Unknown",
        sli=worst.get("sli"),
        target=worst.get("target"),
        budget=budget(worst.get("budget")),
        consumers=dig(status, "consumers", "summary"),
        satisfaction=dig(status, "feedback", "summary"),
    )


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s", " ".join(text.split()), maxsplit=1)[0][:200]
