"""One Feedback as the sums see it: what it counts for, without its comment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from platform_contracts.api.feedback import FeedbackState, Method, TriageState
from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.api.roadmap import ItemState, RoadmapItem
from platform_contracts.kube.objects import Object, created_at, uid

# What was decided stays, whatever becomes of the item.
_FINAL = (TriageState.SHIPPED, TriageState.DECLINED)
# What an item says to those who asked for it; one that is proposed says nothing yet.
_BY_ITEM = {
    ItemState.PLANNED: FeedbackState.PLANNED,
    ItemState.IN_PROGRESS: FeedbackState.IN_PROGRESS,
    ItemState.SHIPPED: FeedbackState.SHIPPED,
    ItemState.DECLINED: FeedbackState.DECLINED,
}
# Nobody waits for an answer any more.
FINAL = (FeedbackState.SHIPPED, FeedbackState.DECLINED)


@dataclass(frozen=True, slots=True)
class Voice:
    """One Feedback; the API server has judged what is in it."""

    created: datetime
    # Whoever speaks: those of one team count once.
    speaker: str
    method: str
    survey: str | None
    version: int
    scores: dict[str, int]
    themes: tuple[str, ...]
    item: str | None
    triage: TriageState | None
    triage_item: str | None
    # Whether it asks for an answer: a bare score does not.
    asks: bool
    # What its status says for good, and by which item.
    closed: FeedbackState | None = None
    closed_by: str | None = None
    # Whether its status says that it was understood: its service asked for it, when it was said.
    understood: bool = False


def read(feedback: Object) -> Voice:
    """The voice of a stored Feedback."""
    spec = feedback["spec"]
    triage = spec.get("triage") or {}
    reference, method = spec.get("consumerRef"), spec["method"]
    status: Mapping[str, str] = feedback.get("status") or {}
    # Nobody verifies a team's name, so it is not taken for a consumer's.
    alone = f"team {spec['team']}" if spec.get("team") else uid(feedback)
    return Voice(
        created=created_at(feedback),
        speaker=of_consumer(reference) if reference else alone,
        method=method,
        survey=spec.get("survey"),
        version=spec.get("questionVersion") or 1,
        scores={score["question"]: score["value"] for score in spec.get("scores") or ()},
        themes=tuple(spec.get("themes") or ()),
        item=spec.get("roadmapItem"),
        triage=TriageState(triage["state"]) if triage else None,
        triage_item=triage.get("roadmapItem"),
        asks=method != Method.SURVEY or bool(spec.get("comment") or spec.get("themes") or spec.get("roadmapItem")),
        closed=next((how for how in FINAL if how.value == status.get("state")), None),
        closed_by=status.get("roadmapItem"),
        understood="state" in status,
    )


def of_consumer(reference: Mapping[str, Any]) -> str:
    """The speaker that the PlatformConsumer of a consumerRef is, or of its own metadata."""
    return f"consumer {reference['namespace']}/{reference['name']}"


def items(spec: PlatformServiceSpec) -> dict[str, RoadmapItem]:
    """The items of a service's roadmap by name."""
    return {item.name: item for item in spec.roadmap.items} if spec.roadmap else {}


def state(voice: Voice, roadmap: Mapping[str, RoadmapItem]) -> tuple[FeedbackState, str | None]:
    """What became of a voice, and the name of the item that answers it.

    Moving the item answers those who asked for it; what the platform team said last stays where it is final, and so
    does what an item answered that has left the roadmap since.
    """
    name = voice.triage_item or voice.item
    item = roadmap.get(name) if name else None
    named = item.name if item else None
    if voice.triage in _FINAL:
        return FeedbackState(voice.triage.value), named
    if item and item.state in _BY_ITEM:
        return _BY_ITEM[item.state], named
    if voice.closed and name and item is None and voice.closed_by == name:
        return voice.closed, name
    if voice.triage:
        return FeedbackState(voice.triage.value), named
    return (FeedbackState.OPEN if voice.asks else FeedbackState.COUNTED), named
