"""What the planners of the product are given and give back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from platform_contracts.api.feedback import FeedbackSpec
from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.kube.conditions import Condition
from platform_contracts.kube.events import Event
from platform_contracts.kube.objects import Object
from platform_contracts.kube.plan import Apply, Delete


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """What an assessment alone depends on."""

    # The UIDs of the consumers that are ready, and of all that the service lets in or that have something of it.
    using: Sequence[str]
    present: Sequence[str]
    # How many have a quota that is nearly used up.
    pressed: int
    # status.consumers, status.onboarding, status.usage and status.drift as they are about to be, by their names.
    onboarded: Mapping[str, Object]
    # Whether reports are written: not where the service says Observe or Suspend, or the cluster knows no ProductReport.
    writes: bool
    # Whether status.consumers is as it was: what a new start of the operator finds in motion is not put on record.
    settled: bool
    # The service's SLAs with their SLAReports, all revisions.
    slas: Sequence[Object]
    sla_reports: Sequence[Object]
    # status.assessment as it is, and status.consumers.left.
    assessed: Object
    left: Sequence[Object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductInputs:
    """Everything that a service's sections about its users and its roadmap depend on."""

    namespace: str
    name: str
    uid: str
    spec: PlatformServiceSpec
    # When the service was created: its surveys are asked from then on.
    created: datetime
    # Every Feedback that names the service.
    feedback: Sequence[Object]
    # The consumers that are ready, as they speak in Voice.
    consumers: Set[str]
    # How many people are in their teams; None where one of them does not say.
    people: int | None = None
    # status.sla as it is about to be.
    sla: Object | None = None
    # Every ProductReport of the service.
    reports: Sequence[Object] = ()
    # None: the service is not assessed.
    assessment: Assessed | None = None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Parts of a service's status: sections by name, conditions, and when time alone changes one of them."""

    sections: Mapping[str, Object] = field(default_factory=dict)
    conditions: Sequence[Condition] = ()
    # What the status tells anew.
    events: Sequence[Event] = ()
    # What is written once, and what has expired.
    applies: Sequence[Apply] = ()
    deletes: Sequence[Delete] = ()
    requeue_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackInputs:
    """Everything that one Feedback's plan depends on."""

    feedback: Object
    # None together with `invalid`, the reason in one sentence, where the spec cannot be read.
    spec: FeedbackSpec | None
    invalid: str | None = None
    # The spec of the PlatformService that spec.serviceRef names; None: there is none, or it cannot be read.
    service: PlatformServiceSpec | None
    # Whether an administrator labelled the namespace as a provider's.
    provider: bool
    # When spec.triage was set, where the status does not say so yet.
    answered: datetime | None = None
    now: datetime
