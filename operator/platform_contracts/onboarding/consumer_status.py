"""The status of a PlatformConsumer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from platform_contracts.kube import conditions
from platform_contracts.kube.conditions import Condition, Problem, is_true
from platform_contracts.kube.objects import Key, Object, format_time
from platform_contracts.onboarding import approval, claims, drift, feedback, maintenance, notices, plans
from platform_contracts.onboarding.inputs import ConsumerInputs
from platform_contracts.onboarding.resources import Amounts

# The states of namespaces that are held and no longer asked for.
RETAINED, LEAVING = LEFT = ("Retained", "Leaving")
# As many as status.namespaces has room for.
ENTRIES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a consumer stands once its plan has been carried out; what is None stays as the last status has it."""

    stalled: Problem | None = None
    progressing: Problem | None = None
    # Why it is ready, where that is no longer that everything was made.
    ready: Problem | None = None
    approved: Condition | None = None
    consent: Condition | None = None
    within_budget: Condition | None = None
    in_sync: Condition | None = None
    plan: str | None = None
    # status.namespaces: those that are asked for, then those that are held without.
    namespaces: list[Object] | None = None
    # {} where there is none.
    quota: Object | None = None
    # What others changed and the plan sets right.
    drifted: Sequence[Key] = ()
    # When the live objects were made, by the API server's clock: what a lost status is rebuilt from.
    approved_time: str | None = None
    ready_time: str | None = None


def render(inputs: ConsumerInputs, outcome: Outcome) -> tuple[Object, timedelta | None]:
    """The complete status, and when a part of it will be out of date; an unchanged outcome renders as what is there to
    the last bit."""
    consumer = inputs.consumer
    metadata, before = consumer["metadata"], consumer.get("status") or {}
    approved = outcome.approved or _unchanged(consumer, "Approved")
    asked, now = metadata["creationTimestamp"], format_time(inputs.now)
    ready = outcome.stalled is None and outcome.progressing is None
    entries = before.get("namespaces") if outcome.namespaces is None else outcome.namespaces
    drifts, forgotten = drift.section(before.get("drift"), outcome.drifted, inputs.now)
    changes = (forgotten, maintenance.next_change(inputs.windows, inputs.now))
    status: Object = {
        "observedGeneration": metadata["generation"],
        "conditions": conditions.render(
            [
                *conditions.summarise(
                    stalled=outcome.stalled,
                    progressing=outcome.progressing,
                    ready=outcome.ready or Problem("Onboarded", _ready_message(inputs, outcome)),
                ),
                approved,
                *_consent(consumer, outcome),
                outcome.within_budget or _unchanged(consumer, "QuotaWithinBudget"),
                outcome.in_sync or _not_compared(outcome),
            ],
            previous=before.get("conditions") or (),
            generation=metadata["generation"],
            now=inputs.now,
        ),
        "plan": outcome.plan or before.get("plan"),
        "namespaces": entries or None,
        "summary": _summary(entries),
        "requestedTime": asked,
        # What is older than the request was there before it.
        "approvedTime": before.get("approvedTime")
        or (max(asked, outcome.approved_time or now) if approved.status else None),
        "refusedTime": _refused_since(consumer, approved, now),
        "readyTime": before.get("readyTime") or (max(asked, outcome.ready_time or now) if ready else None),
        "quota": (before.get("quota") if outcome.quota is None else outcome.quota) or None,
        "drift": drifts,
        # What is the service's own is for those whom it let in: anybody may write a consumer that names it.
        "sla": _sla(inputs, outcome.plan or before.get("plan")) if approved.status else None,
        "notices": notices.section(inputs) if approved.status else None,
        "feedback": _feedback(inputs) if approved.status else None,
    }
    until = min((change for change in changes if change is not None), default=None)
    return {name: value for name, value in status.items() if value is not None}, until


def _refused_since(consumer: Object, approved: Condition, now: str) -> str | None:
    """status.refusedTime: nobody was refused later than it asked who neither was let in nor waited for a decision."""
    if approved.status or approved.reason == approval.AWAITING:
        return None
    since: str | None = (consumer.get("status") or {}).get("refusedTime")
    if since is not None or approved.status is None:
        return since
    waited = is_true(consumer, "Approved") or approval.awaits(consumer)
    return now if waited else str(consumer["metadata"]["creationTimestamp"])


def as_it_was(inputs: ConsumerInputs, plan: str | None, entries: Sequence[Object], quota: Object) -> Object:
    """What a plan that the API server refuses leaves as it was, for `Plan.if_refused`: the `plan` in force (None:
    by the last status), the `entries` of status.namespaces with their quotas, and status.quota."""
    before = inputs.consumer.get("status") or {}
    return {
        "plan": plan or before.get("plan"),
        "namespaces": list(entries) or None,
        "quota": quota or None,
        "readyTime": before.get("readyTime"),
        "drift": before.get("drift"),
    }


def with_quota(entry: Object, quotas: Mapping[str, Amounts]) -> Object:
    """An entry of status.namespaces with what the quota of its namespace says: as long as the namespace is known to be
    the consumer's, by this record what was in force is known when somebody else changes the quota."""
    others = {name: value for name, value in entry.items() if name != "quota"}
    hard = quotas.get(entry["name"])
    if hard is None or "uid" not in entry:
        return others
    return {**others, "quota": {resource: str(amount) for resource, amount in hard.items()}}


def listed(names: Sequence[str]) -> str:
    """Names of namespaces in a sentence."""
    return f"namespace {names[0]}" if len(names) == 1 else f"namespaces {', '.join(names[:-1])} and {names[-1]}"


def _feedback(inputs: ConsumerInputs) -> Object | None:
    """Where to say what one thinks, and what was answered."""
    links = feedback.section(inputs.service_spec, inputs.guardrails, inputs.links) or {}
    return links | ({"answers": list(inputs.answers)} if inputs.answers else {}) or None


def _unchanged(consumer: Object, type_: str) -> Condition:
    live = conditions.find(consumer, type_)
    if live is None:
        return Condition(type_, None, "NotDecided", "Nothing is decided as long as the contract cannot be followed.")
    status = {"True": True, "False": False}.get(live["status"])
    return Condition(type_, status, live["reason"], live["message"])


def _consent(consumer: Object, outcome: Outcome) -> list[Condition]:
    """The condition ConsentGiven, where a namespace is adopted."""
    if outcome.consent is None and not conditions.find(consumer, "ConsentGiven"):
        return []
    return [outcome.consent or _unchanged(consumer, "ConsentGiven")] if claims.adopting(consumer) else []


def _sla(inputs: ConsumerInputs, plan_name: str | None) -> Object | None:
    """How the SLA stands that counts on the plan, or all of the service together where it names none; and what the
    consumer itself got of it."""
    plan = plans.find(inputs.service_spec, plan_name) if inputs.service_spec else None
    named = plan.sla_ref.name if plan and plan.sla_ref else None
    copy = inputs.sla if named is None else inputs.slas.get(named)
    if copy is None:
        return None
    own = [entry for entry in inputs.attainment if named in (None, entry["sla"])]
    others = {name: value for name, value in copy.items() if name != "attainment"}
    return {**others, "attainment": own} if own else others


def _not_compared(outcome: Outcome) -> Condition:
    problem = outcome.stalled or outcome.progressing or outcome.ready
    return Condition(
        "InSync",
        None,
        problem.reason if problem else "NotCompared",
        "Nothing is compared with the plan; Ready says why it is not.",
    )


def _ready_message(inputs: ConsumerInputs, outcome: Outcome) -> str:
    service = inputs.service["metadata"] if inputs.service else {}
    names = [entry["name"] for entry in outcome.namespaces or () if entry["state"] == "Ready"]
    return (
        f"The {listed(names)} {'is' if len(names) == 1 else 'are'} ready on the plan {outcome.plan} of "
        f"{service.get('namespace')}/{service.get('name')}."
        if names
        else ""
    )


def _summary(entries: Sequence[Object] | None) -> str | None:
    """The column NAMESPACE: the first name, how many there are beside it, and how the first not Ready one stands."""
    asked = [entry for entry in entries or () if entry["state"] not in LEFT]
    if not asked:
        return None
    more = f" +{len(asked) - 1}" if len(asked) > 1 else ""
    state = next((f" ({entry['state']})" for entry in asked if entry["state"] != "Ready"), "")
    return f"{asked[0]['name']}{more}{state}"
