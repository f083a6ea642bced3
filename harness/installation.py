"""What a cluster gets before the operator runs: CRDs, the operator's identity with exactly its rights, the policies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from harness import kubeconfig
from harness.kubectl import Kubectl
from harness.process import wait_until

REPOSITORY = Path(__file__).parent.parent
CRDS = REPOSITORY / "crds"
DEPLOY = REPOSITORY / "deploy"

# The Deployment stays out: the operator runs here as a process, and an embedded cluster has no node for it.
IDENTITY_KINDS = frozenset({"Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"})
POLICY_KINDS = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
# A policy that refuses the operator something which its rights allow.
CONFINING = "confine-operator-namespaces.platformcontracts.io"


def install_crds(kubectl: Kubectl, *files: Path) -> None:
    """Apply CRD files (those of crds/ by default) and wait until the API server serves them.

    Raises KubectlError.
    """
    paths = files or [path for path in sorted(CRDS.glob("*.yaml")) if path.name != "kustomization.yaml"]
    arguments = [argument for path in paths for argument in ("-f", str(path))]
    kubectl("apply", "--server-side", "--force-conflicts", *arguments)
    kubectl("wait", "--for=condition=Established", "--timeout=60s", *arguments)


def install_operator_rights(kubectl: Kubectl) -> tuple[str, str]:
    """Apply deploy/'s ServiceAccount, RBAC and policies as they stand; returns the account's namespace and name.

    Raises KubectlError, or TimeoutError where the policies are not enforced within a minute.
    """
    rendered = [obj for obj in yaml.safe_load_all(kubectl("kustomize", DEPLOY).stdout) if obj]
    objects = [obj for obj in rendered if obj["kind"] in IDENTITY_KINDS]
    # Namespaces first: the others live in them.
    kubectl.apply(*sorted(objects, key=lambda obj: obj["kind"] != "Namespace"))
    account = next(obj for obj in objects if obj["kind"] == "ServiceAccount")["metadata"]
    _install_policies(kubectl, rendered, f"system:serviceaccount:{account['namespace']}:{account['name']}")
    return account["namespace"], account["name"]


def _install_policies(kubectl: Kubectl, rendered: list[dict[str, Any]], operator: str) -> None:
    """The API server learns of policies, and of bindings, in the order of their creation: once the last is enforced,
    all are."""
    policies = [obj for kind in POLICY_KINDS for obj in rendered if obj["kind"] == kind]
    policies.sort(key=lambda obj: (POLICY_KINDS.index(obj["kind"]), obj["metadata"]["name"] == CONFINING))
    kubectl.apply(*policies)
    probe = ("create", "namespace", "policy-probe", "--dry-run=server", f"--as={operator}")
    wait_until(lambda: CONFINING in kubectl(*probe, check=False).stderr, 60, "the admission policies being enforced")


def operator_kubeconfig(kubectl: Kubectl, path: Path) -> Path:
    """Install the operator's rights and write a kubeconfig with a day's token of its ServiceAccount."""
    namespace, name = install_operator_rights(kubectl)
    token = kubectl("create", "token", name, "-n", namespace, "--duration=24h").stdout
    return kubeconfig.write(path, kubeconfig.with_token(kubectl.kubeconfig, token.strip()))
