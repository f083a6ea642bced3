"""What people wait for, as the cluster's objects tell it: a first answer, or all that a plan gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from platform_contracts.api.support import Severity
from platform_contracts.kube.objects import Object, created_at, parse_time


class Wait(NamedTuple):
    """Since when somebody waits, and when it was over; None: still waits."""

    since: datetime
    over: datetime | None


def for_answers(feedback: Iterable[Object], severity: Severity) -> Iterator[Wait]:
    """The requests of a severity, of which each waits for its first answer."""
    for obj in feedback:
        if obj["spec"].get("severity") == severity:
            yield Wait(created_at(obj), _time(obj, "answeredTime"))


def for_onboarding(consumers: Iterable[Object]) -> Iterator[Wait]:
    """The consumers of a service, of which each waits to be ready for the first time."""
    for obj in consumers:
        yield Wait(created_at(obj), _time(obj, "readyTime"))


def _time(obj: Object, name: str) -> datetime | None:
    text = (obj.get("status") or {}).get(name)
    return parse_time(text) if text else None
