"""Teams serve themselves: approval, adoption of what they have, several namespaces, another plan."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from conftest import Eventually, Platform

LIMITS = {"default": {"cpu": "100m"}, "defaultRequest": {"cpu": "100m"}}
ROLES = [{"name": "developer", "clusterRoleName": "platformcontracts-developer"}]
LARGE = {
    "name": "large",
    "maxNamespaces": 4,
    "quota": {"requests.cpu": "8", "pods": "40"},
    "limits": LIMITS,
    "roles": ROLES,
}
SMALL = {**LARGE, "name": "small", "quota": {"requests.cpu": "2", "pods": "10"}}
MEMBERS = [{"kind": "Group", "name": "team-a", "roleName": "developer"}]


@pytest.fixture(scope="module")
def operator_config() -> dict[str, Any]:
    return {"logging": {"format": "console"}, "intervals": {"usageSeconds": 1}}


def offer(platform: Platform, provider: str, **onboarding: Any) -> None:
    """Apply the service with both plans."""
    platform.service(provider, onboarding={"allowedConsumers": {"from": "All"}, "plans": [LARGE, SMALL], **onboarding})


def hard(platform: Platform, namespace: str) -> dict[str, str]:
    """What the quota of a namespace says, {} where it has none."""
    quota = platform.get("resourcequota", namespace, "platform-contracts") or {"spec": {"hard": {}}}
    found: dict[str, str] = quota["spec"]["hard"]
    return found


def pods(platform: Platform, namespace: str, number: int) -> None:
    """So many pods that nobody runs, and that the API server counts all the same."""
    platform.kubectl.apply(
        *(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": f"pod-{index}", "namespace": namespace},
                "spec": {
                    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                    "containers": [
                        {
                            "name": "main",
                            "image": "example.com/main",
                            "securityContext": {
                                "allowPrivilegeEscalation": False,
                                "capabilities": {"drop": ["ALL"]},
                            },
                        }
                    ],
                },
            }
            for index in range(number)
        )
    )


def test_the_owner_of_the_service_decides_who_is_let_in(platform: Platform) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    offer(platform, provider, approval="Manual")
    namespace = platform.consumer(home, provider, members=MEMBERS)
    waiting = platform.wait("platformconsumer", home, "payments", "Ready", "False", "AwaitingApproval")
    assert "spec.onboarding.approvals" in waiting["message"], "what has to be done, and by whom"
    assert platform.get("namespace", None, namespace) is None
    platform.ready("platformservice", provider)
    entry = {"namespace": home, "name": "payments"}

    offer(platform, provider, approval="Manual", approvals=[{**entry, "decision": "Approved"}])
    consumer = platform.ready("platformconsumer", home)
    status = consumer["status"]
    assert status["requestedTime"] <= status["approvedTime"] <= status["readyTime"]

    denied = {**entry, "decision": "Denied", "reason": "Use payments-v2 instead."}
    offer(platform, provider, approval="Manual", approvals=[denied])
    said = platform.wait("platformconsumer", home, "payments", "Stalled", "True", "Denied")
    assert "Use payments-v2 instead; ask them" in said["message"]
    assert platform.all("rolebindings", namespace) == [], "nobody gets in any more"
    assert hard(platform, namespace)["pods"] == "10", "what guards stays"


def test_a_home_that_is_made_again_asks_again_where_the_decision_names_its_uid(platform: Platform) -> None:
    """The entry is copied from the condition."""
    provider, home = platform.provider(), platform.namespace("team")
    offer(platform, provider, approval="Manual")
    platform.consumer(home, provider)
    said = platform.wait("platformconsumer", home, "payments", "Ready", "False", "AwaitingApproval")["message"]
    entries = yaml.safe_load(said.partition("spec.onboarding.approvals: ")[2].removesuffix("."))
    offer(platform, provider, approval="Manual", approvals=entries)
    consumer = platform.ready("platformconsumer", home)
    assert "True/ApprovedByService" in {
        f"{condition['status']}/{condition['reason']}" for condition in consumer["status"]["conditions"]
    }
    platform.kubectl("delete", "namespace", home, "--timeout=120s")
    platform.kubectl("create", "namespace", home)
    platform.consumer(home, provider)
    again = platform.wait("platformconsumer", home, "payments", "Ready", "False", "AwaitingApproval")
    assert f"was approved in an earlier namespace {home}" in again["message"]


def test_waiting_is_visible_on_the_service(platform: Platform, eventually: Eventually) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    offer(platform, provider, approval="Manual")
    platform.consumer(home, provider, "one")
    platform.consumer(home, provider, "two")

    def figures() -> Any:
        return platform.get("platformservice", provider, "payments").get("status", {}).get("onboarding", {})

    eventually(lambda: figures().get("awaitingApproval") == 2, "both wait")
    entry = {"namespace": home, "name": "one", "decision": "Approved"}
    offer(platform, provider, approval="Manual", approvals=[entry])
    eventually(lambda: figures().get("awaitingApproval") == 1, "one waits")
    eventually(
        lambda: "leadTimeP50Seconds" in figures() and "leadTimeP90Seconds" in figures(), "the other took a while"
    )


def test_rules_that_are_in_the_way_are_missed_as_soon_as_they_are_gone(platform: Platform) -> None:
    """Of PrometheusRules and ConfigMaps only what carries the operator's marker is watched."""
    provider, home, old = platform.provider(), platform.namespace("team"), platform.namespace("reports")
    offer(platform, provider)
    planted = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "platform-contracts", "namespace": old},
        "spec": {"groups": []},
    }
    platform.kubectl.apply(planted)
    platform.kubectl("annotate", "namespace", old, f"platformcontracts.io/consent={home}/payments")
    platform.consumer(home, provider, namespaces=[{"name": old, "source": "Adopt"}])
    conflict = platform.wait("platformconsumer", home, "payments", "Stalled", "True", "ObjectConflict")
    assert f"The PrometheusRule {old}/platform-contracts exists" in conflict["message"]
    platform.kubectl("delete", "prometheusrule", "platform-contracts", "-n", old)
    platform.ready("platformconsumer", home)


def test_two_namespaces_share_the_plan_and_the_shares_can_be_moved(platform: Platform, eventually: Eventually) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    offer(platform, provider)
    dev, live = f"{home}-dev", f"{home}-live"

    def shares(one: int, other: int) -> None:
        entries = [
            {"name": dev, "environment": "dev", "sharePercent": one},
            {"name": live, "environment": "production", "sharePercent": other},
        ]
        platform.consumer(home, provider, planName="large", namespaces=entries, members=MEMBERS)

    shares(25, 75)
    consumer = platform.ready("platformconsumer", home)
    assert [entry["environment"] for entry in consumer["status"]["namespaces"]] == ["dev", "production"]
    assert (hard(platform, dev)["pods"], hard(platform, live)["pods"]) == ("10", "30")
    assert (hard(platform, dev)["requests.cpu"], hard(platform, live)["requests.cpu"]) == ("2", "6")

    shares(60, 40)
    eventually(lambda: (hard(platform, dev)["pods"], hard(platform, live)["pods"]) == ("24", "16"), "the shares move")
    assert platform.ready("platformconsumer", home)["status"]["quota"]["hard"]["pods"] == "40"


def test_what_does_not_fit_on_the_smaller_plan_is_said_before_anything_changes(
    platform: Platform, eventually: Eventually
) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    offer(platform, provider)
    namespace = platform.consumer(home, provider, planName="large", members=MEMBERS)
    platform.ready("platformconsumer", home)
    pods(platform, namespace, 12)
    eventually(
        lambda: platform.get("platformconsumer", home, "payments")["status"]["quota"]["used"].get("pods") == "12",
        "what is used is on the consumer's status",
    )
    platform.consumer(home, provider, planName="small", members=MEMBERS)
    said = platform.wait("platformconsumer", home, "payments", "QuotaWithinBudget", "False", "DoesNotFit")
    assert all(part in said["message"] for part in (namespace, "pods", "12", "10")), said["message"]
    assert platform.get("platformconsumer", home, "payments")["status"]["plan"] == "large"
    assert hard(platform, namespace)["pods"] == "40"

    platform.kubectl("delete", "pod", "pod-0", "pod-1", "pod-2", "-n", namespace, "--force", "--grace-period=0")
    platform.wait("platformconsumer", home, "payments", "Ready", "True")
    eventually(lambda: hard(platform, namespace)["pods"] == "10", "it moves by itself once it fits")
    assert platform.get("platformconsumer", home, "payments")["status"]["plan"] == "small"


def test_a_namespace_is_adopted_when_three_agree(platform: Platform, eventually: Eventually) -> None:
    provider, home, old = platform.provider(), platform.namespace("team"), platform.namespace("reports")
    offer(platform, provider)
    platform.consumer(home, provider, namespaces=[{"name": old, "source": "Adopt"}], members=MEMBERS)
    asked = platform.wait("platformconsumer", home, "payments", "Ready", "False", "AwaitingConsent")
    command = asked["message"][asked["message"].index("kubectl ") :].split()[1:]
    assert "app.kubernetes.io/managed-by" not in platform.get("namespace", None, old)["metadata"]["labels"]

    planted = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "platform-contracts", "namespace": old},
        "spec": {"hard": {"pods": "9999"}},
    }
    platform.kubectl.apply(planted)
    platform.kubectl(*command)
    conflict = platform.wait("platformconsumer", home, "payments", "Stalled", "True", "ObjectConflict")
    assert "delete or rename it" in conflict["message"]
    assert hard(platform, old) == {"pods": "9999"}, "nothing is taken over"

    gate = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "open", "namespace": old},
        "spec": {"podSelector": {}, "ingress": [{}]},
    }
    platform.kubectl.apply(gate)
    platform.kubectl("delete", "resourcequota", "platform-contracts", "-n", old)
    eventually(
        lambda: (
            f"NetworkPolicy {old}/open"
            in platform.condition("platformconsumer", home, "payments", "Stalled")["message"]
        ),
        "what opens the network is named",
    )
    platform.kubectl("delete", "networkpolicy", "open", "-n", old)
    consumer = platform.ready("platformconsumer", home)
    live = platform.get("namespace", None, old)
    assert live["metadata"]["labels"]["platformcontracts.io/adopted"] == "true"
    assert consumer["status"]["namespaces"][0]["uid"] == live["metadata"]["uid"]
    assert hard(platform, old)["pods"] == "10"
    given = next(entry for entry in consumer["status"]["conditions"] if entry["type"] == "ConsentGiven")
    assert given["status"] == "True"

    platform.service(
        provider,
        onboarding={"allowedConsumers": {"from": "All"}, "plans": [LARGE, SMALL], "deletionPolicy": "Delete"},
    )
    platform.kubectl("delete", "platformconsumer", "payments", "-n", home)
    assert platform.all("rolebindings", old) == []
    assert "deletionTimestamp" not in platform.get("namespace", None, old)["metadata"], (
        "what was adopted is not deleted"
    )


def test_those_on_a_deprecated_service_are_told_until_when_and_what_follows(
    platform: Platform, eventually: Eventually
) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    offer(platform, provider)
    platform.service(provider, "payments-v2")
    platform.consumer(home, provider)
    platform.ready("platformconsumer", home)
    ending = {
        "lifecycle": "Deprecated",
        "sunset": {"time": "2031-03-31T00:00:00Z", "successorRef": {"name": "payments-v2"}},
    }
    patch = json.dumps({"spec": ending})
    platform.kubectl("patch", "platformservice", "payments", "-n", provider, "--type=merge", "-p", patch)

    def notices() -> Any:
        return platform.get("platformconsumer", home, "payments")["status"].get("notices", ())

    eventually(lambda: [notice["type"] for notice in notices()] == ["Deprecated"], "a notice")
    assert "2031-03-31" in notices()[0]["message"]
    assert "payments-v2" in notices()[0]["message"]
    assert platform.ready("platformconsumer", home), "it goes on serving"
    platform.consumer(home, provider, "late")
    platform.wait("platformconsumer", home, "late", "Stalled", "True", "ServiceDeprecated")


def test_who_runs_something_is_active_and_who_runs_nothing_is_dormant(
    platform: Platform, eventually: Eventually
) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    offer(platform, provider)
    busy = platform.consumer(home, provider, "busy")
    platform.consumer(home, provider, "idle")
    for name in ("busy", "idle"):
        platform.ready("platformconsumer", home, name)
    pods(platform, busy, 5)

    def status() -> Any:
        return platform.get("platformservice", provider, "payments")["status"]

    eventually(
        lambda: (status()["consumers"].get("active"), status()["consumers"].get("dormant")) == (1, 1),
        "one active and one dormant",
    )
    assert status()["usage"] == {"quotaUsedPercent": 25, "activeConsumers": 1}, "5 of 20 pods are the fullest"
    quota = platform.get("platformconsumer", home, "busy")["status"]["quota"]
    assert (quota["used"]["pods"], quota["available"]["pods"], quota["summary"]) == ("5", "5", "pods 50%")
