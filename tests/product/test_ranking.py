"""RICE and WSJF against published examples."""

from __future__ import annotations

from decimal import Decimal

import pytest

from platform_contracts.api.roadmap import Impact, Prioritization, Rice, RoadmapItem, Wsjf
from platform_contracts.product import ranking


@pytest.mark.parametrize(
    ("reach", "impact", "confidence", "effort", "score"),
    [
        # tools.noemacore.com/rice-scoring: Smart Search and Dark Mode.
        (2000, Impact.HIGH, 80, "3", 1066.67),
        (5000, Impact.LOW, 100, "1", 2500),
        # hashbuilds.com/patterns/what-is-rice-score: an onboarding, a custom feature, a critical bug.
        (5000, Impact.HIGH, 80, "2", 4000),
        (10, Impact.MASSIVE, 100, "6", 5),
        (10000, Impact.MASSIVE, 100, "0.5", 60000),
    ],
)
def test_rice(reach: int, impact: Impact, confidence: int, effort: str, score: float) -> None:
    figures = Rice(reach=reach, impact=impact, confidence_percent=confidence, effort_months=effort)
    assert float(ranking.rice(figures, asking=1)) == pytest.approx(score, abs=0.005)


def test_the_reach_of_rice_is_the_consumers_that_ask_unless_it_is_said() -> None:
    figures = Rice(impact=Impact.MEDIUM, confidence_percent=50, effort_months="2")
    assert ranking.rice(figures, asking=14) == Decimal("3.5")
    assert ranking.rice(figures, asking=0) == 0


# beginpm.com/asking/what-is-wsjf-in-agile: tasks A and B.
@pytest.mark.parametrize(("points", "size", "score"), [((100, 50, 20), 10, 17), ((80, 30, 10), 5, 24)])
def test_wsjf(points: tuple[int, int, int], size: int, score: int) -> None:
    value, urgency, risk_reduction = points
    figures = Wsjf(value=value, urgency=urgency, risk_reduction=risk_reduction, job_size=size)
    assert ranking.wsjf(figures) == score


def test_an_item_without_the_figures_has_no_score() -> None:
    figures = Wsjf(value=8, urgency=5, risk_reduction=3, job_size=5)
    item = RoadmapItem(name="refunds", wsjf=figures)
    assert ranking.score(item, Prioritization.WSJF, 1) == Decimal("3.2")
    assert ranking.score(item, Prioritization.RICE, 1) is None
    assert ranking.score(item, Prioritization.NONE, 1) is None
