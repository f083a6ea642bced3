"""How the plan's quota is shared among a consumer's namespaces.

The shares are static: amounts follow from the contract alone, never from what is used, and add up to at most the plan's
budget whatever the rounding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from platform_contracts.api.platform_service import ConsumerPlan
from platform_contracts.config import Guardrails
from platform_contracts.kube.quantity import Quantity
from platform_contracts.onboarding.claims import Claim
from platform_contracts.onboarding.resources import NOTHING, Amounts, amounts


def budget(plan: ConsumerPlan, guardrails: Guardrails) -> dict[str, Quantity]:
    """What all namespaces of a consumer may have together: the plan's quota, and the administrator's bound of each
    resource that the plan does not name."""
    return amounts(dict(sorted({**guardrails.max_plan_quota, **plan.quota}.items())))


def rest(total: Amounts, taken: Iterable[Amounts]) -> dict[str, Quantity]:
    """What is left of the total, of each resource at least nothing."""
    all_taken = list(taken)
    return {
        resource: Quantity(
            max(amount.value - sum(each.get(resource, NOTHING).value for each in all_taken), NOTHING.value),
            amount.family,
        )
        for resource, amount in total.items()
    }


def nothing(total: Amounts, divided: Mapping[str, Amounts]) -> dict[str, list[str]]:
    """Those whose share comes to nothing of what there is some of, by resource."""
    found = {
        resource: sorted(name for name, amounts in divided.items() if not amounts[resource].value)
        for resource, amount in total.items()
        if amount.value
    }
    return {resource: names for resource, names in found.items() if names}


def divide(total: Amounts, claims: Sequence[Claim]) -> dict[str, dict[str, Quantity]]:
    """Each claim's amounts by its name. What entries with a sharePercent leave is divided evenly among the others."""
    given = sum(claim.share_percent or 0 for claim in claims)
    without = sum(claim.share_percent is None for claim in claims)
    divided: dict[str, dict[str, Quantity]] = {}
    before = Fraction(0)
    # By name, so that the order of the entries decides nothing.
    for claim in sorted(claims, key=lambda claim: claim.name):
        share = Fraction(100 - given, without) if claim.share_percent is None else Fraction(claim.share_percent)
        divided[claim.name] = {
            resource: Quantity(
                _floor(amount, before + share, resource) - _floor(amount, before, resource), amount.family
            )
            for resource, amount in total.items()
        }
        before += share
    return divided


def _floor(amount: Quantity, percent: Fraction, resource: str) -> Fraction:
    """That many percent of an amount, in whole units; the floors of growing percentages differ by what each adds."""
    if percent in (0, 100):
        return amount.value * int(percent) / 100
    unit = _unit(amount, resource)
    return percent * amount.value / 100 // unit * unit


def _unit(amount: Quantity, resource: str) -> Fraction:
    """What is not divided further: a thousandth of a CPU, an object, or of bytes one suffix below the amount's own."""
    name = resource.removeprefix("requests.").removeprefix("limits.")
    if name == "cpu":
        return Fraction(1, 1000)
    if not name.endswith(("memory", "storage")) and not name.startswith("hugepages-"):
        return Fraction(1)
    step = 1024 if amount.family == "Binary" else 1000
    unit = Fraction(1)
    while amount.value and amount.value % (unit * step) == 0:
        unit *= step
    return max(unit / step, Fraction(1))
