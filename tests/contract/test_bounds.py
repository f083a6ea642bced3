"""Contracts as long as the schema allows: their rules cost no more than the API server spends on one object."""

from __future__ import annotations

from typing import Any

from platform_contracts.api import parse
from platform_contracts.kube.kinds import PLATFORM_CONSUMER, PLATFORM_SERVICE, Kind
from tests.contract.conftest import Server


def label(index: int, length: int = 63) -> str:
    """A name of this length that no other index has."""
    return f"{index:x}".rjust(length, "n")


def members(count: int, length: int = 253) -> list[dict[str, Any]]:
    """So many groups, with names of this length."""
    return [{"kind": "Group", "name": label(index, length), "roleName": label(0, 9)} for index in range(count)]


def taken(server: Server, kind: Kind, spec: dict[str, Any]) -> None:
    manifest = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": "largest"}, "spec": spec}
    stored = server.create(kind, manifest, dry_run=False)
    assert isinstance(stored, dict), stored
    # An update is judged against what was there, too.
    again = server.replace(kind, stored)
    assert isinstance(again, dict), again
    assert parse(kind, stored) == parse(kind, manifest)
    server.delete(kind, "largest")


def test_the_largest_service(server: Server) -> None:
    # No amount of cpu or memory, which would ask for defaults; with those that are counted the names are longest.
    quota = {f"count/{label(index)}.{label(0)}.example.com": "1" * 15 for index in range(32)}
    roles = [{"name": label(index), "clusterRoleName": "r" * 253} for index in range(16)]
    plans = [
        {"name": label(index), "quota": quota, "roles": roles, "maxNamespaces": 16, "slaRef": {"name": label(0)}}
        for index in range(32)
    ]
    approvals = [
        {"namespace": label(0), "name": label(index), "decision": "Denied", "reason": "r" * 64} for index in range(1024)
    ]
    environments = [label(index) for index in range(16)]
    consumers = [
        {
            "name": label(index, 50),
            "team": "t",
            "planName": label(31),
            # Longer names, like longer reasons above, would make the object larger than etcd takes one.
            "members": members(20, length=20),
            "environments": environments,
        }
        for index in range(200)
    ]
    onboarding = {"approval": "Manual", "approvals": approvals, "plans": plans}
    taken(server, PLATFORM_SERVICE, {"owner": {"team": "t"}, "onboarding": onboarding, "consumers": consumers})


def test_the_largest_consumer(server: Server) -> None:
    namespaces = [
        {"name": label(index), "environment": label(index), "source": "Adopt", "sharePercent": 6} for index in range(16)
    ]
    spec = {
        "serviceRef": {"namespace": label(0), "name": label(0)},
        "planName": label(0),
        "members": members(64),
        "namespaces": namespaces,
    }
    taken(server, PLATFORM_CONSUMER, spec)
