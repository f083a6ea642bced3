"""The MaintenanceWindows that an SLA may exclude."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from platform_contracts.api.maintenance_window import MaintenanceWindowSpec
from platform_contracts.api.schedule import Interval

# The rules leave out no more times than so many ahead: what comes later is added then.
MOST_AHEAD = 12


@dataclass(frozen=True, slots=True)
class Planned:
    """A MaintenanceWindow that concerns an SLA: when it was announced with the times that it has, and its times.

    Of a recurring one these are the times that are not over. One that is `unreadable` asks for nothing new, and takes
    nothing back.
    """

    name: str
    announced: datetime | None
    times: tuple[Interval, ...]
    recurring: bool
    unreadable: bool = False

    @classmethod
    def of(cls, name: str, spec: MaintenanceWindowSpec, announced: datetime | None, now: datetime) -> Planned:
        """A window by its spec, of which `schedule.problem()` has nothing to say.

        A single time may be subtracted when it is over, of recurring ones only what is ahead matters.
        """
        times = spec.occurrences(now) if spec.schedule is not None else iter([spec.single()])
        return cls(name, announced, tuple(islice(times, MOST_AHEAD)), spec.schedule is not None)
