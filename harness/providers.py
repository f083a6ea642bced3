"""Where the cluster of `make cluster-up` comes from: built here, kind, or a kubeconfig that the user names.

A provider's `up` makes the API server answer and writes a kubeconfig; `down` takes away what `up` made.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Protocol

from harness.controlplane import ControlPlane
from harness.kubectl import Kubectl, KubectlError
from harness.pids import Remembered, remember
from harness.programs import KIND, build, control_plane_programs

KIND_CONFIG = Path(__file__).with_name("kind.yaml")
KIND_NAME = "platform-contracts"
ENGINES = ("docker", "podman")


class ClusterError(Exception):
    """The cluster cannot be had; the message says what to do about it."""


class Provider(Protocol):
    """One way to a cluster."""

    name: str

    def up(self, kubeconfig: Path) -> list[Remembered]:
        """Bring the cluster up, write its kubeconfig, return the processes started. Raises ClusterError."""
        ...

    def down(self) -> None:
        """Take away what `up` made beside processes. Raises ClusterError."""
        ...


class Embedded:
    """etcd, kube-apiserver and kube-controller-manager as processes on this machine."""

    name = "embedded"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def up(self, kubeconfig: Path) -> list[Remembered]:
        plane = ControlPlane(self._folder / "control-plane", durable=True, detached=True)
        plane.start()
        shutil.copy(plane.kubeconfig, kubeconfig)
        return [remember(process.name, process.pid) for process in plane.processes]

    def down(self) -> None:
        # The data are in the folder that `make cluster-down` deletes.
        return


class Kind:
    """A kind cluster, where Docker or Podman works."""

    name = "kind"

    def up(self, kubeconfig: Path) -> list[Remembered]:
        engine = _container_engine()
        known = self._run(engine, "get", "clusters").stdout.split()
        if KIND_NAME in known:
            self._run(engine, "export", "kubeconfig", "--name", KIND_NAME, "--kubeconfig", str(kubeconfig))
        else:
            self._run(engine, "create", "cluster", "--config", str(KIND_CONFIG), "--kubeconfig", str(kubeconfig))
        return []

    def down(self) -> None:
        self._run(_container_engine(), "delete", "cluster", "--name", KIND_NAME)

    def _run(self, engine: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        program = shutil.which("kind") or build(KIND) / "kind"
        environment = os.environ | {"KIND_EXPERIMENTAL_PROVIDER": engine}
        done = subprocess.run([str(program), *arguments], env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ClusterError(f"`kind {' '.join(arguments[:2])}` failed: {done.stderr.strip()}")
        return done


class Named:
    """A cluster that the user names by a kubeconfig; its current context is used, and nothing of it is deleted."""

    name = "kubeconfig"

    def __init__(self, source: Path) -> None:
        self._source = source

    def up(self, kubeconfig: Path) -> list[Remembered]:
        if not self._source.is_file():
            raise ClusterError(
                f"KUBECONFIG_PATH names {self._source}, which is no file: "
                "make cluster-up CLUSTER=kubeconfig KUBECONFIG_PATH=$HOME/.kube/config"
            )
        kubectl = Kubectl(control_plane_programs().kubectl, self._source)
        try:
            content = kubectl("config", "view", "--minify", "--flatten", "--raw").stdout
            kubectl("get", "--raw", "/readyz", "--request-timeout=15s")
        except KubectlError as error:
            raise ClusterError(f"the cluster of {self._source} does not answer: {error}") from error
        kubeconfig.touch(mode=0o600)
        kubeconfig.write_text(content)
        return []

    def down(self) -> None:
        return


def _container_engine() -> str:
    """`docker` or `podman`, whichever answers. Raises ClusterError."""
    for engine in ENGINES:
        if shutil.which(engine) is None:
            continue
        if subprocess.run([engine, "info"], capture_output=True, check=False, timeout=60).returncode == 0:
            return engine
    raise ClusterError(
        "CLUSTER=kind needs a running container engine, and neither `docker info` nor `podman info` succeeds: "
        "start one, or leave CLUSTER unset for a control plane that needs none"
    )
