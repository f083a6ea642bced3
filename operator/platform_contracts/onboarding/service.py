"""The plan of one PlatformService: the consumers that it lists, and the whole of its status."""

from __future__ import annotations

from platform_contracts.api import names
from platform_contracts.api.onboarding import AllowedFrom
from platform_contracts.api.platform_service import PlatformServiceSpec, ReconcilePolicy
from platform_contracts.kube import conditions
from platform_contracts.kube.conditions import Condition, Problem
from platform_contracts.kube.kinds import PLATFORM_CONSUMER
from platform_contracts.kube.objects import Object, is_deleting, uid
from platform_contracts.kube.plan import Apply, Delete, Plan
from platform_contracts.onboarding import feedback, generated, namespaces, plans
from platform_contracts.onboarding.ending import ENDING
from platform_contracts.onboarding.generated import consumer_name as generated_name
from platform_contracts.onboarding.inputs import ServiceInputs
from platform_contracts.onboarding.usage import Usage, count

__all__ = ["generated_name", "plan"]


def plan(inputs: ServiceInputs, usage: Usage | None = None) -> Plan:
    """Which PlatformConsumers a service generates, and the whole of its status; `usage` is what `count` says of it,
    where that is known."""
    usage, metadata = usage or count(inputs), inputs.service["metadata"]
    if inputs.spec is None:
        problem = Problem("InvalidSpec", inputs.invalid or "The spec cannot be read; correct it and apply it again.")
        return Plan(status=_status(inputs, problem, usage))
    if not inputs.provider:
        problem = Problem(
            "NotAProvider",
            f"The namespace {metadata['namespace']} is not labelled as a provider's, so the service does not count and "
            f"nobody is onboarded; ask an administrator to run: kubectl label namespace {metadata['namespace']} "
            f"{names.PROVIDER_LABEL}=true",
        )
        return Plan(status=_status(inputs, problem, usage))
    applies, conflict = _generate(inputs, inputs.spec)
    deletes = _withdraw(inputs, inputs.spec)
    status = _status(inputs, _mistake(inputs, inputs.spec) or conflict, usage)
    if inputs.spec.reconcile_policy is not ReconcilePolicy.ENFORCE:
        return Plan(status=status)
    return Plan(applies=[*applies, *inputs.reports], deletes=[*deletes, *inputs.expired], status=status)


def _generate(inputs: ServiceInputs, spec: PlatformServiceSpec) -> tuple[list[Apply], Problem | None]:
    """The PlatformConsumers of spec.consumers, and what stands in the way of the first that cannot be made."""
    service = inputs.service["metadata"]
    beside = {
        consumer["metadata"]["name"]: consumer
        for consumer in inputs.consumers
        if consumer["metadata"]["namespace"] == service["namespace"]
    }
    applies: list[Apply] = []
    conflict: Problem | None = None
    for entry in spec.consumers:
        name = generated_name(service["name"], entry.name)
        default = namespaces.default_name({"namespace": service["namespace"], "name": name})
        wanted = [default, *generated.environments(inputs.service, entry).values()]
        namespace = max(wanted, key=len)
        live = beside.get(name)
        if not namespaces.is_dns_label(namespace):
            conflict = conflict or Problem(
                "ConsumerNameTooLong",
                f"spec.consumers[{entry.name}]: its namespace would be called {namespace}, which is longer than 63 "
                "characters; give the entry a shorter name.",
            )
        elif live is None:
            applies.append(Apply(PLATFORM_CONSUMER, generated.consumer_manifest(inputs.service, entry)))
        elif not generated.is_generated(live, inputs.service):
            conflict = conflict or Problem(
                "ConsumerConflict",
                f"spec.consumers[{entry.name}]: the PlatformConsumer {service['namespace']}/{name} exists and was not "
                "made by this service, and nothing is taken over; delete it, or give the entry another name.",
            )
        elif not is_deleting(live):
            applies.append(Apply(PLATFORM_CONSUMER, generated.consumer_manifest(inputs.service, entry), uid(live)))
    return applies, conflict


def _withdraw(inputs: ServiceInputs, spec: PlatformServiceSpec) -> list[Delete]:
    """The generated PlatformConsumers whose entry is gone."""
    service = inputs.service["metadata"]
    listed = {generated_name(service["name"], entry.name) for entry in spec.consumers}
    return [
        Delete.of(PLATFORM_CONSUMER, consumer)
        for consumer in inputs.consumers
        if generated.is_generated(consumer, inputs.service)
        and consumer["metadata"]["name"] not in listed
        and not is_deleting(consumer)
    ]


def _mistake(inputs: ServiceInputs, spec: PlatformServiceSpec) -> Problem | None:
    """The first thing in the spec that its owner has to mend."""
    for offer in spec.onboarding.plans:
        wrong = plans.problem(offer, inputs.guardrails)
        if wrong:
            return Problem("PlanInvalid", f"{wrong}.")
        if offer.sla_ref and offer.sla_ref.name not in inputs.slas:
            there = ", ".join(sorted(inputs.slas)) or "none"
            return Problem(
                "SLANotFound",
                f"spec.onboarding.plans[{offer.name}].slaRef: {inputs.service['metadata']['name']} has no SLA "
                f"{offer.sla_ref.name}, so consumers on this plan are alerted of none; name one that it has ({there}), "
                "or leave slaRef out for all of them.",
            )
    link = feedback.problem(spec, inputs.guardrails)
    if link:
        return Problem("LinkNotAllowed", f"{link}; correct it, or it is not shown.")
    if spec.sunset and spec.sunset.successor_ref and not inputs.successor_exists:
        return Problem(
            "SuccessorNotFound",
            f"spec.sunset.successorRef: there is no PlatformService {spec.sunset.successor_ref.name} in the namespace "
            f"{inputs.service['metadata']['namespace']}; name one that users can move to, or leave successorRef out.",
        )
    return None


def _status(inputs: ServiceInputs, problem: Problem | None, usage: Usage) -> Object:
    metadata, before = inputs.service["metadata"], inputs.service.get("status") or {}
    rendered = conditions.render(
        [
            *conditions.summarise(stalled=problem, ready=("Serving", _ready_message(inputs, usage))),
            *([inputs.sla_condition] if inputs.sla_condition else []),
            _consumers_ready(usage),
            *inputs.conditions,
            _deprecated(inputs.spec),
        ],
        previous=before.get("conditions") or (),
        generation=metadata["generation"],
        now=inputs.now,
    )
    status: Object = {
        "observedGeneration": metadata["generation"],
        "conditions": rendered,
        "sla": inputs.sla,
        "consumers": usage.consumers_section(),
        "onboarding": usage.onboarding_section(),
        "usage": usage.usage_section(),
        "drift": usage.drift_section(),
        "feedback": feedback.section(inputs.spec, inputs.guardrails, inputs.links),
    }
    for name, section in inputs.sections.items():
        status[name] = {**(status.get(name) or {}), **section}
    return {name: value for name, value in status.items() if value is not None}


def _ready_message(inputs: ServiceInputs, usage: Usage) -> str:
    name = inputs.service["metadata"]["name"]
    policy = inputs.spec.reconcile_policy if inputs.spec else ReconcilePolicy.ENFORCE
    if policy is not ReconcilePolicy.ENFORCE:
        does = "compares and writes" if policy is ReconcilePolicy.SUSPEND else "writes"
        return (
            f"spec.reconcilePolicy of {name} is {policy}: the operator {does} nothing for its consumers; set "
            "Enforce to have it go on."
        )
    if not usage.total:
        return f"{name} has no consumers{_who_may_come(inputs.spec)}"
    teams = f", and {usage.teams} of the {usage.target} teams that it aims at" if usage.target else ""
    return f"{name} serves {len(usage.ready)} of {_consumers(usage.total)}{teams}."


def _who_may_come(spec: PlatformServiceSpec | None) -> str:
    if spec is not None and spec.lifecycle in ENDING:
        return f", and lets nobody in any more, because its lifecycle is {spec.lifecycle}."
    if spec is not None and (not spec.onboarding.plans or spec.onboarding.allowed_consumers.from_ is AllowedFrom.NONE):
        return (
            " yet; to let teams in, offer a plan in spec.onboarding.plans, and say in spec.onboarding.allowedConsumers "
            "who may choose it."
        )
    return " yet; teams onboard with a PlatformConsumer, or are listed in spec.consumers."


def _consumers_ready(usage: Usage) -> Condition:
    others = f" Not let in: {usage.refused}." if usage.refused else ""
    if not usage.total:
        return Condition("ConsumersReady", True, "NoConsumers", f"There are no consumers yet.{others}")
    if not usage.pending:
        return Condition(
            "ConsumersReady", True, "AllReady", f"{_consumers(usage.total)} onboarded, none is waiting.{others}"
        )
    return Condition(
        "ConsumersReady",
        False,
        "ConsumersPending",
        f"{usage.pending} of {_consumers(usage.total)} not ready, the oldest since {usage.oldest_pending}; "
        "the column MESSAGE of each says why: kubectl get platformconsumers -A -o wide",
    )


def _deprecated(spec: PlatformServiceSpec | None) -> Condition:
    if spec is None:
        return Condition("Deprecated", None, "InvalidSpec", "The spec cannot be read.")
    lifecycle = spec.lifecycle.value
    if spec.lifecycle not in ENDING:
        return Condition(
            "Deprecated", False, lifecycle, f"The service is neither deprecated nor retired ({lifecycle})."
        )
    until = f" until {spec.sunset.time:%Y-%m-%d}" if spec.sunset else ""
    successor = spec.sunset.successor_ref if spec.sunset else None
    move = f"; move to {successor.name}" if successor else ""
    return Condition(
        "Deprecated", True, lifecycle, f"The service takes no new consumers and is kept{until} for those it has{move}."
    )


def _consumers(number: int) -> str:
    return "1 consumer" if number == 1 else f"{number} consumers"
