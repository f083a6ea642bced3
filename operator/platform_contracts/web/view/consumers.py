"""All PlatformConsumers, searched; which of them a reader may see is asked afterwards."""

from __future__ import annotations

from collections.abc import Iterable

from platform_contracts.kube.objects import Object
from platform_contracts.web.view.people import Consumer, consumer

_LONGEST = 100


def consumers(found: Iterable[Object], query: str) -> list[Consumer]:
    """Those whose names, teams, services or plans have every word of the query, by team."""
    words = query[:_LONGEST].casefold().split()
    rows = sorted(map(consumer, found), key=lambda one: (one.team.casefold(), one.path))
    return [row for row in rows if all(word in _searched(row) for word in words)]


def _searched(row: Consumer) -> str:
    return " ".join((row.namespace, row.name, row.team, row.service, row.plan)).casefold()
