"""deploy/: the operator's rights are its requests and no more, and contracts are written by whom they should be."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.installation import DEPLOY
from harness.kubectl import Kubectl, KubectlError
from platform_contracts import config

Rule = dict[str, list[str]]
CONTRACT: dict[str, Any] = {
    "apiVersion": "platformcontracts.io/v1alpha1",
    "kind": "PlatformService",
    "spec": {"owner": {"team": "payments"}},
}
CONSUMER: dict[str, Any] = {
    "apiVersion": "platformcontracts.io/v1alpha1",
    "kind": "PlatformConsumer",
    "spec": {"serviceRef": {"namespace": "platform", "name": "payments"}, "planName": "small"},
}
WINDOW: dict[str, Any] = {
    "apiVersion": "platformcontracts.io/v1alpha1",
    "kind": "MaintenanceWindow",
    "spec": {
        "serviceRef": {"name": "payments"},
        "startTime": "2027-03-31T22:00:00Z",
        "endTime": "2027-04-01T02:00:00Z",
        "reason": "The database is upgraded",
    },
}


@pytest.fixture
def rendered(kubectl: Kubectl) -> list[dict[str, Any]]:
    return [obj for obj in yaml.safe_load_all(kubectl("kustomize", DEPLOY).stdout) if obj]


def rules_of(rendered: list[dict[str, Any]], name: str) -> list[Rule]:
    (role,) = [obj for obj in rendered if obj["kind"] == "ClusterRole" and obj["metadata"]["name"] == name]
    rules: list[Rule] = role["rules"]
    return rules


def grants(rules: list[Rule]) -> Iterator[tuple[str, str, str]]:
    for rule in rules:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for verb in rule["verbs"]:
                    yield group, resource, verb


def test_no_role_has_a_wildcard_or_a_way_to_more_rights(rendered: list[dict[str, Any]]) -> None:
    for role in rendered:
        if role["kind"] in ("ClusterRole", "Role"):
            for group, resource, verb in grants(role["rules"]):
                assert "*" not in (group, resource, verb), role["metadata"]["name"]
                assert verb not in ("escalate", "impersonate"), role["metadata"]["name"]


def test_the_operator_reads_no_secrets_and_binds_named_roles_only(rendered: list[dict[str, Any]]) -> None:
    rules = rules_of(rendered, "platform-contracts-operator")
    resources = {resource for _, resource, _ in grants(rules)}
    assert not resources & {"secrets", "serviceaccounts", "pods", "clusterrolebindings"}
    (bind,) = [rule for rule in rules if "bind" in rule["verbs"]]
    assert bind["resourceNames"] == ["platformcontracts-developer", "platformcontracts-viewer"]


@pytest.mark.parametrize("name", ["platformcontracts-developer", "platformcontracts-viewer"])
def test_members_cannot_write_what_guards_their_namespace(rendered: list[dict[str, Any]], name: str) -> None:
    guards = {"networkpolicies", "resourcequotas", "limitranges", "rolebindings", "roles", "namespaces"}
    written = {
        resource for _, resource, verb in grants(rules_of(rendered, name)) if verb not in ("get", "list", "watch")
    }
    assert not written & guards
    assert "serviceaccounts/token" not in written


def test_whatever_people_are_granted_there_is(kubectl: Kubectl, rendered: list[dict[str, Any]]) -> None:
    """The API server serves it, or an admission policy asks for it: nothing is granted that nobody could use."""
    policies = "".join(path.read_text() for path in (DEPLOY / "policies").iterdir())
    asked = set(re.findall(r"\.check\('([a-z]+)'\)", policies))
    roles = [role for role in rendered if role["kind"] == "ClusterRole"]
    granted = {right for role in roles for right in grants(role["rules"]) if right[2] not in asked | {"bind"}}
    served = {group: set(_served(kubectl, group)) for group in {group for group, _, _ in granted}}
    assert [right for right in sorted(granted) if right not in served[right[0]]] == []


def _served(kubectl: Kubectl, group: str) -> Iterator[tuple[str, str, str]]:
    """What may be asked of an API group, in all its versions."""
    versions = json.loads(kubectl("get", "--raw", f"/apis/{group}").stdout)["versions"] if group else []
    for path in [f"/apis/{version['groupVersion']}" for version in versions] or ["/api/v1"]:
        for resource in json.loads(kubectl("get", "--raw", path).stdout)["resources"]:
            for verb in resource["verbs"]:
                yield group, resource["name"], verb


@pytest.mark.usefixtures("operator_identity")
def test_everything_in_deploy_is_accepted_by_the_api_server(kubectl: Kubectl, rendered: list[dict[str, Any]]) -> None:
    others = {obj["kind"]: obj for obj in rendered if obj["kind"] in ("Deployment", "Service", "ConfigMap")}
    deployment = others["Deployment"]
    template = deployment["spec"]["template"]
    # The namespace enforces the restricted Pod Security Standard on the pod itself.
    pod = {"apiVersion": "v1", "kind": "Pod", **template, "metadata": {**template["metadata"], "name": "operator"}}
    pod["metadata"]["namespace"] = deployment["metadata"]["namespace"]
    objects = [deployment, others["Service"], others["ConfigMap"], pod]
    answer = kubectl("create", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump_all(objects))
    assert len(answer.stdout.splitlines()) == len(objects)
    (volume,) = (one for one in template["spec"]["volumes"] if "configMap" in one)
    assert volume["configMap"]["name"] == others["ConfigMap"]["metadata"]["name"]
    assert deployment["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    assert others["Service"]["spec"]["selector"].items() <= template["metadata"]["labels"].items()


def test_the_configuration_that_is_shipped_is_valid() -> None:
    loaded = config.load(DEPLOY / "config.yaml")
    assert set(loaded.data_sources) == {"default"}
    assert loaded.operator_namespace == "platform-contracts-system"


def test_the_operator_cannot_give_itself_or_others_more(
    kubectl: Kubectl, namespace: str, operator_identity: Path
) -> None:
    operator = kubectl.as_user(operator_identity)
    marker = {"app.kubernetes.io/managed-by": "platform-contracts"}
    kubectl("label", "namespace", namespace, "app.kubernetes.io/managed-by=platform-contracts")
    binding: dict[str, Any] = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "platform-contracts-viewer", "namespace": namespace, "labels": marker},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "platformcontracts-viewer",
        },
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "vera"}],
    }
    operator("create", "-f", "-", stdin=json.dumps(binding))
    for role in ("cluster-admin", "edit"):
        more = binding | {"roleRef": binding["roleRef"] | {"name": role}}
        more["metadata"] = binding["metadata"] | {"name": f"platform-contracts-{role}"}
        with pytest.raises(KubectlError, match="not currently held"):
            operator("create", "-f", "-", stdin=json.dumps(more))
    for command in (
        ["create", "clusterrolebinding", "bad", "--clusterrole=platformcontracts-viewer", "--user=eve"],
        ["create", "role", "bad", "--verb=get", "--resource=secrets", "-n", namespace],
        ["get", "secrets", "-n", namespace],
        ["get", "secrets", "-n", "platform-contracts-system"],
        ["create", "token", "platform-contracts", "-n", "platform-contracts-system"],
        ["get", "nodes", "--as=system:admin"],
        ["delete", "clusterrole", "platformcontracts-viewer"],
        ["get", "customresourcedefinition", "slas.platformcontracts.io"],
    ):
        with pytest.raises(KubectlError, match=r"[Ff]orbidden"):
            operator(*command)


def test_the_operator_writes_the_status_of_contracts_and_not_their_spec(
    kubectl: Kubectl, namespace: str, operator_identity: Path
) -> None:
    kubectl.apply({**CONTRACT, "metadata": {"name": "payments", "namespace": namespace}})
    operator = kubectl.as_user(operator_identity)
    patch = ["patch", "platformservice", "payments", "-n", namespace, "--type=merge"]
    with pytest.raises(KubectlError, match=r"[Ff]orbidden"):
        operator(*patch, "-p", json.dumps({"spec": {"displayName": "mine"}}))
    with pytest.raises(KubectlError, match=r"[Ff]orbidden"):
        operator("delete", "platformservice", "payments", "-n", namespace)
    status = {**CONTRACT, "metadata": {"name": "payments", "namespace": namespace}, "status": {"observedGeneration": 1}}
    del status["spec"]
    apply = ["apply", "--server-side", "--subresource=status", "--validate=false", "-f", "-"]
    operator(*apply, stdin=json.dumps(status))
    assert kubectl.get("platformservice", "payments", "-n", namespace)["status"]["observedGeneration"] == 1


def bind(kubectl: Kubectl, namespace: str, role: str, user: str) -> None:
    kubectl("create", "rolebinding", f"{role}-{user}", f"--clusterrole={role}", f"--user={user}", "-n", namespace)


@pytest.mark.usefixtures("operator_identity")
def test_edit_alone_makes_nobody_a_provider_and_nobody_a_consumer(
    kubectl: Kubectl, namespace: str, user_kubeconfig: Callable[..., Path]
) -> None:
    bind(kubectl, namespace, "edit", "ed")
    editor = kubectl.as_user(user_kubeconfig("ed"))
    for contract in (CONTRACT, CONSUMER):
        answer = editor.apply({**contract, "metadata": {"name": "payments", "namespace": namespace}}, check=False)
        assert "forbidden" in answer.stderr


@pytest.mark.usefixtures("operator_identity")
def test_providers_write_services_and_consumers_write_consumers(
    kubectl: Kubectl, namespace: str, user_kubeconfig: Callable[..., Path]
) -> None:
    bind(kubectl, namespace, "platformcontracts-provider", "pat")
    bind(kubectl, namespace, "platformcontracts-consumer", "cora")
    provider, consumer = (kubectl.as_user(user_kubeconfig(user)) for user in ("pat", "cora"))
    metadata = {"name": "payments", "namespace": namespace}
    provider.apply({**CONTRACT, "metadata": metadata}, {**WINDOW, "metadata": metadata})
    consumer.apply({**CONSUMER, "metadata": metadata})
    for user, contract in ((provider, CONSUMER), (consumer, CONTRACT), (consumer, WINDOW)):
        answer = user.apply({**contract, "metadata": {**metadata, "name": "other"}}, check=False)
        assert "forbidden" in answer.stderr
    for user, kind in ((provider, "platformservice"), (provider, "maintenancewindow"), (consumer, "platformconsumer")):
        with pytest.raises(KubectlError, match=r"[Ff]orbidden"):
            user("patch", kind, "payments", "-n", namespace, "--subresource=status", "--type=merge", "-p", "{}")


@pytest.mark.usefixtures("operator_identity")
def test_whoever_may_view_a_namespace_may_read_its_contracts(
    kubectl: Kubectl, namespace: str, user_kubeconfig: Callable[..., Path]
) -> None:
    # The controller manager aggregates roles in its own time.
    jsonpath = '--for=jsonpath={.rules[?(@.apiGroups[0]=="platformcontracts.io")].verbs[0]}=get'
    kubectl("wait", "clusterrole/view", jsonpath, "--timeout=60s")
    bind(kubectl, namespace, "view", "vic")
    viewer = kubectl.as_user(user_kubeconfig("vic"))
    viewer(
        "get", "platformservices,slas,platformconsumers,maintenancewindows,slareports,productreports", "-n", namespace
    )
    with pytest.raises(KubectlError, match=r"[Ff]orbidden"):
        viewer("get", "platformservices", "-n", "default")


@pytest.mark.parametrize(
    "path",
    [
        "examples",
        "examples/smallest.yaml",
        "examples/full.yaml",
        "examples/feedback.yaml",
        "examples/calendar.yaml",
        "examples/indicators.yaml",
        "examples/onboarding",
    ],
)
def test_the_examples_are_accepted_as_they_stand(kubectl: Kubectl, path: str) -> None:
    target = DEPLOY.parent / path
    if target.is_dir():
        objects = [obj for obj in yaml.safe_load_all(kubectl("kustomize", target).stdout) if obj]
    else:
        objects = [obj for obj in yaml.safe_load_all(target.read_text()) if obj]
    needed = {obj["metadata"]["namespace"] for obj in objects if "namespace" in obj["metadata"]}
    for name in needed:
        kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    answer = kubectl("apply", "--server-side", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump_all(objects))
    assert len(answer.stdout.splitlines()) == len(objects)
    assert answer.stderr == ""
