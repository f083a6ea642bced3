"""What an SLA's new status tells that its last one did not: the transitions of its state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from platform_contracts.kube.events import Event
from platform_contracts.sla.budget import State


def transitions(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Sequence[Event]:
    """The event of the change from one status to the other, where the state changed.

    A new SLA has no numbers: that it is Unknown at first is nothing that happened.
    """
    was, now = (before or {}).get("state", State.UNKNOWN), after["state"]
    if was == now:
        return ()
    worst = after.get("worst", {}).get("objective")
    told = next((one.get("message", "") for one in after["objectives"] if one["name"] == worst), "")
    return (Event(str(now), f"From {was} to {now}: {after['summary']}. {told}".strip(), warning=now != State.MET),)
