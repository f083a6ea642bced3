"""Whether maintenance was announced in time, and what is said where it is not excluded."""

from __future__ import annotations

from datetime import datetime, timedelta

from platform_contracts.api.exclusion import Maintenance
from platform_contracts.api.schedule import Interval
from platform_contracts.kube.objects import format_time
from platform_contracts.sla.exclusions.exclusion import SETTLED
from platform_contracts.sla.exclusions.planned import Planned


def is_kept(terms: Maintenance | None, window: Planned, time: Interval) -> bool:
    """Whether a time was announced as long before its start as the terms have it."""
    return (
        terms is not None
        and window.announced is not None
        and window.announced + timedelta(seconds=terms.notice_seconds) <= time.start
    )


def refusal(
    terms: Maintenance | None, window: Planned, time: Interval, now: datetime, *, in_rules: bool, seen: bool
) -> str | None:
    """Why nothing of a time is excluded, None where it may be; `in_rules` is what they could leave out in time, and
    `seen` what may be subtracted since before."""
    assert window.announced is not None  # the caller asks of no other
    if terms is None:
        return (
            "Nothing is excluded: the SLA says nothing of maintenance; to exclude some, add for example "
            "maintenance: {noticeSeconds: 259200, maxSecondsPerPeriod: 14400} to its spec."
        )
    in_time = is_kept(terms, window, time)
    if in_time and in_rules:
        return None
    if in_time and window.recurring:
        return (
            "Nothing of the time that is next is excluded: the SLA's rules did not know of it before it began; the "
            "times after it will be."
        )
    late = (
        "Nothing is excluded: when it began the SLA did not exclude it, because its terms or its maxSecondsPerPeriod "
        "had no room for it then, or the window did not name the SLA"
        if in_time
        else f"Nothing is excluded: it was announced on {format_time(window.announced)}, which is less than the SLA's "
        f"noticeSeconds ({terms.notice_seconds}) before its start"
    )
    if window.recurring:
        return f"{late}; the times after it will be."
    next_time = "see before the start that it is excluded" if in_time else "announce it earlier the next time"
    if not terms.retroactive_within_days:
        return f"{late}, and the SLA excludes nothing retroactively; {next_time}."
    until = time.end + timedelta(days=terms.retroactive_within_days)
    # A late change of the terms or of the window excludes no more than a late announcement.
    if window.announced > until or (now > until + 2 * SETTLED and not seen):
        return (
            f"{late}, and more than the SLA's retroactiveWithinDays ({terms.retroactive_within_days}) after its end; "
            f"{next_time}."
        )
    return None
