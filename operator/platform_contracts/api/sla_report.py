"""SLAReport: how one closed calendar period went."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel, Resource
from platform_contracts.api.calendar import CalendarWindow
from platform_contracts.api.common import EntryName, Timestamp, immutable
from platform_contracts.api.credits import Credits
from platform_contracts.api.rules import ListMap, Rule
from platform_contracts.api.status import Count, Decimal, Text
from platform_contracts.kube.objects import Object

# Those of the SLA, and as many that were taken out of it during the period.
MOST_OBJECTIVES = 40
PeriodName = Annotated[str, Field(max_length=16)]
_Percent = Annotated[int, Field(ge=0, json_schema_extra={"format": "int32"})]


class Verdict(StrEnum):
    """How a closed period went."""

    MET = "Met"
    BREACHED = "Breached"
    INCONCLUSIVE = "Inconclusive"


class ReportTerms(ContractModel):
    """What was promised for the period, beside the targets."""

    window: CalendarWindow
    """The calendar by which the period began and ended."""

    credits: Credits | None = None
    """What was to be given back for a target that was missed."""


class ReportedExclusion(ContractModel):
    """Maintenance that was counted at first and is subtracted."""

    maintenance_window: EntryName
    """The MaintenanceWindow that asked for it; it may be gone by now."""

    start_time: Timestamp
    """From when on nothing counts."""

    end_time: Timestamp
    """Until when nothing counts."""


class CountedInFull(ContractModel):
    """What an objective comes to with what was excluded afterwards."""

    numerator: Decimal | None = None
    """What counted as good."""

    denominator: Decimal | None = None
    """All that was counted."""

    coverage: Decimal
    """The share of the time that was measured, for example "0.9987"."""

    sli: Decimal | None = None
    """What was measured, in percent, for example "95.8333"."""

    verdict: Verdict
    """Met, Breached or Inconclusive."""


class ReportedObjective(ContractModel):
    """One objective over the whole period."""

    name: Text
    """Name of the objective in the SLA."""

    target: Decimal
    """What was promised for this period, in percent, for example "99.9"."""

    numerator: Decimal | None = None
    """What counted as good: the SLI is this of `denominator`."""

    denominator: Decimal | None = None
    """All that was counted."""

    unit: Text
    """What was counted, for example Events."""

    indicator_hash: Text | None = None
    """A fingerprint of what was counted and from when on. Where the SLA counts something else by now, nothing can be
    subtracted from these figures any more."""

    min_events: Count | None = None
    """So many events it took for a verdict; absent where any were enough."""

    coverage: Decimal
    """The share of the period, or of what was left of it at the SLA's start, that was measured, for example "0.9987".
    Below 0.95 there is no verdict."""

    excluded_seconds: Count | None = None
    """How much maintenance the figures are without, be it left out ahead or subtracted afterwards; absent where there
    was none."""

    in_full: CountedInFull | None = None
    """The same with what was excluded afterwards (`spec.exclusions`); absent where nothing was subtracted."""

    sli: Decimal | None = None
    """What was measured, in percent, for example "99.9674"; absent where nothing was."""

    verdict: Verdict
    """Met, Breached, or Inconclusive where too little was measured to tell."""

    credit_percent: _Percent = 0
    """What the steps of `terms.credits` give back for it, in percent, before any bound."""

    message: Text
    """The verdict in a sentence."""


class WorstReported(ContractModel):
    """The objective that ended worst."""

    objective: Text
    """Its name."""

    sli: Decimal | None = None
    """What was measured, in percent."""

    target: Decimal
    """What was promised, in percent."""


class SLAReportSpec(ContractModel):
    """One closed period of one SLA: what was promised, what was measured, the verdict and the credit."""

    sla_name: EntryName
    """The SLA, which may be gone by now."""

    sla_uid: Text = Field(alias="slaUID")
    """Its UID, which tells it from an SLA of the same name."""

    service_name: EntryName
    """The PlatformService that promised."""

    period: PeriodName
    """The period: 2026-W47, 2026-11, 2026-Q4 or 2026."""

    start_time: Timestamp
    """From when on it counted: the beginning of the period, or of the SLA where that is later."""

    end_time: Timestamp
    """The end of the period."""

    revision: Annotated[int, Field(ge=1, json_schema_extra={"format": "int32"})]
    """1, and one more for each correction."""

    supersedes: Text | None = None
    """The report that this one corrects, by its name."""

    message: Text | None = None
    """What was excluded afterwards, or why another report is corrected, with the verdicts and the figures before and
    after; absent where nothing was."""

    exclusions: list[ReportedExclusion] = Field(default_factory=list, max_length=20)
    """The maintenance that was excluded afterwards and is subtracted from what was counted. What was announced in time
    was never counted, and is in no figure."""

    verdict: Verdict
    """The worst of the objectives' verdicts: Breached, Inconclusive, or Met."""

    worst: WorstReported
    """The objective that ended worst."""

    credit_percent: _Percent
    """What is given back for the period, in percent of what it costs: what the objectives give, within the bounds of
    `terms.credits`."""

    terms: ReportTerms
    """What was promised for the period, beside the targets."""

    objectives: Annotated[list[ReportedObjective], ListMap()] = Field(max_length=MOST_OBJECTIVES)
    """What was measured, objective by objective: those of the SLA, and of those that were taken out of it during the
    period as many as there is room for."""


class SLAReportStatus(ContractModel):
    """Whether the report is in force."""

    superseded_by: Text | None = None
    """The report that corrects this one, of several the last; absent where this one is in force."""


class SLAReport(Resource):
    """How one closed calendar period of an SLA went. The operator writes it once, ten minutes after the end; what it
    says never changes, and it outlives the SLA. A correction is another report, with the next revision."""

    RULES = (
        Rule(
            "self.metadata.name.startsWith(self.spec.slaName + '-') && self.metadata.name.matches('-r[1-9][0-9]*$')",
            "metadata.name must be made of slaName, period and revision, for example payments-2026-11-r1",
            lambda report: (
                report.metadata.name.startswith(f"{report.spec.sla_name}-")
                and re.search("-r[1-9][0-9]*$", report.metadata.name) is not None
            ),
        ),
    )

    spec: Annotated[
        SLAReportSpec, immutable("spec", "a correction is another SLAReport, for example payments-2026-11-r2")
    ]
    """What was promised, what was measured, the verdict and the credit."""

    status: SLAReportStatus = Field(default_factory=SLAReportStatus)
    """Whether it is in force."""


def in_force(reports: Iterable[Object]) -> list[Object]:
    """Of each period of each SLA the live report of the last revision, in the order of the periods' ends: what it
    supersedes says nothing any more."""
    ordered = sorted(reports, key=lambda report: (report["spec"]["endTime"], report["spec"]["revision"]))
    return list({(report["spec"]["slaUID"], report["spec"]["period"]): report for report in ordered}.values())
