"""What the planners of onboarding are given and give back: a snapshot of the world in, a plan out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from platform_contracts.api.maintenance_window import MaintenanceWindowSpec
from platform_contracts.api.platform_consumer import PlatformConsumerSpec
from platform_contracts.api.platform_service import PlatformServiceSpec, ReconcilePolicy
from platform_contracts.config import Guardrails
from platform_contracts.kube.conditions import Condition
from platform_contracts.kube.kinds import CONFIG_MAP, Kind
from platform_contracts.kube.objects import Key, Object
from platform_contracts.kube.plan import Apply, Delete, Plan


class Window(NamedTuple):
    """One time of a MaintenanceWindow of a service, as its consumers are told of it."""

    name: str
    start: datetime
    end: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerInputs:
    """Everything that one PlatformConsumer's plan depends on."""

    consumer: Object
    # None together with `invalid`, the reason in one sentence, where the spec cannot be read.
    spec: PlatformConsumerSpec | None
    invalid: str | None = None
    # The PlatformService that spec.serviceRef names; None: there is none. Its spec is None where it cannot be read.
    service: Object | None
    service_spec: PlatformServiceSpec | None
    # Whether an administrator labelled the service's namespace as a provider's.
    provider: bool
    # The Namespace that the consumer lives in.
    home_namespace: Object | None
    # Every Namespace of the cluster by name; metadata is enough.
    namespaces: Mapping[str, Object]
    # Those of them whose labels say that they were made for a consumer of the same home namespace.
    handed_out: Sequence[Object]
    # Live objects that carry the consumer's UID, or lie in a namespace that it claims or holds and bear our marker or
    # one of our names. ResourceQuotas come with what is used of them, rule objects as metadata and digest.
    children: Sequence[tuple[Kind, Object]]
    # Those of them, and of its Namespaces, that others changed or deleted since they were last right.
    disturbed: frozenset[Key] = frozenset()
    # How many PersistentVolumeClaims a live look found in each of the namespaces that `leaving` names.
    claims_in: Mapping[str, int] = field(default_factory=dict)
    # The NetworkPolicies that a live look found in each of the namespaces that `adopting` names.
    policies_in: Mapping[str, Sequence[str]] = field(default_factory=dict)
    # Every PlatformConsumer of the same home namespace, and every one that claims one of the same namespaces.
    siblings: Sequence[Object]
    # The MaintenanceWindows of the service.
    windows: Sequence[Window] = ()
    # As what and under which labels rules are written.
    rule_kind: Kind = CONFIG_MAP
    rule_labels: Mapping[str, str] = field(default_factory=dict)
    # How often, in seconds, the status may be written only because something else is used of the quota.
    usage_seconds: float = 60
    guardrails: Guardrails
    # The operator's own namespaces: where it runs, and where it writes rules.
    own_namespaces: frozenset[str]
    # For status.feedback: what the platform team answered to the team, and the links by which the team speaks.
    answers: Sequence[Object] = ()
    links: Sequence[Object] = ()
    # The consumer's copy of how the service's SLAs stand together, and of each that a plan names, for status.sla; None
    # leaves it out.
    sla: Object | None = None
    slas: Mapping[str, Object | None] = field(default_factory=dict)
    # What the consumer itself got of the service's promises, for status.sla.attainment.
    attainment: Sequence[Object] = ()
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Offboarding:
    """What to do for a PlatformConsumer that is being deleted, in this order; after it the finalizer goes.

    `plan` ends access. `unless_claimed` are the namespaces that go as well where a live look finds no
    PersistentVolumeClaim in them. `kept` are the names of those that stay in any case. `hands_off` is the policy of the
    service by which nothing is touched, not even access.
    """

    plan: Plan
    unless_claimed: tuple[Delete, ...]
    kept: tuple[str, ...]
    hands_off: ReconcilePolicy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceInputs:
    """Everything that one PlatformService's plan depends on."""

    service: Object
    # None together with `invalid`, the reason in one sentence, where the spec cannot be read.
    spec: PlatformServiceSpec | None
    invalid: str | None = None
    # Whether an administrator labelled the service's namespace as a provider's.
    provider: bool
    # PlatformConsumers that refer to this service, and those beside it that bear the name of a generated one.
    consumers: Sequence[Object]
    # Whether spec.sunset.successorRef names a PlatformService that exists; True where it names none.
    successor_exists: bool = True
    # The names of the service's SLAs.
    slas: frozenset[str] = frozenset()
    # status.sla and the condition SLAMet; None leaves them out.
    sla: Object | None = None
    sla_condition: Condition | None = None
    # The links by which whoever reads the service answers, for status.feedback.
    links: Sequence[Object] = ()
    # Sections of the status, or parts of them, and conditions that are planned elsewhere.
    sections: Mapping[str, Object] = field(default_factory=dict)
    conditions: Sequence[Condition] = ()
    # What is written of a closed period beside the consumers that are generated.
    reports: Sequence[Apply] = ()
    # Feedback that has expired.
    expired: Sequence[Delete] = ()
    guardrails: Guardrails = field(default_factory=Guardrails)
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowInputs:
    """Everything that one MaintenanceWindow's plan depends on."""

    window: Object
    # None together with `invalid`, the reason in one sentence, where the spec cannot be read.
    spec: MaintenanceWindowSpec | None
    invalid: str | None = None
    # The PlatformService that spec.serviceRef names; None: there is none.
    service: Object | None
    # Whether an administrator labelled the namespace as a provider's.
    provider: bool
    # How much of it each SLA of the service that it concerns excludes, and why, by name; None where one says nothing.
    slas: Mapping[str, tuple[int, str] | None] = field(default_factory=dict)
    now: datetime
