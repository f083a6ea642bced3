"""What an SLA's new status tells that its last one did not: the transitions of its state, and of its closed periods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from platform_contracts.api.sla_report import Verdict
from platform_contracts.kube.events import Event
from platform_contracts.sla.budget import State


def transitions(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Sequence[Event]:
    """The events of the change from one status to the other: another state, and reports that were corrected.

    A new SLA has no numbers: that it is Unknown at first is nothing that happened.
    """
    return (*_state(before or {}, after), *corrections(before or {}, after))


def _state(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Event]:
    was, now = before.get("state", State.UNKNOWN), after["state"]
    if was == now:
        return
    worst = after.get("worst", {}).get("objective")
    told = next((one.get("message", "") for one in after["objectives"] if one["name"] == worst), "")
    yield Event(str(now), f"From {was} to {now}: {after['summary']}. {told}".strip(), warning=now != State.MET)


def corrections(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Event]:
    """The events of the reports that were corrected from one status to the other."""
    known = {entry["period"]: entry["report"] for entry in before.get("history", ())}
    for entry in after.get("history", ()):
        if known.get(entry["period"], entry["report"]) != entry["report"]:
            told = f"{entry['period']} has another report, {entry['report']}. {entry.get('message', '')}".strip()
            yield Event("ReportCorrected", told, warning=entry["verdict"] != Verdict.MET)
