"""What is excluded at a moment, of all that is planned and was excluded before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from platform_contracts.api.exclusion import LEAST_NOTICE, Maintenance
from platform_contracts.api.schedule import Interval
from platform_contracts.api.sla import SLASpec
from platform_contracts.kube.objects import Object, created_at
from platform_contracts.sla import intervals
from platform_contracts.sla.exclusions import exclusion, notice, quota, verdict
from platform_contracts.sla.exclusions.exclusion import SETTLED, Exclusion
from platform_contracts.sla.exclusions.planned import MOST_AHEAD, Planned
from platform_contracts.sla.exclusions.quota import Periods
from platform_contracts.sla.exclusions.verdict import MOST_KEPT, Verdict
from platform_contracts.sla.reports.due import due

# The rules leave out what begins within this time.
HORIZON = timedelta(days=14)
# More would be too much to subtract at each evaluation.
MOST_RETROACTIVE = 10
# What begins sooner was not in the rules in time.
LOADED = timedelta(seconds=LEAST_NOTICE) / 2


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


def of_sla(
    sla: Object, spec: SLASpec, planned: Sequence[Planned], now: datetime, rules: Iterable[Object] = ()
) -> Decision:
    """What a live SLA, with these rule objects, excludes now. In a calendar window what the last period excluded is
    still known.

    So is what was excluded in older periods that have no report yet, or whose reports may yet be corrected.
    """
    status = sla.get("status") or {}
    known = exclusion.known(sla, rules)
    before = known or []
    if not planned and not before:
        return _NOTHING
    matters = quota.span(spec, now)
    unreported = due(sla, spec, (), {entry["period"] for entry in status.get("history", ())}, now)
    return decide(
        spec.maintenance,
        before,
        planned,
        oldest=min([matters.oldest, *(period.start for period in unreported)]),
        since=matters.since,
        periods_of=matters.periods_of,
        now=now,
        forgotten_since=created_at(sla) if known is None else None,
    )


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
            verdicts.setdefault(window.name, verdict.TOO_MANY)
            continue
        taken = [one.interval for one in found]
        granted = quota.within(time, taken, terms.max_seconds_per_period, periods_of(time, taken))
        if retroactive:
            granted = _as_before(granted, window, before)
        # Before the period that runs, which a rolling window has not.
        over = oldest < since and time.start < since
        verdicts.setdefault(window.name, verdict.of(terms, time, granted, retroactive, over=over))
        if granted.start < granted.end or retroactive:
            found.append(Exclusion(window.name, *granted, retroactive))
    late = (one.interval for one in found if one.retroactive and one.end + SETTLED > now)
    pending = tuple(time for time in late if time.start < time.end)
    return Decision(_bounded(found, now)[-MOST_KEPT:], verdicts, pending)


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
                # What is known has its rules loaded by now, so that what is added to it comes too late.
                verdicts.setdefault(window.name, verdict.of(terms, time, granted, False, begun=True))
                continue
            in_rules = time.start - now >= LOADED or (forgotten_since is not None and time.start >= forgotten_since)
            seen = (window.name, time.start) in subtracted
            refusal = notice.refusal(terms, window, time, now, in_rules=in_rules, seen=seen)
            if refusal is not None:
                verdicts.setdefault(window.name, Verdict(0, refusal))
                continue
            found.append((window, time, not (notice.is_kept(terms, window, time) and in_rules)))

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


def _as_before(granted: Interval, window: Planned, before: Iterable[Exclusion]) -> Interval:
    """No more than was subtracted before, be it nothing: room that comes later is not for what has passed."""
    ends = [one.end for one in before if one.retroactive and (one.window, one.start) == (window.name, granted.start)]
    return granted._replace(end=min([granted.end, *ends]))


def _bounded(found: Iterable[Exclusion], now: datetime) -> tuple[Exclusion, ...]:
    """What is in force or soon will be: not the far future, and of the retroactive ones those that are over."""
    ordered = sorted(found, key=lambda one: (one.start, one.end, one.window))
    ahead = [one for one in ordered if now < one.start <= now + HORIZON and not one.retroactive][:MOST_AHEAD]
    return tuple(
        one
        for one in ordered
        if one in ahead or (one.start <= now and (not one.retroactive or one.end + SETTLED <= now))
    )
