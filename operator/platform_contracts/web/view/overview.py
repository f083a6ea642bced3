"""All services that a reader may see, searched and counted by state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from platform_contracts.kube.objects import Object
from platform_contracts.web.view.card import Card, card
from platform_contracts.web.view.search import LONGEST, matches, words
from platform_contracts.web.words import STATES

# What needs attention first.
_ORDER = {state: rank for rank, state in enumerate(("Breached", "AtRisk", "Unknown", "Met"))}


@dataclass(frozen=True, slots=True)
class Filter:
    """A state by which the services can be narrowed down, and how many there are in it."""

    state: str
    words: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """What was asked for and what was found; `total` are all services that the reader may see."""

    cards: list[Card]
    filters: list[Filter]
    total: int
    query: str
    state: str


def overview(services: Iterable[Object], query: str = "", state: str = "") -> Overview:
    """The services whose names, descriptions or teams have every word of the query, in that state of STATES unless
    it is empty."""
    query = query[:LONGEST].strip()
    everything = sorted(map(card, services), key=lambda one: (_ORDER.get(one.state, 0), one.title.casefold(), one.path))
    looked_for = words(query)
    named = [one for one in everything if matches(looked_for, *_searched(one))]
    counts = Counter(one.state for one in named)
    return Overview(
        cards=[one for one in named if state in ("", one.state)],
        filters=[Filter(key, STATES[key], counts[key], key == state) for key in _ORDER],
        total=len(everything),
        query=query,
        state=state,
    )


def _searched(one: Card) -> tuple[str, ...]:
    return one.title, one.name, one.namespace, one.team, one.summary, one.lifecycle
