"""What a report says of maintenance that was excluded afterwards: the figures with and without, and why it is so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from platform_contracts.api.sla_report import Verdict
from platform_contracts.kube.objects import format_time
from platform_contracts.sla.exclusions.exclusion import Exclusion
from platform_contracts.sla.reports.wanted import Correction, subtracted_by

# So many MaintenanceWindows are named, the others are in `exclusions`.
_NAMED = 3


def subtracted(seconds: int, full: Mapping[str, Any]) -> str:
    """What an objective comes to with what is subtracted, after the sentence about what it comes to without."""
    what = f"{seconds} s of maintenance" if seconds else "The last minutes of maintenance before the period"
    told = f" {what} were excluded afterwards: without that"
    if "sli" not in full:
        return f"{told} it would be {full['verdict']} as well."
    return f"{told} the SLI would be {full['sli']}%{_judged(full)}."


def lost(seconds: int) -> str:
    """What an objective says of what cannot be subtracted any more."""
    return (
        f" {seconds} s of maintenance that were excluded afterwards are counted here, because Prometheus has no longer "
        "what was recorded then; let it keep its data for longer."
    )


def counted_otherwise(exclusions: Sequence[Exclusion]) -> str:
    """What an objective says of what cannot be subtracted from what was counted in another way; nothing where there is
    nothing to subtract."""
    if not exclusions:
        return ""
    return (
        " Maintenance that was excluded afterwards is counted here, because the SLA has changed since in what this "
        "objective counts (its indicator, its slices of time or effective.fromTime)."
    )


def at_once(exclusions: Sequence[Exclusion], full: Mapping[str, Any]) -> str:
    """What a first report says of what it subtracts; `full` is the worst objective with all that was counted."""
    return f"{_windows(exclusions)} excluded afterwards: without that the verdict would be {_verdict(full)}."


def corrected(want: Correction, after: Mapping[str, Any], *, last: bool) -> str:
    """Why a report supersedes another, and what it changes."""
    before = want.report["spec"]
    was, now = subtracted_by(want.report), want.exclusions
    added, gone = [one for one in now if one not in was], [one for one in was if one not in now]
    why = [f"{_windows(added)} excluded afterwards"] if added else []
    why += [f"{_windows(gone)} excluded no more"] if gone else []
    if not why:
        why = ["reports of earlier periods were corrected, and with them what maxPercentPerYear leaves for this one"]
    text = f"It corrects {want.report['metadata']['name']}: {', and '.join(why)}."
    told = [_verdict({**spec["worst"], "verdict": spec["verdict"]}) for spec in (before, after)]
    text += f" {told[0]} became {told[1]}." if told[0] != told[1] else f" The verdict is {told[1]}, as before."
    if before["creditPercent"] != after["creditPercent"]:
        text += f" The credit of {before['creditPercent']}% became {after['creditPercent']}%."
    return text + (" No further correction will be written of this period." if last else "")


def _windows(exclusions: Sequence[Exclusion]) -> str:
    named = [f"{one.window} ({format_time(one.start)} to {format_time(one.end)})" for one in exclusions[:_NAMED]]
    more = len(exclusions) - len(named)
    named += [f"{more} more"] if more else []
    return f"MaintenanceWindow {' and '.join(named)} {'is' if len(exclusions) == 1 else 'are'}"


def _verdict(worst: Mapping[str, Any]) -> str:
    sli = f" at {worst['sli']}%" if "sli" in worst else ""
    return f"{worst['verdict']} ({worst.get('objective', worst.get('name'))}{sli} of {worst['target']}%)"


def _judged(full: Mapping[str, Any]) -> str:
    match Verdict(full["verdict"]):
        case Verdict.BREACHED:
            return ", a breach"
        case Verdict.MET:
            return ", and the target met"
        case Verdict.INCONCLUSIVE:
            return ", with too little to tell"
