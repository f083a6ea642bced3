"""spec.reconcilePolicy of a service where it is not Enforce: what a consumer says while nothing is written."""

from __future__ import annotations

from collections.abc import Sequence

from platform_contracts.kube.conditions import Condition, is_true
from platform_contracts.kube.objects import Key, Object
from platform_contracts.onboarding.problem import Problem

_NAMED = 5


def suspended(consumer: Object, service: str) -> Problem:
    """Why nothing is compared, for a consumer that was ready and for one that was not."""
    already = "what this consumer has stays as it is" if is_true(consumer, "Ready") else "this consumer waits"
    return Problem(
        "Suspended",
        f"spec.reconcilePolicy of {service} is Suspend: nothing is compared or written, and {already}; it goes on once "
        "the service's owner sets Enforce.",
    )


def observed(service: str, missing: Sequence[Key]) -> Problem:
    """Why a consumer is not ready whose objects are only looked at."""
    return Problem(
        "Observed",
        f"{_listed(missing)} would be made, and spec.reconcilePolicy of {service} is Observe, which writes nothing; "
        "ask the service's owner to set Enforce.",
    )


def in_sync(service: str, plan: str, differing: Sequence[Key], in_the_way: Problem | None) -> Condition:
    """The condition InSync of a consumer that is only looked at: what differs from its plan, or what is in the way."""
    if in_the_way and not differing:
        return Condition("InSync", False, in_the_way.reason, in_the_way.message)
    if not differing:
        return Condition("InSync", True, "InSync", f"Nothing differs from the plan {plan} ({service} only observes).")
    return Condition(
        "InSync",
        False,
        "OutOfSync",
        f"{_listed(differing)} {'differs' if len(differing) == 1 else 'differ'} from the plan {plan}, and "
        f"spec.reconcilePolicy of {service} is Observe, which writes nothing; the service's owner sets Enforce to have "
        "it set right.",
    )


def _listed(keys: Sequence[Key]) -> str:
    shown = ", ".join(str(key) for key in keys[:_NAMED])
    return f"{shown} and {len(keys) - _NAMED} more" if len(keys) > _NAMED else shown
