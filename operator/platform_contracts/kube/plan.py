"""What a pure planner hands back: the objects that should be, those that should go, the status, the next look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from platform_contracts.kube.events import Event
from platform_contracts.kube.kinds import Kind
from platform_contracts.kube.objects import Key, Object, uid


@dataclass(frozen=True, slots=True)
class Apply:
    """An object as it should be, spelled out with every default that the API server would add.

    `uid` is the live object's UID where a planner knows that the object exists and is ours; None asks for a POST,
    which fails where the name is taken: nothing is ever taken over. `without_labels` are labels of ours that the object
    must not carry; all others that `obj` does not name are somebody else's.
    """

    kind: Kind
    obj: Object
    uid: str | None = None
    without_labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delete:
    """An object that should go; the UID is the precondition of the request, and the resourceVersion where one is
    given."""

    kind: Kind
    namespace: str | None
    name: str
    uid: str
    resource_version: str | None = None

    @classmethod
    def of(cls, kind: Kind, live: Object, *, as_it_is: bool = False) -> Delete:
        """The deletion of a live object, whatever has changed of it since, or only `as_it_is`."""
        metadata = live["metadata"]
        version = metadata.get("resourceVersion") if as_it_is else None
        return cls(kind, metadata.get("namespace"), metadata["name"], uid(live), version)


@dataclass(frozen=True, slots=True)
class Mark:
    """The status of a live object other than the one that the plan is about."""

    kind: Kind
    obj: Object
    status: Object


@dataclass(frozen=True, slots=True)
class Plan:
    """The outcome of one reconciliation; applying the plan of an unchanged world sends nothing."""

    applies: list[Apply] = field(default_factory=list)
    deletes: list[Delete] = field(default_factory=list)
    marks: Sequence[Mark] = ()
    status: Object | None = None
    requeue_after: timedelta | None = None
    # Children that somebody else changed or deleted, and that this plan sets right.
    drifted: Sequence[Key] = ()
    # Parts of the status as they are where the API server refuses the plan; None: left out.
    if_refused: Mapping[str, Any] = field(default_factory=dict)
    # What the new status tells that the live one did not.
    events: Sequence[Event] = ()
