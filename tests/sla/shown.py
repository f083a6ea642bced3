"""SLAs by what their status shows."""

from __future__ import annotations

from typing import Any

from platform_contracts.kube.objects import Object


def sla(name: str, *objectives: Object) -> Object:
    """An SLA with these objectives on its status."""
    return {"metadata": {"name": name, "namespace": "platform"}, "status": {"objectives": list(objectives)}}


def objective(state: str = "Met", budget: str | None = "67.4", name: str = "availability", **fields: Any) -> Object:
    """An objective on a status; without a budget it has no figures yet."""
    measured: Object = {}
    if budget is not None:
        measured = {
            "sli": "99.9674",
            "errorBudget": {"remainingPercent": budget},
            "evaluatedTime": "2026-11-23T12:00:00Z",
        }
    return {"name": name, "state": state, "target": "99.9", "window": "30d", **measured, **fields}
