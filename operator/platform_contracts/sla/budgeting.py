"""What an objective's error budget is made of, events or slices of time, and when and how far back it is counted."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from platform_contracts.api.objective import Objective, Timeslice
from platform_contracts.config import DataSource
from platform_contracts.sla.windows import MINUTE


class Unit(StrEnum):
    """What the error budget is counted in."""

    EVENTS = "Events"
    MINUTES = "Minutes"

    @property
    def size(self) -> int:
        """How much of what is recorded makes one: slices are recorded in seconds."""
        return MINUTE if self is Unit.MINUTES else 1


def unit(objective: Objective) -> Unit:
    """What the objective's error budget is counted in."""
    return Unit.MINUTES if objective.timesliced else Unit.EVENTS


def interval(objective: Objective) -> int:
    """The seconds between two evaluations of an objective's counts: a slice is judged once."""
    return timeslice(objective).seconds if objective.timesliced else MINUTE


def reach(objective: Objective, source: DataSource) -> int:
    """The seconds that an evaluation speaks of: the slice; for events five minutes, or one scrape if longer."""
    return interval(objective) if objective.timesliced else max(5 * MINUTE, source.scrape_interval_seconds)


def tail(objective: Objective, source: DataSource) -> timedelta:
    """How long something that happened can be seen in an objective's counts."""
    return timedelta(seconds=reach(objective, source) + source.scrape_interval_seconds)


def timeslice(objective: Objective) -> Timeslice:
    """How the objective's slices are judged, where it has some."""
    return objective.timeslice or Timeslice()


def resolution(objective: Objective, source: DataSource) -> int:
    """The seconds between two looks at what is counted: slices, or scrapes."""
    return max(interval(objective) if objective.timesliced else 0, source.scrape_interval_seconds)
