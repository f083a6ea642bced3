"""What a plan grants: canonical amounts, the API server's defaults, and the network profiles."""

from __future__ import annotations

from typing import Any

import pytest

from platform_contracts.api.platform_service import ConsumerPlan, ContainerLimits, NetworkProfile
from platform_contracts.config import Guardrails
from platform_contracts.onboarding import network, resources, shares

GUARDRAILS = Guardrails(monitoring_namespaces=["monitoring"], ingress_namespaces=["ingress"])


def granted(quota: dict[str, str], **limits: dict[str, str]) -> ConsumerPlan:
    """A plan past the schema, which refuses some of these already."""
    amounts = ContainerLimits.model_construct(
        default=limits.get("default", {}), default_request=limits.get("request", {}), max=limits.get("max", {})
    )
    return ConsumerPlan.model_construct(name="small", quota=quota, limits=amounts, roles=[])


def test_a_quota_is_written_in_canonical_amounts() -> None:
    budget = shares.budget(granted({"requests.cpu": "0.5", "requests.memory": "1024Mi"}), GUARDRAILS)
    quota = resources.resource_quota(budget, "ns", {})
    assert quota["spec"] == {"hard": {"requests.cpu": "500m", "requests.memory": "1Gi", "pods": "1k"}}


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (
            {"default": {"cpu": "0.5"}},
            {"default": {"cpu": "500m"}, "defaultRequest": {"cpu": "500m"}},
        ),
        (
            {"max": {"cpu": "2"}},
            {"default": {"cpu": "2"}, "defaultRequest": {"cpu": "2"}, "max": {"cpu": "2"}},
        ),
        (
            {"max": {"cpu": "2"}, "default": {"cpu": "1"}, "request": {"cpu": "100m"}},
            {"default": {"cpu": "1"}, "defaultRequest": {"cpu": "100m"}, "max": {"cpu": "2"}},
        ),
        ({"request": {"cpu": "100m"}}, {"defaultRequest": {"cpu": "100m"}}),
        (
            {"max": {"memory": "1Gi"}, "request": {"cpu": "100m"}},
            {
                "default": {"memory": "1Gi"},
                "defaultRequest": {"cpu": "100m", "memory": "1Gi"},
                "max": {"memory": "1Gi"},
            },
        ),
    ],
)
def test_limits_have_the_api_servers_defaults(limits: Any, expected: Any) -> None:
    limit_range = resources.limit_range(granted({}, **limits), "ns", {})
    assert limit_range is not None
    assert limit_range["spec"] == {"limits": [{"type": "Container", **expected}]}


def test_a_plan_without_limits_has_no_limit_range() -> None:
    assert resources.limit_range(granted({}), "ns", {}) is None
    assert resources.limit_range(ConsumerPlan(name="small"), "ns", {}) is None


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (granted({"pods": "1.5"}), 'quota.pods: "1.5" is not a whole number of objects'),
        (granted({"count/secrets": "500m"}), "quota.count/secrets"),
        (
            granted({}, default={"example.com/gpu": "2"}, request={"example.com/gpu": "1"}),
            'example.com/gpu cannot be overcommitted; write "2" for both',
        ),
        (
            granted({}, max={"hugepages-2Mi": "4Mi"}, request={"hugepages-2Mi": "2Mi"}),
            "hugepages-2Mi cannot be overcommitted",
        ),
        (granted({"requests.ephemeral-storage": "1Gi"}), "set limits.defaultRequest.ephemeral-storage"),
        (granted({"requests.cpu": "1"}), "set limits.defaultRequest.cpu, for example"),
        (granted({"limits.memory": "1Gi"}, request={"memory": "1Mi"}), "set limits.default.memory, for example"),
    ],
)
def test_what_would_be_refused_is_said_with_its_field(plan: ConsumerPlan, says: str) -> None:
    problem = resources.problem(plan, plan.quota)
    assert problem is not None
    assert says in problem


def test_a_sound_plan_has_no_problem() -> None:
    plan = granted(
        {"cpu": "2", "limits.memory": "4Gi", "count/jobs.batch": "5", "requests.example.com/gpu": "1"},
        max={"cpu": "1"},
        default={"memory": "1Gi", "example.com/gpu": "1"},
    )
    assert resources.problem(plan, plan.quota) is None


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (NetworkProfile.ISOLATED, ["own"]),
        (NetworkProfile.SAME_CONSUMER, ["home", "other", "own"]),
        (NetworkProfile.ALLOW_SERVICE, ["home", "other", "own", "platform"]),
    ],
)
def test_each_network_profile_adds_to_the_last(profile: NetworkProfile, expected: list[str]) -> None:
    found = network.peers(profile, namespace="own", home="home", others=["other"], service_namespace="platform")
    assert found == expected


def test_a_generated_consumer_reaches_the_provider_only_where_the_plan_says_so() -> None:
    found = network.peers(
        NetworkProfile.SAME_CONSUMER, namespace="own", home=None, others=[], service_namespace="platform"
    )
    assert found == ["own"]


def selected(peer: Any) -> list[str]:
    (expression,) = peer["namespaceSelector"]["matchExpressions"]
    assert (expression["key"], expression["operator"]) == ("kubernetes.io/metadata.name", "In")
    assert set(peer) == {"namespaceSelector"}
    values: list[str] = expression["values"]
    return values


def test_nothing_passes_a_network_policy_but_what_is_named() -> None:
    spec = network.network_policy("own", ["own", "platform"], GUARDRAILS, {})["spec"]
    assert spec["podSelector"] == {}
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    ((inbound,),) = [rule["from"] for rule in spec["ingress"]]
    assert selected(inbound) == ["ingress", "monitoring", "own", "platform"]
    peers, dns = spec["egress"]
    assert selected(peers["to"][0]) == ["own", "platform"]
    assert selected(dns["to"][0]) == ["kube-system"]
    assert {(port["protocol"], port["port"]) for port in dns["ports"]} == {("UDP", 53), ("TCP", 53)}


def test_the_administrator_says_where_the_clusters_dns_runs() -> None:
    elsewhere = Guardrails(dns_namespaces=["openshift-dns"])
    _, dns = network.network_policy("own", ["own"], elsewhere, {})["spec"]["egress"]
    assert selected(dns["to"][0]) == ["openshift-dns"]
