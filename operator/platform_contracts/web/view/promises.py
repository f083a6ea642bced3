"""What a service promises and how it keeps it: its SLAs, objective by objective, as their statuses have it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from platform_contracts.kube.objects import Object, parse_time
from platform_contracts.sla.trend import Curves
from platform_contracts.web.view.chart import Chart, chart
from platform_contracts.web.view.conditions import Remark, remarks
from platform_contracts.web.view.figures import Budget, budget

_PLAIN = re.compile(r"-?[0-9.]+% of the error budget is left\.")


@dataclass(frozen=True, slots=True)
class Burn:
    """How fast the budget is spent over a time; `fast` where it lasts less than the window."""

    window: str
    rate: str
    fast: bool


@dataclass(frozen=True, slots=True)
class Objective:
    """One objective; figures are the words of the status, None where there are none."""

    name: str
    state: str
    sli: str | None
    target: str
    window: str
    budget: Budget | None
    # What is left and what there was of the budget, with their unit: `130 of 432 events`.
    left: str | None
    burns: list[Burn]
    exhausted: str | None
    message: str | None
    chart: Chart | None


@dataclass(frozen=True, slots=True)
class Closed:
    """How one closed period went."""

    period: str
    verdict: str
    objective: str | None
    sli: str | None
    target: str | None
    credit: int | None


@dataclass(frozen=True, slots=True)
class Promise:
    """One SLA."""

    name: str
    state: str
    objectives: list[Objective]
    history: list[Closed]
    evaluated: str | None
    remarks: list[Remark]


def promises(slas: Iterable[Object], curves: Mapping[str, Curves], *, details: bool) -> list[Promise]:
    """The SLAs by name, with their curves by the same names; messages and remarks where the reader may see details."""
    ordered = sorted(slas, key=lambda sla: str(sla["metadata"]["name"]))
    return [_promise(sla, curves.get(sla["metadata"]["name"]) or {}, details) for sla in ordered]


def _promise(sla: Object, curves: Curves, details: bool) -> Promise:
    status = sla.get("status") or {}
    known = {entry["name"]: entry for entry in status.get("objectives") or ()}
    targets = {entry["name"]: entry.get("target", "") for entry in sla["spec"].get("objectives") or ()}
    maintenance = [(parse_time(one["startTime"]), parse_time(one["endTime"])) for one in status.get("exclusions") or ()]
    charts = {name: chart(curve, maintenance) for name, curve in curves.items()}
    return Promise(
        name=sla["metadata"]["name"],
        state=status.get("state") or "Unknown",
        objectives=[
            _objective(name, known.get(name) or {}, target, charts.get(name), details)
            for name, target in targets.items()
        ],
        history=[_closed(entry) for entry in status.get("history") or ()],
        evaluated=(status.get("worst") or {}).get("evaluatedTime"),
        remarks=remarks(sla) if details else [],
    )


def _objective(name: str, entry: Mapping[str, object], target: str, drawn: Chart | None, details: bool) -> Objective:
    found: Object = dict(entry)
    spent = found.get("errorBudget") or {}
    return Objective(
        name=name,
        state=found.get("state") or "Unknown",
        sli=found.get("sli"),
        target=found.get("target") or target,
        window=found.get("window") or "",
        budget=budget(spent.get("remainingPercent")),
        left=_left(spent) if spent else None,
        burns=[_burn(one) for one in found.get("burnRates") or ()],
        exhausted=found.get("projectedExhaustionTime"),
        message=_noteworthy(found.get("message")) if details else None,
        chart=drawn,
    )


def _noteworthy(message: str | None) -> str | None:
    """What a status says beside the figure that stands there anyway."""
    return None if message is None or _PLAIN.fullmatch(message) else message


def _left(spent: Mapping[str, str]) -> str:
    left, total = (f"{float(spent[name]):,.0f}" for name in ("remaining", "total"))
    return f"{left.replace('-', '−')} of {total} bad {spent.get('unit', 'Events').lower()}"


def _burn(entry: Mapping[str, str]) -> Burn:
    return Burn(entry["window"], entry["rate"], float(entry["rate"]) > 1)


def _closed(entry: Mapping[str, object]) -> Closed:
    found: Object = dict(entry)
    return Closed(
        period=found["period"],
        verdict=found.get("verdict") or "Inconclusive",
        objective=found.get("objective"),
        sli=found.get("sli"),
        target=found.get("target"),
        credit=found.get("creditPercent"),
    )
