"""What a PlatformService's status says of its users and its roadmap."""

from __future__ import annotations

from platform_contracts.kube.objects import format_time, is_deleting
from platform_contracts.product import demand, roadmap, rounds, satisfaction
from platform_contracts.product.inputs import Product, ProductInputs
from platform_contracts.product.voice import items, read
from platform_contracts.product.waiting import Waiting

_THEMES = 16


def plan(inputs: ProductInputs) -> Product:
    """The sections feedback and roadmap, and the conditions FeedbackCurrent and RoadmapCurrent.

    Linear in the number of voices. A service that asks nothing, is told nothing and promises nothing gets none of it.
    """
    spec, now = inputs.spec, inputs.now
    voices = [read(feedback) for feedback in inputs.feedback if not is_deleting(feedback)]
    named = items(spec)
    found = satisfaction.results(spec.feedback.surveys, voices, now)
    themes, themes_change = demand.themes(voices, now)
    waiting = Waiting(voices, named)
    changes = [result.until for result in found] + [themes_change]
    feedback = satisfaction.section(found, inputs.people)
    if found:
        asked_again = min(rounds.next_time(inputs.created, result.survey.period_days, now) for result in found)
        feedback["nextSurveyTime"] = format_time(asked_again)
        changes.append(asked_again)
    if themes:
        feedback["themes"] = [
            {"name": theme.name, "count": theme.count, "trend": theme.trend.value} for theme in themes[:_THEMES]
        ]
    conditions = []
    days = spec.feedback.acknowledge_within_days
    if voices or days is not None:
        feedback |= waiting.section()
    if days is not None:
        conditions.append(waiting.condition(days, inputs.namespace, now))
        changes.append(waiting.next_change(days, now))
    sections = {"feedback": feedback} if feedback else {}
    if spec.roadmap:
        asked = demand.asked_by(voices, named)
        sections["roadmap"] = roadmap.section(spec.roadmap, asked, themes, inputs.consumers, now)
        current = roadmap.condition(spec.roadmap, now)
        conditions += [current] if current else []
        changes.append(roadmap.next_change(spec.roadmap, now))
    return Product(
        sections=sections,
        conditions=conditions,
        requeue_after=min((change - now for change in changes if change is not None), default=None),
    )
