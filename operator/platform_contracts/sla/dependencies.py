"""Whether an SLA can keep what it promises, by what the SLAs promise that it depends on.

Where everything has to work for one request, the shares of good events multiply: the product of the targets is the most
that can be promised without anything in reserve. It is said and enforced nowhere, because there may be a reserve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from functools import reduce
from operator import mul

from platform_contracts.api.objective import Objective
from platform_contracts.kube.conditions import Condition
from platform_contracts.sla.burnrate import decimal

CONDITION = "FeasibleAsPromised"
# More would not help a reader.
_SHOWN = 5
_PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Upstream:
    """An SLA that another one depends on: its targets in percent, by objective.

    None where there is nothing to be said of it: it does not exist, cannot be read, or is not for the other one's eyes.
    These are one case on purpose: nobody learns from a condition what is in another namespace.
    """

    namespace: str
    name: str
    targets: Mapping[str, str] | None

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def feasible(objectives: Sequence[Objective], upstreams: Sequence[Upstream], own: str) -> Condition | None:
    """FeasibleAsPromised of the SLA `own` (namespace/name); None where it depends on nothing."""
    if not upstreams:
        return None
    if any(str(upstream) == own for upstream in upstreams):
        return Condition(
            CONDITION, None, "DependsOnItself", f"spec.dependsOn names {own}, which is this SLA itself; take it out."
        )
    unknown = [str(upstream) for upstream in upstreams if upstream.targets is None]
    too_much = [told for objective in objectives if (told := _excess(objective, upstreams)) is not None]
    if too_much:
        return Condition(CONDITION, False, "PromisedTooMuch", " ".join(too_much))
    if unknown:
        return Condition(
            CONDITION,
            None,
            "DependencyUnknown",
            f"Nothing can be said of {', '.join(unknown[:_SHOWN])}: correct spec.dependsOn where there is no such SLA, "
            "or have a PlatformConsumer of its service in this namespace, as a user of that service has.",
        )
    bounded = [one.name for one in objectives if _bounds(one, upstreams)]
    if not bounded:
        names = ", ".join(one.name for one in objectives[:_SHOWN])
        return Condition(
            CONDITION,
            None,
            "NothingInCommon",
            f"None of the SLAs in spec.dependsOn has an objective called {names}; give those that depend on each other "
            "one name.",
        )
    return Condition(
        CONDITION,
        True,
        "WithinDependencies",
        f"The targets of what it depends on allow what {', '.join(bounded[:_SHOWN])} promises.",
    )


def _bounds(objective: Objective, upstreams: Sequence[Upstream]) -> list[tuple[Upstream, str]]:
    """The dependencies that have an objective of that name, with its target."""
    return [
        (upstream, upstream.targets[objective.name])
        for upstream in upstreams
        if upstream.targets is not None and objective.name in upstream.targets
    ]


def _excess(objective: Objective, upstreams: Sequence[Upstream]) -> str | None:
    bounds = _bounds(objective, upstreams)
    if not bounds:
        return None
    most = 100 * reduce(mul, (Decimal(target) / 100 for _, target in bounds))
    if Decimal(objective.target) <= most:
        return None
    shown = decimal(most.quantize(_PLACES, ROUND_FLOOR))
    told = ", ".join(f"{upstream} {target}%" for upstream, target in bounds[:_SHOWN])
    return (
        f"{objective.name} promises {objective.target}%, and what it depends on allows {shown}% ({told}); lower the "
        "target to that, depend on less, or have a reserve for when one fails and take it out of spec.dependsOn."
    )
