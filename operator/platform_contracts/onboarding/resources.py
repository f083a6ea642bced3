"""What a plan grants in each of a consumer's namespaces: a quota, and bounds and defaults of its containers.

Everything is spelled out as the API server would store it, so that what is desired compares equal to what is live.
"""

from __future__ import annotations

from collections.abc import Mapping

from platform_contracts.api.platform_service import ConsumerPlan, ContainerLimits
from platform_contracts.kube.kinds import LIMIT_RANGE, RESOURCE_QUOTA
from platform_contracts.kube.objects import Object, manifest
from platform_contracts.kube.quantity import Quantity, canonical

NAME = "platform-contracts"

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
# What the API server knows without a domain; hugepages-<size> beside it.
_QUOTA = {*_COMPUTE, *_COUNTED, "requests.storage"} | {
    f"{side}.{resource}" for side in ("requests", "limits") for resource in _COMPUTE
}


def resource_quota(plan: ConsumerPlan, namespace: str, labels: Mapping[str, str]) -> Object | None:
    """The ResourceQuota of a plan, or None where the plan bounds nothing. Raises ValueError for a bad quantity."""
    if not plan.quota:
        return None
    return manifest(RESOURCE_QUOTA, NAME, namespace, labels=labels, spec={"hard": _canonical(plan.quota)})


def limit_range(plan: ConsumerPlan, namespace: str, labels: Mapping[str, str]) -> Object | None:
    """The LimitRange of a plan, or None where the plan says nothing. Raises ValueError for a bad quantity."""
    limits = complete(plan.limits)
    if limits is None:
        return None
    item: Object = {"type": "Container", "default": limits.default, "defaultRequest": limits.default_request}
    if limits.max:
        item["max"] = limits.max
    return manifest(LIMIT_RANGE, NAME, namespace, labels=labels, spec={"limits": [item]})


def complete(limits: ContainerLimits | None) -> ContainerLimits | None:
    """The limits with the API server's defaults: a limit defaults to the maximum, a request to the limit.

    None where nothing is limited. Raises ValueError for a bad quantity.
    """
    if limits is None:
        return None
    maximum = _canonical(limits.max)
    default = {**maximum, **_canonical(limits.default)}
    request = {**default, **_canonical(limits.default_request)}
    if not request:
        return None
    return ContainerLimits(default=default, default_request=request, max=maximum)


def problem(plan: ConsumerPlan) -> str | None:
    """Why the API server, or a plain pod, would refuse what the plan grants: a sentence that names the field."""
    for field, amounts in _amounts(plan):
        known = _QUOTA if field == "quota" else {*_COMPUTE}
        for resource, amount in amounts.items():
            if "/" not in resource and resource not in known and "hugepages-" not in resource:
                return f"{field}.{resource} is no resource that can be bounded there; use for example {field}.memory"
            try:
                parsed = Quantity.parse(amount)
            except ValueError as error:
                return f"{field}.{resource}: {error}"
            if parsed.value < 0:
                return f'{field}.{resource}: "{amount}" is negative; write for example "2"'
            whole = resource in _COUNTED or resource.startswith("count/")
            if field == "quota" and whole and not parsed.is_whole:
                return f'{field}.{resource}: "{amount}" is not a whole number of objects; write for example "20"'
    return _disorder(plan) or _missing_default(plan)


def _amounts(plan: ConsumerPlan) -> list[tuple[str, dict[str, str]]]:
    limits = plan.limits or ContainerLimits()
    return [
        ("quota", plan.quota),
        ("limits.max", limits.max),
        ("limits.default", limits.default),
        ("limits.defaultRequest", limits.default_request),
    ]


def _disorder(plan: ConsumerPlan) -> str | None:
    limits = complete(plan.limits)
    if limits is None:
        return None
    for resource, request in limits.default_request.items():
        default, maximum = limits.default.get(resource), limits.max.get(resource)
        if default is not None and Quantity.parse(request) > Quantity.parse(default):
            return (
                f"limits.defaultRequest.{resource}: {request} is more than limits.default.{resource}, {default}; "
                "set it to at most that"
            )
        if maximum is not None and Quantity.parse(default or request) > Quantity.parse(maximum):
            return (
                f"limits.default.{resource}: {default or request} is more than limits.max.{resource}, {maximum}; "
                "set it to at most that"
            )
    return None


def _missing_default(plan: ConsumerPlan) -> str | None:
    """A quota on compute refuses every pod that names no amount, unless a default names it."""
    limits = complete(plan.limits) or ContainerLimits()
    for bounded in sorted(plan.quota):
        prefix, _, resource = bounded.rpartition(".")
        if resource not in _COMPUTE:
            continue
        field, defaults = (
            ("limits.default", limits.default)
            if prefix == "limits"
            else ("limits.defaultRequest", limits.default_request)
        )
        if resource not in defaults:
            example = "100m" if resource == "cpu" else "128Mi"
            return (
                f"quota.{bounded} refuses every container that names no {resource}; set {field}.{resource}, for "
                f'example "{example}"'
            )
    return None


def _canonical(amounts: Mapping[str, str]) -> dict[str, str]:
    return {resource: canonical(amount) for resource, amount in amounts.items()}
