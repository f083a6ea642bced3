"""status.roadmap and the condition RoadmapCurrent of a PlatformService."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from platform_contracts.api.roadmap import ItemState, Roadmap, RoadmapItem
from platform_contracts.kube.conditions import Condition
from platform_contracts.kube.objects import Object
from platform_contracts.product import ranking, shipped
from platform_contracts.product.demand import PERIOD, Theme
from platform_contracts.product.words import counted, overdue

_RANKED = 20
_UNADDRESSED = 8
_PROMISED = (ItemState.PLANNED, ItemState.IN_PROGRESS)
_AHEAD = (ItemState.PROPOSED, *_PROMISED)
_DAY = timedelta(days=1)


def section(
    roadmap: Roadmap,
    asked_by: Mapping[str, int],
    unaddressed: Sequence[Theme],
    reach: Mapping[str, int],
    now: datetime,
) -> Object:
    """status.roadmap; `unaddressed` are the themes that nothing answers, `reach` is how many ready consumers ask for
    each item."""
    states = Counter(item.state for item in roadmap.items)
    ranked = _rank(roadmap, asked_by, reach)
    found: Object = {
        "planned": states[ItemState.PLANNED],
        "inProgress": states[ItemState.IN_PROGRESS],
        "shippedLast90Days": len(shipped.lately(roadmap, now)),
    }
    coming = _next([item for item, _ in ranked])
    if coming:
        found["next"] = coming
    if ranked:
        found["ranked"] = [_entry(item, asked_by[item.name], score) for item, score in ranked[:_RANKED]]
    if unaddressed:
        found["unaddressedThemes"] = [theme.name for theme in unaddressed[:_UNADDRESSED]]
    return found


def ahead(roadmap: Roadmap, asked_by: Mapping[str, int], reach: Mapping[str, int]) -> list[RoadmapItem]:
    """What is neither shipped nor declined, by rank."""
    return [item for item, _ in _rank(roadmap, asked_by, reach)]


def overdue_items(roadmap: Roadmap, now: datetime) -> list[tuple[RoadmapItem, timedelta]]:
    """The items whose promised day has passed, the longest first."""
    today = now.astimezone(UTC).date()
    late = [(item, today - day) for day, item in _due(roadmap) if day < today]
    return sorted(late, key=lambda entry: -entry[1])


def _due(roadmap: Roadmap) -> list[tuple[date, RoadmapItem]]:
    """What is planned or in progress with a day."""
    return [(item.target_date, item) for item in roadmap.items if item.state in _PROMISED and item.target_date]


def _rank(
    roadmap: Roadmap, asked_by: Mapping[str, int], reach: Mapping[str, int]
) -> list[tuple[RoadmapItem, Decimal | None]]:
    """What is neither shipped nor declined: by score, then by how many ask for it, then as it is written."""
    scored = [
        (item, ranking.score(item, roadmap.prioritization, reach[item.name]))
        for item in roadmap.items
        if item.state in _AHEAD
    ]
    return sorted(scored, key=lambda entry: (entry[1] is None, -(entry[1] or 0), -asked_by[entry[0].name]))


def _entry(item: RoadmapItem, asked_by: int, score: Decimal | None) -> Object:
    entry: Object = {"name": item.name, "askedBy": asked_by}
    return entry | ({"score": f"{score:.2f}"} if score is not None else {})


def _next(ranked: Sequence[RoadmapItem]) -> str | None:
    """Of what is promised the item that is due first, those without a day last; equals by rank."""
    promised = [item for item in ranked if item.state in _PROMISED]
    if not promised:
        return None
    item = min(promised, key=lambda item: item.target_date or date.max)
    return f"{item.name} by {item.target_date}" if item.target_date else item.name


def condition(roadmap: Roadmap, now: datetime) -> Condition | None:
    """RoadmapCurrent; None where no day is promised and no review is due ever."""
    today = now.astimezone(UTC).date()
    due = sorted((day, item.name) for day, item in _due(roadmap))
    review = _review(roadmap)
    late = overdue_items(roadmap, now)
    said = []
    if late:
        # The first of them all is what is due first.
        day, name = due[0]
        others = f" ({counted(len(late) - 1, 'more item is', 'more items are')} overdue)" if len(late) > 1 else ""
        said.append(
            f"{name} was to ship by {day} and is {overdue(today - day)}{others}; ship it, give it another "
            "targetDate, or decline it in spec.roadmap.items"
        )
    if review and review < today:
        said.append(
            f"the roadmap was to be reviewed by {review} and is {overdue(today - review)}; go through "
            "status.roadmap, then set spec.roadmap.reviewedDate"
        )
    if said:
        text = "; ".join(said)
        reason = "PromiseOverdue" if late else "ReviewOverdue"
        return Condition("RoadmapCurrent", False, reason, f"{text[0].upper() if not late else text[0]}{text[1:]}.")
    upcoming = [f"{due[0][1]} is due by {due[0][0]}"] if due else []
    upcoming += [f"the next review by {review}"] if review else []
    if not upcoming:
        return None
    return Condition("RoadmapCurrent", True, "NothingOverdue", f"Nothing is overdue: {', '.join(upcoming)}.")


def next_change(roadmap: Roadmap, now: datetime) -> datetime | None:
    """When time alone changes the section or the condition: at the beginning of a day in UTC."""
    today = now.astimezone(UTC).date()
    due = [day for day, _ in _due(roadmap)]
    review = _review(roadmap)
    if review:
        due.append(review)
    # What is overdue is so by a day more every day.
    changes = [max(day, today) + _DAY for day in due]
    # What was shipped shows from its day on, for so long.
    changes += [
        day
        for item in roadmap.items
        if item.state is ItemState.SHIPPED and item.shipped_date
        for day in (item.shipped_date, item.shipped_date + PERIOD)
        if day > today
    ]
    return datetime.combine(min(changes), time(), UTC) if changes else None


def _review(roadmap: Roadmap) -> date | None:
    """The last day on which the roadmap is to be reviewed."""
    if roadmap.review_period_days is None or roadmap.reviewed_date is None:
        return None
    return roadmap.reviewed_date + timedelta(days=roadmap.review_period_days)
