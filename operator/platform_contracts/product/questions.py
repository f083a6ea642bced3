"""The questions of each instrument in words, as the form asks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from platform_contracts.api.survey import Instrument
from platform_contracts.product.instruments import QUESTIONS


@dataclass(frozen=True, slots=True)
class Question:
    """One question of an instrument; `text` names the service as {service}."""

    text: str
    # What the lowest and the highest answer mean.
    low: str
    high: str


_DISAGREE, _AGREE = "strongly disagree", "strongly agree"

# By instrument and by the question's name in `QUESTIONS`.
_WORDS: Mapping[Instrument, Mapping[str, Question]] = {
    Instrument.CSAT: {
        "satisfaction": Question("How satisfied are you with {service}?", "very dissatisfied", "very satisfied")
    },
    Instrument.NPS: {
        "recommendation": Question(
            "How likely is it that you would recommend {service} to another team?", "not at all likely", "very likely"
        )
    },
    Instrument.CES: {"ease": Question("{service} makes it easy to get my work done.", _DISAGREE, _AGREE)},
    Instrument.UMUX_LITE: {
        "usefulness": Question("What {service} can do meets my requirements.", _DISAGREE, _AGREE),
        "ease": Question("{service} is easy to use.", _DISAGREE, _AGREE),
    },
}


@dataclass(frozen=True, slots=True)
class Scale:
    """A question as one reader sees it, with the answers that there are."""

    name: str
    text: str
    low: str
    high: str
    values: range


def scales(instrument: Instrument, service: str) -> list[Scale]:
    """The questions of an instrument about a service, in their order."""
    return [
        Scale(name, words.text.format(service=service), words.low, words.high, range(low, high + 1))
        for name, (low, high) in QUESTIONS[instrument].items()
        for words in [_WORDS[instrument][name]]
    ]
