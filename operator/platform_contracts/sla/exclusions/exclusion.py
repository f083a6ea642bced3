"""The times that do not count, and how a status has them.

The rule object keeps them in an annotation as well, as it keeps the terms: what the rules left out cannot be seen in
what was recorded, so a status that somebody wiped must not be all that knows of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from platform_contracts.api.names import EXCLUSIONS_ANNOTATION
from platform_contracts.api.schedule import Interval
from platform_contracts.kube import objects
from platform_contracts.kube.objects import Object, format_time, is_ours, parse_time

# After its end all that was recorded in a time has been summed up, and can be subtracted.
SETTLED = timedelta(minutes=30)
# How an annotation calls what is retroactive, and what is not.
_FORMS = {False: "leftOut", True: "subtracted"}


class Exclusion(NamedTuple):
    """A time that does not count, and the MaintenanceWindow that asked for it.

    It ends where it starts where it might have been subtracted, and there was no room in the quota.
    """

    window: str
    start: datetime
    end: datetime
    retroactive: bool

    @property
    def interval(self) -> Interval:
        """The time alone."""
        return Interval(self.start, self.end)


def known(sla: Object, rules: Iterable[Object]) -> list[Exclusion] | None:
    """What a live SLA excluded before: by its status, or by its rule objects where it is lost; None where both are."""
    status = sla.get("status") or {}
    # One that was lost, or never written, is not empty: the API server fills in a generation of -1.
    if status.get("observedGeneration", -1) >= 0:
        return read(status.get("exclusions", ()))
    for obj in rules:
        text = objects.annotations(obj).get(EXCLUSIONS_ANNOTATION)
        if text is not None and is_ours(obj):
            return _unfolded(text)
    return read(status["exclusions"]) if "exclusions" in status else None


def annotation(exclusions: Iterable[Exclusion]) -> dict[str, str]:
    """The annotation of the rule object: by window the start and the end of each time, in a short form."""
    content: dict[str, dict[str, list[str]]] = {}
    for one in exclusions:
        told = content.setdefault(one.window, {}).setdefault(_FORMS[one.retroactive], [])
        told.append(f"{format_time(one.start)}/{format_time(one.end)}")
    return {EXCLUSIONS_ANNOTATION: json.dumps(content, sort_keys=True)}


def _unfolded(text: str) -> list[Exclusion] | None:
    """What an annotation says; None where somebody has changed it, so that it cannot be read."""
    try:
        found = [
            Exclusion(str(window), parse_time(start), parse_time(end), retroactive)
            for window, told in json.loads(text).items()
            for retroactive, form in _FORMS.items()
            for start, end in (time.split("/") for time in told.get(form, ()))
        ]
    except (ValueError, TypeError, AttributeError):
        return None
    return sorted(found, key=lambda one: (one.start, one.end, one.window))


def read(entries: Iterable[Mapping[str, Any]]) -> list[Exclusion]:
    """`status.exclusions` of an SLA."""
    return [
        Exclusion(
            entry["maintenanceWindow"],
            parse_time(entry["startTime"]),
            parse_time(entry["endTime"]),
            bool(entry.get("retroactive")),
        )
        for entry in entries
    ]


def render(exclusions: Iterable[Exclusion]) -> list[Object]:
    """The same as `status.exclusions`."""
    return [
        {
            "maintenanceWindow": one.window,
            "startTime": format_time(one.start),
            "endTime": format_time(one.end),
            "retroactive": one.retroactive,
        }
        for one in exclusions
    ]
