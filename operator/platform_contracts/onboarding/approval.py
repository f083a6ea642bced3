"""Who may become a consumer of a service."""

from __future__ import annotations

from collections.abc import Mapping

from platform_contracts.api.platform_service import AllowedFrom, Lifecycle, PlatformServiceSpec
from platform_contracts.kube.conditions import Condition
from platform_contracts.onboarding.selectors import matches

ENDING = (Lifecycle.DEPRECATED, Lifecycle.RETIRED)


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
    home: str,
    home_labels: Mapping[str, str],
    generated: bool,
    already_approved: bool,
) -> Condition:
    """The condition Approved.

    `service` is `namespace/name`. `generated` says that the service's own spec.consumers[] lists this consumer,
    `already_approved` that it was let in before: a service that is on its way out takes nobody new, and keeps the rest.
    """
    if spec.lifecycle in ENDING and not already_approved:
        sunset = f" and ends on {spec.sunset.time:%Y-%m-%d}" if spec.sunset else ""
        successor = spec.sunset.successor_ref if spec.sunset else None
        instead = (
            f"onboard on its successor {successor.name} instead"
            if successor
            else f"ask its owner (team {spec.owner.team}) what to use instead"
        )
        return Condition(
            "Approved",
            False,
            "ServiceDeprecated",
            f"{service} is {spec.lifecycle}{sunset}, so it takes no new consumers; {instead}.",
        )
    if generated:
        return Condition(
            "Approved", True, "GeneratedByService", f"{service} lists this consumer in its spec.consumers."
        )
    if allows(spec, service.partition("/")[0], home, home_labels):
        return Condition(
            "Approved", True, "AllowedByService", f"{home} is among spec.onboarding.allowedConsumers of {service}."
        )
    return Condition(
        "Approved",
        False,
        "NotAllowed",
        f"{home} is not among spec.onboarding.allowedConsumers of {service}; ask its owner (team {spec.owner.team}) to "
        "allow it, for example with allowedConsumers: {from: Selector, selector: {matchLabels: "
        f"{{kubernetes.io/metadata.name: {home}}}}}}}.",
    )
