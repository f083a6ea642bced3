"""What users ask for: themes, and how many speak for each item of the roadmap. Counts without names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

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


def themes(
    voices: Sequence[Voice], now: datetime, answered: Callable[[Voice, str], bool] = lambda voice, theme: False
) -> tuple[list[Theme], datetime | None]:
    """The themes that enough have named, the most frequent first; and when time alone changes that. A voice does not
    count for a theme for which it is `answered`."""
    lately: defaultdict[str, set[str]] = defaultdict(set)
    before: defaultdict[str, set[str]] = defaultdict(set)
    changes = []
    for voice in voices:
        age = now - voice.created
        if not voice.themes or age >= 2 * PERIOD:
            continue
        changes.append(voice.created + (PERIOD if age < PERIOD else 2 * PERIOD))
        for theme in voice.themes:
            if answered(voice, theme):
                continue
            (lately if age < PERIOD else before)[theme].add(voice.speaker)
    found = [
        Theme(name, len(speakers), len(before.get(name, ())))
        for name, speakers in lately.items()
        if len(speakers) >= FEWEST
    ]
    return sorted(found, key=lambda theme: (-theme.count, theme.name)), min(changes, default=None)


def unaddressed(voices: Sequence[Voice], items: Iterable[RoadmapItem], now: datetime) -> list[Theme]:
    """The themes that nothing answers: no item that is to come or was declined has it, nor was one with it shipped
    since enough have named it."""
    answers: set[str] = set()
    shipped: dict[str, date] = {}
    for item in items:
        for theme in item.themes:
            if item.state is not ItemState.SHIPPED or item.shipped_date is None:
                answers.add(theme)
            else:
                shipped[theme] = max(item.shipped_date, shipped.get(theme, date.min))

    def answered(voice: Voice, theme: str) -> bool:
        return theme in answers or (theme in shipped and before(voice, shipped[theme]))

    return themes(voices, now, answered)[0]


def before(voice: Voice, shipped: date) -> bool:
    """Whether somebody spoke before something was shipped, or on that day."""
    return voice.created.astimezone(UTC).date() <= shipped


def speakers(voices: Sequence[Voice]) -> dict[str, set[str]]:
    """Who named each theme."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for voice in voices:
        for theme in voice.themes:
            found[theme].add(voice.speaker)
    return found


def asking(voices: Sequence[Voice], items: Mapping[str, RoadmapItem]) -> dict[str, set[str]]:
    """Who speaks for each item: they name it or one of its themes, or were answered with it.

    Who has had an answer for good asks for nothing any more: those count for the item that was shipped to them alone.
    Who names a theme of something that was shipped by then asks for something else.
    """
    by_theme: defaultdict[str, list[RoadmapItem]] = defaultdict(list)
    for item in items.values():
        for theme in item.themes:
            by_theme[theme].append(item)
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
                named.update(
                    item.name
                    for item in by_theme.get(theme, ())
                    if item.state is not ItemState.SHIPPED
                    or item.shipped_date is None
                    or before(voice, item.shipped_date)
                )
        for name in named:
            if name in speakers:
                speakers[name].add(voice.speaker)
    return speakers
