"""One small platform in namespaces of its own, to be made and taken away again and again under other names."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from harness.process import wait_until
from harness.snapshot import VOLATILE, Admin, Object, Ref, comparable, differences

API = "platformcontracts.io/v1alpha1"
PROVIDER = {"platformcontracts.io/provider": "true"}

# What the operator reads or writes, and what others put beside it.
RESOURCES = (
    "platformservices",
    "slas",
    "platformconsumers",
    "namespaces",
    "resourcequotas",
    "limitranges",
    "networkpolicies",
    "roles",
    "rolebindings",
    "configmaps",
    "prometheusrules",
    "persistentvolumeclaims",
    "serviceaccounts",
)

# The hash of the rules covers the namespace's name; the rules themselves are compared. Lead times are what they were,
# and an operator that is killed between a correction and the status that tells of it has not counted it.
OWN_TO_A_RUN = frozenset({"hash", "leadTimeP50Seconds", "leadTimeP90Seconds", "drift"})

# Longer than the operator waits before it sums up what changed.
REST_SECONDS = 2.5
# A look lists everything, which is work for an API server that others wait for.
LOOK_SECONDS = 0.3

PLAN: Object = {
    "name": "small",
    "quota": {"requests.cpu": "2", "requests.memory": "4Gi", "pods": "20"},
    "limits": {"default": {"cpu": "500m", "memory": "512Mi"}, "defaultRequest": {"cpu": "100m", "memory": "128Mi"}},
    "roles": [{"name": "developer", "clusterRoleName": "platformcontracts-developer"}],
}


def namespace(name: str, **labels: str) -> Object:
    """A Namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def contract(kind: str, place: str, name: str, spec: Object) -> Object:
    """A contract of that kind."""
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name, "namespace": place}, "spec": spec}


def member(name: str) -> Object:
    """A group of people with the role of `PLAN`."""
    return {"kind": "Group", "name": name, "roleName": "developer"}


def ratio(total: str = "http_requests_total", target: str = "99.9") -> Object:
    """An objective over a ratio of requests."""
    indicator = {"total": f'{total}{{job="shop"}}', "errors": f'{total}{{job="shop",code=~"5.."}}'}
    return {"name": "availability", "target": target, "indicator": {"ratio": indicator}}


class World:
    """A service with a plan and an SLA, a consumer that it lists, and one that asked by itself.

    The SLA counts from a time far ahead, so that nothing here changes with time.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.provider, self.team = f"{name}-platform", f"{name}-team"
        self.listed, self.asked = f"{self.provider}-shop-checkout", f"{self.team}-shop"
        self.service = Ref("platformservices", self.provider, "shop")
        self.sla = Ref("slas", self.provider, "shop")
        self.consumer = Ref("platformconsumers", self.team, "shop")
        self.generated = Ref("platformconsumers", self.provider, "shop-checkout")

    def homes(self) -> list[Object]:
        """The namespaces that an administrator makes beforehand."""
        return [namespace(self.provider, **PROVIDER), namespace(self.team)]

    def contracts(self) -> list[Object]:
        """What people write."""
        service = {
            "owner": {"team": "shop"},
            "onboarding": {"allowedConsumers": {"from": "All"}, "plans": [PLAN], "deletionPolicy": "Delete"},
            "consumers": [
                {"name": "checkout", "team": "checkout", "planName": "small", "members": [member("checkout")]}
            ],
            "feedback": {"submitURL": "https://feedback.example.com/shop"},
        }
        consumer = {
            "serviceRef": {"namespace": self.provider, "name": "shop"},
            "planName": "small",
            "team": "search",
            "members": [member("search")],
        }
        sla = {
            "serviceRef": {"name": "shop"},
            "effective": {"fromTime": "2099-01-01T00:00:00Z"},
            "objectives": [ratio()],
        }
        return [
            contract("PlatformService", self.provider, "shop", service),
            contract("SLA", self.provider, "shop", sla),
            contract("PlatformConsumer", self.team, "shop", consumer),
        ]

    def claim(self) -> Object:
        """A PersistentVolumeClaim in the namespace of the consumer that asked: that namespace has to be kept."""
        spec: Mapping[str, Any] = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        metadata = {"name": "orders", "namespace": self.asked}
        return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}

    def take_away(self, admin: Admin) -> None:
        """Offboard one consumer, take the other out of the service's list, and end the SLA."""
        admin.delete(self.consumer)
        admin.patch(self.service, {"spec": {"consumers": []}})
        admin.delete(self.sla)

    def owns(self, ref: Ref) -> bool:
        """Whether the object is in this world."""
        return (ref.namespace or ref.name).startswith(f"{self.name}-")

    def state(self, objects: Mapping[Ref, Object]) -> dict[Ref, Object]:
        """This world's share of `objects`, as it looks in every world; a namespace that is going is gone."""
        going = {
            ref.name
            for ref, obj in objects.items()
            if "deletionTimestamp" in obj["metadata"] and ref.resource == "namespaces"
        }
        mine = {ref: obj for ref, obj in objects.items() if self.owns(ref) and not {ref.namespace or ref.name} & going}
        return comparable(mine, {self.name: "WORLD"}, VOLATILE | OWN_TO_A_RUN)


def look(admin: Admin) -> dict[Ref, Object]:
    """All objects of the types in `RESOURCES`."""
    found: dict[Ref, Object] = {}
    for resource in RESOURCES:
        found |= admin.list(resource)
    return found


def settled(admin: Admin, world: World) -> bool:
    """Whether both consumers have what their contracts say, and the rules of the SLA are written."""
    service, sla = admin.get(world.service) or {}, admin.get(world.sla) or {}
    conditions = {condition["type"]: condition["status"] for condition in sla.get("status", {}).get("conditions", ())}
    return service.get("status", {}).get("consumers", {}).get("summary") == "2/2" and conditions.get("Ready") == "True"


def at_rest(admin: Admin, seconds: float) -> dict[Ref, Object]:
    """What there is once nothing has changed for a while; a sum of what changed is written a second later.

    Raises TimeoutError where something still changes after `seconds`.
    """
    seen, since = look(admin), time.monotonic()

    def rests() -> bool:
        nonlocal seen, since
        before, seen = seen, look(admin)
        if seen != before:
            since = time.monotonic()
        return time.monotonic() - since > REST_SECONDS

    wait_until(rests, seconds, "the cluster coming to rest", every=LOOK_SECONDS)
    return seen


def wait_for_state(wanted: Mapping[Ref, Object], state: Callable[[], Mapping[Ref, Object]], seconds: float) -> None:
    """Wait until `state()` is the wanted one. Raises AssertionError with what still differs after `seconds`."""
    wrong: list[str] = []

    def same() -> bool:
        wrong[:] = differences(wanted, state())
        return not wrong

    try:
        wait_until(same, seconds, "the wanted state", every=LOOK_SECONDS)
    except TimeoutError as error:
        raise AssertionError(f"after {seconds:g} s: " + "; ".join(wrong)) from error
