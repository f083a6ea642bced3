"""A consumer that is not let in any more, or whose plan cannot be granted or not be moved to: it gets nothing new, and
what guards the namespaces that it has stays in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from platform_contracts.api.platform_service import ReconcilePolicy
from platform_contracts.kube.conditions import Condition, Problem
from platform_contracts.kube.objects import Object, is_deleting, uid
from platform_contracts.kube.plan import Plan
from platform_contracts.onboarding import (
    children,
    claims,
    drift,
    figures,
    guards,
    offboarding,
    plans,
    quota,
    readers,
    shares,
    withdrawal,
)
from platform_contracts.onboarding.claims import Claim
from platform_contracts.onboarding.consumer_status import ENTRIES, LEFT, Outcome, as_it_was, render, with_quota
from platform_contracts.onboarding.contract import Contract
from platform_contracts.onboarding.guards import Guarding
from platform_contracts.onboarding.inputs import ConsumerInputs
from platform_contracts.onboarding.resources import NOTHING, Amounts
from platform_contracts.onboarding.standing import Standing, conflict

_SOON = timedelta(seconds=1)


def plan(
    inputs: ConsumerInputs,
    terms: Contract,
    approved: Condition,
    *,
    stalled: Problem | None = None,
    progressing: Problem | None = None,
    within_budget: Condition | None = None,
    closed: bool = False,
) -> Plan:
    """What keeps the guards of its namespaces; `closed`: nobody has access to them any more. Else whoever has it keeps
    it as long as spec.members names him in that role. `within_budget` is the condition that it waits for."""
    enforcing = terms.service_spec.reconcile_policy is ReconcilePolicy.ENFORCE
    asked = [claim.name for claim in terms.claims]
    obstacles = claims.obstacles(inputs, terms.claims, generated=terms.generated)
    every = claims.held(inputs, asked)
    held = [name for name in every if name not in obstacles and claims.taken_up(inputs, name)]
    mine = [claim for claim in terms.claims if claim.name in held]
    in_force = quota.former_name(inputs, mine)
    former = plans.grantable(terms.service_spec, in_force, inputs.guardrails)
    # Without the plan nobody knows what to give to one whose quota is lost as well.
    nothing: Amounts = dict.fromkeys(inputs.guardrails.max_plan_quota, NOTHING)
    bounds = shares.budget(former, inputs.guardrails) if former else nothing
    kept = quota.keep(inputs, [name for name in held if name not in asked], bounds)
    step = quota.stay(inputs, mine, kept=kept, budget=bounds)
    guarded = guards.keep(inputs, terms, step.amounts, held, held, in_steps=enforcing)
    # To end access, a namespace needs neither to be taken up nor to be free of obstacles.
    left = every if closed else [name for name in every if name not in asked]
    members, ended = withdrawal.from_namespaces(
        inputs, terms.spec.members, asked, [name for name in every if name not in left]
    )
    applies = [*guarded.applies, *members]
    deletes = [
        *(readers.end(inputs) if closed else ()),
        *children.leave(inputs.children, left),
        *ended,
        *guarded.deletes,
    ]
    changes = drift.written(inputs, applies, deletes) if inputs.disturbed else []
    corrected = [key for key in changes if key in inputs.disturbed] if enforcing else []
    if enforcing and guarded.marking and not corrected:
        # The status comes with the rest, in one write.
        return Plan(applies=applies, deletes=deletes, requeue_after=timedelta(0))
    standing, recorded = quota.standing(inputs, held), quota.in_force(inputs, held)
    done = figures.section(inputs, step.amounts, bounds if former else figures.total(step.amounts.values()))
    undone = figures.section(inputs, standing, bounds if former else figures.total(standing.values()))
    figured, fresh = done if enforcing else undone
    why = stalled or progressing
    status, until = render(
        inputs,
        Outcome(
            stalled=stalled,
            progressing=progressing,
            approved=approved,
            within_budget=within_budget,
            in_sync=_in_sync(guarded, why) if held and enforcing and why else None,
            plan=in_force,
            namespaces=_entries(inputs, terms.claims, held, step.amounts if enforcing else recorded),
            quota=figured,
            drifted=corrected,
        ),
    )
    looks = [until, fresh]
    if enforcing:
        looks += [
            timedelta(0) if guarded.marking else None,
            _SOON if step.shrinking else None,
            timedelta(seconds=inputs.usage_seconds) if within_budget else None,
        ]
    return Plan(
        applies=applies if enforcing else [],
        deletes=deletes if enforcing else [],
        status=status,
        if_refused=as_it_was(inputs, in_force, _entries(inputs, terms.claims, held, recorded), undone[0]),
        requeue_after=min((look for look in looks if look is not None), default=None),
        drifted=corrected,
    )


def _in_sync(guarded: Guarding, why: Problem) -> Condition:
    for problem in guarded.conflicts.values():
        return Condition("InSync", False, problem.reason, problem.message)
    return Condition(
        "InSync",
        None,
        why.reason,
        "What guards the namespaces is kept as it was in force, and nothing else is compared with the plan; Ready says "
        "why.",
    )


def _entries(
    inputs: ConsumerInputs, asked: Sequence[Claim], held: Sequence[str], quotas: Mapping[str, Amounts]
) -> list[Object]:
    """status.namespaces as it was, with what became of those namespaces since, and with the quotas."""
    before = {entry["name"]: entry for entry in inputs.consumer.get("status", {}).get("namespaces") or ()}
    entries = [_entry(inputs, claim, before.get(claim.name), claim.name in held) for claim in asked]
    kept = [name for name in held if name not in {claim.name for claim in asked}]
    entries += [offboarding.kept_entry(inputs, name, ()) for name in kept]
    return [with_quota(entry, quotas) for entry in entries if entry][:ENTRIES]


def _entry(inputs: ConsumerInputs, claim: Claim, before: Object | None, held: bool) -> Object | None:
    """How a namespace stands that is asked for; None where there was none and is none."""
    name, live = claim.name, claim.live
    if before is None or (held and before["state"] in LEFT):
        return {"name": name, "state": "Ready", "uid": uid(inputs.namespaces[name])} if held else None
    if "uid" not in before:
        return before
    again = "comes again once its consumer is served; Ready says what keeps it from that."
    if live is None:
        return {**before, "state": "Pending", "message": f"The namespace {name} was deleted, and {again}"}
    if before["uid"] != uid(live):
        replaced = conflict(Standing.REPLACED, name, inputs.consumer, claim.field)
        return {**before, "state": "Conflict", "message": replaced.message}
    if is_deleting(live):
        return {**before, "state": "Terminating", "message": f"The namespace {name} is being deleted, and {again}"}
    return before
