"""A platform with tenants: who they are, what they have, and their real identities."""

from __future__ import annotations

import copy
from pathlib import Path
from string import Template
from typing import Any

from harness import kubeconfig
from harness.controlplane import ControlPlane
from harness.kubectl import Kubectl
from harness.process import wait_until
from tests.conftest import unique_name
from tests.operator.conftest import PLAN, Object, Platform

# What an attacker is, as docs/security.md tells it.
ATTACKERS = {
    "consumer": "leads a consumer team: `platformcontracts-consumer` in its home namespace; may say something about "
    "the service, as may developer and neighbour: `platformcontracts-feedback-author` in the provider's namespace",
    "developer": "is a member of that team by `spec.members`: `platformcontracts-developer` in the team's namespace",
    "workload": "a ServiceAccount in the team's namespace, a member like the developer",
    "neighbour": "leads another consumer team: `platformcontracts-consumer` in another home",
    "listed": "is a member of a team that a provider lists itself, in `spec.consumers`; may say something about its "
    "services as well",
    "provider": "offers services: `platformcontracts-provider` in a provider's namespace, in another one beside the "
    "built-in `admin`, and in one nobody labelled",
    "reader": "has the built-in `view` in the team's home and namespace and in the provider's",
    "editor": "got the built-in `edit` in the team's home and namespace, past the contract",
    "tenant admin": "got the built-in `admin` in both, may edit these two Namespaces with their subresources, and do "
    "everything with `platformcontracts.io/*` in its home",
    "operator": "holds the operator's own token",
}

CONFIG: Object = {
    "logging": {"format": "console"},
    "dataSources": {"default": {"url": "http://127.0.0.1:9", "namespaceLabel": "namespace"}},
    "guardrails": {
        "maxNamespacesPerHome": 2,
        "maxNamespacesPerProvider": 3,
        "allowedNamespacePrefixes": ["kube-"],
        "allowedUrlHosts": ["docs.example.com"],
    },
}
NAMESPACE_EDITOR = "namespace-editor"
ALL_CONTRACTS = "all-contracts"


class Scene:
    """One team with its namespace, a neighbour, two providers, and somebody who reads along."""

    def __init__(self, platform: Platform, plane: ControlPlane, operator: Path, folder: Path) -> None:
        self.platform = platform
        self.admin = platform.kubectl
        self.plane = plane
        self.names = {
            "provider": platform.provider(),
            "own": platform.provider(),
            "market": platform.provider(),
            "crowd": platform.provider(),
            "unlabelled": platform.namespace("unlabelled"),
            "team": platform.namespace("team"),
            "other": platform.namespace("other"),
        }
        self._onboard()
        self._kubeconfigs = {name: plane.user_kubeconfig(name.replace(" ", "-")) for name in ATTACKERS}
        self._kubeconfigs["developer"] = plane.user_kubeconfig("developer", ["team"])
        self._kubeconfigs["operator"] = operator
        token = self.admin("create", "token", "workload", "-n", self.names["namespace"]).stdout.strip()
        self._kubeconfigs["workload"] = kubeconfig.write(
            folder / "workload.kubeconfig", kubeconfig.with_token(self.admin.kubeconfig, token)
        )
        self._grant()

    def _onboard(self) -> None:
        names, platform = self.names, self.platform
        plan = {**PLAN, "network": "SameConsumer"}
        onboarding = {"allowedConsumers": {"from": "All"}, "deletionPolicy": "Delete", "plans": [plan]}
        platform.service(names["provider"], onboarding=onboarding)
        platform.service(names["provider"], "closed", onboarding={**onboarding, "allowedConsumers": {"from": "None"}})
        platform.service(names["own"], "mine", onboarding=onboarding)
        listed = [
            {"name": name, "team": name, "planName": plan["name"], "members": [self._member(name)]}
            for name in ("listed", "rival")
        ]
        platform.service(names["market"], "shop", onboarding=onboarding, consumers=listed)
        members = [
            {"kind": "Group", "name": "team", "roleName": "developer"},
            {
                "kind": "ServiceAccount",
                "namespace": f"{names['team']}-payments",
                "name": "workload",
                "roleName": "developer",
            },
        ]
        names["namespace"] = platform.consumer(names["team"], names["provider"], members=members)
        names["foreign"] = platform.consumer(names["other"], names["provider"])
        platform.ready("platformconsumer", names["team"])
        platform.ready("platformconsumer", names["other"])
        for team in ("listed", "rival"):
            platform.ready("platformconsumer", names["market"], f"shop-{team}")
        self._bound_feedback(names["crowd"])
        self.admin("create", "serviceaccount", "workload", "-n", names["namespace"])

    def _bound_feedback(self, namespace: str) -> None:
        """As docs/feedback.md says; Kubernetes counts a new resource type only after a while."""
        quota = {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "feedback", "namespace": namespace},
            "spec": {"hard": {"count/feedback.platformcontracts.io": "3"}},
        }

        def counts() -> bool:
            self.admin("delete", "resourcequota", "feedback", "-n", namespace, "--ignore-not-found")
            self.admin.apply(quota)
            seen = ("wait", "quota/feedback", "-n", namespace, "--for=jsonpath={.status.used}", "--timeout=2s")
            return self.admin(*seen, check=False).returncode == 0

        wait_until(counts, 90, "Feedback being counted")

    @staticmethod
    def _member(name: str) -> Object:
        return {"kind": "User", "name": name, "roleName": "developer"}

    def _grant(self) -> None:
        names = self.names
        self.bind("platformcontracts-consumer", "consumer", names["team"])
        self.bind("platformcontracts-consumer", "neighbour", names["other"])
        for author in ("consumer", "neighbour", "developer"):
            self.bind("platformcontracts-feedback-author", author, names["provider"])
        self.bind("platformcontracts-feedback-author", "consumer", names["crowd"])
        self.bind("platformcontracts-provider", "provider", names["crowd"])
        self.bind("view", "reader", names["provider"])
        self.bind("platformcontracts-feedback-author", "listed", names["market"])
        for namespace in (names["own"], names["market"], names["unlabelled"]):
            self.bind("platformcontracts-provider", "provider", namespace)
        self.bind("admin", "provider", names["market"])
        self.admin.apply(
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRole",
                "metadata": {"name": NAMESPACE_EDITOR},
                "rules": [
                    {
                        "apiGroups": [""],
                        "resources": ["namespaces", "namespaces/status", "namespaces/finalize"],
                        "resourceNames": [names["team"], names["namespace"]],
                        "verbs": ["get", "update", "patch"],
                    },
                    {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["create"]},
                ],
            },
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": NAMESPACE_EDITOR},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": NAMESPACE_EDITOR},
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "tenant-admin"}],
            },
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRole",
                "metadata": {"name": ALL_CONTRACTS},
                "rules": [{"apiGroups": ["platformcontracts.io"], "resources": ["*"], "verbs": ["*"]}],
            },
        )
        self.bind(ALL_CONTRACTS, "tenant admin", names["team"])
        for namespace in (names["team"], names["namespace"]):
            self.bind("view", "reader", namespace)
            self.bind("edit", "editor", namespace)
            self.bind("admin", "tenant admin", namespace)
            self.bind("platformcontracts-consumer", "tenant admin", namespace)

    def bind(self, role: str, attacker: str, namespace: str) -> None:
        """Give somebody a ClusterRole in one namespace, as an administrator may."""
        self.admin.apply(self._binding(role, attacker, namespace))

    @staticmethod
    def _binding(role: str, attacker: str, namespace: str) -> Object:
        group, user = "rbac.authorization.k8s.io", attacker.replace(" ", "-")
        return {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": f"{role}-{user}", "namespace": namespace},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
        }

    def home(self, name: str | None = None) -> str:
        """One more home namespace of the consumer and the tenant's administrator."""
        home = name or unique_name("home")
        bindings = [
            self._binding("platformcontracts-consumer", attacker, home) for attacker in ("consumer", "tenant admin")
        ]
        self.admin.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": home}}, *bindings)
        return home

    def kubectl_of(self, attacker: str) -> Kubectl:
        """kubectl with an attacker's own identity."""
        return self.admin.as_user(self._kubeconfigs[attacker])

    def fill(self, value: Any, names: dict[str, str]) -> Any:
        """`value` with the scene's names, and `names`, in place of $placeholders."""
        if isinstance(value, str):
            return Template(value).substitute(self.names | names)
        if isinstance(value, dict):
            return {self.fill(key, names): self.fill(item, names) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item, names) for item in value]
        return copy.deepcopy(value)
