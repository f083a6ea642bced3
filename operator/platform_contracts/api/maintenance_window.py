"""MaintenanceWindow: a time in which a service is worked on, told to its consumers before it comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel, Resource
from platform_contracts.api.common import TIME, Line, LocalRef, Timestamp, immutable
from platform_contracts.api.rules import Rule
from platform_contracts.api.status import Status

LONGEST = timedelta(days=30)

_START, _END = "2027-03-31T22:00:00Z", "2027-04-01T02:00:00Z"
_REASON = "The database is upgraded, and requests may fail for some minutes"
# What the rules of the fields themselves refuse is no matter of this one, and `timestamp` would fail on it.
_TIMES = (
    f"has(self.startTime) && has(self.endTime) && [self.startTime, self.endTime].all(t, t.matches(r'^(?:{TIME})$'))"
)


class MaintenanceWindowSpec(ContractModel):
    """Which service is worked on, when, and why."""

    RULES = (
        Rule(
            f"!({_TIMES}) || timestamp(self.endTime) > timestamp(self.startTime) && "
            f"timestamp(self.endTime) - timestamp(self.startTime) <= duration('{LONGEST.total_seconds():.0f}s')",
            f"endTime must be after startTime and at most {LONGEST.days} days later, for example "
            f"startTime: '{_START}', endTime: '{_END}'",
            lambda window: timedelta(0) < window.end_time - window.start_time <= LONGEST,
            field="endTime",
        ),
    )

    service_ref: Annotated[
        LocalRef, immutable("serviceRef", "create another MaintenanceWindow, for example one for the other service")
    ] = Field(examples=[{"name": "payments"}])
    """The PlatformService that is worked on, in the same namespace, for example {name: payments}. Cannot be changed."""

    start_time: Timestamp = Field(examples=[_START])
    """When the maintenance begins, for example 2027-03-31T22:00:00Z or 2027-04-01T00:00:00+02:00. Consumers of the
    service read of it in their status from 14 days before, and are alerted from 24 hours before."""

    end_time: Timestamp = Field(examples=[_END])
    """When it ends, after startTime and at most 30 days later, for example 2027-04-01T02:00:00Z."""

    reason: Line = Field(examples=[_REASON], max_length=512)
    """What is done and what users will notice, in one line of at most 512 characters that all consumers of the service
    read, for example "The database is upgraded, and requests may fail for some minutes"."""


class WindowState(StrEnum):
    """Where the time stands to a window."""

    ANNOUNCED = "Announced"
    ACTIVE = "Active"
    OVER = "Over"


class MaintenanceWindowStatus(Status):
    """What the operator found and did. Conditions: Ready (the consumers are told, or were), Reconciling, Stalled."""

    state: WindowState | None = None
    """Announced before the start, Active from the start to the end, then Over; absent where nobody is told, and the
    condition Stalled says why."""

    announced_time: datetime | None = None
    """When the window was first announced with the times that it has: it is set anew when they change."""

    start_time: datetime | None = None
    """The start that was announced."""

    end_time: datetime | None = None
    """The end that was announced."""


class MaintenanceWindow(Resource):
    """A time in which a PlatformService is worked on, announced to the service's consumers in their status and by an
    alert. It announces and nothing else: it changes no SLA's figures, so what fails meanwhile counts."""

    spec: MaintenanceWindowSpec = Field(
        examples=[{"serviceRef": {"name": "payments"}, "startTime": _START, "endTime": _END, "reason": _REASON}]
    )
    """Which service is worked on, when, and why."""

    status: MaintenanceWindowStatus = Field(default_factory=MaintenanceWindowStatus)
