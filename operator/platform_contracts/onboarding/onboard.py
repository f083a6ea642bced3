"""The steps by which an approved consumer gets its namespaces.

A namespace that is made or adopted comes first and alone: what stands in it follows once its UID is known, so that
nothing is ever written into a namespace that might be somebody else's. All that are new come together or none does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from platform_contracts.api.platform_service import ConsumerPlan, ReconcilePolicy
from platform_contracts.kube.conditions import Condition, find
from platform_contracts.kube.kinds import NAMESPACE
from platform_contracts.kube.objects import Key, is_deleting, key_of, parse_time
from platform_contracts.kube.plan import Plan
from platform_contracts.onboarding import (
    children,
    claims,
    drift,
    enforcement,
    figures,
    guards,
    offboarding,
    plans,
    policy,
    quota,
    readers,
    unserved,
)
from platform_contracts.onboarding.claims import Claim
from platform_contracts.onboarding.consumer_status import ENTRIES, Outcome, as_it_was, listed, render, with_quota
from platform_contracts.onboarding.contract import Contract
from platform_contracts.onboarding.inputs import ConsumerInputs
from platform_contracts.onboarding.progress import Progress
from platform_contracts.onboarding.quota import Grant
from platform_contracts.onboarding.standing import Standing, adopted, created

_SOON = timedelta(seconds=1)
# Of what others have in the way no event tells: it is looked for this soon at first, then a tenth of the time later
# that it has been there, and this late at most.
_FIRST, _LAST = timedelta(seconds=10), timedelta(minutes=5)


def onboard(inputs: ConsumerInputs, terms: Contract, granted: ConsumerPlan, approved: Condition) -> Plan:
    """What makes of an approved contract its namespaces, and the status that they have then."""
    enforcing = terms.service_spec.reconcile_policy is ReconcilePolicy.ENFORCE
    asked = [claim.name for claim in terms.claims]
    obstacles = claims.obstacles(inputs, terms.claims, generated=terms.generated)
    # What bears our labels under a name that could never be given is not the consumer's.
    terms = replace(terms, claims=[claim.without() if claim.name in obstacles else claim for claim in terms.claims])
    held = [name for name in claims.held(inputs, asked) if name not in obstacles]
    kept = [name for name in held if name not in asked]
    going = [name for name in offboarding.deletable(inputs, kept) if inputs.claims_in.get(name) == 0]
    closing = children.leave(inputs.children, kept)
    # Whoever has access could still make a PersistentVolumeClaim: the look that counts comes after access has ended.
    open_still = {ending.namespace for ending in closing}
    grant = _grant(inputs, terms, granted, kept, going)
    if grant.frozen and grant.name != grant.plan.name:
        # All that the former plan gave stays with its quota, or a namespace would be on two plans at once.
        return unserved.plan(inputs, terms, approved, stalled=grant.problem, within_budget=_within_budget(grant))
    done = enforcement.enforce(inputs, terms, grant, held, in_steps=enforcing)
    staying = [name for name in kept if name in grant.amounts]
    guarded = guards.keep(inputs, terms, grant.amounts, staying, held, in_steps=enforcing)
    marking = done.marking or guarded.marking
    # All that are new come together or none does.
    free = not obstacles and grant.problem is None
    new = [claim for claim in terms.claims if free and claim.standing is Standing.MISSING]
    first = [enforcement.new_namespace(inputs, terms, grant, claim) for claim in new]
    # Whose ServiceAccounts may be members is known once all namespaces are there.
    listed = done.members if terms.generated else ()
    reading = readers.NOTHING if new or marking else readers.let_in(inputs, listed)
    applies = [*first, *done.applies, *guarded.applies, *reading.applies]
    deletes = [
        *closing,
        *done.deletes,
        *reading.deletes,
        *guarded.deletes,
        *(offboarding.delete(inputs, name) for name in going if name not in open_still),
    ]
    # Comparing is the writer's work: here it is only asked for what is told.
    compared = inputs.disturbed or grant.moving or not enforcing
    changes = drift.written(inputs, applies, deletes) if compared else []
    corrected = [key for key in changes if key in inputs.disturbed] if enforcing else []
    recorded = any(
        claim.standing is Standing.LOST or (free and claim.standing is Standing.CONSENTED) for claim in terms.claims
    )
    if enforcing and (new or marking) and not (recorded or corrected):
        # The status comes with the rest, in one write.
        return Plan(applies=applies, deletes=deletes, requeue_after=timedelta(0))
    conflicts = {**done.conflicts, **guarded.conflicts, **reading.conflicts}
    steps = Progress(inputs, terms, obstacles, done, conflicts, grant, free=free, enforcing=enforcing)
    stalled, progressing = steps.stalled(), steps.progressing()
    absent = [Key(NAMESPACE, None, claim.name) for claim in terms.claims if claim.standing is Standing.LOST]
    missing = [key_of(apply.kind, apply.obj) for apply in applies if apply.uid is None]
    in_force = quota.former_name(inputs, terms.claims)
    if not enforcing:
        seen = policy.observed(
            inputs.consumer,
            terms.service_name,
            missing=missing,
            differing=changes,
            wanted=grant.name,
            in_force=in_force,
        )
        progressing = seen or progressing
    # What is in force as long as nothing is written, and once the plan is carried out.
    standing, recorded_quotas = quota.standing(inputs, held), quota.in_force(inputs, held)
    undone = figures.section(inputs, standing, grant.budget)
    figured, fresh = figures.section(inputs, {**standing, **grant.amounts}, grant.budget) if enforcing else undone
    entries = [*steps.entries(), *(offboarding.kept_entry(inputs, name, going) for name in kept)][:ENTRIES]
    as_they_were = [with_quota(entry, recorded_quotas) for entry in entries]
    status, until = render(
        inputs,
        Outcome(
            stalled=stalled,
            progressing=progressing,
            approved=approved,
            consent=_consent(terms.claims),
            within_budget=_within_budget(grant),
            in_sync=(
                steps.in_sync(grant.name)
                if enforcing
                else policy.in_sync(terms.service_name, grant.name, [*absent, *changes], stalled)
            ),
            plan=grant.name if enforcing else in_force,
            namespaces=[with_quota(entry, grant.amounts) for entry in entries] if enforcing else as_they_were,
            quota=figured,
            drifted=corrected,
            approved_time=_since(terms.claims),
            ready_time=None if missing else max((created(obj) for obj in done.live), default=None),
        ),
    )
    looks = [until, fresh]
    if enforcing:
        looks += [
            timedelta(0) if new or marking or recorded or (grant.moving and changes) else None,
            # The end of access, once it is seen, asks for the next look by itself.
            _SOON if grant.moving or open_still.intersection(going) else None,
            _again(inputs) if any(inputs.policies_in.values()) or children.foreign_rules(inputs.children) else None,
            timedelta(seconds=inputs.usage_seconds) if grant.problem or any(inputs.claims_in.values()) else None,
        ]
    return Plan(
        applies=applies if enforcing else [],
        deletes=deletes if enforcing else [],
        status=status,
        if_refused=as_it_was(inputs, in_force, as_they_were, undone[0]),
        requeue_after=min((look for look in looks if look is not None), default=None),
        drifted=corrected,
    )


def _again(inputs: ConsumerInputs) -> timedelta:
    stalled = find(inputs.consumer, "Stalled")
    since = parse_time(stalled["lastTransitionTime"]) if stalled and stalled["status"] == "True" else inputs.now
    return min(max((inputs.now - since) / 10, _FIRST), _LAST)


def _grant(
    inputs: ConsumerInputs, terms: Contract, granted: ConsumerPlan, kept: Sequence[str], going: Sequence[str]
) -> Grant:
    name = quota.former_name(inputs, terms.claims)
    former = plans.grantable(terms.service_spec, name, inputs.guardrails) if name != granted.name else None
    if former and len(terms.claims) > former.max_namespaces:
        former = None
    leaving = [name for name in kept if name in going or is_deleting(inputs.namespaces[name])]
    return quota.decide(
        inputs,
        terms.claims,
        granted=granted,
        former=former,
        kept=kept,
        leaving=leaving,
        generated=terms.generated,
    )


def _consent(asked: Sequence[Claim]) -> Condition | None:
    adopting = [claim for claim in asked if claim.adopt]
    if not adopting:
        return None
    without = [claim.name for claim in adopting if claim.standing is Standing.UNCONSENTED]
    if without:
        return Condition(
            "ConsentGiven",
            False,
            "AwaitingConsent",
            f"Without consent so far: {', '.join(without)}; Ready says how to give it.",
        )
    names = [claim.name for claim in adopting]
    return Condition("ConsentGiven", True, "ConsentGiven", f"Consent is given for the {listed(names)}.")


def _within_budget(grant: Grant) -> Condition:
    if grant.problem:
        return Condition("QuotaWithinBudget", grant.waits or False, grant.problem.reason, grant.problem.message)
    return Condition(
        "QuotaWithinBudget",
        True,
        "WithinBudget",
        f"The quotas of all namespaces add up to at most what the plan {grant.plan.name} gives."
        + (f" {grant.remark}" if grant.remark else ""),
    )


def _since(asked: Sequence[Claim]) -> str | None:
    """When the first namespace was made for the consumer."""
    made = [created(claim.live) for claim in asked if claim.held and claim.live and not adopted(claim.live)]
    return min(made, default=None)
