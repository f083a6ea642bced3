"""What an objective's error budget is made of, and how often it is counted."""

from __future__ import annotations

from enum import StrEnum

from platform_contracts.config import DataSource
from platform_contracts.sla.windows import MINUTE


class Unit(StrEnum):
    """What is counted."""

    EVENTS = "Events"


def interval() -> int:
    """The seconds between two evaluations of an objective's counts."""
    return MINUTE


def reach(source: DataSource) -> int:
    """The seconds before an evaluation that its counts speak of: five minutes, or one scrape if longer."""
    return max(5 * MINUTE, source.scrape_interval_seconds)
