"""Contracts as long as the schema allows: their rules cost no more than the API server spends on one object."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.kubectl import Kubectl
from platform_contracts.api import InvalidSpec, parse
from platform_contracts.api.assessment import AspectName
from platform_contracts.kube.kinds import PLATFORM_CONSUMER, PLATFORM_SERVICE, Kind
from tests.contract.conftest import Refusal, Server

# The bounds of a PlatformService. An object that has all of them is not larger than etcd takes one, with room for its
# status.
PLANS, ROLES, PAGES, ITEMS, SURVEYS, THEMES = 16, 8, 8, 24, 4, 4
APPROVALS, REASONS = 512, 8192
CONSUMERS, MEMBERS, NAMES = 200, 500, 8192
LARGEST, STATUS = 1536 * 1024, 192 * 1024
# What the next field may take.
RESERVE = 16 * 1024


def label(index: int, length: int = 63) -> str:
    """A name of this length that no other index has."""
    return f"{index:x}".rjust(length, "n")


def wide(length: int, index: int = 0) -> str:
    """A text of so many characters that is stored as long as one can be: as `\\u003c` each."""
    return f"{index:x}".rjust(length, "<")


def members(count: int, length: int = 253) -> list[dict[str, Any]]:
    """So many groups, with names of this length."""
    return [{"kind": "Group", "name": wide(length, index), "roleName": label(0)} for index in range(count)]


def listing(*entries: tuple[int, int]) -> dict[str, Any]:
    """Entries of a service with so many members, whose names are so long."""
    consumers = [
        {"name": label(index, 9), "team": "t", "planName": "small", "members": members(count, length)}
        for index, (count, length) in enumerate(entries)
    ]
    return {"onboarding": {"plans": [{"name": "small"}]}, "consumers": consumers}


def taken(server: Server, kubectl: Kubectl, kind: Kind, spec: dict[str, Any]) -> None:
    manifest = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": "largest"}, "spec": spec}
    stored = server.create(kind, manifest, dry_run=False)
    assert isinstance(stored, dict), stored
    # An update is judged against what was there, too.
    again = server.replace(kind, stored)
    assert isinstance(again, dict), again
    assert parse(kind, stored) == parse(kind, manifest)
    server.delete(kind, "largest")
    # Of what is applied on the server's side it is written down who manages each field.
    applied = json.loads(kubectl("apply", "--server-side", "-o", "json", "-f", "-", stdin=json.dumps(manifest)).stdout)
    assert parse(kind, applied) == parse(kind, manifest)
    stored_as = kubectl("get", "--raw", f"/apis/{kind.api_version}/namespaces/default/{kind.plural}/largest").stdout
    assert "managedFields" in stored_as
    assert len(stored_as) < LARGEST - STATUS - RESERVE
    server.delete(kind, "largest")


def test_the_largest_service(server: Server, kubectl: Kubectl) -> None:
    # No amount of cpu or memory, which would ask for defaults; with those that are counted the names are longest.
    quota = {f"count/{label(index)}.{label(0)}.example.com": "1" * 15 for index in range(32)}
    roles = [{"name": label(index), "clusterRoleName": "r" * 253} for index in range(ROLES)]
    plans = [
        {"name": label(index), "quota": quota, "roles": roles, "maxNamespaces": 16, "slaRef": {"name": label(0)}}
        for index in range(PLANS)
    ]
    decision = {"namespace": label(0), "decision": "Approved", "namespaceUID": "0b6f4c9e-3f0a-4d52-9a6e-5d1c2f7b8a90"}
    approvals = [{**decision, "name": label(index), "reason": wide(REASONS // APPROVALS)} for index in range(APPROVALS)]
    consumers = [
        {
            "name": label(index, 55),
            "team": wide(63),
            "planName": label(PLANS - 1),
            # As many as there may be in all, in the first entries.
            "members": members(20, NAMES // MEMBERS) if index < MEMBERS // 20 else [],
            "environments": [label(index) for index in range(16)],
        }
        for index in range(CONSUMERS)
    ]
    url = "https://example.com/".ljust(2048, "&")
    item = {
        "title": wide(64),
        "state": "InProgress",
        "targetDate": "2027-06-30",
        "shippedDate": "2027-06-30",
        "themes": [label(index) for index in range(THEMES)],
        "improves": "Responsiveness",
        "rice": {"reach": 1000000, "impact": "Massive", "confidencePercent": 100, "effortMonths": "9999.99"},
        "wsjf": {"value": 100, "urgency": 100, "riskReduction": 100, "jobSize": 100},
    }
    aspects = [
        {"name": name.value, "level": 1, "targetLevel": 2, "assessedDate": "2027-03-31", "evidenceURL": url[:128]}
        for name in AspectName
    ]
    contacts = [{"name": label(index), "type": "OnCall", "value": wide(256)} for index in range(16)]
    spec = {
        "displayName": wide(128),
        "description": wide(4096),
        "owner": {"team": wide(63), "productManager": wide(253), "contacts": contacts},
        "users": [{"name": label(index), "persona": "Developer", "needs": wide(768)} for index in range(16)],
        "links": [{"name": label(index), "type": "Docs", "url": url} for index in range(PAGES)],
        "feedback": {
            "retentionDays": 3660,
            "acknowledgeWithinDays": 366,
            "channels": [{"name": label(index), "type": "Survey", "url": url[:512]} for index in range(PAGES)],
            "surveys": [
                {"name": label(index), "instrument": "UMUXLite", "target": "100.0"} for index in range(SURVEYS)
            ],
        },
        "assessment": {"aspects": aspects},
        "roadmap": {"items": [{**item, "name": label(index)} for index in range(ITEMS)]},
        "onboarding": {"approval": "Manual", "approvals": approvals, "plans": plans},
        "consumers": consumers,
    }
    taken(server, kubectl, PLATFORM_SERVICE, spec)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (
            {
                "onboarding": {
                    "approvals": [
                        {"namespace": "a", "name": label(index), "decision": "Approved", "reason": "r" * 512}
                        for index in range(REASONS // 512 + 1)
                    ]
                }
            },
            "reasons of all decisions together must be at most 8192 characters",
        ),
        (listing(*[(20, 9)] * (MEMBERS // 20), (1, 9)), "members of all consumers together must be at most 500 with"),
        (listing((20, 253), (13, 253)), "at most 500 with names of 8192 characters in all"),
    ],
)
def test_what_no_single_list_bounds_is_refused_before_it_is_too_large(
    server: Server, spec: dict[str, Any], says: str
) -> None:
    whole = {"owner": {"team": "t"}, **spec}
    manifest = {"apiVersion": "platformcontracts.io/v1alpha1", "kind": "PlatformService", "metadata": {"name": "large"}}
    refusal = server.create(PLATFORM_SERVICE, {**manifest, "spec": whole})
    assert isinstance(refusal, Refusal)
    assert says in refusal.message
    with pytest.raises(InvalidSpec, match=says):
        parse(PLATFORM_SERVICE, {**manifest, "spec": whole})


def test_the_largest_consumer(server: Server, kubectl: Kubectl) -> None:
    namespaces = [
        {"name": label(index), "environment": label(index), "source": "Adopt", "sharePercent": 6} for index in range(16)
    ]
    spec = {
        "serviceRef": {"namespace": label(0), "name": label(0)},
        "planName": label(0),
        "members": members(64),
        "namespaces": namespaces,
    }
    taken(server, kubectl, PLATFORM_CONSUMER, spec)
