"""The whole status of an SLA, written only when there is something new to say."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from platform_contracts.kube.objects import Object
from platform_contracts.sla import view
from platform_contracts.sla.budget import State

# From the worst to the best.
_RANK = {State.BREACHED: 0, State.AT_RISK: 1, State.UNKNOWN: 2, State.MET: 3}


def settle(
    fresh: Sequence[Object], previous: Sequence[Object], refresh_seconds: float, counted: Collection[str] = ()
) -> list[Object]:
    """The entries to show: the previous ones to the last bit unless one of the fresh ones says something new.

    New is another state, a remaining budget changed by at least 0.1 points (by a twentieth where that is more of an
    overspent one), another text apart from measured figures, or numbers that are `refresh_seconds` older than the fresh
    ones. Of those that are `counted` from objects each other count is new, and their age alone says nothing.
    """
    changed = len(fresh) != len(previous) or any(
        view.recounted(before, after) if after["name"] in counted else view.differs(before, after, refresh_seconds)
        for before, after in zip(previous, fresh, strict=True)
    )
    return list(fresh if changed else previous)


def rank(entry: Mapping[str, Any]) -> tuple[int, Decimal]:
    """Sorts the worst first: by state, then by what is left of the budget."""
    budget = entry.get("errorBudget") or {}
    return _RANK[State(entry["state"])], Decimal(budget.get("remainingPercent", "100"))


def overall(entries: Sequence[Mapping[str, Any]]) -> Object:
    """state, summary and worst of an SLA by its objectives."""
    if not entries:
        return {"state": State.UNKNOWN.value, "summary": "Nothing is measured yet."}
    worst = min(entries, key=rank)
    shown: Object = {"objective": worst["name"], "target": worst["target"], "window": worst["window"]}
    if "sli" in worst:
        shown |= {
            "sli": worst["sli"],
            "budget": f"{worst['errorBudget']['remainingPercent']}%",
            "evaluatedTime": worst["evaluatedTime"],
        }
    return {"state": worst["state"], "summary": _summary(entries, worst), "worst": shown}


def _summary(entries: Sequence[Mapping[str, Any]], worst: Mapping[str, Any]) -> str:
    counts = {state: sum(entry["state"] == state for entry in entries) for state in _RANK}
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    if "sli" not in worst:
        return f"{told}; {worst['name']} has no numbers"
    budget = worst["errorBudget"]["remainingPercent"]
    return f"{told}; {worst['name']} {worst['sli']}% of {worst['target']}%, budget {budget}%"
