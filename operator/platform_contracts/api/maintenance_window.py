"""MaintenanceWindow: a time in which a service is worked on, told to its consumers before it comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from platform_contracts.api.base import ContractModel, Resource
from platform_contracts.api.common import TIME, EntryName, Line, LocalRef, Timestamp, immutable
from platform_contracts.api.rules import ListMap, Rule, distinct
from platform_contracts.api.schedule import RRULE_EXAMPLE, Interval, Schedule
from platform_contracts.api.status import Count, Status, Text
from platform_contracts.kube.objects import format_time

LONGEST = timedelta(days=30)

_START, _END = "2027-03-31T22:00:00Z", "2027-04-01T02:00:00Z"
_REASON = "The database is upgraded, and requests may fail for some minutes"
_SCHEDULE = f"schedule: {{rrule: '{RRULE_EXAMPLE}', timeZone: Europe/Berlin, durationSeconds: 7200}}"
# What the rules of the fields themselves refuse is no matter of this one, and `timestamp` would fail on it.
_TIMES = (
    f"has(self.startTime) && has(self.endTime) && [self.startTime, self.endTime].all(t, t.matches(r'^(?:{TIME})$'))"
)


class MaintenanceWindowSpec(ContractModel):
    """Which service is worked on, when, and why."""

    RULES = (
        Rule(
            "has(self.startTime) != has(self.schedule) && has(self.endTime) != has(self.schedule)",
            "either startTime and endTime or schedule is required, for example "
            f"startTime: '{_START}', endTime: '{_END}', or {_SCHEDULE}",
            lambda window: (window.start_time is None) != (window.schedule is None) != (window.end_time is None),
            field="startTime",
        ),
        Rule(
            f"!({_TIMES}) || timestamp(self.endTime) > timestamp(self.startTime) && "
            f"timestamp(self.endTime) - timestamp(self.startTime) <= duration('{LONGEST.total_seconds():.0f}s')",
            f"endTime must be after startTime and at most {LONGEST.days} days later, for example "
            f"startTime: '{_START}', endTime: '{_END}'",
            lambda window: (
                window.start_time is None
                or window.end_time is None
                or timedelta(0) < window.end_time - window.start_time <= LONGEST
            ),
            field="endTime",
        ),
    )

    service_ref: Annotated[
        LocalRef, immutable("serviceRef", "create another MaintenanceWindow, for example one for the other service")
    ] = Field(examples=[{"name": "payments"}])
    """The PlatformService that is worked on, in the same namespace, for example {name: payments}. Cannot be changed."""

    sla_names: Annotated[list[EntryName], distinct("[payments]")] = Field(default_factory=list, max_length=20)
    """The SLAs of the service that it is about, for example [payments]; all of them where none is named. Each excludes
    it by its own spec.maintenance."""

    start_time: Timestamp | None = None
    """When the maintenance begins, for example 2027-03-31T22:00:00Z or 2027-04-01T00:00:00+02:00. Consumers of the
    service read of it in their status from 14 days before, and are alerted from 24 hours before."""

    end_time: Timestamp | None = None
    """When it ends, after startTime and at most 30 days later, for example 2027-04-01T02:00:00Z."""

    schedule: Schedule | None = None
    """Maintenance that comes again, in place of startTime and endTime, for example {rrule:
    FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=0, timeZone: Europe/Berlin, durationSeconds: 7200}. Consumers read of the
    next two times, as they do of a single one."""

    reason: Line = Field(examples=[_REASON], max_length=512)
    """What is done and what users will notice, in one line of at most 512 characters that all consumers of the service
    read, for example "The database is upgraded, and requests may fail for some minutes"."""

    def times(self) -> dict[str, Any]:
        """What an announcement is about, in the words in which the status repeats it."""
        if self.schedule is not None:
            return {"schedule": self.schedule.model_dump(mode="json", by_alias=True)}
        interval = self.single()
        return {"startTime": format_time(interval.start), "endTime": format_time(interval.end)}

    def announced_since(self, status: Mapping[str, Any]) -> str | None:
        """The `announcedTime` of a status, None where it is of other times."""
        since: str | None = status.get("announcedTime") if self.times().items() <= status.items() else None
        return since

    def single(self) -> Interval:
        """The time of a window that has no schedule."""
        assert self.start_time is not None and self.end_time is not None  # noqa: PT018 - a rule of the spec
        return Interval(self.start_time.astimezone(UTC), self.end_time.astimezone(UTC))

    def occurrences(self, since: datetime) -> Iterator[Interval]:
        """The times of maintenance that end after `since`, the first one first.

        Raises ValueError where `schedule.problem()` has something to say.
        """
        if self.schedule is not None:
            yield from self.schedule.occurrences(since)
        elif self.single().end > since:
            yield self.single()


class WindowState(StrEnum):
    """Where the time stands to a window."""

    ANNOUNCED = "Announced"
    ACTIVE = "Active"
    OVER = "Over"


class AnnouncedSchedule(ContractModel):
    """A schedule as it was announced."""

    rrule: Text | None = None
    """The recurrence rule."""

    time_zone: Text | None = None
    """The IANA time zone."""

    duration_seconds: Count | None = None
    """How long it lasts each time."""


class SLAExclusion(ContractModel):
    """What one SLA excludes of a window."""

    name: Text
    """Name of the SLA."""

    excluded_seconds: Count | None = None
    """How much of the window does not count; where it comes again, of the time that is active or next."""

    message: Text | None = None
    """Why it is so much, and what to do for more."""


class MaintenanceWindowStatus(Status):
    """What the operator found and did. Conditions: Ready (the consumers are told, or were), Reconciling, Stalled."""

    state: WindowState | None = None
    """Announced before the start, Active from the start to the end, then Over, or Announced again where it comes again;
    absent where nobody is told, and the condition Stalled says why."""

    announced_time: datetime | None = None
    """When the window was first announced with the times that it has: it is set anew when they change."""

    start_time: datetime | None = None
    """The start that was announced; where it comes again, that of the time which is active or comes next."""

    end_time: datetime | None = None
    """The end that was announced; where it comes again, that of the time which is active or comes next."""

    next_start_time: datetime | None = None
    """When it begins next; absent where it begins no more."""

    schedule: AnnouncedSchedule | None = None
    """The schedule that was announced."""

    slas: Annotated[list[SLAExclusion], ListMap()] = Field(default_factory=list, max_length=100)
    """How much of it each SLA of the service excludes from its figures, and why."""


class MaintenanceWindow(Resource):
    """A time in which a PlatformService is worked on, announced to the service's consumers in their status and by an
    alert, and excluded from the figures of the service's SLAs as far as their spec.maintenance has it: status.slas says
    how much."""

    spec: MaintenanceWindowSpec = Field(
        examples=[{"serviceRef": {"name": "payments"}, "startTime": _START, "endTime": _END, "reason": _REASON}]
    )
    """Which service is worked on, when, and why."""

    status: MaintenanceWindowStatus = Field(default_factory=MaintenanceWindowStatus)
