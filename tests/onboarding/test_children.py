"""What is planned, once written, reads back from a real API server without a difference: no perpetual corrections."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.kubectl import Kubectl, KubectlError
from platform_contracts.api.platform_service import ConsumerPlan, Member
from platform_contracts.config import Guardrails
from platform_contracts.kube.diff import differs, leftovers
from platform_contracts.kube.kinds import Kind
from platform_contracts.kube.objects import MANAGED_BY, MANAGED_BY_LABEL, Object
from platform_contracts.onboarding import children, network, resources, shares

GUARDRAILS = Guardrails()
MARKS = {MANAGED_BY_LABEL: MANAGED_BY, "platformcontracts.io/consumer": "payments"}
MARKER = f"{MANAGED_BY_LABEL}={MANAGED_BY}"
ROLES = [
    {"name": "developer", "clusterRoleName": "platformcontracts-developer"},
    {"name": "viewer", "clusterRoleName": "platformcontracts-viewer"},
]
PLANS: list[dict[str, Any]] = [
    {"name": "empty"},
    {
        "name": "small",
        "quota": {"requests.cpu": "0.5", "requests.memory": "1024Mi", "pods": "1000", "count/secrets": "20"},
        "limits": {"default": {"cpu": "1.5"}, "defaultRequest": {"cpu": "0.25"}, "max": {"memory": "2048Mi"}},
        "network": "SameConsumer",
        "podSecurity": "Baseline",
        "roles": ROLES,
    },
    {
        "name": "defaults",
        "limits": {"max": {"cpu": "2000m", "example.com/gpu": "2"}, "defaultRequest": {"memory": "0.5Gi"}},
        "network": "AllowService",
    },
    {"name": "requests", "limits": {"defaultRequest": {"ephemeral-storage": "1500M"}}},
]
MEMBERS = [
    {"kind": "Group", "name": "team-a", "roleName": "developer"},
    {"kind": "User", "name": "ann@example.com", "roleName": "developer"},
    {"kind": "ServiceAccount", "name": "deployer", "namespace": "team-a", "roleName": "viewer"},
]


def desired(plan: ConsumerPlan, members: list[Member], peers: list[str], namespace: str) -> list[tuple[Kind, Object]]:
    return children.desired(
        name=namespace,
        plan=plan,
        hard=shares.budget(plan, GUARDRAILS),
        limits=resources.limit_range(plan, namespace, MARKS),
        members=members,
        peers=peers,
        guardrails=GUARDRAILS,
        marks=MARKS,
    )


def planned(plan: dict[str, Any], namespace: str) -> list[Object]:
    parsed = ConsumerPlan.model_validate(plan)
    members = [Member.model_validate(member) for member in MEMBERS] if parsed.roles else []
    peers = network.peers(parsed.network, namespace=namespace, home="team-a", others=[], service_namespace="platform")
    wanted = desired(parsed, members, peers, namespace)
    return [obj for _, obj in wanted]


def created(kubectl: Kubectl, obj: Object) -> Object:
    """The object as a POST leaves it, read again."""
    kubectl("create", "-f", "-", stdin=json.dumps(obj))
    metadata = obj["metadata"]
    place = ("-n", metadata["namespace"]) if "namespace" in metadata else ()
    live: Object = kubectl.get(obj["kind"], metadata["name"], *place)
    return live


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan["name"])
@pytest.mark.usefixtures("operator_identity")
def test_what_is_written_reads_back_without_a_difference(
    kubectl: Kubectl, namespace: str, plan: dict[str, Any]
) -> None:
    for obj in planned(plan, namespace):
        live = created(kubectl, obj)
        assert not differs(obj, live), f"{obj['kind']}: {obj} became {live}"
        assert leftovers(obj, live) == {}


@pytest.mark.parametrize("level", ["Baseline", "Restricted"])
def test_a_namespace_reads_back_without_a_difference_and_holds_its_pods_to_the_standard(
    kubectl: Kubectl, namespace: str, level: str
) -> None:
    plan = ConsumerPlan.model_validate({"name": "small", "podSecurity": level})
    name = f"{namespace}-{level.lower()}"
    obj = children.namespace(name, plan.pod_security, MARKS)
    assert not differs(obj, created(kubectl, obj))
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "root", "namespace": name},
        "spec": {
            "automountServiceAccountToken": False,
            "containers": [{"name": "root", "image": "root", "securityContext": {"runAsUser": 0}}],
        },
    }
    answer = kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod), check=False)
    assert ("violates PodSecurity" in answer.stderr) == (level == "Restricted"), answer.stderr
    pod["spec"]["hostNetwork"] = True  # type: ignore[index]
    answer = kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod), check=False)
    assert f'violates PodSecurity "{level.lower()}:latest"' in answer.stderr
    kubectl("delete", "namespace", name, "--wait=false")


def test_a_member_can_work_in_the_namespace_and_loosen_nothing(
    kubectl: Kubectl,
    namespace: str,
    operator_identity: Path,
    user_kubeconfig: Callable[..., Path],
) -> None:
    kubectl("label", "namespace", namespace, MARKER)
    for obj in planned(PLANS[1], namespace):
        created(kubectl.as_user(operator_identity), obj)
    developer = kubectl.as_user(user_kubeconfig("bob", ["team-a"]))
    developer("create", "configmap", "mine", "-n", namespace)
    developer("create", "deployment", "mine", "--image=mine", "-n", namespace)
    assert developer.get("resourcequota", "platform-contracts", "-n", namespace)
    assert developer.get("networkpolicy", "platform-contracts", "-n", namespace)

    opened = network.network_policy(namespace, ["everywhere"], GUARDRAILS, {})
    opened["metadata"]["name"] = "opened"
    attempts: list[tuple[list[str], str | None]] = [
        (["create", "-f", "-"], json.dumps(opened)),
        (["delete", "networkpolicy", "platform-contracts", "-n", namespace], None),
        (["delete", "resourcequota", "platform-contracts", "-n", namespace], None),
        (["delete", "limitrange", "platform-contracts", "-n", namespace], None),
        (["create", "quota", "more", "--hard=pods=1000", "-n", namespace], None),
        (
            [
                "create",
                "rolebinding",
                "friend",
                "--clusterrole=platformcontracts-viewer",
                "--user=eve",
                "-n",
                namespace,
            ],
            None,
        ),
        (["create", "rolebinding", "more", "--clusterrole=cluster-admin", "--user=bob", "-n", namespace], None),
        (["create", "role", "more", "--verb=get", "--resource=secrets", "-n", namespace], None),
        (["delete", "rolebinding", "platform-contracts-viewer", "-n", namespace], None),
        (["create", "token", "default", "-n", namespace], None),
        (["label", "namespace", namespace, "pod-security.kubernetes.io/enforce=privileged"], None),
        (["delete", "namespace", namespace], None),
        (["get", "secrets", "-n", "kube-system"], None),
    ]
    for command, stdin in attempts:
        with pytest.raises(KubectlError, match=r"[Ff]orbidden"):
            developer(*command, stdin=stdin)


def test_a_viewer_reads_no_secrets_and_writes_nothing(
    kubectl: Kubectl, namespace: str, operator_identity: Path, user_kubeconfig: Callable[..., Path]
) -> None:
    plan = ConsumerPlan.model_validate(PLANS[1])
    member = Member.model_validate({"kind": "User", "name": "vera", "roleName": "viewer"})
    wanted = desired(plan, [member], [namespace], namespace)
    kubectl("label", "namespace", namespace, MARKER)
    for _, obj in wanted:
        created(kubectl.as_user(operator_identity), obj)
    viewer = kubectl.as_user(user_kubeconfig("vera"))
    viewer("get", "pods,services,deployments,resourcequotas,networkpolicies", "-n", namespace)
    for command in (
        ["get", "secrets"],
        ["create", "configmap", "mine"],
        ["delete", "resourcequota", "platform-contracts"],
    ):
        with pytest.raises(KubectlError, match=r"[Ff]orbidden"):
            viewer(*command, "-n", namespace)
