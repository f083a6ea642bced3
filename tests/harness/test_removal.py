"""docs/installation.md, "Taking it away", word for word, on a control plane of its own that has all of deploy/."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.bench import workload
from harness.controlplane import ControlPlane
from harness.installation import DEPLOY, REPOSITORY, operator_kubeconfig
from harness.operator_process import OperatorProcess
from harness.process import wait_until

HOME = workload.home(1)
TEAM_NAMESPACE = f"{HOME}-{workload.SERVICE}"


def commands() -> str:
    """The command block of the section."""
    section = (REPOSITORY / "docs" / "installation.md").read_text().split("\n## Taking it away\n")[1].split("\n## ")[0]
    (block,) = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return str(block)


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[ControlPlane]:
    plane = ControlPlane(tmp_path / "plane")
    plane.start()
    yield plane
    plane.stop()


def onboard(plane: ControlPlane, folder: Path) -> None:
    """Let one team in, with an operator that runs only until then."""
    kubectl = plane.kubectl
    identity = operator_kubeconfig(kubectl, folder / "operator.kubeconfig")
    operator = OperatorProcess(
        folder / "operator", identity, {"dataSources": {"default": {"url": "http://127.0.0.1:9"}}}
    )
    operator.start_and_wait()
    try:
        provider = workload.namespace(workload.PROVIDER, **{workload.PROVIDER_LABEL: "true"})
        kubectl.apply(provider, workload.service("All"), workload.sla(1), workload.sla(2))
        kubectl.apply(workload.namespace(HOME), workload.consumer(1))
        kubectl("wait", "pcon", workload.SERVICE, "-n", HOME, "--for=condition=Ready", "--timeout=60s")
        wait_until(lambda: len(rules(plane)) == 2, 60, "the rules of both SLAs being written")
        # The garbage collector learns of a new resource type within a minute; until then nothing is deleted foreground.
        kubectl("delete", "sla", "sla-0002", "-n", workload.PROVIDER, "--cascade=foreground")
    finally:
        operator.stop()


def rules(plane: ControlPlane) -> list[object]:
    marked = plane.kubectl.get("configmaps", "-n", workload.PROVIDER, "-l", "app.kubernetes.io/managed-by")["items"]
    return list(marked)


def test_the_operator_is_taken_away_and_the_teams_keep_their_namespaces(plane: ControlPlane, tmp_path: Path) -> None:
    kubectl = plane.kubectl
    kubectl("apply", "--server-side", "-k", DEPLOY)
    onboard(plane, tmp_path)
    before = kubectl.get("namespace", TEAM_NAMESPACE)
    assert kubectl.get("pcon", workload.SERVICE, "-n", HOME)["metadata"]["finalizers"]

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands()],
        cwd=REPOSITORY,
        env=os.environ
        | {"KUBECONFIG": str(plane.kubeconfig), "PATH": f"{plane.programs.kubectl.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    after = kubectl.get("namespace", TEAM_NAMESPACE)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["status"]["phase"] == "Active"
    for kind in ("resourcequota", "limitrange", "networkpolicy", "rolebinding"):
        assert kubectl.get(kind, "-n", TEAM_NAMESPACE)["items"], kind
    remaining = kubectl("get", "crds,clusterroles,clusterrolebindings,namespaces", "-o", "name").stdout
    assert [name for name in remaining.splitlines() if "platformcontracts" in name] == []
    assert "namespace/platform-contracts-system" not in remaining.splitlines()
    wait_until(lambda: not rules(plane), 60, "the SLA's rules going with it")
