"""The end of access: whoever is a member no longer goes, whatever else of a contract cannot be followed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from platform_contracts.api.platform_service import Member, ReconcilePolicy
from platform_contracts.kube.kinds import ROLE_BINDING
from platform_contracts.kube.objects import is_deleting, is_ours, manifest, uid
from platform_contracts.kube.plan import Apply, Delete
from platform_contracts.onboarding import access, children, comparison, readers
from platform_contracts.onboarding.inputs import ConsumerInputs
from platform_contracts.onboarding.standing import marker


def withdraw(
    inputs: ConsumerInputs, members: Sequence[Member], asked: Collection[str], held: Collection[str], *, listed: bool
) -> tuple[list[Apply], list[Delete]]:
    """Everywhere: in the namespaces `held`, of which the consumer has `asked` for some, and beside the consumer, which
    its service has `listed`."""
    if _hands_off(inputs):
        return [], []
    fewer, ended = readers.withdraw(inputs, members, _own(inputs, asked, held), listed=listed)
    applies, deletes = from_namespaces(inputs, members, asked, held)
    return [*fewer, *applies], [*ended, *deletes]


def from_namespaces(
    inputs: ConsumerInputs, members: Sequence[Member], asked: Collection[str], held: Collection[str]
) -> tuple[list[Apply], list[Delete]]:
    """The RoleBindings in the namespaces `held` without those subjects that may not be there any more: whom `members`
    no longer name in that role, who was a member of a namespace that is no longer `asked` for, and ServiceAccounts of
    one that is no longer the consumer's.

    Nothing where the service does not enforce.
    """
    if _hands_off(inputs):
        return [], []
    own = _own(inputs, asked, held)
    applies, deletes = [], []
    for kind, live in children.standing_in(held, inputs.children):
        metadata, name = live["metadata"], comparison.place(live)
        if kind is not ROLE_BINDING or not is_ours(live) or is_deleting(live):
            continue
        there = access.subjects([one for one in members if access.PREFIX + one.role_name == metadata["name"]], name)
        there = [subject for subject in there if name in asked and subject.get("namespace", name) in own]
        subjects = [subject for subject in live.get("subjects") or () if subject in there]
        # Admission lets the operator only end access in a namespace that lost its labels.
        if not subjects or (subjects != live["subjects"] and not is_ours(inputs.namespaces[name])):
            deletes.append(Delete.of(kind, live))
        elif subjects != live["subjects"]:
            marks = marker(inputs.consumer)
            obj = manifest(kind, metadata["name"], name, labels=marks, roleRef=live["roleRef"], subjects=subjects)
            applies.append(Apply(kind, obj, uid(live)))
    return applies, deletes


def _own(inputs: ConsumerInputs, asked: Collection[str], held: Collection[str]) -> list[str]:
    """The namespaces whose ServiceAccounts may be members."""
    return [inputs.consumer["metadata"]["namespace"], *(name for name in held if name in asked)]


def _hands_off(inputs: ConsumerInputs) -> bool:
    """Whether the service counts and says that nothing is to be written."""
    service = inputs.service_spec if inputs.provider else None
    return service is not None and service.reconcile_policy is not ReconcilePolicy.ENFORCE
