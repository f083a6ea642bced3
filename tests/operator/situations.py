"""Every situation that a contract can be in, as the object with its status that the planners make of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from platform_contracts.api.maintenance_window import MaintenanceWindowSpec
from platform_contracts.api.platform_consumer import PlatformConsumerSpec
from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.config import Guardrails
from platform_contracts.controllers.carry_out import refused
from platform_contracts.engine.errors import RefusedError
from platform_contracts.kube.conditions import Condition
from platform_contracts.kube.kinds import NAMESPACE, PLATFORM_CONSUMER, PROMETHEUS_RULE, RESOURCE_QUOTA
from platform_contracts.kube.objects import Key, Object, format_time, manifest
from platform_contracts.onboarding import consumer as consumers
from platform_contracts.onboarding import maintenance
from platform_contracts.onboarding import service as services
from platform_contracts.onboarding.inputs import ServiceInputs, WindowInputs
from platform_contracts.sla import plan as slas
from platform_contracts.sla.inputs import SLAInputs
from platform_contracts.sla.readback import Measurements, Unavailable
from tests.onboarding.world import SERVICE_SPEC, START, World
from tests.sla import world as sla_world

ENTRY = {"name": "checkout", "team": "checkout", "planName": "small"}
OFFER = SERVICE_SPEC["onboarding"]["plans"][0]
EDIT = {**SERVICE_SPEC["onboarding"], "plans": [{**OFFER, "roles": [{"name": "edit", "clusterRoleName": "edit"}]}]}
MEASURED = {**SERVICE_SPEC["onboarding"], "plans": [{**OFFER, "slaRef": {"name": "payments"}}]}
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
LISTED = Guardrails(allowed_url_hosts=["feedback.example.com"])
HOUR = timedelta(hours=1)
UNREADABLE = "spec.owner is required, for example owner: {team: payments}."


def new(obj: Object) -> Object:
    """As the API server's defaults have it, before the operator has looked."""
    return {**obj, "status": {"observedGeneration": -1}}


def edited(obj: Object) -> Object:
    """After a change of the spec that the operator has not seen."""
    return {**obj, "metadata": {**obj["metadata"], "generation": obj["metadata"]["generation"] + 1}}


def write_refused(obj: Object) -> Object:
    """After the API server refused a write of its plan."""
    error = RefusedError(422, "Invalid", "names need a cost centre")
    return {**obj, "status": refused(obj["status"], obj, error, START)}


# PlatformService


def service(guardrails: Guardrails | None = None, *, foreign: str | None = None, **spec: Any) -> Object:
    """A service of that spec; `foreign` names a PlatformConsumer beside it that it did not make."""
    world = World(guardrails=guardrails or Guardrails())
    live = world.service(**spec)
    if foreign:
        world.consumer(foreign, home="platform")
    return {**live, "status": world.plan_service(live).status}


def service_with(**changes: Any) -> Object:
    """A service in a world that is not as it should be."""
    live = World().service()
    given = ServiceInputs(
        service=live,
        spec=PlatformServiceSpec.model_validate(live["spec"]),
        provider=True,
        consumers=[],
        now=START,
    )
    return {**live, "status": services.plan(replace(given, **changes)).status}


def with_successor() -> PlatformServiceSpec:
    spec = {**SERVICE_SPEC, "lifecycle": "Deprecated"}
    return PlatformServiceSpec.model_validate(
        {**spec, "sunset": {"time": "2027-12-31T00:00:00Z", "successorRef": {"name": "payments-v2"}}}
    )


def breached_service() -> Object:
    return service_with(sla_condition=Condition("SLAMet", False, "Breached", "Below target: payments/latency."))


def service_with_a_waiting_consumer() -> Object:
    world = World()
    live = world.service()
    world.consumer()
    return {**live, "status": world.plan_service(live).status}


# PlatformConsumer


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


# SLA


def sla(
    *, errors: float | None = None, measurements: Measurements | Unavailable | None = None, **changes: Any
) -> Object:
    """An SLA whose rules are written; with `errors` of a million events it is measured."""
    given = sla_world.inputs()
    given = sla_world.written(given, slas.plan(given).applies[0].obj)
    if errors is not None:
        measurements = sla_world.measured(given, errors=errors)
    return planned(replace(given, measurements=measurements, **changes))


def sla_of(spec: Object, **changes: Any) -> Object:
    """An SLA of that spec that nobody has measured yet."""
    return planned(sla_world.inputs(sla_world.sla(spec), **changes))


def planned(given: SLAInputs) -> Object:
    return {**given.sla, "status": slas.plan(given).status}


def sla_with_a_broken_selector() -> Object:
    broken = {"ratio": {"total": 'requests_total{job=~"("}', "errors": "errors_total"}}
    return sla_of(sla_world.sla_spec(sla_world.objective(), sla_world.objective("broken", indicator=broken)))


def sla_with_an_alert_label_of_ours() -> Object:
    """The API server refuses it; one that was stored before it did is still told."""
    given = sla_world.inputs()
    assert given.spec is not None
    alerting = given.spec.alerting.model_copy(update={"labels": {"severity": "page"}})
    return planned(replace(given, spec=given.spec.model_copy(update={"alerting": alerting})))


def sla_with_a_tier_that_never_fires() -> Object:
    """The API server refuses it; one that was stored before it did is still told."""
    given = sla_world.inputs()
    assert given.spec is not None
    tier = {"name": "fast", "severity": "Page", "burnRate": "1000", "longWindow": "1h", "shortWindow": "5m"}
    alerting = type(given.spec.alerting).model_validate({"tiers": [tier]})
    return planned(replace(given, spec=given.spec.model_copy(update={"alerting": alerting})))


def sla_of_a_time_zone_that_is_gone() -> Object:
    """The API server knows more time zones than the operator, or knew one that is gone."""
    spec = sla_world.sla_spec()
    spec["window"] = {"calendar": {"period": "Month", "timeZone": "Atlantis/Capital"}}
    return sla_of(spec)


def sla_with_a_runbook_elsewhere() -> Object:
    spec = sla_world.sla_spec(alerting={"runbookURL": "https://evil.example.com/"})
    return sla_of(spec, allowed_url_hosts=["runbooks.example.com"])


def sla_whose_rules_are_not_loaded() -> Object:
    return sla(measurements=Measurements(sla_world.NOW, {}))


def sla_whose_prometheus_is_away() -> Object:
    return sla(measurements=Unavailable("PrometheusUnavailable", "Prometheus cannot be reached", sla_world.NOW))


def sla_whose_rule_name_is_taken() -> Object:
    return planned(sla_world.inputs(name_taken=Key(PROMETHEUS_RULE, "platform", "sla-platform.payments")))


# MaintenanceWindow


def window(**changes: Any) -> Object:
    """A window from an hour after START to three hours after it."""
    times = {"startTime": format_time(START + HOUR), "endTime": format_time(START + 3 * HOUR)}
    spec = {"serviceRef": {"name": "payments"}, "reason": "The database is upgraded", **times}
    live = {"metadata": {"name": "upgrade", "namespace": "platform", "generation": 1}, "spec": spec}
    given = WindowInputs(
        window=live,
        spec=MaintenanceWindowSpec.model_validate(spec),
        service=World().service(),
        provider=True,
        now=START,
    )
    return {**live, "status": maintenance.plan(replace(given, **changes)).status}


SITUATIONS: dict[str, dict[str, Callable[[], Object]]] = {
    "PlatformService": {
        "it was just created": lambda: new(service()),
        "it was just edited": lambda: edited(service()),
        "it has no consumers yet": service,
        "a consumer of it is not let in": service_with_a_waiting_consumer,
        "its SLA is breached": breached_service,
        "it is deprecated": lambda: service(lifecycle="Deprecated", sunset={"time": "2027-12-31T00:00:00Z"}),
        "its spec cannot be read": lambda: service_with(spec=None, invalid=UNREADABLE),
        "its namespace is no provider's": lambda: service_with(provider=False),
        "a plan of it has a role that is not allowed": lambda: service(onboarding=EDIT),
        "a link of it has a host that is not allowed": lambda: service(
            LISTED, feedback={"submitURL": "https://evil.example.com/"}
        ),
        "a plan of it names an SLA that does not exist": lambda: service(onboarding=MEASURED),
        "its successor does not exist": lambda: service_with(successor_exists=False, spec=with_successor()),
        "an entry's PlatformConsumer is somebody else's": lambda: service(
            consumers=[ENTRY], foreign="payments-checkout"
        ),
        "an entry's namespace would have too long a name": lambda: service(consumers=[{**ENTRY, "name": "x" * 50}]),
        "the API server refused a write": lambda: write_refused(service()),
    },
    "PlatformConsumer": {
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
    },
    "SLA": {
        "it was just created": lambda: new(sla()),
        "it was just edited": lambda: edited(sla()),
        "its rules are written, nothing is measured": sla,
        "it is met": lambda: sla(errors=300),
        "it is at risk": lambda: sla(errors=900),
        "it is breached": lambda: sla(errors=5000),
        "Prometheus is away": sla_whose_prometheus_is_away,
        "Prometheus has not loaded its rules": sla_whose_rules_are_not_loaded,
        "its spec cannot be read": lambda: sla(spec=None, invalid=UNREADABLE),
        "its namespace is no provider's": lambda: sla(provider=False),
        "its service does not exist": lambda: sla(service=None, service_spec=None),
        "its service's spec cannot be read": lambda: sla(service_spec=None),
        "its data source is not configured": lambda: sla(source=None),
        "a selector is no PromQL": sla_with_a_broken_selector,
        "an alert label is the operator's": sla_with_an_alert_label_of_ours,
        "a burn-rate tier can never fire": sla_with_a_tier_that_never_fires,
        "its calendar's time zone is unknown": sla_of_a_time_zone_that_is_gone,
        "its runbook has a host that is not allowed": sla_with_a_runbook_elsewhere,
        "its rule object's name is taken": sla_whose_rule_name_is_taken,
        "the API server refused a write": lambda: write_refused(sla()),
    },
    "MaintenanceWindow": {
        "it was just created": lambda: new(window()),
        "it was just edited": lambda: edited(window()),
        "it is ahead": window,
        "it has begun": lambda: window(now=START + 2 * HOUR),
        "it has ended": lambda: window(now=START + 3 * HOUR),
        "its spec cannot be read": lambda: window(spec=None, invalid=UNREADABLE),
        "its namespace is no provider's": lambda: window(provider=False),
        "its service does not exist": lambda: window(service=None),
    },
}
