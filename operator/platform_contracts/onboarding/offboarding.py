"""What happens when a PlatformConsumer is deleted.

Access ends at once. A namespace is kept unless three things hold: the service's policy at this time says Delete, the
operator made the namespace (recorded UID and marker agree with the live one), and no PersistentVolumeClaim is in it.
A kept namespace keeps its quota, limits, network policy and Pod Security labels, and its marker labels with the UID of
the consumer that is gone. By them it counts against its home's limit, what guards it stays known as the operator's, and
a consumer that is created again under the same name in the same home takes it up again.
"""

from __future__ import annotations

from platform_contracts.api.platform_service import DeletionPolicy
from platform_contracts.kube.kinds import NAMESPACE
from platform_contracts.kube.objects import is_deleting, is_ours, labels, uid
from platform_contracts.kube.plan import Delete, Plan
from platform_contracts.onboarding import children, contract, namespaces
from platform_contracts.onboarding.inputs import ConsumerInputs, Offboarding


def plan_offboarding(inputs: ConsumerInputs) -> Offboarding:
    """What to do for a PlatformConsumer that is being deleted; it has no status, as nobody reads one that is gone."""
    claimed = namespaces.claimed(inputs.consumer)
    held = contract.held(inputs, claimed)
    may_go = claimed in held and _may_delete(inputs) and _made_by_us(inputs, claimed)
    return Offboarding(
        plan=Plan(deletes=children.bindings_outside(inputs.children, held)),
        unless_claimed=Delete(NAMESPACE, None, claimed, uid(inputs.namespaces[claimed])) if may_go else None,
        kept=tuple(name for name in held if not (may_go and name == claimed)),
    )


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
    marks = labels(live)
    return (
        not is_deleting(live)
        and namespaces.recorded_uid(inputs.consumer, name) == uid(live)
        and is_ours(live)
        and namespaces.marker(inputs.consumer).items() <= marks.items()
        and not namespaces.protected(name, inputs.guardrails, inputs.own_namespaces)
        and not any(label in marks for label in inputs.guardrails.foreign_tenancy_labels)
    )
