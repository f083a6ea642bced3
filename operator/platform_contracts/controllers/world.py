"""The store as the controllers see it: how they find what belongs together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from platform_contracts.api.names import (
    CONSUMER_LABEL,
    CONSUMER_NAMESPACE_LABEL,
    CONSUMER_UID_LABEL,
    PROVIDER_LABEL,
    SLA_LABEL,
    SLA_NAMESPACE_LABEL,
)
from platform_contracts.controllers.watched import CHILDREN, OUR_NAMES, PROVIDED, RULES
from platform_contracts.engine.store import Store
from platform_contracts.kube.conditions import is_true
from platform_contracts.kube.kinds import (
    FEEDBACK,
    MAINTENANCE_WINDOW,
    NAMESPACE,
    PLATFORM_CONSUMER,
    PLATFORM_SERVICE,
    PRODUCT_REPORT,
    SLA,
    SLA_REPORT,
    Kind,
)
from platform_contracts.kube.objects import Key, Object, dig, is_ours, labels, uid
from platform_contracts.onboarding import readers
from platform_contracts.onboarding.claims import claimed_names
from platform_contracts.onboarding.namespaces import parents


def provider_service(part: Object) -> str:
    """The index value of the service that an SLA, a MaintenanceWindow or a Feedback belongs to."""
    return f"{part['metadata']['namespace']}/{dig(part, 'spec', 'serviceRef', 'name')}"


def consumed_service(consumer: Object) -> str:
    """The index value of the service that a PlatformConsumer is onboarded to."""
    return f"{dig(consumer, 'spec', 'serviceRef', 'namespace')}/{dig(consumer, 'spec', 'serviceRef', 'name')}"


def speaking_consumer(feedback: Object) -> str:
    """The index value of the PlatformConsumer that a Feedback speaks for, empty where it names none."""
    reference = dig(feedback, "spec", "consumerRef")
    return f"{reference['namespace']}/{reference['name']}" if reference else ""


def upstreams_of(sla: Object) -> list[tuple[str, str]]:
    """Namespace and name of the SLAs that an SLA depends on."""
    return [(str(dig(one, "namespace")), str(dig(one, "slaName"))) for one in dig(sla, "spec", "dependsOn") or ()]


def indicators_of(sla: Object) -> set[str]:
    """The kinds of indicators that an SLA's objectives have."""
    return {kind for objective in dig(sla, "spec", "objectives") or () for kind in dig(objective, "indicator") or ()}


class World:
    """The store as the controllers see it. Every look-up is by index; none walks over everything."""

    def __init__(self, store: Store) -> None:
        self.store = store
        for kind in (SLA, MAINTENANCE_WINDOW, FEEDBACK):
            store.index(kind, "service", lambda part: [provider_service(part)])
        store.index(SLA, "upstream", lambda sla: [f"{namespace}/{name}" for namespace, name in upstreams_of(sla)])
        store.index(SLA_REPORT, "sla", lambda report: [sla_of_report(report)])
        store.index(PRODUCT_REPORT, "service", lambda report: [service_of_report(report)])
        store.index(FEEDBACK, "consumer", lambda feedback: [speaking_consumer(feedback)])
        store.index(PLATFORM_CONSUMER, "service", lambda consumer: [consumed_service(consumer)])
        for kind in (PLATFORM_SERVICE, PLATFORM_CONSUMER):
            store.index(kind, "uid", lambda obj: [uid(obj)])
        store.index(PLATFORM_CONSUMER, "home", lambda consumer: [consumer["metadata"]["namespace"]])
        store.index(PLATFORM_CONSUMER, "claim", claimed_names)
        store.index(
            PLATFORM_CONSUMER,
            "parent",
            lambda consumer: {parent for name in claimed_names(consumer) for parent in parents(name)},
        )
        store.index(NAMESPACE, "home", lambda namespace: [labels(namespace).get(CONSUMER_NAMESPACE_LABEL, "")])
        store.index(NAMESPACE, "provider", lambda namespace: [labels(namespace).get(PROVIDER_LABEL, "")])
        for kind in PROVIDED:
            store.index(kind, "namespace", lambda obj: [obj["metadata"]["namespace"]])
        for kind in CHILDREN:
            store.keep(kind, lambda obj: is_ours(obj) or obj["metadata"]["name"].startswith(OUR_NAMES))
            store.index(kind, "namespace", lambda obj: [obj["metadata"]["namespace"]])
            store.index(kind, "consumer", lambda obj: [labels(obj).get(CONSUMER_UID_LABEL, "")])
        for kind in RULES:
            store.digest(kind)
            # An SLA's rules may lie in a consumer's namespace, and are none of the consumer's business.
            store.index(kind, "namespace", lambda obj: [] if sla_of_rules(obj) else [obj["metadata"]["namespace"]])
            store.index(kind, "consumer", lambda obj: [labels(obj).get(CONSUMER_UID_LABEL, "")])
            store.index(kind, "sla", lambda obj: [sla_of_rules(obj)])

    # What planners ask

    def is_provider(self, namespace: str) -> bool:
        """Whether an administrator labelled the namespace as a provider's."""
        obj = self.store.get(NAMESPACE, None, namespace)
        return obj is not None and labels(obj).get(PROVIDER_LABEL) == "true"

    def providers(self) -> list[str]:
        """The namespaces that an administrator labelled as a provider's."""
        return [obj["metadata"]["name"] for obj in self.store.by_index(NAMESPACE, "provider", "true")]

    def service(self, namespace: str, name: str) -> Object | None:
        """A PlatformService, or None."""
        return self.store.get(PLATFORM_SERVICE, namespace, name)

    def by_uid(self, kind: Kind, uid: str) -> Object | None:
        """The PlatformService or PlatformConsumer with that UID, or None."""
        return next(iter(self.store.by_index(kind, "uid", uid)), None)

    def slas_of(self, service: Key) -> list[Object]:
        """The SLAs of a service."""
        return self.store.by_index(SLA, "service", f"{service.namespace}/{service.name}")

    def is_consumer(self, home: str, service: str) -> bool:
        """Whether a service (namespace/name) lets in a PlatformConsumer of that home namespace."""
        return any(
            is_true(consumer, "Approved")
            for consumer in self.store.by_index(PLATFORM_CONSUMER, "service", service)
            if consumer["metadata"]["namespace"] == home
        )

    def windows_of(self, service: Key) -> list[Object]:
        """The MaintenanceWindows of a service."""
        return self.store.by_index(MAINTENANCE_WINDOW, "service", f"{service.namespace}/{service.name}")

    def feedback_of(self, service: Key) -> list[Object]:
        """The Feedback about a service."""
        return self.store.by_index(FEEDBACK, "service", f"{service.namespace}/{service.name}")

    def feedback_by(self, consumer: Object) -> list[Object]:
        """What a consumer's team said about its service."""
        metadata = consumer["metadata"]
        said = self.store.by_index(FEEDBACK, "consumer", f"{metadata['namespace']}/{metadata['name']}")
        return [feedback for feedback in said if provider_service(feedback) == consumed_service(consumer)]

    def consumers_of(self, service: Key) -> list[Object]:
        """The PlatformConsumers of a service."""
        return self.store.by_index(PLATFORM_CONSUMER, "service", f"{service.namespace}/{service.name}")

    def homes_of(self, service: Key) -> set[str]:
        """The home namespaces of a service's PlatformConsumers."""
        keys = self.store.keys_by_index(PLATFORM_CONSUMER, "service", f"{service.namespace}/{service.name}")
        return {key.namespace or "" for key in keys}

    def homes(self) -> list[str]:
        """The namespaces that hold PlatformConsumers."""
        return self.store.values(PLATFORM_CONSUMER, "home")

    def consumers_in(self, homes: Iterable[str]) -> list[Object]:
        """The PlatformConsumers of these home namespaces."""
        return [consumer for home in homes for consumer in self.store.by_index(PLATFORM_CONSUMER, "home", home)]

    def siblings(self, consumer: Object) -> list[Object]:
        """PlatformConsumers of the same home, and those that claim one of the same namespaces."""
        home = self.store.by_index(PLATFORM_CONSUMER, "home", consumer["metadata"]["namespace"])
        rivals = [
            rival for name in claimed_names(consumer) for rival in self.store.by_index(PLATFORM_CONSUMER, "claim", name)
        ]
        return list({obj["metadata"]["uid"]: obj for obj in (*home, *rivals)}.values())

    def handed_out(self, home: str) -> list[Object]:
        """Namespaces that were made for the consumers of a home namespace, kept ones included."""
        return self.store.by_index(NAMESPACE, "home", home)

    def namespaces_of(self, consumer: Object) -> list[str]:
        """The names of the namespaces that a consumer asks for, and of those that its status or their labels say it
        has."""
        metadata, recorded = consumer["metadata"], dig(consumer, "status", "namespaces") or ()
        marked = {
            live["metadata"]["name"]
            for live in self.handed_out(metadata["namespace"])
            if labels(live).get(CONSUMER_LABEL) == metadata["name"]
        }
        return sorted({*claimed_names(consumer), *(entry["name"] for entry in recorded), *marked})

    def held_by(self, consumer: Object) -> list[str]:
        """The names of the namespaces that are the consumer's own: its status has them, with the UID that they have."""
        recorded = dig(consumer, "status", "namespaces") or ()
        return [
            entry["name"]
            for entry in recorded
            if (live := self.store.get(NAMESPACE, None, entry["name"])) is not None
            and entry.get("uid") == live["metadata"]["uid"]
        ]

    def children(self, consumer: Object) -> list[tuple[Kind, Object]]:
        """What lies in the namespaces that the consumer claims or has under our marker or names, whatever carries its
        UID elsewhere, and what bears the names of what lets its members read it."""
        places, metadata = self.namespaces_of(consumer), consumer["metadata"]
        beside = [(kind, metadata["namespace"], readers.object_name(consumer)) for kind in readers.KINDS]
        found = [
            (kind, obj)
            for kind in (*CHILDREN, *RULES)
            for obj in (
                *(obj for name in places for obj in self.store.by_index(kind, "namespace", name)),
                *self.store.by_index(kind, "consumer", metadata["uid"]),
            )
        ]
        found += [(key[0], obj) for key in beside if (obj := self.store.get(*key)) is not None]
        return list({obj["metadata"]["uid"]: (kind, obj) for kind, obj in found}.values())

    def rules_of(self, sla: Key) -> list[tuple[Kind, Object]]:
        """The rule objects of an SLA, in any namespace."""
        value = f"{sla.namespace}/{sla.name}"
        return [(kind, obj) for kind in RULES for obj in self.store.by_index(kind, "sla", value)]

    def reports_of(self, sla: Key) -> list[Object]:
        """The SLAReports of an SLA of that name."""
        return self.store.by_index(SLA_REPORT, "sla", f"{sla.namespace}/{sla.name}")

    def product_reports_of(self, service: Object) -> list[Object]:
        """The ProductReports of a service; those of another one that had its name are none of it."""
        return self._product_reports(service["metadata"]["namespace"], service["metadata"]["name"], uid(service))

    def report_before(self, report: Object) -> Object | None:
        """The ProductReport of the period before that of another, of the same service."""
        spec = report["spec"]
        ended = dig(report, "spec", "previous", "time")
        reports = self._product_reports(report["metadata"]["namespace"], spec["serviceName"], spec["serviceUID"])
        return next((one for one in reports if one["spec"]["endTime"] == ended), None)

    def _product_reports(self, namespace: str, name: str, service_uid: str) -> list[Object]:
        reports = self.store.by_index(PRODUCT_REPORT, "service", f"{namespace}/{name}")
        return [report for report in reports if dig(report, "spec", "serviceUID") == service_uid]

    @property
    def namespaces(self) -> Mapping[str, Object]:
        """Every Namespace by name."""
        return _Namespaces(self.store)


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


def sla_of_report(report: Object) -> str:
    """`namespace/name` of the SLA whose period a report is about."""
    return f"{report['metadata']['namespace']}/{dig(report, 'spec', 'slaName')}"


def service_of_report(report: Object) -> str:
    """`namespace/name` of the service whose period a ProductReport is about."""
    return f"{report['metadata']['namespace']}/{dig(report, 'spec', 'serviceName')}"


def sla_of_rules(obj: Object) -> str:
    """`namespace/name` of the SLA that a rule object was rendered from, empty where it names none."""
    names = labels(obj)
    if SLA_LABEL not in names or SLA_NAMESPACE_LABEL not in names:
        return ""
    return f"{names[SLA_NAMESPACE_LABEL]}/{names[SLA_LABEL]}"
