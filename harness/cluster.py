"""`make cluster-up` and `make cluster-down`: a cluster and a Prometheus that stay until they are taken down.

What was started is remembered in `.cluster/state.json`, and beside it lie what a user needs: `kubeconfig` and
`prometheus-url`. Settings come from the environment, as make passes them: see `Settings`.
"""

from __future__ import annotations

import argparse
import dataclasses
import fcntl
import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.installation import install_crds, install_operator_rights
from harness.kubectl import Kubectl, KubectlError
from harness.loader import loader_command
from harness.pids import Remembered, remember
from harness.process import Process, ProcessError
from harness.programs import ProgramError, control_plane_programs, prometheus_operator_crds, prometheus_programs
from harness.progress import console, step
from harness.prometheus import Prometheus
from harness.providers import ClusterError, Embedded, Kind, Named, Provider

FOLDER = Path(".cluster")


@dataclass(frozen=True)
class Settings:
    """What to bring up.

    CLUSTER: embedded (default), kind or kubeconfig. KUBECONFIG_PATH: the cluster's kubeconfig for the last.
    PROMETHEUS_OPERATOR: true or false, whether to install the Prometheus Operator's CRDs; true by default on
    clusters made here, false on a named one. PROMETHEUS_URL: an existing Prometheus; a local one where empty.
    """

    cluster: str = "embedded"
    kubeconfig_path: Path | None = None
    prometheus_operator: bool = True
    prometheus_url: str = ""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """Settings from environment variables. Raises ClusterError for a value that is wrong."""
        cluster = environment.get("CLUSTER") or "embedded"
        if cluster not in ("embedded", "kind", "kubeconfig"):
            raise ClusterError(f"CLUSTER={cluster} is none of embedded, kind and kubeconfig: CLUSTER=embedded")
        path = environment.get("KUBECONFIG_PATH") or ""
        if cluster == "kubeconfig" and not path:
            raise ClusterError(
                "CLUSTER=kubeconfig needs the cluster named on purpose, KUBECONFIG is not looked at: "
                "KUBECONFIG_PATH=$HOME/.kube/config"
            )
        operator = environment.get("PROMETHEUS_OPERATOR") or str(cluster != "kubeconfig").lower()
        if operator not in ("true", "false"):
            raise ClusterError(f"PROMETHEUS_OPERATOR={operator} is neither true nor false: PROMETHEUS_OPERATOR=true")
        url = environment.get("PROMETHEUS_URL") or ""
        return cls(cluster, Path(path).expanduser() if path else None, operator == "true", url)

    def provider(self, folder: Path) -> Provider:
        """The provider that these settings choose."""
        if self.cluster == "kind":
            return Kind()
        if self.cluster == "kubeconfig":
            assert self.kubeconfig_path is not None
            return Named(self.kubeconfig_path.resolve())
        return Embedded(folder)


@dataclass
class State:
    """What is up: the provider's name, with which settings, and every process that was started."""

    cluster: str
    kubeconfig_path: str = ""
    # An existing Prometheus that was named; empty where one was started.
    prometheus_url: str = ""
    # Whether the Prometheus Operator's CRDs were installed.
    prometheus_operator: bool = False
    processes: list[Remembered] = field(default_factory=list)

    @classmethod
    def load(cls, path: Path) -> State | None:
        """The state as it was written, None where nothing is up."""
        if not path.exists():
            return None
        document: dict[str, Any] = json.loads(path.read_text())
        document["processes"] = [Remembered(**entry) for entry in document["processes"]]
        return cls(**document)

    def save(self, path: Path) -> None:
        """Write the state in one step."""
        scratch = path.with_suffix(".new")
        scratch.write_text(json.dumps(dataclasses.asdict(self), indent=2))
        scratch.rename(path)


class Cluster:
    """The cluster of one folder."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder.resolve()
        self.kubeconfig = self.folder / "kubeconfig"
        self.prometheus_url = self.folder / "prometheus-url"
        self._state = self.folder / "state.json"

    def up(self, settings: Settings) -> None:
        """Bring everything up, or leave it as it is where it is up already.

        Raises ClusterError, ProgramError or ProcessError, with nothing left running, and KubectlError when only
        the installation failed; calling it again goes on from there.
        """
        # What is missing is built first, with a progress of its own.
        control_plane_programs()
        operator_crds = prometheus_operator_crds() if settings.prometheus_operator else []
        if not settings.prometheus_url:
            prometheus_programs()
        with self._locked():
            state = State.load(self._state)
            path = str(settings.kubeconfig_path or "")
            if state and (state.cluster, state.kubeconfig_path) != (settings.cluster, path):
                raise ClusterError(f"a cluster of another kind ({state.cluster}) is up: make cluster-down first")
            if state and not all(process.running for process in state.processes):
                # Some of it went, by a reboot for example: start all of it again, with the same data.
                _stop(state.processes)
                state = None
            if state is not None:
                _say_what_stays_as_it_is(settings, state)
            else:
                state = State(settings.cluster, path, settings.prometheus_url)
                try:
                    self._start(settings, state)
                except BaseException:
                    _stop(state.processes)
                    raise
            self._install(operator_crds)
            state.prometheus_operator |= settings.prometheus_operator
            state.save(self._state)

    def down(self) -> None:
        """End every process that was started and delete the folder; without a cluster it does nothing.

        Raises ClusterError.
        """
        if not self.folder.is_dir():
            return
        with self._locked():
            state = State.load(self._state)
            if state:
                with step("Ending the cluster"):
                    _stop(state.processes)
                    if state.cluster == "kind":
                        Kind().down()
                if state.cluster == "kubeconfig":
                    _say_what_is_left(state)
            shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, settings: Settings, state: State) -> None:
        with step(f"Starting the cluster ({settings.cluster})"):
            state.processes += settings.provider(self.folder).up(self.kubeconfig)
        url = settings.prometheus_url
        if not url:
            with step("Starting Prometheus"):
                url = self._start_prometheus(state)
        self.prometheus_url.write_text(url + "\n")
        state.save(self._state)

    def _start_prometheus(self, state: State) -> str:
        prometheus = Prometheus(self.folder / "prometheus", detached=True)
        prometheus.start()
        state.processes.append(remember("prometheus", prometheus.process.pid))
        loader = Process(
            "rule loader",
            loader_command(self.kubeconfig, prometheus),
            self.folder / "loader.log",
            folder=Path(__file__).parent.parent,
            detached=True,
        )
        loader.start()
        state.processes.append(remember("rule loader", loader.pid))
        return prometheus.url

    def _install(self, operator_crds: list[Path]) -> None:
        kubectl = Kubectl(control_plane_programs().kubectl, self.kubeconfig)
        with step("Installing the CRDs and the operator's rights"):
            install_crds(kubectl)
            if operator_crds:
                install_crds(kubectl, *operator_crds)
            install_operator_rights(kubectl)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _say_what_stays_as_it_is(settings: Settings, state: State) -> None:
    """On a cluster that is up already some settings come too late."""
    if settings.prometheus_url != state.prometheus_url:
        asked = settings.prometheus_url or "one of its own"
        used = state.prometheus_url or "the one that was started with the cluster"
        console.print(f"note: PROMETHEUS_URL asks for {asked}, but {used} stays in use: make cluster-down first")
    if state.prometheus_operator and not settings.prometheus_operator:
        console.print("note: the Prometheus Operator's CRDs are installed already and stay: make cluster-down first")


def _say_what_is_left(state: State) -> None:
    """A named cluster is the user's: nothing is deleted from it unasked."""
    target = f"kubectl --kubeconfig {shlex.quote(state.kubeconfig_path)}"
    console.print(
        "Left on the cluster are this project's CRDs with all contracts, the operator's namespace and rights, and the\n"
        "admission policies.\n"
        f"Remove them:  {target} delete --ignore-not-found -k deploy/\n"
        'Where consumers were let in, first release them as docs/installation.md, "Taking it away", says.'
    )
    if state.prometheus_operator:
        files = " ".join(f"-f {shlex.quote(str(path))}" for path in prometheus_operator_crds())
        console.print(f"The Prometheus Operator's CRDs too:  {target} delete --ignore-not-found {files}")


def _stop(processes: list[Remembered]) -> None:
    for process in reversed(processes):
        process.stop()


def main() -> None:
    """`python -m harness.cluster up|down`."""
    parser = argparse.ArgumentParser(prog="python -m harness.cluster", description=__doc__)
    parser.add_argument("command", choices=["up", "down"])
    command = parser.parse_args().command
    cluster = Cluster()
    try:
        if command == "down":
            cluster.down()
            return
        cluster.up(Settings.read(os.environ))
    except (ClusterError, ProgramError, ProcessError, KubectlError) as error:
        sys.exit(f"error: {error}")
    console.print(f"\nPrometheus: {cluster.prometheus_url.read_text().strip()}")
    console.print(f"Next:       export KUBECONFIG={cluster.kubeconfig} && kubectl get namespaces")
    console.print("End it:     make cluster-down")


if __name__ == "__main__":
    main()
