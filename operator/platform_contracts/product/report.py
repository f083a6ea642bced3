"""The report of one closed period of a service, as the object that is written once and never again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from platform_contracts.api.names import SERVICE_LABEL
from platform_contracts.api.roadmap import ItemState
from platform_contracts.kube.kinds import PRODUCT_REPORT
from platform_contracts.kube.objects import (
    MANAGED_BY,
    MANAGED_BY_LABEL,
    Object,
    created_at,
    format_time,
    manifest,
    parse_time,
)
from platform_contracts.product import improvements, tally
from platform_contracts.product.demand import PERIOD
from platform_contracts.product.departures import short
from platform_contracts.product.improvements import Facts
from platform_contracts.product.inputs import ProductInputs
from platform_contracts.product.periods import Period
from platform_contracts.product.voice import Voice

# Places for what is to be improved, the first by rank.
IMPROVEMENTS = 32
_KNOWN = 2000


def latest(reports: Iterable[Object]) -> Object | None:
    """The report of the period that ended last."""
    return max(reports, key=lambda report: parse_time(report["spec"]["endTime"]), default=None)


def recorded(last: Object) -> datetime:
    """Until when the last report counts what was said: not beyond the moment at which it was written, which an operator
    whose clock is ahead takes for a later one."""
    return min(parse_time(last["spec"]["endTime"]), created_at(last))


def questions(reports: Iterable[Object]) -> Callable[[Voice], bool]:
    """Whether a report counts the answers of a voice's time to its question."""
    spans = [
        (
            parse_time(report["spec"]["startTime"]),
            parse_time(report["spec"]["endTime"]),
            {(one["survey"], one["questionVersion"]) for one in report["spec"]["feedback"].get("surveys") or ()},
        )
        for report in reports
    ]

    def counted(voice: Voice) -> bool:
        return any(
            start <= voice.created < end and (voice.survey, voice.version) in asked for start, end, asked in spans
        )

    return counted


def total(last: Object | None, voices: Sequence[Voice]) -> int:
    """How many voices there ever were: those on record in the last report, and the live ones that are younger."""
    if last is None:
        return len(voices)
    until = recorded(last)
    return int(last["spec"]["feedback"]["total"]) + sum(voice.created >= until for voice in voices)


def build(
    period: Period,
    inputs: ProductInputs,
    facts: Facts,
    last: Object | None,
    voices: Sequence[Voice],
    asked_by: Mapping[str, int],
    open_: int,
) -> Object:
    """The ProductReport of a period that is over; `last` is the one before."""
    found = improvements.find(facts)
    consumers = facts.section("consumers")
    spec: Object = {
        "serviceName": inputs.name,
        "serviceUID": inputs.uid,
        "startTime": format_time(period.start),
        "endTime": format_time(period.end),
        "summary": summary(found),
        "consumers": {
            "ready": consumers["ready"],
            "active": consumers["active"],
            "dormant": consumers["dormant"],
            "lost": facts.lost,
            **({"left": list(facts.left)} if facts.left else {}),
            **({"adoptionPercent": consumers["adoptionPercent"]} if "adoptionPercent" in consumers else {}),
            **({"known": sorted(short(uid) for uid in facts.using)[:_KNOWN]} if facts.using else {}),
        },
        "feedback": tally.feedback(
            period._replace(start=recorded(last)) if last else period,
            voices,
            inputs.spec.feedback.surveys,
            _min_responses(inputs.reports),
            before=(
                last["spec"]["feedback"]["total"] if last else sum(voice.created < period.start for voice in voices)
            ),
            open_=open_,
        ),
        "shipped": _shipped(period, inputs, asked_by),
        "aspects": [
            aspect.model_dump(mode="json", by_alias=True, exclude_none=True) for aspect in facts.assessment.aspects
        ],
        "improvements": found[:IMPROVEMENTS],
    }
    if inputs.sla and "state" in inputs.sla:
        spec["sla"] = {name: inputs.sla[name] for name in ("state", "summary", "worst") if name in inputs.sla}
    if last:
        spec["previous"] = _previous(last, found)
    return manifest(
        PRODUCT_REPORT,
        f"{inputs.name}-{period.end:%Y-%m-%d}",
        inputs.namespace,
        labels={MANAGED_BY_LABEL: MANAGED_BY, SERVICE_LABEL: inputs.name},
        spec={name: value for name, value in spec.items() if value not in ([], None)},
    )


def summary(found: Sequence[Object]) -> str:
    """For the table: the areas that matter most, and how much else there is."""
    areas = list(dict.fromkeys(f"{one['area']} ({one['severity']})" for one in found))
    more = f" and {len(areas) - 3} more" if len(areas) > 3 else ""
    return ", ".join(areas[:3]) + more if areas else "Nothing"


def _min_responses(reports: Sequence[Object]) -> dict[str, int]:
    """From how many answers on each survey showed, by the last report that has it."""
    return {
        one["survey"]: one["minResponses"]
        for report in sorted(reports, key=lambda report: parse_time(report["spec"]["endTime"]))
        for one in report["spec"]["feedback"].get("surveys") or ()
        if "minResponses" in one
    }


def _previous(last: Object, found: Sequence[Object]) -> Object:
    now = {(one["area"], one["about"]) for one in found}
    before = {(one["area"], one["about"]) for one in last["spec"].get("improvements") or ()}
    return {"time": last["spec"]["endTime"], "resolved": len(before - now), "remaining": len(before & now)}


def _shipped(period: Period, inputs: ProductInputs, asked_by: Mapping[str, int]) -> list[Object]:
    """What was shipped, also what was said to be so only after the report of its day; each item once."""
    told = {one["name"] for report in inputs.reports for one in report["spec"].get("shipped") or ()}
    return [
        {"name": item.name, "shippedDate": str(item.shipped_date), "askedBy": asked_by[item.name]}
        for item in (inputs.spec.roadmap.items if inputs.spec.roadmap else ())
        if item.state is ItemState.SHIPPED
        and item.shipped_date is not None
        and (period.start - PERIOD).date() <= item.shipped_date < period.end.date()
        and item.name not in told
    ]
