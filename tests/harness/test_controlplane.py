"""The control plane is a real one: it survives a crash, counts quotas, and tells users apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.audit import AuditLog
from harness.controlplane import ControlPlane
from harness.kubectl import Kubectl
from harness.process import wait_until


def config_map(namespace: str, name: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}}


def test_data_and_port_survive_crashes(control_plane: ControlPlane, kubectl: Kubectl, namespace: str) -> None:
    kubectl.apply(config_map(namespace, "kept"))
    url = control_plane.url
    control_plane.stop_apiserver()
    assert not control_plane.ready()
    control_plane.stop_etcd()
    control_plane.start_etcd()
    control_plane.start_apiserver()
    assert control_plane.url == url
    assert kubectl.get("configmap", "kept", "-n", namespace)["metadata"]["name"] == "kept"


def test_quotas_count_and_namespaces_end(kubectl: Kubectl, namespace: str) -> None:
    kubectl("create", "quota", "small", "--hard=configmaps=2", "-n", namespace)

    def counted() -> bool:
        status = kubectl.get("quota", "small", "-n", namespace).get("status", {})
        return bool(status.get("used", {}).get("configmaps") == "1")

    # The one that counts is the CA's.
    wait_until(counted, 120, "the quota's count")
    kubectl.apply(config_map(namespace, "second"))
    refused = kubectl.apply(config_map(namespace, "third"), check=False)
    assert "exceeded quota" in refused.stderr
    kubectl("delete", "namespace", namespace, "--timeout=60s")
    assert kubectl.find("namespace", namespace) is None


def test_users_have_their_own_rights_and_leave_their_traces(
    kubectl: Kubectl, namespace: str, user_kubeconfig: Callable[..., Path], audit: AuditLog
) -> None:
    kubectl("create", "rolebinding", "readers", "--clusterrole=view", "--group=readers", "-n", namespace)
    mark = audit.mark()
    reader = kubectl.as_user(user_kubeconfig("mia@example.com", ["readers"]))
    assert reader("get", "configmaps", "-n", namespace).returncode == 0
    refused = reader.apply(config_map(namespace, "mine"), check=False)
    assert "forbidden" in refused.stderr

    writes = audit.events(mark, user="mia@example.com", writes_only=True)
    assert [(event.verb, event.resource, event.name, event.code) for event in writes] == [
        ("patch", "configmaps", "mine", 403)
    ]
    assert audit.events(mark, user="mia@example.com", verbs=["list"], resources=["configmaps"])
