"""The PlatformConsumers that a reader may see, searched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from platform_contracts.kube.objects import Object
from platform_contracts.web.view.people import Consumer, consumers_of_teams, named
from platform_contracts.web.view.search import LONGEST, matches, words


@dataclass(frozen=True, slots=True)
class Consumers:
    """What was asked for and what was found, and how many more there are of that."""

    rows: list[Consumer]
    more: int
    query: str


def consumers(found: Iterable[Object], query: str) -> Consumers:
    """Those whose names, teams, services or plans have every word of the query, by team."""
    looked_for = words(query)
    matching = [one for one in found if not looked_for or matches(looked_for, *named(one))]
    rows = consumers_of_teams(matching)
    return Consumers(rows, len(matching) - len(rows), query[:LONGEST])
