"""What a namespace of a consumer may be called."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from platform_contracts.config import Guardrails
from platform_contracts.kube.conditions import Problem
from platform_contracts.kube.objects import Object, is_ours
from platform_contracts.onboarding.standing import adopted

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


def default_name(metadata: Mapping[str, Any]) -> str:
    """The namespace of a PlatformConsumer that asks for none by name: `<home>-<name>`."""
    return f"{metadata['namespace']}-{metadata['name']}"


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


def check_name(
    name: str, home: str, guardrails: Guardrails, own: Collection[str], *, adopt: bool = False, field: str
) -> Problem | None:
    """Whether a consumer that lives in `home` may ask for a namespace called `name`; `own` are the operator's.

    One that is adopted has its name already. `field` is the entry that asks for it, such as spec.namespaces[0].
    """
    if not is_dns_label(name):
        return Problem(
            "NamespaceNameInvalid",
            f"The namespace would be called {name[:80]}, which is not a name of at most 63 lower-case letters, digits "
            f"and hyphens; set {field}.name to a shorter one, for example {home[:50]}-app.",
        )
    if protected(name, guardrails, own):
        return Problem(
            "NamespaceProtected",
            f"The namespace {name} is protected and never handed out; set {field}.name to another name, "
            f"for example {home[:50]}-app.",
        )
    prefixes = _prefixes(home, guardrails)
    if not adopt and not any(_under(name, prefix) for prefix in prefixes):
        return Problem(
            "NamespaceNameNotAllowed",
            f"The namespace name {name} does not start with {' or '.join(prefixes[:8])}; set "
            f"{field}.name to a name that does, for example {home[:50]}-app.",
        )
    return None


def check_new_name(
    name: str, home: str, guardrails: Guardrails, existing: Mapping[str, Object], *, field: str
) -> Problem | None:
    """Whether a namespace called `name`, which `check_name` lets a consumer in `home` ask for, may be made.

    Prefixes nest: `team-a-payments` lies under `team` and under `team-a`. It is the nearest home's: of the
    longest name that a namespace has that was there by itself, unless the administrator's prefix is longer still.
    """
    granted = max(len(prefix) for prefix in _prefixes(home, guardrails) if _under(name, prefix))
    for nearer in parents(name):
        live = existing.get(nearer)
        if len(nearer) >= granted and live is not None and (not is_ours(live) or adopted(live)):
            return Problem(
                "NamespaceNameNotAllowed",
                f"The namespace name {name} starts with the name of another namespace than {home}, whose own teams may "
                f"need it; set {field}.name to one that does not, for example {home[:50]}-app.",
            )
    return None


def parents(name: str) -> Iterator[str]:
    """Under which names of namespaces a name lies: `team-a-payments` under `team` and `team-a`."""
    for index, character in enumerate(name):
        if character == "-" and index:
            yield name[:index]


def _prefixes(home: str, guardrails: Guardrails) -> list[str]:
    return [f"{home}-", *guardrails.allowed_namespace_prefixes]


def _under(name: str, prefix: str) -> bool:
    return name.startswith(prefix) and len(name) > len(prefix)
