"""The bounds that an administrator sets to all contracts."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from platform_contracts.api.resources import QuotaAmounts
from platform_contracts.config.section import ConfigModel


def _counting_pods(bounds: dict[str, str]) -> dict[str, str]:
    # Every consumer's quota counts pods: that is how one knows who runs something.
    return {"pods": "1000", **bounds}


class Guardrails(ConfigModel):
    """What no contract may exceed."""

    protected_namespaces: list[str] = Field(default_factory=list, examples=[["payments", "legacy-*"]])
    """Namespaces that no consumer gets, by name or by prefix (`legacy-*`), beside the ones that are always refused."""
    allowed_namespace_prefixes: list[str] = Field(default_factory=list, examples=[["shared-"]])
    """Prefixes that any consumer's namespaces may have, for example `[shared-]`, beside its own home's name."""
    allowed_cluster_roles: list[str] = Field(
        default_factory=lambda: ["platformcontracts-developer", "platformcontracts-viewer"]
    )
    """The ClusterRoles that a plan may give to members. Another one needs the right to bind it too:
    `deploy/rbac/operator.yaml`."""
    max_namespaces_per_home: int = Field(default=20, ge=1)
    """How many namespaces the consumers of one home namespace may have, kept ones included."""
    max_namespaces_per_provider: int = Field(default=500, ge=1)
    """How many namespaces a provider's namespace may make through `spec.consumers` of its services."""
    max_plan_quota: Annotated[QuotaAmounts, AfterValidator(_counting_pods)] = Field(
        default_factory=lambda: _counting_pods({}), max_length=32
    )
    """What one consumer's namespaces may have together: a plan that asks for more is refused, and one that does not
    name a resource gives this much of it. Pods are always bounded. A bound on cpu or memory, for example
    `{requests.cpu: "64"}`, needs plans with defaults for containers."""
    monitoring_namespaces: list[str] = Field(default_factory=lambda: ["monitoring"])
    """From where consumers' pods may be scraped, under every network policy."""
    ingress_namespaces: list[str] = Field(default_factory=lambda: ["ingress-nginx"])
    """From where consumers' pods may be reached by an Ingress, under every network policy."""
    dns_namespaces: list[str] = Field(default_factory=lambda: ["kube-system"], min_length=1)
    """Where the cluster's DNS runs, which consumers' pods may ask: on OpenShift `[openshift-dns]`."""
    allowed_url_hosts: list[str] = Field(default_factory=list, examples=[["docs.example.com"]])
    """Hosts that URLs in contracts may name, for example `[docs.example.com]`; without it any."""
    foreign_tenancy_labels: list[str] = Field(
        default_factory=lambda: ["capsule.clastix.io/tenant", "hnc.x-k8s.io/included-namespace"]
    )
    """Labels of other tenancy systems: a namespace that has one is neither given to a consumer nor deleted."""
