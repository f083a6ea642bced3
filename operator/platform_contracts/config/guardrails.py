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

    # Names and prefixes (ending in *) on top of the ones that are always refused.
    protected_namespaces: list[str] = Field(default_factory=list)
    # Prefixes that any consumer may use, on top of its own home namespace's.
    allowed_namespace_prefixes: list[str] = Field(default_factory=list)
    # ClusterRoles that a plan's roles may bind.
    allowed_cluster_roles: list[str] = Field(
        default_factory=lambda: ["platformcontracts-developer", "platformcontracts-viewer"]
    )
    # How many namespaces the consumers of one home namespace may have, kept ones included; and how many a provider may
    # make through spec.consumers of its services.
    max_namespaces_per_home: int = Field(default=20, ge=1)
    max_namespaces_per_provider: int = Field(default=500, ge=1)
    # What one consumer's namespaces may have together: no plan's quota may exceed it, and a plan that does not name
    # one of these resources gives this much of it. Pods are always bounded, by 1000 unless said otherwise.
    max_plan_quota: Annotated[QuotaAmounts, AfterValidator(_counting_pods)] = Field(
        default_factory=lambda: _counting_pods({}), max_length=32
    )
    monitoring_namespaces: list[str] = Field(default_factory=lambda: ["monitoring"])
    ingress_namespaces: list[str] = Field(default_factory=lambda: ["ingress-nginx"])
    # Where the cluster's DNS runs: what consumers may look names up in.
    dns_namespaces: list[str] = Field(default_factory=lambda: ["kube-system"], min_length=1)
    # Hosts that users' URLs may name; empty: any.
    allowed_url_hosts: list[str] = Field(default_factory=list)
    # Another tenancy system's labels: a namespace that has one is never ours.
    foreign_tenancy_labels: list[str] = Field(
        default_factory=lambda: ["capsule.clastix.io/tenant", "hnc.x-k8s.io/included-namespace"]
    )
