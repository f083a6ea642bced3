"""What was said in a closed period, in figures from which every score follows to the last digit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from platform_contracts.api.survey import Survey
from platform_contracts.kube.objects import Object
from platform_contracts.product import demand, instruments, satisfaction
from platform_contracts.product.instruments import Answer
from platform_contracts.product.periods import Period
from platform_contracts.product.voice import Voice

# As many as a ProductReport may hold.
_SURVEYS, _THEMES = 16, 64


def feedback(period: Period, voices: Sequence[Voice], surveys: Sequence[Survey], *, before: int, open_: int) -> Object:
    """`feedback` of a ProductReport. `before` is how many voices there were in all earlier periods."""
    said = [voice for voice in voices if period.start <= voice.created < period.end]
    found: Object = {"voices": len(said), "total": before + len(said), "open": open_}
    entries = [entry for survey in surveys for entry in _survey(survey, said)]
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


def _survey(survey: Survey, said: Sequence[Voice]) -> list[Object]:
    """The youngest question first. Who answers is not to be told from what they say, so few show no values."""
    by_version: defaultdict[int, list[Answer]] = defaultdict(list)
    for voice in said:
        if voice.survey == survey.name:
            values = satisfaction.values_of(voice, survey.instrument)
            if values is not None:
                by_version[voice.version].append(values)
    return [
        _entry(survey, version, answers) for version, answers in sorted(by_version.items(), key=lambda one: -one[0])
    ]


def _entry(survey: Survey, version: int, answers: Sequence[Answer]) -> Object:
    entry: Object = {
        "survey": survey.name,
        "questionVersion": version,
        "instrument": survey.instrument.value,
        "responses": len(answers),
    }
    if len(answers) < survey.min_responses:
        return entry
    values = Counter(sum(answer) for answer in answers)
    score = instruments.score_of_sums(survey.instrument, values)
    return entry | {
        "score": satisfaction.text(score.value),
        "marginOfError": satisfaction.text(score.margin),
        "values": [{"value": value, "count": count} for value, count in sorted(values.items())],
    }
