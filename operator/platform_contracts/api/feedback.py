"""Feedback: one voice about one service, and the platform team's answer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel, Resource
from platform_contracts.api.common import EntryName, LocalRef, NamespacedRef, Team, Themes
from platform_contracts.api.rules import ListMap, Rule, whole
from platform_contracts.api.status import Status, Text
from platform_contracts.api.support import Severity


class Method(StrEnum):
    """How the voice was heard."""

    SURVEY = "Survey"
    INTERVIEW = "Interview"
    REQUEST = "Request"


class Score(ContractModel):
    """The answer to one question of a survey."""

    question: EntryName = Field(examples=["satisfaction"])
    """Name of the question, for example satisfaction; the survey's instrument says which there are."""

    value: Annotated[int, Field(strict=True), whole(0, 10, "a whole number", 4)] = Field(examples=[4])
    """The answer on the instrument's scale, for example 4."""


class TriageState(StrEnum):
    """What the platform team answers."""

    ACKNOWLEDGED = "Acknowledged"
    PLANNED = "Planned"
    SHIPPED = "Shipped"
    DECLINED = "Declined"


class Triage(ContractModel):
    """The platform team's answer; it takes the verb triage on feedback."""

    state: TriageState = Field(examples=["Acknowledged"])
    """What becomes of it: Acknowledged, Planned, Shipped or Declined. Where a roadmap item answers it, the item's own
    state goes on from there."""

    roadmap_item: EntryName | None = None
    """The roadmap item that answers it, for example instant-refunds."""

    response: str | None = Field(default=None, max_length=1024)
    """What whoever asked reads, for example "We start in May; tell us which providers you need"."""


_WORDS = Rule(
    "size(self) > 0", "must say something, for example Refunds take a day, or be left out", lambda text: bool(text)
)

# All that an author writes. None of it changes any more, whatever is added, left out or put in another place.
_SAID = (
    "serviceRef",
    "method",
    "severity",
    "survey",
    "questionVersion",
    "scores",
    "consumerRef",
    "team",
    "themes",
    "comment",
    "roadmapItem",
)


class FeedbackSpec(ContractModel):
    """What somebody says about a service. Who it was is stored nowhere."""

    RULES = (
        Rule(
            "(self.method == 'Survey') == has(self.survey)",
            "survey is required when method is Survey, and for no other method, for example "
            "method: Survey, survey: satisfaction",
            lambda spec: (spec.method is Method.SURVEY) == (spec.survey is not None),
            field="survey",
        ),
        Rule(
            "(self.method == 'Survey') == (has(self.scores) && size(self.scores) > 0)",
            "scores are required when method is Survey, and for no other method, for example "
            "scores: [{question: satisfaction, value: 4}]",
            lambda spec: (spec.method is Method.SURVEY) == bool(spec.scores),
            field="scores",
        ),
        Rule(
            "self.method == 'Survey' || has(self.comment) || has(self.roadmapItem) || "
            "has(self.themes) && size(self.themes) > 0",
            "comment, themes or roadmapItem is required unless method is Survey, for example "
            "comment: Refunds take a day, themes: [refunds]",
            lambda spec: spec.method is Method.SURVEY or bool(spec.comment or spec.themes or spec.roadmap_item),
            field="comment",
            reason="FieldValueRequired",
        ),
        Rule(
            "!has(self.severity) || self.method == 'Request'",
            "goes with method: Request only, for example method: Request, severity: High",
            lambda spec: spec.severity is None or spec.method is Method.REQUEST,
            field="severity",
        ),
        Rule(
            " && ".join(
                f"has(self.{name}) == has(oldSelf.{name}) && (!has(self.{name}) || self.{name} == oldSelf.{name})"
                for name in _SAID
            ),
            "what was said cannot be changed after creation: change triage alone, for example "
            "triage: {state: Acknowledged}, or create another Feedback",
            reason="FieldValueForbidden",
        ),
    )

    service_ref: LocalRef = Field(examples=[{"name": "payments"}])
    """The PlatformService that it is about, in the same namespace, for example {name: payments}."""

    method: Method = Method.REQUEST
    """How it was heard: Request, the default, Interview, or Survey with `survey` and `scores`."""

    severity: Severity | None = None
    """How much a request matters to whoever asks: Critical, High, Medium or Low. An SLA may promise how soon requests
    of a severity get their first answer. Left out, no such promise counts it."""

    survey: EntryName | None = None
    """The survey of the service that is answered, for example satisfaction."""

    question_version: Annotated[int, Field(strict=True), whole(1, 1000, "a whole number", 2)] | None = None
    """The version of its question that was answered, for example 2; left out: 1."""

    scores: Annotated[list[Score], ListMap(("question",))] = Field(default_factory=list, max_length=4)
    """One answer to each question of the survey's instrument, for example [{question: satisfaction, value: 4}]."""

    consumer_ref: NamespacedRef | None = None
    """The PlatformConsumer of the team that speaks, for example {namespace: team-a, name: payments}; it takes the verb
    speak on it. The answer then shows in its status. Left out, nobody learns which team it was."""

    team: Team | None = None
    """The team that speaks, where there is no consumerRef, for example Team A. Nobody verifies it."""

    themes: Themes = Field(default_factory=list)
    """What it is about, in words that others share, for example [refunds]."""

    comment: Annotated[str, Field(max_length=4096), _WORDS] | None = None
    """What is said, for example "Refunds take a day". It stays on this object."""

    roadmap_item: EntryName | None = None
    """The roadmap item that is asked for, for example instant-refunds."""

    triage: Triage | None = None
    """The platform team's answer, not the author's, for example {state: Planned, roadmapItem: instant-refunds}."""


class FeedbackState(StrEnum):
    """What became of a voice."""

    COUNTED = "Counted"
    OPEN = "Open"
    ACKNOWLEDGED = "Acknowledged"
    PLANNED = "Planned"
    IN_PROGRESS = "InProgress"
    SHIPPED = "Shipped"
    DECLINED = "Declined"


class FeedbackAnswerStatus(Status):
    """What became of it. Conditions: Ready (it counts), Reconciling, Stalled."""

    state: FeedbackState | None = None
    """Open until the platform team answers, then Acknowledged, Planned, InProgress, Shipped or Declined; Counted for a
    survey's answer without a comment."""

    roadmap_item: Text | None = None
    """The roadmap item that answers it."""

    closed_time: datetime | None = None
    """Since when it is shipped or declined."""

    answered_time: datetime | None = None
    """When the platform team first set `spec.triage`; it does not change any more."""

    triaged_time: datetime | None = None
    """Since when `spec.triage` is as it is, as the operator saw it."""


class Feedback(Resource):
    """One voice about one PlatformService: a survey's answer, an interview or a request, and what the platform team
    answers. It counts in the service's status, where no comment and no name ever shows."""

    spec: FeedbackSpec = Field(
        examples=[{"serviceRef": {"name": "payments"}, "comment": "Refunds take a day", "themes": ["refunds"]}]
    )
    """What somebody says about a service, and the answer."""

    status: FeedbackAnswerStatus = Field(default_factory=FeedbackAnswerStatus)
