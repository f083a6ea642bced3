"""Whom a change concerns: from a change in the store to the contracts that have to be looked at again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from platform_contracts.api.names import CONSUMER_NAMESPACE_LABEL, PROVIDER_LABEL
from platform_contracts.controllers.disturbances import Disturbances, consumers_named
from platform_contracts.controllers.watched import CHILDREN, CONTRACTS, PROVIDED, RULES
from platform_contracts.controllers.world import (
    World,
    consumed_service,
    indicators_of,
    provider_service,
    sla_of_rules,
    speaking_consumer,
    upstreams_of,
)
from platform_contracts.engine.queue import WorkQueue
from platform_contracts.kube.conditions import find, is_true
from platform_contracts.kube.kinds import (
    FEEDBACK,
    MAINTENANCE_WINDOW,
    NAMESPACE,
    PLATFORM_CONSUMER,
    PLATFORM_SERVICE,
    PRODUCT_REPORT,
    RESOURCE_QUOTA,
    SLA,
    SLA_REPORT,
    Kind,
)
from platform_contracts.kube.objects import Key, Object, dig, is_deleting, labels
from platform_contracts.onboarding import readers, usage
from platform_contracts.onboarding.claims import claimed_names, in_line
from platform_contracts.sla import rollup

ROLL_UP_SECONDS = 1.0
# Pods come and go: what they use is looked at once for all that come and go together.
USAGE_SECONDS = 5.0


class Triggers:
    """Listens to the store and fills the queue."""

    def __init__(self, world: World, queue: WorkQueue[Key]) -> None:
        self._world = world
        self._store = world.store
        self._queue = queue
        self.disturbances = Disturbances(world.store)
        for kind in CHILDREN:
            self._store.listen(kind, self._child_changed)
        for kind in RULES:
            self._store.listen(kind, self._rules_changed)
        self._store.listen(PLATFORM_SERVICE, self._service_changed)
        self._store.listen(SLA, self._sla_changed)
        self._store.listen(SLA_REPORT, self._report_changed)
        self._store.listen(PRODUCT_REPORT, self._product_report_changed)
        self._store.listen(MAINTENANCE_WINDOW, self._window_changed)
        self._store.listen(FEEDBACK, self._feedback_changed)
        self._store.listen(PLATFORM_CONSUMER, self._consumer_changed)
        self._store.listen(NAMESPACE, self._namespace_changed)

    def _service_changed(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        spec_changed = _spec_changed(before, after)
        # The reply to our own write may bring what somebody else has just changed: no event will tell of it again.
        if not own or spec_changed:
            self._queue.add(key)
        if spec_changed:
            self._add(SLA, self._world.slas_of(key))
            self._add(MAINTENANCE_WINDOW, self._world.windows_of(key))
            if _product(before) != _product(after):
                self._add(FEEDBACK, self._world.feedback_of(key))
        if spec_changed or dig(before, "status", "sla") != dig(after, "status", "sla"):
            self._add(PLATFORM_CONSUMER, self._world.consumers_of(key))

    def _sla_changed(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        self._part_changed(key, before, after, own, provider_service)
        if _spec_changed(before, after):
            # What it promises bounds those that depend on it.
            self._add(SLA, self._store.by_index(SLA, "upstream", f"{key.namespace}/{key.name}"))
        if _shown(before) != _shown(after):
            for service in {provider_service(sla) for sla in (before, after) if sla is not None}:
                self._add(PLATFORM_CONSUMER, self._shown_to(service, key.name))
        excluded = [dig(obj, "status", "exclusions") for obj in (before, after)]
        if _spec_changed(before, after) or excluded[0] != excluded[1]:
            # What it excludes of them is said on the windows of its service.
            self._add_parts(MAINTENANCE_WINDOW, before, after)

    def _shown_to(self, service: str, sla: str) -> Iterable[Object]:
        """The consumers of a service on a plan that names the SLA: no roll-up tells them of it."""
        live = self._store.get(PLATFORM_SERVICE, *service.split("/", 1))
        plans = dig(live, "spec", "onboarding", "plans") or ()
        naming = {dig(plan, "name") for plan in plans if dig(plan, "slaRef", "name") == sla}
        consumers = self._store.by_index(PLATFORM_CONSUMER, "service", service) if naming else []
        return (consumer for consumer in consumers if dig(consumer, "status", "plan") in naming)

    def _report_changed(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        # Also the reply to our own write: what the SLA's status tells of a report is written once there is one.
        for report in (before, after):
            if report is not None:
                self._queue.add(Key(SLA, key.namespace, dig(report, "spec", "slaName")))

    def _product_report_changed(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        # Likewise: the status tells of a report once there is one.
        for report in (before, after):
            if report is not None:
                self._queue.add(Key(PLATFORM_SERVICE, key.namespace, dig(report, "spec", "serviceName")))

    def _window_changed(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        spec_changed = _spec_changed(before, after)
        if not own or spec_changed:
            self._queue.add(key)
        if spec_changed:
            # The consumers of its service are told of it, and other windows share a quota with it.
            self._add_parts(PLATFORM_CONSUMER, before, after)
            self._add_parts(MAINTENANCE_WINDOW, before, after)
        if spec_changed or dig(before, "status", "announcedTime") != dig(after, "status", "announcedTime"):
            self._add_parts(SLA, before, after)

    def _add_parts(self, kind: Kind, *parts: Object | None) -> None:
        """All of a kind that belong to the service of one of these SLAs or windows."""
        for service in {provider_service(part) for part in parts if part is not None}:
            self._add(kind, self._store.by_index(kind, "service", service))

    def _feedback_changed(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        spec_changed = _spec_changed(before, after)
        if not own or spec_changed:
            self._queue.add(key)
        for feedback in (before, after) if spec_changed else ():
            if feedback is not None:
                self._roll_up(provider_service(feedback))
                if consumer := speaking_consumer(feedback):
                    self._queue.add(Key(PLATFORM_CONSUMER, *consumer.split("/", 1)))
        if _answer(before) != _answer(after):
            self._count("supportResponse", {provider_service(one) for one in (before, after) if one is not None})

    def _part_changed(
        self, key: Key, before: Object | None, after: Object | None, own: bool, service: Callable[[Object], str]
    ) -> None:
        """An SLA or a consumer changed: look at it, and roll it up into its service."""
        spec_changed = _spec_changed(before, after)
        if not own or spec_changed:
            self._queue.add(key)
        if spec_changed or dig(before, "status") != dig(after, "status"):
            for obj in (before, after):
                if obj is not None:
                    self._roll_up(service(obj))

    def _consumer_changed(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        self._part_changed(key, before, after, own, consumed_service)
        if after is None:
            self.disturbances.forget(key)
        if _let_in(before) != _let_in(after):
            # What a namespace's SLAs depend on is said where it is a user of it.
            home = self._store.by_index(SLA, "namespace", str(key.namespace))
            self._add(SLA, filter(upstreams_of, home))
        if _onboarding(before) != _onboarding(after):
            self._count("onboardingLeadTime", {consumed_service(one) for one in (before, after) if one is not None})
        if before is not None and _gives_way(before, after):
            self._add(PLATFORM_CONSUMER, filter(_waits_for_namespace, self._world.siblings(before)))

    def _namespace_changed(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        changed = _without_status(before) != _without_status(after)
        if changed and (not own or after is None or is_deleting(after)):
            self.disturbances.note(key, before, after, own)
            self._add(PLATFORM_CONSUMER, self._store.by_index(PLATFORM_CONSUMER, "claim", key.name))
            self._add_consumers(before, after)
        if before is not None and after is None:
            home = self._store.by_index(PLATFORM_CONSUMER, "home", labels(before).get(CONSUMER_NAMESPACE_LABEL, ""))
            # By its name it kept others from names that begin with it.
            below = self._store.by_index(PLATFORM_CONSUMER, "parent", key.name)
            self._add(PLATFORM_CONSUMER, filter(_waits_for_namespace, [*home, *below]))
        before_labels, after_labels = (labels(obj) if obj is not None else {} for obj in (before, after))
        if before_labels != after_labels:
            self._add(PLATFORM_CONSUMER, self._store.by_index(PLATFORM_CONSUMER, "home", key.name))
        if before_labels.get(PROVIDER_LABEL) != after_labels.get(PROVIDER_LABEL):
            for kind in PROVIDED:
                self._add(kind, self._store.by_index(kind, "namespace", key.name))
            for service in self._store.by_index(PLATFORM_SERVICE, "namespace", key.name):
                self._add(
                    PLATFORM_CONSUMER,
                    self._world.consumers_of(Key(PLATFORM_SERVICE, key.name, service["metadata"]["name"])),
                )

    def _child_changed(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        if own and after is not None:
            return
        if _without_status(before) != _without_status(after):
            self.disturbances.note(key, before, after, own)
            self._add(PLATFORM_CONSUMER, self._store.by_index(PLATFORM_CONSUMER, "claim", key.namespace or ""))
            self._add_consumers(before, after)
            if beside := readers.consumer_of(key):
                self._queue.add(beside)
        elif key.kind is RESOURCE_QUOTA and dig(before, "status") != dig(after, "status"):
            for consumer in consumers_named(before, after):
                self._queue.add_after(consumer, USAGE_SECONDS)

    def _rules_changed(self, key: Key, before: Object | None, after: Object | None, own: bool) -> None:
        if (own and after is not None) or _without_status(before) == _without_status(after):
            return
        self.disturbances.note(key, before, after, own)
        self._add_consumers(before, after)
        for obj in (before, after):
            if obj is not None and sla_of_rules(obj):
                namespace, name = sla_of_rules(obj).split("/", 1)
                self._queue.add(Key(SLA, namespace, name))

    def look_at_counts_of(self, key: Key) -> None:
        """Look again at the SLAs that count a Feedback or a PlatformConsumer."""
        obj = self._store.get(*key)
        if obj is not None and key.kind is FEEDBACK:
            self._count("supportResponse", {provider_service(obj)})
        elif obj is not None:
            self._count("onboardingLeadTime", {consumed_service(obj)})

    def _count(self, indicator: str, services: Iterable[str]) -> None:
        """Look again at the SLAs of services that count by that indicator."""
        for service in services:
            slas = self._store.by_index(SLA, "service", service)
            self._add(SLA, (sla for sla in slas if indicator in indicators_of(sla)))

    def _add_consumers(self, *objects: Object | None) -> None:
        for key in consumers_named(*objects):
            self._queue.add(key)

    def _roll_up(self, service: str) -> None:
        """Many parts change together: their sum is written once for all of them."""
        namespace, name = service.split("/", 1)
        self._queue.add_after(Key(PLATFORM_SERVICE, namespace, name), ROLL_UP_SECONDS)

    def _add(self, kind: Kind, objects: Iterable[Object]) -> None:
        for obj in objects:
            self._queue.add(Key(kind, obj["metadata"]["namespace"], obj["metadata"]["name"]))

    def look_at_all(self) -> None:
        """Look at every contract again."""
        for kind in CONTRACTS:
            for key in self._store.keys(kind):
                self._queue.add(key)

    def look_at_slas(self, data_source: str) -> None:
        """Look again at the SLAs that are measured by that data source."""
        for sla in self._store.all(SLA):
            if (dig(sla, "spec", "dataSourceName") or "default") == data_source:
                self._queue.add(Key(SLA, sla["metadata"]["namespace"], sla["metadata"]["name"]))

    def look_at_attainments(self, data_source: str) -> None:
        """Look again at the services and consumers that an SLA measured by that data source tells apart."""
        services = {
            provider_service(sla)
            for sla in self._store.all(SLA)
            if (dig(sla, "spec", "dataSourceName") or "default") == data_source
            and any("consumerLabel" in objective for objective in dig(sla, "spec", "objectives") or ())
        }
        for service in services:
            self._add(PLATFORM_CONSUMER, self._store.by_index(PLATFORM_CONSUMER, "service", service))
            self._roll_up(service)


def _shown(sla: Object | None) -> Object | None:
    """What consumers see of an SLA."""
    return rollup.plan_sla(sla, None) if sla else None


def _answer(feedback: Object | None) -> Any:
    """What an SLA counts of a Feedback; None where it counts nothing."""
    if feedback is None or not dig(feedback, "spec", "severity"):
        return None
    return feedback["metadata"]["uid"], dig(feedback, "status", "answeredTime")


def _onboarding(consumer: Object | None) -> Any:
    """What an SLA counts of a PlatformConsumer; None where it counts nothing."""
    if consumer is None or not usage.has_asked(consumer):
        return None
    status = consumer.get("status") or {}
    seen = bool(status.get("conditions")), status.get("refusedTime")
    return consumer["metadata"]["uid"], status.get("readyTime") or seen


def _let_in(consumer: Object | None) -> bool:
    return consumer is not None and is_true(consumer, "Approved")


def _gives_way(before: Object, after: Object | None) -> bool:
    """Whether a consumer leaves room for others: it is gone, asks for less, or is not let in any more."""
    if after is None or set(claimed_names(before)) - set(claimed_names(after)):
        return True
    return in_line(before) and not in_line(after)


def _waits_for_namespace(consumer: Object) -> bool:
    """Whether others had what the consumer asks for."""
    ready = find(consumer, "Ready")
    return ready is not None and ready["reason"] in ("NamespaceLimit", "NamespaceConflict", "NamespaceNameNotAllowed")


def _spec_changed(before: Object | None, after: Object | None) -> bool:
    if before is None or after is None:
        return True
    return any(
        before["metadata"].get(name) != after["metadata"].get(name)
        for name in ("uid", "generation", "deletionTimestamp", "labels")
    )


def _product(service: Object | None) -> Any:
    """What the answers to a service's Feedback depend on; None where there is no service."""
    return service and [dig(service, "spec", "roadmap"), dig(service, "spec", "feedback", "surveys")]


def _without_status(obj: Object | None) -> Any:
    """What drift can be seen in: neither the status nor the bookkeeping that changes with it."""
    if obj is None:
        return None
    metadata = obj["metadata"]
    kept = {name: metadata.get(name) for name in ("uid", "labels", "annotations", "deletionTimestamp")}
    return kept, {name: value for name, value in obj.items() if name not in ("metadata", "status")}
