"""The operator as a process of its own, with exactly the rights that deploy/ grants it."""

from __future__ import annotations

import copy
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from harness import kubeconfig
from harness.kubectl import Kubectl
from harness.ports import free_port
from harness.process import Process

REPOSITORY = Path(__file__).parent.parent
DEPLOY = REPOSITORY / "deploy"
CRDS = REPOSITORY / "crds"

# What an identity is made of; the Deployment stays out, as there is no node to run it.
IDENTITY_KINDS = frozenset({"Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"})


def install_crds(kubectl: Kubectl, *files: Path) -> None:
    """Apply CRD files (those of crds/ by default) and wait until the API server serves them."""
    paths = files or tuple(path for path in sorted(CRDS.glob("*.yaml")) if path.name != "kustomization.yaml")
    if not paths:
        return
    arguments = [argument for path in paths for argument in ("-f", str(path))]
    kubectl("apply", "--server-side", "--force-conflicts", *arguments)
    kubectl("wait", "--for=condition=Established", "--timeout=60s", *arguments)


def operator_kubeconfig(kubectl: Kubectl, path: Path) -> Path:
    """Apply deploy/'s ServiceAccount and RBAC as they stand; returns a kubeconfig for that ServiceAccount."""
    rendered = yaml.safe_load_all(kubectl("kustomize", DEPLOY).stdout)
    objects = [obj for obj in rendered if obj and obj["kind"] in IDENTITY_KINDS]
    account = next(obj for obj in objects if obj["kind"] == "ServiceAccount")["metadata"]
    # Namespaces first: the others live in them.
    kubectl.apply(*sorted(objects, key=lambda obj: obj["kind"] != "Namespace"))
    token = kubectl("create", "token", account["name"], "-n", account["namespace"], "--duration=24h").stdout
    return kubeconfig.write(path, kubeconfig.with_token(kubectl.kubeconfig, token.strip()))


class OperatorProcess(Process):
    """`python -m platform_contracts` with a configuration file, a log and probes on a free port."""

    def __init__(self, folder: Path, kubeconfig_path: Path, config: Mapping[str, Any] | None = None) -> None:
        self.port = free_port()
        self.config = copy.deepcopy(dict(config or {}))
        self.config.setdefault("http", {}).update(address="127.0.0.1", port=self.port)
        self.config_file = folder / "operator.yaml"
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(
            "operator",
            [sys.executable, "-m", "platform_contracts", "--config", self.config_file],
            folder / "operator.log",
            environment={"KUBECONFIG": str(kubeconfig_path)},
        )

    @property
    def url(self) -> str:
        """Where metrics and probes are served."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Write the configuration as it stands now, and start."""
        self.config_file.write_text(yaml.safe_dump(self.config, sort_keys=False))
        super().start()

    def start_and_wait(self, seconds: float = 60.0) -> None:
        """Start, and wait until /readyz says yes. Raises ProcessError with the log's end."""
        self.start()
        self.wait_ready(self.ready, seconds)

    def ready(self) -> bool:
        """Whether /readyz answers 200."""
        return self.probe("/readyz") == 200

    def probe(self, path: str) -> int | None:
        """The status code of a path, None where nobody answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def metrics(self) -> str:
        """The operator's own metrics in the Prometheus text format."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=5) as answer:
            return str(answer.read().decode())
