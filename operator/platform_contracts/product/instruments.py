"""The instruments of surveys: their questions, and the score of many answers with its margin of error.

A margin is half the width of a 95 % confidence interval, by formulas that hold for few answers as well:
- shares (CSAT): adjusted Wald, z * sqrt(p' (1 - p') / n') with n' = n + z^2 and p' = (x + z^2 / 2) / n'
  (Agresti and Coull 1998; Sauro and Lewis 2005);
- NPS: adjusted Wald for a difference of two shares, z * sqrt((p' + d' - (p' - d')^2) / n') with n' = n + 3, and 3/4
  added to promoters and to detractors (Rocks 2016);
- means (CES, UMUX-Lite): t * s / sqrt(n), with Student's t for n - 1 degrees of freedom.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from platform_contracts.api.survey import Instrument

Answer = Sequence[int]

# The questions of each instrument in their order, with the lowest and the highest answer.
QUESTIONS: Mapping[Instrument, Mapping[str, tuple[int, int]]] = {
    Instrument.CSAT: {"satisfaction": (1, 5)},
    Instrument.NPS: {"recommendation": (0, 10)},
    Instrument.CES: {"ease": (1, 7)},
    Instrument.UMUX_LITE: {"usefulness": (1, 7), "ease": (1, 7)},
}

_Z = statistics.NormalDist().inv_cdf(0.975)


class Score(NamedTuple):
    """A score and its margin of error, in the instrument's unit."""

    value: float
    margin: float


def problem(instrument: Instrument, scores: Mapping[str, int]) -> str | None:
    """Why answers, by question, are none to this instrument, without a full stop; None where they are."""
    asked = QUESTIONS[instrument]
    good = scores.keys() == asked.keys() and all(low <= scores[name] <= high for name, (low, high) in asked.items())
    if good:
        return None
    wanted = " and ".join(f"{name} from {low} to {high}" for name, (low, high) in asked.items())
    example = ", ".join(f"{{question: {name}, value: {high}}}" for name, (_, high) in asked.items())
    return f"{instrument.value} asks for {wanted}, for example scores: [{example}]"


def answered(scores: Mapping[str, int]) -> Instrument | None:
    """The instrument that answers, by question, are to; None where they are no whole answer to any."""
    return next((instrument for instrument in QUESTIONS if problem(instrument, scores) is None), None)


def score(instrument: Instrument, answers: Sequence[Answer]) -> Score:
    """The score of at least two answers, each with one value for every question of the instrument in its order."""
    match instrument:
        case Instrument.CSAT:
            return csat([value for (value,) in answers])
        case Instrument.NPS:
            return nps([value for (value,) in answers])
        case Instrument.CES:
            return _mean([value for (value,) in answers])
        case Instrument.UMUX_LITE:
            return _mean([umux_lite(usefulness, ease) for usefulness, ease in answers])


def score_of_sums(instrument: Instrument, counts: Mapping[int, int]) -> Score:
    """The same by how many gave each answer; of two questions by the sum of both answers, from which it follows as
    well."""
    sums = [value for value, count in counts.items() for _ in range(count)]
    if instrument is Instrument.UMUX_LITE:
        return _mean([umux_lite(total, 0) for total in sums])
    return score(instrument, [[value] for value in sums])


def csat(values: Sequence[int]) -> Score:
    """The share of 4 and 5 on a scale from 1 to 5, in percent."""
    satisfied, n = sum(value >= 4 for value in values), len(values)
    adjusted = n + _Z**2
    share = (satisfied + _Z**2 / 2) / adjusted
    return Score(100 * satisfied / n, 100 * _Z * math.sqrt(share * (1 - share) / adjusted))


def nps(values: Sequence[int]) -> Score:
    """The percentage of 9 and 10 less the percentage of 0 to 6: from -100 to 100."""
    promoters, detractors = sum(value >= 9 for value in values), sum(value <= 6 for value in values)
    n = len(values)
    adjusted = n + 3
    for_it, against = (promoters + 0.75) / adjusted, (detractors + 0.75) / adjusted
    variance = for_it + against - (for_it - against) ** 2
    return Score(100 * (promoters - detractors) / n, 100 * _Z * math.sqrt(variance / adjusted))


def umux_lite(usefulness: int, ease: int) -> float:
    """One person's two answers from 1 to 7 as a number from 0 to 100."""
    return (usefulness + ease - 2) * 100 / 12


def _mean(values: Sequence[float]) -> Score:
    n = len(values)
    return Score(statistics.fmean(values), student_t(n - 1) * statistics.stdev(values) / math.sqrt(n))


def student_t(degrees: int) -> float:
    """The 97.5th percentile of Student's t, within 0.001 from 4 degrees of freedom on.

    An expansion around the normal distribution: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5.
    """
    z = _Z
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return math.fsum(term / degrees**power for power, term in enumerate(terms))
