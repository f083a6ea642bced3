"""Situations of a PlatformConsumer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from platform_contracts.api.platform_consumer import PlatformConsumerSpec
from platform_contracts.config import Guardrails
from platform_contracts.kube.kinds import NAMESPACE, PLATFORM_CONSUMER, RESOURCE_QUOTA
from platform_contracts.kube.objects import Key, Object, manifest
from platform_contracts.onboarding import consumer as consumers
from tests.onboarding.world import SERVICE_SPEC, World
from tests.operator.situations.common import UNREADABLE, edited, new, write_refused

OFFER = SERVICE_SPEC["onboarding"]["plans"][0]
EDIT = {**SERVICE_SPEC["onboarding"], "plans": [{**OFFER, "roles": [{"name": "edit", "clusterRoleName": "edit"}]}]}
CLOSED = {**SERVICE_SPEC["onboarding"], "allowedConsumers": {"from": "None"}}
MANUAL = {**SERVICE_SPEC["onboarding"], "approval": "Manual"}
REFUSAL = {"namespace": "team-a", "name": "payments", "decision": "Denied", "reason": "Use payments-v2 instead."}
DENIED = {**SERVICE_SPEC["onboarding"], "approvals": [REFUSAL]}
WIDE = {
    **SERVICE_SPEC["onboarding"],
    "plans": [{**OFFER, "maxNamespaces": 2}, {**OFFER, "name": "tiny", "quota": {"pods": "4"}}],
}
TWO = [{"name": "team-a-one"}, {"name": "team-a-two"}]
ADOPTED = {"name": "reports", "source": "Adopt"}


def consumer(
    guardrails: Guardrails | None = None, *, onboarding: Object | None = None, taken: bool = False, **spec: Any
) -> Object:
    """A consumer that asks for `spec`, once nothing moves; `taken`: a foreign namespace has its namespace's name."""
    world = World(guardrails=guardrails or Guardrails())
    world.service(**({"onboarding": onboarding} if onboarding else {}))
    if taken:
        world.namespace("team-a-payments")
    return world.settle(world.consumer(**spec))


def consumer_with(**changes: Any) -> Object:
    """A consumer that was ready, in a world that is no longer as it should be."""
    world = World()
    world.service()
    live = world.settle(world.consumer())
    return {**live, "status": consumers.plan(replace(world.inputs(live), **changes)).status}


def with_member(**changes: str) -> PlatformConsumerSpec:
    """The spec of a consumer with a member whom the API server would refuse, or whose role the plan has not."""
    spec = PlatformConsumerSpec.model_validate(World().consumer()["spec"])
    return spec.model_copy(update={"members": [spec.members[0].model_copy(update=changes)]})


def consumer_of_a_service_on_its_way_out() -> Object:
    world = World()
    world.service(lifecycle="Deprecated", sunset={"time": "2027-12-31T00:00:00Z"})
    return world.settle(world.consumer())


def second_consumer_where_one_is_allowed() -> Object:
    world = World(guardrails=Guardrails(max_namespaces_per_home=1))
    world.service()
    world.settle(world.consumer("first"))
    return world.settle(world.consumer("second"))


def consumer_whose_namespace_was_deleted() -> Object:
    world = World()
    world.service()
    live = world.settle(world.consumer())
    del world.objects[Key(NAMESPACE, None, "team-a-payments")]
    return {**live, "status": world.plan(live).status}


def consumer_whose_namespace_is_terminating() -> Object:
    world = World()
    world.service()
    live = world.settle(world.consumer())
    world.mark_deleting(NAMESPACE, world.get(NAMESPACE, None, "team-a-payments"))
    return world.settle(live)


def consumer_with_a_foreign_object_in_its_namespace() -> Object:
    world = World()
    world.service()
    live = world.consumer()
    world.carry_out(live, world.plan(live))
    world.add(RESOURCE_QUOTA, manifest(RESOURCE_QUOTA, "platform-contracts", "team-a-payments", spec={"hard": {}}))
    return world.settle(live)


def consumer_under(policy: str, *, ready: bool) -> Object:
    """A consumer whose service's spec.reconcilePolicy became `policy` before or after it was ready."""
    world = World()
    service = world.service()
    live = world.consumer()
    if ready:
        world.settle(live)
    service["spec"]["reconcilePolicy"] = policy
    return world.settle(live)


def consumer_changed_under(policy: str) -> Object:
    """A consumer that asks for another plan while its service does not enforce."""
    world = World()
    service = world.service(onboarding=WIDE)
    live = world.settle(world.consumer())
    service["spec"]["reconcilePolicy"] = policy
    live["spec"]["planName"] = "tiny"
    live["metadata"]["generation"] += 1
    return world.settle(live)


def consumer_denied_after_it_was_ready() -> Object:
    world = World()
    service = world.service()
    live = world.settle(world.consumer())
    service["spec"]["onboarding"] = DENIED
    return world.settle(live)


def consumer_whose_namespace_has_just_consented() -> Object:
    world = World()
    world.service()
    reports = world.namespace("reports")
    reports["metadata"]["annotations"] = {"platformcontracts.io/consent": "team-a/payments"}
    live = world.consumer(namespaces=[ADOPTED])
    return {**live, "status": world.plan(live).status}


def consumer_that_left_a_namespace() -> Object:
    world = World()
    world.service()
    live = world.settle(world.consumer())
    live["spec"]["namespaces"] = [{"name": "team-a-other"}]
    return world.settle(live)


def consumer_whose_namespace_leaves() -> Object:
    world = World()
    world.service(onboarding={**SERVICE_SPEC["onboarding"], "deletionPolicy": "Delete"})
    live = world.settle(world.consumer())
    live["spec"]["namespaces"] = [{"name": "team-a-other"}]
    return {**live, "status": world.plan(live).status}


def consumer_that_uses_more_than_it_asks_for() -> Object:
    world = World()
    world.service(onboarding=WIDE)
    live = world.settle(world.consumer())
    world.use("team-a-payments", pods="12")
    live["spec"]["planName"] = "tiny"
    return world.settle(live)


def consumer_whose_shares_move() -> Object:
    world = World()
    world.service(onboarding=WIDE)
    shares = [{**entry, "sharePercent": 50} for entry in TWO]
    live = world.settle(world.consumer(namespaces=shares))
    live["spec"]["namespaces"] = [{**TWO[0], "sharePercent": 80}, {**TWO[1], "sharePercent": 20}]
    return {**live, "status": world.plan(live).status}


def leaving_consumer() -> Object:
    world = World()
    world.service()
    live = world.settle(world.consumer())
    world.mark_deleting(PLATFORM_CONSUMER, live)
    world.carry_out(live, world.offboard(live).plan)
    return world.get(PLATFORM_CONSUMER, "team-a", "payments")


SITUATIONS: dict[str, Callable[[], Object]] = {
    "it was just created": lambda: new(consumer()),
    "it was just edited": lambda: edited(consumer()),
    "its namespace is ready": consumer,
    "its namespace was deleted and is made again": consumer_whose_namespace_was_deleted,
    "its namespace is being deleted": consumer_whose_namespace_is_terminating,
    "it is being deleted": leaving_consumer,
    "its spec cannot be read": lambda: consumer_with(spec=None, invalid=UNREADABLE),
    "its service does not exist": lambda: consumer_with(service=None, service_spec=None),
    "its service's namespace is no provider's": lambda: consumer_with(provider=False),
    "its service's spec cannot be read": lambda: consumer_with(service_spec=None),
    "its service does not allow it": lambda: consumer(onboarding=CLOSED),
    "it waits for a decision": lambda: consumer(onboarding=MANUAL),
    "its request was denied": lambda: consumer(onboarding=DENIED),
    "it was denied after it was ready": consumer_denied_after_it_was_ready,
    "it was ready when its service was suspended": lambda: consumer_under("Suspend", ready=True),
    "it was not when its service was suspended": lambda: consumer_under("Suspend", ready=False),
    "it was changed while its service is suspended": lambda: consumer_changed_under("Suspend"),
    "it was changed while its service only observes": lambda: consumer_changed_under("Observe"),
    "its service only observes": lambda: consumer_under("Observe", ready=False),
    "its service takes nobody new": consumer_of_a_service_on_its_way_out,
    "its plan does not exist": lambda: consumer(planName="huge"),
    "its plan is wrong": lambda: consumer(onboarding=EDIT),
    "its namespace would have too long a name": lambda: consumer(name="x" * 60),
    "its namespace's name is protected": lambda: consumer(namespaces=[{"name": "kube-public"}]),
    "its namespace's name is not under its home's": lambda: consumer(namespaces=[{"name": "shop"}]),
    "its namespace's name is taken": lambda: consumer(taken=True),
    "a namespace to adopt has not consented": lambda: consumer(namespaces=[ADOPTED]),
    "a namespace to adopt has just consented": consumer_whose_namespace_has_just_consented,
    "it asks for more namespaces than its plan gives": lambda: consumer(namespaces=TWO),
    "a namespace that it left holds its budget": consumer_that_left_a_namespace,
    "a namespace that it left is being deleted": consumer_whose_namespace_leaves,
    "it uses more than it asks for": consumer_that_uses_more_than_it_asks_for,
    "a share of its plan is too small for a pod": lambda: consumer(
        onboarding=WIDE, planName="small", namespaces=[{**TWO[0], "sharePercent": 1}, TWO[1]]
    ),
    "its shares are moving": consumer_whose_shares_move,
    "its home has as many namespaces as it may": second_consumer_where_one_is_allowed,
    "a foreign object bears a name of ours": consumer_with_a_foreign_object_in_its_namespace,
    "a member is one of Kubernetes' own": lambda: consumer_with(spec=with_member(name="system:masters")),
    "a member's role is not in the plan": lambda: consumer_with(spec=with_member(role_name="owner")),
    "the API server refused a write": lambda: write_refused(consumer()),
}
