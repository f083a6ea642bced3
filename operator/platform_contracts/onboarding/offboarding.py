"""What happens when a PlatformConsumer is deleted.

Access ends at once. A namespace is kept unless three things hold: the service's policy at this time says Delete, the
operator made the namespace (recorded UID and marker agree with the live one), and no PersistentVolumeClaim is in it.
A kept namespace keeps its quota, limits, network policy and Pod Security labels, and its marker labels with the UID of
the consumer that is gone. By them it counts against its home's limit, what guards it stays known as the operator's, and
a consumer that is created again under the same name in the same home takes it up again.
"""

from __future__ import annotations

from collections.abc import Mapping

from platform_contracts.api.platform_service import DeletionPolicy
from platform_contracts.kube.conditions import render, summarise
from platform_contracts.kube.kinds import NAMESPACE
from platform_contracts.kube.objects import Object, is_deleting, is_ours, labels, uid
from platform_contracts.kube.plan import Delete, Plan
from platform_contracts.onboarding import children, contract, namespaces
from platform_contracts.onboarding.inputs import ConsumerInputs, Offboarding


def plan_offboarding(inputs: ConsumerInputs, claims: Mapping[str, int]) -> Offboarding:
    """What to do for a PlatformConsumer that is being deleted.

    `claims` is the number of PersistentVolumeClaims by namespace, from a live look at `claimed_namespace`. What has not
    been looked at is not deleted, and as long as the policy asks for a look the finalizer stays.
    """
    claimed = namespaces.claimed(inputs.consumer)
    held = contract.held(inputs, claimed)
    candidates = [claimed] if claimed in held and _may_delete(inputs) and _made_by_us(inputs, claimed) else []
    going = [name for name in candidates if claims.get(name) == 0]
    deletes = children.bindings_outside(inputs.children, held)
    deletes += [Delete(NAMESPACE, None, name, uid(inputs.namespaces[name])) for name in going]
    kept = {
        name: _why_kept(name, candidates, claims)
        for name in held
        if name not in going and not is_deleting(inputs.namespaces[name])
    }
    release = all(name in claims for name in candidates)
    return Offboarding(plan=Plan(deletes=deletes, status=_status(inputs, kept)), release=release)


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


def _why_kept(name: str, candidates: list[str], claims: Mapping[str, int]) -> str:
    if name not in candidates:
        return "kept, as spec.onboarding.deletionPolicy of its service does not say Delete or it was not made here"
    if name not in claims:
        return "kept until its PersistentVolumeClaims are counted"
    return f"kept, because it holds {claims[name]} PersistentVolumeClaims"


def _status(inputs: ConsumerInputs, kept: Mapping[str, str]) -> Object | None:
    """The last words, for whoever follows the deletion; None where no namespace is left behind."""
    if not kept:
        return None
    consumer = inputs.consumer
    before = consumer.get("status") or {}
    reasons = "; ".join(f"the namespace {name} is {why}" for name, why in sorted(kept.items()))
    message = f"Access ended, and {reasons}. Whoever no longer needs it asks an administrator to delete it."
    generation = consumer["metadata"]["generation"]
    summary = summarise(progressing=("Offboarding", message), ready=("Offboarding", message))
    rendered = render(summary, previous=before.get("conditions") or (), generation=generation, now=inputs.now)
    others = [
        condition
        for condition in before.get("conditions") or ()
        if condition["type"] not in {new["type"] for new in rendered}
    ]
    entries = [
        {"name": name, "uid": uid(inputs.namespaces[name]), "state": "Retained", "message": why}
        for name, why in sorted(kept.items())
    ]
    return {**before, "observedGeneration": generation, "conditions": rendered + others, "namespaces": entries}
