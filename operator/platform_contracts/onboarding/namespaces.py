"""Which namespace a consumer may have, and whether the one that is there is its own.

A namespace is its UID, not its name. It is ours where the UID recorded in the PlatformConsumer's status is the live
one, whatever became of the labels; or, where none is recorded yet, where it carries the consumer's marker labels. With
the consumer's UID that is the namespace that we made just before a crash. With another UID it was kept from an earlier
consumer of the same name, and is taken up again where the home namespace is still the one of that time: so contracts
that are applied again, after their resource types were deleted for example, find what is theirs. Whoever makes a new
home of an old name does not get by that what somebody else left behind.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum, auto
from typing import Any

from platform_contracts.api import names
from platform_contracts.config import Guardrails
from platform_contracts.kube.conditions import find
from platform_contracts.kube.objects import (
    MANAGED_BY,
    MANAGED_BY_LABEL,
    Object,
    is_deleting,
    is_ours,
    labels,
    uid,
)
from platform_contracts.onboarding.problem import Problem

# Clusters' own namespaces, and those of what rules over them: GitOps, policy, certificates, tenancy.
PROTECTED = (
    "default",
    "kube-*",
    "openshift-*",
    "openshift",
    "argocd",
    "argo-cd",
    "openshift-gitops",
    "flux-system",
    "fleet-system",
    "cattle-*",
    "gatekeeper-system",
    "opa",
    "kyverno",
    "kubewarden",
    "cert-manager",
    "capsule-system",
    "hnc-system",
    "crossplane-system",
    "istio-system",
    "linkerd",
    "cilium*",
    "calico-*",
    "tigera-*",
    "metallb-system",
    "external-secrets",
    "vault",
    "gmp-*",
    "gke-*",
    "amazon-*",
    "aks-*",
)
_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


class Standing(Enum):
    """What the live namespace of a claimed name is to a consumer."""

    MISSING = auto()
    LOST = auto()  # missing, though its UID is recorded
    OURS = auto()
    TERMINATING = auto()
    REPLACED = auto()  # another UID than the recorded one
    KEPT = auto()  # kept from an earlier consumer of the same name in an earlier home of that name
    HELD = auto()  # another consumer's
    FOREIGN = auto()


def default_name(metadata: Mapping[str, Any]) -> str:
    """The namespace of a PlatformConsumer that asks for none by name: `<home>-<name>`."""
    return f"{metadata['namespace']}-{metadata['name']}"


def claimed(consumer: Mapping[str, Any]) -> str:
    """The namespace that a PlatformConsumer asks for: spec.namespaces[0].name, or the default."""
    entries = consumer.get("spec", {}).get("namespaces") or [{}]
    return str(entries[0].get("name") or default_name(consumer["metadata"]))


def protected(name: str, guardrails: Guardrails, own: Collection[str]) -> bool:
    """Whether no consumer may ever have a namespace of that name; `own` are the operator's.

    What the network policies of all consumers trust is nobody's, even as long as it does not exist: otherwise a home
    called `ingress` would get `ingress-nginx`.
    """
    trusted = (*guardrails.monitoring_namespaces, *guardrails.ingress_namespaces, *guardrails.dns_namespaces)
    return name in {*own, *trusted} or any(
        name.startswith(entry[:-1]) if entry.endswith("*") else name == entry
        for entry in (*PROTECTED, *guardrails.protected_namespaces)
    )


def is_dns_label(name: str) -> bool:
    """Whether a namespace can be called that."""
    return _DNS_LABEL.fullmatch(name) is not None


def check_name(name: str, home: str, guardrails: Guardrails, own: Collection[str]) -> Problem | None:
    """Whether a consumer that lives in `home` may ask for a namespace called `name`; `own` are the operator's."""
    if not is_dns_label(name):
        return Problem(
            "NamespaceNameInvalid",
            f"The namespace would be called {name[:80]}, which is not a name of at most 63 lower-case letters, digits "
            f"and hyphens; set spec.namespaces[0].name to a shorter one, for example {home[:50]}-app.",
        )
    if protected(name, guardrails, own):
        return Problem(
            "NamespaceProtected",
            f"The namespace {name} is protected and never handed out; set spec.namespaces[0].name to another name, "
            f"for example {home[:50]}-app.",
        )
    prefixes = [f"{home}-", *guardrails.allowed_namespace_prefixes]
    if not any(name.startswith(prefix) and len(name) > len(prefix) for prefix in prefixes):
        return Problem(
            "NamespaceNameNotAllowed",
            f"The namespace name {name} does not start with {' or '.join(prefixes[:8])}; set "
            f"spec.namespaces[0].name to a name that does, for example {home[:50]}-app.",
        )
    return None


def recorded_uid(consumer: Mapping[str, Any], name: str) -> str | None:
    """The UID of the namespace as the consumer's status has it."""
    for entry in consumer.get("status", {}).get("namespaces") or ():
        if entry.get("name") == name:
            return entry.get("uid") or None
    return None


def standing(
    consumer: Object,
    name: str,
    live: Object | None,
    *,
    home: Object | None,
    siblings: Sequence[Object],
    guardrails: Guardrails,
) -> Standing:
    """What `live`, the namespace called `name` or None, is to the consumer that lives in the Namespace `home`."""
    recorded = recorded_uid(consumer, name)
    if live is None:
        return Standing.LOST if recorded else Standing.MISSING
    if recorded and recorded != uid(live):
        return Standing.REPLACED
    if not recorded:
        marks = labels(live)
        if any(recorded_uid(other, name) == uid(live) for other in siblings):
            return Standing.HELD
        if not is_ours(live) or any(label in marks for label in guardrails.foreign_tenancy_labels):
            return Standing.FOREIGN
        if marks.get(names.CONSUMER_UID_LABEL) != uid(consumer):
            if not _same_name(marks, consumer):
                return Standing.HELD
            if home is None or _created(home) > _created(live):
                return Standing.KEPT
    return Standing.TERMINATING if is_deleting(live) else Standing.OURS


def conflict(what: Standing, name: str, consumer: Object) -> Problem:
    """What to tell about a standing with which the consumer cannot go on; never whose the namespace is."""
    other = "choose another name in spec.namespaces[0].name"
    match what:
        case Standing.REPLACED:
            return Problem(
                "NamespaceConflict",
                f"The namespace {name} was deleted and re-created by somebody else; {other}, or have that namespace "
                "deleted to get a new one.",
            )
        case Standing.KEPT:
            return Problem(
                "NamespaceConflict",
                f"The namespace {name} was kept from an earlier PlatformConsumer of this name, and its home namespace "
                f"{consumer['metadata']['namespace']} has been made anew since; {other}, or "
                f"ask an administrator to hand it over: kubectl label namespace {name} "
                f"{names.CONSUMER_UID_LABEL}={uid(consumer)} --overwrite",
            )
        case Standing.HELD:
            return Problem("NamespaceConflict", f"The namespace {name} is held by another consumer; {other}.")
        case _:
            return Problem(
                "NamespaceConflict",
                f"The namespace {name} exists and was not made for this consumer, and nothing is taken over; {other}.",
            )


def outranked(consumer: Object, name: str, siblings: Iterable[Object]) -> bool:
    """Whether an elder consumer asks for the same namespace, which nobody has yet.

    One that was not let in does not keep the name from others.
    """
    return any(
        uid(other) != uid(consumer) and claimed(other) == name and not refused(other) and _elder(other, consumer)
        for other in siblings
    )


def refused(consumer: Mapping[str, Any]) -> bool:
    """Whether its service does not let a PlatformConsumer in."""
    approved = find(consumer, "Approved")
    return approved is not None and approved.get("status") == "False"


def beyond_limit(consumer: Object, siblings: Iterable[Object], handed_out: Iterable[Object], limit: int) -> bool:
    """Whether one more namespace for the consumer's home namespace would be more than `limit`.

    `handed_out` are the live namespaces whose labels say that they were made for a consumer of the same home. Kept ones
    count, or namespaces could be collected by deleting consumers. Elders that have none yet come first.
    """
    home = consumer["metadata"]["namespace"]
    held = [labels(namespace).get(names.CONSUMER_UID_LABEL) for namespace in handed_out if is_ours(namespace)]
    holders = set(held)
    waiting = [
        other
        for other in siblings
        if other["metadata"]["namespace"] == home
        and uid(other) not in holders
        and uid(other) != uid(consumer)
        and not refused(other)
        and _elder(other, consumer)
    ]
    return len(held) + len(waiting) >= limit


def marker(consumer: Object) -> dict[str, str]:
    """The labels by which an object is known as the consumer's."""
    metadata = consumer["metadata"]
    return {
        MANAGED_BY_LABEL: MANAGED_BY,
        names.CONSUMER_LABEL: metadata["name"],
        names.CONSUMER_NAMESPACE_LABEL: metadata["namespace"],
        names.CONSUMER_UID_LABEL: metadata["uid"],
    }


def _same_name(marks: Mapping[str, str], consumer: Object) -> bool:
    metadata = consumer["metadata"]
    return (marks.get(names.CONSUMER_NAMESPACE_LABEL), marks.get(names.CONSUMER_LABEL)) == (
        metadata["namespace"],
        metadata["name"],
    )


def _elder(one: Object, other: Object) -> bool:
    return (_created(one), uid(one)) < (_created(other), uid(other))


def _created(obj: Object) -> str:
    """When an object was made: the API server's times, all in UTC and whole seconds, sort as text."""
    return str(obj["metadata"]["creationTimestamp"])
