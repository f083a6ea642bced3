"""What happens when a PlatformConsumer is deleted, and when it asks for a namespace no longer.

Access and alerts end at once. A namespace is kept unless three things hold: the service's policy at this time says
Delete, the operator made the namespace (recorded UID and marker agree with the live one), and no PersistentVolumeClaim
is in it. A kept namespace keeps its quota, limits, network policy and Pod Security labels, and its marker labels with
the UID of the consumer that is gone. By them it counts against its home's limit, what guards it stays known as the
operator's, and a consumer that is created again under the same name in the same home takes it up again.
"""

from __future__ import annotations

from collections.abc import Sequence

from platform_contracts.api.platform_service import DeletionPolicy, ReconcilePolicy
from platform_contracts.kube.kinds import NAMESPACE
from platform_contracts.kube.objects import Object, is_deleting, is_ours, labels, uid
from platform_contracts.kube.plan import Delete, Plan
from platform_contracts.onboarding import children, claims, namespaces, readers
from platform_contracts.onboarding.consumer_status import LEAVING, RETAINED
from platform_contracts.onboarding.inputs import ConsumerInputs, Offboarding
from platform_contracts.onboarding.standing import adopted, foreign_tenancy, marker, recorded_uid


def plan_offboarding(inputs: ConsumerInputs) -> Offboarding:
    """What to do for a PlatformConsumer that is being deleted; it has no status, as nobody reads one that is gone."""
    held = claims.held(inputs, claims.claimed_names(inputs.consumer))
    counts = inputs.service_spec if inputs.provider else None
    # One that is being deleted already does not stay: this may be another try.
    staying = [name for name in held if not is_deleting(inputs.namespaces[name])]
    if counts and counts.reconcile_policy is not ReconcilePolicy.ENFORCE:
        return Offboarding(plan=Plan(), unless_claimed=(), kept=tuple(staying), hands_off=counts.reconcile_policy)
    going = deletable(inputs, held)
    return Offboarding(
        plan=Plan(deletes=[*readers.end(inputs), *children.leave(inputs.children, held)]),
        unless_claimed=tuple(delete(inputs, name) for name in going),
        kept=tuple(name for name in staying if name not in going),
    )


def deletable(inputs: ConsumerInputs, held: Sequence[str]) -> list[str]:
    """Those of the namespaces that a consumer holds that may be deleted once it no longer asks for them."""
    return [name for name in held if _made_by_us(inputs, name)] if _may_delete(inputs) else []


def delete(inputs: ConsumerInputs, name: str) -> Delete:
    """The deletion of a namespace as it is known: with whatever changed on it since, such as its labels, it stays."""
    live = inputs.namespaces[name]
    return Delete.of(NAMESPACE, live, as_it_is=True)


def kept_entry(inputs: ConsumerInputs, name: str, going: Sequence[str]) -> Object:
    """The entry in status.namespaces of one that a consumer holds without asking for it; those in `going` go now."""
    state, message = RETAINED, "nobody has access through it, and its quota, limits and policies stay"
    if inputs.service_spec and inputs.service_spec.reconcile_policy is not ReconcilePolicy.ENFORCE:
        policy = inputs.service_spec.reconcile_policy.value
        message = f"it stays as it is, and whoever has access keeps it, as the service's reconcilePolicy is {policy}"
    held_up = inputs.claims_in.get(name, 0)
    if name in going or is_deleting(inputs.namespaces[name]):
        state, message = LEAVING, "it is being deleted"
    elif held_up:
        message += (
            f"; it is deleted once no PersistentVolumeClaim is left in it, and there are {held_up} "
            f"(kubectl get persistentvolumeclaims -n {name})"
        )
    # One that is only kept from an earlier consumer of this name is not recorded as this one's.
    known = {"uid": uid(inputs.namespaces[name])} if claims.taken_up(inputs, name) else {}
    return {"name": name, **known, "state": state, "message": f"No longer asked for: {message}."}


def _may_delete(inputs: ConsumerInputs) -> bool:
    """Whether a service that counts says Delete at this time."""
    return (
        inputs.service is not None
        and inputs.service_spec is not None
        and inputs.provider
        and inputs.service_spec.onboarding.deletion_policy is DeletionPolicy.DELETE
    )


def _made_by_us(inputs: ConsumerInputs, name: str) -> bool:
    """Whether both ways of knowing a namespace agree, and nothing speaks against its end."""
    live = inputs.namespaces[name]
    return (
        not is_deleting(live)
        and recorded_uid(inputs.consumer, name) == uid(live)
        and is_ours(live)
        and not adopted(live)
        and name not in claims.adopting(inputs.consumer)
        and marker(inputs.consumer).items() <= labels(live).items()
        and not namespaces.protected(name, inputs.guardrails, inputs.own_namespaces)
        and not foreign_tenancy(live, inputs.guardrails)
    )
