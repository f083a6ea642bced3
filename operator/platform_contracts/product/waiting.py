"""Who waits for an answer: the open voices of a PlatformService, and its condition FeedbackCurrent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from platform_contracts.api.feedback import FeedbackState
from platform_contracts.api.roadmap import RoadmapItem
from platform_contracts.kube.conditions import Condition
from platform_contracts.kube.objects import Object, format_time
from platform_contracts.product.voice import FINAL, Voice, state
from platform_contracts.product.words import counted, overdue
from platform_contracts.product.words import days as spell

_CLOSED = (*FINAL, FeedbackState.COUNTED)
_DAY = timedelta(days=1)


class Waiting:
    """The voices that ask for something, those without a first answer by age."""

    def __init__(self, voices: Sequence[Voice], roadmap: Mapping[str, RoadmapItem]) -> None:
        stands = [(voice, state(voice, roadmap)[0]) for voice in voices if voice.asks]
        self.open = sum(how not in _CLOSED for _, how in stands)
        self.unanswered = sorted(voice.created for voice, how in stands if how is FeedbackState.OPEN)

    def section(self) -> Object:
        """`openItems` and `oldestUnacknowledgedTime` of status.feedback."""
        found: Object = {"openItems": self.open}
        if self.unanswered:
            found["oldestUnacknowledgedTime"] = format_time(self.unanswered[0])
        return found

    def condition(self, days: int, namespace: str, now: datetime) -> Condition:
        """FeedbackCurrent, where whoever asks is to be answered within so many days."""
        late = self.overdue(days, now)
        if not late:
            number = len(self.unanswered)
            waiting = f"{_voices(number)} no answer yet, and none has waited for {spell(days)}" if number else ""
            return Condition("FeedbackCurrent", True, "Answered", f"{waiting or 'Nobody waits for an answer'}.")
        return Condition(
            "FeedbackCurrent",
            False,
            "AnswerOverdue",
            f"{_voices(len(late))} waited longer for an answer than the {spell(days)} of "
            f"spec.feedback.acknowledgeWithinDays, the oldest is {overdue(late[0])}; read what they say "
            f"(kubectl get feedback -n {namespace} -o wide) and set spec.triage of each, for example "
            "triage: {state: Acknowledged}.",
        )

    def overdue(self, days: int, now: datetime) -> list[timedelta]:
        """How long ago the answers were due that are, where whoever asks is answered within so many days; the longest
        first."""
        within = timedelta(days=days)
        return [now - created - within for created in self.unanswered if now - created >= within]

    def next_change(self, days: int, now: datetime) -> datetime | None:
        """When time alone changes the condition: somebody's time is up, or the oldest is overdue by another day."""
        within = timedelta(days=days)
        changes = [created + within for created in self.unanswered if now - created < within][:1]
        if self.unanswered and now - self.unanswered[0] >= within:
            due = self.unanswered[0] + within
            changes.append(due + ((now - due) // _DAY + 1) * _DAY)
        return min(changes, default=None)


def _voices(number: int) -> str:
    return counted(number, "voice has", "voices have")
