"""What people wait for, as the cluster's objects tell it: a first answer, or all that a plan gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from platform_contracts.api.support import Severity
from platform_contracts.kube.objects import Object, created_at, is_deleting, parse_time


class Wait(NamedTuple):
    """Since when somebody waits, and when it was over; None: still waits, or the status of the object that is `unread`
    has yet to say. Who was `refused` before the wait was over has waited for nothing, unless it was too long by then.
    """

    since: datetime
    over: datetime | None
    unread: Object | None = None
    refused: datetime | None = None


def for_answers(feedback: Iterable[Object], severity: Severity) -> Iterator[Wait]:
    """The requests of a severity, of which each waits for its first answer.

    One that was answered while the operator was down has no time of it until its Feedback has been looked at.
    """
    for obj in feedback:
        if obj["spec"].get("severity") == severity:
            over = _time(obj, "answeredTime")
            unread = over is None and bool(obj["spec"].get("triage")) and not is_deleting(obj)
            yield Wait(created_at(obj), over, obj if unread else None)


def for_onboarding(consumers: Iterable[Object]) -> Iterator[Wait]:
    """The consumers of a service, of which each waits to be ready for the first time.

    One that nobody has looked at yet, or whose status was wiped, may be ready all the same.
    """
    for obj in consumers:
        over = _time(obj, "readyTime")
        unread = over is None and not (obj.get("status") or {}).get("conditions") and not is_deleting(obj)
        yield Wait(created_at(obj), over, obj if unread else None, _time(obj, "refusedTime"))


def _time(obj: Object, name: str) -> datetime | None:
    text = (obj.get("status") or {}).get(name)
    return parse_time(text) if text else None
