"""Objectives: a target for an indicator, and what its error budget is made of."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.common import EntryName
from platform_contracts.api.indicators import COUNTED_CEL, RATIO_EXAMPLE, Indicator
from platform_contracts.api.rules import Rule, matches, whole

OBJECTIVE_EXAMPLE = {"name": "availability", "target": "99.9", "indicator": RATIO_EXAMPLE}
_TIMESLICE_EXAMPLE = "budgeting: Timeslices, timeslice: {seconds: 60, target: '95'}"

# A percentage in exact decimals, at least 10 and below 100.
Percentage = Annotated[
    str,
    Field(max_length=64),
    matches(
        r"[1-9][0-9](\.[0-9]{1,9})?",
        'must be a percentage of at least 10 and below 100, as a string of decimals, for example "99.9"; '
        "100 would leave no error budget to measure against",
    ),
]
# A label of Prometheus' series, but none of its own.
LabelName = Annotated[
    str,
    Field(max_length=128),
    matches(
        "_?[a-zA-Z][a-zA-Z0-9_]*",
        "must be a Prometheus label of letters, digits and underscores, not beginning with a digit or two underscores, "
        "for example consumer_namespace",
    ),
]
# A percentage of a slice's events; all of them may be asked for.
SlicePercentage = Annotated[
    str,
    Field(max_length=64),
    matches(
        r"100|[1-9][0-9](\.[0-9]{1,9})?",
        'must be a percentage from 10 to 100, as a string of decimals, for example "95"',
    ),
]
# Slices that rules can judge one by one, and of which each sum of five minutes has at least one.
SliceSeconds = Annotated[
    int,
    Field(strict=True),
    Rule(
        "self >= 60 && self <= 300 && self % 60 == 0",
        "must be whole minutes from 60 to 300 seconds, for example 60",
        lambda seconds: 60 <= seconds <= 300 and seconds % 60 == 0,
    ),
]


class Budgeting(StrEnum):
    """What the error budget is made of."""

    OCCURRENCES = "Occurrences"
    TIMESLICES = "Timeslices"


class NoTraffic(StrEnum):
    """What a slice without events is."""

    GOOD = "Good"
    BAD = "Bad"
    EXCLUDE = "Exclude"


class MissingData(StrEnum):
    """What time is for which there are no data."""

    UNKNOWN = "Unknown"
    BAD = "Bad"
    HOLD = "Hold"


class Timeslice(ContractModel):
    """How a slice of time is judged."""

    seconds: SliceSeconds = 60
    """Length of a slice, in whole minutes from 60 to 300 seconds."""

    target: SlicePercentage | None = None
    """The share of the slice's events that must be good for the slice to be good, in percent, for example "95".
    Required but for a threshold indicator, where it is the share of the series that must keep to the threshold: all of
    them unless said otherwise."""

    no_traffic: NoTraffic = NoTraffic.GOOD
    """What a slice is in which nothing happened: Good, Bad, or left out of the count (Exclude). A slice for which there
    are no series has not been measured: `missingData` is about those."""


class Objective(ContractModel):
    """One promise: a target for an indicator."""

    RULES = (
        Rule(
            "!has(self.indicator) || !has(self.indicator.threshold) || !has(self.budgeting) || "
            "self.budgeting == 'Timeslices'",
            "must be Timeslices for a threshold indicator, which is judged slice by slice, for example "
            "budgeting: Timeslices",
            lambda objective: (
                objective.indicator.threshold is None or objective.budgeting in (None, Budgeting.TIMESLICES)
            ),
            field="budgeting",
        ),
        Rule(
            f"!has(self.budgeting) || self.budgeting == 'Occurrences' || !has(self.indicator) || !({COUNTED_CEL})",
            "must be Occurrences for the indicators supportResponse and onboardingLeadTime, which count requests and "
            "consumers and no time, for example budgeting: Occurrences",
            lambda objective: objective.budgeting is not Budgeting.TIMESLICES or not objective.indicator.counted,
            field="budgeting",
        ),
        Rule(
            "!has(self.timeslice) || (has(self.budgeting) && self.budgeting == 'Timeslices') || "
            "(has(self.indicator) && has(self.indicator.threshold))",
            f"goes with budgeting: Timeslices only, for example {_TIMESLICE_EXAMPLE}",
            lambda objective: objective.timeslice is None or objective.timesliced,
            field="timeslice",
        ),
        Rule(
            "!has(self.budgeting) || self.budgeting != 'Timeslices' || !has(self.indicator) || "
            "has(self.indicator.threshold) || (has(self.timeslice) && has(self.timeslice.target))",
            "needs timeslice.target with budgeting: Timeslices, the share of a slice's events that must be good, for "
            f"example {_TIMESLICE_EXAMPLE}",
            lambda objective: (
                not objective.timesliced
                or objective.indicator.threshold is not None
                or (objective.timeslice is not None and objective.timeslice.target is not None)
            ),
            field="timeslice",
        ),
        Rule(
            "!has(self.minEvents) || !has(self.indicator) || !has(self.indicator.threshold)",
            "must be left out for a threshold indicator, which counts time and no events: for example "
            "indicator: {threshold: {metric: queue_length, operator: AtMost, value: '1000'}} and no minEvents",
            lambda objective: objective.min_events is None or objective.indicator.threshold is None,
            field="minEvents",
            reason="FieldValueForbidden",
        ),
        Rule(
            "!has(self.missingData) || self.missingData != 'Bad' || (has(self.budgeting) && self.budgeting == "
            "'Timeslices') || (has(self.indicator) && has(self.indicator.threshold))",
            "can be Bad with budgeting: Timeslices only, since nobody knows how many events there were in time without "
            f"data, for example missingData: Bad, {_TIMESLICE_EXAMPLE}",
            lambda objective: objective.missing_data is not MissingData.BAD or objective.timesliced,
            field="missingData",
        ),
        Rule(
            f"!has(self.missingData) || !has(self.indicator) || !({COUNTED_CEL})",
            "must be left out for the indicators supportResponse and onboardingLeadTime, which are counted in full: "
            "for example indicator: {onboardingLeadTime: {seconds: 3600}} and no missingData",
            lambda objective: objective.missing_data is None or not objective.indicator.counted,
            field="missingData",
            reason="FieldValueForbidden",
        ),
        Rule(
            "!has(self.consumerLabel) || ((!has(self.budgeting) || self.budgeting == 'Occurrences') && "
            "(!has(self.indicator) || (!has(self.indicator.threshold) && !has(self.indicator.raw) && "
            f"!({COUNTED_CEL}))))",
            "goes with budgeting: Occurrences and an indicator ratio, latency or probe only, for example "
            "consumerLabel: consumer_namespace, indicator: {probe: {metric: probe_success}}",
            lambda objective: (
                objective.consumer_label is None
                or not (objective.timesliced or objective.indicator.raw is not None or objective.indicator.counted)
            ),
            field="consumerLabel",
        ),
    )

    name: EntryName = Field(examples=["availability"])
    """Name of the objective, for example availability."""

    target: Percentage = Field(examples=["99.9"])
    """The share of good events (or good slices of time) that is promised, in percent, as a string: at least 10 and
    below 100, for example "99.9"."""

    description: str | None = Field(default=None, max_length=1024)
    """What the promise means to users, for example "requests are answered without an error of ours"."""

    indicator: Indicator = Field(examples=[RATIO_EXAMPLE])
    """What is measured: exactly one of `ratio`, `latency`, `probe`, `threshold`, `raw`, `supportResponse` and
    `onboardingLeadTime`."""

    budgeting: Budgeting | None = None
    """What the error budget is made of. Occurrences: bad events. Timeslices: bad slices of time, so that a quiet hour
    weighs as much as a busy one. Occurrences unless said otherwise, and Timeslices for a threshold indicator."""

    timeslice: Timeslice | None = None
    """How a slice of time is judged, with budgeting Timeslices, for example {seconds: 60, target: "95"}."""

    min_events: Annotated[int, Field(strict=True), whole(1, 1_000_000_000, "a number of events", 100)] | None = None
    """How many events it takes for a verdict, for example 100; any number unless said otherwise. With fewer in the
    window the state is Unknown, and a burn-rate alert fires only with so many in its long window. With budgeting
    Timeslices, a slice with fewer events is one without traffic."""

    # No default in the schema: kubectl would call an SLA changed by each apply, as its list of objectives would differ.
    missing_data: MissingData | None = None
    """What time is for which there are no data; Unknown unless said otherwise. With Unknown there is no verdict where
    less than 95% of the window was measured. Bad: a slice without data is a bad one, with budgeting Timeslices. Hold:
    what was measured stands for the rest, and the last state stays while nothing is measured; the report of a closed
    calendar period is Inconclusive all the same."""

    consumer_label: LabelName | None = None
    """The series' label that names a consumer by one of its namespaces, for example consumer_namespace. Each consumer
    of the service (of at most 500) then sees its own attainment in status.sla.attainment of its PlatformConsumer.
    Choose a label that the service or its gateway sets and that no consumer can write. Goes with budgeting Occurrences
    and the indicators ratio, latency and probe."""

    @property
    def timesliced(self) -> bool:
        """Whether slices of time are counted, not events."""
        return self.budgeting is Budgeting.TIMESLICES or self.indicator.threshold is not None
