"""What stands in each of a consumer's namespaces: a quota, and bounds and defaults of its containers.

Everything is spelled out as the API server would store it, so that what is desired compares equal to what is live.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from platform_contracts.api.platform_service import ConsumerPlan, ContainerLimits
from platform_contracts.kube.kinds import LIMIT_RANGE, RESOURCE_QUOTA
from platform_contracts.kube.objects import Object, manifest
from platform_contracts.kube.quantity import Quantity, canonical

NAME = "platform-contracts"

# How much of each resource.
Amounts = Mapping[str, Quantity]
NOTHING = Quantity.parse("0")

_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_COUNTED = (
    "pods",
    "services",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "replicationcontrollers",
    "resourcequotas",
    "services.loadbalancers",
    "services.nodeports",
)


def amounts(texts: Mapping[str, str]) -> dict[str, Quantity]:
    """Amounts as objects have them."""
    return {resource: Quantity.parse(text) for resource, text in texts.items()}


def runs_nothing_without(resource: str) -> bool:
    """Whether no pod can start in a namespace whose quota says 0 of it."""
    return resource.rpartition(".")[2] in ("pods", *_COMPUTE)


def resource_quota(hard: Amounts, namespace: str, labels: Mapping[str, str]) -> Object:
    """The ResourceQuota of a namespace with those amounts."""
    texts = {resource: str(amount) for resource, amount in hard.items()}
    return manifest(RESOURCE_QUOTA, NAME, namespace, labels=labels, spec={"hard": texts})


def limit_range(plan: ConsumerPlan, namespace: str, labels: Mapping[str, str]) -> Object | None:
    """The LimitRange of a plan, or None where the plan says nothing."""
    limits = complete(plan.limits)
    if not limits.request:
        return None
    item: Object = {"type": "Container", "defaultRequest": limits.request}
    if limits.default:
        item["default"] = limits.default
    if limits.maximum:
        item["max"] = limits.maximum
    return manifest(LIMIT_RANGE, NAME, namespace, labels=labels, spec={"limits": [item]})


class Limits(NamedTuple):
    """Amounts of one container by resource, canonical and complete."""

    default: dict[str, str]
    request: dict[str, str]
    maximum: dict[str, str]


def complete(limits: ContainerLimits | None) -> Limits:
    """The limits with the API server's defaults: a limit defaults to the maximum, a request to the limit."""
    if limits is None:
        return Limits({}, {}, {})
    maximum = _canonical(limits.max)
    default = {**maximum, **_canonical(limits.default)}
    return Limits(default, {**default, **_canonical(limits.default_request)}, maximum)


def problem(plan: ConsumerPlan, bounded: Iterable[str]) -> str | None:
    """Why the API server, or a plain pod, would refuse what the schema lets through, with the field.

    `bounded` are the resources that the quota will name, by the plan or by the administrator.
    """
    return _part_of_an_object(plan) or _overcommitted(plan) or _missing_default(plan, bounded)


def _part_of_an_object(plan: ConsumerPlan) -> str | None:
    for resource, amount in plan.quota.items():
        if (resource in _COUNTED or resource.startswith("count/")) and not Quantity.parse(amount).is_whole:
            return f'quota.{resource}: "{amount}" is not a whole number of objects; write for example "20"'
    return None


def _overcommitted(plan: ConsumerPlan) -> str | None:
    """Devices and huge pages cannot be promised to more than one."""
    limits = complete(plan.limits)
    for resource, limit in limits.default.items():
        device = "/" in resource and "kubernetes.io/" not in resource
        if (device or resource.startswith("hugepages-")) and limits.request[resource] != limit:
            return (
                f"limits.defaultRequest.{resource}: {limits.request[resource]} differs from "
                f'limits.default.{resource}, and {resource} cannot be overcommitted; write "{limit}" for both'
            )
    return None


def _missing_default(plan: ConsumerPlan, bounded: Iterable[str]) -> str | None:
    """A quota on compute refuses every pod that names no amount, unless a default names it."""
    limits = complete(plan.limits)
    for name in sorted(bounded):
        side, _, resource = name.rpartition(".")
        if resource not in _COMPUTE:
            continue
        field, defaults = (
            ("limits.default", limits.default) if side == "limits" else ("limits.defaultRequest", limits.request)
        )
        if resource not in defaults:
            example = "100m" if resource == "cpu" else "128Mi"
            return (
                f"quota.{name} refuses every container that names no {resource}; set {field}.{resource}, for "
                f'example "{example}"'
            )
    return None


def _canonical(amounts: Mapping[str, str]) -> dict[str, str]:
    return {resource: canonical(amount) for resource, amount in amounts.items()}
