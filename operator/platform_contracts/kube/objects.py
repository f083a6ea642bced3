"""Kubernetes objects as the JSON that they are: accessors, keys and comparison."""

from __future__ import annotations as _annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from platform_contracts.kube.kinds import Kind

Object = dict[str, Any]

MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
MANAGED_BY = "platform-contracts"


class Key(NamedTuple):
    """Where an object is: hashable, and the unit of work of the queue."""

    kind: Kind
    namespace: str | None
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


def key_of(kind: Kind, obj: Mapping[str, Any]) -> Key:
    """The key of an object of a known kind."""
    metadata = obj["metadata"]
    return Key(kind, metadata.get("namespace") if kind.namespaced else None, metadata["name"])


def manifest(
    kind: Kind,
    name: str,
    namespace: str | None = None,
    *,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    **body: Any,
) -> Object:
    """A manifest of `kind`; `body` holds the fields beside `metadata` (spec, data, subjects and so on)."""
    metadata: Object = {"name": name}
    if namespace is not None:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = dict(labels)
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata, **body}


def dig(obj: Any, *path: str) -> Any:
    """What is found by going down the path, None where it ends."""
    for part in path:
        obj = obj.get(part) if isinstance(obj, dict) else None
    return obj


def uid(obj: Mapping[str, Any]) -> str:
    """The object's UID."""
    return str(obj["metadata"]["uid"])


def labels(obj: Mapping[str, Any]) -> dict[str, str]:
    """The object's labels, empty where it has none."""
    return obj["metadata"].get("labels") or {}


def annotations(obj: Mapping[str, Any]) -> dict[str, str]:
    """The object's annotations, empty where it has none."""
    return obj["metadata"].get("annotations") or {}


def body(obj: Mapping[str, Any]) -> Object:
    """What an object says: everything but its identity, its metadata and its status."""
    return {name: obj[name] for name in obj if name not in ("apiVersion", "kind", "metadata", "status")}


def digest(obj: Mapping[str, Any]) -> str:
    """A hash of `body`: equal for equal bodies, whatever the order of their keys. What is held as a digest has it."""
    if "digest" in obj:
        return str(obj["digest"])
    return hashlib.sha256(msgspec.json.encode(body(obj), order="sorted")).hexdigest()


def is_deleting(obj: Mapping[str, Any]) -> bool:
    """Whether somebody has asked for the object's deletion."""
    return bool(obj["metadata"].get("deletionTimestamp"))


def is_ours(obj: Mapping[str, Any]) -> bool:
    """Whether the object carries the operator's marker."""
    return labels(obj).get(MANAGED_BY_LABEL) == MANAGED_BY


def created_at(obj: Mapping[str, Any]) -> datetime:
    """The object's creation time."""
    return parse_time(obj["metadata"]["creationTimestamp"])


def parse_time(text: str) -> datetime:
    """An RFC 3339 time of the API as an aware datetime; a ValueError where it is none."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment


def format_time(moment: datetime) -> str:
    """A datetime as the API writes `metav1.Time`: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
