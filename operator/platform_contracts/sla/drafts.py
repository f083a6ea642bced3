"""An SLA's objectives as promises with their expressions: made of the contract alone, whatever the numbers say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from platform_contracts.api.objective import Objective
from platform_contracts.api.sla import SLASpec
from platform_contracts.config import DataSource
from platform_contracts.sla import calendars, indicators, problems
from platform_contracts.sla.exclusions.exclusion import Exclusion
from platform_contracts.sla.indicators import Indicator
from platform_contracts.sla.inputs import SLAInputs
from platform_contracts.sla.problems import Problem
from platform_contracts.sla.promise import Promise, promise
from platform_contracts.sla.selectors import InvalidSelectorError
from platform_contracts.sla.terms import Terms


@dataclass(frozen=True, slots=True)
class Draft:
    """A promise with its expressions, or with what is wrong with it; what is counted from objects has no expressions.

    Without a promise there is no data source to measure it by, of which the condition Stalled tells.
    """

    name: str
    promise: Promise | None = None
    indicator: Indicator | None = None
    problem: Problem | None = None


def drafts(inputs: SLAInputs, times: Sequence[Exclusion]) -> Sequence[Draft]:
    """The objectives of an SLA without `times`; none where the spec cannot be read."""
    spec, source = inputs.spec, inputs.source
    if spec is None or not problems.time_zone_known(spec):
        return ()
    force, calendar = calendars.terms_in_force(inputs), calendars.calendar_of(inputs)
    made = inputs.memo.get(
        "drafts",
        (spec, source, force, calendar),
        lambda: tuple(_draft(objective, spec, source, inputs, force) for objective in spec.objectives),
    )
    if not times:
        return made
    return [
        replace(one, promise=one.promise.excluding(times, inputs.now))
        if one.promise is not None and one.indicator is not None
        else one
        for one in made
    ]


def _draft(
    objective: Objective, spec: SLASpec, source: DataSource | None, inputs: SLAInputs, force: Terms | None
) -> Draft:
    if objective.indicator.counted:
        counted = promise(objective, spec, inputs.sla, source, inputs.now, force)
        return Draft(objective.name, counted, problem=problems.hours(spec, objective))
    if source is None:
        return Draft(objective.name)
    promised = promise(objective, spec, inputs.sla, source, inputs.now, force)
    field, namespace = f"spec.objectives[{objective.name}]", inputs.sla["metadata"]["namespace"]
    try:
        indicator = indicators.build(objective, field, namespace=namespace, source=source)
        return Draft(objective.name, promised, indicator)
    except InvalidSelectorError as error:
        return Draft(objective.name, promised, problem=Problem(error.reason, f"{error}."))
