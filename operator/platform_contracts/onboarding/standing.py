"""What the namespace of a claimed name is to a consumer.

A namespace is its UID, not its name. It is ours where the UID recorded in the PlatformConsumer's status is the live
one, whatever became of the labels; or, where none is recorded yet, where it carries the consumer's marker labels. With
the consumer's UID that is the namespace that we made just before a crash. With another UID it was kept from an earlier
consumer of the same name, and is taken up again where the home namespace is still the one of that time, by the UID that
is written on it: so contracts that are applied again, after their resource types were deleted for example, find what is
theirs. Whoever makes a new home of an old name does not get by that what somebody else left behind.
"""

from __future__ import annotations as _annotations

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Any

from platform_contracts.api import names
from platform_contracts.config import Guardrails
from platform_contracts.kube.conditions import Problem
from platform_contracts.kube.objects import (
    MANAGED_BY,
    MANAGED_BY_LABEL,
    Object,
    annotations,
    is_deleting,
    is_ours,
    labels,
    uid,
)


class Standing(Enum):
    """What the live namespace of a claimed name is to a consumer."""

    MISSING = auto()
    LOST = auto()  # missing, though its UID is recorded
    OURS = auto()
    TERMINATING = auto()
    CONSENTED = auto()  # to be adopted, and it consents
    UNCONSENTED = auto()  # to be adopted, and either it does not consent or there is none: nobody learns which
    REPLACED = auto()  # another UID than the recorded one
    KEPT = auto()  # kept from an earlier consumer of the same name in an earlier home of that name
    HELD = auto()  # another consumer's
    FOREIGN = auto()


HOLDING = (Standing.OURS, Standing.TERMINATING)


def standing(
    consumer: Object,
    name: str,
    live: Object | None,
    *,
    adopt: bool = False,
    home: Object | None,
    siblings: Sequence[Object],
    guardrails: Guardrails,
) -> Standing:
    """What `live`, the namespace called `name` or None, is to the consumer that lives in the Namespace `home`.

    `adopt`: the consumer asks for it as one that is there already.
    """
    consents = adopt and live is not None and _consents(live, consumer, home)
    found = _standing(consumer, name, live, home, siblings, guardrails, consents)
    return found if found in HOLDING or consents or not adopt else Standing.UNCONSENTED


def _standing(
    consumer: Object,
    name: str,
    live: Object | None,
    home: Object | None,
    siblings: Sequence[Object],
    guardrails: Guardrails,
    consents: bool,
) -> Standing:
    recorded = recorded_uid(consumer, name)
    if live is None:
        return Standing.LOST if recorded else Standing.MISSING
    if recorded != uid(live):
        if recorded and not consents:
            return Standing.REPLACED
        marks = labels(live)
        if any(recorded_uid(other, name) == uid(live) for other in siblings):
            return Standing.HELD
        if foreign_tenancy(live, guardrails):
            return Standing.FOREIGN
        if not is_ours(live):
            return Standing.CONSENTED if consents and not is_deleting(live) else Standing.FOREIGN
        if marks.get(names.CONSUMER_UID_LABEL) != uid(consumer):
            if not _same_name(marks, consumer):
                return Standing.HELD
            if home is None or not _of_this_home(live, home):
                return Standing.KEPT
    return Standing.TERMINATING if is_deleting(live) else Standing.OURS


def conflict(what: Standing, name: str, consumer: Object, field: str) -> Problem:
    """What to tell about a standing with which the consumer cannot go on; never whose the namespace is.

    `field` is the entry that asks for the namespace, such as spec.namespaces[0].
    """
    other = f"choose another name in {field}.name"
    match what:
        case Standing.REPLACED:
            return Problem(
                "NamespaceConflict",
                f"The namespace {name} was deleted and re-created by somebody else; {other}, or have that namespace "
                "deleted to get a new one.",
            )
        case Standing.KEPT:
            return Problem(
                "NamespaceConflict",
                f"The namespace {name} was kept from an earlier PlatformConsumer of this name, and nothing shows that "
                f"its home namespace {consumer['metadata']['namespace']} is still the one of that time; {other}, or "
                f"ask an administrator to hand it over: kubectl label namespace {name} "
                f"{names.CONSUMER_UID_LABEL}={uid(consumer)} --overwrite",
            )
        case Standing.HELD:
            return Problem("NamespaceConflict", f"The namespace {name} is held by another consumer; {other}.")
        case _:
            return Problem(
                "NamespaceConflict",
                f"The namespace {name} exists and was not made for this consumer, and nothing is taken over; {other}.",
            )


def recorded_uid(consumer: Mapping[str, Any], name: str) -> str | None:
    """The UID of the namespace as the consumer's status has it."""
    for entry in consumer.get("status", {}).get("namespaces") or ():
        if entry.get("name") == name:
            return entry.get("uid") or None
    return None


def marker(consumer: Object) -> dict[str, str]:
    """The labels by which an object is known as the consumer's."""
    metadata = consumer["metadata"]
    return {
        MANAGED_BY_LABEL: MANAGED_BY,
        names.CONSUMER_LABEL: metadata["name"],
        names.CONSUMER_NAMESPACE_LABEL: metadata["namespace"],
        names.CONSUMER_UID_LABEL: metadata["uid"],
    }


def consent(consumer: Object, home: Object | None = None) -> str:
    """What the annotation of a namespace has to say for this consumer to adopt it: `<home>/<name>`, or with a `home`
    `<home>/<name>@<UID>`, which is about that Namespace alone and nobody's who has its name later."""
    about = f"@{uid(home)}" if home is not None else ""
    return f"{consumer['metadata']['namespace']}/{consumer['metadata']['name']}{about}"


def adopted(live: Object) -> bool:
    """Whether a namespace was there before it was ours; where one of the two is lost, the other tells."""
    return labels(live).get(names.ADOPTED_LABEL) == "true" or names.CONSENT_ANNOTATION in annotations(live)


def foreign_tenancy(live: Object, guardrails: Guardrails) -> bool:
    """Whether a namespace carries another tenancy system's label."""
    marks = labels(live)
    return any(label in marks for label in guardrails.foreign_tenancy_labels)


def created(obj: Object) -> str:
    """When an object was made: the API server's times, all in UTC and whole seconds, sort as text."""
    return str(obj["metadata"]["creationTimestamp"])


def _consents(live: Object, consumer: Object, home: Object | None) -> bool:
    return annotations(live).get(names.CONSENT_ANNOTATION) in (consent(consumer), consent(consumer, home))


def _of_this_home(live: Object, home: Object) -> bool:
    """Whether a namespace was made for a consumer of that very home. One that does not say, since it comes from an
    earlier version, was if it is not older: an earlier home of the name was gone by then."""
    written = labels(live).get(names.CONSUMER_NAMESPACE_UID_LABEL)
    return written == uid(home) if written else created(home) <= created(live)


def _same_name(marks: Mapping[str, str], consumer: Object) -> bool:
    metadata = consumer["metadata"]
    return (marks.get(names.CONSUMER_NAMESPACE_LABEL), marks.get(names.CONSUMER_LABEL)) == (
        metadata["namespace"],
        metadata["name"],
    )
