"""ProductReport: how one closed period of a service went as a product."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

from platform_contracts.api.assessment import Aspects, Improvements, PreviousAssessment
from platform_contracts.api.base import ContractModel, Resource
from platform_contracts.api.common import Day, EntryName, Timestamp, immutable
from platform_contracts.api.rules import ListMap, Rule
from platform_contracts.api.service_status import Departures, WorstServiceObjective
from platform_contracts.api.status import Count, Decimal, SLAState, Text

_DAY_AT_END = "-20[0-9]{2}-[0-9]{2}-[0-9]{2}$"
_Value = Annotated[int, Field(json_schema_extra={"format": "int32"})]


class ReportedConsumers(ContractModel):
    """Who used the service at the end of the period."""

    ready: Count
    """How many had everything that their plan gives."""

    active: Count
    """How many of them ran pods."""

    dormant: Count
    """How many of them ran none."""

    lost: Count
    """How many that had it at the last report have left since."""

    adoption_percent: Count | None = None
    """Teams in percent of those that were aimed at."""

    left: Departures = Field(default_factory=list, max_length=92)
    """When they left, by the day; those of more than 90 days before the report stand together."""

    known: list[Annotated[str, Field(max_length=8)]] = Field(default_factory=list, max_length=2000)
    """The first eight characters of the UIDs of those who had it: by them the next report knows who left."""


class ReportedSLA(ContractModel):
    """How the service's SLAs stood at the end of the period."""

    state: SLAState
    """The worst state among them."""

    summary: Text
    """The same in words."""

    worst: WorstServiceObjective | None = None
    """The objective that was worst off."""


class ReportedValue(ContractModel):
    """How many gave an answer."""

    value: _Value
    """The answer; where a survey has two questions the sum of both answers."""

    count: Count
    """How many gave it."""


class ReportedSurvey(ContractModel):
    """What the answers of the period to one question of one survey came to."""

    survey: EntryName
    """Name of the survey."""

    question_version: Annotated[int, Field(ge=1, json_schema_extra={"format": "int32"})]
    """The version of its question that was answered."""

    instrument: Text
    """How it is scored, for example CSAT."""

    responses: Count
    """How many answered."""

    min_responses: Count | None = None
    """From how many answers on a score shows: the survey's minResponses, or what it was when the survey was last
    reported. Absent where the survey left the spec before any report had it."""

    score: Decimal | None = None
    """The score; absent where fewer answered than minResponses, or where that is not known."""

    margin_of_error: Decimal | None = None
    """Half the width of the 95 % confidence interval, in the score's unit."""

    values: Annotated[list[ReportedValue], ListMap(("value",))] = Field(default_factory=list, max_length=16)
    """How often each answer was given: the score and its margin follow from it to the last digit. Absent where the
    score is."""


class ReportedTheme(ContractModel):
    """What users spoke about in the period."""

    name: EntryName
    """The theme."""

    count: Count
    """How many voices named it; those of one team count once."""


class ReportedFeedback(ContractModel):
    """What was said in the period, in figures."""

    voices: Count
    """How many Feedback objects were created in the period."""

    total: Count
    """How many there were from the beginning to its end, whatever has expired since."""

    open: Count
    """How many voices of any age asked for something that was neither shipped nor declined."""

    surveys: Annotated[list[ReportedSurvey], ListMap(("survey", "questionVersion"))] = Field(
        default_factory=list, max_length=16
    )
    """What the answers came to, survey by survey and question by question."""

    themes: Annotated[list[ReportedTheme], ListMap()] = Field(default_factory=list, max_length=64)
    """What was spoken about, each theme that at least three voices named."""


class ShippedItem(ContractModel):
    """A roadmap item that was shipped in the period."""

    name: EntryName
    """Name of the item."""

    shipped_date: Day
    """When it was shipped."""

    asked_by: Count
    """How many voices asked for it or for one of its themes; those of one team count once."""


class ProductReportSpec(ContractModel):
    """One closed period of one service: who used it, what was said, what was shipped, and what is to be improved."""

    service_name: EntryName
    """The PlatformService, which may be gone by now."""

    service_uid: Text = Field(alias="serviceUID")
    """Its UID."""

    start_time: Timestamp
    """The beginning of the period: the end of the one before, or the service's creation."""

    end_time: Timestamp
    """The end of the period."""

    summary: Text
    """What is to be improved, in a few words."""

    consumers: ReportedConsumers
    """Who used the service at the end of the period."""

    sla: ReportedSLA | None = None
    """How its SLAs stood at the end of the period."""

    feedback: ReportedFeedback
    """What was said in the period. Feedback of the period may expire once it is here."""

    shipped: Annotated[list[ShippedItem], ListMap()] = Field(default_factory=list, max_length=24)
    """What was shipped in the period."""

    aspects: Aspects = Field(default_factory=list)
    """How mature the team said that it was, aspect by aspect."""

    improvements: Improvements = Field(default_factory=list, max_length=32)
    """What is to be improved, what matters most first."""

    previous: PreviousAssessment | None = None
    """What became of the improvements of the period before."""


class ProductReport(Resource):
    """How one period of a PlatformService went as a product. The operator writes it once, an hour after the end; it
    never changes, and it outlives the service and the Feedback that it counts."""

    RULES = (
        Rule(
            "self.metadata.name.startsWith(self.spec.serviceName + '-')"
            f" && self.metadata.name.matches('{_DAY_AT_END}')",
            "metadata.name must be made of serviceName and the day of endTime, for example payments-2027-03-31",
            lambda report: (
                report.metadata.name.startswith(f"{report.spec.service_name}-")
                and re.search(_DAY_AT_END, report.metadata.name) is not None
            ),
        ),
    )

    spec: Annotated[
        ProductReportSpec,
        immutable("spec", "what came later is in the next ProductReport, for example payments-2027-06-29"),
    ]
    """Who used the service, what was said, what was shipped, and what is to be improved."""
