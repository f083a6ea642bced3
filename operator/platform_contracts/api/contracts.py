"""The kinds of the contract language, each with what its CustomResourceDefinition says beside the schema."""

from __future__ import annotations

from typing import NamedTuple

from platform_contracts.api.base import Resource
from platform_contracts.api.feedback import Feedback
from platform_contracts.api.maintenance_window import MaintenanceWindow
from platform_contracts.api.platform_consumer import PlatformConsumer
from platform_contracts.api.platform_service import PlatformService
from platform_contracts.api.product_report import ProductReport
from platform_contracts.api.sla import SLA
from platform_contracts.api.sla_report import SLAReport
from platform_contracts.kube import kinds
from platform_contracts.kube.kinds import Kind


class Column(NamedTuple):
    """A column of `kubectl get`; a wide one shows with `-o wide` alone."""

    name: str
    path: str
    description: str
    type: str = "string"
    wide: bool = False


class Contract(NamedTuple):
    """One kind: its model from the root on, its names and its columns."""

    kind: Kind
    model: type[Resource]
    short_names: tuple[str, ...]
    columns: tuple[Column, ...]


def _condition(type_: str, member: str = "status") -> str:
    return f'.status.conditions[?(@.type=="{type_}")].{member}'


_READY = Column("Ready", _condition("Ready"), "Whether the operator has done what the spec asks for.")
_AGE = Column("Age", ".metadata.creationTimestamp", "Time since creation.", type="date")
_FEEDBACK = Column("Feedback", ".status.feedback.submitURL", "Where to tell the platform team.", wide=True)
_MESSAGE = Column("Message", _condition("Ready", "message"), "What is so, and what to do next.", wide=True)

CONTRACTS = (
    Contract(
        kind=kinds.PLATFORM_SERVICE,
        model=PlatformService,
        short_names=("psvc",),
        columns=(
            Column("Lifecycle", ".spec.lifecycle", "How far the service is in its life."),
            Column("Owner", ".spec.owner.team", "The team that answers for the service."),
            Column("Consumers", ".status.consumers.summary", "Ready consumers of the targeted or known ones."),
            Column(
                "SLA", ".status.sla.summary", "The worst state among its SLAs, with what was measured and promised."
            ),
            Column("Budget", ".status.sla.worst.budget", "What is left of the worst objective's error budget."),
            Column(
                "Satisfaction", ".status.feedback.summary", "What the first survey shows, and from how many answers."
            ),
            _READY,
            _AGE,
            Column("Next", ".status.roadmap.next", "The roadmap item that comes next, and by when.", wide=True),
            Column(
                "Open",
                ".status.feedback.openItems",
                "Voices that ask for something neither shipped nor declined.",
                "integer",
                wide=True,
            ),
            Column(
                "Oldest",
                ".status.feedback.oldestUnacknowledgedTime",
                "How long the voice waits that has waited longest for a first answer.",
                "date",
                wide=True,
            ),
            Column("Assessed", ".status.assessment.lastTime", "Time since the last assessment.", "date", wide=True),
            _FEEDBACK,
            _MESSAGE,
        ),
    ),
    Contract(
        kind=kinds.SLA,
        model=SLA,
        short_names=(),
        columns=(
            Column("Service", ".spec.serviceRef.name", "The service that promises."),
            Column("State", ".status.state", "Met, AtRisk, Breached or Unknown."),
            Column("Objective", ".status.worst.objective", "The objective that is worst off."),
            Column("Actual", ".status.worst.sli", "What was measured for it, in percent."),
            Column("Target", ".status.worst.target", "What was promised for it, in percent."),
            Column("Budget", ".status.worst.budget", "What is left of its error budget."),
            Column("Window", ".status.worst.window", "The time that the figures are about."),
            _READY,
            _AGE,
            Column(
                "Evaluated",
                ".status.worst.evaluatedTime",
                "Time since the figures were read.",
                "date",
                wide=True,
            ),
            _FEEDBACK,
            _MESSAGE,
        ),
    ),
    Contract(
        kind=kinds.PLATFORM_CONSUMER,
        model=PlatformConsumer,
        short_names=("pcon",),
        columns=(
            Column("Service", ".spec.serviceRef.name", "The service that the team uses."),
            Column("Plan", ".spec.planName", "The plan that the team is on."),
            Column("Namespaces", ".status.summary", "The namespaces that the plan gives, and their state."),
            Column("SLA", ".status.sla.state", "The worst state among the service's SLAs."),
            _READY,
            _AGE,
            Column("Quota", ".status.quota.summary", "The resource that is used most of the plan's quota.", wide=True),
            Column("Approved", _condition("Approved"), "Whether the service lets this team in.", wide=True),
            _FEEDBACK,
            _MESSAGE,
        ),
    ),
    Contract(
        kind=kinds.MAINTENANCE_WINDOW,
        model=MaintenanceWindow,
        short_names=("mwin",),
        columns=(
            Column("Service", ".spec.serviceRef.name", "The service that is worked on."),
            Column("State", ".status.state", "Announced, Active or Over."),
            Column("Start", ".status.startTime", "When it begins: this time, or the next."),
            Column("End", ".status.endTime", "When it ends: this time, or the next."),
            _READY,
            _AGE,
            Column("Reason", ".spec.reason", "What is done, and what users will notice.", wide=True),
            _MESSAGE,
        ),
    ),
    Contract(
        kind=kinds.SLA_REPORT,
        model=SLAReport,
        short_names=(),
        columns=(
            Column("SLA", ".spec.slaName", "The SLA whose period it is."),
            Column("Period", ".spec.period", "The closed calendar period."),
            Column("Verdict", ".spec.verdict", "Met, Breached or Inconclusive."),
            Column("SLI", ".spec.worst.sli", "What was measured for the objective that ended worst, in percent."),
            Column("Target", ".spec.worst.target", "What was promised for it, in percent."),
            Column("Credit%", ".spec.creditPercent", "What is given back for the period.", type="integer"),
            Column("Superseded-By", ".status.supersededBy", "The correction of this report; none: it is in force."),
            _AGE,
            Column("Objective", ".spec.worst.objective", "The objective that ended worst.", wide=True),
            Column("Service", ".spec.serviceName", "The service that promised.", wide=True),
            Column("Supersedes", ".spec.supersedes", "The report that this one corrects.", wide=True),
        ),
    ),
    Contract(
        kind=kinds.PRODUCT_REPORT,
        model=ProductReport,
        short_names=(),
        columns=(
            Column("Service", ".spec.serviceName", "The service whose period it is."),
            Column("Until", ".spec.endTime", "The end of the period."),
            Column("Consumers", ".spec.consumers.ready", "Who had everything that their plan gives.", "integer"),
            Column("Lost", ".spec.consumers.lost", "Who left in the period.", "integer"),
            Column("Voices", ".spec.feedback.voices", "Feedback that was given in the period.", "integer"),
            Column("Improve", ".spec.summary", "What is to be improved."),
            _AGE,
            Column("SLA", ".spec.sla.summary", "How its SLAs stood at the end.", wide=True),
        ),
    ),
    Contract(
        kind=kinds.FEEDBACK,
        model=Feedback,
        short_names=(),
        columns=(
            Column("Service", ".spec.serviceRef.name", "The service that it is about."),
            Column("Method", ".spec.method", "How it was heard: Survey, Interview or Request."),
            Column("State", ".status.state", "What became of it."),
            Column("Item", ".status.roadmapItem", "The roadmap item that answers it."),
            _AGE,
            Column("Severity", ".spec.severity", "How much it matters to whoever asks.", wide=True),
            Column("Answered", ".status.answeredTime", "Time since its first answer.", type="date", wide=True),
            Column("Themes", ".spec.themes", "What it is about.", wide=True),
            Column("Comment", ".spec.comment", "What is said.", wide=True),
            _MESSAGE,
        ),
    ),
)
