"""What was shipped lately, and what came of it: satisfaction and SLA before and after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from platform_contracts.api.roadmap import ItemState, Roadmap, RoadmapItem
from platform_contracts.api.survey import Survey
from platform_contracts.kube.objects import Object, parse_time
from platform_contracts.product import report, satisfaction
from platform_contracts.product.demand import PERIOD
from platform_contracts.product.inputs import ProductInputs
from platform_contracts.product.satisfaction import Answers

_SHOWN = 8


def lately(roadmap: Roadmap, now: datetime) -> list[tuple[date, RoadmapItem]]:
    """The items that were shipped in the last 90 days with that day, the youngest first."""
    today = now.astimezone(UTC).date()
    found = [
        (item.shipped_date, item)
        for item in roadmap.items
        if item.state is ItemState.SHIPPED
        and item.shipped_date is not None
        and timedelta(0) <= today - item.shipped_date < PERIOD
    ]
    return sorted(found, key=lambda entry: (-entry[0].toordinal(), entry[1].name))


def section(roadmap: Roadmap, inputs: ProductInputs, answers: Answers, asked_by: Mapping[str, int]) -> list[Object]:
    """`shipped` of status.roadmap.

    Satisfaction is that of the first survey that has a score for as long as its periodDays on both sides of the day.
    The SLA before is as the last report until then has it, the one after as the service shows it.
    """
    return [_entry(day, item, inputs, answers, asked_by) for day, item in lately(roadmap, inputs.now)[:_SHOWN]]


def _entry(
    day: date, item: RoadmapItem, inputs: ProductInputs, answers: Answers, asked_by: Mapping[str, int]
) -> Object:
    entry: Object = {"name": item.name, "shippedDate": str(day), "askedBy": asked_by[item.name]}
    moment = datetime.combine(day, time(), UTC)
    scores = next((both for survey in inputs.spec.feedback.surveys if (both := _scores(survey, answers, moment))), None)
    if scores:
        entry |= {"satisfactionBefore": scores[0], "satisfactionAfter": scores[1]}
    last = report.latest([one for one in inputs.reports if parse_time(one["spec"]["endTime"]) <= moment])
    slas = [_sla(last["spec"].get("sla") if last else None), _sla(inputs.sla)]
    if all(slas):
        entry |= {"slaBefore": slas[0], "slaAfter": slas[1]}
    return entry


def _scores(survey: Survey, answers: Answers, moment: datetime) -> tuple[str, str] | None:
    """What a survey showed before and after a moment, None where it had too few answers in one of the two."""
    period = timedelta(days=survey.period_days)
    spans = ((moment - period, moment), (moment, moment + period))
    before, after = (satisfaction.of_span(survey, answers.get(survey.name, ()), *span) for span in spans)
    if before.score is None or after.score is None:
        return None
    return before.summary, after.summary


def _sla(section: Object | None) -> str | None:
    """`99.9674%/99.9%` of the worst objective, None where nothing was measured."""
    worst = (section or {}).get("worst") or {}
    return f"{worst['sli']}%/{worst['target']}%" if "sli" in worst else None
