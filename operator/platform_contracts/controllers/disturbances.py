"""What others did to the objects of consumers: drift, as long as it is not set right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple

from platform_contracts.api.names import CONSUMER_LABEL, CONSUMER_NAMESPACE_LABEL
from platform_contracts.engine.store import Store
from platform_contracts.kube.kinds import NAMESPACE, PLATFORM_CONSUMER
from platform_contracts.kube.objects import Key, Object, labels


class _Disturbed(NamedTuple):
    """The version of an object as somebody else left it, and the consumers that it said it belonged to."""

    version: str
    consumers: frozenset[Key]


class Disturbances:
    """What somebody else changed or deleted, with its version then, by the namespace that it is or lies in."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._disturbed: dict[str, dict[Key, _Disturbed]] = defaultdict(dict)

    def note(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        """Remember what others did to a consumer's object; what is only seen for the first time nobody touched."""
        consumers = frozenset(consumers_named(before))
        if before is None or own or not any(self._store.get(*consumer) for consumer in consumers):
            return
        version = (after or before)["metadata"]["resourceVersion"]
        self._disturbed[_place(key)][key] = _Disturbed(version, consumers)

    def of(self, consumer: Key, namespaces: Collection[str]) -> dict[Key, str]:
        """What was disturbed since it was last right, each with its version: those namespaces and what lies in them,
        and what lies beside the consumer and said that it was its."""
        return {
            key: found.version
            for place in {*namespaces, str(consumer.namespace)}
            if place in self._disturbed
            for key, found in self._disturbed[place].items()
            if place in namespaces or consumer in found.consumers
        }

    def settle(self, disturbances: Mapping[Key, str]) -> None:
        """What was found disturbed is right again, unless it was disturbed once more meanwhile."""
        for key, version in disturbances.items():
            found = self._disturbed.get(_place(key), {}).get(key)
            if found is not None and found.version == version:
                self._drop(key)

    def forget(self, consumer: Key) -> None:
        """A consumer is gone: nobody sets its objects right any more."""
        gone = [
            key
            for here in self._disturbed.values()
            for key, found in here.items()
            if not any(self._store.get(*other) for other in found.consumers - {consumer})
        ]
        for key in gone:
            self._drop(key)

    def __len__(self) -> int:
        return sum(map(len, self._disturbed.values()))

    def _drop(self, key: Key) -> None:
        here = self._disturbed[_place(key)]
        del here[key]
        if not here:
            del self._disturbed[_place(key)]


def _place(key: Key) -> str:
    return str(key.name if key.kind is NAMESPACE else key.namespace)


def consumers_named(*objects: Object | None) -> set[Key]:
    """The PlatformConsumers that the objects say they belong to."""
    return {
        Key(PLATFORM_CONSUMER, labels(obj).get(CONSUMER_NAMESPACE_LABEL), labels(obj)[CONSUMER_LABEL])
        for obj in objects
        if obj is not None and CONSUMER_LABEL in labels(obj)
    }
