"""What users think: scores with their uncertainty, and what they speak about."""

from __future__ import annotations

from dataclasses import dataclass

from platform_contracts.api.survey import RANGES, Instrument
from platform_contracts.kube.objects import Object, dig
from platform_contracts.web.view.figures import number
from platform_contracts.web.view.links import channels, leads
from platform_contracts.web.words import spaced

# Of each instrument: the unit behind its figure, and what it measures.
_WORDS = {
    Instrument.CSAT: ("%", "satisfied"),
    Instrument.NPS: ("", "net promoters"),
    Instrument.CES: (" of 7", "ease"),
    Instrument.UMUX_LITE: (" of 100", "usefulness and ease"),
}

# What stands behind a figure, by the instrument's name.
UNITS = {instrument.value: unit for instrument, (unit, _) in _WORDS.items()}


@dataclass(frozen=True, slots=True)
class Score:
    """One survey; `score` is None below the least number of answers. `low`, `high` and `at` are places on the scale
    from 0 to 100."""

    survey: str
    instrument: str
    measures: str
    score: str | None
    unit: str
    margin: str | None
    responses: int
    rate: int | None
    least: int | None
    target: str | None
    previous: str | None
    trend: str | None
    at: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Theme:
    """What users speak about, and whether more or fewer do than before."""

    name: str
    count: int
    trend: str


@dataclass(frozen=True, slots=True)
class Voices:
    """All that the service's status has of it."""

    scores: list[Score]
    themes: list[Theme]
    open: int
    total: int
    waiting_since: str | None
    next_survey: str | None
    submit: str | None
    channels: list[tuple[str, str, str]]


def voices(service: Object, *, details: bool) -> Voices:
    """What users say; where they say it outside of here shows with `details`."""
    found = dig(service, "status", "feedback") or {}
    spec = dig(service, "spec", "feedback") or {}
    least = {survey["name"]: survey.get("minResponses") for survey in spec.get("surveys") or ()}
    return Voices(
        scores=[_score(entry, least.get(entry["survey"])) for entry in found.get("scores") or ()],
        themes=[Theme(spaced(entry["name"]), entry["count"], entry["trend"]) for entry in found.get("themes") or ()],
        open=found.get("openItems") or 0,
        total=found.get("total") or 0,
        next_survey=found.get("nextSurveyTime"),
        waiting_since=found.get("oldestUnacknowledgedTime"),
        submit=leads(found.get("submitURL")) if details else None,
        channels=channels(found.get("links") or ()) if details else [],
    )


def _score(entry: Object, least: int | None) -> Score:
    instrument = entry["instrument"]
    (unit, measures), (bottom, top) = _WORDS.get(instrument, ("", "")), RANGES.get(instrument, (0, 100))
    score, margin = entry.get("score"), entry.get("marginOfError")
    at, off = number(score), number(margin) or 0.0
    score, at = (score, at) if at is not None else (None, float(bottom))

    def place(value: float) -> float:
        return round(100 * (min(max(value, bottom), top) - bottom) / (top - bottom), 2)

    return Score(
        survey=entry["survey"],
        instrument=instrument,
        measures=measures,
        score=score.replace("-", "−") if score else None,
        unit=unit,
        margin=margin,
        responses=entry["responses"],
        rate=entry.get("responseRatePercent"),
        least=least,
        target=entry.get("target"),
        previous=entry.get("previousScore"),
        trend=entry.get("trend"),
        at=place(at),
        low=place(at - off),
        high=place(at + off),
    )
