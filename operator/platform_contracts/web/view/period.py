"""One assessment of a service, as its ProductReport has it, and what became of the one before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from platform_contracts.kube.objects import Object, dig
from platform_contracts.product.report import IMPROVEMENTS
from platform_contracts.web.view.assessment import Aspect, Improvement, aspect, improvement
from platform_contracts.web.view.voices import UNITS

_MOST = 24


@dataclass(frozen=True, slots=True)
class Period:
    """A row of a service's assessments; `previous` is how much of the one before is resolved, and how much remains."""

    path: str
    start: str
    end: str
    summary: str
    previous: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Answers:
    """What the answers to one question came to; no score where they were too few."""

    survey: str
    version: int
    instrument: str
    responses: int
    score: str | None
    margin: str | None


@dataclass(frozen=True, slots=True)
class PeriodPage:
    """The whole assessment. No SLI where none was measured; `resolved` is None where the one before may not be read."""

    name: str
    namespace: str
    service: str
    row: Period
    consumers: Object
    state: str | None
    sli: str | None
    target: str | None
    voices: int
    open: int
    improvements: list[Improvement]
    new: frozenset[tuple[str, str]]
    resolved: list[Improvement] | None
    before: Period | None
    answers: list[Answers]
    themes: list[tuple[str, int]]
    shipped: list[tuple[str, str, int]]
    aspects: list[Aspect]


def periods(reports: Iterable[Object]) -> list[Period]:
    """The last assessments of a service, the youngest first."""
    return [period(one) for one in sorted(reports, key=lambda one: str(one["spec"]["endTime"]), reverse=True)[:_MOST]]


def period(report: Object) -> Period:
    """The row of one."""
    metadata, spec = report["metadata"], report["spec"]
    before = spec.get("previous")
    return Period(
        path=f"/assessments/{metadata['namespace']}/{metadata['name']}",
        start=spec["startTime"],
        end=spec["endTime"],
        summary=spec["summary"],
        previous=(before["resolved"], before["remaining"]) if before else None,
    )


def period_page(report: Object, last: Object | None) -> PeriodPage:
    """The page of a report; `last` is the one before, where the reader may read it."""
    spec, metadata = report["spec"], report["metadata"]
    improvements = [improvement(one) for one in spec.get("improvements") or ()]
    earlier = [improvement(one) for one in last["spec"].get("improvements") or ()] if last else None
    # The worst objective has no SLI where nothing was measured.
    worst = dig(spec, "sla", "worst") or {}
    return PeriodPage(
        name=metadata["name"],
        namespace=metadata["namespace"],
        service=spec["serviceName"],
        row=period(report),
        consumers=spec["consumers"],
        state=dig(spec, "sla", "state"),
        sli=worst.get("sli"),
        target=worst.get("target"),
        voices=spec["feedback"]["voices"],
        open=spec["feedback"]["open"],
        improvements=improvements,
        new=frozenset((one.area, one.about) for one in _beyond(improvements, earlier)),
        resolved=None if earlier is None else _beyond(earlier, improvements),
        before=period(last) if last else None,
        answers=[_answers(one) for one in spec["feedback"].get("surveys") or ()],
        themes=[(one["name"], one["count"]) for one in spec["feedback"].get("themes") or ()],
        shipped=[(one["name"], one["shippedDate"], one["askedBy"]) for one in spec.get("shipped") or ()],
        aspects=[aspect(one) for one in spec.get("aspects") or ()],
    )


def _beyond(some: list[Improvement], others: list[Improvement] | None) -> list[Improvement]:
    """Those that are not among the others; none where that is not known, or a report may have had no place for them."""
    if others is None or len(others) >= IMPROVEMENTS:
        return []
    there = {(one.area, one.about) for one in others}
    return [one for one in some if (one.area, one.about) not in there]


def _answers(entry: Object) -> Answers:
    unit, score = UNITS.get(entry["instrument"], ""), entry.get("score")
    return Answers(
        survey=entry["survey"],
        version=entry["questionVersion"],
        instrument=entry["instrument"],
        responses=entry["responses"],
        score=f"{score}{unit}" if score else None,
        margin=entry.get("marginOfError"),
    )
