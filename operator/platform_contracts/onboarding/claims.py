"""The namespaces that a consumer asks for, one claim each, and why one cannot be had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from platform_contracts.api import names
from platform_contracts.api.platform_consumer import NamespaceSource, PlatformConsumerSpec
from platform_contracts.kube.conditions import Problem, find, is_true
from platform_contracts.kube.objects import Object, is_ours, labels, uid
from platform_contracts.onboarding import children, namespaces
from platform_contracts.onboarding.inputs import ConsumerInputs
from platform_contracts.onboarding.standing import HOLDING, Standing, conflict, consent, created, recorded_uid, standing

# What is new to a consumer and free for it to have.
_FREE = (Standing.MISSING, Standing.CONSENTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One namespace that a consumer asks for, and what it is to the consumer."""

    name: str
    environment: str | None
    adopt: bool
    share_percent: int | None
    # The entry that asks for it, as messages name it.
    field: str
    standing: Standing
    live: Object | None

    @property
    def held(self) -> bool:
        """Whether the consumer has it."""
        return self.standing in HOLDING

    def without(self) -> Claim:
        """The claim to a namespace that is not the consumer's, whatever its labels say."""
        return replace(self, standing=Standing.FOREIGN) if self.held else self


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a claim cannot be had: how its namespace stands in one word, and the sentence. `waits`: no mistake of
    anybody, somebody else has yet to act."""

    state: str
    problem: Problem
    waits: bool = False


def claimed_names(consumer: Mapping[str, Any]) -> list[str]:
    """The names of all namespaces that a PlatformConsumer asks for, in its order; without an entry the default one."""
    return [name for name, _ in _entries(consumer)]


def adopting(consumer: Mapping[str, Any]) -> list[str]:
    """The names of those that a PlatformConsumer asks to adopt."""
    return [name for name, adopt in _entries(consumer) if adopt]


def read(inputs: ConsumerInputs, spec: PlatformConsumerSpec) -> list[Claim]:
    """The claims of a spec, in its order."""
    home = inputs.consumer["metadata"]
    if not spec.namespaces:
        return [_claim(inputs, namespaces.default_name(home), 0)]
    return [
        _claim(
            inputs,
            entry.name,
            index,
            environment=entry.environment,
            adopt=entry.source is NamespaceSource.ADOPT,
            share_percent=entry.share_percent,
        )
        for index, entry in enumerate(spec.namespaces)
    ]


def standing_of(inputs: ConsumerInputs, name: str, *, adopt: bool = False) -> Standing:
    """What the namespace called `name` is to the consumer."""
    return standing(
        inputs.consumer,
        name,
        inputs.namespaces.get(name),
        adopt=adopt,
        home=inputs.home_namespace,
        siblings=inputs.siblings,
        guardrails=inputs.guardrails,
    )


def held(inputs: ConsumerInputs, claimed: Iterable[str]) -> list[str]:
    """The consumer's namespaces: those that are asked for, and those from before, by its status or by their labels:
    where one is lost, the other tells. Labels on what is protected tell nothing."""
    recorded = {entry["name"] for entry in inputs.consumer.get("status", {}).get("namespaces") or ()}
    marked = {
        live["metadata"]["name"]
        for live in inputs.handed_out
        if _marked(live, inputs.consumer)
        and not namespaces.protected(live["metadata"]["name"], inputs.guardrails, inputs.own_namespaces)
    }
    return sorted(name for name in {*claimed, *recorded, *marked} if standing_of(inputs, name) in HOLDING)


def taken_up(inputs: ConsumerInputs, name: str) -> bool:
    """Whether a namespace that the consumer holds was ever made its own: it is neither only kept from an earlier one of
    its name, nor only about to be adopted, with its UID on record and nothing written into it."""
    live, consumer = inputs.namespaces[name], inputs.consumer
    if labels(live).get(names.CONSUMER_UID_LABEL) == uid(consumer):
        return True
    entries = consumer.get("status", {}).get("namespaces") or ()
    return any((entry["name"], entry.get("uid")) == (name, uid(live)) and "quota" in entry for entry in entries)


def _marked(live: Object, consumer: Object) -> bool:
    """Whether a namespace's labels say that it was made for the consumer, or for an earlier one of its name on the same
    service: who leaves and comes back has what was kept, and it counts."""
    marks, reference = labels(live), consumer.get("spec", {}).get("serviceRef") or {}
    return marks.get(names.CONSUMER_UID_LABEL) == uid(consumer) or (
        marks.get(names.CONSUMER_LABEL) == consumer["metadata"]["name"]
        and marks.get(names.SERVICE_LABEL) == reference.get("name")
        and marks.get(names.SERVICE_NAMESPACE_LABEL) == reference.get("namespace")
    )


def obstacles(inputs: ConsumerInputs, claims: Sequence[Claim], *, generated: bool) -> dict[str, Obstacle]:
    """What stands in the way of each claim that cannot be had; all new ones are within the home's limit, or none is.

    A name that could never be given comes first: it is the nearer mistake, and nobody learns of namespaces that are not
    for them.
    """
    found = {claim.name: obstacle for claim in claims if (obstacle := _obstacle(inputs, claim))}
    new = [claim for claim in claims if claim.standing in _FREE and claim.name not in found]
    limit = _beyond_limit(inputs, len(new), generated=generated) if new else None
    return found | {claim.name: Obstacle("Refused", limit) for claim in new if limit}


def refused(consumer: Mapping[str, Any]) -> bool:
    """Whether its service does not let a PlatformConsumer in, or not yet."""
    approved = find(consumer, "Approved")
    return approved is not None and approved.get("status") == "False"


def in_line(consumer: Mapping[str, Any]) -> bool:
    """Whether a PlatformConsumer keeps what it asks for from those that come later: it is let in, or it is so new that
    nobody has looked at it yet. One whose service is not there, say, would keep it for good."""
    return is_true(consumer, "Approved") or not consumer.get("status", {}).get("conditions")


def _entries(consumer: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """Names of the namespaces that a stored PlatformConsumer asks for, and whether they are there already."""
    listed = consumer.get("spec", {}).get("namespaces") or [{}]
    default = namespaces.default_name(consumer["metadata"])
    return [(str(entry.get("name") or default), entry.get("source") == NamespaceSource.ADOPT) for entry in listed]


def _claim(
    inputs: ConsumerInputs,
    name: str,
    index: int,
    *,
    environment: str | None = None,
    adopt: bool = False,
    share_percent: int | None = None,
) -> Claim:
    return Claim(
        name=name,
        environment=environment,
        adopt=adopt,
        share_percent=share_percent,
        field=f"spec.namespaces[{index}]",
        standing=standing_of(inputs, name, adopt=adopt),
        live=inputs.namespaces.get(name),
    )


def _obstacle(inputs: ConsumerInputs, claim: Claim) -> Obstacle | None:
    consumer, name, what = inputs.consumer, claim.name, claim.standing
    recorded = recorded_uid(consumer, name)
    if recorded and (claim.held or what is Standing.LOST):
        # What was planted between the first look and the marker shows in the second one.
        opened = _opened(inputs, name) if claim.adopt else None
        return Obstacle("Conflict", opened) if opened else None
    home = consumer["metadata"]["namespace"]
    wrong = namespaces.check_name(
        name, home, inputs.guardrails, inputs.own_namespaces, adopt=claim.adopt, field=claim.field
    )
    if wrong:
        return Obstacle("Conflict" if what is Standing.REPLACED else "Refused", wrong)
    match what:
        case Standing.OURS | Standing.TERMINATING:
            return None
        case Standing.MISSING:
            nested = namespaces.check_new_name(name, home, inputs.guardrails, inputs.namespaces, field=claim.field)
            taken = conflict(Standing.HELD, name, consumer, claim.field) if _outranked(inputs, name) else None
            problem = nested or taken
            return Obstacle("Refused", problem) if problem else None
        case Standing.CONSENTED:
            planted = _planted(inputs, name) or _opened(inputs, name)
            return Obstacle("Conflict", planted) if planted else None
        case Standing.UNCONSENTED:
            return Obstacle("AwaitingConsent", _consent_missing(inputs, name), waits=True)
        case other:
            return Obstacle("Conflict", conflict(other, name, consumer, claim.field))


def _consent_missing(inputs: ConsumerInputs, name: str) -> Problem:
    said = consent(inputs.consumer, inputs.home_namespace)
    return Problem(
        "AwaitingConsent",
        f"The namespace {name} is adopted once it is there and says that it may be; ask somebody who may update it to "
        f"run: kubectl annotate namespace {name} {names.CONSENT_ANNOTATION}={said} --overwrite",
    )


def _planted(inputs: ConsumerInputs, name: str) -> Problem | None:
    """What already bears one of our names or our marker in a namespace that is not ours yet."""
    for kind, obj in inputs.children:
        if obj["metadata"].get("namespace") == name and children.concerns(kind, obj):
            return Problem(
                "ObjectConflict",
                f"The {kind} {name}/{obj['metadata']['name']} bears the operator's name or marker and was not made by "
                "it, and nothing is taken over; delete or rename it, and the namespace is adopted.",
            )
    return None


def _opened(inputs: ConsumerInputs, name: str) -> Problem | None:
    """What opens the network of a namespace that is about to be adopted."""
    for policy in inputs.policies_in.get(name, ()):
        return Problem(
            "ObjectConflict",
            f"The NetworkPolicy {name}/{policy} may let through what the plan's own does not, since policies add up; "
            "delete it, and the namespace is adopted with the network of its plan.",
        )
    return None


def _outranked(inputs: ConsumerInputs, name: str) -> bool:
    """Whether an elder consumer asks for the same namespace, which nobody has yet.

    One that was not let in, or that could never have the name, does not keep it from others.
    """
    return any(
        uid(other) != uid(inputs.consumer)
        and (name, False) in _entries(other)
        and in_line(other)
        and _elder(other, inputs.consumer)
        and not _could_never_have(inputs, other["metadata"]["namespace"], name)
        for other in inputs.siblings
    )


def _could_never_have(inputs: ConsumerInputs, home: str, name: str) -> bool:
    """Whether no new namespace of that name is made for a consumer in `home`."""
    return bool(
        namespaces.check_name(name, home, inputs.guardrails, inputs.own_namespaces, adopt=False, field="")
        or namespaces.check_new_name(name, home, inputs.guardrails, inputs.namespaces, field="")
    )


def _beyond_limit(inputs: ConsumerInputs, new: int, *, generated: bool) -> Problem | None:
    """Why `new` more namespaces would be too many for the consumer's home.

    Kept ones count, or namespaces could be collected by deleting consumers, and so does what is on record without our
    marker, such as one that is just being adopted. What elders still wait for comes first.
    """
    guardrails, home = inputs.guardrails, inputs.consumer["metadata"]["namespace"]
    limit, setting = (
        (guardrails.max_namespaces_per_provider, "maxNamespacesPerProvider")
        if generated
        else (guardrails.max_namespaces_per_home, "maxNamespacesPerHome")
    )
    household = [other for other in inputs.siblings if other["metadata"]["namespace"] == home]
    had = {
        (live["metadata"]["name"], labels(live).get(names.CONSUMER_UID_LABEL))
        for live in inputs.handed_out
        if is_ours(live)
    }
    had |= {
        (entry["name"], uid(other))
        for other in household
        for entry in other.get("status", {}).get("namespaces") or ()
        if (live := inputs.namespaces.get(entry["name"])) is not None
        and entry.get("uid") == uid(live)
        and not is_ours(live)
    }
    waiting = sum(
        (name, uid(other)) not in had
        for other in household
        if uid(other) != uid(inputs.consumer) and in_line(other) and _elder(other, inputs.consumer)
        for name in claimed_names(other)
    )
    if len(had) + waiting + new <= limit:
        return None
    elders = f", its elder consumers wait for {waiting} more" if waiting else ""
    many = f"{len(had)} namespace{'' if len(had) == 1 else 's'}"
    return Problem(
        "NamespaceLimit",
        f"{home} has {many} on the platform{elders}, and this consumer asks for {new}, where the administrator allows "
        f"{limit} in all; delete one that is no longer needed, or ask the administrator to raise guardrails.{setting}.",
    )


def _elder(one: Object, other: Object) -> bool:
    return (created(one), uid(one)) < (created(other), uid(other))
