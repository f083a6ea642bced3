"""Everything that stands in a consumer's namespaces, and the comparison with what is there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from platform_contracts.api import names
from platform_contracts.api.platform_service import ConsumerPlan, Member, PodSecurity
from platform_contracts.config import Guardrails
from platform_contracts.kube.conditions import Problem
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
from platform_contracts.kube.objects import Object, is_deleting, is_ours, key_of, labels, manifest, uid
from platform_contracts.kube.plan import Apply, Delete
from platform_contracts.onboarding import access, alerts, network, resources
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


@dataclass(frozen=True, slots=True)
class Comparison:
    """What to write, what to remove, and what stands in the way in which namespace."""

    applies: list[Apply]
    deletes: list[Delete]
    conflicts: dict[str, Problem]
    # What is there already of what is wanted.
    live: list[Object]


def compare(
    wanted: Iterable[tuple[Kind, Object]], live: Iterable[tuple[Kind, Object]], within: Collection[str]
) -> Comparison:
    """Desired against live objects of the namespaces `within`, which are known to be ours.

    A foreign object that bears one of our names is left alone, and nobody is given new access to its namespace while it
    takes the place of something that guards it.
    """
    here = {key_of(kind, obj): (kind, obj) for kind, obj in live if _place(obj) in within and concerns(kind, obj)}
    applies: list[Apply] = []
    deletes: list[Delete] = []
    conflicts: dict[str, Problem] = {}
    kept: list[Object] = []
    for kind, obj in wanted:
        name = _place(obj)
        _, found = here.pop(key_of(kind, obj), (kind, None))
        if found is None:
            if kind is not ROLE_BINDING or name not in conflicts:
                applies.append(Apply(kind, obj))
        elif not is_ours(found):
            conflicts.setdefault(
                name,
                Problem(
                    "ObjectConflict",
                    f"The {kind} {name}/{obj['metadata']['name']} exists and was not made by the operator, and nothing "
                    "is taken over; delete or rename it, and the consumer's own takes its place.",
                ),
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


def concerns(kind: Kind, obj: Object) -> bool:
    """Whether an object is of a kind that a consumer's namespace holds; the rules of an SLA beside them are its own."""
    return kind in KINDS and names.SLA_LABEL not in labels(obj)


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
        _delete(kind, obj)
        for kind, obj in live
        if kind in (ROLE_BINDING, *RULES)
        and _place(obj) in left
        and concerns(kind, obj)
        and is_ours(obj)
        and not is_deleting(obj)
    ]


def _place(obj: Object) -> str:
    return str(obj["metadata"].get("namespace"))


def _delete(kind: Kind, obj: Object) -> Delete:
    metadata = obj["metadata"]
    return Delete(kind, metadata["namespace"], metadata["name"], metadata["uid"])
