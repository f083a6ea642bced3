"""SLA: what a service promises."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from platform_contracts.api.alerting import TIER_RULES, Alerting
from platform_contracts.api.base import ContractModel, Resource
from platform_contracts.api.calendar import CalendarWindow
from platform_contracts.api.common import TIME, EntryName, LocalRef, Timestamp, immutable
from platform_contracts.api.credits import Credits
from platform_contracts.api.dependency import Dependencies
from platform_contracts.api.exclusion import Maintenance
from platform_contracts.api.objective import OBJECTIVE_EXAMPLE, Objective
from platform_contracts.api.rules import ListMap, Rule, flow, matches
from platform_contracts.api.sla_status import SLAStatus
from platform_contracts.api.support import ResponseTarget, Severity, Support

# One hour to a year in one unit.
RollingWindow = Annotated[
    str,
    Field(max_length=64),
    matches(
        "([1-9][0-9]{0,2}|[1-7][0-9]{3}|8[0-6][0-9]{2}|87[0-5][0-9]|8760)h"
        "|([1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-5])d|([1-9]|[1-4][0-9]|5[0-2])w",
        "must be a time from 1h to 365d in hours (h), days (d) or weeks (w), for example 30d",
    ),
]


class Effective(ContractModel):
    """Since when the promise holds, and until when: at least one of `fromTime` and `untilTime`."""

    RULES = (
        Rule(
            "has(self.fromTime) || has(self.untilTime)",
            "at least one of fromTime and untilTime is required, for example fromTime: '2027-01-01T00:00:00Z'",
            lambda effective: effective.from_time is not None or effective.until_time is not None,
            reason="FieldValueRequired",
        ),
        Rule(
            f"!has(self.fromTime) || !has(self.untilTime) || !self.fromTime.matches(r'^(?:{TIME})$') || "
            f"!self.untilTime.matches(r'^(?:{TIME})$') || timestamp(self.fromTime) < timestamp(self.untilTime)",
            "must be after fromTime, for example fromTime: '2027-01-01T00:00:00Z', untilTime: '2028-01-01T00:00:00Z'",
            lambda effective: (
                effective.from_time is None
                or effective.until_time is None
                or effective.from_time < effective.until_time
            ),
            field="untilTime",
        ),
    )

    from_time: Timestamp | None = None
    """Events before this time do not count, for example 2027-01-01T00:00:00Z; without it, the SLA counts from its
    creation."""

    until_time: Timestamp | None = None
    """The promise is over then, for example 2028-01-01T00:00:00Z: later events do not count, no alert fires, the rules
    go, and a calendar period that runs is reported up to it. Without it the promise holds as long as the SLA is
    there."""


class Window(ContractModel):
    """The time over which objectives are measured: exactly one of `rolling` and `calendar`."""

    RULES = (
        Rule(
            "has(self.rolling) != has(self.calendar)",
            "exactly one of rolling and calendar is required, for example rolling: 30d, or "
            "calendar: {period: Month, timeZone: Europe/Berlin}",
            lambda window: (window.rolling is None) != (window.calendar is None),
        ),
    )

    rolling: RollingWindow | None = None
    """The last so many hours (h), days (d) or weeks (w), from 1h to 365d, for example 30d."""

    calendar: CalendarWindow | None = None
    """A calendar period, for example {period: Month, timeZone: Europe/Berlin}: the figures begin anew with each."""


class SLASpec(ContractModel):
    """What is promised, how it is measured, and who is told when it is in danger."""

    RULES = (
        *TIER_RULES,
        Rule(
            "!has(self.credits) || has(self.window) && has(self.window.calendar)",
            "credits are given for closed periods, which a rolling window has none of: name a calendar window, for "
            "example window: {calendar: {period: Month, timeZone: Europe/Berlin}}",
            lambda spec: spec.credits is None or spec.window.calendar is not None,
            field="credits",
        ),
        Rule(
            "!has(self.objectives) || self.objectives.all(objective, !has(objective.indicator) || "
            "!has(objective.indicator.supportResponse) || !has(objective.indicator.supportResponse.severity) || "
            "has(self.support) && has(self.support.responseTargets) && "
            "self.support.responseTargets.exists(target, "
            "has(target.severity) && target.severity == objective.indicator.supportResponse.severity))",
            "needs a response target for the severity of each supportResponse indicator, for example "
            "support: {responseTargets: [{severity: Critical, minutes: 30}]}",
            lambda spec: all(spec.answered_in_time(objective) for objective in spec.objectives),
            field="support",
        ),
    )

    service_ref: Annotated[
        LocalRef, immutable("serviceRef", "create another SLA, for example one named after the other service")
    ] = Field(examples=[{"name": "payments"}])
    """The PlatformService that promises, in the same namespace, for example {name: payments}. Cannot be changed."""

    effective: Effective | None = None
    """Since when the promise holds, and until when; since the SLA's creation and as long as it is there unless said
    otherwise."""

    data_source_name: EntryName = "default"
    """The Prometheus that is asked, by its name in `dataSources` of the operator's configuration, for example thanos;
    the one called default unless said otherwise."""

    # No default in the schema: it would stay beside the other kind of window when somebody changes to that.
    window: Window = Field(default_factory=lambda: Window(rolling="30d"))
    """The time over which objectives are measured; the last 30 days unless said otherwise. A target that is changed
    counts at once in a rolling window, and from the next period on in a calendar's."""

    objectives: Annotated[
        list[Objective],
        ListMap(),
        Rule(
            "size(self) > 0",
            f"at least one objective is required, for example {flow([OBJECTIVE_EXAMPLE])}",
            lambda objectives: len(objectives) > 0,
            reason="FieldValueRequired",
        ),
    ] = Field(max_length=20, examples=[[OBJECTIVE_EXAMPLE]])
    """What is promised, from 1 to 20 objectives."""

    alerting: Alerting = Field(default_factory=Alerting)
    """The alerts that are written for the objectives."""

    credits: Credits | None = None
    """What consumers get back for a calendar period in which a target was missed, for example {steps: [{below: "99.9",
    percent: 10}]}; the SLAReport of the period says how much. Like a target, it counts from the next period on."""

    depends_on: Dependencies = Field(default_factory=list, max_length=16)
    """The SLAs that have to be kept for this one to be kept, for example [{namespace: platform, slaName: database}].
    The product of their targets bounds what it can promise; the condition FeasibleAsPromised says where it promises
    more. At most 16."""

    maintenance: Maintenance | None = None
    """When planned maintenance does not count, for example {noticeSeconds: 259200, maxSecondsPerPeriod: 14400}. Without
    it all maintenance counts."""

    support: Support | None = None
    """How soon people answer and at which hours, for objectives with the indicator supportResponse, for example
    {responseTargets: [{severity: Critical, minutes: 30}]}."""

    def response_target(self, severity: Severity) -> ResponseTarget | None:
        """The response target for a severity, None where there is none."""
        targets = self.support.response_targets if self.support else ()
        return next((target for target in targets if target.severity is severity), None)

    def answered_in_time(self, objective: Objective) -> bool:
        """Whether it is said what in time is, where an objective is about answers."""
        response = objective.indicator.support_response
        return response is None or self.response_target(response.severity) is not None


class SLA(Resource):
    """What a PlatformService promises: objectives over a window, measured by Prometheus or counted from the cluster's
    own objects, with alerts when a promise is in danger."""

    spec: SLASpec = Field(examples=[{"serviceRef": {"name": "payments"}, "objectives": [OBJECTIVE_EXAMPLE]}])
    """What is promised, how it is measured, and who is told when it is in danger."""

    status: SLAStatus = Field(default_factory=SLAStatus)
