"""Parts that these tests break: a control plane of their own for each module, and the operator behind a proxy."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from harness import rbac
from harness.audit import AuditLog
from harness.controlplane import ControlPlane
from harness.fault_proxy import FaultProxy
from harness.installation import operator_kubeconfig
from harness.operator_process import OperatorProcess
from harness.prepared import prepared_cluster
from harness.snapshot import Admin, Object


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane that only this module's tests use."""
    with prepared_cluster(tmp_path_factory.mktemp("plane"), used=rbac.USED) as plane:
        yield plane


@pytest.fixture(scope="module")
def proxy(plane: ControlPlane) -> Iterator[FaultProxy]:
    """What stands between the operator and the API server."""
    proxy = FaultProxy(plane.folder / "proxy", plane.url, plane.authority)
    proxy.start()
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def admin(plane: ControlPlane) -> Admin:
    """Direct requests as the administrator."""
    return Admin(plane.kubeconfig)


@pytest.fixture
def audit(plane: ControlPlane) -> AuditLog:
    """The audit log of this module's control plane."""
    return AuditLog(plane.audit_log)


StartOperator = Callable[..., OperatorProcess]


@pytest.fixture(scope="module")
def start_operator(
    plane: ControlPlane, proxy: FaultProxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartOperator]:
    """`start_operator(config)`: the operator behind the proxy, with exactly the rights of deploy/.

    At the end it must have logged no traceback.
    """
    identity = operator_kubeconfig(plane.kubectl, plane.folder / "operator.kubeconfig")
    behind = proxy.kubeconfig(identity, plane.folder / "behind-proxy.kubeconfig")
    started: list[OperatorProcess] = []

    def start(config: Object | None = None) -> OperatorProcess:
        settings = {"logging": {"format": "console"}, **(config or {})}
        operator = OperatorProcess(tmp_path_factory.mktemp("operator"), behind, settings)
        started.append(operator)
        operator.start_and_wait()
        return operator

    yield start
    for operator in started:
        operator.stop()
        assert operator.complaints() == ""
