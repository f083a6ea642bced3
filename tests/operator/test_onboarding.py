"""Onboarding, end to end: contracts in, namespaces with everything that belongs to them out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Eventually, Platform


@pytest.fixture(scope="module")
def operator_config() -> dict[str, Any]:
    """An operator that writes all rules into one namespace."""
    return {"logging": {"format": "console"}, "rules": {"namespace": "all-rules"}}


def children(platform: Platform, namespace: str) -> dict[str, Any]:
    """What stands in a namespace under the operator's marker: kind/name to object."""
    kinds = "resourcequotas,limitranges,networkpolicies,rolebindings"
    items = platform.kubectl.get(kinds, "-n", namespace, "-l", "app.kubernetes.io/managed-by=platform-contracts")[
        "items"
    ]
    return {f"{item['kind']}/{item['metadata']['name']}": item for item in items}


def test_a_consumer_gets_its_namespace_with_quota_limits_network_and_access(platform: Platform) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    platform.service(provider)
    namespace = platform.consumer(
        home, provider, team="team-a", members=[{"kind": "Group", "name": "team-a", "roleName": "developer"}]
    )
    consumer = platform.ready("platformconsumer", home)
    live = platform.get("namespace", None, namespace)
    assert live["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert "ownerReferences" not in live["metadata"]
    [entry] = consumer["status"]["namespaces"]
    assert (entry["name"], entry["uid"], entry["state"]) == (namespace, live["metadata"]["uid"], "Ready")
    made = children(platform, namespace)
    assert {name.split("/")[0] for name in made} == {"ResourceQuota", "LimitRange", "NetworkPolicy", "RoleBinding"}
    quota = next(obj for name, obj in made.items() if name.startswith("ResourceQuota/"))
    assert quota["spec"]["hard"]["requests.cpu"] == "2"
    assert entry["quota"] == quota["spec"]["hard"]
    binding = next(obj for name, obj in made.items() if name.startswith("RoleBinding/"))
    assert binding["roleRef"]["name"] == "platformcontracts-developer"
    assert [subject["name"] for subject in binding["subjects"]] == ["team-a"]
    assert consumer["metadata"]["finalizers"] == ["platformcontracts.io/offboarding"]


def test_the_platform_team_onboards_teams_from_the_service_itself(platform: Platform, eventually: Eventually) -> None:
    provider = platform.provider()
    entry = {"name": "team-b", "team": "team-b", "planName": "small"}
    closed = {"allowedConsumers": {"from": "None"}, "plans": [_plan(platform)]}
    platform.service(provider, onboarding=closed, consumers=[entry], adoption={"targetTeams": 4})
    generated = platform.ready("platformconsumer", provider, "payments-team-b")
    assert generated["spec"]["team"] == "team-b"
    service = platform.ready("platformservice", provider)
    eventually(
        lambda: platform.get("platformservice", provider, "payments")["status"]["consumers"]["summary"] == "1/4",
        "the service counts its consumer",
    )
    assert "finalizers" not in service["metadata"]
    namespace = generated["status"]["namespaces"][0]["name"]
    assert namespace.startswith(f"{provider}-")

    platform.service(provider, onboarding=closed, consumers=[])
    eventually(
        lambda: platform.get("platformconsumer", provider, "payments-team-b") is None, "the entry's consumer goes"
    )
    assert platform.get("namespace", None, namespace) is not None, "Retain is the default"
    assert {name.split("/")[0] for name in children(platform, namespace)} == {"ResourceQuota", "NetworkPolicy"}


def _plan(platform: Platform) -> dict[str, Any]:
    return {"name": "small", "quota": {"pods": "5"}, "podSecurity": "Baseline", "network": "SameConsumer"}


@pytest.mark.parametrize(
    ("kind", "patch", "path", "expected"),
    [
        ("resourcequota", '{"spec":{"hard":{"pods":"9999"}}}', ("spec", "hard", "pods"), "20"),
        ("resourcequota", '{"spec":{"hard":{"secrets":"1"}}}', ("spec", "hard", "secrets"), None),
        ("networkpolicy", '{"spec":{"ingress":[{}]}}', ("spec", "ingress", 0, "from", 0), ...),
        ("rolebinding", '{"subjects":[]}', ("subjects", 0, "name"), "team-a"),
    ],
    ids=["quota raised", "quota key added", "network opened", "member removed"],
)
def test_drift_is_corrected(
    platform: Platform, eventually: Eventually, kind: str, patch: str, path: tuple[Any, ...], expected: Any
) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    platform.service(provider)
    members = [{"kind": "Group", "name": "team-a", "roleName": "developer"}]
    namespace = platform.consumer(home, provider, members=members)
    platform.ready("platformconsumer", home)
    name = platform.kubectl.get(kind, "-n", namespace)["items"][0]["metadata"]["name"]
    before = platform.get(kind, namespace, name)
    patched = json.loads(
        platform.kubectl("patch", kind, name, "-n", namespace, "--type=merge", "-p", patch, "-o", "json").stdout
    )
    assert _body(patched) != _body(before), "the patch changes something"
    after = before

    def corrected() -> bool:
        nonlocal after
        after = platform.get(kind, namespace, name)
        return after["metadata"]["resourceVersion"] != patched["metadata"]["resourceVersion"] and (
            _body(after) == _body(before)
        )

    eventually(corrected, f"{kind} is as it was")
    assert after["metadata"]["uid"] == before["metadata"]["uid"], "corrected, not made anew"
    value: Any = after
    for part in path:
        value = value.get(part) if isinstance(value, dict) else value[part]
    assert value is not None if expected is ... else value == expected


def _body(obj: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in obj.items() if name not in ("metadata", "status")}


def test_a_deleted_child_comes_back(platform: Platform, eventually: Eventually) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    platform.service(provider)
    namespace = platform.consumer(home, provider)
    platform.ready("platformconsumer", home)
    platform.kubectl("delete", "resourcequota,limitrange,networkpolicy", "--all", "-n", namespace)
    eventually(lambda: len(children(platform, namespace)) == 3, "quota, limits and network policy are back")


def test_labels_that_somebody_strips_from_a_namespace_come_back(platform: Platform, eventually: Eventually) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    platform.service(provider)
    namespace = platform.consumer(home, provider)
    platform.ready("platformconsumer", home)
    before = platform.get("namespace", None, namespace)["metadata"]["labels"]
    gone = [f"{name}-" for name in before if name != "kubernetes.io/metadata.name"]
    platform.kubectl("label", "namespace", namespace, *gone)
    eventually(
        lambda: platform.get("namespace", None, namespace)["metadata"]["labels"] == before, "the labels are back"
    )


def test_a_namespace_that_exists_and_is_not_ours_is_never_taken_over(platform: Platform) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    platform.service(provider)
    taken = f"{home}-payments"
    platform.kubectl("create", "namespace", taken)
    before = platform.get("namespace", None, taken)
    platform.consumer(home, provider)
    condition = platform.wait("platformconsumer", home, "payments", "Stalled", "True", "NamespaceConflict")
    assert taken in condition["message"]
    assert platform.get("namespace", None, taken) == before
    assert children(platform, taken) == {}


@pytest.mark.parametrize("name", ["kube-system", "default", "platform-contracts-system", "another-teams-space"])
def test_a_name_that_no_consumer_may_have_is_refused(platform: Platform, name: str) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    platform.service(provider)
    platform.consumer(home, provider, namespaces=[{"name": name}])
    condition = platform.wait("platformconsumer", home, "payments", "Stalled", "True")
    assert name in condition["message"]
    assert f"{home}-" in condition["message"], "the message shows a name that would do"


@pytest.mark.parametrize(("home", "name"), [("all", "rules"), ("ingress", "nginx")], ids=["rules", "trusted by all"])
def test_the_right_home_and_name_win_nothing_that_belongs_to_all(platform: Platform, home: str, name: str) -> None:
    provider = platform.provider()
    platform.kubectl("create", "namespace", home)
    platform.service(provider)
    namespace = platform.consumer(home, provider, name)
    platform.wait("platformconsumer", home, name, "Stalled", "True", "NamespaceProtected")
    assert platform.get("namespace", None, namespace) is None


def test_a_consumer_that_the_service_does_not_allow_reads_what_to_change_and_who_can(platform: Platform) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    platform.apply("PlatformService", provider, "payments", {"owner": {"team": "money"}})
    namespace = platform.consumer(home, provider)
    condition = platform.wait("platformconsumer", home, "payments", "Approved", "False")
    assert "allowedConsumers" in condition["message"]
    assert "money" in condition["message"]
    assert platform.get("namespace", None, namespace) is None
    platform.service(provider)
    platform.ready("platformconsumer", home)


def test_a_service_in_a_namespace_that_is_no_providers_does_not_count(platform: Platform) -> None:
    tenant, home = platform.namespace("tenant"), platform.namespace("team")
    platform.service(tenant)
    platform.consumer(home, tenant)
    condition = platform.wait("platformservice", tenant, "payments", "Stalled", "True")
    assert "platformcontracts.io/provider" in condition["message"]
    platform.wait("platformconsumer", home, "payments", "Stalled", "True")
    assert platform.get("namespace", None, f"{home}-payments") is None
    platform.kubectl("label", "namespace", tenant, "platformcontracts.io/provider=true")
    platform.ready("platformservice", tenant)
    platform.ready("platformconsumer", home)


def test_offboarding_keeps_the_namespace_and_everything_that_binds_it_but_no_access(
    platform: Platform, eventually: Eventually
) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    platform.service(provider)
    members = [{"kind": "Group", "name": "team-a", "roleName": "developer"}]
    namespace = platform.consumer(home, provider, members=members)
    platform.ready("platformconsumer", home)
    before = platform.get("namespace", None, namespace)
    platform.kubectl("delete", "platformconsumer", "payments", "-n", home, "--timeout=60s")
    after = platform.get("namespace", None, namespace)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    kinds = {name.split("/")[0] for name in children(platform, namespace)}
    assert kinds == {"ResourceQuota", "LimitRange", "NetworkPolicy"}


@pytest.mark.parametrize("with_claim", [False, True], ids=["empty", "with a PersistentVolumeClaim"])
def test_a_namespace_is_deleted_only_by_policy_and_only_without_volumes(
    platform: Platform, eventually: Eventually, with_claim: bool
) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    onboarding = {"allowedConsumers": {"from": "All"}, "deletionPolicy": "Delete", "plans": [_plan(platform)]}
    platform.service(provider, onboarding=onboarding)
    namespace = platform.consumer(home, provider)
    platform.ready("platformconsumer", home)
    if with_claim:
        platform.kubectl.apply(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": "data", "namespace": namespace},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
            }
        )
    platform.kubectl("delete", "platformconsumer", "payments", "-n", home, "--timeout=60s")
    if with_claim:
        assert "deletionTimestamp" not in platform.get("namespace", None, namespace)["metadata"]
    else:
        eventually(lambda: platform.get("namespace", None, namespace) is None, "the namespace goes")


def test_deleting_the_service_takes_nothing_from_its_consumers(platform: Platform) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    platform.service(provider)
    namespace = platform.consumer(home, provider)
    platform.ready("platformconsumer", home)
    before = children(platform, namespace)
    platform.kubectl("delete", "platformservice", "payments", "-n", provider)
    platform.wait("platformconsumer", home, "payments", "Stalled", "True", "ServiceNotFound")
    assert children(platform, namespace) == before


def test_a_refusal_by_the_cluster_is_said_on_the_status(
    platform: Platform, eventually: Callable[[Callable[[], object], str], None]
) -> None:
    """Here a ValidatingAdmissionPolicy of the cluster's own forbids the namespace."""
    provider, home = platform.provider(), platform.namespace("team")
    forbidden = f"{home}-payments"
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": home},
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["namespaces"]}
                ]
            },
            "validations": [
                {"expression": f"object.metadata.name != '{forbidden}'", "message": "names need a cost centre"}
            ],
        },
    }
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": home},
        "spec": {"policyName": home, "validationActions": ["Deny"]},
    }
    platform.kubectl.apply(policy, binding)
    probe = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": forbidden}}
    eventually(
        lambda: platform.kubectl("create", "--dry-run=server", "-f", "-", stdin=_json(probe), check=False).returncode,
        "the policy is in force",
    )
    platform.service(provider)
    platform.consumer(home, provider)
    condition = platform.wait("platformconsumer", home, "payments", "Stalled", "True", "WriteRefused")
    assert "names need a cost centre" in condition["message"]
    platform.kubectl("delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", home)
    platform.ready("platformconsumer", home)


def _json(obj: dict[str, Any]) -> str:
    return json.dumps(obj)


def test_a_name_is_free_once_the_nearer_home_is_gone(platform: Platform) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    platform.service(provider)
    nearer = f"{home}-a"
    platform.kubectl("create", "namespace", nearer)
    platform.consumer(home, provider, "a-payments")
    platform.wait("platformconsumer", home, "a-payments", "Stalled", "True", "NamespaceNameNotAllowed")
    platform.kubectl("delete", "namespace", nearer, "--wait=false")
    platform.ready("platformconsumer", home, "a-payments")
