"""Why a plan's quota cannot be divided as a consumer asks: said before anything changes."""

from __future__ import annotations

from collections.abc import Mapping

from platform_contracts.api.platform_service import ConsumerPlan
from platform_contracts.kube.conditions import Problem
from platform_contracts.kube.quantity import Quantity
from platform_contracts.onboarding import resources, shares
from platform_contracts.onboarding.resources import NOTHING, Amounts


def all_held(
    plan: ConsumerPlan, budget: Amounts, rest: Amounts, holding: Mapping[str, Amounts], *, generated: bool
) -> Problem | None:
    """Why nothing of a resource is left beside what namespaces hold that are no longer asked for."""
    for resource, total in budget.items():
        holders = _holders(holding, resource)
        if holders and total.value and not rest[resource].value:
            held = sum((holding[name][resource].value for name in holders), NOTHING.value)
            instead = (
                "ask the service's owner to list its environment again in spec.consumers, or to give a plan with more"
                if generated
                else "ask for it again in spec.namespaces, set planName to a plan with more"
            )
            return Problem(
                "BudgetExceeded",
                f"{' and '.join(holders)} {'is' if len(holders) == 1 else 'are'} no longer asked for and still held, "
                f"with {resource} {Quantity(held, total.family)} where the plan {plan.name} gives {total} for all, so "
                f"nothing is left to divide and all quotas stay as they are; {instead}, or, if nothing in it "
                f"is needed, have an administrator run: kubectl delete namespace {holders[0]}",
            )
    return None


def nothing_runs(plan: ConsumerPlan, budget: Amounts, wanted: Mapping[str, Amounts]) -> Problem | None:
    """Why nothing could run in a namespace: its share of pods, or of what pods need, comes to nothing."""
    for resource, without in shares.nothing(budget, wanted).items():
        if resources.runs_nothing_without(resource):
            return Problem(
                "ShareTooSmall",
                f"Of {resource} {budget[resource]} on the plan {plan.name} the share of {' and '.join(without)} comes "
                "to 0, with which nothing can run there, so quotas stay as they are; ask for fewer namespaces, for a "
                "larger sharePercent, or set planName to a plan with more.",
            )
    return None


def more_is_used(
    plan: ConsumerPlan,
    wanted: Mapping[str, Amounts],
    live: Mapping[str, tuple[Amounts, Amounts]],
    holding: Mapping[str, Amounts],
) -> Problem | None:
    """Why a quota cannot fall to what is wanted: more is used. `live` has what each says, and what is used of it."""
    for name, (hard, uses) in sorted(live.items()):
        for resource, amount in wanted[name].items():
            used, now = uses.get(resource, NOTHING), hard.get(resource)
            if used > amount and (now is None or amount < now):
                holders = _holders(holding, resource)
                beside = f" beside what {' and '.join(holders)} still holds" if holders else ""
                return Problem(
                    "DoesNotFit",
                    f"{name} uses {resource} {used}, and on the plan {plan.name} it would have {amount}{beside}, so "
                    "quotas stay as they are and move by themselves once it fits; free what is too much, or change "
                    "planName or sharePercent.",
                )
    return None


def remark(budget: Amounts, wanted: Mapping[str, Amounts], holding: Mapping[str, Amounts]) -> str | None:
    """What is worth knowing where everything fits: who holds part of the budget without being asked for, and who has
    nothing of what a namespace can do without."""
    said = []
    if holding:
        said.append(
            f"What {' and '.join(sorted(holding))} still {'holds' if len(holding) == 1 else 'hold'} comes off it."
        )
    found = shares.nothing(budget, wanted)
    if found:
        none = "; ".join(
            f"{resource} {budget[resource]} leaves 0 for {' and '.join(without)}" for resource, without in found.items()
        )
        said.append(f"{none}: change sharePercent, or set planName to a plan with more, where it is needed.")
    return " ".join(said) or None


def _holders(holding: Mapping[str, Amounts], resource: str) -> list[str]:
    return sorted(name for name, hard in holding.items() if hard.get(resource, NOTHING).value)
