"""Planned maintenance: what is announced, what is going on, and what was left out of the figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from platform_contracts.kube.objects import Object, parse_time
from platform_contracts.web.view.figures import length

_MOST_PAST = 10


@dataclass(frozen=True, slots=True)
class Announcement:
    """A time of maintenance that is going on or coming."""

    name: str
    running: bool
    start: datetime
    end: datetime
    reason: str
    repeats: bool

    @property
    def length(self) -> str:
        """How long it takes."""
        return length((self.end - self.start).total_seconds())


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A time that is over and that an SLA does not count."""

    sla: str
    window: str
    start: datetime
    end: datetime

    @property
    def length(self) -> str:
        """How much of it does not count."""
        return length((self.end - self.start).total_seconds())


def announced(windows: Iterable[Object], now: datetime) -> list[Announcement]:
    """What consumers are told of, the first one first."""
    found = []
    for window in windows:
        status, spec = window.get("status") or {}, window["spec"]
        if status.get("state") not in ("Announced", "Active") or not (
            status.get("startTime") and status.get("endTime")
        ):
            continue
        start, end = parse_time(status["startTime"]), parse_time(status["endTime"])
        if end > now:
            found.append(
                Announcement(
                    window["metadata"]["name"], start <= now, start, end, spec.get("reason") or "", "schedule" in spec
                )
            )
    return sorted(found, key=lambda one: (one.start, one.name))


def excluded(slas: Iterable[Object], now: datetime) -> list[Exclusion]:
    """The last times that the SLAs left out, the latest first."""
    found = [
        Exclusion(
            sla["metadata"]["name"],
            entry["maintenanceWindow"],
            parse_time(entry["startTime"]),
            parse_time(entry["endTime"]),
        )
        for sla in slas
        for entry in (sla.get("status") or {}).get("exclusions") or ()
    ]
    past = [one for one in found if one.start < one.end <= now]
    return sorted(past, key=lambda one: (one.end, one.sla), reverse=True)[:_MOST_PAST]
