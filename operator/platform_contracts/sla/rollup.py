"""The copies of an SLA's numbers on the service and on its consumers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from platform_contracts.kube.conditions import Condition, find
from platform_contracts.kube.objects import Object
from platform_contracts.sla import ended, status
from platform_contracts.sla.budget import State

# A copy follows a change of state, or of this many points of the budget.
_SHOWN = 5
_STEP = 5
# Of two objectives that are within so many points the one that is shown stays: they may change places all the time.
_CLEARLY = 1


def service_sla(slas: Iterable[Object], previous: Mapping[str, Any] | None) -> tuple[Object, Condition]:
    """`status.sla` and the SLAMet condition of a PlatformService.

    `slas` are the live SLAs that refer to it, of which those that are over do not count, `previous` its present
    `status.sla`. The budget is in whole percent, rounded down; the copy stays as it was until a state, a count or what
    is promised changes, or the budget by 5 points.
    """
    live = [sla for sla in slas if not _is_over(sla)]
    entries = [
        (sla["metadata"]["name"], entry) for sla in live for entry in (sla.get("status") or {}).get("objectives", ())
    ]
    if not live:
        unknown = Condition("SLAMet", None, "NoSLA", "No SLA promises anything of this service; create one.")
        return {"summary": "No SLA", "objectives": 0, "breached": 0}, unknown
    place = f"kubectl --namespace {live[0]['metadata']['namespace']}"
    if not entries:
        names = sorted(sla["metadata"]["name"] for sla in live)
        look = f"{place} describe sla {names[0]}"
        told = f"Nothing of {_few(names)} has been evaluated; its conditions and Events say why: {look}"
        unknown = Condition("SLAMet", None, "NotEvaluated", told)
        return {"summary": "Not evaluated", "objectives": 0, "breached": 0}, unknown
    name, worst = _worst(entries, previous)
    breached = [f"{sla}/{entry['name']}" for sla, entry in entries if entry["state"] == State.BREACHED]
    fresh = _copy(name, worst, len(entries), len(breached))
    if previous is not None and _same(fresh, previous):
        fresh = dict(previous)
    return fresh, _condition(worst["state"], breached, f"{name}/{worst['name']}", f"{place} describe sla {name}")


def _is_over(sla: Object) -> bool:
    """Whether its `effective.untilTime` has passed, as the operator has seen."""
    ready = find(sla, "Ready")
    return ready is not None and ready["reason"] == ended.REASON


def _worst(
    entries: Sequence[tuple[str, Mapping[str, Any]]], previous: Mapping[str, Any] | None
) -> tuple[str, Mapping[str, Any]]:
    """The worst objective with the name of its SLA: the one that is shown, unless another is clearly worse."""
    worst = min(entries, key=lambda item: (*status.rank(item[1]), item[0], item[1]["name"]))
    shown = (previous or {}).get("worst", {})
    state, left = status.rank(worst[1])
    for entry in entries:
        if (entry[0], entry[1]["name"]) == (shown.get("sla"), shown.get("objective")):
            its_state, its_left = status.rank(entry[1])
            return entry if its_state == state and its_left - left < _CLEARLY else worst
    return worst


def consumer_sla(service_sla: Mapping[str, Any] | None) -> Object | None:
    """`status.sla` of a PlatformConsumer from the `status.sla` of its service: {state, budget}, or None.

    The service's copy moves in steps of 5 points already, so the consumer's follows it to the letter.
    """
    if not service_sla or not service_sla.get("objectives"):
        return None
    budget = service_sla.get("worst", {}).get("budget")
    return {"state": service_sla["state"], **({"budget": budget} if budget is not None else {})}


def plan_sla(sla: Object, previous: Mapping[str, Any] | None) -> Object | None:
    """`status.sla` of a PlatformConsumer on a plan for which this live SLA alone counts: {state, budget}, or None.

    `previous` is the consumer's present `status.sla`: it stays until the state changes, or the budget by 5 points.
    """
    fresh = consumer_sla(service_sla([sla], None)[0])
    if fresh is None or previous is None or fresh["state"] != previous.get("state"):
        return fresh
    if "budget" in fresh and "budget" in previous and abs(_percent(fresh) - _percent(previous)) < _STEP:
        return dict(previous)
    return fresh


def _copy(sla: str, worst: Mapping[str, Any], objectives: int, breached: int) -> Object:
    shown: Object = {
        "sla": sla,
        "objective": worst["name"],
        "target": worst["target"],
        "window": str(worst["window"]),
    }
    copy: Object = {"state": worst["state"], "worst": shown, "objectives": objectives, "breached": breached}
    if "errorBudget" in worst:
        percent = Decimal(worst["errorBudget"]["remainingPercent"]).quantize(Decimal(1), ROUND_FLOOR)
        shown |= {"sli": worst["sli"], "budget": f"{percent + 0:f}%"}
        copy["evaluatedTime"] = worst["evaluatedTime"]
        copy["summary"] = f"{worst['state']} {worst['sli']}%/{worst['target']}%"
    else:
        copy["summary"] = str(worst["state"])
    return copy


def _same(fresh: Object, previous: Mapping[str, Any]) -> bool:
    """Whether only numbers moved, and less than a step."""
    for name in ("state", "objectives", "breached"):
        if fresh.get(name) != previous.get(name):
            return False
    now, before = fresh["worst"], previous.get("worst", {})
    if any(now.get(name) != before.get(name) for name in ("sla", "objective", "target")):
        return False
    if now["window"].split(" ")[0] != str(before.get("window", "")).split(" ")[0]:
        return False
    if ("budget" in now) != ("budget" in before):
        return False
    return "budget" not in now or abs(_percent(now) - _percent(before)) < _STEP


def _percent(shown: Mapping[str, Any]) -> Decimal:
    return Decimal(str(shown["budget"]).removesuffix("%"))


def _few(names: list[str]) -> str:
    """The first of many names, because a condition's message is bounded."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _condition(state: str, breached: list[str], worst: str, look: str) -> Condition:
    """SLAMet by the worst objective's state; `worst` is its name, `look` the command that shows all of it."""
    match state:
        case State.BREACHED:
            return Condition(
                "SLAMet",
                False,
                "Breached",
                f"Below target: {_few(breached)}; see: {look}",
            )
        case State.UNKNOWN:
            return Condition("SLAMet", None, "Unknown", f"There is no verdict on {worst}; its message says why: {look}")
        case State.AT_RISK:
            return Condition(
                "SLAMet",
                True,
                "AtRisk",
                f"Every objective is met, but the error budget of {worst} is low or burns fast; see: {look}",
            )
        case _:
            return Condition("SLAMet", True, "Met", "Every objective of every SLA is met.")
