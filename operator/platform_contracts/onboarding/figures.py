"""status.quota of a PlatformConsumer: what its namespaces may use together, what they use, and what is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from fractions import Fraction

from platform_contracts.kube.objects import Object, format_time, parse_time
from platform_contracts.kube.quantity import Quantity
from platform_contracts.onboarding.inputs import ConsumerInputs
from platform_contracts.onboarding.quota import live_quotas
from platform_contracts.onboarding.resources import NOTHING, Amounts


def section(inputs: ConsumerInputs, quotas: Mapping[str, Amounts], budget: Amounts) -> tuple[Object, timedelta | None]:
    """The section, and when to look again where it is not up to date; {} without a quota.

    `quotas` are the amounts of each namespace that the consumer has, `budget` what its plan gives for all of them. What
    is used changes with every pod: where nothing else has changed, the old figures stay until they are `usage_seconds`
    old.
    """
    if not quotas:
        return {}, None
    hard = total(quotas.values())
    # What is not counted yet was made just now.
    live = live_quotas(inputs, quotas)
    used = dict.fromkeys(hard, NOTHING) | total(
        {resource: amount for resource, amount in quota.used.items() if resource in hard} for quota in live.values()
    )
    figures: Object = {
        "hard": _text(hard),
        "used": _text(used),
        "available": _text(
            {
                resource: Quantity(max(amount.value - used[resource].value, Fraction(0)), amount.family)
                for resource, amount in budget.items()
                if resource in used
            }
        ),
    }
    fullest = fullest_of(hard, used)
    if fullest:
        figures["summary"] = f"{fullest[0]} {fullest[1]}%"
    before = inputs.consumer.get("status", {}).get("quota") or {}
    if {**figures, "observedTime": before.get("observedTime")} == before:
        return before, None
    if before.get("hard") == figures["hard"] and before.get("observedTime"):
        age = inputs.now - parse_time(before["observedTime"])
        left = timedelta(seconds=inputs.usage_seconds) - age
        if left > timedelta(0):
            return before, left
    return {**figures, "observedTime": format_time(inputs.now)}, None


def total(amounts: Iterable[Amounts]) -> dict[str, Quantity]:
    """The sums by resource."""
    found: defaultdict[str, list[Quantity]] = defaultdict(list)
    for each in amounts:
        for resource, amount in each.items():
            found[resource].append(amount)
    return {
        resource: Quantity(sum((amount.value for amount in each), Fraction(0)), each[0].family)
        for resource, each in sorted(found.items())
    }


def fullest_of(hard: Amounts, used: Amounts) -> tuple[str, int] | None:
    """The resource that is used most, and how many whole percent of it; None where there is nothing to use."""
    percents = {
        resource: int(100 * used[resource].value // amount.value)
        for resource, amount in hard.items()
        if amount.value and resource in used
    }
    return max(sorted(percents.items()), key=lambda item: item[1]) if percents else None


def _text(amounts: Amounts) -> dict[str, str]:
    return {resource: str(amount) for resource, amount in amounts.items()}
