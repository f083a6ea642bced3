"""A whole platform for the tests of a module: the operator as a process with its own rights and nothing more."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.controlplane import ControlPlane
from harness.kubectl import Kubectl
from harness.operator_process import OperatorProcess
from harness.process import wait_until
from harness.snapshot import Admin

API = "platformcontracts.io/v1alpha1"
PROVIDER = {"platformcontracts.io/provider": "true"}
Object = dict[str, Any]

_numbers = itertools.count()

PLAN: Object = {
    "name": "small",
    "quota": {"requests.cpu": "2", "requests.memory": "4Gi", "limits.cpu": "4", "limits.memory": "8Gi", "pods": "20"},
    "limits": {
        "default": {"cpu": "500m", "memory": "512Mi"},
        "defaultRequest": {"cpu": "100m", "memory": "128Mi"},
    },
    "roles": [{"name": "developer", "clusterRoleName": "platformcontracts-developer"}],
}


class Platform:
    """A running operator and what a test does to its cluster."""

    def __init__(self, kubectl: Kubectl, operator: OperatorProcess) -> None:
        self.kubectl = kubectl
        self.operator = operator
        self._admin = Admin(kubectl.kubeconfig)

    def namespace(self, prefix: str = "ns", **labels: str) -> str:
        """A fresh namespace with these labels."""
        name = f"{prefix}-{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}-{next(_numbers)}"
        metadata = {"name": name, "labels": labels}
        self._admin.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        return name

    def provider(self) -> str:
        """A fresh namespace that an administrator labelled as a provider's."""
        return self.namespace("platform", **PROVIDER)

    def apply(self, kind: str, namespace: str, name: str, spec: Object) -> None:
        """Apply one contract, as its author would."""
        metadata = {"name": name, "namespace": namespace}
        self._admin.apply({"apiVersion": API, "kind": kind, "metadata": metadata, "spec": spec})

    def service(self, namespace: str, name: str = "payments", **spec: Any) -> None:
        """Apply a PlatformService that lets everybody in on the plan `small`, unless `spec` says otherwise."""
        onboarding = {"allowedConsumers": {"from": "All"}, "plans": [PLAN]}
        self.apply(
            "PlatformService", namespace, name, {"owner": {"team": "payments"}, "onboarding": onboarding, **spec}
        )

    def consumer(self, home: str, provider: str, name: str = "payments", **spec: Any) -> str:
        """Apply a PlatformConsumer of the service `payments`; returns the namespace that it will have."""
        reference = {"namespace": provider, "name": "payments"}
        self.apply("PlatformConsumer", home, name, {"serviceRef": reference, "planName": "small", **spec})
        return f"{home}-{name}"

    def get(self, kind: str, namespace: str | None, name: str) -> Any:
        """The live object, None where there is none."""
        return self._admin.find(kind, namespace, name)

    def all(self, resource: str, namespace: str) -> list[Object]:
        """The live objects of a resource type in a namespace."""
        return list(self._admin.list(resource, namespace).values())

    def corrected(self, kind: str) -> float:
        """The operator's own count of the objects of that kind that it set right."""
        return self.operator.total(f'drift_corrected_total{{kind="{kind}"}}')

    def condition(self, kind: str, namespace: str, name: str, type_: str) -> Object:
        """The condition of that type, {} where the object has none yet."""
        obj = self.get(kind, namespace, name) or {}
        conditions = obj.get("status", {}).get("conditions", ())
        return next((condition for condition in conditions if condition["type"] == type_), {})

    def wait(self, kind: str, namespace: str, name: str, type_: str, status: str, reason: str | None = None) -> Object:
        """Wait for a condition of the present generation; returns it."""
        found: Object = {}

        def reached() -> bool:
            nonlocal found
            obj = self.get(kind, namespace, name) or {}
            found = next((c for c in obj.get("status", {}).get("conditions", ()) if c["type"] == type_), {})
            return (
                found.get("status") == status
                and (reason is None or found["reason"] == reason)
                and found["observedGeneration"] == obj["metadata"]["generation"]
            )

        try:
            wait_until(reached, 60, f"{kind} {namespace}/{name} {type_}={status} {reason or ''}")
        except TimeoutError as error:
            raise TimeoutError(f"{error}; at last it was {found}") from None
        return found

    def ready(self, kind: str, namespace: str, name: str = "payments") -> Object:
        """Wait until the object is Ready; returns it."""
        self.wait(kind, namespace, name, "Ready", "True")
        found: Object = self.get(kind, namespace, name)
        return found


@pytest.fixture(scope="module")
def operator_config() -> Object:
    """The operator's configuration; a module overrides it by a fixture of the same name."""
    return {"logging": {"format": "console"}}


@pytest.fixture(scope="module")
def platform(
    control_plane: ControlPlane,
    operator_identity: Path,
    operator_config: Object,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Platform]:
    """A running operator, shared by the tests of the module."""
    operator = OperatorProcess(tmp_path_factory.mktemp("operator"), operator_identity, operator_config)
    operator.start_and_wait()
    try:
        yield Platform(control_plane.kubectl, operator)
        assert operator.complaints() == ""
    finally:
        operator.stop()


Eventually = Callable[[Callable[[], object], str], None]


@pytest.fixture
def eventually() -> Eventually:
    """`eventually(condition, what)`: wait up to a minute until the condition is true."""
    return lambda condition, what: wait_until(condition, 60, what)
