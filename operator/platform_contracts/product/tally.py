"""What was said in a closed period, in figures from which every score follows to the last digit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from platform_contracts.api.survey import Instrument, Survey
from platform_contracts.kube.objects import Object
from platform_contracts.product import demand, instruments, satisfaction
from platform_contracts.product.instruments import Answer
from platform_contracts.product.periods import Period
from platform_contracts.product.voice import Voice

# As many as a ProductReport may hold.
_SURVEYS, _THEMES = 16, 64


def feedback(
    period: Period,
    voices: Sequence[Voice],
    surveys: Sequence[Survey],
    reported: Mapping[str, int],
    *,
    before: int,
    open_: int,
) -> Object:
    """`feedback` of a ProductReport. `reported` is what minResponses was of the surveys of earlier reports, `before`
    how many voices there were in all earlier periods.

    What nobody ever asked is on no record, whoever claims to answer it: it would say a single person's word, and crowd
    out what many answered.
    """
    said = [voice for voice in voices if period.start <= voice.created < period.end]
    found: Object = {"voices": len(said), "total": before + len(said), "open": open_}
    entries = _surveys(surveys, reported, said)
    if entries:
        found["surveys"] = entries[:_SURVEYS]
    speakers = demand.speakers(said)
    themes = sorted(
        ((name, len(found)) for name, found in speakers.items() if len(found) >= demand.FEWEST),
        key=lambda theme: (-theme[1], theme[0]),
    )
    if themes:
        found["themes"] = [{"name": name, "count": count} for name, count in themes[:_THEMES]]
    return found


def _surveys(surveys: Sequence[Survey], reported: Mapping[str, int], said: Sequence[Voice]) -> list[Object]:
    """The questions that are asked now, in their order; then those that were, of each survey the youngest first."""
    asked = {survey.name: survey for survey in surveys}
    places = {name: place for place, name in enumerate(asked)}
    by_question: defaultdict[tuple[str, int], list[Voice]] = defaultdict(list)
    for voice in said:
        if voice.survey is not None and (voice.understood or _asked(voice, asked.get(voice.survey))):
            by_question[voice.survey, voice.version].append(voice)

    def place(question: tuple[str, int]) -> tuple[bool, int, str, int]:
        name, version = question
        before = name not in asked or asked[name].question_version != version
        return before, places.get(name, len(places)), name, -version

    found = sorted(by_question.items(), key=lambda one: place(one[0]))
    # Whoever answered a survey was promised its minimum, and taking it out of the spec undoes no promise.
    least = dict(reported) | {survey.name: survey.min_responses for survey in surveys}
    entries = (_question(name, version, asked.get(name), least.get(name), voices) for (name, version), voices in found)
    return [entry for entry in entries if entry]


def _asked(voice: Voice, survey: Survey | None) -> bool:
    """Whether the service asks that survey, and has come as far as the version of the question."""
    return survey is not None and voice.version <= survey.question_version


def _question(
    name: str, version: int, survey: Survey | None, least: int | None, voices: Sequence[Voice]
) -> Object | None:
    """By the instrument that the present question has; one of before had the one that most of its answers are to."""
    instrument: Instrument | None
    if survey and survey.question_version == version:
        instrument = survey.instrument
    else:
        to = Counter(instruments.answered(voice.scores) for voice in voices)
        instrument = max((one for one in Instrument if to[one]), key=lambda one: to[one], default=None)
    if instrument is None:
        return None
    answers = [values for voice in voices if (values := satisfaction.values_of(voice, instrument)) is not None]
    return _entry(name, version, instrument, answers, least) if answers else None


def _entry(name: str, version: int, instrument: Instrument, answers: Sequence[Answer], least: int | None) -> Object:
    """Who answers is not to be told from what they say, so few show no values, and none do where nobody knows how many
    are few."""
    entry: Object = {
        "survey": name,
        "questionVersion": version,
        "instrument": instrument.value,
        "responses": len(answers),
    }
    if least is None:
        return entry
    entry["minResponses"] = least
    if len(answers) < least:
        return entry
    values = Counter(sum(answer) for answer in answers)
    score = instruments.score_of_sums(instrument, values)
    return entry | {
        "score": satisfaction.text(score.value),
        "marginOfError": satisfaction.text(score.margin),
        "values": [{"value": value, "count": count} for value, count in sorted(values.items())],
    }
