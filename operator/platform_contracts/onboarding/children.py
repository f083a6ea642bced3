"""Everything that stands in a consumer's namespace, and the comparison with what is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from platform_contracts.api import names
from platform_contracts.api.platform_service import ConsumerPlan, Member, PodSecurity
from platform_contracts.config import Guardrails
from platform_contracts.kube.kinds import (
    LIMIT_RANGE,
    NAMESPACE,
    NETWORK_POLICY,
    RESOURCE_QUOTA,
    ROLE_BINDING,
    Kind,
)
from platform_contracts.kube.objects import Object, is_deleting, is_ours, key_of, manifest, uid
from platform_contracts.kube.plan import Apply, Delete
from platform_contracts.onboarding import access, network, resources
from platform_contracts.onboarding.problem import Problem

KINDS = (NETWORK_POLICY, RESOURCE_QUOTA, LIMIT_RANGE, ROLE_BINDING)


def pod_security(level: PodSecurity) -> dict[str, str]:
    """The labels by which a Namespace holds its pods to a Pod Security Standard."""
    modes = ("enforce", "audit", "warn")
    return {f"pod-security.kubernetes.io/{mode}": level.value.lower() for mode in modes} | {
        f"pod-security.kubernetes.io/{mode}-version": "latest" for mode in modes
    }


def namespace(name: str, plan: ConsumerPlan, labels: dict[str, str]) -> Object:
    """The Namespace itself."""
    return manifest(NAMESPACE, name, labels={**labels, names.PLAN_LABEL: plan.name, **pod_security(plan.pod_security)})


def desired(
    *,
    name: str,
    plan: ConsumerPlan,
    members: Sequence[Member],
    peers: Sequence[str],
    guardrails: Guardrails,
    labels: dict[str, str],
) -> list[tuple[Kind, Object]]:
    """What a namespace should hold: first what guards it, access last."""
    wanted: list[tuple[Kind, Object | None]] = [
        (NETWORK_POLICY, network.network_policy(name, peers, guardrails, labels)),
        (RESOURCE_QUOTA, resources.resource_quota(plan, name, labels)),
        (LIMIT_RANGE, resources.limit_range(plan, name, labels)),
        *((ROLE_BINDING, binding) for binding in access.role_bindings(plan, members, name, labels)),
    ]
    return [(kind, obj) for kind, obj in wanted if obj is not None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What to write, what to remove, and what stands in the way."""

    applies: list[Apply]
    deletes: list[Delete]
    conflicts: list[Problem]
    # What is there already of what is wanted.
    live: list[Object]


def compare(wanted: Iterable[tuple[Kind, Object]], live: Iterable[tuple[Kind, Object]], name: str) -> Comparison:
    """Desired against live objects of the namespace `name`, which is known to be ours.

    A foreign object that bears one of our names is left alone, and nobody is given new access while it takes the place
    of something that guards the namespace.
    """
    there = {key_of(kind, obj): (kind, obj) for kind, obj in live if kind in KINDS}
    here = {key: pair for key, pair in there.items() if key.namespace == name}
    applies: list[Apply] = []
    deletes: list[Delete] = []
    conflicts: list[Problem] = []
    kept: list[Object] = []
    for kind, obj in wanted:
        _, found = here.pop(key_of(kind, obj), (kind, None))
        if found is None:
            if kind is not ROLE_BINDING or not conflicts:
                applies.append(Apply(kind, obj))
        elif not is_ours(found):
            conflicts.append(
                Problem(
                    "ObjectConflict",
                    f"The {kind} {name}/{obj['metadata']['name']} exists and was not made by the operator, and nothing "
                    "is taken over; delete or rename it, and the consumer's own takes its place.",
                )
            )
        elif is_deleting(found):
            continue
        elif kind is ROLE_BINDING and found["roleRef"] != obj["roleRef"]:
            # A binding's role cannot be changed: it goes now, and comes back once it is seen to be gone.
            deletes.append(_delete(kind, found))
        else:
            applies.append(Apply(kind, obj, uid(found)))
            kept.append(found)
    deletes += [_delete(kind, obj) for kind, obj in here.values() if is_ours(obj) and not is_deleting(obj)]
    return Comparison(applies, deletes, conflicts, kept)


def bindings_outside(live: Iterable[tuple[Kind, Object]], held: Iterable[str], name: str | None = None) -> list[Delete]:
    """Our RoleBindings in namespaces that a consumer holds but does not ask for (any more)."""
    left = set(held) - {name}
    return [
        _delete(kind, obj)
        for kind, obj in live
        if kind is ROLE_BINDING and obj["metadata"]["namespace"] in left and is_ours(obj) and not is_deleting(obj)
    ]


def _delete(kind: Kind, obj: Object) -> Delete:
    metadata = obj["metadata"]
    return Delete(kind, metadata["namespace"], metadata["name"], metadata["uid"])
