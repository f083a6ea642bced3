"""How messages and alerts call what an objective counts, and what they advise."""

from __future__ import annotations

from typing import NamedTuple

from platform_contracts.api.objective import Objective


class Words(NamedTuple):
    """`things` are counted, of which some `failed`; the budget is spent by `failures`. `nothing` says that none was
    there. `first` is what to do where the budget is overspent, and `spare` where little of it is left."""

    things: str
    failed: str
    failures: str
    nothing: str
    first: str = "put reliability first"
    spare: str = "put off risky changes"


_EVENTS = Words("events", "events failed", "failures", "There was no traffic")
_MINUTES = Words("minutes", "minutes were bad", "bad minutes", "There was no traffic")


def words(objective: Objective, namespace: str) -> Words:
    """The words of an objective whose SLA is in that namespace."""
    indicator = objective.indicator
    if indicator.support_response is not None:
        answer = f"answer who waits (kubectl get feedback -n {namespace} -o wide)"
        severity = indicator.support_response.severity
        return Words(
            "requests",
            "requests waited too long",
            "late answers",
            f"No request of the severity {severity} got its first answer, or waited too long for it,",
            answer,
            answer,
        )
    if indicator.onboarding_lead_time is not None:
        look = "see who waits and why (kubectl get platformconsumers -A -o wide)"
        nothing = "No consumer became ready, or waited too long for it,"
        return Words("consumers", "consumers waited too long", "late consumers", nothing, look, look)
    return _MINUTES if objective.timesliced else _EVENTS
