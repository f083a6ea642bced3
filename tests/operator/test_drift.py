"""What others change in a consumer's namespaces: set right, counted and named; or only reported; or left alone."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Eventually, Platform

CORRECTED_SECONDS = 10.0
PLAN = {
    "name": "small",
    "quota": {"pods": "10"},
    "limits": {"default": {"cpu": "100m"}},
    "roles": [{"name": "developer", "clusterRoleName": "platformcontracts-developer"}],
}
OPEN = {"allowedConsumers": {"from": "All"}, "plans": [PLAN]}
MEMBERS = [{"kind": "Group", "name": "team-a", "roleName": "developer"}]


@pytest.fixture
def onboarded(platform: Platform) -> tuple[str, str, str]:
    """Provider, home and namespace of a consumer that is ready."""
    provider, home = platform.provider(), platform.namespace("team")
    platform.service(provider, onboarding=OPEN)
    namespace = platform.consumer(home, provider, members=MEMBERS)
    platform.ready("platformconsumer", home)
    return provider, home, namespace


def raise_quota(platform: Platform, namespace: str) -> None:
    """Somebody gives the namespace more than its plan does."""
    patch = json.dumps({"spec": {"hard": {"pods": "500"}}})
    platform.kubectl("patch", "resourcequota", "platform-contracts", "-n", namespace, "--type=merge", "-p", patch)


def hard(platform: Platform, namespace: str) -> Any:
    """How many pods the quota allows, None where there is no quota."""
    quota = platform.get("resourcequota", namespace, "platform-contracts")
    return quota and quota["spec"]["hard"]["pods"]


def drift(platform: Platform, kind: str, namespace: str) -> Any:
    """status.drift of a contract called payments."""
    return platform.get(kind, namespace, "payments")["status"].get("drift", {})


def set_policy(platform: Platform, provider: str, policy: str) -> None:
    """Set spec.reconcilePolicy."""
    platform.service(provider, onboarding=OPEN, reconcilePolicy=policy)


def test_drift_is_set_right_within_ten_seconds_counted_and_named(
    platform: Platform, eventually: Eventually, onboarded: tuple[str, str, str]
) -> None:
    provider, home, namespace = onboarded
    counted = platform.corrected("ResourceQuota"), platform.corrected("RoleBinding")
    started = time.monotonic()
    raise_quota(platform, namespace)
    eventually(lambda: hard(platform, namespace) == "10", "the quota is set right")
    # A promise of the product, and far from what it takes: a tenth of a second.
    assert time.monotonic() - started < CORRECTED_SECONDS
    eventually(lambda: drift(platform, "platformconsumer", home).get("corrected24h") == 1, "the consumer counts it")
    assert drift(platform, "platformconsumer", home)["lastObject"] == f"ResourceQuota {namespace}/platform-contracts"

    platform.kubectl("delete", "rolebinding", "--all", "-n", namespace)
    eventually(lambda: platform.all("rolebindings", namespace), "the binding is back")
    eventually(lambda: drift(platform, "platformservice", provider).get("corrected24h") == 2, "the service counts both")
    told = drift(platform, "platformservice", provider)
    assert told["lastObject"] == "RoleBinding", "which kind, and nobody's name"
    assert (platform.corrected("ResourceQuota"), platform.corrected("RoleBinding")) == (
        counted[0] + 1,
        counted[1] + 1,
    )


def test_a_changed_contract_is_no_drift(
    platform: Platform, eventually: Eventually, onboarded: tuple[str, str, str]
) -> None:
    provider, home, namespace = onboarded
    larger = {**OPEN, "plans": [{**PLAN, "quota": {"pods": "12"}}]}
    platform.service(provider, onboarding=larger)
    eventually(lambda: hard(platform, namespace) == "12", "the quota follows the plan")
    platform.consumer(home, provider, members=[])
    eventually(lambda: platform.all("rolebindings", namespace) == [], "the members are gone")
    platform.ready("platformconsumer", home)
    assert drift(platform, "platformconsumer", home) == {}


def test_observed_drift_is_reported_and_left_as_it_is(
    platform: Platform, eventually: Eventually, onboarded: tuple[str, str, str]
) -> None:
    provider, home, namespace = onboarded
    set_policy(platform, provider, "Observe")
    platform.ready("platformservice", provider)
    raise_quota(platform, namespace)
    said = platform.wait("platformconsumer", home, "payments", "InSync", "False")
    assert f"ResourceQuota {namespace}/platform-contracts" in said["message"]
    assert "Observe" in said["message"]
    assert platform.ready("platformconsumer", home), "it was onboarded and still is"
    assert hard(platform, namespace) == "500"

    set_policy(platform, provider, "Enforce")
    eventually(lambda: hard(platform, namespace) == "10", "it is set right once it is enforced again")
    platform.wait("platformconsumer", home, "payments", "InSync", "True")


def test_a_suspended_service_touches_nothing_and_holds_nobody(
    platform: Platform, eventually: Eventually, onboarded: tuple[str, str, str]
) -> None:
    provider, home, namespace = onboarded
    set_policy(platform, provider, "Suspend")
    platform.wait("platformconsumer", home, "payments", "Ready", "True", "Suspended")
    raise_quota(platform, namespace)
    late = platform.consumer(home, provider, "late")
    platform.wait("platformconsumer", home, "late", "Ready", "False", "Suspended")
    assert hard(platform, namespace) == "500"
    assert platform.get("namespace", None, late) is None

    # The finalizer holds nobody: the way out of anything that goes wrong.
    platform.kubectl("delete", "platformconsumer", "payments", "-n", home, "--timeout=60s")
    assert hard(platform, namespace) == "500"
    assert platform.all("rolebindings", namespace), "nothing is touched, access included"


def disturb_guards(platform: Platform, namespace: str) -> None:
    """Somebody with every right takes away what guards a namespace."""
    raise_quota(platform, namespace)
    platform.kubectl("delete", "networkpolicy,limitrange", "platform-contracts", "-n", namespace)
    labels = ("pod-security.kubernetes.io/enforce-", "app.kubernetes.io/managed-by-", "platformcontracts.io/plan-")
    platform.kubectl("label", "namespace", namespace, *labels)


def guarded(platform: Platform, namespace: str, pods: str) -> bool:
    """Whether all of it is there again."""
    labels = platform.get("namespace", None, namespace)["metadata"]["labels"]
    return (
        hard(platform, namespace) == pods
        and platform.get("networkpolicy", namespace, "platform-contracts") is not None
        and platform.get("limitrange", namespace, "platform-contracts") is not None
        and labels.get("pod-security.kubernetes.io/enforce") == "restricted"
        and labels.get("app.kubernetes.io/managed-by") == "platform-contracts"
        and labels.get("platformcontracts.io/plan") == "small"
    )


def test_what_guards_the_namespace_of_a_denied_consumer_is_set_right(
    platform: Platform, eventually: Eventually, onboarded: tuple[str, str, str]
) -> None:
    provider, home, namespace = onboarded
    denied = {"namespace": home, "name": "payments", "decision": "Denied", "reason": "No budget"}
    platform.service(provider, onboarding={**OPEN, "approvals": [denied]})
    platform.wait("platformconsumer", home, "payments", "Stalled", "True", "Denied")
    eventually(lambda: platform.all("rolebindings", namespace) == [], "access ends")
    disturb_guards(platform, namespace)
    eventually(lambda: guarded(platform, namespace, "10"), "everything that guards it is back")
    platform.kubectl("delete", "resourcequota", "platform-contracts", "-n", namespace)
    eventually(lambda: guarded(platform, namespace, "10"), "the quota is as it was in force")
    assert platform.all("rolebindings", namespace) == []
    eventually(
        lambda: (
            drift(platform, "platformconsumer", home).get("lastObject")
            == f"ResourceQuota {namespace}/platform-contracts"
        ),
        "it is counted",
    )
    assert "is kept as it was in force" in platform.condition("platformconsumer", home, "payments", "InSync")["message"]


def test_what_guards_a_namespace_that_is_kept_is_set_right_and_the_rest_of_the_plan_is_divided(
    platform: Platform, eventually: Eventually
) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    platform.service(provider, onboarding={**OPEN, "plans": [{**PLAN, "maxNamespaces": 2}]})
    kept, used = f"{home}-old", f"{home}-new"
    platform.consumer(home, provider, members=MEMBERS, namespaces=[{"name": kept, "sharePercent": 30}, {"name": used}])
    platform.ready("platformconsumer", home)
    platform.consumer(home, provider, members=MEMBERS, namespaces=[{"name": used}])
    consumer = platform.ready("platformconsumer", home)
    entries = consumer["status"]["namespaces"]
    assert [(entry["name"], entry["state"], entry["quota"]["pods"]) for entry in entries] == [
        (used, "Ready", "7"),
        (kept, "Retained", "3"),
    ]
    disturb_guards(platform, kept)
    eventually(lambda: guarded(platform, kept, "3"), "everything that guards it is back")
    assert hard(platform, used) == "7"
    platform.ready("platformconsumer", home)
