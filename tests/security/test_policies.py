"""The policies and roles of deploy/: what they let through, and what holds for all of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from harness.installation import DEPLOY, POLICY_KINDS
from harness.kubectl import Kubectl, KubectlError
from harness.process import wait_until
from platform_contracts.kube import events
from platform_contracts.kube.events import Event
from platform_contracts.kube.kinds import PLATFORM_CONSUMER, Kind
from tests.conftest import unique_name
from tests.contract.corpus import CORPUS, load
from tests.operator.conftest import Object
from tests.security.scene import Scene

OPERATOR = "system:serviceaccount:platform-contracts-system:platform-contracts"
# What nobody gets by being onboarded, a provider or an approver.
NOT_FOR_TENANTS = {
    "namespaces",
    "resourcequotas",
    "limitranges",
    "networkpolicies",
    "roles",
    "rolebindings",
    "clusterroles",
    "clusterrolebindings",
    "serviceaccounts/token",
    "platformservices/status",
    "platformconsumers/status",
    "slas/status",
    "maintenancewindows/status",
    "feedback/status",
    "platformconsumers/finalizers",
}
READING = {"get", "list", "watch"}
POD = Kind("", "v1", "Pod", "pods")


@pytest.fixture(scope="module")
def rendered(scene: Scene) -> list[Object]:
    return [obj for obj in yaml.safe_load_all(scene.admin("kustomize", DEPLOY).stdout) if obj]


def of_kind(rendered: list[Object], *kinds: str) -> list[Object]:
    return [obj for obj in rendered if obj["kind"] in kinds]


def test_no_policy_has_a_warning_from_the_type_checker(scene: Scene, rendered: list[Object]) -> None:
    for policy in of_kind(rendered, "ValidatingAdmissionPolicy"):
        name = policy["metadata"]["name"]

        def checked(name: str = name) -> Any:
            return scene.admin.get("validatingadmissionpolicy", name).get("status", {}).get("typeChecking")

        wait_until(lambda: checked() is not None, 60, f"{name} being type-checked")
        assert checked() == {}, name


def test_policies_fail_closed_are_bound_and_look_at_no_pods(rendered: list[Object]) -> None:
    policies = {policy["metadata"]["name"]: policy["spec"] for policy in of_kind(rendered, POLICY_KINDS[0])}
    bound = {binding["spec"]["policyName"]: binding["spec"] for binding in of_kind(rendered, POLICY_KINDS[1])}
    assert policies.keys() == bound.keys()
    assert all(binding["validationActions"] == ["Deny"] for binding in bound.values())
    for spec in policies.values():
        assert spec["failurePolicy"] == "Fail"
        resources = {resource for rule in spec["matchConstraints"]["resourceRules"] for resource in rule["resources"]}
        assert not {resource.split("/")[0] for resource in resources} & {"pods", "*"}
    assert not [obj["kind"] for obj in rendered if "Webhook" in obj["kind"]]


def test_the_policies_know_the_operator_by_its_service_account(rendered: list[Object]) -> None:
    (account,) = of_kind(rendered, "ServiceAccount")
    metadata = account["metadata"]
    for policy in of_kind(rendered, "ValidatingAdmissionPolicy"):
        said = policy["spec"]["matchConditions"][0]["expression"].split("'")
        assert (said[1], said[3], said[5], said[7]) == (
            "system:serviceaccount:",
            metadata["namespace"],
            ":",
            metadata["name"],
        )


def test_the_operator_tells_of_contracts_alone(scene: Scene) -> None:
    """By its RBAC it may create Events in every namespace."""
    operator = scene.kubectl_of("operator")
    contract = {"metadata": {"name": "payments", "namespace": scene.names["team"], "uid": "1", "resourceVersion": "1"}}

    def tell(kind: Kind, **changed: str) -> None:
        told = events.render(Event("Confined", "This is a test"), kind, contract, datetime.now(UTC)) | changed
        operator("create", "-f", "-", stdin=json.dumps(told))

    for kind, changed in ((POD, {}), (PLATFORM_CONSUMER, {"reportingController": "kubelet"})):
        with pytest.raises(KubectlError, match="tells of contracts alone"):
            tell(kind, **changed)
    tell(PLATFORM_CONSUMER)


@pytest.mark.parametrize(
    "arguments",
    [
        ["annotate", "namespace", "$namespace", "example.com/cost-centre=42"],
        ["label", "namespace", "$namespace", "example.com/tier=gold"],
        ["annotate", "namespace", "$team", "platformcontracts.io/consent=$team/payments"],
        ["create", "secret", "generic", "password", "--from-literal=a=b", "-n", "$namespace"],
        ["create", "configmap", "settings", "--from-literal=a=b", "-n", "$namespace"],
        [
            "create",
            "rolebinding",
            "chart",
            "--clusterrole=view",
            "--serviceaccount=$namespace:default",
            "-n",
            "$namespace",
        ],
        ["annotate", "platformconsumer", "payments", "-n", "$team", "example.com/ticket=1"],
        ["label", "platformconsumer", "payments", "-n", "$team", "app.kubernetes.io/managed-by=Helm"],
    ],
    ids=lambda arguments: " ".join(arguments[:3]).replace("$", ""),
)
def test_what_is_no_business_of_ours_passes(scene: Scene, arguments: list[str]) -> None:
    scene.kubectl_of("tenant admin")(*scene.fill(arguments, {}))


def test_the_same_content_applied_again_passes(scene: Scene) -> None:
    live = scene.admin.get("namespace", scene.names["namespace"])
    same = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": scene.names["namespace"]}}
    same["metadata"]["labels"] = live["metadata"]["labels"]
    done = scene.kubectl_of("tenant admin")(
        "apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(same)
    )
    assert "applied" in done.stdout


def test_whom_an_administrator_trusts_appoints_and_administers(scene: Scene) -> None:
    """The verbs of platformcontracts-administrator; granted in one namespace alone they count for nothing."""
    name = unique_name("appointed")
    scene.admin("create", "namespace", name)
    kubectl = scene.admin.as_user(scene.plane.user_kubeconfig("trusted"))
    scene.admin("create", "clusterrole", "edits-namespaces", "--verb=get,patch", "--resource=namespaces")
    scene.admin("create", "clusterrolebinding", "edits-namespaces", "--clusterrole=edits-namespaces", "--user=trusted")
    appoint = ["label", "namespace", name, "platformcontracts.io/provider=true"]
    administer = ["label", "namespace", name, "platformcontracts.io/consumer-uid=1"]
    role = "--clusterrole=platformcontracts-administrator"
    scene.admin("create", "rolebinding", "trusted", role, "--user=trusted", "-n", name)
    for command in (appoint, administer):
        with pytest.raises(KubectlError, match="administrator"):
            kubectl(*command)
    scene.admin("create", "clusterrolebinding", "trusted", role, "--user=trusted")
    for command in (appoint, administer):
        wait_until(lambda command=command: not kubectl(*command, check=False).returncode, 30, " ".join(command))


@pytest.mark.parametrize(
    ("file", "resource", "change_of_spec", "advice"),
    [
        ("report.yaml", "slareports", {"verdict": "Met"}, "a correction is another SLAReport"),
        ("product-report.yaml", "productreports", {"summary": "Nothing"}, "what came later is in the next"),
    ],
)
def test_the_operator_alone_writes_reports_and_nobody_changes_one(
    scene: Scene, file: str, resource: str, change_of_spec: Object, advice: str
) -> None:
    """Not even somebody to whom a role hands the right to; an administrator may bring back what was lost."""
    (report,) = load((CORPUS / "good" / file).read_text())
    namespace, text, role = scene.names["provider"], json.dumps(report), f"forges-{resource}"
    scene.admin("create", "clusterrole", role, "--verb=get,create,patch", f"--resource={resource}")
    scene.admin("create", "rolebinding", role, f"--clusterrole={role}", "--user=forger", "-n", namespace)
    forger = scene.admin.as_user(scene.plane.user_kubeconfig("forger"))
    wait_until(lambda: _answer(forger, "create", resource, namespace) == "yes", 30, "the role of the forger")
    with pytest.raises(KubectlError, match="the operator alone writes it"):
        forger("create", "-n", namespace, "-f", "-", stdin=text)
    scene.admin("create", "-n", namespace, "-f", "-", stdin=text)
    change = ["patch", resource, report["metadata"]["name"], "-n", namespace, "--type=merge", "-p"]
    with pytest.raises(KubectlError, match="the operator alone writes it"):
        forger(*change, '{"metadata": {"labels": {"example.com/seen": "true"}}}')
    with pytest.raises(KubectlError, match=advice):
        scene.admin(*change, json.dumps({"spec": change_of_spec}))
    scene.admin("delete", resource, report["metadata"]["name"], "-n", namespace)


def test_the_operator_alone_says_which_report_is_in_force(scene: Scene) -> None:
    (report,) = load((CORPUS / "good" / "report.yaml").read_text())
    namespace, name, role = scene.names["provider"], f"{report['spec']['slaName']}-2026-w46-r1", "marks-reports"
    named = {**report, "metadata": {"name": name}}
    scene.admin("create", "-n", namespace, "-f", "-", stdin=json.dumps(named))
    scene.admin("create", "clusterrole", role, "--verb=get,patch", "--resource=slareports,slareports/status")
    scene.admin("create", "rolebinding", role, f"--clusterrole={role}", "--user=marker", "-n", namespace)
    marker = scene.admin.as_user(scene.plane.user_kubeconfig("marker"))
    wait_until(lambda: _answer(marker, "patch", "slareports/status", namespace) == "yes", 30, "the role of the marker")
    mark = ["patch", "slareport", name, "-n", namespace, "--subresource=status", "--type=merge", "-p"]
    with pytest.raises(KubectlError, match="the operator alone writes it"):
        marker(*mark, '{"status": {"supersededBy": "another"}}')
    scene.admin("delete", "slareport", name, "-n", namespace)


def test_a_tenant_cannot_call_its_namespace_by_another_name(scene: Scene) -> None:
    label = f"kubernetes.io/metadata.name={scene.names['foreign']}"
    scene.kubectl_of("tenant admin")("label", "namespace", scene.names["namespace"], label, "--overwrite")
    labels = scene.admin.get("namespace", scene.names["namespace"])["metadata"]["labels"]
    assert labels["kubernetes.io/metadata.name"] == scene.names["namespace"]


def test_what_no_tenant_is_meant_to_do_is_in_no_role(rendered: list[Object]) -> None:
    tenants = ("provider", "consumer", "feedback-author", "approver", "view", "developer", "viewer")
    roles = {role["metadata"]["name"]: role for role in of_kind(rendered, "ClusterRole")}
    assert set(roles) == {
        "platform-contracts-operator",
        "platformcontracts-administrator",
        *(f"platformcontracts-{name}" for name in tenants),
    }
    for name in tenants:
        role = roles[f"platformcontracts-{name}"]
        for rule in role["rules"]:
            assert not set(rule["resources"]) & NOT_FOR_TENANTS or set(rule["verbs"]) <= READING, name
            assert not set(rule["verbs"]) & {"*", "bind", "escalate", "impersonate", "appoint", "administer"}, name
        aggregated = [label for label in role["metadata"]["labels"] if "aggregate-to" in label]
        assert aggregated == (["rbac.authorization.k8s.io/aggregate-to-view"] if name == "view" else [])


@pytest.mark.parametrize("role", ["view", "edit", "admin"])
def test_a_built_in_role_writes_no_contract_and_no_status(scene: Scene, role: str) -> None:
    attacker = {"view": "reader", "edit": "editor", "admin": "tenant admin"}[role]
    namespace = scene.names["namespace"]
    kubectl = scene.kubectl_of(attacker)
    denied = [("create", "platformservices"), ("patch", "slas"), ("create", "resourcequotas"), ("patch", "limitranges")]
    denied += [("patch", kind) for kind in ("platformservices/status", "platformconsumers/status", "slas/status")]
    for verb, resource in denied:
        assert _answer(kubectl, verb, resource, namespace) == "no", f"{role}: {verb} {resource}"
    assert _answer(kubectl, "get", "platformconsumers", namespace) == "yes"


def _answer(kubectl: Kubectl, verb: str, resource: str, namespace: str) -> str:
    resource, _, subresource = resource.partition("/")
    part = [f"--subresource={subresource}"] if subresource else []
    return kubectl("auth", "can-i", verb, resource, *part, "-n", namespace, check=False).stdout.strip()


def test_the_control_plane_takes_a_namespace_down_with_all_that_is_in_it(scene: Scene) -> None:
    home = scene.home()
    scene.platform.consumer(home, scene.names["provider"])
    scene.platform.ready("platformconsumer", home)
    scene.admin("delete", "platformconsumer", "payments", "-n", home, "--timeout=60s")
    wait_until(lambda: scene.admin.find("namespace", f"{home}-payments") is None, 60, "the namespace going")


def test_without_the_operator_everybody_goes_on_working(scene: Scene) -> None:
    scene.platform.operator.stop()
    try:
        developer, name = scene.kubectl_of("developer"), scene.names["namespace"]
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "web", "namespace": name},
            "spec": {
                "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                "containers": [
                    {
                        "name": "web",
                        "image": "web",
                        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                    }
                ],
            },
        }
        developer("create", "-f", "-", stdin=json.dumps(pod))
        developer("create", "configmap", "while-it-is-down", "-n", name)
        developer("delete", "pod", "web", "-n", name, "--wait=false")
        consumer = scene.kubectl_of("consumer")
        consumer("annotate", "platformconsumer", "payments", "-n", scene.names["team"], "example.com/note=down")
        scene.admin("create", "namespace", unique_name("meanwhile"))
    finally:
        scene.platform.operator.start_and_wait()


def test_an_administrator_releases_a_consumer_whose_operator_is_gone(scene: Scene) -> None:
    """By the command of docs/installation.md, "Taking it away"; the consumer itself cannot."""
    home = scene.home()
    namespace = scene.platform.consumer(home, scene.names["provider"])
    scene.platform.ready("platformconsumer", home)
    scene.platform.operator.stop()
    try:
        scene.kubectl_of("consumer")("delete", "platformconsumer", "payments", "-n", home, "--wait=false")
        release = ["patch", "pcon", "payments", "-n", home, "--type=merge", "-p", '{"metadata": {"finalizers": null}}']
        with pytest.raises(KubectlError, match="ask an administrator"):
            scene.kubectl_of("consumer")(*release)
        scene.admin(*release)
        assert scene.admin.find("platformconsumer", "payments", "-n", home) is None
        assert scene.admin.find("namespace", namespace) is not None
    finally:
        scene.platform.operator.start_and_wait()
