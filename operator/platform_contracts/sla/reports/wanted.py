"""Which reports an SLA's closed periods want: first ones, and corrections of what was excluded after the report.

Until `retroactiveWithinDays` after its end an exclusion follows its MaintenanceWindow, and so do the reports: one that
is added, moved or taken back is another revision. After that nothing changes any more, whatever becomes of the window:
a period that both sides have settled is not opened again by a clean-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from platform_contracts.api.calendar import CalendarPeriod, time_zone
from platform_contracts.api.schedule import Interval
from platform_contracts.api.sla import SLASpec
from platform_contracts.config import DataSource
from platform_contracts.kube.objects import Object, parse_time, uid
from platform_contracts.sla import budgeting, intervals, periods
from platform_contracts.sla.exclusions.exclusion import SETTLED, Exclusion
from platform_contracts.sla.exclusions.planned import Planned
from platform_contracts.sla.periods import Period
from platform_contracts.sla.reports.closing import Question
from platform_contracts.sla.reports.due import due

# A period that is corrected again and again has so many reports at most, the last of which stands.
MOST_REVISIONS = 10
# So long a first report waits at most for maintenance whose counts cannot be subtracted yet, rather than be corrected
# within minutes.
_PATIENCE = timedelta(hours=1)
# As many as a report may hold.
_MOST_EXCLUSIONS = 20


class First(NamedTuple):
    """A closed period without a report, what is subtracted from its counts, and what has to be asked for it.

    It `waits` where more will be subtracted in a while, or what is counted from objects has yet to be known.
    """

    period: Period
    exclusions: tuple[Exclusion, ...]
    questions: tuple[Question, ...]
    waits: bool = False


class Correction(NamedTuple):
    """The report in force of a period, what should be subtracted from its counts, and what has to be asked for that.

    It subtracts just that already where only its credit may want a correction.
    """

    report: Object
    period: Period
    exclusions: tuple[Exclusion, ...]
    questions: tuple[Question, ...]

    @property
    def changed(self) -> bool:
        """Whether the report in force subtracts something else."""
        return subtracted_by(self.report) != self.exclusions


class Wanted(NamedTuple):
    """Both by time, the oldest first."""

    firsts: Sequence[First] = ()
    corrections: Sequence[Correction] = ()

    @property
    def questions(self) -> set[Question]:
        """All that has to be asked."""
        found = {question for one in self.firsts for question in one.questions}
        return found | {question for one in self.corrections if one.changed for question in one.questions}


def wanted(
    sla: Object,
    spec: SLASpec,
    source: DataSource | None,
    *,
    rules: Sequence[Object],
    reports: Sequence[Object],
    known: Sequence[Mapping[str, Any]],
    times: Iterable[Exclusion],
    planned: Sequence[Planned] | None,
    now: datetime,
    pending: Sequence[Interval] = (),
) -> Wanted:
    """What there is to report, by the live `rules` and `reports` and the closed periods that are `known`.

    `times` are those that the SLA excludes, and `planned` its MaintenanceWindows: None where the cluster serves none at
    the moment, so that nobody has taken one back. A first report waits a while for what is `pending`.
    """
    late = tuple(one for one in times if one.retroactive and one.start < one.end)
    closed = due(sla, spec, rules, {entry["period"] for entry in known}, now)
    in_force = _in_force(sla, reports, known, late)
    if not closed and not in_force:
        return Wanted()
    measured = [objective for objective in spec.objectives if not objective.indicator.counted]
    if not measured:
        # What is counted from objects is no matter of maintenance, and nobody has to be asked for it.
        return Wanted([First(period, (), ()) for period in closed])
    if source is None:
        return Wanted()
    tails = {budgeting.tail(objective, source) for objective in measured}

    def ask(about: Iterable[Interval]) -> tuple[Question, ...]:
        metadata = sla["metadata"]
        return tuple(Question(metadata["namespace"], metadata["name"], one, len(measured)) for one in about)

    def asked(period: Period, exclusions: Sequence[Exclusion]) -> tuple[Question, ...]:
        return ask(sorted({part for tail in tails for part in parts(exclusions, period, tail)}))

    firsts = []
    for period in closed:
        exclusions = _standing((), late, period, max(tails))
        waits = now < period.end + _PATIENCE and any(intervals.overlap(one, stretch(period)) for one in pending)
        firsts.append(First(period, exclusions, (*ask([stretch(period)]), *asked(period, exclusions)), waits))
    corrections = []
    for report, period in in_force:
        kept = [one for one in subtracted_by(report) if planned is None or _stays(one, spec, planned, now)]
        exclusions = _standing(kept, late, period, max(tails))
        corrections.append(Correction(report, period, exclusions, asked(period, exclusions)))
    return Wanted(firsts, corrections)


def stretch(period: Period) -> Interval:
    """The time of a period."""
    return Interval(period.start, period.end)


def parts(exclusions: Iterable[Exclusion], period: Period, tail: timedelta) -> list[Interval]:
    """When the counts of a period speak of times that are excluded, by an objective that looks back by `tail`."""
    return intervals.merged(intervals.cut(Interval(one.start, one.end + tail), stretch(period)) for one in exclusions)


def subtracted_by(report: Object) -> tuple[Exclusion, ...]:
    """What a report subtracts from what was counted."""
    return tuple(
        Exclusion(one["maintenanceWindow"], parse_time(one["startTime"]), parse_time(one["endTime"]), True)
        for one in report["spec"].get("exclusions", ())
    )


def _standing(
    kept: Iterable[Exclusion], late: Iterable[Exclusion], period: Period, tail: timedelta
) -> tuple[Exclusion, ...]:
    """What is subtracted from a period: what is excluded now, and what its report subtracts and keeps."""
    found = {
        (one.window, one.start): one
        for one in (*late, *kept)
        if intervals.overlap(Interval(one.start, one.end + tail), stretch(period))
    }
    return tuple(sorted(found.values(), key=lambda one: (one.start, one.end, one.window))[:_MOST_EXCLUSIONS])


def _stays(one: Exclusion, spec: SLASpec, planned: Iterable[Planned], now: datetime) -> bool:
    """Whether what was subtracted stays so: its window asks for it as before, or it is too late to take it back.

    A window that cannot be read for the moment has not been taken back. Other terms of the SLA are for what comes.
    """
    days = spec.maintenance.retroactive_within_days if spec.maintenance is not None else 0
    if now > one.end + timedelta(days=days) + 2 * SETTLED:
        return True
    return any(
        window.name == one.window
        and (window.unreadable or any(time.start <= one.start and one.end <= time.end for time in window.times))
        for window in planned
    )


def _in_force(
    sla: Object, reports: Sequence[Object], known: Sequence[Mapping[str, Any]], late: Sequence[Exclusion]
) -> list[tuple[Object, Period]]:
    """The SLA's own reports that are in force and may be corrected, with their periods, the oldest first.

    Of a period whose last report somebody deleted none is.
    """
    if not late and all(report["spec"]["revision"] == 1 and not subtracted_by(report) for report in reports):
        return []
    latest = {entry.get("report") for entry in known}
    found = []
    for report in reports:
        spec = report["spec"]
        if report["metadata"]["name"] not in latest or spec["slaUID"] != uid(sla):
            continue
        zone = time_zone(spec["terms"]["window"]["timeZone"])
        if zone is not None and spec["revision"] < MOST_REVISIONS:
            kind = CalendarPeriod(spec["terms"]["window"]["period"])
            # An SLA may have been over before its last period was.
            end = parse_time(spec["endTime"])
            found.append((report, periods.cut(periods.containing(end, kind, zone), end)))
    return sorted(found, key=lambda one: (one[1].end, one[1].start))
