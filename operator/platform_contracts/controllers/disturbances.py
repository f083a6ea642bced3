"""What others did to the objects of consumers: drift, as long as it is not set right."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from platform_contracts.api.names import CONSUMER_LABEL, CONSUMER_NAMESPACE_LABEL
from platform_contracts.engine.store import Store
from platform_contracts.kube.kinds import NAMESPACE, PLATFORM_CONSUMER
from platform_contracts.kube.objects import Key, Object, labels


class Disturbances:
    """What somebody else changed or deleted, with its version then."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._disturbed: dict[Key, str] = {}

    def note(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        """Remember what others did to a consumer's object; what is only seen for the first time nobody touched."""
        if before is None or own or not any(self._store.get(*consumer) for consumer in consumers_named(before)):
            return
        self._disturbed[key] = (after or before)["metadata"]["resourceVersion"]

    def within(self, namespaces: Collection[str]) -> dict[Key, str]:
        """The namespaces and what lies in them that was disturbed since it was last right, each with its version."""
        return {
            key: version
            for key, version in self._disturbed.items()
            if (key.name if key.kind is NAMESPACE else key.namespace) in namespaces
        }

    def settle(self, disturbances: Mapping[Key, str]) -> None:
        """What was found disturbed is right again, unless it was disturbed once more meanwhile."""
        for key, version in disturbances.items():
            if self._disturbed.get(key) == version:
                del self._disturbed[key]


def consumers_named(*objects: Object | None) -> set[Key]:
    """The PlatformConsumers that the objects say they belong to."""
    return {
        Key(PLATFORM_CONSUMER, labels(obj).get(CONSUMER_NAMESPACE_LABEL), labels(obj)[CONSUMER_LABEL])
        for obj in objects
        if obj is not None and CONSUMER_LABEL in labels(obj)
    }
