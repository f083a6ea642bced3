"""What the cluster looks like, as far as the operator cares: fed by watches, corrected by full lists.

A watch may deliver late, twice or not at all, so every object is compared by resourceVersion (comparable integers
within one resource type) and a full list has the last word on what exists.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import structlog

from platform_contracts.engine import metrics
from platform_contracts.kube.kinds import Kind
from platform_contracts.kube.objects import Key, Object, digest, key_of, uid

log = structlog.get_logger("store")

# (key, before, after, own): before or after is None for a creation or deletion; own marks the reply to our own write.
Listener = Callable[[Key, Object | None, Object | None, bool], None]
Indexer = Callable[[Object], Iterable[str]]
Keep = Callable[[Object], bool]

# Longer text is hardly ever said twice.
_WORD = 32


class Store:
    """Objects by key, with indexes; it tells its listeners what changed."""

    def __init__(self) -> None:
        self._objects: dict[Kind, dict[Key, Object]] = defaultdict(dict)
        self._keep: dict[Kind, Keep] = {}
        self._digested: set[Kind] = set()
        self._floor: dict[Kind, int] = defaultdict(int)
        self._newest: dict[Kind, int] = defaultdict(int)
        self._gone: dict[Kind, dict[Key, int]] = defaultdict(dict)
        self._own_deletions: set[str] = set()
        self._indexers: dict[tuple[Kind, str], Indexer] = {}
        self._indexes: dict[tuple[Kind, str], dict[str, set[Key]]] = {}
        self._listeners: dict[Kind, list[Listener]] = defaultdict(list)

    # Setting up

    def keep(self, kind: Kind, predicate: Keep) -> None:
        """Hold only objects of the kind for which `predicate` is true."""
        self._keep[kind] = predicate

    def digest(self, kind: Kind) -> None:
        """Hold only metadata and a hash of the rest (under `digest`): for large objects that are only compared."""
        self._digested.add(kind)

    def index(self, kind: Kind, name: str, indexer: Indexer) -> None:
        """Make objects of the kind findable by the values that `indexer` gives for them."""
        self._indexers[kind, name] = indexer
        self._indexes[kind, name] = defaultdict(set)

    def listen(self, kind: Kind, listener: Listener) -> None:
        """Call `listener` after each change of an object of the kind."""
        self._listeners[kind].append(listener)

    # Reading

    def get(self, kind: Kind, namespace: str | None, name: str) -> Object | None:
        """The object, or None. Treat what comes back as read-only."""
        return self._objects[kind].get(Key(kind, namespace, name))

    def all(self, kind: Kind) -> list[Object]:
        """All objects of the kind."""
        return list(self._objects[kind].values())

    def keys(self, kind: Kind) -> list[Key]:
        """The keys of all objects of the kind."""
        return list(self._objects[kind])

    def by_index(self, kind: Kind, name: str, value: str) -> list[Object]:
        """The objects that the index files under `value`, by key, so that plans do not depend on arrival."""
        objects = self._objects[kind]
        return [objects[key] for key in sorted(self._indexes[kind, name].get(value, ()), key=str)]

    def keys_by_index(self, kind: Kind, name: str, value: str) -> frozenset[Key]:
        """Where the objects are that the index files under `value`."""
        return frozenset(self._indexes[kind, name].get(value, ()))

    def values(self, kind: Kind, name: str) -> list[str]:
        """The values under which the index files any object."""
        return list(self._indexes[kind, name])

    # Feeding

    def slim(self, kind: Kind, obj: Object) -> Object:
        """An object as it is held: managedFields, which nobody here reads, are most of a small one's size.

        What is slim already stays as it is.
        """
        if "digest" in obj:
            return obj
        metadata = {name: value for name, value in obj["metadata"].items() if name != "managedFields"}
        if kind in self._digested:
            return {"metadata": _shared(metadata), "digest": digest(obj)}
        held: Object = _shared({**obj, "metadata": metadata})
        return held

    def observe(self, kind: Kind, obj: Object, *, own: bool = False) -> bool:
        """Take in an object as seen in a watch, a list or a reply; True where it was news."""
        key = key_of(kind, obj)
        version = _version(obj)
        self._newest[kind] = max(version, self._newest[kind])
        before = self._objects[kind].get(key)
        if before is None:
            # An event from before the last full list, or before the deletion, of an object that is gone.
            if version <= self._gone[kind].get(key, 0) or version < self._floor[kind]:
                return False
        elif version <= _version(before):
            return False
        return self._take(key, before, obj, own=own)

    def _take(self, key: Key, before: Object | None, obj: Object, *, own: bool) -> bool:
        keep = self._keep.get(key.kind)
        # An object that was ours by name and UID stays known when somebody strips its labels.
        if keep is not None and not keep(obj) and (before is None or uid(before) != uid(obj)):
            if before is None:
                return False
            self._put(key, before, None, own=own)
            return True
        self._put(key, before, self.slim(key.kind, obj), own=own)
        return True

    def adopt(self, kind: Kind, obj: Object) -> None:
        """Take in a live object regardless of `keep`: a POST has just shown that it stands in the way."""
        key = key_of(kind, obj)
        before = self._objects[kind].get(key)
        if before is None or _version(before) < _version(obj):
            self._put(key, before, self.slim(kind, obj), own=True)

    def expect_removal(self, uid_: str) -> None:
        """We have asked for this object's deletion: what the watch tells of it is the reply to our own write."""
        self._own_deletions.add(uid_)

    def expect_no_removal(self, uid_: str) -> None:
        """Our request was refused: whoever deletes the object now, it is not us."""
        self._own_deletions.discard(uid_)

    def remove(self, kind: Kind, obj: Object) -> bool:
        """Take in a deletion; True where it was news."""
        key = key_of(kind, obj)
        version = _version(obj)
        self._newest[kind] = max(version, self._newest[kind])
        self._gone[kind][key] = max(version, self._gone[kind].get(key, 0))
        own = uid(obj) in self._own_deletions
        self._own_deletions.discard(uid(obj))
        before = self._objects[kind].get(key)
        if before is None or _version(before) > version:
            return False
        self._put(key, before, None, own=own)
        return True

    def newest(self, kind: Kind) -> int:
        """The highest version of the kind that anything here is from; a list that begins now is no older."""
        return max(self._newest[kind], self._floor[kind])

    def replace(self, kind: Kind, items: Iterable[Object], resource_version: int, *, newest: int = 0) -> int:
        """Compare with a full list made at `resource_version`; returns how many objects were news or gone.

        `newest` is what `newest()` said before the list was asked for.
        """
        # A restored backup: versions went back, so that only their difference says something.
        rewound = resource_version < max(newest, self._floor[kind])
        gone = {} if rewound else self._gone[kind]
        changes = 0
        listed: set[Key] = set()
        for obj in items:
            key = key_of(kind, obj)
            listed.add(key)
            before = self._objects[kind].get(key)
            deleted_since = gone.get(key, 0) > resource_version
            # A full list never shows less than what happened before it, unless that has not happened any more.
            news = before is None or (
                _version(obj) != _version(before)
                if rewound or _version(before) <= resource_version
                else _version(obj) > _version(before)
            )
            if news and not deleted_since:
                changes += self._take(key, before, obj, own=False)
        for key, obj in list(self._objects[kind].items()):
            # What was created after the list was made, the watch knows better.
            if key not in listed and (rewound or _version(obj) <= resource_version):
                self._put(key, obj, None, own=uid(obj) in self._own_deletions)
                self._own_deletions.discard(uid(obj))
                changes += 1
        self._floor[kind] = resource_version
        if rewound:
            self._newest[kind] = resource_version
        self._gone[kind] = {key: version for key, version in gone.items() if version > resource_version}
        metrics.RESYNCS.labels(kind.name).inc()
        return changes

    def clear(self, kind: Kind) -> None:
        """The resource type is gone: know nothing of it, and tell nobody, because missing types delete nothing."""
        for key, obj in list(self._objects[kind].items()):
            self._reindex(key, obj, None)
        self._objects[kind].clear()
        self._gone[kind].clear()
        self._floor[kind] = self._newest[kind] = 0
        metrics.STORE_OBJECTS.labels(kind.name).set(0)

    def _put(self, key: Key, before: Object | None, after: Object | None, *, own: bool) -> None:
        objects = self._objects[key.kind]
        if after is None:
            objects.pop(key, None)
        else:
            objects[key] = after
        self._reindex(key, before, after)
        metrics.STORE_OBJECTS.labels(key.kind.name).set(len(objects))
        for listener in self._listeners[key.kind]:
            try:
                listener(key, before, after, own)
            except Exception:
                # The object is in the store by now and will not come again: the other listeners must hear of it.
                log.exception("a change was not acted upon", kind=key.kind.name, namespace=key.namespace, name=key.name)

    def _reindex(self, key: Key, before: Object | None, after: Object | None) -> None:
        for (kind, name), indexer in self._indexers.items():
            if kind != key.kind:
                continue
            index = self._indexes[kind, name]
            old = set(indexer(before)) if before is not None else set()
            new = set(indexer(after)) if after is not None else set()
            for value in old - new:
                index[value].discard(key)
                if not index[value]:
                    del index[value]
            for value in new - old:
                index[value].add(key)


def _shared(value: Any) -> Any:
    """The same value with one copy of each name and of each short word: thousands of objects say them alike, and their
    own copies are half of what small ones take."""
    if isinstance(value, dict):
        return {sys.intern(name): _shared(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_shared(item) for item in value]
    return sys.intern(value) if type(value) is str and len(value) <= _WORD else value


def _version(obj: Object) -> int:
    return int(obj["metadata"]["resourceVersion"])
