"""The API server's audit log: who asked for what, and how it was answered."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

# No event is longer, without the bodies of most requests.
LONGEST_LINE = 1024 * 1024
WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(frozen=True)
class Event:
    """One completed request."""

    time: datetime
    completed: datetime
    user: str
    user_agent: str
    verb: str
    group: str
    resource: str
    subresource: str
    namespace: str
    name: str
    uri: str
    code: int
    # Whether the user's rights allowed it; admission may have refused it all the same.
    authorized: bool
    # The ClusterRole of a RoleBinding that was to be created.
    cluster_role: str
    # Of a Role that was to be created, each right in it as (group, resource, verb).
    handed_on: tuple[tuple[str, str, str], ...] = ()

    @property
    def is_write(self) -> bool:
        """Whether the request asked for a change, granted or not."""
        return self.verb in WRITES

    def __str__(self) -> str:
        subresource = f"/{self.subresource}" if self.subresource else ""
        return f"{self.user} {self.verb} {self.resource}{subresource} {self.namespace}/{self.name} {self.code}"


class AuditLog:
    """Reads one control plane's audit log from a mark on."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def mark(self) -> int:
        """Where the last whole line ends now, for `events(since=...)`."""
        if not self.path.exists():
            return 0
        with self.path.open("rb") as log:
            start = max(log.seek(0, os.SEEK_END) - LONGEST_LINE, 0)
            log.seek(start)
            return start + log.read().rfind(b"\n") + 1

    def events(
        self,
        since: int = 0,
        *,
        user: str | None = None,
        verbs: Iterable[str] | None = None,
        resources: Iterable[str] | None = None,
        writes_only: bool = False,
    ) -> list[Event]:
        """Completed requests after the mark `since`, in the order of their completion.

        `user` is matched whole; `verbs` and `resources` (plural names) are those wanted, all where None.
        """
        wanted_verbs = set(verbs) if verbs is not None else None
        wanted_resources = set(resources) if resources is not None else None
        return [
            event
            for event in self.read(since)[0]
            if (user is None or event.user == user)
            and (wanted_verbs is None or event.verb in wanted_verbs)
            and (wanted_resources is None or event.resource in wanted_resources)
            and (not writes_only or event.is_write)
        ]

    def read(self, since: int = 0) -> tuple[list[Event], int]:
        """All completed requests after the mark `since`, and the mark for the next read."""
        if not self.path.exists():
            return [], since
        found = []
        with self.path.open("rb") as log:
            log.seek(since)
            for line in log:
                # The last line may be only half written.
                if not line.endswith(b"\n"):
                    break
                since += len(line)
                found.append(_parse(json.loads(line)))
        return found, since


def _parse(line: dict[str, Any]) -> Event:
    target = line.get("objectRef", {})
    written = line.get("requestObject", {})
    role = written.get("roleRef", {})
    return Event(
        time=_time(line["requestReceivedTimestamp"]),
        completed=_time(line["stageTimestamp"]),
        user=line["user"].get("username", ""),
        user_agent=line.get("userAgent", ""),
        verb=line["verb"],
        group=target.get("apiGroup", ""),
        resource=target.get("resource", ""),
        subresource=target.get("subresource", ""),
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
        uri=line["requestURI"],
        code=line.get("responseStatus", {}).get("code", 0),
        authorized=line.get("annotations", {}).get("authorization.k8s.io/decision") != "forbid",
        cluster_role=role.get("name", "") if role.get("kind") == "ClusterRole" else "",
        handed_on=tuple(
            (group, resource, verb)
            for rule in (written.get("rules", ()) if target.get("resource") == "roles" else ())
            for group in rule.get("apiGroups", ())
            for resource in rule.get("resources", ())
            for verb in rule.get("verbs", ())
        ),
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
