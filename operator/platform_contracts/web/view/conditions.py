"""Conditions in plain words: what is not as it should be, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from platform_contracts.kube.objects import Object

# Each aspect that is worth a reader's time: its words, and the status that it has when all is well. Reconciling and
# Stalled say what Ready says, Met and AtRisk what the state does.
_WELL: Mapping[str, tuple[str, str]] = {
    "Ready": ("Contract", "True"),
    "SLAMet": ("SLAs", "True"),
    "ConsumersReady": ("Consumers", "True"),
    "FeedbackCurrent": ("Answers", "True"),
    "RoadmapCurrent": ("Roadmap", "True"),
    "AssessmentCurrent": ("Assessment", "True"),
    "Deprecated": ("End of the service", "False"),
    "DataFresh": ("Measuring", "True"),
    "DataComplete": ("Data", "True"),
    "FeasibleAsPromised": ("Feasibility", "True"),
    "Approved": ("Approval", "True"),
    "ConsentGiven": ("Consent", "True"),
    "QuotaWithinBudget": ("Quota", "True"),
    "InSync": ("Drift", "True"),
}


@dataclass(frozen=True, slots=True)
class Remark:
    """One aspect: what it is about, the operator's sentence, and since when it is so."""

    about: str
    message: str
    since: str


def remarks(obj: Object, *, without: frozenset[str] = frozenset()) -> list[Remark]:
    """What the conditions of an object say that is not as it should be; those that say the same say it once."""
    found: dict[str, Remark] = {}
    for condition in (obj.get("status") or {}).get("conditions") or ():
        type_ = condition["type"]
        about, well = _WELL.get(type_, ("", condition["status"]))
        if condition["status"] != well and type_ not in without:
            remark = Remark(about, condition["message"], condition["lastTransitionTime"])
            found.setdefault(condition["message"], remark)
    return list(found.values())
