"""status.assessment and the condition AssessmentCurrent of a PlatformService."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from platform_contracts.api.assessment import Assessment
from platform_contracts.kube.conditions import Condition
from platform_contracts.kube.objects import Object, format_time
from platform_contracts.product import words

_SHOWN = 8
_DAY = timedelta(days=1)


def section(assessment: Assessment, last: Object | None, previous: Object, ends: datetime) -> Object:
    """status.assessment. `last` is the last report; where somebody deleted it, what the status told of it, `previous`,
    stays. `ends` is the end of the present period."""
    found: Object = {name: value for name, value in previous.items() if name not in ("nextTime", "lowestAspect")}
    if last:
        spec = last["spec"]
        found = {
            "lastTime": spec["endTime"],
            "report": last["metadata"]["name"],
            "improvements": list(spec.get("improvements") or ())[:_SHOWN],
            "previous": spec.get("previous"),
        }
    found["nextTime"] = format_time(ends)
    lowest = min(assessment.aspects, key=lambda aspect: aspect.level, default=None)
    if lowest:
        found["lowestAspect"] = f"{lowest.name.value} at {lowest.level} of 4"
    return {name: value for name, value in found.items() if value not in ([], None)}


def condition(assessment: Assessment, last: str | None, ends: datetime, now: datetime, *, missing: bool) -> Condition:
    """AssessmentCurrent: whether the service is assessed, and every aspect was judged within the last period.

    `last` is when the last period ended, `ends` when the present one does; `missing`: it has, and nobody reports it.
    """
    due = _due(assessment)
    today = now.astimezone(UTC).date()
    if missing:
        return Condition(
            "AssessmentCurrent",
            False,
            "ReportMissing",
            f"The assessment of the period until {ends.astimezone(UTC):%Y-%m-%d} is {words.overdue(now - ends)}, "
            "because no ProductReport is written; set spec.reconcilePolicy to Enforce, or "
            "ask an administrator to install the CRD productreports.",
        )
    overdue = [entry for entry in due if entry[0] < today]
    if overdue:
        day, name = overdue[0]
        more = words.counted(len(overdue) - 1, "more is", "more are")
        others = f" ({more} overdue)" if len(overdue) > 1 else ""
        return Condition(
            "AssessmentCurrent",
            False,
            "AssessmentOverdue",
            f"The aspect {name} was to be judged again by {day} and is {words.overdue(today - day)}{others}; "
            "judge it, then set level and assessedDate in spec.assessment.aspects.",
        )
    upcoming = f", and {due[0][1]} is to be judged again by {due[0][0]}" if due else ""
    before = f"The service was assessed until {last[:10]}; the" if last else "The"
    return Condition(
        "AssessmentCurrent",
        True,
        "Assessed" if last else "NotYetDue",
        f"{before} {'next' if last else 'first'} assessment comes on {ends.astimezone(UTC):%Y-%m-%d}{upcoming}.",
    )


def next_change(assessment: Assessment, now: datetime, missing: datetime | None) -> datetime | None:
    """When time alone changes the condition: an aspect is overdue by another day, or the report of the period that
    ended at `missing`."""
    if missing is not None:
        return missing + ((now - missing) // _DAY + 1) * _DAY
    today = now.astimezone(UTC).date()
    due = _due(assessment)
    return datetime.combine(max(due[0][0], today) + _DAY, time(), UTC) if due else None


def _due(assessment: Assessment) -> list[tuple[date, str]]:
    """By when each aspect is to be judged again, the first one first."""
    period = timedelta(days=assessment.period_days)
    return sorted((aspect.assessed_date + period, aspect.name.value) for aspect in assessment.aspects)
