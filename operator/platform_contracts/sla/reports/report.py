"""The report of one closed period, as the object that is written once and never again, and its corrections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from platform_contracts.api.credits import Credits
from platform_contracts.api.names import SERVICE_LABEL, SLA_LABEL
from platform_contracts.api.schedule import Interval
from platform_contracts.api.sla import SLASpec
from platform_contracts.api.sla_report import MOST_OBJECTIVES, Verdict
from platform_contracts.kube.kinds import SLA_REPORT
from platform_contracts.kube.objects import MANAGED_BY, MANAGED_BY_LABEL, Object, format_time, manifest, uid
from platform_contracts.sla import credits, intervals, windows
from platform_contracts.sla.budgeting import Unit
from platform_contracts.sla.exclusions.exclusion import Exclusion
from platform_contracts.sla.periods import Period
from platform_contracts.sla.promise import Promise
from platform_contracts.sla.reports import history, judging, telling, wanted
from platform_contracts.sla.reports.judging import Evidence, Sums
from platform_contracts.sla.reports.wanted import Correction, First
from platform_contracts.sla.terms import Terms
from platform_contracts.sla.view import fixed

_TAKEN_OUT = " It was taken out of the SLA before the period was reported."
# From the worst to the best.
_RANK = {Verdict.BREACHED: 0, Verdict.INCONCLUSIVE: 1, Verdict.MET: 2}


def first(
    sla: Object,
    spec: SLASpec,
    want: First,
    terms: Terms,
    promises: Iterable[tuple[Promise, Sums]],
    known: Iterable[Mapping[str, Any]],
    evidence: Evidence,
    revision: int = 1,
) -> Object:
    """The first report of a period; `revision` is not 1 where another SLA of that name has reports of it.

    `terms` are those that the period began with and `promises` the objectives by them with what was counted, and
    `known` the other closed periods as `status.history` has them.
    """
    assert spec.window.calendar is not None  # or there were no periods
    period, given = want.period, _credits(terms["credits"])
    entries = [_objective(one, period, whole, want.exclusions, given, evidence) for one, whole in promises]
    offered = {one.name for one in spec.objectives}
    for entry in entries:
        entry["message"] += "" if entry["name"] in offered else _TAKEN_OUT
    present = {entry["name"] for entry in entries}
    gone = [_gone(name, target) for name, target in terms["targets"].items() if name not in present]
    entries += gone[: MOST_OBJECTIVES - len(entries)]
    metadata = sla["metadata"]
    return manifest(
        SLA_REPORT,
        f"{metadata['name']}-{period.name.lower()}-r{revision}",
        metadata["namespace"],
        labels={
            MANAGED_BY_LABEL: MANAGED_BY,
            SLA_LABEL: metadata["name"],
            SERVICE_LABEL: spec.service_ref.name,
        },
        spec={
            "slaName": metadata["name"],
            "slaUID": uid(sla),
            "serviceName": spec.service_ref.name,
            "period": period.name,
            "startTime": format_time(max(period.start, windows.start(spec, sla))),
            "endTime": format_time(period.end),
            "revision": revision,
            **_subtracted(want.exclusions),
            **({"message": telling.at_once(want.exclusions, _in_full(entries))} if want.exclusions else {}),
            **_outcome(entries, given, history.given_in_year(known, period.name)),
            "terms": {
                "window": spec.window.calendar.model_dump(mode="json", by_alias=True),
                **({"credits": terms["credits"]} if terms["credits"] else {}),
            },
            "objectives": entries,
        },
    )


def correction(
    want: Correction, promises: Iterable[Promise], known: Iterable[Mapping[str, Any]], evidence: Evidence
) -> Object | None:
    """The report that supersedes another, None where it would say the same.

    What was counted is what the superseded one says was, whatever Prometheus still keeps of it; `promises` are the
    objectives by its terms.
    """
    before, period = want.report["spec"], want.period
    given = _credits(before["terms"].get("credits"))
    entries = list(before["objectives"])
    if want.changed:
        by_name = {one.objective.name: one for one in promises}
        entries = [_anew(entry, by_name.get(entry["name"]), want, given, evidence) for entry in entries]
    earlier = history.before(known, period.name, period.end)
    outcome = _outcome(entries, given, history.given_in_year(earlier, period.name))
    # What a correction gives or takes of the year's credits is left to those that come after it, or taken from them.
    moved = history.corrected(earlier) and outcome["creditPercent"] != before["creditPercent"]
    if not want.changed and not moved:
        return None
    metadata, revision = want.report["metadata"], before["revision"] + 1
    unchanged = {name: value for name, value in before.items() if name not in ("exclusions", "message")}
    after = {
        **unchanged,
        "revision": revision,
        "supersedes": metadata["name"],
        **_subtracted(want.exclusions),
        **outcome,
        "objectives": entries,
    }
    told = telling.corrected(want, after, last=revision == wanted.MOST_REVISIONS)
    return manifest(
        SLA_REPORT,
        f"{metadata['name'].rpartition('-r')[0]}-r{revision}",
        metadata["namespace"],
        labels=metadata["labels"],
        spec={**after, "message": told},
    )


def _objective(
    promise: Promise,
    period: Period,
    whole: Sums,
    subtracted: Sequence[Exclusion],
    given: Credits | None,
    evidence: Evidence,
    *,
    reported: Object | None = None,
) -> Object:
    """An objective of which `whole` was counted, and some is subtracted.

    Where it was `reported` before, what the data source has lost since cannot be; whether it had lost the beginning of
    the period when it was counted stays as it was.
    """
    if promise.objective.indicator.counted:
        # Whether people answer is no matter of maintenance.
        return _named(promise, judging.judge(promise, whole, given))
    parts = wanted.parts(subtracted, period, promise.tail)
    part = judging.counted(promise, period, parts, evidence)
    late = intervals.seconds((one.interval for one in subtracted), wanted.stretch(period))
    ahead = _ahead(evidence)
    gone = reported is not None and judging.lost(promise, whole, parts, part, evidence.kept_since)
    if gone:
        subtracted, part = (), Sums(0, 0, 0, 0)
    cut_off = (
        judging.cut_off(promise, period, whole, evidence.kept_since)
        if reported is None
        else judging.was_cut_off(reported, promise)
    )
    entry = _named(promise, judging.judge(promise, whole.less(part), given, cut_off=cut_off))
    without = intervals.seconds([*ahead, *(one.interval for one in subtracted)], wanted.stretch(period))
    if without:
        entry["excludedSeconds"] = without
    left_out = intervals.seconds(ahead, wanted.stretch(period))
    if left_out:
        entry["message"] += f" {left_out} s of maintenance were left out."
    if gone:
        entry["message"] += telling.lost(late)
    elif parts:
        full = judging.judge(promise, whole, given, cut_off=cut_off)
        entry["inFull"] = {
            name: full[name] for name in ("numerator", "denominator", "coverage", "sli", "verdict") if name in full
        }
        entry["message"] += telling.subtracted(late, full)
    return entry


def _named(promise: Promise, judged: Object) -> Object:
    return {
        "name": promise.objective.name,
        "target": promise.objective.target,
        "unit": promise.unit.value,
        "indicatorHash": promise.id.indicator,
        **({"minEvents": promise.min_events} if promise.min_events else {}),
        **judged,
    }


def _anew(
    entry: Object, promise: Promise | None, want: Correction, given: Credits | None, evidence: Evidence
) -> Object:
    """An objective of a report with other times subtracted; as it was where the SLA does not have it any more, or
    counts it from objects.

    It is judged by what the report says of how it was promised. What the SLA counts in another way by now cannot be
    subtracted from it.
    """
    if promise is None:
        return entry
    now, then = promise.id.indicator, entry.get("indicatorHash", promise.id.indicator)
    promise = replace(
        promise,
        id=promise.id._replace(indicator=then),
        unit=Unit(entry["unit"]),
        min_events=entry.get("minEvents", 0),
    )
    if then != now:
        whole = judging.reported(entry, promise, want.period.seconds)
        cut_off = judging.was_cut_off(entry, promise)
        made = _named(promise, judging.judge(promise, whole, given, cut_off=cut_off))
        if left_out := intervals.seconds(_ahead(evidence), wanted.stretch(want.period)):
            made["excludedSeconds"] = left_out
        made["message"] += telling.counted_otherwise(want.exclusions)
        return made
    if promise.objective.indicator.counted:
        return entry
    expected = judging.counted(promise, want.period, [wanted.stretch(want.period)], evidence).expected
    whole = judging.reported(entry, promise, expected)
    return _objective(promise, want.period, whole, want.exclusions, given, evidence, reported=entry)


def _ahead(evidence: Evidence) -> list[Interval]:
    """The times that were left out when they came."""
    return [one.interval for one in evidence.exclusions if not one.retroactive]


def _outcome(entries: Sequence[Object], given: Credits | None, given_this_year: int) -> Object:
    """The verdict on all objectives together, and the credit."""
    worst = min(entries, key=_rank)
    percents = (entry["creditPercent"] for entry in entries)
    return {
        "verdict": worst["verdict"],
        "worst": {
            "objective": worst["name"],
            **({"sli": worst["sli"]} if "sli" in worst else {}),
            "target": worst["target"],
        },
        "creditPercent": credits.for_period(percents, given, given_this_year) if given else 0,
    }


def _in_full(entries: Iterable[Object]) -> Object:
    """The worst objective had nothing been subtracted."""
    return min(({**entry, **entry.get("inFull", {})} for entry in entries), key=_rank)


def _subtracted(exclusions: Sequence[Exclusion]) -> Object:
    listed = [
        {"maintenanceWindow": one.window, "startTime": format_time(one.start), "endTime": format_time(one.end)}
        for one in exclusions
    ]
    return {"exclusions": listed} if listed else {}


def _credits(terms: Any) -> Credits | None:
    return Credits.model_validate(terms) if terms else None


def _gone(name: str, target: str) -> Object:
    """An objective with which the period began, and which was then taken out of the SLA."""
    return {
        "name": name,
        "target": target,
        "unit": Unit.EVENTS.value,
        "coverage": fixed(0, 4),
        "verdict": Verdict.INCONCLUSIVE.value,
        "creditPercent": 0,
        "message": "It was taken out of the SLA before the period was reported, so nobody can tell.",
    }


def _rank(entry: Mapping[str, Any]) -> tuple[int, Decimal]:
    """Sorts the worst first: by verdict, then by how far the SLI is from the target."""
    return _RANK[Verdict(entry["verdict"])], Decimal(entry.get("sli", entry["target"])) - Decimal(entry["target"])
