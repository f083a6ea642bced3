"""The reports of an SLA that its plan writes, and which of the live ones are in force."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from platform_contracts.api.sla import SLASpec
from platform_contracts.kube.kinds import SLA_REPORT
from platform_contracts.kube.objects import Object
from platform_contracts.kube.plan import Apply, Mark
from platform_contracts.sla import terms
from platform_contracts.sla.budgeting import Unit
from platform_contracts.sla.counted import counting
from platform_contracts.sla.exclusions.decision import Decision
from platform_contracts.sla.exclusions.exclusion import Exclusion
from platform_contracts.sla.inputs import SLAInputs
from platform_contracts.sla.promise import Promise, promise
from platform_contracts.sla.readback import Measurements
from platform_contracts.sla.reports import history, judging, report
from platform_contracts.sla.reports.judging import Evidence, Sums
from platform_contracts.sla.reports.wanted import Correction, First, Wanted, stretch, wanted
from platform_contracts.sla.terms import Terms


def want(inputs: SLAInputs, known: Sequence[Object], decided: Decision) -> Wanted:
    """What there is to report; `known` are the closed periods that were reported, as `status.history` has them, and
    `decided` are the times that do not count."""
    if inputs.spec is None or not inputs.provider:
        return Wanted()
    found = wanted(
        inputs.sla,
        inputs.spec,
        inputs.source,
        rules=inputs.rules,
        reports=inputs.reports,
        known=known,
        times=decided.exclusions,
        pending=decided.pending,
        planned=inputs.maintenance if inputs.maintenance_served else None,
        now=inputs.now,
    )
    if not found.firsts or counting.complete(inputs):
        return found
    return found._replace(firsts=[first._replace(waits=True) for first in found.firsts])


def reports(inputs: SLAInputs, found: Wanted, known: Sequence[Object], times: Sequence[Exclusion]) -> list[Apply]:
    """The reports whose counts the data source was asked for: corrections, and then first ones, the oldest first.

    A correction is before all that it leaves another part of the year's credits to.
    """
    if inputs.spec is None:
        return []
    written: list[Object] = []
    evidence = Evidence(inputs.closing, times, _kept_since(inputs))
    kept = inputs.kept_terms
    for one in found.corrections:
        if one.changed and not _asked(inputs, one):
            continue
        promises = _promises(inputs, _terms_of(one.report))
        made = report.correction(one, promises, history.entries(written, known), evidence)
        written += [made] if made is not None else []
    for first in found.firsts:
        if first.waits or not _asked(inputs, first):
            continue
        force = terms.ended_with(inputs.spec, first.period.name, kept)
        promises = _promises(inputs, force)
        promises += _taken_out(promises, force)
        wholes = [(one, _whole(inputs, inputs.spec, one, first, evidence)) for one in promises]
        before = history.entries(written, known)
        written.append(
            report.first(inputs.sla, inputs.spec, first, force, wholes, before, evidence, _free(inputs, first))
        )
    return [Apply(SLA_REPORT, obj) for obj in written]


def unread(inputs: SLAInputs, found: Wanted) -> dict[str, str]:
    """The periods whose reports wait because the data source gave no counts for them, and why it gave none."""
    failures = inputs.closing.failures
    waiting: dict[str, str] = {}
    wants: list[First | Correction] = [*found.firsts, *(one for one in found.corrections if one.changed)]
    for one in wants:
        problems = [failures[question].problem for question in one.questions if question in failures]
        if problems:
            waiting[one.period.name] = problems[0]
    return waiting


def marks(reports: Iterable[Object], known: Sequence[Object]) -> list[Mark]:
    """The statuses of superseded reports that do not say so yet."""
    latest = {entry["period"]: entry["report"] for entry in known}
    found = []
    for obj in reports:
        name, newest = obj["metadata"]["name"], latest[obj["spec"]["period"]]
        status = {"supersededBy": newest} if newest != name else {}
        if (obj.get("status") or {}) != status:
            found.append(Mark(SLA_REPORT, obj, status))
    return found


def _asked(inputs: SLAInputs, one: First | Correction) -> bool:
    return inputs.closing.asked.issuperset(one.questions)


def _free(inputs: SLAInputs, first: First) -> int:
    """The first revision that no SLA of that name has a report of."""
    taken = [one["spec"]["revision"] for one in inputs.reports if one["spec"]["period"] == first.period.name]
    return max(taken, default=0) + 1


def _kept_since(inputs: SLAInputs) -> datetime | None:
    """From when on the data source still has what it recorded, where it says so."""
    measured = inputs.measurements
    if not isinstance(measured, Measurements) or measured.retention is None:
        return None
    return inputs.now - measured.retention


def _promises(inputs: SLAInputs, force: Terms) -> list[Promise]:
    assert inputs.spec is not None  # or there were no reports
    return [
        promise(objective, inputs.spec, inputs.sla, inputs.source, inputs.now, force)
        for objective in inputs.spec.objectives
    ]


def _taken_out(promises: Sequence[Promise], force: Terms) -> list[Promise]:
    """The objectives that were taken out while the period ran: what was recorded of them until then still counts."""
    alike = next((one for one in promises if not one.objective.indicator.counted), None)
    present = {one.objective.name for one in promises}
    return [
        replace(
            alike,
            id=alike.id._replace(objective=name, indicator=how["indicator"]),
            objective=alike.objective.model_copy(update={"name": name, "target": force["targets"][name]}),
            unit=Unit(how["unit"]),
            interval=how["interval"],
            min_events=how["minEvents"],
        )
        for name, how in force["counted"].items()
        if alike is not None and name not in present
    ]


def _whole(inputs: SLAInputs, spec: SLASpec, promised: Promise, first: First, evidence: Evidence) -> Sums:
    """What a closed period came to, by the data source or by the objects themselves."""
    period = first.period
    if not promised.objective.indicator.counted:
        return judging.counted(promised, period, [stretch(period)], evidence)
    if promised.limit is None:
        return Sums(0, 0, 0, period.seconds)
    counts = counting.tally(promised, inputs).closed(period)
    return Sums(counts.events, counts.errors, counts.samples, period.seconds)


def _terms_of(obj: Object) -> Terms:
    """The terms of a period by its report."""
    spec = obj["spec"]
    targets = {entry["name"]: entry["target"] for entry in spec["objectives"]}
    return {"targets": targets, "limits": {}, "counted": {}, "credits": spec["terms"].get("credits")}
