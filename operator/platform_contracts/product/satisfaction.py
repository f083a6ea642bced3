"""What surveys show: each score with the number of answers behind it, hidden where they are few."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from platform_contracts.api.survey import Instrument, Survey
from platform_contracts.kube.objects import Object
from platform_contracts.product import instruments
from platform_contracts.product.instruments import QUESTIONS, Score
from platform_contracts.product.voice import Voice

_SHOWN = {
    Instrument.CSAT: "CSAT {:.0f}%",
    Instrument.NPS: "NPS {:.0f}",
    Instrument.CES: "CES {:.1f}",
    Instrument.UMUX_LITE: "UMUX-Lite {:.0f}",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What one survey shows; no score where too few answered."""

    survey: Survey
    responses: int
    score: Score | None
    # When the next answer will be too old to count.
    until: datetime | None

    @property
    def summary(self) -> str:
        """For the table: CSAT 82% (n=41), or CSAT (n=3 of 5) while nothing shows."""
        if self.score is None:
            name = _SHOWN[self.survey.instrument].split(" ")[0]
            return f"{name} (n={self.responses} of {self.survey.min_responses})"
        return f"{_SHOWN[self.survey.instrument].format(self.score.value)} (n={self.responses})"


def results(surveys: Sequence[Survey], voices: Sequence[Voice], now: datetime) -> list[Result]:
    """What each survey shows by the answers that count: whole ones, to the present question, within its period."""
    answers: defaultdict[str | None, list[Voice]] = defaultdict(list)
    for voice in voices:
        answers[voice.survey].append(voice)
    return [_result(survey, answers[survey.name], now) for survey in surveys]


def _result(survey: Survey, answers: Sequence[Voice], now: datetime) -> Result:
    period, asked = timedelta(days=survey.period_days), QUESTIONS[survey.instrument]
    counted = [
        voice
        for voice in answers
        if voice.version == survey.question_version
        and now - voice.created < period
        and instruments.problem(survey.instrument, voice.scores) is None
    ]
    shown = len(counted) >= survey.min_responses
    values = [[voice.scores[question] for question in asked] for voice in counted]
    return Result(
        survey,
        len(counted),
        instruments.score(survey.instrument, values) if shown else None,
        min((voice.created + period for voice in counted), default=None),
    )


def section(found: Sequence[Result], people: int | None) -> Object:
    """`summary` and `scores` of status.feedback; {} where nothing is asked."""
    if not found:
        return {}
    first = next((result for result in found if result.score is not None), found[0])
    return {"summary": first.summary, "scores": [_entry(result, people) for result in found]}


def _entry(result: Result, people: int | None) -> Object:
    survey = result.survey
    entry: Object = {"survey": survey.name, "instrument": survey.instrument.value, "responses": result.responses}
    if result.score is not None:
        entry |= {"score": _text(result.score.value), "marginOfError": _text(result.score.margin)}
    if people:
        entry["responseRatePercent"] = 100 * result.responses // people
    return entry


def _text(number: float) -> str:
    """One decimal, and no minus before a zero."""
    return f"{round(number, 1) + 0.0:.1f}"
