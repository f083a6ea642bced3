"""What is coming, what users asked for, and what was shipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from platform_contracts.kube.objects import Object, dig
from platform_contracts.web.words import spaced

_PROMISED = ("Planned", "InProgress")
_MOST_SHIPPED = 10


@dataclass(frozen=True, slots=True)
class Item:
    """One item; `overdue` is by how many days its promised day has passed."""

    name: str
    title: str
    state: str
    target: date | None
    shipped: date | None
    asked_by: int | None
    score: str | None
    overdue: int
    # What the first survey and the worst objective showed before it was shipped and since.
    satisfaction: tuple[str, str] | None
    sla: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Roadmap:
    """The items ahead by rank, those that were shipped, the latest first, and the themes that no item answers."""

    by: str | None
    ahead: list[Item]
    shipped: list[Item]
    unaddressed: list[str]


def roadmap(service: Object, today: date) -> Roadmap | None:
    """The roadmap of a service; None where it has none."""
    spec = dig(service, "spec", "roadmap")
    if not spec:
        return None
    status = dig(service, "status", "roadmap") or {}
    ranked = {entry["name"]: entry for entry in status.get("ranked") or ()}
    order = {name: place for place, name in enumerate(ranked)}
    known = ranked | {entry["name"]: entry for entry in status.get("shipped") or ()}
    items = [_item(entry, known.get(entry["name"]) or {}, today) for entry in spec.get("items") or ()]
    shipped = sorted(
        (one for one in items if one.state == "Shipped"), key=lambda one: one.shipped or date.min, reverse=True
    )
    ahead = [one for one in items if one.state not in ("Shipped", "Declined")]
    by = spec.get("prioritization")
    return Roadmap(
        by=by if by and by != "None" else None,
        ahead=sorted(ahead, key=lambda one: order.get(one.name, len(order))),
        shipped=shipped[:_MOST_SHIPPED],
        unaddressed=list(status.get("unaddressedThemes") or ()),
    )


def _item(entry: Mapping[str, object], counted: Mapping[str, object], today: date) -> Item:
    found: Object = dict(entry)
    known: Object = dict(counted)
    state = found.get("state") or "Proposed"
    target, shipped = (
        date.fromisoformat(found[name]) if found.get(name) else None for name in ("targetDate", "shippedDate")
    )
    late = (today - target).days if target and state in _PROMISED else 0
    return Item(
        name=found["name"],
        title=found.get("title") or spaced(found["name"].replace("-", " ")).capitalize(),
        state=state,
        target=target,
        shipped=shipped,
        asked_by=known.get("askedBy"),
        score=known.get("score"),
        overdue=max(late, 0),
        satisfaction=_change(known, "satisfaction"),
        sla=_change(known, "sla"),
    )


def _change(known: Object, what: str) -> tuple[str, str] | None:
    before, after = known.get(f"{what}Before"), known.get(f"{what}After")
    return (before, after) if before and after else None
