"""What an SLA says to a MaintenanceWindow."""

from __future__ import annotations

from typing import NamedTuple

from platform_contracts.api.exclusion import Maintenance
from platform_contracts.api.schedule import Interval

# A status has room for 500 times, and they are in no rule one by one: daily ones of a year fit.
MOST_KEPT = 400


class Verdict(NamedTuple):
    """How much of a MaintenanceWindow an SLA excludes, and why not more."""

    seconds: int
    message: str


TOO_MANY = Verdict(
    0,
    f"Nothing is excluded: the SLA excludes {MOST_KEPT} times in its window already, and there is no room for more; "
    "plan fewer and longer ones.",
)


def of(
    terms: Maintenance, time: Interval, granted: Interval, retroactive: bool, *, over: bool = False, begun: bool = False
) -> Verdict:
    """How much is `granted` of a time.

    `over` says that it is of a calendar period that is over, `begun` that the rules take no more of it.
    """
    whole = int((time.end - time.start).total_seconds())
    seconds = max(int((granted.end - granted.start).total_seconds()), 0)
    report = ", in the report of its period as well" if over else ""
    how = f", retroactively: it is subtracted half an hour after its end{report}" if retroactive else ""
    if seconds == whole:
        return Verdict(seconds, f"All of it is excluded{how}.")
    if begun:
        return Verdict(
            seconds,
            f"{seconds} of {whole} s are excluded: what is beyond had no room in the SLA's maxSecondsPerPeriod "
            f"({terms.max_seconds_per_period}), or came when it had begun already, and counts; announce what comes as "
            "another MaintenanceWindow.",
        )
    part = f"{seconds} of {whole} s are excluded{how}" if seconds else "Nothing is excluded"
    return Verdict(
        seconds,
        f"{part}: with more, one of the SLA's windows would exceed its maxSecondsPerPeriod "
        f"({terms.max_seconds_per_period}); what is beyond counts.",
    )
