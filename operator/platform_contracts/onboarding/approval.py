"""Who may become a consumer of a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from platform_contracts.api.onboarding import ApprovalMode, Decision
from platform_contracts.api.platform_service import AllowedFrom, Lifecycle, PlatformServiceSpec
from platform_contracts.kube.conditions import Condition, find
from platform_contracts.onboarding.selectors import matches

ENDING = (Lifecycle.DEPRECATED, Lifecycle.RETIRED)
AWAITING = "AwaitingApproval"
DENIED = "Denied"


def allows(spec: PlatformServiceSpec, service_namespace: str, home: str, home_labels: Mapping[str, str]) -> bool:
    """Whether spec.onboarding.allowedConsumers lets in a PlatformConsumer that lives in the namespace `home`."""
    allowed = spec.onboarding.allowed_consumers
    match allowed.from_:
        case AllowedFrom.NONE:
            return False
        case AllowedFrom.SAME:
            return home == service_namespace
        case AllowedFrom.SELECTOR:
            return matches(allowed.selector, home_labels)
        case AllowedFrom.ALL:
            return True


def decide(
    spec: PlatformServiceSpec,
    *,
    service: str,
    consumer: Mapping[str, Any],
    home_labels: Mapping[str, str],
    generated: bool,
    holds: bool,
    enforced: bool = True,
) -> Condition:
    """The condition Approved.

    `service` is `namespace/name`. `generated` says that the service's own spec.consumers[] lists this consumer,
    `holds` that it has a namespace of this service. A denial is said first, since it ends what there is. A service
    that is on its way out takes nobody new and keeps the rest. Whom it let in by itself stays, where decisions are
    asked for later; whom it let in by a decision stays as long as the decision does. `enforced`: a denial is
    carried out.
    """
    metadata, before = consumer["metadata"], find(consumer, "Approved")
    home, name = metadata["namespace"], metadata["name"]
    decisions = {(entry.namespace, entry.name): entry for entry in spec.onboarding.approvals}
    decision = decisions.get((home, name))
    if decision and decision.decision is Decision.DENIED:
        so = (
            "so nobody has access through it"
            if enforced
            else f"and access stays as it is while spec.reconcilePolicy is {spec.reconcile_policy}"
        )
        return Condition(
            "Approved",
            False,
            DENIED,
            f"The owner of {service} (team {spec.owner.team}) denied {home}/{name}, {so}: "
            f"{decision.reason or 'no reason given'}; ask them to change the decision in spec.onboarding.approvals.",
        )
    was_in = before is not None and before.get("status") == "True"
    if spec.lifecycle in ENDING and not was_in and not holds:
        return Condition("Approved", False, "ServiceDeprecated", _ending(spec, service))
    if generated:
        return Condition(
            "Approved", True, "GeneratedByService", f"{service} lists this consumer in its spec.consumers."
        )
    if not allows(spec, service.partition("/")[0], home, home_labels):
        return Condition(
            "Approved",
            False,
            "NotAllowed",
            f"{home} is not among spec.onboarding.allowedConsumers of {service}; ask its owner (team "
            f"{spec.owner.team}) to allow it, for example with allowedConsumers: {{from: Selector, selector: "
            f"{{matchLabels: {{kubernetes.io/metadata.name: {home}}}}}}}.",
        )
    if decision:
        return Condition(
            "Approved", True, "ApprovedByService", f"{service} approves {home}/{name} in its spec.onboarding.approvals."
        )
    by_itself = was_in and before is not None and before.get("reason") == "AllowedByService"
    if spec.onboarding.approval is ApprovalMode.MANUAL and not by_itself:
        return Condition(
            "Approved",
            False,
            AWAITING,
            f"{home}/{name} waits for a decision of the owner of {service} (team {spec.owner.team}), who lets it in "
            f"with spec.onboarding.approvals: [{{namespace: {home}, name: {name}, decision: Approved}}].",
        )
    return Condition(
        "Approved", True, "AllowedByService", f"{home} is among spec.onboarding.allowedConsumers of {service}."
    )


def awaits(consumer: Mapping[str, Any]) -> bool:
    """Whether a PlatformConsumer waits for a decision."""
    approved = find(consumer, "Approved")
    return approved is not None and (approved.get("status"), approved.get("reason")) == ("False", AWAITING)


def _ending(spec: PlatformServiceSpec, service: str) -> str:
    sunset = f" and ends on {spec.sunset.time:%Y-%m-%d}" if spec.sunset else ""
    successor = spec.sunset.successor_ref if spec.sunset else None
    instead = (
        f"onboard on its successor {successor.name} instead"
        if successor
        else f"ask its owner (team {spec.owner.team}) what to use instead"
    )
    return f"{service} is {spec.lifecycle}{sunset}, so it takes no new consumers; {instead}."
