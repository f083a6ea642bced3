"""What a cluster gets before the operator runs: CRDs, and the operator's identity with exactly its rights."""

from __future__ import annotations

from pathlib import Path

import yaml

from harness import kubeconfig
from harness.kubectl import Kubectl

REPOSITORY = Path(__file__).parent.parent
CRDS = REPOSITORY / "crds"
DEPLOY = REPOSITORY / "deploy"

# The Deployment stays out: the operator runs here as a process, and an embedded cluster has no node for it.
IDENTITY_KINDS = frozenset({"Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"})


def install_crds(kubectl: Kubectl, *files: Path) -> None:
    """Apply CRD files (those of crds/ by default) and wait until the API server serves them.

    Raises KubectlError.
    """
    paths = files or [path for path in sorted(CRDS.glob("*.yaml")) if path.name != "kustomization.yaml"]
    arguments = [argument for path in paths for argument in ("-f", str(path))]
    kubectl("apply", "--server-side", "--force-conflicts", *arguments)
    kubectl("wait", "--for=condition=Established", "--timeout=60s", *arguments)


def install_operator_rights(kubectl: Kubectl) -> tuple[str, str]:
    """Apply deploy/'s ServiceAccount and RBAC as they stand; returns the account's namespace and name.

    Raises KubectlError.
    """
    rendered = yaml.safe_load_all(kubectl("kustomize", DEPLOY).stdout)
    objects = [obj for obj in rendered if obj and obj["kind"] in IDENTITY_KINDS]
    # Namespaces first: the others live in them.
    kubectl.apply(*sorted(objects, key=lambda obj: obj["kind"] != "Namespace"))
    account = next(obj for obj in objects if obj["kind"] == "ServiceAccount")["metadata"]
    return account["namespace"], account["name"]


def operator_kubeconfig(kubectl: Kubectl, path: Path) -> Path:
    """Install the operator's rights and write a kubeconfig with a day's token of its ServiceAccount."""
    namespace, name = install_operator_rights(kubectl)
    token = kubectl("create", "token", name, "-n", namespace, "--duration=24h").stdout
    return kubeconfig.write(path, kubeconfig.with_token(kubectl.kubeconfig, token.strip()))
