"""What should be against what is there: what to write, what to remove, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from platform_contracts.kube.conditions import Problem
from platform_contracts.kube.kinds import ROLE_BINDING, Kind
from platform_contracts.kube.objects import Object, is_deleting, is_ours, key_of, uid
from platform_contracts.kube.plan import Apply, Delete


@dataclass(frozen=True, slots=True)
class Comparison:
    """What to write, what to remove, and what stands in the way in which namespace."""

    applies: list[Apply]
    deletes: list[Delete]
    conflicts: dict[str, Problem]
    # What is there already of what is wanted.
    live: list[Object]


def compare(wanted: Iterable[tuple[Kind, Object]], live: Iterable[tuple[Kind, Object]]) -> Comparison:
    """Desired against live objects, of which those that carry our marker and are not wanted go.

    A foreign object that bears one of our names is left alone, and nobody is given new access to its namespace while it
    takes the place of something that guards it.
    """
    here = {key_of(kind, obj): (kind, obj) for kind, obj in live}
    applies: list[Apply] = []
    deletes: list[Delete] = []
    conflicts: dict[str, Problem] = {}
    kept: list[Object] = []
    for kind, obj in wanted:
        name = place(obj)
        _, found = here.pop(key_of(kind, obj), (kind, None))
        if found is None:
            if kind is not ROLE_BINDING or name not in conflicts:
                applies.append(Apply(kind, obj))
        elif not is_ours(found):
            conflicts.setdefault(
                name,
                Problem(
                    "ObjectConflict",
                    f"The {kind} {name}/{obj['metadata']['name']} exists and was not made by the operator, and nothing "
                    "is taken over; delete or rename it, and the consumer's own takes its place.",
                ),
            )
        elif is_deleting(found):
            continue
        elif kind is ROLE_BINDING and found["roleRef"] != obj["roleRef"]:
            # A binding's role cannot be changed: it goes now, and comes back once it is seen to be gone.
            deletes.append(Delete.of(kind, found))
        else:
            applies.append(Apply(kind, obj, uid(found)))
            kept.append(found)
    deletes += [Delete.of(kind, obj) for kind, obj in here.values() if is_ours(obj) and not is_deleting(obj)]
    return Comparison(applies, deletes, conflicts, kept)


def place(obj: Object) -> str:
    """The namespace that an object lies in."""
    return str(obj["metadata"].get("namespace"))
