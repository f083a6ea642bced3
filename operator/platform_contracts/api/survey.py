"""The surveys of a service: what users are asked, how often, and from how many answers on a score shows."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.common import EntryName
from platform_contracts.api.rules import Rule, matches, whole

# So few answers say more about those who gave them than about the service.
FEWEST_RESPONSES = 5


class Instrument(StrEnum):
    """A published way to ask and to score."""

    CSAT = "CSAT"
    NPS = "NPS"
    CES = "CES"
    UMUX_LITE = "UMUXLite"


# The lowest and the highest score of each instrument.
RANGES = {
    Instrument.CSAT: (0, 100),
    Instrument.NPS: (-100, 100),
    Instrument.CES: (1, 7),
    Instrument.UMUX_LITE: (0, 100),
}
_SCORE = matches(
    r"-?[0-9]{1,3}(\.[0-9])?", 'must be a score with at most one decimal, as a string, for example "80" or "5.5"'
)


class Survey(ContractModel):
    """One survey, by an instrument with its own questions and scale."""

    RULES = (
        Rule(
            "!has(self.target) || !self.target.matches(r'^-?[0-9]{1,3}(\\.[0-9])?$') || "
            + " || ".join(
                f"self.instrument == '{instrument.value}' && double(self.target) >= {low}.0"
                f" && double(self.target) <= {high}.0"
                for instrument, (low, high) in RANGES.items()
            ),
            "target must lie on the scale of its instrument: from 0 to 100 for CSAT and UMUXLite, from -100 to 100 for "
            'NPS, from 1 to 7 for CES, for example target: "80"',
            lambda survey: (
                survey.target is None
                or RANGES[survey.instrument][0] <= float(survey.target) <= RANGES[survey.instrument][1]
            ),
            field="target",
        ),
    )

    name: EntryName = Field(examples=["satisfaction"])
    """Name of the survey, for example satisfaction."""

    instrument: Instrument = Field(examples=["CSAT"])
    """What is asked and how it is scored. CSAT: `satisfaction` from 1 to 5, the share of those who say 4 or 5. NPS:
    `recommendation` from 0 to 10, the percentage of 9 and 10 less that of 0 to 6. CES: `ease` from 1 to 7, the mean.
    UMUXLite: `usefulness` and `ease` from 1 to 7, their mean as a number from 0 to 100."""

    question_version: Annotated[int, Field(strict=True), whole(1, 1000, "a whole number", 2)] = 1
    """Version of the question as users read it, for example 2. A changed question starts a new series: answers to
    another version do not count in the score."""

    period_days: Annotated[int, Field(strict=True), whole(7, 366, "a number of days", 90)] = 90
    """How many days back answers count, from 7 to 366, for example 90."""

    min_responses: Annotated[
        int,
        Field(strict=True),
        whole(FEWEST_RESPONSES, 1000, "a number of answers", 10),
    ] = FEWEST_RESPONSES
    """With fewer answers no score shows, from 5 to 1000, for example 10."""

    target: Annotated[str, Field(max_length=32), _SCORE] | None = None
    """The score to reach, on the instrument's scale, for example "80"."""
