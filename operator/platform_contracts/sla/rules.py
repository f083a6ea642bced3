"""The rule groups of one objective: counts first, then burn rates, then the promised window.

At most 15 recorded series an objective with the standard tiers, in three groups by how often they have to be looked at:

    base 60 s  errors, total, objective, burn rates of windows up to 6 h, their alerts
    middle 2 m burn rates of longer windows, their alerts
    window 5 m sums of five minutes, and over the promised window errors, events and coverage; budget alerts

A calendar window has two more in the base group, of which the sums are then made: see calendar_rules.

How true the numbers are: counts of uneven traffic and of counters that reset are exact. A gap in the scrapes errs by
the share of events in it times the difference of its error ratio from the SLI. A counter that first appears with its
first error loses that error: services should initialise their counters with zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from platform_contracts.api.schedule import Interval
from platform_contracts.rules.objects import Group, Rule
from platform_contracts.sla import (
    alerts,
    calendar_rules,
    consumer_rules,
    data_alerts,
    excluded,
    intervals,
    windows,
)
from platform_contracts.sla.alerts import Context
from platform_contracts.sla.budgeting import Unit
from platform_contracts.sla.burnrate import Severity, decimal
from platform_contracts.sla.indicators import Indicator
from platform_contracts.sla.periods import Period
from platform_contracts.sla.promise import Promise
from platform_contracts.sla.windows import HOUR, MIDDLE_INTERVAL, WINDOW_INTERVAL

# A tier's short window beyond these is computed inside its alert.
MAX_BURN_RATES = 7
_BASE_LIMIT = 6 * HOUR


def groups(promise: Promise, indicator: Indicator | None, context: Context) -> list[Group]:
    """The rule groups of an objective; of one without expressions, which is counted from objects, its alerts alone.

    Groups are named after the SLA and the objective, so that they stay apart in whatever file they end up in.
    """
    if indicator is None:
        return [_group(promise, "window", WINDOW_INTERVAL, alerts.budget_alerts(promise, context))]
    recorded = _burn_windows(promise)
    base = _counts(promise, indicator)
    if promise.calendar is not None:
        base += [
            _record(promise, name, expression, sla_period=period.name)
            for name, expression, period in calendar_rules.counts(promise, promise.calendar)
        ]
    base += [_burn_record(promise, window) for window in recorded if window <= _BASE_LIMIT]
    middle = [_burn_record(promise, window) for window in recorded if window > _BASE_LIMIT]
    window = _sums(promise)
    for tier in promise.tiers if context.burn_rate else ():
        short = None if tier.short in recorded else burn_rate(promise, tier.short)
        (base if tier.long <= _BASE_LIMIT else middle).append(alerts.burn(promise, tier, short, context))
    base.append(data_alerts.source_absent(promise, indicator, context))
    if indicator.part is not None:
        base.append(data_alerts.part_absent(promise, indicator.part, context))
    if indicator.impossible is not None:
        base.append(data_alerts.impossible(promise, indicator.impossible, context))
    window += alerts.budget_alerts(promise, context)
    window.append(alerts.projected(promise, context))
    if promise.unit is Unit.EVENTS:
        window.append(data_alerts.no_traffic(promise, context))
    made = [
        _group(promise, part, interval, content)
        for part, interval, content in (
            ("base", promise.interval, base),
            ("middle", MIDDLE_INTERVAL, middle),
            ("window", WINDOW_INTERVAL, window),
        )
        if content
    ]
    if indicator.by_consumer is not None:
        made += [
            _group(promise, part, WINDOW_INTERVAL, content) | {"limit": limit}
            for part, limit, content in consumer_rules.parts(promise, indicator.by_consumer)
        ]
    return made


def burn_rate(promise: Promise, window: int) -> str:
    """How many times faster than sustainable the budget burns over `window` seconds.

    The average in the denominator takes history that is missing as free of errors, so that a young SLA does not page
    on its first bad minute.
    """
    length = windows.promql(window)
    errors = f"sum_over_time({promise.series('sla:errors:rate5m')}[{length}])"
    samples = decimal(Decimal(window) / promise.interval)
    events = f"avg_over_time({promise.series('sla:total:rate5m')}[{length}]) * {samples}"
    return f"{errors} / ({events} > 0) / {decimal(promise.budget)}"


def _burn_windows(promise: Promise) -> list[int]:
    """The windows whose burn rates are recorded, shortest first.

    The operator reads all long ones and what pages; other short ones are recorded as far as there is room.
    """
    read = [tier.long for tier in promise.tiers]
    read += [tier.short for tier in promise.tiers if tier.severity is Severity.PAGE]
    wanted = dict.fromkeys(read + [tier.short for tier in promise.tiers])
    return sorted(list(wanted)[: max(MAX_BURN_RATES, len({*read}))])


def _counts(promise: Promise, indicator: Indicator) -> list[Rule]:
    # `>= 0` drops NaN, which would otherwise stay in every sum over the whole window.
    errors = f"clamp_min(({indicator.errors}), 0) >= 0"
    total = f"({indicator.total}) >= 0"
    errors, total = (promise.not_over(promise.begun(expression)) for expression in (errors, total))
    objective = 1 - promise.budget
    left_out = promise.excluded.left_out
    return [
        _record(promise, "sla:errors:rate5m", excluded.leave_out(left_out, errors)),
        _record(promise, "sla:total:rate5m", excluded.leave_out(left_out, total)),
        _record(promise, "sla:objective", f"vector({decimal(objective)})"),
    ]


def _burn_record(promise: Promise, window: int) -> Rule:
    return _record(promise, "sla:burn_rate", burn_rate(promise, window), window=windows.promql(window))


def _sums(promise: Promise) -> list[Rule]:
    name = promise.window_name
    per_group = windows.promql(WINDOW_INTERVAL)

    def five_minutes(series: str) -> str:
        if promise.calendar is not None:
            series = calendar_rules.PERIOD_COUNTS[series]
        # Groups run side by side: without the offset a base sample that is not yet committed is lost for good.
        return f"sum_over_time({promise.series(series)}[{per_group}] offset 1m) * {promise.interval}"

    def window(series: str) -> str:
        if promise.calendar is not None:
            return calendar_rules.to_date(promise, promise.calendar, "sum_over_time", series)
        return f"sum_over_time({promise.series(series)}[{name}])"

    def counted(series: str, counts: str) -> str:
        calendar = promise.calendar
        if calendar is None:
            return _subtracted(promise, window(series), "sum_over_time", promise.series(counts))

        def to_date(period: Period) -> str:
            total = calendar_rules.in_period(promise, calendar, "sum_over_time", series, period)
            part = promise.series(calendar_rules.PERIOD_COUNTS[counts], sla_period=period.name)
            return _subtracted(promise, total, "sum_over_time", part)

        return calendar_rules.by_period(calendar, to_date)

    records = [
        _record(promise, "sla:errors:sum5m", five_minutes("sla:errors:rate5m")),
        _record(promise, "sla:total:sum5m", five_minutes("sla:total:rate5m")),
        _record(promise, "sla:errors:window", counted("sla:errors:sum5m", "sla:errors:rate5m"), window=name),
        _record(promise, "sla:events:window", counted("sla:total:sum5m", "sla:total:rate5m"), window=name),
        _record(promise, "sla:coverage:window", _coverage(promise), window=name),
    ]
    if promise.excluded.subtracted:
        in_full = promise.full_window_name
        records.append(_record(promise, "sla:errors:window", window("sla:errors:sum5m"), window=in_full))
        records.append(_record(promise, "sla:events:window", window("sla:total:sum5m"), window=in_full))
    return records


def _subtracted(promise: Promise, total: str, function: str, counts: str) -> str:
    """`total` without what was recorded of the times that are excluded retroactively."""
    return excluded.subtract(promise.excluded.subtracted, total, function, counts, promise.interval)


def _coverage(promise: Promise) -> str:
    """Measured time in the window by the time since the start, or by the window, both without what is excluded.

    Not clamped at 1: above it there is history from before the start, of an SLA of the same name or of a backfill, and
    the operator shows how far back the numbers reach.
    """
    if promise.calendar is not None:
        return calendar_rules.by_period(promise.calendar, lambda period: _coverage_to_date(promise, period))
    since = (promise.start + windows.LEAD_IN).timestamp()
    measured = f"count_over_time({promise.series('sla:total:sum5m')}[{promise.window_name}]) * {WINDOW_INTERVAL}"
    measured = _subtracted(promise, measured, "count_over_time", promise.series("sla:total:rate5m"))
    return f"{measured} / scalar({_to_measure(since, promise.window, promise.excluded.times)})"


def _coverage_to_date(promise: Promise, period: Period) -> str:
    """The same since the period began."""
    since = (max(promise.start, period.start) + windows.LEAD_IN).timestamp()
    longest = windows.promql(period.seconds + WINDOW_INTERVAL)
    measured = f"count_over_time({promise.series('sla:total:sum5m', sla_period=period.name)}[{longest}])"
    counts = promise.series(calendar_rules.PERIOD_COUNTS["sla:total:rate5m"], sla_period=period.name)
    measured = _subtracted(promise, f"{measured} * {WINDOW_INTERVAL}", "count_over_time", counts)
    counted = Interval(datetime.fromtimestamp(since, UTC), period.end)
    times = [intervals.cut(one, counted) for one in promise.excluded.times if intervals.overlap(one, counted)]
    return f"{measured} / scalar({_to_measure(since, period.seconds, times)})"


def _to_measure(since: float, window: int, times: Sequence[Interval]) -> str:
    """The time in a window that should have been measured: since the start, and without what is excluded."""
    whole = f"clamp(vector(time() - {since:.0f}), {WINDOW_INTERVAL}, {window})"
    return f"clamp_min({whole} - ({excluded.elapsed(times, window)}), {WINDOW_INTERVAL})" if times else whole


def _record(promise: Promise, name: str, expression: str, **labels: str) -> Rule:
    return {"record": name, "expr": expression, "labels": {**promise.labels, **labels}}


def _group(promise: Promise, part: str, interval: int, content: Iterable[Rule]) -> Group:
    return {
        "name": f"{promise.id.namespace}/{promise.id.sla}/{promise.id.objective}/{part}",
        "interval": windows.promql(interval),
        "rules": [{**rule, "expr": promise.not_over(rule["expr"])} if "alert" in rule else rule for rule in content],
    }
