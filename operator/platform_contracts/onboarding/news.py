"""What happened to a consumer, as its new status tells: let in, turned away, stopped, set right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from platform_contracts.api.platform_service import ReconcilePolicy
from platform_contracts.kube.conditions import find, is_true
from platform_contracts.kube.events import Event
from platform_contracts.kube.objects import MANAGED_BY, MANAGED_BY_LABEL, Key, Object

# More would not help a reader; the status counts them.
_SHOWN = 5


def of(consumer: Object, status: Object | None, drifted: Sequence[Key]) -> list[Event]:
    """The events of the change from the live status to `status`, and of the drift that is corrected with it."""
    if status is None:
        return []
    return [*_turns(consumer, {**consumer, "status": status}), *_corrected(drifted)]


def offboarded(kept: Mapping[str, str]) -> Event:
    """The event of a consumer that leaves; `kept` are its namespaces that stay, with the reason of each."""
    stays = "; ".join(f"{name} stays ({why})" for name, why in kept.items())
    return Event(
        "Offboarded",
        f"Access and alerts of its members ended. {f'Of its namespaces {stays}.' if kept else 'No namespace stays.'}",
        once="the end",
    )


def left_alone(kept: Sequence[str], policy: ReconcilePolicy) -> Event:
    """The event of a consumer that leaves a service by whose policy nothing is touched, `kept` being its namespaces."""
    stays = (
        f"members keep access to {', '.join(kept)}, and alerts stay; to end that access an administrator runs, for "
        f"each: kubectl delete rolebindings -n NAMESPACE -l {MANAGED_BY_LABEL}={MANAGED_BY}"
    )
    return Event(
        "Offboarded",
        f"The service's reconcilePolicy is {policy.value}, so nothing was touched: "
        f"{stays if kept else 'no namespace stays'}",
        once="the end",
    )


def _turns(before: Object, after: Object) -> Iterator[Event]:
    ready, stalled, was = find(after, "Ready"), find(after, "Stalled"), find(before, "Stalled")
    if ready and is_true(after, "Ready"):
        if not before.get("status", {}).get("readyTime"):
            yield Event("Onboarded", ready["message"])
        elif is_true(before, "Stalled"):
            yield Event("Ready", ready["message"])
    if stalled and is_true(after, "Stalled") and (was is None or was["reason"] != stalled["reason"]):
        yield Event(stalled["reason"], stalled["message"], warning=True)


def _corrected(drifted: Sequence[Key]) -> Iterator[Event]:
    if drifted:
        told = ", ".join(str(key) for key in drifted[:_SHOWN])
        more = f" and {len(drifted) - _SHOWN} more" if len(drifted) > _SHOWN else ""
        yield Event("DriftCorrected", f"What somebody else changed was set right: {told}{more}.", warning=True)
