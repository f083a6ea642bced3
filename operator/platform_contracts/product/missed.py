"""Which missed objectives an assessment names: by the SLAReports of closed periods, each miss in one assessment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from platform_contracts.api.sla_report import Verdict, in_force
from platform_contracts.kube.objects import Object, created_at, parse_time
from platform_contracts.product.periods import Period


class Miss(NamedTuple):
    """An objective that was missed in a calendar period; SLI and target in percent, as the SLAReport has them."""

    sla: str
    objective: str
    period: str
    sli: str
    target: str


def news(reports: Sequence[Object], due: Period, last: Object | None) -> list[Miss]:
    """What was missed until the end of the period that is due and no assessment could name before, oldest first.

    `reports` are the SLAReports of the service in all their revisions: one may come long after its period, or be
    corrected, and a correction that leaves a miss a miss is no other miss. `last` is the ProductReport before.
    """

    def known(report: Object) -> bool:
        in_time = last is None or created_at(report) < created_at(last)
        return in_time and parse_time(report["spec"]["endTime"]) <= due.start

    before = _misses(report for report in reports if known(report))
    now = _misses(report for report in reports if parse_time(report["spec"]["endTime"]) <= due.end)
    return [miss for which, miss in now.items() if which not in before]


def _misses(reports: Iterable[Object]) -> dict[tuple[str, str, str], Miss]:
    """By the SLA's UID, period and objective what the last revision of each report says was missed."""
    return {
        (spec["slaUID"], spec["period"], entry["name"]): Miss(
            spec["slaName"], entry["name"], spec["period"], entry["sli"], entry["target"]
        )
        for spec in (report["spec"] for report in in_force(reports))
        for entry in spec["objectives"]
        if entry["verdict"] == Verdict.BREACHED
    }
