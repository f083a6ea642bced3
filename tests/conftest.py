"""Real parts for the tests: one control plane for each test process, started by the first test that asks for it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from harness import rbac
from harness.audit import AuditLog
from harness.browser import browser as chromium
from harness.controlplane import ControlPlane
from harness.installation import install_crds, operator_kubeconfig
from harness.kubectl import Kubectl
from harness.loader import DEFAULT_SELECTOR, loader_command
from harness.operator_process import OperatorProcess
from harness.prepared import prepared_cluster
from harness.process import Process
from harness.programs import prometheus_operator_crds, prometheus_programs
from harness.prometheus import Prometheus
from harness.promtool import Promtool

LOG_LINES = 40

_names = itertools.count()
# Processes whose log ends are shown when a test fails.
_watched: list[Process] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults", choices=("part", "all"), default="part", help="how many crash points to try")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        for process in _watched:
            report.sections.append((f"log of {process.name}", process.tail(LOG_LINES)))
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest goes first, so that no worker is left with it at the end."""
    real = {"reliability", "operator", "security", "harness", "truth", "web"}
    items.sort(key=lambda item: (item.get_closest_marker("long") is None, not real & set(item.path.parts)))


def unique_name(prefix: str = "t") -> str:
    """A name that no other test of any worker uses."""
    return f"{prefix}-{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}-{next(_names)}"


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with this project's CRDs and the Prometheus Operator's, shared by the worker's tests."""
    with prepared_cluster(tmp_path_factory.mktemp("control-plane"), used=rbac.USED) as plane:
        yield plane


@pytest.fixture
def kubectl(control_plane: ControlPlane) -> Kubectl:
    """kubectl as the cluster's administrator."""
    return control_plane.kubectl


@pytest.fixture(scope="session")
def admin(control_plane: ControlPlane) -> Path:
    """The administrator's kubeconfig."""
    return control_plane.kubeconfig


@pytest.fixture
def namespace(kubectl: Kubectl) -> Iterator[str]:
    """A fresh namespace; its deletion is asked for afterwards, not awaited."""
    name = unique_name()
    kubectl("create", "namespace", name)
    yield name
    kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")


@pytest.fixture
def without_prometheus_operator(kubectl: Kubectl) -> Iterator[None]:
    """The other kind of cluster: the Prometheus Operator's CRDs are away during the test."""
    files = [argument for path in prometheus_operator_crds() for argument in ("-f", str(path))]
    kubectl("delete", "--wait", *files)
    yield
    install_crds(kubectl, *prometheus_operator_crds())


@pytest.fixture(scope="session")
def operator_identity(control_plane: ControlPlane) -> Path:
    """A kubeconfig for the operator's own ServiceAccount with exactly the rights of deploy/."""
    return operator_kubeconfig(control_plane.kubectl, control_plane.folder / "operator.kubeconfig")


@pytest.fixture
def user_kubeconfig(control_plane: ControlPlane) -> Callable[..., Path]:
    """`user_kubeconfig(name, groups=())`: a kubeconfig with a client certificate for that user."""
    return control_plane.user_kubeconfig


@pytest.fixture
def audit(control_plane: ControlPlane) -> AuditLog:
    """The control plane's audit log."""
    return AuditLog(control_plane.audit_log)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser."""
    with chromium() as started:
        yield started


StartOperator = Callable[..., OperatorProcess]


@pytest.fixture
def start_operator(operator_identity: Path, kubectl: Kubectl, tmp_path: Path) -> Iterator[StartOperator]:
    """`start_operator(config=None, wait=True)`: the operator as a real process under its own ServiceAccount.

    `config` is the configuration file's content (camelCase). Whatever still runs after the test is ended.
    """
    started: list[OperatorProcess] = []

    def start(config: Mapping[str, Any] | None = None, *, wait: bool = True) -> OperatorProcess:
        operator = OperatorProcess(tmp_path / f"operator-{len(started)}", operator_identity, config)
        started.append(operator)
        _watched.append(operator)
        operator.start()
        if wait:
            operator.wait_ready(operator.ready)
        return operator

    yield start
    for operator in started:
        operator.stop()
        _watched.remove(operator)


StartPrometheus = Callable[..., Prometheus]


@pytest.fixture
def start_prometheus(tmp_path: Path) -> Iterator[StartPrometheus]:
    """`start_prometheus(targets=(), scrape_interval="15s", retention="100d")`: a real, empty Prometheus."""
    started: list[Prometheus] = []

    def start(**options: Any) -> Prometheus:
        prometheus = Prometheus(tmp_path / f"prometheus-{len(started)}", **options)
        started.append(prometheus)
        _watched.append(prometheus.process)
        prometheus.start()
        return prometheus

    yield start
    for prometheus in started:
        prometheus.stop()
        _watched.remove(prometheus.process)


@pytest.fixture
def prometheus(start_prometheus: StartPrometheus) -> Prometheus:
    """A real, empty Prometheus that scrapes nothing."""
    return start_prometheus()


@pytest.fixture
def promtool() -> Promtool:
    """promtool."""
    return Promtool(prometheus_programs().promtool)


StartLoader = Callable[..., Process]


@pytest.fixture
def start_loader(admin: Path, tmp_path: Path) -> Iterator[StartLoader]:
    """`start_loader(prometheus, selector="release=prometheus", namespaces=())`: loads the cluster's rules into it."""
    started: list[Process] = []

    def start(prometheus: Prometheus, selector: str = DEFAULT_SELECTOR, namespaces: Sequence[str] = ()) -> Process:
        loader = Process(
            "rule loader",
            loader_command(admin, prometheus, selector, namespaces),
            tmp_path / f"loader-{len(started)}.log",
            folder=Path(__file__).parent.parent,
        )
        started.append(loader)
        _watched.append(loader)
        loader.start()
        return loader

    yield start
    for loader in started:
        loader.stop()
        _watched.remove(loader)
