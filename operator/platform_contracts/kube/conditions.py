"""`metav1.Condition` lists: set by type, with a transition time that moves only when the status does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from platform_contracts.kube.objects import Object, format_time

MESSAGE_LIMIT = 1024


@dataclass(frozen=True, slots=True)
class Condition:
    """What is so (`status`), why in one CamelCase word (`reason`), and what to do next (`message`).

    `status` is True, False, or None for Unknown.
    """

    type: str
    status: bool | None
    reason: str
    message: str


class Problem(NamedTuple):
    """A reason in one CamelCase word, and a sentence: what happened, why, what to do next."""

    reason: str
    message: str


def render(
    conditions: Iterable[Condition], *, previous: Iterable[Mapping[str, Any]], generation: int, now: datetime
) -> list[Object]:
    """The conditions as they go into a status.

    `previous` is the live list: where a condition's status is unchanged its `lastTransitionTime` is kept,
    so that a plan made twice is equal to the last bit.
    """
    before = {condition["type"]: condition for condition in previous}
    rendered: list[Object] = []
    for condition in conditions:
        status = {True: "True", False: "False", None: "Unknown"}[condition.status]
        old = before.get(condition.type)
        unchanged = old is not None and old.get("status") == status
        rendered.append(
            {
                "type": condition.type,
                "status": status,
                "reason": condition.reason,
                "message": condition.message[:MESSAGE_LIMIT],
                "observedGeneration": generation,
                "lastTransitionTime": old["lastTransitionTime"] if old and unchanged else format_time(now),
            }
        )
    return rendered


def find(obj: Mapping[str, Any], type_: str) -> Mapping[str, Any] | None:
    """The live condition of that type, or None."""
    for condition in obj.get("status", {}).get("conditions", ()):
        if condition.get("type") == type_:
            return dict(condition)
    return None


def is_true(obj: Mapping[str, Any], type_: str) -> bool:
    """Whether the live object has that condition with status True."""
    condition = find(obj, type_)
    return condition is not None and condition.get("status") == "True"


def summarise(
    *,
    stalled: tuple[str, str] | None = None,
    progressing: tuple[str, str] | None = None,
    ready: tuple[str, str],
) -> list[Condition]:
    """Ready, Reconciling and Stalled as kstatus reads them; each argument is (reason, message).

    `stalled` is a mistake that a person must mend, `progressing` is work or waiting that will go on by itself;
    where neither is given the object is Ready.
    """
    reason, message = stalled or progressing or ready
    return [
        Condition("Ready", stalled is None and progressing is None, reason, message),
        Condition(
            "Reconciling",
            progressing is not None and stalled is None,
            *(progressing if progressing and not stalled else (reason, "Nothing is in progress.")),
        ),
        Condition("Stalled", stalled is not None, *(stalled or (reason, "Nothing has to be mended."))),
    ]
