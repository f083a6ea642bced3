"""What one consumer itself got of a service's promises, for its own status and nobody else's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from platform_contracts.api.sla import SLASpec
from platform_contracts.kube.objects import Object
from platform_contracts.sla import burnrate, indicators, periods, view
from platform_contracts.sla.promise import SeriesID
from platform_contracts.sla.readback import Measurements

# An entry follows a change of so much of the objective's error budget.
_STEP = Decimal("0.05")
# As many as a status may hold.
_MOST = 64


class Measured(NamedTuple):
    """An SLA of the service with its parsed spec, and what its data source said; None where it cannot be read."""

    sla: Object
    spec: SLASpec
    measurements: Measurements | None


def section(
    slas: Iterable[Measured], held: Sequence[str], previous: Iterable[Mapping[str, str]], now: datetime
) -> list[Object]:
    """`status.sla.attainment` of a consumer that holds those namespaces: {sla, objective, sli}, in order of names.

    What cannot be read stays as it was told, and a change too small to matter is not told.
    """
    before = {(entry["sla"], entry["objective"]): entry["sli"] for entry in previous}
    found = []
    for sla, spec, measurements in slas:
        name = sla["metadata"]["name"]
        for objective in spec.objectives:
            if objective.consumer_label is None:
                continue
            last = before.get((name, objective.name))
            series = SeriesID(sla["metadata"]["namespace"], name, objective.name, indicators.identity(objective, spec))
            sli = last
            if measurements is not None and measurements.by_consumer:
                sli = _sli(series, _period(spec, now), held, measurements)
            if sli is not None and last is not None:
                step = 100 * burnrate.budget(objective.target) * _STEP
                sli = last if abs(Decimal(sli) - Decimal(last)) < step else sli
            if sli is not None:
                found.append({"sla": name, "objective": objective.name, "sli": sli})
    return sorted(found, key=lambda entry: (entry["sla"], entry["objective"]))[:_MOST]


def _sli(series: SeriesID, period: str | None, held: Sequence[str], measurements: Measurements) -> str | None:
    """The share of good events of all the namespaces together, None where nothing happened in any."""
    counted = [found for name in held if (found := measurements.of_consumer(series, name, period)) is not None]
    errors, events = (sum(part) for part in zip(*counted, strict=True)) if counted else (0, 0)
    return view.fixed(100 * (1 - min(errors, events) / events), 4) if events else None


def _period(spec: SLASpec, now: datetime) -> str | None:
    calendar = periods.calendar(spec.window.calendar, now) if spec.window.calendar else None
    return calendar.running.name if calendar else None
