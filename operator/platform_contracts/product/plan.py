"""What a PlatformService's status says of its users and its roadmap, and what is reported of a closed period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from platform_contracts.api.assessment import Assessment
from platform_contracts.kube.conditions import Condition
from platform_contracts.kube.events import Event
from platform_contracts.kube.kinds import PRODUCT_REPORT
from platform_contracts.kube.objects import Object, format_time, is_deleting, parse_time
from platform_contracts.kube.plan import Apply, Delete
from platform_contracts.product import (
    assessment,
    demand,
    departures,
    expiry,
    missed,
    news,
    periods,
    report,
    roadmap,
    rounds,
    satisfaction,
    shipped,
)
from platform_contracts.product.improvements import Facts
from platform_contracts.product.inputs import Assessed, Product, ProductInputs
from platform_contracts.product.voice import items, read
from platform_contracts.product.waiting import Waiting

_THEMES = 16
# How long after consumers came or went a report that is due looks again whether more do.
_SETTLING = timedelta(seconds=10)


def plan(inputs: ProductInputs) -> Product:
    """The sections feedback, roadmap and assessment, the conditions FeedbackCurrent, RoadmapCurrent and
    AssessmentCurrent, and the ProductReport that is due.

    Linear in the number of voices. A service that asks nothing, is told nothing and promises nothing gets none of it.
    """
    return _Planning(inputs).plan()


class _Planning:
    """What is known of one service, and what follows from it."""

    def __init__(self, inputs: ProductInputs) -> None:
        self._inputs = inputs
        self._spec, self._now = inputs.spec, inputs.now
        self._heard = [(feedback, read(feedback)) for feedback in inputs.feedback if not is_deleting(feedback)]
        self._voices = [voice for _, voice in self._heard]
        self._answers = satisfaction.by_survey(self._voices)
        self._last = report.latest(inputs.reports)
        named = items(inputs.spec)
        self._results = satisfaction.results(inputs.spec.feedback.surveys, self._answers, inputs.now)
        self._themes, themes_change = demand.themes(self._voices, inputs.now)
        self._unaddressed = demand.unaddressed(self._voices, named.values(), inputs.now)
        self._waiting = Waiting(self._voices, named)
        asking = demand.asking(self._voices, named)
        self._asked_by = {name: len(speakers) for name, speakers in asking.items()}
        self._reach = {name: len(speakers & inputs.consumers) for name, speakers in asking.items()}
        self._sections: dict[str, Object] = {}
        self._conditions: list[Condition] = []
        self._events: Sequence[Event] = ()
        self._changes: list[datetime | None] = [result.until for result in self._results] + [themes_change]

    def plan(self) -> Product:
        self._feedback()
        self._roadmap()
        wanted, assessed = self._spec.assessment, self._inputs.assessment
        due = self._assess(wanted, assessed) if wanted and assessed else []
        deletes = self._expire() if assessed and assessed.writes else []
        changes = [change - self._now for change in self._changes if change is not None]
        return Product(
            sections=self._sections,
            conditions=self._conditions,
            events=self._events,
            applies=due,
            deletes=deletes,
            requeue_after=min(changes, default=None),
        )

    def _feedback(self) -> None:
        section = satisfaction.section(self._results, self._inputs.people)
        if self._results:
            created, now = self._inputs.created, self._now
            again = min(rounds.next_time(created, result.survey.period_days, now) for result in self._results)
            section["nextSurveyTime"] = format_time(again)
            self._changes.append(again)
        if self._themes:
            section["themes"] = [
                {"name": theme.name, "count": theme.count, "trend": theme.trend.value}
                for theme in self._themes[:_THEMES]
            ]
        days = self._spec.feedback.acknowledge_within_days
        total = report.total(self._last, self._voices)
        if total or days is not None:
            section |= {"total": total, **self._waiting.section()}
        if days is not None:
            self._conditions.append(self._waiting.condition(days, self._inputs.namespace, self._now))
            self._changes.append(self._waiting.next_change(days, self._now))
        if section:
            self._sections["feedback"] = section

    def _roadmap(self) -> None:
        if self._spec.roadmap is None:
            return
        section = roadmap.section(self._spec.roadmap, self._asked_by, self._unaddressed, self._reach, self._now)
        lately = shipped.section(self._spec.roadmap, self._inputs, self._answers, self._asked_by)
        self._sections["roadmap"] = section | ({"shipped": lately} if lately else {})
        current = roadmap.condition(self._spec.roadmap, self._now)
        self._conditions += [current] if current else []
        self._changes.append(roadmap.next_change(self._spec.roadmap, self._now))

    def _assess(self, wanted: Assessment, assessed: Assessed) -> list[Apply]:
        """The section and the condition; returns the report that is due."""
        inputs, now = self._inputs, self._now
        last, told = self._last, assessed.assessed
        last_time = last["spec"]["endTime"] if last else told.get("lastTime")
        last_end = parse_time(last_time) if last_time else None
        ends = periods.end(inputs.created, last_end, wanted.period_days)
        before = report.latest(one for one in inputs.reports if one is not last)
        self._events = news.assessed(told.get("report"), last, before)
        self._sections["assessment"] = assessment.section(wanted, last, told, ends)
        # What the status tells is of the time since the report that it names.
        told_left = assessed.left if last and told.get("report") == last["metadata"]["name"] else ()
        left = departures.since(last, assessed.present, told_left, now)
        lost, fewer = departures.lately(inputs.reports, left, now)
        self._sections["consumers"] = {"lost": lost, **({"left": left} if left else {})}
        self._changes.append(fewer)
        due = periods.due(inputs.created, last_end, wanted.period_days, now)
        missing = ends if due and not assessed.writes else None
        self._conditions.append(assessment.condition(wanted, last_time, ends, now, missing=missing is not None))
        self._changes.append(assessment.next_change(wanted, now, missing))
        if due is None:
            self._changes.append(ends + periods.GRACE)
            return []
        if not assessed.writes:
            return []
        if not assessed.settled:
            self._changes.append(now + _SETTLING)
            return []
        facts = self._facts(wanted, assessed, due, left)
        obj = report.build(due, inputs, facts, last, self._voices, self._asked_by, self._waiting.open)
        return [Apply(PRODUCT_REPORT, obj)]

    def _expire(self) -> Sequence[Delete]:
        if self._last is None:
            return []
        counted, until = report.questions(self._inputs.reports), report.recorded(self._last)
        heard = [
            (obj, voice)
            for obj, voice in self._heard
            # An answer that was right, and that no report has, is kept whatever the reason.
            if voice.created < until and (not voice.understood or not voice.survey or counted(voice))
        ]
        ended = parse_time(self._last["spec"]["endTime"])
        deletes, again = expiry.expire(heard, self._spec, ended, self._now)
        self._changes.append(again)
        return deletes

    def _facts(self, wanted: Assessment, assessed: Assessed, due: periods.Period, left: Sequence[Object]) -> Facts:
        spec, now = self._spec, self._now
        ahead = roadmap.ahead(spec.roadmap, self._asked_by, self._reach) if spec.roadmap else []
        days = spec.feedback.acknowledge_within_days
        return Facts(
            slas=assessed.slas,
            missed=missed.news(assessed.sla_reports, due, self._last),
            results=self._results,
            unaddressed=self._unaddressed,
            late_answers=self._waiting.overdue(days, now) if days is not None else (),
            late_items=roadmap.overdue_items(spec.roadmap, now) if spec.roadmap else (),
            sections=assessed.onboarded,
            using=assessed.using,
            pressed=assessed.pressed,
            left=left,
            assessment=wanted,
            ahead=ahead,
            now=now,
        )
