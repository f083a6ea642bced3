"""The status of a PlatformConsumer."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from platform_contracts.kube import conditions
from platform_contracts.kube.conditions import Condition
from platform_contracts.kube.objects import Object, format_time
from platform_contracts.onboarding import feedback
from platform_contracts.onboarding.inputs import ConsumerInputs
from platform_contracts.onboarding.problem import Problem

# As many entries as the schema has room for, with the namespace that is asked for.
_MAX_LEFT = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a consumer stands once its plan has been carried out; what is None stays as the last status has it."""

    stalled: Problem | None = None
    progressing: Problem | None = None
    approved: Condition | None = None
    plan: str | None = None
    # The namespace that is asked for, its UID where it is there, and how it stands.
    namespace: str | None = None
    uid: str | None = None
    state: str = ""
    # None: nothing is compared.
    in_sync: bool | None = None
    objects: int = 0
    # Namespaces that the consumer holds without asking for them: (name, UID).
    left: tuple[tuple[str, str], ...] = ()
    # When the live objects were made, by the API server's clock: what a lost status is rebuilt from.
    approved_time: str | None = None
    ready_time: str | None = None

    def with_(self, **changes: Any) -> Outcome:
        """A copy with other values."""
        return dataclasses.replace(self, **changes)


def render(inputs: ConsumerInputs, outcome: Outcome) -> Object:
    """The complete status; an unchanged outcome renders as what is there to the last bit."""
    consumer = inputs.consumer
    metadata, before = consumer["metadata"], consumer.get("status") or {}
    approved = outcome.approved or _unchanged(consumer, "Approved")
    now = format_time(inputs.now)
    ready = outcome.stalled is None and outcome.progressing is None
    entries = _namespaces(outcome) if outcome.namespace else before.get("namespaces")
    status: Object = {
        "observedGeneration": metadata["generation"],
        "conditions": conditions.render(
            [
                *conditions.summarise(
                    stalled=outcome.stalled,
                    progressing=outcome.progressing,
                    ready=("Onboarded", _ready_message(inputs, outcome)),
                ),
                approved,
                _in_sync(outcome),
            ],
            previous=before.get("conditions") or (),
            generation=metadata["generation"],
            now=inputs.now,
        ),
        "plan": outcome.plan or before.get("plan"),
        "namespaces": entries,
        "summary": _summary(entries),
        "requestedTime": metadata["creationTimestamp"],
        "approvedTime": before.get("approvedTime") or ((outcome.approved_time or now) if approved.status else None),
        "readyTime": before.get("readyTime") or ((outcome.ready_time or now) if ready else None),
        # What is the service's own is for those whom it let in: anybody may write a consumer that names it.
        "sla": inputs.sla if approved.status else None,
        "feedback": feedback.section(inputs.service_spec, inputs.guardrails) if approved.status else None,
    }
    return {name: value for name, value in status.items() if value is not None}


def _unchanged(consumer: Object, type_: str) -> Condition:
    live = conditions.find(consumer, type_)
    if live is None:
        return Condition(type_, None, "NotDecided", "Nothing is decided as long as the contract cannot be followed.")
    status = {"True": True, "False": False}.get(live["status"])
    return Condition(type_, status, live["reason"], live["message"])


def _in_sync(outcome: Outcome) -> Condition:
    if outcome.in_sync:
        return Condition(
            "InSync",
            True,
            "InSync",
            f"The namespace {outcome.namespace} and the operator's {outcome.objects} objects in it are as the plan "
            f"{outcome.plan} says.",
        )
    problem = outcome.stalled or outcome.progressing
    reason, message = problem or ("NotCompared", "")
    if outcome.in_sync is None:
        return Condition(
            "InSync",
            None,
            reason,
            "Nothing is compared with the plan before the object is Ready; Ready says why it is not.",
        )
    return Condition("InSync", False, reason, message)


def _ready_message(inputs: ConsumerInputs, outcome: Outcome) -> str:
    service = inputs.service["metadata"] if inputs.service else {}
    return (
        f"The namespace {outcome.namespace} is ready on the plan {outcome.plan} of "
        f"{service.get('namespace')}/{service.get('name')}."
    )


def _namespaces(outcome: Outcome) -> list[Object]:
    entry: Object = {"name": outcome.namespace, "state": outcome.state}
    if outcome.uid:
        entry["uid"] = outcome.uid
    problem = outcome.stalled or outcome.progressing
    if problem and outcome.state != "Ready":
        entry["message"] = problem.message
    left = [
        {
            "name": name,
            "uid": uid,
            "state": "Retained",
            "message": "No longer asked for: nobody has access through it, and its quota, limits and policies stay.",
        }
        for name, uid in outcome.left[:_MAX_LEFT]
    ]
    return [entry, *left]


def _summary(entries: list[Object] | None) -> str | None:
    """The column NAMESPACE: the name, and how it stands where that is not Ready."""
    if not entries:
        return None
    first = entries[0]
    return first["name"] if first["state"] == "Ready" else f"{first['name']} ({first['state']})"
