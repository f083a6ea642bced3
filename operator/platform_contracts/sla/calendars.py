"""What the plan of an SLA does otherwise where its window is a calendar's: terms, and the next period."""

from __future__ import annotations

from datetime import datetime

from platform_contracts.kube.objects import Object, format_time
from platform_contracts.sla import calendar_since, periods, terms, view, windows
from platform_contracts.sla.budget import State
from platform_contracts.sla.inputs import SLAInputs
from platform_contracts.sla.periods import Calendar
from platform_contracts.sla.promise import Promise
from platform_contracts.sla.reports.due import GRACE
from platform_contracts.sla.terms import Terms


def calendar_of(inputs: SLAInputs) -> Calendar | None:
    """The calendar of the window at the moment, None where it is a rolling one, or in a zone that nobody knows."""
    if inputs.spec is None or inputs.spec.window.calendar is None:
        return None
    return periods.calendar(inputs.spec.window.calendar, inputs.now)


def terms_in_force(inputs: SLAInputs) -> Terms | None:
    """What the running period was begun with; None where there are no periods."""
    calendar = calendar_of(inputs)
    if inputs.spec is None or calendar is None:
        return None
    return terms.in_force(inputs.spec, calendar.running.name, inputs.kept_terms)


def rule_annotations(inputs: SLAInputs) -> dict[str, str]:
    """What the rule object keeps beside the rules."""
    calendar = calendar_of(inputs)
    if inputs.spec is None or inputs.spec.window.calendar is None or calendar is None:
        return {}
    window = inputs.spec.window.calendar
    return terms.annotation(inputs.spec, calendar, inputs.kept_terms) | calendar_since.annotation(
        window, inputs.rules, inputs.now
    )


def next_look(inputs: SLAInputs) -> datetime | None:
    """When the last period can be reported, or the running one is over: then its rules go, and those of the period
    after the next one come."""
    calendar = calendar_of(inputs)
    if calendar is None:
        return None
    reported = calendar.running.start + GRACE
    return reported if inputs.now < reported else calendar.running.end + windows.JUST_AFTER


def begun(promised: Promise, before: Object | None, now: datetime) -> Object | None:
    """The entry of an objective whose period has just begun and has no numbers yet: the state is still the last one.

    None where its numbers are due, and where the entry `before` has no state to go on with. Else every SLA would be
    Unknown for some minutes at each midnight, and say so to whoever depends on it.
    """
    if promised.calendar is None or before is None or before["state"] == State.UNKNOWN:
        return None
    running = promised.calendar.running
    if now - running.start >= windows.LEAD_IN:
        return None
    if before.get("periodEndTime") == format_time(running.start):
        return view.begun(promised, before)
    return before if before.get("periodStartTime") == format_time(running.start) and "sli" not in before else None
