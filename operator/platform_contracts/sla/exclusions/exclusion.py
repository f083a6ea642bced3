"""The times that do not count, and how a status has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from platform_contracts.api.schedule import Interval
from platform_contracts.kube.objects import Object, format_time, parse_time

# After its end all that was recorded in a time has been summed up, and can be subtracted.
SETTLED = timedelta(minutes=30)


class Exclusion(NamedTuple):
    """A time that does not count, and the MaintenanceWindow that asked for it.

    It ends where it starts where it might have been subtracted, and there was no room in the quota.
    """

    window: str
    start: datetime
    end: datetime
    retroactive: bool

    @property
    def interval(self) -> Interval:
        """The time alone."""
        return Interval(self.start, self.end)


def read(entries: Iterable[Mapping[str, Any]]) -> list[Exclusion]:
    """`status.exclusions` of an SLA."""
    return [
        Exclusion(
            entry["maintenanceWindow"],
            parse_time(entry["startTime"]),
            parse_time(entry["endTime"]),
            bool(entry.get("retroactive")),
        )
        for entry in entries
    ]


def render(exclusions: Iterable[Exclusion]) -> list[Object]:
    """The same as `status.exclusions`."""
    return [
        {
            "maintenanceWindow": one.window,
            "startTime": format_time(one.start),
            "endTime": format_time(one.end),
            "retroactive": one.retroactive,
        }
        for one in exclusions
    ]
