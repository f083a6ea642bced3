"""The alerts about the data of an objective: nothing is measured, nothing happens, or what is measured cannot be.

That its rules are missing no rule can tell: the operator does, by its own metrics and the SLA's DataComplete.
"""

from __future__ import annotations

from platform_contracts.rules.text import literal
from platform_contracts.sla import excluded, indicators
from platform_contracts.sla.alerts import Alert, Context, alert, next_step
from platform_contracts.sla.burnrate import Severity
from platform_contracts.sla.indicators import Indicator
from platform_contracts.sla.promise import Promise

# How long a source may be silent before somebody is told.
_ABSENT_FOR = "10m"
# More good than there is: for so long it is no chance, and so long after it was last seen it is told, because hours
# without traffic mend nothing.
_IMPOSSIBLE_FOR, _IMPOSSIBLE_STILL = "1h", "1d"
# So much silence is told where there was traffic in the same hour of the day before and of a week before.
_SILENCE = "1h"


def source_absent(promise: Promise, indicator: Indicator, context: Context) -> Alert:
    """The rules run, and what they should count is not there, nor a part of it, of which another alert tells."""
    there = f"on() ({indicator.source})" if indicator.source is not None else promise.series("sla:total:rate5m")
    expression = f"{promise.series('sla:objective')} unless {there}"
    if indicator.part is not None:
        expression = f"({expression}) unless on() ({indicator.part})"
    made = alert(
        "SLASourceAbsent",
        promise,
        context,
        severity=Severity.TICKET,
        tier="absent",
        expression=_where_it_counts(promise, expression),
        summary=f"{context.service}: nothing is measured for {promise.objective.name}",
        description=(
            f"The selectors of the objective {promise.objective.name} have found no series for {_ABSENT_FOR}: "
            "either the targets are not scraped, or a metric or label was renamed. "
            f"Look at the targets in Prometheus, then at the selectors. {next_step(promise, context)}"
        ),
    )
    made["for"] = _ABSENT_FOR
    return made


def part_absent(promise: Promise, part: str, context: Context) -> Alert:
    """One part of what is counted is there and the other is not: a bucket that the histogram has not, for example."""
    made = alert(
        "SLASourceAbsent",
        promise,
        context,
        severity=Severity.TICKET,
        tier="part",
        expression=_where_it_counts(promise, part),
        summary=f"{context.service}: nothing is measured for {promise.objective.name}",
        description=f"{literal(indicators.missing(promise.objective.indicator))}. {next_step(promise, context)}",
    )
    made["for"] = _ABSENT_FOR
    return made


def impossible(promise: Promise, more: str, context: Context) -> Alert:
    """More is good than there is, for so long that it is a mistake in the objective and no chance of scraping."""
    made = alert(
        "SLAImpossibleData",
        promise,
        context,
        severity=Severity.TICKET,
        tier="impossible",
        expression=_where_it_counts(promise, more),
        summary=f"{context.service}: failures of {promise.objective.name} may not show",
        description=f"{literal(indicators.impossible(promise.objective.indicator))}. {next_step(promise, context)}",
    )
    made["for"] = _IMPOSSIBLE_FOR
    made["keep_firing_for"] = _IMPOSSIBLE_STILL
    return made


def no_traffic(promise: Promise, context: Context) -> Alert:
    """The source is there and counts nothing, at an hour at which it always does: the failure may lie before it."""
    total = promise.series("sla:total:rate5m")

    def counted(offset: str) -> str:
        return f"sum_over_time({total}[{_SILENCE}]{offset})"

    return alert(
        "SLANoTraffic",
        promise,
        context,
        severity=Severity.TICKET,
        tier="silence",
        expression=f"({counted('')} == 0) and ({counted(' offset 1d')} > 0) and ({counted(' offset 1w')} > 0)",
        summary=f"{context.service}: no traffic for {_SILENCE}, where {promise.objective.name} usually counts some",
        description=(
            f"None of the events that the objective {promise.objective.name} counts has been seen for {_SILENCE}, "
            "where there were some at this hour yesterday and a week ago. No failure is counted either, so the SLA "
            "says nothing: look at what lies before the service, such as DNS, the gateway or its clients, and at what "
            f"was changed an hour ago. {next_step(promise, context)}"
        ),
    )


def _where_it_counts(promise: Promise, expression: str) -> str:
    """The expression once the promise holds, and without maintenance that is left out."""
    return promise.begun(excluded.leave_out(promise.excluded.left_out, expression))
