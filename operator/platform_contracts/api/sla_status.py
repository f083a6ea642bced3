"""The status of an SLA."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.exclusion import ExclusionStatus
from platform_contracts.api.rules import ListMap
from platform_contracts.api.status import Count, Decimal, FeedbackStatus, SLAState, Status, Text


class WorstObjective(ContractModel):
    """The objective that is worst off."""

    objective: Text | None = None
    """Name of the objective."""

    sli: Decimal | None = None
    """What was measured, in percent, for example "99.9674"."""

    target: Decimal | None = None
    """What was promised, in percent, for example "99.9"."""

    budget: Text | None = None
    """What is left of its error budget, in percent; negative when overspent, for example 67.4%."""

    window: Text | None = None
    """The time that the figures are about, for example 30d, 30d (3d) while the SLA is young, or 2026-11 (23d) in a
    calendar period."""

    evaluated_time: datetime | None = None
    """When the figures were read."""


class ErrorBudget(ContractModel):
    """How many bad events, or bad minutes, the objective allows in its window, and how many there were. How many events
    a calendar period will have is not known before its end: its budget to date grows with what is counted. How many
    minutes it has is known: they are budgeted for the whole period, while the SLI is that to date."""

    total: Decimal | None = None
    """Bad events that the objective allows for what was counted, or bad minutes: in a calendar period those of the
    whole period."""

    consumed: Decimal | None = None
    """Bad events, or minutes, that were counted."""

    remaining: Decimal | None = None
    """What is left; negative when overspent."""

    remaining_percent: Decimal | None = None
    """What is left in percent of `total`, for example "67.4"; negative when overspent, for example "-203.1"."""

    unit: Text | None = None
    """What is counted: Events, or Minutes where the objective counts slices of time."""


class BurnRate(ContractModel):
    """How fast the error budget is spent: at 1 it lasts exactly the window."""

    window: Text
    """The time that the rate is averaged over, for example 1h."""

    rate: Decimal
    """Multiple of the rate at which the budget lasts exactly the window, for example "14.40"."""


class ObjectiveStatus(ContractModel):
    """One objective: what was promised and what was measured."""

    name: Text
    """Name of the objective in the spec."""

    state: SLAState | None = None
    """Met, AtRisk (burning fast, or less than a quarter of the budget left), Breached, or Unknown (no data yet, or data
    that are too old)."""

    sli: Decimal | None = None
    """The share of good events, or of good slices of time, in percent, for example "99.9674"."""

    target: Decimal | None = None
    """What was promised, in percent, for example "99.9". In a calendar period it is the target that the period began
    with."""

    window: Text | None = None
    """The time that the figures are about, for example 30d, 30d (3d) while the SLA is young, or 2026-11 (23d) in a
    calendar period."""

    period_start_time: datetime | None = None
    """When the calendar period began, where the window is a calendar's."""

    period_end_time: datetime | None = None
    """When the calendar period will be over."""

    error_budget: ErrorBudget | None = None
    """How many bad events, or bad minutes, are allowed, and how many there were."""

    burn_rates: Annotated[list[BurnRate], ListMap(("window",))] = Field(default_factory=list, max_length=16)
    """How fast the budget is spent, over several times."""

    events: Decimal | None = None
    """How many events, or slices of time, were counted."""

    coverage: Decimal | None = None
    """The share of the window, counted from the SLA's start, for which there are data, as a ratio, for
    example "0.9980"."""

    excluded_seconds: Count | None = None
    """How much maintenance in the window does not count; absent where there is none."""

    projected_exhaustion_time: datetime | None = None
    """When the budget will be spent if errors go on as they do; absent when it will last."""

    evaluated_time: datetime | None = None
    """When the figures were read."""

    message: Text | None = None
    """What is noteworthy, and what to do next."""


class RulesStatus(ContractModel):
    """The object that holds the SLA's Prometheus rules."""

    kind: Text | None = None
    """PrometheusRule, or ConfigMap where the cluster has no such kind."""

    namespace: Text | None = None
    """Where it is."""

    name: Text | None = None
    """What it is called."""

    hash: Text | None = None
    """Hash of the rules, to compare with those that Prometheus has loaded."""


class ClosedPeriod(ContractModel):
    """How one closed calendar period went."""

    period: Text
    """The period, for example 2026-11."""

    end_time: datetime | None = None
    """When it was over."""

    verdict: Text | None = None
    """Met, Breached, or Inconclusive where too little was measured to tell."""

    objective: Text | None = None
    """The objective that ended worst."""

    sli: Decimal | None = None
    """What was measured for it, in percent, for example "99.9674"."""

    target: Decimal | None = None
    """What was promised for it, in percent, for example "99.9"."""

    credit_percent: Count | None = None
    """What is given back for the period, in percent of what it costs."""

    report: Text | None = None
    """The SLAReport that says all of it, in the SLA's namespace; of several the last correction."""

    message: Text | None = None
    """What was excluded afterwards, or corrected, with the verdicts and the figures before and after."""


class SLAStatus(Status):
    """What the operator measured and did. Conditions: Ready, Reconciling, Stalled, DataFresh, DataComplete, Met,
    AtRisk, and FeasibleAsPromised where it depends on other SLAs. The SLA is Ready when its rules are written, whatever
    was measured."""

    state: SLAState | None = None
    """The worst state among the objectives: Breached, AtRisk, Unknown or Met."""

    summary: Text | None = None
    """The same in words."""

    worst: WorstObjective | None = None
    """The objective that is worst off."""

    objectives: Annotated[list[ObjectiveStatus], ListMap()] = Field(default_factory=list, max_length=20)
    """What was promised and measured, objective by objective."""

    history: Annotated[list[ClosedPeriod], ListMap(("period",))] = Field(default_factory=list, max_length=13)
    """How the last 13 closed calendar periods went, the latest first, where the window is a calendar's."""

    exclusions: list[ExclusionStatus] = Field(default_factory=list, max_length=500)
    """The times of maintenance that do not count: those in the window, and those that are next; at most 400, and no
    more than these are excluded."""

    rules: RulesStatus | None = None
    """The object that holds the Prometheus rules."""

    feedback: FeedbackStatus | None = None
    """Where to tell the platform team what one thinks."""
