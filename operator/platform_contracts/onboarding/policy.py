"""spec.reconcilePolicy of a service where it is not Enforce: what a consumer says while nothing is written."""

from __future__ import annotations

from collections.abc import Sequence

from platform_contracts.kube.conditions import Condition, Problem, find
from platform_contracts.kube.objects import Key, Object
from platform_contracts.onboarding.consumer_status import Outcome

_NAMED = 5


def suspended(consumer: Object, service: str) -> Outcome:
    """How a consumer stands where nothing is compared: ready if it was so, and has not been changed since."""
    still_ready = _still_ready(consumer)
    if still_ready:
        then = "what this consumer has stays as it is"
    elif consumer.get("status", {}).get("readyTime"):
        then = "what was changed or is still to be done is not carried out, and what this consumer has stays as it is"
    else:
        then = "this consumer waits"
    why = Problem(
        "Suspended",
        f"spec.reconcilePolicy of {service} is Suspend: nothing is compared or written, and {then}; it goes on once "
        "the service's owner sets Enforce.",
    )
    return Outcome(ready=why) if still_ready else Outcome(progressing=why)


def observed(
    consumer: Object,
    service: str,
    *,
    missing: Sequence[Key],
    differing: Sequence[Key],
    wanted: str,
    in_force: str | None,
) -> Problem | None:
    """Why a consumer is not ready whose objects are only looked at: some are missing, another plan is in force than the
    one that is wanted, or what differs does so since the consumer was changed. None where it is ready."""
    if missing:
        what = f"{_listed(missing)} would be made"
    elif in_force not in (None, wanted):
        what = f"The plan {wanted} would follow {in_force}, which is in force"
    elif differing and not _still_ready(consumer):
        what = f"{_listed(differing)} would be changed"
    else:
        return None
    return Problem(
        "Observed",
        f"{what}, and spec.reconcilePolicy of {service} is Observe, which writes nothing; ask the service's owner to "
        "set Enforce.",
    )


def _still_ready(consumer: Object) -> bool:
    """Whether a consumer was ready, and has not been changed since."""
    ready = find(consumer, "Ready")
    return (
        ready is not None
        and ready["status"] == "True"
        and ready.get("observedGeneration") == consumer["metadata"]["generation"]
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
