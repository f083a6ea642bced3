"""The plan of one PlatformConsumer: from a contract to a namespace and what stands in it.

A status is written after what it describes: it says how things are once the plan has been carried out. Where the
contract cannot be followed (the service is gone, is no provider's, lets the consumer in no longer, names a plan that is
not there) everything stays as it is: nothing is enforced by a contract that does not count, and nothing is taken away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from platform_contracts.api import names
from platform_contracts.api.platform_service import ConsumerPlan, Member
from platform_contracts.kube.conditions import Condition, is_true
from platform_contracts.kube.kinds import NAMESPACE
from platform_contracts.kube.objects import Object, labels, uid
from platform_contracts.kube.plan import Apply, Plan
from platform_contracts.onboarding import access, approval, children, contract, namespaces, network, plans
from platform_contracts.onboarding.consumer_status import Outcome, render
from platform_contracts.onboarding.contract import HOLDING, Contract
from platform_contracts.onboarding.inputs import ConsumerInputs
from platform_contracts.onboarding.namespaces import Standing
from platform_contracts.onboarding.offboarding import plan_offboarding
from platform_contracts.onboarding.problem import Problem

__all__ = ["claimed_namespace", "plan", "plan_offboarding"]


def claimed_namespace(consumer: Mapping[str, Any]) -> str:
    """The namespace that a PlatformConsumer asks for: spec.namespaces[0].name, or `<home>-<name>`."""
    return namespaces.claimed(consumer)


def plan(inputs: ConsumerInputs) -> Plan:
    """What a PlatformConsumer's namespace, its children and its status should be."""
    terms = contract.read(inputs)
    if isinstance(terms, Problem):
        return Plan(status=render(inputs, Outcome(stalled=terms)))
    approved = _approve(inputs, terms)
    if not approved.status:
        refused = Problem(approved.reason, approved.message)
        return Plan(status=render(inputs, Outcome(stalled=refused, approved=approved)))
    granted = _granted(inputs, terms)
    if isinstance(granted, Problem):
        return Plan(status=render(inputs, Outcome(stalled=granted, approved=approved)))
    return _onboard(inputs, terms, granted, approved)


def _approve(inputs: ConsumerInputs, terms: Contract) -> Condition:
    consumer = inputs.consumer
    # The namespace proves it as well as the condition, so that a lost status turns nobody away. It has to be one
    # of this service: a namespace may also be kept from a consumer of the same name that used another.
    holds = terms.standing in HOLDING and _service_of(inputs.namespaces[terms.namespace]) == terms.service_name
    return approval.decide(
        terms.service_spec,
        service=terms.service_name,
        home=consumer["metadata"]["namespace"],
        home_labels=labels(inputs.home_namespace) if inputs.home_namespace else {},
        generated=terms.generated,
        already_approved=holds or is_true(consumer, "Approved"),
    )


def _service_of(namespace: Object) -> str:
    """The service that a namespace was made for, as `namespace/name`."""
    marks = labels(namespace)
    return f"{marks.get(names.SERVICE_NAMESPACE_LABEL)}/{marks.get(names.SERVICE_LABEL)}"


def _granted(inputs: ConsumerInputs, terms: Contract) -> ConsumerPlan | Problem:
    """The plan that the consumer is on, or why it has none."""
    granted = plans.find(terms.service_spec, terms.spec.plan_name)
    if granted is None:
        offered = ", ".join(offer.name for offer in terms.service_spec.onboarding.plans)
        what = f"set planName to one of: {offered}" if offered else "ask its owner to offer one"
        message = f"{terms.service_name} has no plan called {terms.spec.plan_name}; {what}."
        return Problem("PlanNotFound", message)
    wrong = plans.problem(granted, inputs.guardrails)
    if wrong:
        return Problem(
            "PlanInvalid",
            f"The plan {granted.name} of {terms.service_name} cannot be granted; its owner (team "
            f"{terms.service_spec.owner.team}) has to correct it: {wrong}.",
        )
    return granted


def _onboard(inputs: ConsumerInputs, terms: Contract, granted: ConsumerPlan, approved: Condition) -> Plan:
    name, what = terms.namespace, terms.standing
    held = contract.held(inputs, name)
    moved = children.bindings_outside(inputs.children, held, name)
    left = tuple((other, uid(inputs.namespaces[other])) for other in held if other != name)
    outcome = Outcome(approved=approved, plan=granted.name, namespace=name, left=left)
    if what in HOLDING:
        live = inputs.namespaces[name]
        outcome = outcome.with_(uid=uid(live), approved_time=live["metadata"]["creationTimestamp"])
    if not namespaces.recorded_uid(inputs.consumer, name):
        # Before anything is said about what is there: nobody learns of namespaces that are not for them.
        refused = _check_new(inputs, terms)
        if refused:
            return Plan(deletes=moved, status=render(inputs, outcome.with_(stalled=refused, state="Refused")))
    match what:
        case Standing.MISSING:
            # The rest follows once the namespace is there with its UID: nothing is ever written into a namespace that
            # might be somebody else's. The status comes with it, in one write.
            made = children.namespace(name, granted, _labels(inputs, terms))
            return Plan(applies=[Apply(NAMESPACE, made)], deletes=moved, requeue_after=timedelta(0))
        case Standing.LOST:
            # Forget the UID first and create afterwards: a namespace that a crash leaves between the two is then known
            # by its labels, and never mistaken for somebody else's.
            lost = Problem("NamespaceDeleted", f"The namespace {name} was deleted and is being made again.")
            status = render(inputs, outcome.with_(progressing=lost, state="Pending"))
            return Plan(deletes=moved, status=status, requeue_after=timedelta(0))
        case Standing.TERMINATING:
            leaving = Problem(
                "NamespaceTerminating",
                f"The namespace {name} is being deleted, and is made again once it is gone; wait, or look for what "
                f"holds it: kubectl describe namespace {name}",
            )
            return Plan(deletes=moved, status=render(inputs, outcome.with_(progressing=leaving, state="Terminating")))
        case Standing.OURS:
            return _enforce(inputs, terms, granted, outcome)
        case other:
            # The recorded UID stays: it tells the namespace that was ours from the one that is there now.
            kept = namespaces.recorded_uid(inputs.consumer, name)
            home = inputs.consumer["metadata"]["namespace"]
            # A name that could never be given is the nearer mistake, and tells less about what exists.
            problem = namespaces.check_name(
                name, home, inputs.guardrails, inputs.own_namespaces
            ) or namespaces.conflict(other, name, inputs.consumer)
            status = render(inputs, outcome.with_(stalled=problem, state="Conflict", uid=kept))
            return Plan(deletes=moved, status=status)


def _check_new(inputs: ConsumerInputs, terms: Contract) -> Problem | None:
    """Why a namespace that the consumer does not have yet is not given to it."""
    name, home, guardrails = terms.namespace, inputs.consumer["metadata"]["namespace"], inputs.guardrails
    wrong = namespaces.check_name(name, home, guardrails, inputs.own_namespaces)
    if wrong or terms.standing is not Standing.MISSING:
        return wrong
    if namespaces.outranked(inputs.consumer, name, inputs.siblings):
        return namespaces.conflict(Standing.HELD, name, inputs.consumer)
    limit, setting = (
        (guardrails.max_namespaces_per_provider, "maxNamespacesPerProvider")
        if terms.generated
        else (guardrails.max_namespaces_per_home, "maxNamespacesPerHome")
    )
    if namespaces.beyond_limit(inputs.consumer, inputs.siblings, inputs.handed_out, limit):
        return Problem(
            "NamespaceLimit",
            f"{home} has {limit} namespaces on the platform, which is all that the administrator allows; delete one "
            f"that is no longer needed, or ask the administrator to raise guardrails.{setting}.",
        )
    return None


def _enforce(inputs: ConsumerInputs, terms: Contract, granted: ConsumerPlan, outcome: Outcome) -> Plan:
    """The namespace is ours: it and what stands in it become what the plan says."""
    name, home = terms.namespace, inputs.consumer["metadata"]["namespace"]
    provider = terms.service["metadata"]["namespace"]
    others = [other for other, _ in outcome.left]
    members, refused = _members(terms.spec.members, granted, sorted({home, name}))
    wanted = children.desired(
        name=name,
        plan=granted,
        members=members,
        peers=network.peers(
            granted.network,
            namespace=name,
            home=None if home == provider else home,
            others=others,
            service_namespace=provider,
        ),
        guardrails=inputs.guardrails,
        labels=namespaces.marker(inputs.consumer),
    )
    compared = children.compare(wanted, inputs.children, name)
    itself = children.namespace(name, granted, _labels(inputs, terms))
    complete = all(apply.uid for apply in compared.applies)
    return Plan(
        applies=[Apply(NAMESPACE, itself, outcome.uid, _without(itself)), *compared.applies],
        deletes=compared.deletes + children.bindings_outside(inputs.children, [name, *others], name),
        status=render(
            inputs,
            outcome.with_(
                stalled=next(iter(compared.conflicts), refused),
                state="Conflict" if compared.conflicts else "Ready",
                in_sync=not compared.conflicts,
                objects=len(wanted),
                ready_time=_newest([inputs.namespaces[name], *compared.live]) if complete else None,
            ),
        ),
    )


def _members(members: list[Member], granted: ConsumerPlan, own: list[str]) -> tuple[list[Member], Problem | None]:
    """The members who get access, and why the first of the others does not."""
    problems = [access.member_problem(member, granted, own) for member in members]
    good = [member for member, problem in zip(members, problems, strict=True) if problem is None]
    return good, next((problem for problem in problems if problem), None)


def _newest(objects: Iterable[Object]) -> str:
    # RFC 3339 times in UTC sort as text.
    return max(str(obj["metadata"]["creationTimestamp"]) for obj in objects)


def _labels(inputs: ConsumerInputs, terms: Contract) -> dict[str, str]:
    """The labels of the Namespace: whose it is, of what, for whom."""
    spec = terms.spec
    marks = {
        **namespaces.marker(inputs.consumer),
        names.SERVICE_LABEL: spec.service_ref.name,
        names.SERVICE_NAMESPACE_LABEL: spec.service_ref.namespace,
    }
    if spec.namespaces and spec.namespaces[0].environment:
        marks[names.ENVIRONMENT_LABEL] = spec.namespaces[0].environment
    return marks


def _without(itself: Object) -> tuple[str, ...]:
    """The label that only some contracts ask for, where this one does not (any more)."""
    return () if names.ENVIRONMENT_LABEL in labels(itself) else (names.ENVIRONMENT_LABEL,)
