"""Which times of maintenance an SLA leaves out of its figures, by its own terms.

A time counts as announced where the notice was kept: the rules leave it out ahead, so nothing is recorded in it. All
others are retroactive: they were recorded, and are subtracted once they are over. What was left out cannot be taken
back, so a time that has begun stays excluded, whatever becomes of its MaintenanceWindow. Nor can what was refused be
had later: what was not excluded when it began is retroactive, and of that a first look has the last word. Only where
the status that says so is gone, what was announced in time since the SLA was created counts as what the rules left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from platform_contracts.api.exclusion import LEAST_NOTICE, Maintenance
from platform_contracts.api.maintenance_window import MaintenanceWindowSpec
from platform_contracts.api.schedule import Interval
from platform_contracts.api.sla import SLASpec
from platform_contracts.kube.objects import Object, created_at, format_time, parse_time
from platform_contracts.sla import intervals, periods, windows
from platform_contracts.sla.reports.due import due

# The rules leave out what begins within this time, and no more than so many times: what comes later is added then.
HORIZON = timedelta(days=14)
MOST_AHEAD = 12
# More would be too much to subtract at each evaluation.
MOST_RETROACTIVE = 10
# A status has room for 500 times, and they are in no rule one by one: daily ones of a year fit.
MOST_KEPT = 400
# What begins sooner was not in the rules in time.
LOADED = timedelta(seconds=LEAST_NOTICE) / 2
# After its end all that was recorded in a time has been summed up, and can be subtracted.
SETTLED = timedelta(minutes=30)

# The periods that have any of an interval in them and may by now be full, given what is excluded already.
Periods = Callable[[Interval, Sequence[Interval]], Iterable[Interval]]


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


class Verdict(NamedTuple):
    """How much of a MaintenanceWindow an SLA excludes, and why not more."""

    seconds: int
    message: str


_TOO_MANY = Verdict(
    0,
    f"Nothing is excluded: the SLA excludes {MOST_KEPT} times in its window already, and there is no room for more; "
    "plan fewer and longer ones.",
)


@dataclass(frozen=True, slots=True)
class Decision:
    """The times that an SLA excludes, oldest first, and its verdicts by the name of the MaintenanceWindow.

    A window that does not matter any more has no verdict. `pending` will be subtracted once all that was recorded in it
    can be.
    """

    exclusions: tuple[Exclusion, ...]
    verdicts: Mapping[str, Verdict]
    pending: tuple[Interval, ...] = ()


_NOTHING = Decision((), {})


def of_sla(sla: Object, spec: SLASpec, planned: Sequence[Planned], now: datetime) -> Decision:
    """What a live SLA excludes now. In a calendar window what the last period excluded is still known.

    So is what was excluded in older periods that have no report yet, or whose reports may yet be corrected.
    """
    status = sla.get("status") or {}
    before = read(status.get("exclusions", ()))
    if not planned and not before:
        return _NOTHING
    oldest, since, periods_of = _window(spec, now)
    unreported = due(sla, spec, (), {entry["period"] for entry in status.get("history", ())}, now)
    return decide(
        spec.maintenance,
        before,
        planned,
        oldest=min([oldest, *(period.start for period in unreported)]),
        since=since,
        periods_of=periods_of,
        now=now,
        forgotten_since=created_at(sla) if "observedGeneration" not in status else None,
    )


def _window(spec: SLASpec, now: datetime) -> tuple[datetime, datetime, Periods]:
    """Since when exclusions matter, since when to the figures, and which periods have no more of them than so much."""
    window = spec.window.calendar
    calendar = periods.calendar(window, now) if window is not None else None
    if calendar is None:
        length = timedelta(seconds=windows.length(spec.window))
        return now - length, now - length, partial(intervals.rolling, length)

    def touched(wanted: Interval, taken: Sequence[Interval]) -> list[Interval]:
        found = [periods.containing(wanted.start + timedelta(seconds=1), calendar.kind, calendar.zone)]
        while found[-1].end < wanted.end:
            found.append(periods.following(found[-1], calendar.kind, calendar.zone))
        return [Interval(period.start, period.end) for period in found]

    running = calendar.running
    days = spec.maintenance.retroactive_within_days if spec.maintenance is not None else 0
    last = min(running.start, now - timedelta(days=days) - 2 * SETTLED)
    return periods.containing(last, calendar.kind, calendar.zone).start, running.start, touched


def decide(
    terms: Maintenance | None,
    before: Sequence[Exclusion],
    planned: Sequence[Planned],
    *,
    oldest: datetime,
    since: datetime,
    periods_of: Periods,
    now: datetime,
    forgotten_since: datetime | None = None,
) -> Decision:
    """What is excluded now, given what was excluded `before`; nothing that ended before `oldest` counts any more.

    Where nobody knows what was excluded before, `forgotten_since` is from when on something may have been.
    What ended before `since`, when the window that runs began, makes room where there are too many.
    """
    known = [_kept(one, planned, now) for one in before if not one.retroactive and one.start - now < LOADED]
    found = [one for one in known if one.start < one.end and one.end + SETTLED > oldest]
    matters = [
        replace(window, times=tuple(time for time in window.times if time.end + SETTLED > oldest)) for window in planned
    ]
    verdicts: dict[str, Verdict] = {}
    subtracted = {(one.window, one.start): one.end for one in before if one.retroactive}
    for window, time, retroactive in _in_order(terms, found, subtracted, matters, now, verdicts, forgotten_since):
        assert terms is not None  # or nothing is asked for
        if sum(one.end + SETTLED > since for one in found) >= MOST_KEPT:
            verdicts.setdefault(window.name, _TOO_MANY)
            continue
        taken = [one.interval for one in found]
        granted = within_quota(time, taken, terms.max_seconds_per_period, periods_of(time, taken))
        if retroactive:
            granted = _as_before(granted, window, before)
        # Before the period that runs, which a rolling window has not.
        over = oldest < since and time.start < since
        verdicts.setdefault(window.name, _verdict(terms, time, granted, retroactive, over=over))
        if granted.start < granted.end or retroactive:
            found.append(Exclusion(window.name, *granted, retroactive))
    late = (one.interval for one in found if one.retroactive and one.end + SETTLED > now)
    pending = tuple(time for time in late if time.start < time.end)
    return Decision(_bounded(found, now)[-MOST_KEPT:], verdicts, pending)


def within_quota(wanted: Interval, taken: Sequence[Interval], quota: int, full: Iterable[Interval]) -> Interval:
    """The first part of `wanted` with which no period has more than `quota` seconds; it may be empty.

    `full` are the periods that may be full by now.
    """
    room = min((quota - intervals.seconds(taken, period) for period in full), default=quota)
    for part in intervals.without(wanted, taken):
        length = int((part.end - part.start).total_seconds())
        if length > room:
            return Interval(wanted.start, part.start + timedelta(seconds=room) if room > 0 else part.start)
        room -= length
    return wanted


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


def _kept(one: Exclusion, planned: Sequence[Planned], now: datetime) -> Exclusion:
    """What remains of an exclusion that the rules know: all of it while its window stands, else what has passed."""
    if any(window.name == one.window and window.unreadable for window in planned):
        return one
    ends = [
        time.end for window in planned if window.name == one.window for time in window.times if time.start == one.start
    ]
    return one._replace(end=max(one.start, min(one.end, max([now, *ends]))))


def _in_order(
    terms: Maintenance | None,
    known: Sequence[Exclusion],
    subtracted: Mapping[tuple[str, datetime], datetime],
    planned: Sequence[Planned],
    now: datetime,
    verdicts: dict[str, Verdict],
    forgotten_since: datetime | None,
) -> list[tuple[Planned, Interval, bool]]:
    """What may be excluded, and whether it is retroactive: what is announced first, then the rest as it was announced.

    What cannot be, or is known to the rules already, gets its verdict here. `subtracted` has until when what was
    subtracted before was, by its window and its start, which it is itself where that was nothing.
    """
    decided = {(one.window, one.start): one for one in known}
    found: list[tuple[Planned, Interval, bool]] = []
    for window in planned:
        for time in window.times:
            if window.announced is None:
                continue
            if (window.name, time.start) in decided and terms is not None:
                granted = intervals.cut(decided[window.name, time.start].interval, time)
                verdicts.setdefault(window.name, _verdict(terms, time, granted, False))
                continue
            in_rules = time.start - now >= LOADED or (forgotten_since is not None and time.start >= forgotten_since)
            seen = (window.name, time.start) in subtracted
            refusal = _refusal(terms, window, time, now, in_rules=in_rules, seen=seen)
            if refusal is not None:
                verdicts.setdefault(window.name, Verdict(0, refusal))
                continue
            found.append((window, time, not (_has_notice(terms, window, time) and in_rules)))

    def order(one: tuple[Planned, Interval, bool]) -> tuple[bool, datetime, str]:
        window, time, retroactive = one
        assert window.announced is not None  # or it was left out
        return retroactive, window.announced if retroactive else time.start, window.name

    ordered = sorted(found, key=order)
    nothing = [one for one in ordered if one[2] and subtracted.get((one[0].name, one[1].start)) == one[1].start]
    late = [one for one in ordered if one[2] and one not in nothing]
    for window, _, _ in late[MOST_RETROACTIVE:]:
        verdicts.setdefault(window.name, Verdict(0, f"Nothing is excluded: {MOST_RETROACTIVE} others are subtracted."))
    return [one for one in ordered if not one[2]] + late[:MOST_RETROACTIVE] + nothing


def _has_notice(terms: Maintenance | None, window: Planned, time: Interval) -> bool:
    return (
        terms is not None
        and window.announced is not None
        and window.announced + timedelta(seconds=terms.notice_seconds) <= time.start
    )


def _refusal(
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
    in_time = _has_notice(terms, window, time)
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


def _as_before(granted: Interval, window: Planned, before: Iterable[Exclusion]) -> Interval:
    """No more than was subtracted before, be it nothing: room that comes later is not for what has passed."""
    ends = [one.end for one in before if one.retroactive and (one.window, one.start) == (window.name, granted.start)]
    return granted._replace(end=min([granted.end, *ends]))


def _verdict(
    terms: Maintenance, time: Interval, granted: Interval, retroactive: bool, *, over: bool = False
) -> Verdict:
    """How much is `granted` of a time; `over` says that it is of a calendar period that is over."""
    whole = int((time.end - time.start).total_seconds())
    seconds = max(int((granted.end - granted.start).total_seconds()), 0)
    report = ", in the report of its period as well" if over else ""
    how = f", retroactively: it is subtracted half an hour after its end{report}" if retroactive else ""
    if seconds == whole:
        return Verdict(seconds, f"All of it is excluded{how}.")
    part = f"{seconds} of {whole} s are excluded{how}" if seconds else "Nothing is excluded"
    return Verdict(
        seconds,
        f"{part}: with more, one of the SLA's windows would exceed its maxSecondsPerPeriod "
        f"({terms.max_seconds_per_period}); what is beyond counts.",
    )


def _bounded(found: Iterable[Exclusion], now: datetime) -> tuple[Exclusion, ...]:
    """What is in force or soon will be: not the far future, and of the retroactive ones those that are over."""
    ordered = sorted(found, key=lambda one: (one.start, one.end, one.window))
    ahead = [one for one in ordered if now < one.start <= now + HORIZON and not one.retroactive][:MOST_AHEAD]
    return tuple(
        one
        for one in ordered
        if one in ahead or (one.start <= now and (not one.retroactive or one.end + SETTLED <= now))
    )
