"""Amounts of resources: what a ResourceQuota and a LimitRange count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.common import DNS_SUBDOMAIN
from platform_contracts.api.rules import Rule, matches, matching
from platform_contracts.kube.quantity import Quantity

# Non-negative, at most what the API server's 64-bit arithmetic keeps exact.
Amount = Annotated[
    str,
    Field(max_length=64),
    matches(
        r"[0-9]{1,15}(\.[0-9]{1,3})?|[0-9]{1,15}(m|k|Ki)|[0-9]{1,6}(\.[0-9]{1,3})?(M|G|T|Mi|Gi|Ti)|[0-9]{1,3}(P|Pi)",
        'must be an amount as Kubernetes writes it, as a string, for example "2", 500m or 4Gi',
    ),
]

_COUNTED = (
    "pods",
    "services",
    "services.loadbalancers",
    "services.nodeports",
    "configmaps",
    "secrets",
    "persistentvolumeclaims",
    "replicationcontrollers",
    "resourcequotas",
)
_COMPUTED = ("cpu", "memory", "ephemeral-storage")
_MEASURED = (
    *_COMPUTED,
    *(f"requests.{name}" for name in _COMPUTED),
    *(f"limits.{name}" for name in _COMPUTED),
    "requests.storage",
)
# Names with a free part: objects by kind, storage by class, extended resources and huge pages.
_EXTENDED = rf"hugepages-[0-9]+(Mi|Gi)|{DNS_SUBDOMAIN}/[A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?"
_BY_CLASS = rf"{DNS_SUBDOMAIN}\.storageclass\.storage\.k8s\.io"
_BY_KIND = rf"count/{DNS_SUBDOMAIN}"


def _named(names: tuple[str, ...], pattern: str, message: str) -> Rule:
    is_other = matching(pattern)
    return Rule(
        f"self.all(name, name in {list(names)} || (size(name) <= 253 && name.matches(r'^({pattern})$')))",
        message,
        lambda amounts: all(name in names or (len(name) <= 253 and is_other(name)) for name in amounts),
    )


_is_whole = matching("[0-9]+")


def _counts_objects(name: str) -> bool:
    return name in _COUNTED or name.startswith("count/") or name.endswith("/persistentvolumeclaims")


QuotaAmounts = Annotated[
    dict[str, Amount],
    _named(
        (*_MEASURED, *_COUNTED),
        rf"{_BY_KIND}|{_BY_CLASS}/(requests\.storage|persistentvolumeclaims)|requests\.({_EXTENDED})",
        "quota knows requests.cpu, requests.memory, limits.cpu, limits.memory, requests.storage, pods, services, "
        "count/<resource> and the other names of a ResourceQuota, for example "
        '{requests.cpu: "2", limits.memory: 8Gi, pods: "20", count/deployments.apps: "10"}',
    ),
    Rule(
        f"self.all(name, !(name in {list(_COUNTED)} || name.startsWith('count/')"
        " || name.endsWith('/persistentvolumeclaims')) || self[name].matches('^[0-9]+$'))",
        'objects are counted in whole numbers, for example {pods: "20", count/secrets: "50"}',
        lambda amounts: all(map(_is_whole, (amount for name, amount in amounts.items() if _counts_objects(name)))),
    ),
]
LimitAmounts = Annotated[
    dict[str, Amount],
    _named(
        _COMPUTED,
        _EXTENDED,
        "a container's limits know cpu, memory, ephemeral-storage and extended resources such as nvidia.com/gpu, "
        "for example {cpu: 500m, memory: 512Mi}",
    ),
]


def _at_most(lower: str, upper: str, alias: str, shown: str) -> Rule:
    """No amount of `lower` exceeds that of `upper`, where both name the resource."""

    def check(limits: object) -> bool:
        small: Mapping[str, str] = getattr(limits, lower)
        large: Mapping[str, str] = getattr(limits, upper)
        return all(Quantity.parse(small[name]) <= Quantity.parse(large[name]) for name in small.keys() & large.keys())

    return Rule(
        f"!has(self.{alias}) || !has(self.{upper}) || self.{alias}.all(name, !(name in self.{upper})"
        f" || !isQuantity(self.{alias}[name]) || !isQuantity(self.{upper}[name])"
        f" || quantity(self.{alias}[name]).compareTo(quantity(self.{upper}[name])) <= 0)",
        f"{alias} must not exceed {upper}, for example {shown}",
        check,
        field=alias,
    )


class ContainerLimits(ContractModel):
    """Bounds and defaults of one container, as a LimitRange has them: name of the resource to amount."""

    RULES = (
        _at_most("default", "max", "default", "{default: {cpu: 500m}, max: {cpu: '2'}}"),
        _at_most("default_request", "max", "defaultRequest", "{defaultRequest: {cpu: 100m}, max: {cpu: '2'}}"),
        _at_most("default_request", "default", "defaultRequest", "{defaultRequest: {cpu: 100m}, default: {cpu: 500m}}"),
    )

    default: LimitAmounts = Field(default_factory=dict, max_length=16)
    """The limit of a container that says none, for example {cpu: 500m, memory: 512Mi}."""

    default_request: LimitAmounts = Field(default_factory=dict, max_length=16)
    """The request of a container that says none, for example {cpu: 100m, memory: 128Mi}."""

    max: LimitAmounts = Field(default_factory=dict, max_length=16)
    """The most that one container may have as its limit, for example {cpu: "2", memory: 4Gi}."""


def defaulted_compute(names: tuple[str, ...], sources: tuple[str, ...], message: str) -> Rule:
    """The rule of a plan that a cpu or memory quota has a default for containers that say nothing.

    Where such a quota stands, Kubernetes refuses a pod without the request or limit; a LimitRange fills in `max` for a
    missing limit, and the limit for a missing request. `names` are the quota's with {} for cpu or memory, `sources`
    the fields of `limits` of which one has to name it.
    """
    compute = ("cpu", "memory")

    def check(plan: Any) -> bool:
        limits = plan.limits.model_dump(by_alias=True) if plan.limits else {}
        return all(
            any(resource in limits.get(source, ()) for source in sources)
            for resource in compute
            if any(name.format(resource) in plan.quota for name in names)
        )

    rules = []
    for resource in compute:
        quota = " || ".join(f"'{name.format(resource)}' in self.quota" for name in names)
        default = " || ".join(
            f"has(self.limits.{source}) && '{resource}' in self.limits.{source}" for source in sources
        )
        rules.append(f"(!({quota}) || has(self.limits) && ({default}))")
    return Rule(f"!has(self.quota) || {' && '.join(rules)}", message, check, field="limits")
