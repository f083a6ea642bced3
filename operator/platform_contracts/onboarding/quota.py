"""Which quotas stand in a consumer's namespaces now, on the way to what its plan and shares say.

Two things keep them from getting there at once. What would not fit is said before anything changes: a quota that would
fall below what is used, or below what a namespace still holds that is no longer asked for. And shares shrink before
others grow, so that what is in force never adds up to more than the budget, wherever the operator is stopped.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from platform_contracts.api import names
from platform_contracts.api.platform_service import ConsumerPlan
from platform_contracts.kube.kinds import RESOURCE_QUOTA
from platform_contracts.kube.objects import Object, labels
from platform_contracts.kube.quantity import Quantity
from platform_contracts.onboarding import resources, shares
from platform_contracts.onboarding.claims import Claim
from platform_contracts.onboarding.inputs import ConsumerInputs
from platform_contracts.onboarding.problem import Problem
from platform_contracts.onboarding.resources import Amounts, amounts

_NOTHING = Quantity.parse("0")


@dataclass(frozen=True, slots=True)
class LiveQuota:
    """A namespace's ResourceQuota: its spec, what the API server goes by at this moment, and what is used of it."""

    hard: Amounts
    in_force: Amounts
    used: Amounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a consumer has now."""

    plan: ConsumerPlan
    # The name of the plan whose quota and limits are in force: another one where both stay as they are.
    name: str
    budget: Amounts
    # What the quota of each namespace that the consumer has should be now.
    amounts: Mapping[str, Amounts]
    # Why that is not what the contract says, and whether it will be without anybody's doing.
    problem: Problem | None = None
    waits: bool = False
    # Quotas still shrink, and others grow after them.
    moving: bool = False
    # Quota and LimitRange stay as they are.
    frozen: bool = False


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
) -> Grant:
    """What is in force of the plan `granted`, or else of the one before, `former`, where the service still offers it.

    `kept` are namespaces that the consumer holds and no longer asks for; those of them in `leaving` are about to go.
    """
    live = live_quotas(inputs, [claim.name for claim in claims if claim.held])
    holding = live_quotas(inputs, kept)
    problem, waits = None, False
    for plan in (granted, former):
        if plan is None:
            continue
        budget = shares.budget(plan, inputs.guardrails)
        wanted = shares.divide(budget, claims)
        found = _held_by_others(plan, budget, wanted, holding) or _does_not_fit(plan, wanted, live)
        if found is None:
            return _move(claims, plan, budget, wanted, live, problem)
        if problem is None:
            problem, waits = found, set(holding) <= set(leaving) and found.reason == "BudgetExceeded"
    if waits:
        problem = Problem(
            "NamespaceLeaving",
            f"{' and '.join(sorted(holding))} {'is' if len(holding) == 1 else 'are'} being deleted, and quotas move "
            "once what was held is free.",
        )
    return _stay(inputs, claims, granted, live, holding, problem, waits)


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


def _held_by_others(
    plan: ConsumerPlan, budget: Amounts, wanted: Mapping[str, Amounts], holding: Mapping[str, LiveQuota]
) -> Problem | None:
    """Why the budget does not do for what is asked for beside what namespaces hold that no longer are."""
    for resource, total in budget.items():
        holders = sorted(name for name, quota in holding.items() if resource in quota.in_force)
        held = sum(holding[name].in_force[resource].value for name in holders)
        asked = sum(amounts[resource].value for amounts in wanted.values())
        if held and held + asked > total.value:
            return Problem(
                "BudgetExceeded",
                f"{' and '.join(holders)} {'is' if len(holders) == 1 else 'are'} no longer asked for and still held, "
                f"with {resource} {Quantity(held, total.family)} of the {total} that the plan {plan.name} gives, so "
                "all quotas stay as they are; ask for it again in spec.namespaces, leave room for it by smaller values "
                f"of sharePercent, or have an administrator run: kubectl delete namespace {holders[0]}",
            )
    return None


def _does_not_fit(plan: ConsumerPlan, wanted: Mapping[str, Amounts], live: Mapping[str, LiveQuota]) -> Problem | None:
    """Why a quota cannot fall to what is wanted: more is used."""
    for name, quota in sorted(live.items()):
        for resource, amount in wanted[name].items():
            used, now = quota.used.get(resource, _NOTHING), quota.hard.get(resource)
            if used > amount and (now is None or amount < now):
                return Problem(
                    "DoesNotFit",
                    f"{name} uses {resource} {used}, and on the plan {plan.name} it would have {amount}, so quotas "
                    "stay as they are and move by themselves once it fits; free what is too much, or change planName "
                    "or sharePercent.",
                )
    return None


def _move(
    claims: Sequence[Claim],
    plan: ConsumerPlan,
    budget: Amounts,
    wanted: Mapping[str, Amounts],
    live: Mapping[str, LiveQuota],
    problem: Problem | None,
) -> Grant:
    """The amounts on the way to `wanted`: of each resource, whatever would grow waits while anything has to shrink."""
    held = [claim.name for claim in claims if claim.held]
    shrinking = {
        resource
        for name, quota in live.items()
        for resource, amount in wanted[name].items()
        if quota.in_force.get(resource, amount) > amount
    }
    amounts = {
        name: {
            resource: min(amount, _so_far(live.get(name), resource, amount)) if resource in shrinking else amount
            for resource, amount in wanted[name].items()
        }
        for name in held
    }
    waits = problem is None and bool(shrinking)
    if waits:
        problem = Problem(
            "SharesMoving",
            f"Quotas shrink before others grow: {', '.join(sorted(shrinking))} is on its way to the shares that are "
            "asked for.",
        )
    return Grant(
        plan=plan,
        name=plan.name,
        budget=budget,
        amounts=amounts,
        problem=problem,
        waits=waits,
        moving=bool(shrinking),
    )


def _so_far(quota: LiveQuota | None, resource: str, wanted: Quantity) -> Quantity:
    """What a namespace may use of a resource so far: nothing without a quota, since nobody is let in without one; what
    a quota does not name is unbounded, and any bound makes it less."""
    return quota.hard.get(resource, wanted) if quota else _NOTHING


def _stay(
    inputs: ConsumerInputs,
    claims: Sequence[Claim],
    granted: ConsumerPlan,
    live: Mapping[str, LiveQuota],
    holding: Mapping[str, LiveQuota],
    problem: Problem | None,
    waits: bool,
) -> Grant:
    """All quotas as they are; one that is missing comes back with what the others leave of its share."""
    budget = shares.budget(granted, inputs.guardrails)
    wanted = shares.divide(budget, claims)
    amounts = {name: dict(quota.hard) for name, quota in live.items()}
    for claim in claims:
        if claim.held and claim.name not in amounts:
            amounts[claim.name] = {
                resource: min(amount, _left(budget[resource], resource, [*amounts.values(), *_hard(holding)]))
                for resource, amount in wanted[claim.name].items()
            }
    name = former_name(inputs, claims) or granted.name
    return Grant(plan=granted, name=name, budget=budget, amounts=amounts, problem=problem, waits=waits, frozen=True)


def _hard(quotas: Mapping[str, LiveQuota]) -> list[Amounts]:
    return [quota.in_force for quota in quotas.values()]


def _left(total: Quantity, resource: str, taken: Sequence[Amounts]) -> Quantity:
    value = total.value - sum(amounts[resource].value for amounts in taken if resource in amounts)
    return Quantity(max(value, _NOTHING.value), total.family)
