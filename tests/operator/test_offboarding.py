"""Leaving on a real cluster, where not everything can be read at every time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Eventually, Platform

ROLE = "platform-contracts-operator"


@pytest.fixture
def blind(platform: Platform, eventually: Eventually) -> Iterator[None]:
    """An operator that may not list PersistentVolumeClaims."""
    rules = platform.get("clusterrole", None, ROLE)["rules"]

    def put(rules: object) -> None:
        platform.kubectl("patch", "clusterrole", ROLE, "--type=merge", "-p", json.dumps({"rules": rules}))

    def sees() -> bool:
        account = "system:serviceaccount:platform-contracts-system:platform-contracts"
        answer = platform.kubectl("auth", "can-i", "list", "persistentvolumeclaims", f"--as={account}", check=False)
        return bool(answer.stdout.startswith("yes"))

    assert sees()
    put([rule for rule in rules if rule.get("resources") != ["persistentvolumeclaims"]])
    try:
        eventually(lambda: not sees(), "the operator cannot see volume claims")
        yield
    finally:
        put(rules)


def onboarded(platform: Platform, policy: str) -> tuple[str, str]:
    """The home of a consumer that is Ready, and its namespace."""
    provider, home = platform.provider(), platform.namespace("team")
    role = {"name": "developer", "clusterRoleName": "platformcontracts-developer"}
    offer = {"name": "small", "roles": [role]}
    onboarding = {"allowedConsumers": {"from": "All"}, "deletionPolicy": policy, "plans": [offer]}
    platform.service(provider, onboarding=onboarding)
    members = [{"kind": "Group", "name": "team-a", "roleName": "developer"}]
    namespace = platform.consumer(home, provider, members=members)
    platform.ready("platformconsumer", home)
    assert bindings(platform, namespace)
    return home, namespace


def bindings(platform: Platform, namespace: str) -> list[dict[str, Any]]:
    return platform.all("rolebindings", namespace)


def test_who_retains_namespaces_needs_no_look_at_them(platform: Platform, blind: None) -> None:
    home, namespace = onboarded(platform, "Retain")
    platform.kubectl("delete", "platformconsumer", "payments", "-n", home, "--timeout=60s")
    assert platform.get("namespace", None, namespace) is not None
    assert bindings(platform, namespace) == []


def test_access_ends_before_anybody_looks_whether_the_namespace_may_go(
    platform: Platform, eventually: Eventually, blind: None
) -> None:
    home, namespace = onboarded(platform, "Delete")
    platform.kubectl("delete", "platformconsumer", "payments", "-n", home, "--wait=false")
    eventually(lambda: bindings(platform, namespace) == [], "access ends")
    assert platform.get("platformconsumer", home, "payments") is not None, "unseen, nothing goes"
    assert "deletionTimestamp" not in platform.get("namespace", None, namespace)["metadata"]


def test_a_namespace_left_behind_by_a_change_of_name_and_a_lost_status_is_closed(
    platform: Platform, eventually: Eventually
) -> None:
    home, namespace = onboarded(platform, "Retain")
    platform.operator.stop()
    patch = json.dumps({"spec": {"namespaces": [{"name": f"{home}-new"}]}})
    platform.kubectl("patch", "platformconsumer", "payments", "-n", home, "--type=merge", "-p", patch)
    lost = json.dumps([{"op": "remove", "path": "/status"}])
    platform.kubectl(
        "patch", "platformconsumer", "payments", "-n", home, "--subresource=status", "--type=json", "-p", lost
    )
    platform.operator.start_and_wait()
    said = platform.wait("platformconsumer", home, "payments", "Ready", "False", "BudgetExceeded")
    assert f"kubectl delete namespace {namespace}" in said["message"], "the old one holds all that the plan gives"
    eventually(lambda: bindings(platform, namespace) == [], "nobody gets in by the old name")
    platform.kubectl("delete", "namespace", namespace)
    platform.ready("platformconsumer", home)
    assert bindings(platform, f"{home}-new")
