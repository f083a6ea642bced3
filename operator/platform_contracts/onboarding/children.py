"""Everything that stands in a consumer's namespaces."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from platform_contracts.api import names
from platform_contracts.api.platform_service import ConsumerPlan, Member, PodSecurity
from platform_contracts.config import Guardrails
from platform_contracts.kube.kinds import (
    CONFIG_MAP,
    LIMIT_RANGE,
    NAMESPACE,
    NETWORK_POLICY,
    PROMETHEUS_RULE,
    RESOURCE_QUOTA,
    ROLE_BINDING,
    Kind,
)
from platform_contracts.kube.objects import Object, is_deleting, is_ours, labels, manifest
from platform_contracts.kube.plan import Delete
from platform_contracts.onboarding import access, alerts, network, readers, resources
from platform_contracts.onboarding.comparison import place
from platform_contracts.onboarding.resources import Amounts

RULES = (PROMETHEUS_RULE, CONFIG_MAP)
GUARDS = (NETWORK_POLICY, RESOURCE_QUOTA, LIMIT_RANGE)
KINDS = (*GUARDS, ROLE_BINDING, *RULES)
_MODES = ("enforce", "audit", "warn")


def pod_security(level: PodSecurity) -> dict[str, str]:
    """The labels by which a Namespace holds its pods to a Pod Security Standard."""
    return {f"pod-security.kubernetes.io/{mode}": level.value.lower() for mode in _MODES} | {
        f"pod-security.kubernetes.io/{mode}-version": "latest" for mode in _MODES
    }


def pod_security_of(live: Object) -> PodSecurity:
    """The level that the labels of a Namespace say; the strictest where they say none that a plan may have."""
    said = (labels(live).get(f"pod-security.kubernetes.io/{mode}") for mode in _MODES)
    levels = {level.value.lower(): level for level in PodSecurity}
    return next((levels[level] for level in said if level in levels), PodSecurity.RESTRICTED)


def namespace(name: str, level: PodSecurity, marks: Mapping[str, str]) -> Object:
    """The Namespace itself."""
    return manifest(NAMESPACE, name, labels={**marks, **pod_security(level)})


def desired(
    *,
    name: str,
    plan: ConsumerPlan,
    hard: Amounts,
    members: Sequence[Member],
    peers: Sequence[str],
    guardrails: Guardrails,
    marks: Mapping[str, str],
    limits: Object | None,
    rules: tuple[Kind, Object] | None = None,
) -> list[tuple[Kind, Object]]:
    """What a namespace should hold: first what guards it, access last.

    `hard` are the amounts of its quota, `limits` its LimitRange, `rules` its alerts.
    """
    return [
        (NETWORK_POLICY, network.network_policy(name, peers, guardrails, marks)),
        (RESOURCE_QUOTA, resources.resource_quota(hard, name, marks)),
        *([(LIMIT_RANGE, limits)] if limits else []),
        *([rules] if rules else []),
        *((ROLE_BINDING, binding) for binding in access.role_bindings(plan, members, name, marks)),
    ]


def concerns(kind: Kind, obj: Object) -> bool:
    """Whether an object is of a kind that a consumer's namespace holds. The rules of an SLA beside them are its own, as
    is what lets people read a PlatformConsumer that lies there."""
    return kind in KINDS and names.SLA_LABEL not in labels(obj) and not readers.lets_read(kind, obj)


def standing_in(namespaces: Collection[str], live: Iterable[tuple[Kind, Object]]) -> list[tuple[Kind, Object]]:
    """What concerns the consumer in those namespaces."""
    return [(kind, obj) for kind, obj in live if place(obj) in namespaces and concerns(kind, obj)]


def foreign_rules(live: Iterable[tuple[Kind, Object]]) -> list[tuple[Kind, Object]]:
    """What others have under the name of a consumer's alerts, and of which no watch tells: of these kinds only what
    carries our marker is watched, since there are many."""
    return [
        (kind, obj)
        for kind, obj in live
        if kind in RULES and obj["metadata"]["name"] == alerts.NAME and not is_ours(obj)
    ]


def leave(live: Iterable[tuple[Kind, Object]], left: Collection[str]) -> list[Delete]:
    """The end of access and alerts in namespaces that a consumer holds and is no longer meant to use; what guards them
    stays."""
    return [
        Delete.of(kind, obj)
        for kind, obj in standing_in(left, live)
        if kind in (ROLE_BINDING, *RULES) and is_ours(obj) and not is_deleting(obj)
    ]
