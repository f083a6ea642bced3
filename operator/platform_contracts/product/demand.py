"""What users ask for: themes, and how many speak for each item of the roadmap. Counts without names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from platform_contracts.api.roadmap import ItemState, RoadmapItem
from platform_contracts.api.service_status import Trend
from platform_contracts.product.voice import FINAL, Voice, state

PERIOD = timedelta(days=90)
# A word that one or two people use is theirs, and stays on their Feedback.
FEWEST = 3


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme, how many named it within the period, and how many in the one before."""

    name: str
    count: int
    before: int

    @property
    def trend(self) -> Trend:
        """Against the period before."""
        if self.count == self.before:
            return Trend.STEADY
        return Trend.RISING if self.count > self.before else Trend.FALLING


def themes(voices: Sequence[Voice], now: datetime) -> tuple[list[Theme], datetime | None]:
    """The themes that enough have named, the most frequent first; and when time alone changes that."""
    lately: defaultdict[str, set[str]] = defaultdict(set)
    before: defaultdict[str, set[str]] = defaultdict(set)
    changes = []
    for voice in voices:
        age = now - voice.created
        if not voice.themes or age >= 2 * PERIOD:
            continue
        changes.append(voice.created + (PERIOD if age < PERIOD else 2 * PERIOD))
        for theme in voice.themes:
            (lately if age < PERIOD else before)[theme].add(voice.speaker)
    found = [
        Theme(name, len(speakers), len(before.get(name, ())))
        for name, speakers in lately.items()
        if len(speakers) >= FEWEST
    ]
    return sorted(found, key=lambda theme: (-theme.count, theme.name)), min(changes, default=None)


def speakers(voices: Sequence[Voice]) -> dict[str, set[str]]:
    """Who named each theme."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for voice in voices:
        for theme in voice.themes:
            found[theme].add(voice.speaker)
    return found


def asked_by(voices: Sequence[Voice], items: Mapping[str, RoadmapItem]) -> dict[str, int]:
    """How many speak for each item: they name it or one of its themes, or were answered with it.

    Who has had an answer for good asks for nothing any more: those count for the item that was shipped to them alone.
    """
    by_theme: defaultdict[str, list[str]] = defaultdict(list)
    for item in items.values():
        for theme in item.themes:
            by_theme[theme].append(item.name)
    speakers: dict[str, set[str]] = {name: set() for name in items}
    for voice in voices:
        how, answer = state(voice, items)
        if how in FINAL:
            # It may have left the roadmap since.
            found = items.get(answer or "")
            named = {answer} if found and found.state is ItemState.SHIPPED else set()
        else:
            named = {voice.item, voice.triage_item}
            for theme in voice.themes:
                named.update(by_theme.get(theme, ()))
        for name in named:
            if name in speakers:
                speakers[name].add(voice.speaker)
    return {name: len(found) for name, found in speakers.items()}
