"""The report of one closed period, as the object that is written once and never again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from platform_contracts.api.credits import Credits
from platform_contracts.api.names import SERVICE_LABEL, SLA_LABEL
from platform_contracts.api.schedule import Interval
from platform_contracts.api.sla import SLASpec
from platform_contracts.api.sla_report import Verdict
from platform_contracts.kube.kinds import SLA_REPORT
from platform_contracts.kube.objects import MANAGED_BY, MANAGED_BY_LABEL, Object, format_time, manifest, uid
from platform_contracts.sla import budget, credits, intervals, windows
from platform_contracts.sla.alerts import MIN_COVERAGE
from platform_contracts.sla.budgeting import Unit
from platform_contracts.sla.exclusions import Exclusion
from platform_contracts.sla.periods import Period
from platform_contracts.sla.promise import Promise
from platform_contracts.sla.reports import history
from platform_contracts.sla.reports.closing import Counts
from platform_contracts.sla.terms import Terms
from platform_contracts.sla.view import fixed

# From the worst to the best.
_RANK = {Verdict.BREACHED: 0, Verdict.INCONCLUSIVE: 1, Verdict.MET: 2}


def build(
    sla: Object,
    spec: SLASpec,
    period: Period,
    terms: Terms,
    promises: Sequence[tuple[Promise, Counts]],
    known: Iterable[Mapping[str, Any]],
    exclusions: Sequence[Exclusion] = (),
) -> Object:
    """The first report of a period.

    `terms` are those that the period began with and `promises` the objectives by them with what was counted, `known`
    the other closed periods as `status.history` has them, and `exclusions` the times that do not count, in this period
    and around it.
    """
    assert spec.window.calendar is not None  # or there were no periods
    given = Credits.model_validate(terms["credits"]) if terms["credits"] else None
    entries = [_objective(one, period, counts, given, exclusions) for one, counts in promises]
    present = {entry["name"] for entry in entries}
    entries += [_gone(name, target) for name, target in terms["targets"].items() if name not in present]
    worst = min(entries, key=_rank)
    credit = (
        credits.for_period(
            (entry["creditPercent"] for entry in entries), given, history.given_in_year(known, period.name)
        )
        if given
        else 0
    )
    metadata, revision = sla["metadata"], 1
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
            "verdict": worst["verdict"],
            "worst": {
                "objective": worst["name"],
                **({"sli": worst["sli"]} if "sli" in worst else {}),
                "target": worst["target"],
            },
            "creditPercent": credit,
            "terms": {
                "window": spec.window.calendar.model_dump(mode="json", by_alias=True),
                **({"credits": terms["credits"]} if terms["credits"] else {}),
            },
            "objectives": entries,
        },
    )


def _objective(
    promise: Promise, period: Period, counts: Counts, given: Credits | None, exclusions: Iterable[Exclusion]
) -> Object:
    if promise.objective.indicator.counted:
        # Whether people answer is no matter of maintenance.
        return _judged(promise, period, counts, given, ())
    excluded = {
        late: intervals.seconds(
            (one.interval for one in exclusions if one.retroactive is late), Interval(period.start, period.end)
        )
        for late in (False, True)
    }
    entry = _judged(promise, period, counts, given, exclusions)
    if excluded[False]:
        entry["excludedSeconds"] = excluded[False]
        entry["message"] += f" {excluded[False]} s of maintenance were left out."
    if excluded[True]:
        entry["message"] += f" {excluded[True]} s that were excluded afterwards are counted here."
    return entry


def _judged(
    promise: Promise, period: Period, counts: Counts, given: Credits | None, exclusions: Iterable[Exclusion]
) -> Object:
    events, errors = counts.events * promise.interval, counts.errors * promise.interval
    coverage = _coverage(promise, period, counts, exclusions)
    entry: Object = {
        "name": promise.objective.name,
        "target": promise.objective.target,
        "unit": promise.unit.value,
        "coverage": fixed(coverage, 4),
        "verdict": Verdict.INCONCLUSIVE.value,
        "creditPercent": 0,
    }
    if events <= 0:
        missing = coverage < MIN_COVERAGE
        return {**entry, "message": _unmeasured(coverage) if missing else "Nothing happened that could be counted."}
    errors = min(errors, events)
    sli = 1 - errors / events
    # Nothing of the period is to come any more, so what was counted is what the status would call its budget's base.
    remaining = budget.remaining(errors, events, promise)
    entry |= {
        "numerator": fixed((events - errors) / promise.unit.size, 3),
        "denominator": fixed(events / promise.unit.size, 3),
        "sli": fixed(100 * sli, 4),
    }
    if coverage < MIN_COVERAGE and not promise.holds:
        return {**entry, "message": _unmeasured(coverage)}
    if events < promise.min_events:
        return {**entry, "message": f"There were fewer than {promise.min_events} events (minEvents), too few to tell."}
    spent = f"{fixed(100 * (1 - remaining), 1)}% of the error budget was spent"
    if remaining >= 0:
        return {**entry, "verdict": Verdict.MET.value, "message": f"The target was met: {spent}."}
    percent = credits.for_objective(Decimal(entry["sli"]), given) if given else 0
    return {
        **entry,
        "verdict": Verdict.BREACHED.value,
        "creditPercent": percent,
        "message": f"The target was missed: {spent}" + (f", and {percent}% is given back." if given else "."),
    }


def _coverage(promise: Promise, period: Period, counts: Counts, exclusions: Iterable[Exclusion]) -> float:
    """The share of the period, or of what was left of it once the SLA's rules could be there, that was measured.

    What the rules left out for maintenance is no part of it.
    """
    since = max(period.start, promise.start + windows.LEAD_IN)
    left_out = intervals.seconds(
        (Interval(one.start, one.end + promise.tail) for one in exclusions if not one.retroactive),
        Interval(since, period.end),
    )
    counted = max((period.end - since).total_seconds() - left_out, promise.interval)
    return min(counts.samples * promise.interval / counted, 1.0)


def _unmeasured(coverage: float) -> str:
    return (
        f"Only {fixed(100 * coverage, 1)}% of the time was measured, and it takes 95% to tell; look whether Prometheus "
        "ran all the time, had the rules and keeps its data long enough."
    )


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
