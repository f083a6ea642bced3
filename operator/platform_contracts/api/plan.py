"""A plan: what a consumer of the service gets."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.common import EntryName, LocalRef
from platform_contracts.api.resources import ContainerLimits, QuotaAmounts, defaulted_compute
from platform_contracts.api.rules import ListMap, Rule, matches, whole


class PodSecurity(StrEnum):
    """The Pod Security Standard that is enforced."""

    BASELINE = "Baseline"
    RESTRICTED = "Restricted"


class NetworkProfile(StrEnum):
    """What may talk to the consumer's pods, and they to what."""

    ISOLATED = "Isolated"
    SAME_CONSUMER = "SameConsumer"
    ALLOW_SERVICE = "AllowService"


class PlanAlerts(StrEnum):
    """Which alerts the consumer's namespaces get."""

    DEFAULT = "Default"
    NONE = "None"


class PlanRole(ContractModel):
    """A role that members may be given in the consumer's namespaces: a name for an existing ClusterRole."""

    name: EntryName = Field(examples=["developer"])
    """Name by which members refer to the role, for example developer."""

    cluster_role_name: Annotated[
        str,
        Field(max_length=253),
        matches(
            "[A-Za-z0-9]([-A-Za-z0-9._:]{0,251}[A-Za-z0-9])?",
            "must be the name of a ClusterRole, for example platformcontracts-developer",
        ),
        Rule(
            "self != 'cluster-admin' && !self.startsWith('system:')",
            "must not be cluster-admin or one of Kubernetes' own roles (system:...): bind a role made for consumers, "
            "for example platformcontracts-developer",
            lambda name: name != "cluster-admin" and not name.startswith("system:"),
            reason="FieldValueForbidden",
        ),
    ] = Field(examples=["platformcontracts-developer"])
    """The ClusterRole that a RoleBinding in the namespace binds, for example platformcontracts-developer. The
    operator's administrator says which ones are allowed."""


class ConsumerPlan(ContractModel):
    """What a consumer on this plan gets: namespaces with quota, container limits, Pod Security, network, roles and
    alerts."""

    RULES = (
        defaulted_compute(
            ("limits.{}",),
            ("default", "max"),
            "limits.default is required for cpu or memory when quota has limits.cpu or limits.memory, or pods that say "
            "nothing are refused, for example quota: {limits.cpu: '4'} with limits: {default: {cpu: 500m}}",
        ),
        defaulted_compute(
            ("{}", "requests.{}"),
            ("defaultRequest", "default", "max"),
            "limits.defaultRequest is required for cpu or memory when quota has requests.cpu or requests.memory, or "
            "pods that say nothing are refused, for example quota: {requests.cpu: '2'} with "
            "limits: {defaultRequest: {cpu: 100m}}",
        ),
    )

    name: EntryName = Field(examples=["small"])
    """Name by which consumers choose the plan, for example small."""

    max_namespaces: Annotated[int, Field(strict=True), whole(1, 16, "a number of namespaces", 2)] = 1
    """How many namespaces a consumer may have, from 1 to 16, for example 2 for dev and production; 1 unless said
    otherwise. They share the plan's quota."""

    quota: QuotaAmounts = Field(default_factory=dict, max_length=32)
    """What all pods and objects of the consumer may use together, as a ResourceQuota's `hard`: for example
    {requests.cpu: "2", requests.memory: 4Gi, limits.cpu: "4", limits.memory: 8Gi, pods: "20", count/secrets: "50"}.
    A quota on cpu or memory needs defaults in `limits`. Of what the plan does not name and the administrator bounds,
    such as pods, a consumer gets as much as that bound."""

    limits: ContainerLimits | None = None
    """Defaults and maximum of one container, as a LimitRange has them."""

    pod_security: PodSecurity = PodSecurity.RESTRICTED
    """The Pod Security Standard that the namespaces enforce: Restricted, the default, or Baseline for what cannot run
    under it."""

    network: NetworkProfile = NetworkProfile.ISOLATED
    """Isolated, the default, allows traffic within a namespace, SameConsumer among the consumer's namespaces
    and its home, AllowService also with the service's namespace. DNS, monitoring and ingress stay open in each."""

    roles: Annotated[list[PlanRole], ListMap()] = Field(default_factory=list, max_length=8)
    """The roles that members may be given, for example
    [{name: developer, clusterRoleName: platformcontracts-developer}]."""

    alerts: PlanAlerts = PlanAlerts.DEFAULT
    """Default puts alert rules into each namespace of the consumer, for example for a quota that is nearly used up;
    None leaves them out."""

    sla_ref: LocalRef | None = None
    """The SLA of the service that counts for consumers on this plan, for example {name: payments-gold}; without it all
    SLAs of the service count."""
