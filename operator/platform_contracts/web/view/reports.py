"""Reports of closed periods: for who may read SLAReports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from platform_contracts.api.sla_report import in_force
from platform_contracts.kube.objects import Object

_MOST = 24


@dataclass(frozen=True, slots=True)
class Report:
    """The last report of one period of one SLA."""

    name: str
    sla: str
    period: str
    verdict: str
    credit: int
    objectives: list[tuple[str, str, str | None, str]]


def reports(found: Iterable[Object]) -> list[Report]:
    """The latest ones first; of a period that was corrected its last revision alone."""
    ordered = sorted(in_force(found), key=lambda one: (one["spec"]["endTime"], one["spec"]["slaName"]), reverse=True)
    return [_report(one) for one in ordered[:_MOST]]


def _report(report: Object) -> Report:
    spec = report["spec"]
    return Report(
        name=report["metadata"]["name"],
        sla=spec["slaName"],
        period=spec["period"],
        verdict=spec["verdict"],
        credit=spec.get("creditPercent") or 0,
        objectives=[(one["name"], one["target"], one.get("sli"), one["verdict"]) for one in spec["objectives"]],
    )
