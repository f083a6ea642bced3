"""A consumer that is not let in any more, or whose plan cannot be granted: it gets nothing new, and what guards the
namespaces that it has stays in force."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from platform_contracts.api.platform_service import ReconcilePolicy
from platform_contracts.kube.conditions import Condition
from platform_contracts.kube.objects import Object, uid
from platform_contracts.kube.plan import Plan
from platform_contracts.onboarding import access, children, claims, drift, figures, guards, plans, quota, shares
from platform_contracts.onboarding.consumer_status import RETAINED, Outcome, as_it_was, render, with_quota
from platform_contracts.onboarding.contract import Contract
from platform_contracts.onboarding.guards import Guarding
from platform_contracts.onboarding.inputs import ConsumerInputs
from platform_contracts.onboarding.problem import Problem
from platform_contracts.onboarding.resources import NOTHING, Amounts

_SOON = timedelta(seconds=1)


def plan(
    inputs: ConsumerInputs,
    terms: Contract,
    approved: Condition,
    *,
    stalled: Problem | None = None,
    progressing: Problem | None = None,
    closed: bool = False,
) -> Plan:
    """What keeps the guards of its namespaces; `closed`: nobody has access to them any more. Else whoever has it keeps
    it as long as spec.members names him."""
    enforcing = terms.service_spec.reconcile_policy is ReconcilePolicy.ENFORCE
    asked = [claim.name for claim in terms.claims]
    obstacles = claims.obstacles(inputs, terms.claims, generated=terms.generated)
    held = [name for name in claims.held(inputs, asked) if name not in obstacles and claims.taken_up(inputs, name)]
    mine = [claim for claim in terms.claims if claim.name in held]
    in_force = quota.former_name(inputs, mine)
    former = plans.grantable(terms.service_spec, in_force, inputs.guardrails)
    # Without the plan nobody knows what to give to one whose quota is lost as well.
    nothing: Amounts = dict.fromkeys(inputs.guardrails.max_plan_quota, NOTHING)
    bounds = shares.budget(former, inputs.guardrails) if former else nothing
    kept = quota.keep(inputs, [name for name in held if name not in asked], bounds)
    step = quota.stay(inputs, mine, kept=kept, budget=bounds)
    guarded = guards.keep(inputs, terms, step.amounts, held, held, in_steps=enforcing)
    members, withdrawn = ([], children.leave(inputs.children, held)) if closed else access.withdraw(inputs, held)
    # Nothing is written into a namespace before it is seen to carry our marker; to end access needs none.
    members = [item for item in members if item.obj["metadata"]["namespace"] in guarded.marked]
    applies, deletes = [*guarded.applies, *members], [*withdrawn, *guarded.deletes]
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
            in_sync=_in_sync(guarded, why) if held and enforcing and why else None,
            plan=in_force,
            namespaces=_entries(inputs, asked, held, step.amounts if enforcing else recorded),
            quota=figured,
            drifted=corrected,
        ),
    )
    looks = [until, fresh]
    if enforcing:
        looks += [timedelta(0) if guarded.marking else None, _SOON if step.shrinking else None]
    return Plan(
        applies=applies if enforcing else [],
        deletes=deletes if enforcing else [],
        status=status,
        if_refused=as_it_was(inputs, in_force, _entries(inputs, asked, held, recorded), undone[0]),
        requeue_after=min((look for look in looks if look is not None), default=None),
        drifted=corrected,
    )


def _in_sync(guarded: Guarding, why: Problem) -> Condition:
    for conflict in guarded.conflicts.values():
        return Condition("InSync", False, conflict.reason, conflict.message)
    return Condition(
        "InSync",
        None,
        why.reason,
        "What guards the namespaces is kept as it was in force, and nothing else is compared with the plan; Ready says "
        "why.",
    )


def _entries(
    inputs: ConsumerInputs, asked: Collection[str], held: Sequence[str], quotas: Mapping[str, Amounts]
) -> list[Object]:
    """status.namespaces as it was, with what is held and not in it, and with the quotas."""
    before = {entry["name"]: entry for entry in inputs.consumer.get("status", {}).get("namespaces") or ()}
    new = {
        name: {"name": name, "state": "Ready" if name in asked else RETAINED, "uid": uid(inputs.namespaces[name])}
        for name in held
        if name not in before
    }
    return [with_quota(entry, quotas) for entry in {**before, **new}.values()]
