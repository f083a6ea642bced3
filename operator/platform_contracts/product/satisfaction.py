"""What surveys show: each score with the number of answers behind it, hidden where they are few, and where it goes."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from platform_contracts.api.service_status import Trend
from platform_contracts.api.survey import Instrument, Survey
from platform_contracts.kube.objects import Object
from platform_contracts.product import instruments
from platform_contracts.product.instruments import QUESTIONS, Answer, Score
from platform_contracts.product.voice import Voice

_SHOWN = {
    Instrument.CSAT: "CSAT {:z.0f}%",
    Instrument.NPS: "NPS {:z.0f}",
    Instrument.CES: "CES {:z.1f}",
    Instrument.UMUX_LITE: "UMUX-Lite {:z.0f}",
}

# The voices that answer surveys, by the surveys' names.
Answers = Mapping[str, Sequence[Voice]]


@dataclass(frozen=True, slots=True)
class Result:
    """What one survey shows; no score where too few answered."""

    survey: Survey
    responses: int
    score: Score | None
    # The score of the period before.
    before: Score | None
    # When the next answer will be too old to count where it does now.
    until: datetime | None

    @property
    def summary(self) -> str:
        """For the table: CSAT 82% (n=41), or CSAT (n=3 of 5) while nothing shows."""
        if self.score is None:
            return f"{self.name} (n={self.responses} of {self.survey.min_responses})"
        return f"{self.shown(self.score)} (n={self.responses})"

    @property
    def name(self) -> str:
        """How its score is called: CSAT."""
        return _SHOWN[self.survey.instrument].split(" ")[0]

    @property
    def trend(self) -> Trend | None:
        """Against the period before; None where either has no score.

        Two independent scores differ by chance by up to the root of the sum of their squared margins of error, the
        95 % confidence interval of their difference.
        """
        if self.score is None or self.before is None:
            return None
        change = self.score.value - self.before.value
        if abs(change) <= math.hypot(self.score.margin, self.before.margin):
            return Trend.STEADY
        return Trend.RISING if change > 0 else Trend.FALLING

    @property
    def misses_target(self) -> bool:
        """Whether the survey has a target and shows less."""
        return (
            self.survey.target is not None and self.score is not None and self.score.value < float(self.survey.target)
        )

    def shown(self, score: Score) -> str:
        """A score in words: CSAT 82%."""
        return _SHOWN[self.survey.instrument].format(score.value)


def by_survey(voices: Iterable[Voice]) -> Answers:
    """The voices that answer a survey, by its name."""
    answers: defaultdict[str, list[Voice]] = defaultdict(list)
    for voice in voices:
        if voice.survey is not None:
            answers[voice.survey].append(voice)
    return answers


def results(surveys: Sequence[Survey], answers: Answers, now: datetime) -> list[Result]:
    """What each survey shows by the answers that count: whole ones, to the present question, within its period."""
    return [_result(survey, answers.get(survey.name, ()), now) for survey in surveys]


def of_span(survey: Survey, answers: Sequence[Voice], start: datetime, end: datetime) -> Result:
    """What a survey shows by the answers to its present question from `start` on, before `end`."""
    given = [
        values
        for voice in answers
        if start <= voice.created < end and voice.version == survey.question_version
        if (values := values_of(voice, survey.instrument)) is not None
    ]
    return Result(survey, len(given), _score(survey, given), None, None)


def _result(survey: Survey, answers: Sequence[Voice], now: datetime) -> Result:
    period = timedelta(days=survey.period_days)
    lately: list[Answer] = []
    before: list[Answer] = []
    changes = []
    for voice in answers:
        age = now - voice.created
        if age >= 2 * period or voice.version != survey.question_version:
            continue
        values = values_of(voice, survey.instrument)
        if values is not None:
            (lately if age < period else before).append(values)
            changes.append(voice.created + (period if age < period else 2 * period))
    return Result(survey, len(lately), _score(survey, lately), _score(survey, before), min(changes, default=None))


def values_of(voice: Voice, instrument: Instrument) -> Answer | None:
    """What somebody answered to the questions of an instrument, in their order; None where that is no whole answer."""
    if instruments.problem(instrument, voice.scores) is not None:
        return None
    return [voice.scores[question] for question in QUESTIONS[instrument]]


def _score(survey: Survey, answers: Sequence[Answer]) -> Score | None:
    return instruments.score(survey.instrument, answers) if len(answers) >= survey.min_responses else None


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
        entry |= {"score": text(result.score.value), "marginOfError": text(result.score.margin)}
    if survey.target is not None:
        entry["target"] = survey.target
    if result.trend is not None and result.before is not None:
        entry |= {"previousScore": text(result.before.value), "trend": result.trend.value}
    # More answers than people: somebody else answered as well, or somebody twice.
    if people and result.responses <= people:
        entry["responseRatePercent"] = 100 * result.responses // people
    return entry


def text(number: float) -> str:
    """One decimal, and no minus before a zero."""
    return f"{round(number, 1) + 0.0:.1f}"
