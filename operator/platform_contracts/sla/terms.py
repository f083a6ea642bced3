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
from platform_contracts.sla import periods
from platform_contracts.sla.counted import limits
from platform_contracts.sla.periods import Calendar

# The running period, and the last ones, whose reports may have yet to be written.
KEPT = 3


class Terms(TypedDict):
    """The terms of one period: by the objective's name targets in percent, and how long one may wait where that is
    promised; and `spec.credits` where there are any."""

    targets: dict[str, str]
    limits: dict[str, Object]
    credits: Object | None


def of(spec: SLASpec) -> Terms:
    """The terms that a spec offers."""
    waited_for = {objective.name: limits.offered(spec, objective) for objective in spec.objectives}
    return {
        "targets": {objective.name: objective.target for objective in spec.objectives},
        "limits": {name: limit for name, limit in waited_for.items() if limit is not None},
        "credits": spec.credits.model_dump(mode="json", by_alias=True, exclude_none=True) if spec.credits else None,
    }


def kept(rules: Iterable[Object]) -> dict[str, Terms]:
    """The terms that the rule objects of an SLA carry, by the name of the period."""
    found: dict[str, Terms] = {}
    for obj in rules:
        if is_ours(obj):
            found |= _read(objects.annotations(obj).get(TERMS_ANNOTATION, "{}"))
    return found


def in_force(spec: SLASpec, period: str, before: Mapping[str, Terms]) -> Terms:
    """The terms of a period: those it began with, and the spec's for what has come since."""
    offered, began = of(spec), before.get(period)
    if began is None:
        return offered
    same = {
        name: began["limits"][name]
        for name, limit in offered["limits"].items()
        if name in began["limits"] and began["limits"][name]["of"] == limit["of"]
    }
    return {
        "targets": dict(list((offered["targets"] | began["targets"]).items())[:MOST_OBJECTIVES]),
        "limits": offered["limits"] | same,
        "credits": began["credits"],
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


def _read(text: str) -> dict[str, Terms]:
    try:
        content: Any = json.loads(text)
        return {str(period): _one(terms) for period, terms in content.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _one(terms: Any) -> Terms:
    if terms["credits"]:
        Credits.model_validate(terms["credits"])  # a ValueError where it is none
    targets = {str(name): str(target) for name, target in terms["targets"].items()}
    waited_for = {str(name): dict(limit) for name, limit in terms.get("limits", {}).items()}
    for limit in waited_for.values():
        limits.read(limit)  # likewise
    return {"targets": targets, "limits": waited_for, "credits": terms["credits"]}
