"""SLAs of which calendar periods are over, and what Prometheus says of these, as the tests describe them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from platform_contracts.api.schedule import Interval
from platform_contracts.kube.kinds import SLA_REPORT
from platform_contracts.kube.objects import Object
from platform_contracts.sla.exclusions import decision, exclusion
from platform_contracts.sla.exclusions.exclusion import Exclusion
from platform_contracts.sla.periods import Period
from platform_contracts.sla.plan import SLAInputs, plan
from platform_contracts.sla.reports import history, writing
from platform_contracts.sla.reports.closing import Closing
from platform_contracts.sla.reports.due import due
from platform_contracts.sla.reports.wanted import Wanted
from tests.sla import world

BERLIN = {"period": "Month", "timeZone": "Europe/Berlin"}
NOVEMBER = Period("2026-11", datetime(2026, 10, 31, 23, tzinfo=UTC), datetime(2026, 11, 30, 23, tzinfo=UTC))
CLOSED = NOVEMBER.end + timedelta(minutes=12)
CREDITS = {"steps": [{"below": "99.9", "percent": 10}, {"below": "99.0", "percent": 25}]}


def given(*objectives: Object, now: datetime = CLOSED, created: datetime = NOVEMBER.start, **spec: Any) -> SLAInputs:
    """An SLA by the month of Berlin, in a world where everything is in order."""
    live = world.sla(world.sla_spec(*objectives, calendar=BERLIN, **spec), created=created)
    return world.inputs(live, now=now)


def what_is_due(inputs: SLAInputs, reported: Sequence[str] = ()) -> list[Period]:
    """The closed periods of the SLA that have no report."""
    assert inputs.spec is not None
    return due(inputs.sla, inputs.spec, [obj for _, obj in inputs.live_rules], reported, inputs.now)


def wanted(inputs: SLAInputs) -> Wanted:
    """What there is to report, and what has to be asked for that."""
    assert inputs.spec is not None
    known = history.of_sla(inputs.sla, inputs.reports)
    return writing.want(inputs, known, decision.of_sla(inputs.sla, inputs.spec, inputs.maintenance, inputs.now))


def closed(
    inputs: SLAInputs,
    *,
    events: float = 1_000_000,
    errors: float = 300,
    coverage: float = 1.0,
    part: tuple[float, float] = (0, 0),
    part_coverage: float = 1.0,
    **by: float,
) -> SLAInputs:
    """The same world once Prometheus was asked what it takes; `by` gives an objective errors of its own.

    `part` are the events and errors of each part that is subtracted.
    """
    asked = wanted(inputs).questions
    values: dict[Interval, dict[str, dict[tuple[str, ...], float]]] = {}
    for stretch in {one.stretch for one in asked}:
        read: dict[str, dict[tuple[str, ...], float]] = {"errors": {}, "events": {}, "samples": {}}
        seconds = (stretch.end - stretch.start).total_seconds()
        whole = seconds > 3 * 86400
        for promised in world.promises(inputs):
            failed = by.get(promised.objective.name, errors) if whole else part[1]
            read["errors"][promised.id] = failed / promised.interval
            read["events"][promised.id] = (events if whole else part[0]) / promised.interval
            read["samples"][promised.id] = (coverage if whole else part_coverage) * seconds / promised.interval
        values[stretch] = read
    return replace(inputs, closing=Closing(frozenset(asked), values))


def reports(inputs: SLAInputs) -> list[Object]:
    """The reports that the plan writes."""
    return [applied.obj for applied in plan(inputs).applies if applied.kind == SLA_REPORT]


def report(inputs: SLAInputs) -> Object:
    """The one report that the plan writes."""
    (only,) = reports(inputs)
    return only


def objective(obj: Object, name: str = "availability") -> Object:
    """One objective of a report."""
    return next(dict(one) for one in obj["spec"]["objectives"] if one["name"] == name)


def kept(inputs: SLAInputs) -> SLAInputs:
    """The same world after its reports were written."""
    return replace(inputs, reports=[*inputs.reports, *reports(inputs)])


def excluding(inputs: SLAInputs, hours: float) -> SLAInputs:
    """The same world in which so much of the month was left out, from its fifth day on."""
    start = NOVEMBER.start + timedelta(days=4)
    one = Exclusion("upgrade", start, start + timedelta(hours=hours), False)
    return world.with_status(inputs, {"exclusions": exclusion.render([one])})
