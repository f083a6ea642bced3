"""One objective with all that its rules and its numbers depend on, worked out once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from platform_contracts.api.objective import MissingData, NoTraffic, Objective
from platform_contracts.api.schedule import Interval
from platform_contracts.api.sla import SLASpec
from platform_contracts.config import DataSource
from platform_contracts.kube.objects import Object
from platform_contracts.rules.text import quote
from platform_contracts.sla import budgeting, burnrate, excluded, intervals, periods, tiers, windows
from platform_contracts.sla.budgeting import Unit
from platform_contracts.sla.burnrate import Tier
from platform_contracts.sla.counted import limits
from platform_contracts.sla.counted.limits import Limit
from platform_contracts.sla.excluded import NOTHING, Excluded
from platform_contracts.sla.exclusions.exclusion import Exclusion
from platform_contracts.sla.periods import Calendar
from platform_contracts.sla.terms import Terms, apply_to, counted_by
from platform_contracts.sla.words import Words, words

# Over so many seconds a burn rate tells best how things go on.
_OUTLOOK = 6 * windows.HOUR


class SeriesID(NamedTuple):
    """The labels by which the recorded series of an objective are told from all others."""

    namespace: str
    sla: str
    objective: str
    indicator: str


@dataclass(frozen=True, slots=True)
class Promise:
    """An objective over its window; times are aware datetimes, lengths are in seconds.

    `interval` lies between two evaluations of its counts, `reach` is how far back each of them looks, and `unit` is
    what they count. What is counted from objects is known to the second and has no burn rates, hence no `tiers`.

    Where the window is a calendar's, `calendar` has its periods, and `window` is their usual length.
    """

    id: SeriesID
    objective: Objective
    window: int
    calendar: Calendar | None
    # The target from the coming period on, where that is another.
    coming_target: str | None
    # How long one may wait where that is promised, None where its hours are in a time zone that nobody knows; and
    # whether that is another one from the coming period on.
    limit: Limit | None
    other_limit_comes: bool
    start: datetime
    # When it is over; None as long as nobody says so.
    until: datetime | None
    first_count: datetime | None
    scrape_interval: int
    interval: int
    reach: int
    unit: Unit
    tiers: tuple[Tier, ...]
    # So many events it takes for a verdict.
    min_events: int
    # The labels that every rule of the objective sets, and the matchers that find its recorded series.
    labels: Mapping[str, str]
    matchers: str
    excluded: Excluded = NOTHING

    @property
    def budget(self) -> Decimal:
        """b: the share of events that may fail."""
        return burnrate.budget(self.objective.target)

    @property
    def words(self) -> Words:
        """How texts call what it counts."""
        return words(self.objective, self.id.namespace)

    @property
    def window_name(self) -> str:
        """The window as the `window` label has it, such as 30d or Month."""
        return self.calendar.kind.value if self.calendar else windows.promql(self.window)

    @property
    def holds(self) -> bool:
        """Whether what was measured stands for time without data."""
        return self.objective.missing_data is MissingData.HOLD

    @property
    def event_size(self) -> int:
        """How much of what is recorded is one event, or one slice of time, of which seconds are recorded."""
        return self.interval if self.unit is Unit.MINUTES else 1

    @property
    def shown_window(self) -> str:
        """The window as a status has it, such as 30d or 2026-11."""
        return self.calendar.running.name if self.calendar else self.window_name

    @property
    def span(self) -> str:
        """The window in words, such as 30d or a calendar month."""
        return f"a calendar {self.calendar.kind.value.lower()}" if self.calendar else self.window_name

    @property
    def period_name(self) -> str | None:
        """The calendar period that runs, as the `sla_period` label has it, None for a rolling window."""
        return self.calendar.running.name if self.calendar else None

    @property
    def counted_since(self) -> datetime:
        """From when on the window counts: its SLA's start, or the period's where that is later."""
        return max(self.start, self.calendar.running.start) if self.calendar else self.start

    @property
    def kept_for(self) -> int:
        """For so many seconds Prometheus has to keep what it records: a window, or a period until it is reported."""
        return periods.LONGEST_SECONDS[self.calendar.kind] if self.calendar else self.window

    @property
    def outlook(self) -> str:
        """The recorded burn rate by which one foresees: over six hours, or the long window next to that."""
        return min(self.tiers, key=lambda tier: abs(tier.long - _OUTLOOK)).window

    @property
    def foresees(self) -> bool:
        """Whether it is known what a calendar period has yet to count: time, unless that depends on the traffic."""
        if self.calendar is None or self.unit is not Unit.MINUTES:
            return False
        return budgeting.timeslice(self.objective).no_traffic is not NoTraffic.EXCLUDE

    def budgeted(self, events: float, now: datetime) -> float:
        """What the error budget is a share of: what was counted until `now`, and what is known to come.

        At the end of a period nothing is to come, so that the period's report is about the same.
        """
        if self.calendar is None or not self.foresees:
            return events
        rest = Interval(now, max(now, self.calendar.running.end))
        return events + (rest.end - rest.start).total_seconds() - intervals.seconds(self.excluded.left_out, rest)

    def window_start(self, now: datetime) -> datetime:
        """When the window that ends now began: the running period's beginning, or a window's length ago."""
        return self.calendar.running.start if self.calendar else now - timedelta(seconds=self.window)

    def excluding(self, exclusions: Iterable[Exclusion], now: datetime) -> Promise:
        """The same without these times."""
        known = excluded.excluded(
            exclusions,
            tail=self.tail,
            since=self.start + windows.LEAD_IN,
            oldest=self.window_start(now),
            rolling=timedelta(seconds=self.window) if self.calendar is None else None,
            now=now,
        )
        return replace(self, excluded=known)

    @property
    def full_window_name(self) -> str:
        """The `window` label of what is counted with nothing subtracted, where something is."""
        return f"{self.window_name} in full"

    @property
    def tail(self) -> timedelta:
        """How long something that happened can be seen in the counts."""
        return timedelta(seconds=self.reach + self.scrape_interval)

    def begun(self, expression: str) -> str:
        """The expression, with samples only once the promise holds, where the SLA says from when."""
        if self.first_count is None:
            return expression
        return f"({expression}) and on() (vector(time()) >= {self.first_count.timestamp():.0f})"

    def not_over(self, expression: str) -> str:
        """The expression, with samples only until the promise is over, where the SLA says when."""
        if self.until is None:
            return expression
        return f"({expression}) and on() (vector(time()) <= {self.until.timestamp():.0f})"

    def series(self, name: str, window: str | None = None, **labels: str) -> str:
        """The selector of one of the objective's recorded series, of those over a window and with further labels."""
        further = {"window": window, **labels} if window is not None else labels
        within = "".join(f",{label}={quote(value)}" for label, value in further.items())
        return f"{name}{{{self.matchers}{within}}}"


def promise(
    objective: Objective,
    spec: SLASpec,
    sla: Object,
    source: DataSource | None,
    now: datetime,
    terms: Terms | None = None,
) -> Promise:
    """What `objective` promises at the moment, by the terms that are in force where they are not the spec's.

    Needs no valid selector, but a time zone that is known, and a data source unless it is counted from objects.
    """
    metadata = sla["metadata"]
    calendar, until = periods.calendar(spec.window.calendar, now) if spec.window.calendar else None, windows.until(spec)
    if calendar is not None and until is not None:
        running, coming = (periods.cut(period, until) for period in (calendar.running, calendar.coming))
        calendar = replace(calendar, running=running, coming=coming)
    window = windows.length(spec.window)
    how = (terms["counted"].get(objective.name) if terms is not None else None) or counted_by(objective, spec)
    series = SeriesID(metadata["namespace"], metadata["name"], objective.name, how["indicator"])
    offered, wait = objective.target, limits.offered(spec, objective)
    in_time = terms["limits"].get(objective.name, wait) if terms is not None else wait
    if terms is not None:
        (objective,) = apply_to([objective], terms)
    # Where tenancy enforces a label, ours says what it will be anyway.
    enforced = {source.namespace_label: series.namespace} if source and source.namespace_label else {}
    counted = Promise(
        id=series,
        objective=objective,
        window=window,
        calendar=calendar,
        coming_target=offered if offered != objective.target else None,
        limit=_limit(in_time) or _limit(wait),
        other_limit_comes=wait != in_time,
        start=windows.start(spec, sla),
        until=until,
        first_count=None,
        scrape_interval=0,
        interval=1,
        reach=0,
        unit=Unit(how["unit"]),
        tiers=(),
        min_events=how["minEvents"],
        labels=enforced | series._asdict(),
        matchers=",".join(f"{label}={quote(value)}" for label, value in series._asdict().items()),
    )
    if objective.indicator.counted:
        return counted
    assert source is not None  # or nothing could be measured
    return replace(
        counted,
        first_count=_first_count(objective, spec, source),
        scrape_interval=source.scrape_interval_seconds,
        interval=how["interval"],
        reach=budgeting.reach(objective, source),
        tiers=tuple(tiers.build(objective, spec.alerting, window, budgeting.resolution(objective, source))),
    )


def _limit(kept: Object | None) -> Limit | None:
    return limits.read(kept) if kept is not None else None


def _first_count(objective: Objective, spec: SLASpec, source: DataSource) -> datetime | None:
    """The first evaluation that may count, where the SLA says from when: its rates see nothing from before.

    None without `effective.fromTime`: recording starts with the rules, and what an earlier SLA of the same name or a
    backfill has recorded still counts.
    """
    since = windows.from_time(spec)
    if since is None:
        return None
    return since + budgeting.tail(objective, source)
