"""A small world to plan in: contracts as people write them, and the cluster as the API server would show it."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from platform_contracts.api.platform_consumer import PlatformConsumerSpec
from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.config import Guardrails
from platform_contracts.kube.conditions import find
from platform_contracts.kube.kinds import (
    NAMESPACE,
    PLATFORM_CONSUMER,
    PLATFORM_SERVICE,
    RESOURCE_QUOTA,
    ROLE_BINDING,
    Kind,
)
from platform_contracts.kube.objects import Key, Object, format_time, is_deleting, key_of, labels, manifest
from platform_contracts.kube.plan import Apply, Delete, Plan
from platform_contracts.onboarding import consumer as planner
from platform_contracts.onboarding import service as service_planner
from platform_contracts.onboarding.inputs import ConsumerInputs, Offboarding, ServiceInputs

OWN = frozenset({"platform-contracts-system", "platform-rules"})
START = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
PLAN: Object = {
    "name": "small",
    "quota": {"requests.cpu": "2", "pods": "20"},
    "limits": {"default": {"cpu": "0.5"}, "max": {"cpu": "2"}},
    "network": "Isolated",
    "roles": [
        {"name": "developer", "clusterRoleName": "platformcontracts-developer"},
        {"name": "viewer", "clusterRoleName": "platformcontracts-viewer"},
    ],
}
SERVICE_SPEC: Object = {
    "owner": {"team": "payments"},
    "onboarding": {"allowedConsumers": {"from": "All"}, "plans": [PLAN]},
}
MEMBER: Object = {"kind": "Group", "name": "team-a", "roleName": "developer"}


@dataclass
class World:
    """Objects by key, and the planners' view of them. Time stands still unless a test moves `now`."""

    guardrails: Guardrails = field(default_factory=Guardrails)
    now: datetime = START
    objects: dict[Key, Object] = field(default_factory=dict)
    # What others did since it was last right, and how many PersistentVolumeClaims namespaces hold.
    disturbed: set[Key] = field(default_factory=set)
    volume_claims: dict[str, int] = field(default_factory=dict)
    _uids: itertools.count[int] = field(default_factory=itertools.count)

    def add(self, kind: Kind, obj: Object) -> Object:
        """Store an object as the API server would: with a UID, a creation time and a generation."""
        obj = copy.deepcopy(obj)
        obj["metadata"].setdefault("uid", f"uid-{next(self._uids)}")
        obj["metadata"].setdefault("creationTimestamp", format_time(self.now))
        obj["metadata"].setdefault("generation", 1)
        self.objects[key_of(kind, obj)] = obj
        return obj

    def namespace(self, name: str, **marks: str) -> Object:
        return self.add(NAMESPACE, manifest(NAMESPACE, name, labels=marks))

    def service(self, name: str = "payments", namespace: str = "platform", **spec: Any) -> Object:
        """A service of a provider's namespace, on which everybody may choose the plan `small`."""
        if Key(NAMESPACE, None, namespace) not in self.objects:
            self.add(
                NAMESPACE,
                manifest(NAMESPACE, namespace, labels={"platformcontracts.io/provider": "true"}),
            )
        body = manifest(PLATFORM_SERVICE, name, namespace, spec={**SERVICE_SPEC, **spec})
        return self.add(PLATFORM_SERVICE, body)

    def consumer(self, name: str = "payments", home: str = "team-a", **spec: Any) -> Object:
        if Key(NAMESPACE, None, home) not in self.objects:
            self.namespace(home)
        wanted = {
            "serviceRef": {"namespace": "platform", "name": "payments"},
            "planName": "small",
            "members": [MEMBER],
        }
        return self.add(PLATFORM_CONSUMER, manifest(PLATFORM_CONSUMER, name, home, spec={**wanted, **spec}))

    def get(self, kind: Kind, namespace: str | None, name: str) -> Object:
        return self.objects[Key(kind, namespace, name)]

    def of(self, kind: Kind, namespace: str | None = None) -> list[Object]:
        return [
            obj
            for key, obj in self.objects.items()
            if key.kind == kind and (namespace is None or key.namespace == namespace)
        ]

    def inputs(self, consumer: Object) -> ConsumerInputs:
        """What the controller gathers for the consumer as it now is."""
        metadata = consumer["metadata"]
        consumer = self.get(PLATFORM_CONSUMER, metadata["namespace"], metadata["name"])
        reference = consumer["spec"]["serviceRef"]
        service = self.objects.get(Key(PLATFORM_SERVICE, reference["namespace"], reference["name"]))
        namespaces = {key.name: obj for key, obj in self.objects.items() if key.kind == NAMESPACE}
        home = namespaces.get(reference["namespace"])
        kinds = (NAMESPACE, PLATFORM_CONSUMER, PLATFORM_SERVICE)
        inputs = ConsumerInputs(
            consumer=consumer,
            spec=PlatformConsumerSpec.model_validate(consumer["spec"]),
            service=service,
            service_spec=PlatformServiceSpec.model_validate(service["spec"]) if service else None,
            provider=home is not None and labels(home).get("platformcontracts.io/provider") == "true",
            home_namespace=namespaces.get(metadata["namespace"]),
            namespaces=namespaces,
            handed_out=[
                obj
                for obj in namespaces.values()
                if labels(obj).get("platformcontracts.io/consumer-namespace") == metadata["namespace"]
            ],
            children=[(key.kind, obj) for key, obj in self.objects.items() if key.kind not in kinds],
            siblings=self.of(PLATFORM_CONSUMER),
            disturbed=frozenset(self.disturbed),
            guardrails=self.guardrails,
            own_namespaces=OWN,
            now=self.now,
        )
        looked = {name: self.volume_claims.get(name, 0) for name in planner.leaving(inputs)}
        return replace(inputs, claims_in=looked)

    def plan(self, consumer: Object) -> Plan:
        return planner.plan(self.inputs(consumer))

    def offboard(self, consumer: Object) -> Offboarding:
        """Plan the end of a consumer."""
        return planner.plan_offboarding(self.inputs(consumer))

    def carry_out(self, owner: Object, plan: Plan) -> None:
        """Do what a plan says, with the API server's preconditions."""
        for write in self.writes(owner, plan):
            write()
        goes_on = plan.requeue_after is not None and plan.requeue_after <= timedelta(0)
        self.disturbed -= set(plan.drifted) if goes_on else set(self.disturbed)

    def writes(self, owner: Object, plan: Plan) -> list[Callable[[], None]]:
        """The single requests of a plan in their order: the operator may be gone after any of them."""
        ends = [gone for gone in plan.deletes if gone.kind == ROLE_BINDING]
        others = [gone for gone in plan.deletes if gone.kind != ROLE_BINDING]
        requests: list[Callable[[], None]] = [
            *(partial(self._remove, gone) for gone in ends),
            *(partial(self._apply, item) for item in plan.applies),
            *(partial(self._remove, gone) for gone in others),
        ]
        if plan.status is not None:
            requests.append(partial(self._write_status, owner, plan.status))
        return requests

    def _apply(self, item: Apply) -> None:
        key = key_of(item.kind, item.obj)
        if item.uid is None:
            assert key not in self.objects, f"POST of {key}, which exists"
            self.add(item.kind, item.obj)
            return
        live = self.objects[key]
        assert live["metadata"]["uid"] == item.uid
        kept = {name: value for name, value in labels(live).items() if name not in item.without_labels}
        marks = {**kept, **labels(item.obj)}
        body = {name: value for name, value in item.obj.items() if name != "metadata"}
        self.objects[key] = {**live, **body, "metadata": {**live["metadata"], "labels": marks}}

    def _remove(self, gone: Delete) -> None:
        key = Key(gone.kind, gone.namespace, gone.name)
        assert self.objects[key]["metadata"]["uid"] == gone.uid
        self.delete(key)

    def _write_status(self, owner: Object, status: Object) -> None:
        kind = PLATFORM_CONSUMER if owner["kind"] == "PlatformConsumer" else PLATFORM_SERVICE
        self.objects[key_of(kind, owner)]["status"] = status

    def settle(self, consumer: Object) -> Object:
        """Plan and carry out until nothing changes; the consumer as it is then."""
        for _ in range(8):
            self.count_quotas()
            before = copy.deepcopy(self.objects)
            plan = self.plan(consumer)
            self.carry_out(consumer, plan)
            if self.objects == before:
                metadata = consumer["metadata"]
                return self.get(PLATFORM_CONSUMER, metadata["namespace"], metadata["name"])
        raise AssertionError("the plans never come to rest")

    def plan_service(self, service: Object, **known: Any) -> Plan:
        """Plan the service as it now is, with every PlatformConsumer of the world that concerns it."""
        metadata = service["metadata"]
        service = self.get(PLATFORM_SERVICE, metadata["namespace"], metadata["name"])
        home = self.get(NAMESPACE, None, metadata["namespace"])
        reference = {"namespace": metadata["namespace"], "name": metadata["name"]}
        return service_planner.plan(
            ServiceInputs(
                service=service,
                spec=PlatformServiceSpec.model_validate(service["spec"]),
                provider=labels(home).get("platformcontracts.io/provider") == "true",
                consumers=[
                    consumer
                    for consumer in self.of(PLATFORM_CONSUMER)
                    if consumer["spec"]["serviceRef"] == reference
                    or consumer["metadata"]["namespace"] == metadata["namespace"]
                ],
                guardrails=self.guardrails,
                now=self.now,
                **known,
            )
        )

    def settle_service(self, service: Object) -> Object:
        """Carry out the service's plan, settle what it generated, and plan again; the service as it is then."""
        for _ in range(2):
            self.carry_out(service, self.plan_service(service))
            for consumer in self.of(PLATFORM_CONSUMER):
                if not is_deleting(consumer):
                    self.settle(consumer)
        self.carry_out(service, self.plan_service(service))
        metadata = service["metadata"]
        return self.get(PLATFORM_SERVICE, metadata["namespace"], metadata["name"])

    def delete(self, key: Key) -> None:
        """An object goes, and with a Namespace all that is in it."""
        del self.objects[key]
        if key.kind == NAMESPACE:
            for inner in [inner for inner in self.objects if inner.namespace == key.name]:
                del self.objects[inner]

    def use(self, namespace: str, **amounts: str) -> None:
        """The API server counts what is used of the namespace's quota."""
        quota = self.get(RESOURCE_QUOTA, namespace, "platform-contracts")
        used = {name.replace("_", "."): amount for name, amount in amounts.items()}
        quota["status"] = {"hard": quota["spec"]["hard"], "used": used}

    def count_quotas(self) -> None:
        """The API server goes by what the quotas say now."""
        for quota in self.of(RESOURCE_QUOTA):
            hard = quota["spec"].get("hard", {})
            used = quota.get("status", {}).get("used", {})
            quota["status"] = {"hard": dict(hard), "used": {name: used.get(name, "0") for name in hard}}

    def hard(self, namespace: str) -> dict[str, str]:
        """What the quota of a namespace says."""
        found: dict[str, str] = self.get(RESOURCE_QUOTA, namespace, "platform-contracts")["spec"]["hard"]
        return found

    def mark_deleting(self, kind: Kind, obj: Object) -> None:
        self.objects[key_of(kind, obj)]["metadata"]["deletionTimestamp"] = format_time(self.now)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)


def reason(obj: Object, condition: str) -> str:
    """`True/Onboarded`, for short comparisons."""
    found = find(obj, condition)
    assert found is not None, f"no condition {condition}"
    return f"{found['status']}/{found['reason']}"


def message(obj: Object, condition: str = "Ready") -> str:
    found = find(obj, condition)
    assert found is not None, f"no condition {condition}"
    return str(found["message"])
