"""Which objects the controllers look at, how they find them, and whom a change concerns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from platform_contracts.api.names import (
    CONSUMER_LABEL,
    CONSUMER_NAMESPACE_LABEL,
    CONSUMER_UID_LABEL,
    PROVIDER_LABEL,
    SLA_LABEL,
    SLA_NAMESPACE_LABEL,
)
from platform_contracts.engine.queue import WorkQueue
from platform_contracts.engine.store import Store
from platform_contracts.engine.sync import Watched
from platform_contracts.kube.conditions import is_true
from platform_contracts.kube.kinds import (
    CONFIG_MAP,
    LIMIT_RANGE,
    MAINTENANCE_WINDOW,
    NAMESPACE,
    NETWORK_POLICY,
    PLATFORM_CONSUMER,
    PLATFORM_SERVICE,
    PROMETHEUS_RULE,
    RESOURCE_QUOTA,
    ROLE_BINDING,
    SLA,
    Kind,
)
from platform_contracts.kube.objects import MANAGED_BY, MANAGED_BY_LABEL, Key, Object, is_deleting, is_ours, labels
from platform_contracts.onboarding.consumer import claimed_namespaces

# What counts only where an administrator made the namespace a provider's.
PROVIDED = (PLATFORM_SERVICE, SLA, MAINTENANCE_WINDOW)
CONTRACTS = (*PROVIDED, PLATFORM_CONSUMER)
CHILDREN = (RESOURCE_QUOTA, LIMIT_RANGE, NETWORK_POLICY, ROLE_BINDING)
RULES = (CONFIG_MAP, PROMETHEUS_RULE)
WRITABLE = (*CONTRACTS, NAMESPACE, *CHILDREN, *RULES)
# What lets people in: of a service's consumers, and into a consumer's namespace.
ACCESS = (PLATFORM_CONSUMER, ROLE_BINDING)
OUR_NAMES = "platform-contracts"
ROLL_UP_SECONDS = 1.0
# Pods come and go: what they use is looked at once for all that come and go together.
USAGE_SECONDS = 5.0

_OURS = f"{MANAGED_BY_LABEL}={MANAGED_BY}"
# Children are watched without a selector: losing a label must not end enforcement.
WATCHED = (
    *(Watched(kind, custom=True) for kind in CONTRACTS),
    Watched(NAMESPACE),
    *(Watched(kind) for kind in CHILDREN),
    Watched(CONFIG_MAP, _OURS),
    Watched(PROMETHEUS_RULE, _OURS, custom=True),
)


def provider_service(part: Object) -> str:
    """The index value of the service that an SLA or a MaintenanceWindow belongs to."""
    return f"{part['metadata']['namespace']}/{_dig(part, 'spec', 'serviceRef', 'name')}"


def consumed_service(consumer: Object) -> str:
    """The index value of the service that a PlatformConsumer is onboarded to."""
    return f"{_dig(consumer, 'spec', 'serviceRef', 'namespace')}/{_dig(consumer, 'spec', 'serviceRef', 'name')}"


def _dig(obj: Any, *path: str) -> Any:
    for part in path:
        obj = obj.get(part) if isinstance(obj, dict) else None
    return obj


class World:
    """The store as the controllers see it. Every look-up is by index; none walks over everything."""

    def __init__(self, store: Store, queue: WorkQueue[Key]) -> None:
        self.store = store
        self._queue = queue
        # What somebody else changed or deleted of ours, with the version that it had before, until it is set right.
        self._disturbed: dict[Key, str] = {}
        for kind in (SLA, MAINTENANCE_WINDOW):
            store.index(kind, "service", lambda part: [provider_service(part)])
        store.index(PLATFORM_CONSUMER, "service", lambda consumer: [consumed_service(consumer)])
        store.index(PLATFORM_CONSUMER, "home", lambda consumer: [consumer["metadata"]["namespace"]])
        store.index(PLATFORM_CONSUMER, "claim", claimed_namespaces)
        store.index(NAMESPACE, "home", lambda namespace: [labels(namespace).get(CONSUMER_NAMESPACE_LABEL, "")])
        for kind in PROVIDED:
            store.index(kind, "namespace", lambda obj: [obj["metadata"]["namespace"]])
        for kind in CHILDREN:
            store.keep(kind, lambda obj: is_ours(obj) or obj["metadata"]["name"].startswith(OUR_NAMES))
            store.index(kind, "namespace", lambda obj: [obj["metadata"]["namespace"]])
            store.index(kind, "consumer", lambda obj: [labels(obj).get(CONSUMER_UID_LABEL, "")])
            store.listen(kind, self._child_changed)
        for kind in RULES:
            store.digest(kind)
            # An SLA's rules may lie in a consumer's namespace, and are none of the consumer's business.
            store.index(kind, "namespace", lambda obj: [] if sla_of_rules(obj) else [obj["metadata"]["namespace"]])
            store.index(kind, "consumer", lambda obj: [labels(obj).get(CONSUMER_UID_LABEL, "")])
            store.index(kind, "sla", lambda obj: [sla_of_rules(obj)])
            store.listen(kind, self._rules_changed)
        store.listen(PLATFORM_SERVICE, self._service_changed)
        store.listen(SLA, self._sla_changed)
        store.listen(MAINTENANCE_WINDOW, self._window_changed)
        store.listen(PLATFORM_CONSUMER, self._consumer_changed)
        store.listen(NAMESPACE, self._namespace_changed)

    # What planners ask

    def is_provider(self, namespace: str) -> bool:
        """Whether an administrator labelled the namespace as a provider's."""
        obj = self.store.get(NAMESPACE, None, namespace)
        return obj is not None and labels(obj).get(PROVIDER_LABEL) == "true"

    def service(self, namespace: str, name: str) -> Object | None:
        """A PlatformService, or None."""
        return self.store.get(PLATFORM_SERVICE, namespace, name)

    def slas_of(self, service: Key) -> list[Object]:
        """The SLAs of a service."""
        return self.store.by_index(SLA, "service", f"{service.namespace}/{service.name}")

    def windows_of(self, service: Key) -> list[Object]:
        """The MaintenanceWindows of a service."""
        return self.store.by_index(MAINTENANCE_WINDOW, "service", f"{service.namespace}/{service.name}")

    def consumers_of(self, service: Key) -> list[Object]:
        """The PlatformConsumers of a service."""
        return self.store.by_index(PLATFORM_CONSUMER, "service", f"{service.namespace}/{service.name}")

    def siblings(self, consumer: Object) -> list[Object]:
        """PlatformConsumers of the same home, and those that claim one of the same namespaces."""
        home = self.store.by_index(PLATFORM_CONSUMER, "home", consumer["metadata"]["namespace"])
        rivals = [
            rival
            for name in claimed_namespaces(consumer)
            for rival in self.store.by_index(PLATFORM_CONSUMER, "claim", name)
        ]
        return list({obj["metadata"]["uid"]: obj for obj in (*home, *rivals)}.values())

    def handed_out(self, home: str) -> list[Object]:
        """Namespaces that were made for the consumers of a home namespace, kept ones included."""
        return self.store.by_index(NAMESPACE, "home", home)

    def namespaces_of(self, consumer: Object) -> list[str]:
        """The names of the namespaces that a consumer asks for, and of those that its status says it has."""
        recorded = _dig(consumer, "status", "namespaces") or ()
        return sorted({*claimed_namespaces(consumer), *(entry["name"] for entry in recorded)})

    def children(self, consumer: Object) -> list[tuple[Kind, Object]]:
        """What lies in the namespaces that the consumer claims or has under our marker or names, and whatever carries
        its UID elsewhere."""
        places = self.namespaces_of(consumer)
        return list(
            {
                obj["metadata"]["uid"]: (kind, obj)
                for kind in (*CHILDREN, *RULES)
                for obj in (
                    *(obj for name in places for obj in self.store.by_index(kind, "namespace", name)),
                    *self.store.by_index(kind, "consumer", consumer["metadata"]["uid"]),
                )
            }.values()
        )

    def rules_of(self, sla: Key) -> list[tuple[Kind, Object]]:
        """The rule objects of an SLA, in any namespace."""
        value = f"{sla.namespace}/{sla.name}"
        return [(kind, obj) for kind in RULES for obj in self.store.by_index(kind, "sla", value)]

    @property
    def namespaces(self) -> Mapping[str, Object]:
        """Every Namespace by name."""
        return _Namespaces(self.store)

    # Whom a change concerns

    def _service_changed(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        spec_changed = _spec_changed(before, after)
        # The reply to our own write may bring what somebody else has just changed: no event will tell of it again.
        if not own or spec_changed:
            self._queue.add(key)
        if spec_changed:
            self._add(SLA, self.slas_of(key))
            self._add(MAINTENANCE_WINDOW, self.windows_of(key))
        if spec_changed or _dig(before, "status", "sla") != _dig(after, "status", "sla"):
            self._add(PLATFORM_CONSUMER, self.consumers_of(key))

    def _sla_changed(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        if self._part_changed(key, before, after, own, provider_service):
            self._tell_consumers(before, after)

    def _window_changed(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        spec_changed = _spec_changed(before, after)
        if not own or spec_changed:
            self._queue.add(key)
        if spec_changed:
            self._tell_consumers(before, after)

    def _tell_consumers(self, *parts: Object | None) -> None:
        """The consumers of a service are alerted by its SLAs, and told of its MaintenanceWindows."""
        for service in {provider_service(part) for part in parts if part is not None}:
            self._add(PLATFORM_CONSUMER, self.store.by_index(PLATFORM_CONSUMER, "service", service))

    def _part_changed(
        self, key: Key, before: Object | None, after: Object | None, own: bool, service: Callable[[Object], str]
    ) -> bool:
        """An SLA or a consumer changed: look at it, and roll it up into its service; True where its spec changed."""
        spec_changed = _spec_changed(before, after)
        if not own or spec_changed:
            self._queue.add(key)
        if spec_changed or _dig(before, "status") != _dig(after, "status"):
            for obj in (before, after):
                if obj is not None:
                    self._roll_up(service(obj))
        return spec_changed

    def _consumer_changed(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        spec_changed = self._part_changed(key, before, after, own, consumed_service)
        if spec_changed and before is not None:
            # A place came free: those who wait for one may have it.
            waiting = [obj for obj in self.siblings(before) if not is_true(obj, "Ready")]
            self._add(PLATFORM_CONSUMER, waiting)

    def _namespace_changed(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        changed = _without_status(before) != _without_status(after)
        if changed and (not own or after is None or is_deleting(after)):
            self._disturb(key, before, after, own)
            self._add(PLATFORM_CONSUMER, self.store.by_index(PLATFORM_CONSUMER, "claim", key.name))
        before_labels, after_labels = (labels(obj) if obj is not None else {} for obj in (before, after))
        if before_labels != after_labels:
            self._add(PLATFORM_CONSUMER, self.store.by_index(PLATFORM_CONSUMER, "home", key.name))
        if before_labels.get(PROVIDER_LABEL) != after_labels.get(PROVIDER_LABEL):
            for kind in PROVIDED:
                self._add(kind, self.store.by_index(kind, "namespace", key.name))
            for service in self.store.by_index(PLATFORM_SERVICE, "namespace", key.name):
                self._add(
                    PLATFORM_CONSUMER,
                    self.consumers_of(Key(PLATFORM_SERVICE, key.name, service["metadata"]["name"])),
                )

    def _child_changed(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        if own and after is not None:
            return
        if _without_status(before) != _without_status(after):
            self._disturb(key, before, after, own)
            self._add(PLATFORM_CONSUMER, self.store.by_index(PLATFORM_CONSUMER, "claim", key.namespace or ""))
            self._add_consumers(before, after)
        elif key.kind is RESOURCE_QUOTA and _dig(before, "status") != _dig(after, "status"):
            for consumer in _consumers(before, after):
                self._queue.add_after(consumer, USAGE_SECONDS)

    def _rules_changed(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        if (own and after is not None) or _without_status(before) == _without_status(after):
            return
        self._disturb(key, before, after, own)
        self._add_consumers(before, after)
        for obj in (before, after):
            if obj is not None and sla_of_rules(obj):
                namespace, name = sla_of_rules(obj).split("/", 1)
                self._queue.add(Key(SLA, namespace, name))

    def _add_consumers(self, *objects: Object | None) -> None:
        for key in _consumers(*objects):
            self._queue.add(key)

    def _disturb(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        """Remember what others did to a consumer's object; what is only seen for the first time nobody touched."""
        if before is None or own or not any(self.store.get(*consumer) for consumer in _consumers(before)):
            return
        self._disturbed[key] = (after or before)["metadata"]["resourceVersion"]

    def disturbances(self, namespaces: Collection[str]) -> dict[Key, str]:
        """The namespaces and what lies in them that somebody else changed or deleted since it was last right, each
        with its version then."""
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

    def _roll_up(self, service: str) -> None:
        """Many parts change together: their sum is written once for all of them."""
        namespace, name = service.split("/", 1)
        self._queue.add_after(Key(PLATFORM_SERVICE, namespace, name), ROLL_UP_SECONDS)

    def _add(self, kind: Kind, objects: Iterable[Object]) -> None:
        for obj in objects:
            self._queue.add(Key(kind, obj["metadata"]["namespace"], obj["metadata"]["name"]))

    def enqueue_all(self) -> None:
        """Look at every contract again."""
        for kind in CONTRACTS:
            for key in self.store.keys(kind):
                self._queue.add(key)

    def enqueue_slas(self, data_source: str) -> None:
        """Look again at the SLAs that are measured by that data source."""
        for sla in self.store.all(SLA):
            if (_dig(sla, "spec", "dataSourceName") or "default") == data_source:
                self._queue.add(Key(SLA, sla["metadata"]["namespace"], sla["metadata"]["name"]))


class _Namespaces(Mapping[str, Object]):
    """The store's Namespaces as a mapping, without a copy."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getitem__(self, name: str) -> Object:
        obj = self._store.get(NAMESPACE, None, name)
        if obj is None:
            raise KeyError(name)
        return obj

    def __iter__(self) -> Iterator[str]:
        return (key.name for key in self._store.keys(NAMESPACE))

    def __len__(self) -> int:
        return len(self._store.keys(NAMESPACE))


def sla_of_rules(obj: Object) -> str:
    """`namespace/name` of the SLA that a rule object was rendered from, empty where it names none."""
    names = labels(obj)
    if SLA_LABEL not in names or SLA_NAMESPACE_LABEL not in names:
        return ""
    return f"{names[SLA_NAMESPACE_LABEL]}/{names[SLA_LABEL]}"


def _consumers(*objects: Object | None) -> set[Key]:
    """The PlatformConsumers that the objects say they belong to."""
    return {
        Key(PLATFORM_CONSUMER, labels(obj).get(CONSUMER_NAMESPACE_LABEL), labels(obj)[CONSUMER_LABEL])
        for obj in objects
        if obj is not None and CONSUMER_LABEL in labels(obj)
    }


def _spec_changed(before: Object | None, after: Object | None) -> bool:
    if before is None or after is None:
        return True
    return any(
        before["metadata"].get(name) != after["metadata"].get(name)
        for name in ("uid", "generation", "deletionTimestamp", "labels")
    )


def _without_status(obj: Object | None) -> Any:
    """What drift can be seen in: neither the status nor the bookkeeping that changes with it."""
    if obj is None:
        return None
    metadata = obj["metadata"]
    kept = {name: metadata.get(name) for name in ("uid", "labels", "annotations", "deletionTimestamp")}
    return kept, {name: value for name, value in obj.items() if name not in ("metadata", "status")}
