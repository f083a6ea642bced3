"""Who may become a consumer of a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from platform_contracts.api.onboarding import ApprovalMode, Decision
from platform_contracts.api.platform_service import AllowedFrom, PlatformServiceSpec
from platform_contracts.kube.conditions import Condition, find
from platform_contracts.kube.objects import Object, labels, uid
from platform_contracts.onboarding import ending
from platform_contracts.onboarding.selectors import matches

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
    home: Object | None,
    generated: bool,
    holds: bool,
    enforced: bool = True,
) -> Condition:
    """The condition Approved.

    `service` is `namespace/name`, `home` the Namespace that the consumer lives in. `generated` says that the service's
    own spec.consumers[] lists this consumer, `holds` that it has a namespace of this service. A denial is said first,
    since it ends what there is. A service that is on its way out takes nobody new and keeps the rest. Whom it let in by
    itself stays, where decisions are asked for later; whom it let in by a decision stays as long as the decision does,
    and in the namespace whose UID the decision names. `enforced`: a denial is carried out.
    """
    metadata, before = consumer["metadata"], find(consumer, "Approved")
    who = f"{metadata['namespace']}/{metadata['name']}"
    decision = next((made for made in spec.onboarding.approvals if f"{made.namespace}/{made.name}" == who), None)
    if decision and decision.decision is Decision.DENIED:
        so = (
            "so nobody has access through it"
            if enforced
            else f"and access stays as it is while spec.reconcilePolicy is {spec.reconcile_policy}"
        )
        why = (decision.reason or "").rstrip(". ") or "no reason given"
        return Condition(
            "Approved",
            False,
            DENIED,
            f"The owner of {service} (team {spec.owner.team}) denied {who}, {so}: {why}; ask them to change the "
            "decision in spec.onboarding.approvals.",
        )
    was_in = before is not None and before.get("status") == "True"
    ends = spec.lifecycle in ending.ENDING and not was_in and not holds
    if generated and not ends:
        return Condition(
            "Approved", True, "GeneratedByService", f"{service} lists this consumer in its spec.consumers."
        )
    place, marks = metadata["namespace"], labels(home) if home else {}
    # Whoever is not allowed learns nothing of the service but that.
    if not generated and not allows(spec, service.partition("/")[0], place, marks):
        return Condition(
            "Approved",
            False,
            "NotAllowed",
            f"{place} is not among spec.onboarding.allowedConsumers of {service}; ask its owner (team "
            f"{spec.owner.team}) to allow it, for example with allowedConsumers: {{from: Selector, selector: "
            f"{{matchLabels: {{kubernetes.io/metadata.name: {place}}}}}}}.",
        )
    if ends:
        why = ending.sentence(spec, service, ", so it takes no new consumers")
        return Condition("Approved", False, "ServiceDeprecated", why)
    if decision and decision.namespace_uid in (None, home and uid(home)):
        return _by_decision(service, who, home, bound=decision.namespace_uid is not None)
    by_itself = was_in and before is not None and before.get("reason") == "AllowedByService"
    if spec.onboarding.approval is ApprovalMode.MANUAL and not by_itself:
        earlier = f" was approved in an earlier namespace {place}, and in this one" if decision else ""
        binding = f", {_binding(home)}" if home else ""
        return Condition(
            "Approved",
            False,
            AWAITING,
            f"{who}{earlier} waits for a decision of the owner of {service} (team {spec.owner.team}), who lets it in "
            f"with spec.onboarding.approvals: [{{namespace: {place}, name: {metadata['name']}, decision: Approved"
            f"{binding}}}].",
        )
    return Condition(
        "Approved", True, "AllowedByService", f"{place} is among spec.onboarding.allowedConsumers of {service}."
    )


def awaits(consumer: Mapping[str, Any]) -> bool:
    """Whether a PlatformConsumer waits for a decision."""
    approved = find(consumer, "Approved")
    return approved is not None and (approved.get("status"), approved.get("reason")) == ("False", AWAITING)


def _by_decision(service: str, who: str, home: Object | None, *, bound: bool) -> Condition:
    """Let in by a decision: about this very namespace, or about whichever has its name."""
    so = f"{service} approves {who} in its spec.onboarding.approvals"
    if bound or home is None:
        return Condition("Approved", True, "ApprovedByService", f"{so}.")
    return Condition(
        "Approved",
        True,
        "ApprovedByName",
        f"{so}, whichever namespace has that name; with {_binding(home)} the entry is about this one alone.",
    )


def _binding(home: Object) -> str:
    return f"namespaceUID: {uid(home)}"
