"""How much is given back for a closed period: the steps of the terms, within their bounds."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from platform_contracts.api.credits import Credits


def for_objective(sli: Decimal, terms: Credits) -> int:
    """The percent that the steps give for an objective that missed its target; `sli` in percent."""
    return max((step.percent for step in terms.steps if sli < Decimal(step.below)), default=0)


def for_period(objectives: Iterable[int], terms: Credits, given_this_year: int) -> int:
    """The percent for a whole period: what its objectives give, within the bounds of the period and of the year."""
    percent = min(sum(objectives), terms.max_percent_per_period or 100)
    if terms.max_percent_per_year is None:
        return percent
    return max(min(percent, terms.max_percent_per_year - given_this_year), 0)
