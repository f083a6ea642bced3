"""What happened to an object, as a Kubernetes Event that is told once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from platform_contracts.kube.kinds import EVENT, Kind
from platform_contracts.kube.objects import MANAGED_BY, Object, manifest, uid

# What the API takes.
NOTE_LIMIT = 1024
CONTROLLER = "platformcontracts.io/operator"


@dataclass(frozen=True, slots=True)
class Event:
    """What happened (`reason`, one CamelCase word), and what there is to know and to do (`message`).

    `warning` is for what somebody may have to see to. `once` names what happens to an object once at most, such as its
    end or the report of a period; anything else may happen again, and is told once for each version of the object that
    it happened to.
    """

    reason: str
    message: str
    warning: bool = False
    once: str | None = None


def render(event: Event, kind: Kind, obj: Mapping[str, Any], now: datetime) -> Object:
    """The Event about `obj`, in its namespace, under a name by which a repetition is recognised.

    `obj` is as it was before: two tries to tell of the same change start from the same version.
    """
    metadata = obj["metadata"]
    which = (metadata["resourceVersion"], event.message) if event.once is None else (event.once,)
    told = hashlib.sha256("\0".join((uid(obj), event.reason, *which)).encode()).hexdigest()[:16]
    return manifest(
        EVENT,
        f"{metadata['name']}.{told}",
        metadata["namespace"],
        eventTime=now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        reportingController=CONTROLLER,
        reportingInstance=MANAGED_BY,
        action=event.reason,
        reason=event.reason,
        regarding={
            "apiVersion": kind.api_version,
            "kind": kind.name,
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "uid": uid(obj),
        },
        note=event.message if len(event.message) <= NOTE_LIMIT else f"{event.message[: NOTE_LIMIT - 3]}...",
        type="Warning" if event.warning else "Normal",
    )
