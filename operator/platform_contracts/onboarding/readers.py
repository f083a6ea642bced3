"""Who reads a PlatformConsumer that its service lists.

It lies in the provider's namespace, where its members have no other rights. One Role and one RoleBinding beside it let
them get that one PlatformConsumer, and `speak` for it in Feedback, without which a team that is listed would have no
voice. While it is served, whoever has a role in its namespaces has these rights; after that members only become fewer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from platform_contracts.api import names
from platform_contracts.api.platform_service import Member
from platform_contracts.kube.kinds import PLATFORM_CONSUMER, ROLE, ROLE_BINDING, Kind
from platform_contracts.kube.objects import Key, Object, is_deleting, is_ours, labels, manifest, uid
from platform_contracts.kube.plan import Apply, Delete
from platform_contracts.onboarding import access, comparison
from platform_contracts.onboarding.comparison import Comparison
from platform_contracts.onboarding.inputs import ConsumerInputs
from platform_contracts.onboarding.standing import marker

KINDS = (ROLE, ROLE_BINDING)
VERBS = ("get", "speak")
# No role of a plan has a dot in its name, so no other RoleBinding of ours has such a name.
_PREFIX = "platform-contracts."
NOTHING = Comparison([], [], {}, [])


def object_name(consumer: Mapping[str, Any]) -> str:
    """The name of the Role and of the RoleBinding beside a PlatformConsumer."""
    return f"{_PREFIX}{consumer['metadata']['name']}"


def consumer_of(key: Key) -> Key | None:
    """The PlatformConsumer beside which an object has such a name, whoever made it."""
    if key.kind not in KINDS or not key.name.startswith(_PREFIX):
        return None
    return Key(PLATFORM_CONSUMER, key.namespace, key.name.removeprefix(_PREFIX))


def lets_read(kind: Kind, obj: Object) -> bool:
    """Whether an object is one of the two beside the PlatformConsumer that its labels name."""
    metadata, marks = obj["metadata"], labels(obj)
    return (
        kind in KINDS
        and metadata["name"] == f"{_PREFIX}{marks.get(names.CONSUMER_LABEL)}"
        and metadata["namespace"] == marks.get(names.CONSUMER_NAMESPACE_LABEL)
    )


def let_in(inputs: ConsumerInputs, members: Sequence[Member]) -> Comparison:
    """What lets those members in, and nobody else; they have passed `access.member_problem`."""
    there = _there(inputs)
    wanted = _wanted(inputs.consumer, access.subjects(members, inputs.consumer["metadata"]["namespace"]))
    role = there.get(ROLE)
    if role is not None and not is_ours(role):
        # Whoever made that Role decides what it gives: nobody gets it from the operator.
        wanted = wanted[:1]
    return comparison.compare(wanted, [(kind, there[kind]) for kind in reversed(KINDS) if kind in there])


def withdraw(
    inputs: ConsumerInputs, members: Sequence[Member], own: Sequence[str], *, listed: bool
) -> tuple[list[Apply], list[Delete]]:
    """The RoleBinding without those who are no `members` any more, and without ServiceAccounts of other namespaces than
    the consumer's `own`; both objects go where nobody is left, the namespace is no provider's any more, or the service
    has the consumer `listed` no longer."""
    home = inputs.home_namespace
    if not listed or home is None or labels(home).get(names.PROVIDER_LABEL) != "true":
        return [], end(inputs)
    live = _there(inputs).get(ROLE_BINDING)
    if live is None or not is_ours(live) or is_deleting(live):
        return [], []
    named = access.subjects(members, home["metadata"]["name"])
    left = [
        one
        for one in live.get("subjects") or ()
        if one in named and one.get("namespace", home["metadata"]["name"]) in own
    ]
    if not left:
        return [], end(inputs)
    if left == live["subjects"]:
        return [], []
    return [Apply(kind, obj, uid(live)) for kind, obj in _wanted(inputs.consumer, left) if kind is ROLE_BINDING], []


def end(inputs: ConsumerInputs) -> list[Delete]:
    """The end of both objects: first nobody has the Role, then it goes."""
    there = _there(inputs)
    return [
        Delete.of(kind, there[kind])
        for kind in reversed(KINDS)
        if kind in there and is_ours(there[kind]) and not is_deleting(there[kind])
    ]


def _wanted(consumer: Object, subjects: Sequence[Object]) -> list[tuple[Kind, Object]]:
    """The two objects that let those subjects in; none where there is nobody."""
    if not subjects:
        return []
    metadata, name, marks = consumer["metadata"], object_name(consumer), marker(consumer)
    rule = {
        "apiGroups": [PLATFORM_CONSUMER.group],
        "resources": [PLATFORM_CONSUMER.plural],
        "resourceNames": [metadata["name"]],
        "verbs": [*VERBS],
    }
    ref = {"apiGroup": access.RBAC, "kind": ROLE.name, "name": name}
    home = metadata["namespace"]
    return [
        (ROLE, manifest(ROLE, name, home, labels=marks, rules=[rule])),
        (ROLE_BINDING, manifest(ROLE_BINDING, name, home, labels=marks, roleRef=ref, subjects=[*subjects])),
    ]


def _there(inputs: ConsumerInputs) -> dict[Kind, Object]:
    """What has the names of the two objects, whoever made it."""
    home, name = inputs.consumer["metadata"]["namespace"], object_name(inputs.consumer)
    return {
        kind: obj
        for kind, obj in inputs.children
        if kind in KINDS and (obj["metadata"]["namespace"], obj["metadata"]["name"]) == (home, name)
    }
