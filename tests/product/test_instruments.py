"""Scores and margins of error against published examples."""

from __future__ import annotations

import pytest

from platform_contracts.api.survey import Instrument
from platform_contracts.product import instruments
from platform_contracts.product.instruments import QUESTIONS


def test_csat_is_the_share_of_the_two_best_answers() -> None:
    answers = [[5]] * 30 + [[4]] * 4 + [[3]] * 4 + [[1]] * 3
    assert instruments.score(Instrument.CSAT, answers).value == pytest.approx(100 * 34 / 41)


def test_the_margin_of_a_share_is_that_of_the_adjusted_wald_interval() -> None:
    # T. Tullis, Calculating a Confidence Interval for Task Completion, 2008: 4 of 5 give 0.6696 +- 0.3100.
    assert instruments.csat([5, 5, 4, 4, 3]).margin == pytest.approx(31.0, abs=0.01)
    # Where all agree the plain formula would leave no doubt at all.
    assert instruments.csat([5] * 5).margin > 20


def test_nps_is_promoters_less_detractors() -> None:
    # F. Reichheld's bands: 9 and 10 promote, 0 to 6 detract, 7 and 8 do neither. 70 %, 20 % and 10 % give 60.
    values = [10] * 35 + [9] * 35 + [8] * 10 + [7] * 10 + [6] * 5 + [0] * 5
    assert instruments.nps(values).value == pytest.approx(60)
    assert instruments.nps([0] * 7).value == -100
    assert instruments.nps([10] * 7).value == 100


def test_the_margin_of_nps_comes_to_that_of_a_difference_of_shares_with_many_answers() -> None:
    # 60 % and 20 % of 10,000: 1.96 * sqrt((0.6 + 0.2 - 0.4^2) / 10000) = 1.568 points.
    values = [10] * 6000 + [8] * 2000 + [3] * 2000
    assert instruments.nps(values).margin == pytest.approx(1.568, abs=0.001)
    # B. Rocks, Interval Estimation for the Net Promoter Score, 2016: 3 answers and 3/4 of one on either side more.
    assert instruments.nps([10] * 5).margin == pytest.approx(
        100 * 1.96 * ((6.5 / 8 - (5 / 8) ** 2) / 8) ** 0.5, abs=0.01
    )


def test_ces_is_the_mean() -> None:
    found = instruments.score(Instrument.CES, [[7], [6], [5], [4], [6]])
    assert found.value == pytest.approx(5.6)
    # s = 1.1402, t(4) = 2.776: 2.776 * 1.1402 / sqrt(5) = 1.416.
    assert found.margin == pytest.approx(1.416, abs=0.002)


@pytest.mark.parametrize(("usefulness", "ease", "score"), [(1, 1, 0), (4, 4, 50), (6, 5, 75), (7, 7, 100)])
def test_umux_lite_is_rescaled_to_a_hundred(usefulness: int, ease: int, score: float) -> None:
    # J. Lewis, B. Utesch, D. Maher, UMUX-LITE, 2013: (sum of both - 2) * 100 / 12.
    assert instruments.umux_lite(usefulness, ease) == pytest.approx(score)
    answers = [[usefulness, ease]] * 5
    assert instruments.score(Instrument.UMUX_LITE, answers) == pytest.approx((score, 0))


# The 97.5th percentiles that every table of Student's t shows.
@pytest.mark.parametrize(
    ("degrees", "quantile"), [(4, 2.776), (5, 2.571), (9, 2.262), (29, 2.045), (99, 1.984), (10**6, 1.960)]
)
def test_students_t(degrees: int, quantile: float) -> None:
    assert instruments.student_t(degrees) == pytest.approx(quantile, abs=0.001)


@pytest.mark.parametrize("instrument", Instrument)
def test_an_answer_is_whole_and_on_the_scale_or_the_example_says_how(instrument: Instrument) -> None:
    asked = QUESTIONS[instrument]
    highest = {question: high for question, (_, high) in asked.items()}
    assert instruments.problem(instrument, highest) is None
    assert instruments.problem(instrument, {question: low for question, (low, _) in asked.items()}) is None
    first = next(iter(asked))
    for wrong in ({}, {**highest, "else": 1}, {**highest, first: asked[first][1] + 1}, {**highest, first: -1}):
        said = instruments.problem(instrument, wrong)
        assert said is not None
        assert f"{{question: {first}, value: {asked[first][1]}}}" in said
