"""What an item of a roadmap is worth against its cost."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from platform_contracts.api.roadmap import Impact, Prioritization, Rice, RoadmapItem, Wsjf

# Intercom's scale, by which RICE was published.
_IMPACT: Mapping[Impact, Decimal] = {
    Impact.MASSIVE: Decimal(3),
    Impact.HIGH: Decimal(2),
    Impact.MEDIUM: Decimal(1),
    Impact.LOW: Decimal("0.5"),
    Impact.MINIMAL: Decimal("0.25"),
}


def rice(figures: Rice, asking: int) -> Decimal:
    """RICE = reach * impact * confidence / effort, where reach is how many ready consumers are `asking` for it unless
    the figures name another."""
    reach = asking if figures.reach is None else figures.reach
    return reach * _IMPACT[figures.impact] * figures.confidence_percent / 100 / Decimal(figures.effort_months)


def wsjf(figures: Wsjf) -> Decimal:
    """WSJF = (value + urgency + risk reduction) / job size, as the Scaled Agile Framework has it."""
    return Decimal(figures.value + figures.urgency + figures.risk_reduction) / figures.job_size


def score(item: RoadmapItem, prioritization: Prioritization, asking: int) -> Decimal | None:
    """The item's score; None where it has not the figures for one, or nothing is prioritized by figures."""
    if prioritization is Prioritization.RICE and item.rice:
        return rice(item.rice, asking)
    if prioritization is Prioritization.WSJF and item.wsjf:
        return wsjf(item.wsjf)
    return None
