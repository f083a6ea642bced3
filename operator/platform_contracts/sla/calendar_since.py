"""Since when an SLA counts by its calendar: another kind of period or time zone reports what begins after the change.

What was before it was promised, and reported, by other periods: to report it once more would give credits twice. The
rule object keeps it in an annotation, as it keeps the terms.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from platform_contracts.api.calendar import CalendarWindow
from platform_contracts.api.names import CALENDAR_ANNOTATION
from platform_contracts.kube import objects
from platform_contracts.kube.objects import Object, format_time, is_ours, parse_time
from platform_contracts.sla import periods, terms


def since(window: CalendarWindow, rules: Sequence[Object], now: datetime) -> datetime | None:
    """When the calendar took the place of another window, by the SLA's live rule objects.

    None where the SLA began with it, and where there are no rules that could tell.
    """
    return _since(window, _told(rules), rules, now)


def annotation(window: CalendarWindow, rules: Sequence[Object], now: datetime) -> dict[str, str]:
    """The annotation of the rule object from now on.

    It keeps the calendar that the live `rules` had before as well: to take a change back is to have changed nothing.
    """
    told = _told(rules)
    began, before = _since(window, told, rules, now), None
    if told is not None:
        same = told["window"] == _text(window)
        before = told["before"] if same else {"window": told["window"], "since": told["since"]}
    content = {"window": _text(window), "since": format_time(began) if began else None, "before": before}
    return {CALENDAR_ANNOTATION: json.dumps(content, sort_keys=True)}


def _since(window: CalendarWindow, told: Object | None, rules: Sequence[Object], now: datetime) -> datetime | None:
    if told is not None:
        if told["window"] == _text(window):
            return _time(told["since"])
        before = told["before"]
        # One that was taken back before any of its periods was over has reported nothing.
        if before and before["window"] == _text(window) and _still_in_its_first(told, now):
            return _time(before["since"])
        return now
    ours = [obj for obj in rules if is_ours(obj)]
    # Rules of before this annotation tell by their terms which periods they were for.
    began = any(periods.kind_of(name) is window.period for name in terms.read(terms.texts(ours)))
    return None if began or not ours else now


def _still_in_its_first(told: Object, now: datetime) -> bool:
    """Whether no period of that calendar is over since it took another's place."""
    calendar = periods.calendar(CalendarWindow.model_validate(told["window"]), now)
    since = _time(told["since"])
    return calendar is not None and since is not None and calendar.running.start <= since


def _time(text: str | None) -> datetime | None:
    return parse_time(text) if text else None


def _text(window: CalendarWindow) -> Object:
    return window.model_dump(mode="json", by_alias=True)


def _told(rules: Sequence[Object]) -> Object | None:
    """What the rule objects say; None where none says anything."""
    found = (_read(obj) for obj in rules if is_ours(obj))
    return next((content for content in found if content is not None), None)


def _read(obj: Object) -> Object | None:
    try:
        content: Any = json.loads(objects.annotations(obj).get(CALENDAR_ANNOTATION, "null"))
        before = content.get("before")
        for one in (content, before) if before else (content,):
            CalendarWindow.model_validate(one["window"])  # a ValueError where it is none
            _time(one["since"])  # likewise
        return {"window": content["window"], "since": content["since"], "before": before}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
