"""What an SLA says of maintenance, and the times that it therefore leaves out of its figures."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.rules import whole
from platform_contracts.api.status import Text

# A window that is announced later than this would begin before Prometheus has loaded the rules that leave it out.
LEAST_NOTICE = 600


class Maintenance(ContractModel):
    """When planned maintenance does not count. What a MaintenanceWindow excludes is said on its status, SLA by SLA."""

    notice_seconds: Annotated[int, whole(LEAST_NOTICE, 2_592_000, "a number of seconds", 259_200)] = Field(
        default=259_200, json_schema_extra={"format": "int32"}
    )
    """How long before its start a MaintenanceWindow must have been announced (its status.announcedTime) to be excluded,
    from 600 to 2592000 (30 days), for example 259200 (three days)."""

    max_seconds_per_period: Annotated[int, whole(60, 31_536_000, "a number of seconds", 14_400)] = Field(
        examples=[14_400], json_schema_extra={"format": "int32"}
    )
    """How much maintenance is excluded at most in any window of the SLA, for example 14400 (four hours); what is beyond
    counts."""

    retroactive_within_days: Annotated[int, whole(0, 30, "a number of days", 3)] = Field(
        default=0, json_schema_extra={"format": "int32"}
    )
    """For how many days after its end a single MaintenanceWindow that was announced too late, or only afterwards, or
    that these terms did not exclude when it began, is still excluded, for example 3; 0, the default, excludes none. The
    status then shows the figures with and without, and so does the report of a closed calendar period: where it was
    written before, another one supersedes it."""


class ExclusionStatus(ContractModel):
    """A time that does not count."""

    maintenance_window: Text
    """The MaintenanceWindow that asked for it; it may be gone by now."""

    start_time: datetime
    """From when on nothing counts."""

    end_time: datetime
    """Until when nothing counts; startTime itself where maxSecondsPerPeriod had no room to subtract it."""

    retroactive: bool = False
    """Whether it was counted at first and subtracted afterwards."""
