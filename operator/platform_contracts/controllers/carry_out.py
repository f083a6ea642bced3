"""The last step of every reconciliation: write the plan, then the status, and say so where the API server refuses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from platform_contracts.engine.apply import Applier
from platform_contracts.engine.errors import RefusedError
from platform_contracts.kube.conditions import Condition, find, render, summarise
from platform_contracts.kube.events import Event
from platform_contracts.kube.kinds import FEEDBACK, NAMESPACE, PLATFORM_CONSUMER, PLATFORM_SERVICE, Kind
from platform_contracts.kube.objects import Object
from platform_contracts.kube.plan import Plan

# Whose deletion takes along what nobody can bring back.
LASTING = (NAMESPACE, PLATFORM_CONSUMER, FEEDBACK)


async def carry_out(
    applier: Applier, kind: Kind, obj: Object, plan: Plan, now: datetime, *, service: Object | None = None
) -> None:
    """Write what `plan` says about `obj`. A refusal is written on the status, then raised for the queue's back-off.

    `service` is the PlatformService whose policies the plan follows: where something lasting goes by them, they have to
    be the ones of this moment.
    """
    if any(gone.kind in LASTING for gone in plan.deletes):
        await applier.confirm(kind, obj)
        if service is not None:
            # Its status is written often, and is not what the plan was made from.
            await applier.confirm(PLATFORM_SERVICE, service, version="generation")
    try:
        await applier.carry_out(plan)
    except RefusedError as error:
        # A plan without a status has only begun: what stood there before still holds.
        told = {**(plan.status or obj.get("status", {})), **plan.if_refused}
        status = {name: value for name, value in told.items() if value is not None}
        await _write_status(applier, kind, obj, refused(status, obj, error, now), now)
        raise
    if plan.status is None:
        return
    # Before the status says that it was: told again after a kill, it is told under the same name.
    await _tell(applier, kind, obj, [event for event in plan.events if event.once is not None], now)
    if await _write_status(applier, kind, obj, plan.status, now):
        # Only now: news of what was not written would come again.
        await _tell(applier, kind, obj, [event for event in plan.events if event.once is None], now)


async def _tell(applier: Applier, kind: Kind, obj: Object, events: Iterable[Event], now: datetime) -> None:
    for event in events:
        await applier.tell(kind, obj, event, now)


async def _write_status(applier: Applier, kind: Kind, obj: Object, status: Object, now: datetime) -> bool:
    """Write the status where it differs; where that is refused an Event has to say what no condition can."""
    try:
        return await applier.write_status(kind, obj, status)
    except RefusedError as error:
        message = (
            f"The API server refuses the status of this object ({error.reason}): {error.message[:600]}. What stands in "
            "it is old. Correct the object, or change the policy that refuses it; the operator goes on trying."
        )
        # Amounts in what it says move with each try: it is one thing that happened to this version.
        which = f"{obj['metadata']['resourceVersion']} {error.reason}"
        await applier.tell(kind, obj, Event("StatusRefused", message, warning=True, once=which), now)
        raise


def refused(status: Object, obj: Object, error: RefusedError, now: datetime) -> Object:
    """`status`, the one that was to be written with the plan, as it stands when the API server refused the plan."""
    message = (
        f"The API server refused a write ({error.reason}): {error.message[:600]}. "
        "Change the contract or the policy that forbids it; the operator goes on trying."
    )
    said = find(obj, "Stalled")
    if said and said["reason"] == "WriteRefused" and _still(said["message"]) == _still(message):
        message = said["message"]
    summary = ("WriteRefused", message)
    previous = obj.get("status", {}).get("conditions", ())
    said_of = {condition["type"] for condition in status.get("conditions", ())}
    ours = render(
        [
            *summarise(stalled=summary, ready=summary),
            *([Condition("InSync", False, *summary)] if "InSync" in said_of else []),
        ],
        previous=previous,
        generation=obj["metadata"].get("generation", 0),
        now=now,
    )
    types = {condition["type"] for condition in ours}
    others = [condition for condition in status.get("conditions", ()) if condition["type"] not in types]
    return {**status, "observedGeneration": obj["metadata"].get("generation", 0), "conditions": [*ours, *others]}


def _still(text: str) -> str:
    """A refusal without its amounts: how much of a quota is used moves, and is not worth a write at each try."""
    return re.sub(r"(?<![\w-])\d[\w.]*", "", text)
