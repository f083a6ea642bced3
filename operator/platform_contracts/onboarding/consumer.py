"""The plan of one PlatformConsumer: from a contract to its namespaces and what stands in them.

A status is written after what it describes: it says how things are once the plan has been carried out. Where a contract
does not count (the service is gone, or is no provider's) everything stays as it is: nothing is enforced by it, and
nothing is taken away. Where it counts and the consumer is not served (it is not let in any more, or its plan cannot be
granted) it gets nothing new, and what guards its namespaces stays in force.
"""

from __future__ import annotations

from dataclasses import replace

from platform_contracts.api import names
from platform_contracts.api.platform_service import ConsumerPlan, ReconcilePolicy
from platform_contracts.kube.conditions import Condition, Problem
from platform_contracts.kube.objects import Key, Object, key_of, labels
from platform_contracts.kube.plan import Plan
from platform_contracts.onboarding import approval, claims, contract, plans, policy, quota, unserved, withdrawal
from platform_contracts.onboarding.children import foreign_rules
from platform_contracts.onboarding.claims import claimed_names
from platform_contracts.onboarding.consumer_status import Outcome, render
from platform_contracts.onboarding.contract import Contract
from platform_contracts.onboarding.inputs import ConsumerInputs
from platform_contracts.onboarding.offboarding import deletable, plan_offboarding
from platform_contracts.onboarding.onboard import onboard
from platform_contracts.onboarding.standing import Standing

__all__ = ["adopting", "foreign_rules", "leaving", "plan", "plan_offboarding"]


def adopting(inputs: ConsumerInputs) -> list[str]:
    """Namespaces to adopt in which no quota of ours is yet: have a live look for NetworkPolicies in them, and give
    their names to `plan` as `policies_in`.

    Twice: before the namespace is bound, and once it is, when admission lets nobody add another.
    """
    terms = contract.read(inputs)
    if isinstance(terms, Problem) or terms.service_spec.reconcile_policy is not ReconcilePolicy.ENFORCE:
        return []
    quotas = quota.live_quotas(inputs, [claim.name for claim in terms.claims])
    asked = [claim for claim in terms.claims if claim.adopt and claim.name not in quotas]
    named = [claim.name for claim in asked if claim.held or claim.standing is Standing.CONSENTED]
    return named if named and _approve(inputs, terms).status else []


def leaving(inputs: ConsumerInputs) -> list[str]:
    """Namespaces that a consumer no longer asks for and that go where no PersistentVolumeClaim is in them: have a live
    look, and give its outcome to `plan` as `claims_in`."""
    terms = contract.read(inputs)
    if isinstance(terms, Problem) or terms.service_spec.reconcile_policy is not ReconcilePolicy.ENFORCE:
        return []
    asked = [claim.name for claim in terms.claims]
    return deletable(inputs, [name for name in claims.held(inputs, asked) if name not in asked])


def plan(inputs: ConsumerInputs) -> Plan:
    """What a PlatformConsumer's namespaces, what stands in them and its status should be."""
    terms = contract.read(inputs)
    planned = _plan(inputs, terms)
    if isinstance(terms, Problem):
        spec, asked = inputs.spec, claimed_names(inputs.consumer)
    else:
        spec, asked = terms.spec, [claim.name for claim in terms.claims]
    if spec is None:
        return planned
    # Whoever is a member no longer goes whatever else cannot be followed: to end access no valid plan is needed.
    held = claims.held(inputs, asked)
    listed = isinstance(terms, Problem) or terms.generated
    applies, deletes = withdrawal.withdraw(inputs, spec.members, asked, held, listed=listed)
    written = {key_of(item.kind, item.obj) for item in planned.applies}
    written |= {Key(gone.kind, gone.namespace, gone.name) for gone in planned.deletes}
    return replace(
        planned,
        applies=[
            *planned.applies,
            *(item for item in applies if key_of(item.kind, item.obj) not in written),
        ],
        deletes=[
            *planned.deletes,
            *(gone for gone in deletes if Key(gone.kind, gone.namespace, gone.name) not in written),
        ],
    )


def _plan(inputs: ConsumerInputs, terms: Contract | Problem) -> Plan:
    if isinstance(terms, Problem):
        return _say(inputs, Outcome(stalled=terms))
    if terms.service_spec.reconcile_policy is ReconcilePolicy.SUSPEND:
        return _say(inputs, policy.suspended(inputs.consumer, terms.service_name))
    approved = _approve(inputs, terms)
    if not approved.status:
        why = Problem(approved.reason, approved.message)
        if approved.reason == approval.AWAITING:
            return unserved.plan(inputs, terms, approved, progressing=why)
        return unserved.plan(inputs, terms, approved, stalled=why, closed=approved.reason == approval.DENIED)
    granted = _granted(inputs, terms)
    if isinstance(granted, Problem):
        return unserved.plan(inputs, terms, approved, stalled=granted)
    return onboard(inputs, terms, granted, approved)


def _say(inputs: ConsumerInputs, outcome: Outcome) -> Plan:
    status, until = render(inputs, outcome)
    return Plan(status=status, requeue_after=until)


def _approve(inputs: ConsumerInputs, terms: Contract) -> Condition:
    return approval.decide(
        terms.service_spec,
        service=terms.service_name,
        consumer=inputs.consumer,
        home=inputs.home_namespace,
        generated=terms.generated,
        enforced=terms.service_spec.reconcile_policy is ReconcilePolicy.ENFORCE,
        # A namespace proves it as well as the condition, so that a lost status turns nobody away. It has to be one
        # of this service: a namespace may also be kept from a consumer of the same name that used another.
        holds=any(
            claim.live is not None and _service_of(claim.live) == terms.service_name
            for claim in terms.claims
            if claim.held
        ),
    )


def _service_of(namespace: Object) -> str:
    """The service that a namespace was made for, as `namespace/name`."""
    marks = labels(namespace)
    return f"{marks.get(names.SERVICE_NAMESPACE_LABEL)}/{marks.get(names.SERVICE_LABEL)}"


def _granted(inputs: ConsumerInputs, terms: Contract) -> ConsumerPlan | Problem:
    """The plan that the consumer asks for, or why it cannot have it."""
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
    asked = len(terms.claims)
    if asked > granted.max_namespaces:
        return Problem(
            "TooManyNamespaces",
            f"spec.namespaces asks for {asked} namespaces, and the plan {granted.name} of {terms.service_name} has "
            f"maxNamespaces: {granted.max_namespaces}, so everything stays as it is; ask for fewer, or set planName to "
            "a plan that gives more.",
        )
    return granted
