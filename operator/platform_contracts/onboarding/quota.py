"""Which quotas stand in a consumer's namespaces now, on the way to what its plan and shares say.

What namespaces hold that are no longer asked for comes off the plan's budget first, and the rest is divided among those
that are. Two things keep quotas from getting there at once. What would not fit is said before anything changes: a quota
that would fall below what is used, or a share that is nothing. And quotas shrink before others grow, so that what is in
force never adds up to more than the budget, wherever the operator is stopped.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from platform_contracts.api import names
from platform_contracts.api.platform_service import ConsumerPlan
from platform_contracts.kube.conditions import Problem
from platform_contracts.kube.kinds import RESOURCE_QUOTA
from platform_contracts.kube.objects import Object, labels, uid
from platform_contracts.kube.quantity import Quantity
from platform_contracts.onboarding import misfits, resources, shares
from platform_contracts.onboarding.claims import Claim
from platform_contracts.onboarding.inputs import ConsumerInputs
from platform_contracts.onboarding.resources import NOTHING, Amounts, amounts


@dataclass(frozen=True, slots=True)
class LiveQuota:
    """A namespace's ResourceQuota: its spec, what the API server goes by at this moment, and what is used of it."""

    hard: Amounts
    in_force: Amounts
    used: Amounts


@dataclass(frozen=True, slots=True)
class Step:
    """What the quota of each namespace should be now, and of which resources that is less than it will be."""

    amounts: Mapping[str, Amounts]
    # Some quota has yet to shrink.
    shrinking: frozenset[str] = frozenset()
    # A namespace that is being deleted still holds what others wait for.
    leaving: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a consumer has now."""

    plan: ConsumerPlan
    # The name of the plan whose quota and limits are in force: another one where both stay as they are.
    name: str
    budget: Amounts
    # What the quota of each namespace that the consumer has should be now, of those included that it no longer asks
    # for.
    amounts: Mapping[str, Amounts]
    # Why that is not what the contract says, and whether it will be without anybody's doing.
    problem: Problem | None = None
    waits: bool = False
    # Quotas still shrink, and others grow after them.
    moving: bool = False
    # Quota and LimitRange stay as they are; where the name is another plan's, so does all else.
    frozen: bool = False
    # What is within the budget and still worth knowing, in a sentence.
    remark: str | None = None


def live_quotas(inputs: ConsumerInputs, namespaces: Collection[str]) -> dict[str, LiveQuota]:
    """The quotas of our name in those namespaces."""
    return {
        obj["metadata"]["namespace"]: _read(obj)
        for kind, obj in inputs.children
        if kind == RESOURCE_QUOTA
        and obj["metadata"]["name"] == resources.NAME
        and obj["metadata"]["namespace"] in namespaces
    }


def decide(
    inputs: ConsumerInputs,
    claims: Sequence[Claim],
    *,
    granted: ConsumerPlan,
    former: ConsumerPlan | None,
    kept: Collection[str],
    leaving: Collection[str],
    generated: bool,
) -> Grant:
    """What is in force of the plan `granted`, or else of the one before, `former`, where the service still offers it.

    `kept` are namespaces that the consumer holds and no longer asks for; those of them in `leaving` are about to go.
    """
    held = [claim.name for claim in claims if claim.held]
    live = live_quotas(inputs, [*held, *kept])
    bounds = shares.budget(granted, inputs.guardrails)
    holding = keep(inputs, [name for name in kept if name not in leaving], bounds)
    going = {name: quota for name, quota in live.items() if name in leaving}
    problem: Problem | None = None
    for plan in (granted, former):
        if plan is None:
            continue
        budget = shares.budget(plan, inputs.guardrails)
        rest = shares.rest(budget, holding.values())
        wanted = shares.divide(rest, claims)
        used = {name: (quota.hard, quota.used) for name, quota in live.items() if name in wanted}
        found = (
            misfits.all_held(plan, budget, rest, holding, generated=generated)
            or misfits.nothing_runs(plan, budget, wanted)
            or misfits.more_is_used(plan, wanted, used, holding)
        )
        if found is None:
            step = _step({name: wanted[name] for name in held} | holding, live, going)
            waits = problem is None and (bool(step.shrinking) or _waits(step, wanted))
            return Grant(
                plan=plan,
                name=plan.name,
                budget=budget,
                amounts=step.amounts,
                problem=_moving(step, going) if waits else problem,
                waits=waits,
                moving=bool(step.shrinking),
                remark=misfits.remark(budget, wanted, holding),
            )
        problem = problem or found
    step = stay(inputs, claims, kept=holding, budget=bounds, going=going)
    name = former_name(inputs, claims) or granted.name
    if problem and name != granted.name:
        problem = Problem(problem.reason, f"Everything stays as it was on the plan {name}: {problem.message}")
    return Grant(
        plan=granted,
        name=name,
        budget=bounds,
        amounts=step.amounts,
        problem=problem,
        moving=bool(step.shrinking),
        frozen=True,
    )


def stay(
    inputs: ConsumerInputs,
    claims: Sequence[Claim],
    *,
    kept: Mapping[str, Amounts],
    budget: Amounts,
    going: Mapping[str, LiveQuota] | None = None,
) -> Step:
    """All quotas as they were in force; one of which nothing is known any more comes back with what the others leave of
    its share of the `budget`. `kept` are the amounts of namespaces that are no longer asked for, `going` the quotas of
    those that are about to go."""
    held = [claim.name for claim in claims if claim.held]
    known = {name: hard for name, hard in in_force(inputs, held).items() if name not in kept}
    missing = [claim for claim in claims if claim.held and claim.name not in known]
    wanted = {**known, **kept}
    taken = [quota.in_force for quota in (going or {}).values()]
    divided = shares.divide(budget, claims)
    for claim in missing:
        left = shares.rest(budget, [*wanted.values(), *taken])
        wanted[claim.name] = {resource: min(amount, left[resource]) for resource, amount in divided[claim.name].items()}
    return _step(wanted, live_quotas(inputs, wanted), going or {})


def keep(inputs: ConsumerInputs, namespaces: Collection[str], bounds: Amounts) -> dict[str, Amounts]:
    """The quotas of namespaces that are no longer asked for, as they were in force; where nothing is known of one any
    more, it has nothing of what the `bounds` name."""
    return {name: dict.fromkeys(bounds, NOTHING) for name in namespaces} | in_force(inputs, namespaces)


def in_force(inputs: ConsumerInputs, namespaces: Collection[str]) -> dict[str, Amounts]:
    """The quotas of those namespaces as they were last in force: by the consumer's status, which nobody else writes, or
    where that is lost by what stands there; without both of them nothing is known of one."""
    recorded = {
        entry["name"]: amounts(entry["quota"])
        for entry in inputs.consumer.get("status", {}).get("namespaces") or ()
        if "quota" in entry
        and entry["name"] in inputs.namespaces
        and entry.get("uid") == uid(inputs.namespaces[entry["name"]])
    }
    known = {**standing(inputs, namespaces), **recorded}
    return {name: hard for name, hard in known.items() if name in namespaces}


def standing(inputs: ConsumerInputs, namespaces: Collection[str]) -> dict[str, Amounts]:
    """The quotas that stand in those namespaces, whoever wrote them."""
    return {name: quota.hard for name, quota in live_quotas(inputs, namespaces).items()}


def former_name(inputs: ConsumerInputs, claims: Sequence[Claim]) -> str | None:
    """The plan that was in force so far, by the status or by the label of a namespace: where one is lost, the other
    tells."""
    labelled = (labels(claim.live).get(names.PLAN_LABEL) for claim in claims if claim.held and claim.live)
    name = inputs.consumer.get("status", {}).get("plan") or next((name for name in labelled if name), None)
    return str(name) if name else None


def _read(obj: Object) -> LiveQuota:
    status = obj.get("status") or {}
    hard = amounts(obj.get("spec", {}).get("hard") or {})
    enforced = amounts(status.get("hard") or {})
    in_force = {resource: max(amount, enforced.get(resource, amount)) for resource, amount in hard.items()}
    return LiveQuota(hard, in_force, amounts(status.get("used") or {}))


def _step(wanted: Mapping[str, Amounts], live: Mapping[str, LiveQuota], going: Mapping[str, LiveQuota]) -> Step:
    """The amounts on the way to `wanted`: of each resource, whatever would grow waits while anything has to shrink, or
    to go."""
    shrinking = frozenset(
        resource
        for name, hard in wanted.items()
        if name in live
        for resource, amount in hard.items()
        if live[name].in_force.get(resource, amount) > amount
    )
    leaving = frozenset(
        resource for quota in going.values() for resource, amount in quota.in_force.items() if amount.value
    )
    return Step(
        {
            name: {
                resource: min(amount, _so_far(live.get(name), resource, amount))
                if resource in shrinking | leaving
                else amount
                for resource, amount in hard.items()
            }
            for name, hard in wanted.items()
        },
        shrinking,
        leaving,
    )


def _so_far(quota: LiveQuota | None, resource: str, wanted: Quantity) -> Quantity:
    """What a namespace may use of a resource so far: nothing without a quota, since nobody is let in without one; what
    a quota does not name is unbounded, and any bound makes it less."""
    return quota.hard.get(resource, wanted) if quota else NOTHING


def _waits(step: Step, wanted: Mapping[str, Amounts]) -> bool:
    """Whether somebody's share waits for what leaves."""
    return any(
        step.amounts.get(name, {}).get(resource, NOTHING) < hard[resource]
        for name, hard in wanted.items()
        for resource in step.leaving & hard.keys()
    )


def _moving(step: Step, going: Collection[str]) -> Problem:
    if step.shrinking:
        moves = "is on its way" if len(step.shrinking) == 1 else "are on their way"
        return Problem(
            "SharesMoving",
            f"Quotas shrink before others grow: {', '.join(sorted(step.shrinking))} {moves} to the shares that are "
            "asked for.",
        )
    return Problem(
        "NamespaceLeaving",
        f"{' and '.join(sorted(going))} {'is' if len(going) == 1 else 'are'} being deleted, and quotas grow once what "
        "was held is free.",
    )
