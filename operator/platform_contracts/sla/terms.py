"""What is promised for each period of a calendar window: a changed target counts from the next period on.

The terms of the running period and of the last ones are kept on the rule object, in an annotation: they outlast a
restart of the operator and a status that somebody wiped, and go with the SLA. Where the rule object is lost as well,
the spec's terms are in force from then on. Those of the coming period stand beside them and follow the spec until it
begins: whatever the operator sees later, it began with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

from platform_contracts.api.credits import Credits
from platform_contracts.api.names import TERMS_ANNOTATION
from platform_contracts.api.objective import Objective
from platform_contracts.api.sla import SLASpec
from platform_contracts.api.sla_report import MOST_OBJECTIVES
from platform_contracts.kube import objects
from platform_contracts.kube.objects import Object, is_ours
from platform_contracts.sla import budgeting, indicators, periods
from platform_contracts.sla.budgeting import Unit
from platform_contracts.sla.counted import limits
from platform_contracts.sla.periods import Calendar

# The running period, and the last ones, whose reports may have yet to be written.
KEPT = 3


class Terms(TypedDict):
    """The terms of one period: by the objective's name targets in percent, how long one may wait where that is
    promised, and how it is counted where that is by Prometheus; and `spec.credits` where there are any."""

    targets: dict[str, str]
    limits: dict[str, Object]
    counted: dict[str, Counted]
    credits: Object | None


class Counted(TypedDict):
    """By which series an objective is counted (the `indicator` of their labels), in what, how often in seconds, and how
    many events it takes for a verdict."""

    indicator: str
    unit: str
    interval: int
    minEvents: int


def of(spec: SLASpec) -> Terms:
    """The terms that a spec offers."""
    waited_for = {objective.name: limits.offered(spec, objective) for objective in spec.objectives}
    return {
        "targets": {objective.name: objective.target for objective in spec.objectives},
        "limits": {name: limit for name, limit in waited_for.items() if limit is not None},
        "counted": {one.name: counted_by(one, spec) for one in spec.objectives if not one.indicator.counted},
        "credits": spec.credits.model_dump(mode="json", by_alias=True, exclude_none=True) if spec.credits else None,
    }


def texts(rules: Iterable[Object]) -> list[str]:
    """What the rule objects of an SLA carry."""
    return [objects.annotations(obj).get(TERMS_ANNOTATION, "{}") for obj in rules if is_ours(obj)]


def read(texts: Iterable[str]) -> dict[str, Terms]:
    """The terms that they come to, by the name of the period."""
    found: dict[str, Terms] = {}
    for text in texts:
        found |= _read(text)
    return found


def in_force(spec: SLASpec, period: str, before: Mapping[str, Terms]) -> Terms:
    """The terms of a period that runs: those it began with, and the spec's for what has come since.

    What is counted follows the spec at once, as the rules do; of what was taken out it stays as it was.
    """
    offered, began = of(spec), before.get(period)
    if began is None:
        return offered
    same = {
        name: began["limits"][name]
        for name, limit in offered["limits"].items()
        if name in began["limits"] and began["limits"][name]["of"] == limit["of"]
    }
    targets = dict(list((offered["targets"] | began["targets"]).items())[:MOST_OBJECTIVES])
    gone = [name for name in targets if name not in offered["targets"]]
    return {
        "targets": targets,
        "limits": offered["limits"] | same,
        "counted": {name: _by_as_many(one, began["counted"].get(name)) for name, one in offered["counted"].items()}
        | {name: began["counted"][name] for name in gone if name in began["counted"]},
        "credits": began["credits"],
    }


def ended_with(spec: SLASpec, period: str, before: Mapping[str, Terms]) -> Terms:
    """The terms of a period that is over: what it counted when it ended stays, whatever the spec counts now."""
    terms, began = in_force(spec, period, before), before.get(period)
    then = began["counted"] if began is not None else {}
    return {
        **terms,
        "counted": terms["counted"] | {name: one for name, one in then.items() if name in terms["targets"]},
    }


def apply_to(objectives: Sequence[Objective], terms: Terms) -> list[Objective]:
    """The objectives with the targets that are in force."""
    return [
        objective.model_copy(update={"target": terms["targets"].get(objective.name, objective.target)})
        for objective in objectives
    ]


def annotation(spec: SLASpec, calendar: Calendar, before: Mapping[str, Terms]) -> dict[str, str]:
    """The annotation of the rule object from now on: the terms of the running period, the last ones and the coming one.

    Names of periods of one kind sort by time; those of another kind are of before a change of the window.
    """
    running, coming = calendar.running.name, calendar.coming.name
    last = sorted(name for name in before if periods.kind_of(name) is calendar.kind and name < running)[1 - KEPT :]
    content = {name: before[name] for name in last} | {running: in_force(spec, running, before), coming: of(spec)}
    return {TERMS_ANNOTATION: json.dumps(content, sort_keys=True)}


def counted_by(objective: Objective, spec: SLASpec) -> Counted:
    """How a spec has an objective counted."""
    return {
        "indicator": indicators.identity(objective, spec),
        "unit": budgeting.unit(objective).value,
        "interval": budgeting.interval(objective),
        # Within slices of time it is about each slice, and the indicator's business.
        "minEvents": 0 if objective.timesliced else objective.min_events or 0,
    }


def _by_as_many(offered: Counted, began: Counted | None) -> Counted:
    """What is offered, with as many events as it took when the period began."""
    if began is None or began["unit"] != offered["unit"]:
        return offered
    return {**offered, "minEvents": began["minEvents"]}


def _read(text: str) -> dict[str, Terms]:
    try:
        content: Any = json.loads(text)
        return {str(period): _one(terms) for period, terms in content.items()}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return {}


def _one(terms: Any) -> Terms:
    if terms["credits"]:
        Credits.model_validate(terms["credits"])  # a ValueError where it is none
    targets = {str(name): str(target) for name, target in terms["targets"].items()}
    waited_for = {str(name): dict(limit) for name, limit in terms.get("limits", {}).items()}
    for limit in waited_for.values():
        limits.read(limit)  # likewise
    counted: dict[str, Counted] = {
        str(name): {
            "indicator": str(one["indicator"]),
            "unit": Unit(one["unit"]).value,
            "interval": int(one["interval"]),
            "minEvents": int(one["minEvents"]),
        }
        for name, one in terms.get("counted", {}).items()
    }
    return {"targets": targets, "limits": waited_for, "counted": counted, "credits": terms["credits"]}
