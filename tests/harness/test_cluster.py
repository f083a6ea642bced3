"""`make cluster-up` and `make cluster-down`, on clusters of all kinds that can run anywhere."""

from __future__ import annotations

import json
import os
import signal
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.cluster import Cluster, Settings
from harness.kubectl import Kubectl
from harness.pids import Remembered
from harness.process import wait_until
from harness.providers import ClusterError

EMBEDDED = Settings(prometheus_operator=False)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path / "cluster")
    yield cluster
    cluster.down()


def processes(cluster: Cluster) -> dict[str, Remembered]:
    entries = json.loads((cluster.folder / "state.json").read_text())["processes"]
    return {entry["name"]: Remembered(**entry) for entry in entries}


def prometheus_answers(cluster: Cluster) -> bool:
    url = cluster.prometheus_url.read_text().strip()
    with urllib.request.urlopen(f"{url}/-/ready", timeout=5) as answer:
        return bool(answer.status == 200)


def test_a_cluster_named_on_purpose_is_used_and_left_as_it_was(
    cluster: Cluster, kubectl: Kubectl, admin: Path, namespace: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings("kubeconfig", admin, prometheus_operator=False)
    cluster.up(settings)
    ours = kubectl.as_user(cluster.kubeconfig)
    assert ours.get("namespace", namespace)["metadata"]["name"] == namespace
    assert prometheus_answers(cluster)
    started = processes(cluster)
    assert set(started) == {"prometheus", "rule loader"}

    cluster.up(settings)
    assert processes(cluster) == started
    assert "PROMETHEUS_URL" not in capsys.readouterr().err
    cluster.up(replace(settings, prometheus_url="http://127.0.0.1:9"))
    assert "PROMETHEUS_URL asks for http://127.0.0.1:9, but the one that was started" in capsys.readouterr().err
    assert processes(cluster) == started
    assert prometheus_answers(cluster)
    cluster.up(replace(settings, prometheus_operator=True))
    assert "CRDs are installed already" not in capsys.readouterr().err
    cluster.up(settings)
    assert "the Prometheus Operator's CRDs are installed already and stay" in capsys.readouterr().err

    cluster.down()
    assert not any(process.running for process in started.values())
    assert not cluster.folder.exists()
    said = capsys.readouterr().err
    assert f"kubectl --kubeconfig {admin} delete --ignore-not-found -k deploy/" in said
    assert "The Prometheus Operator's CRDs too" in said
    assert kubectl.find("namespace", namespace)
    assert kubectl.find("crd", "slas.platformcontracts.io")


def test_an_embedded_cluster_stays_comes_back_with_its_data_and_goes(cluster: Cluster, kubectl: Kubectl) -> None:
    cluster.up(EMBEDDED)
    ours = kubectl.as_user(cluster.kubeconfig)
    ours("create", "namespace", "kept")
    assert ours.find("crd", "prometheusrules.monitoring.coreos.com") is None
    before = processes(cluster)

    cluster.up(EMBEDDED)
    assert processes(cluster) == before

    for crashed in ("kube-apiserver", "etcd"):
        os.kill(before[crashed].pid, signal.SIGKILL)
    wait_until(lambda: not before["etcd"].running, 10, "the crash")
    cluster.up(EMBEDDED)
    after = processes(cluster)
    assert not any(process.running for process in before.values())
    assert ours.find("namespace", "kept")

    with pytest.raises(ClusterError, match=r"another kind \(embedded\) is up: make cluster-down first"):
        cluster.up(Settings("kubeconfig", kubectl.kubeconfig))
    cluster.down()
    assert not any(process.running for process in after.values())
    cluster.down()


def test_a_cluster_is_never_touched_by_accident(cluster: Cluster, admin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(admin))
    with pytest.raises(ClusterError, match="KUBECONFIG is not looked at: KUBECONFIG_PATH="):
        Settings.read({"CLUSTER": "kubeconfig", "KUBECONFIG": str(admin)})
    with pytest.raises(ClusterError, match="which is no file"):
        cluster.up(Settings("kubeconfig", admin.with_name("missing")))


def test_a_named_cluster_that_is_away_is_said(cluster: Cluster, admin: Path, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.write_text(admin.read_text().replace("https://127.0.0.1:", "https://127.0.0.1:1#"))
    with pytest.raises(ClusterError, match="does not answer"):
        cluster.up(Settings("kubeconfig", away))


def test_kind_without_a_container_engine_says_what_to_do(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClusterError, match="needs a running container engine"):
        cluster.up(Settings("kind"))


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("CLUSTER", "minikube", "none of embedded, kind and kubeconfig"),
        ("PROMETHEUS_OPERATOR", "yes", "neither true nor false"),
    ],
)
def test_a_wrong_setting_is_named(variable: str, value: str, message: str) -> None:
    with pytest.raises(ClusterError, match=message):
        Settings.read({variable: value})


def test_the_prometheus_operator_is_installed_by_default_only_where_the_cluster_is_ours() -> None:
    read: Callable[[dict[str, str]], Settings] = Settings.read
    assert read({}).prometheus_operator
    assert not read({"CLUSTER": "kubeconfig", "KUBECONFIG_PATH": "/a"}).prometheus_operator
    assert not read({"PROMETHEUS_OPERATOR": "false"}).prometheus_operator
