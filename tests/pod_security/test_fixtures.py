"""Kubernetes' own pods for its Pod Security levels, tried by a consumer's member in namespaces that were onboarded.

`latest` is what these namespaces enforce, so the fixtures of the newest version count. As in Kubernetes' own test all
of them are tried by a server-side dry run, which runs all of admission: those for Windows too, because nothing is ever
scheduled, and none depends on a feature that is off.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.controlplane import ControlPlane
from harness.operator_process import OperatorProcess
from harness.process import wait_until
from harness.programs import pod_security_fixtures
from harness.snapshot import Admin, Object, Ref, RefusedError

LEVELS = ("Baseline", "Restricted")
PROVIDER, HOME, GROUP = "pod-security-platform", "pod-security-team", "pod-security-developers"
API = "platformcontracts.io/v1alpha1"
# A pod of this check breaks what every API server asks of every pod too, and that is asked first.
INVALID_ANYWHERE = "procmount"


def plan(level: str) -> Object:
    """A plan of that level in whose quota any pod has room."""
    return {
        "name": level.lower(),
        "podSecurity": level,
        "quota": {"requests.cpu": "100", "limits.memory": "100Gi", "pods": "100"},
        "limits": {"default": {"cpu": "100m", "memory": "64Mi"}, "defaultRequest": {"cpu": "10m", "memory": "64Mi"}},
        "roles": [{"name": "developer", "clusterRoleName": "platformcontracts-developer"}],
    }


def contracts() -> Iterator[Object]:
    """A service with a plan of each level, and a consumer on each."""
    onboarding = {"allowedConsumers": {"from": "All"}, "plans": [plan(level) for level in LEVELS]}
    yield {
        "apiVersion": API,
        "kind": "PlatformService",
        "metadata": {"name": "shop", "namespace": PROVIDER},
        "spec": {"owner": {"team": "shop"}, "onboarding": onboarding},
    }
    for level in LEVELS:
        yield {
            "apiVersion": API,
            "kind": "PlatformConsumer",
            "metadata": {"name": level.lower(), "namespace": HOME},
            "spec": {
                "serviceRef": {"namespace": PROVIDER, "name": "shop"},
                "planName": level.lower(),
                "members": [{"kind": "Group", "name": GROUP, "roleName": "developer"}],
            },
        }


@pytest.fixture(scope="module")
def member(
    control_plane: ControlPlane, operator_identity: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Admin]:
    """Somebody who may create pods in the namespaces of both consumers, once these are ready for them."""
    admin = Admin(control_plane.kubeconfig)
    for name, labels in ((PROVIDER, {"platformcontracts.io/provider": "true"}), (HOME, {})):
        admin.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    operator = OperatorProcess(tmp_path_factory.mktemp("operator"), operator_identity)
    operator.start_and_wait()
    try:
        admin.apply(*contracts())
        for level in LEVELS:
            control_plane.kubectl("wait", "pcon", level.lower(), "-n", HOME, "--for=condition=Ready", "--timeout=60s")
            account = Ref("serviceaccounts", f"{HOME}-{level.lower()}", "default")
            wait_until(lambda account=account: admin.get(account), 60, f"{account}")  # type: ignore[misc]
    finally:
        operator.stop()
    yield Admin(control_plane.user_kubeconfig("dora@example.com", [GROUP]))
    for name in (PROVIDER, HOME):
        admin.delete(Ref("namespaces", "", name))


def pods(level: str, verdict: str) -> dict[str, Object]:
    """The newest version's fixtures by name."""
    versions = (pod_security_fixtures() / level.lower()).iterdir()
    newest = max(versions, key=lambda folder: int(folder.name.removeprefix("v1.")))
    return {path.stem: yaml.safe_load(path.read_text()) for path in (newest / verdict).glob("*.yaml")}


def tried(member: Admin, namespace: str, pod: Object) -> dict[str, Any]:
    """What the API server says to the pod: {} where it is admitted. Some fixtures' own names are none for a pod."""
    body = {**pod, "metadata": {**pod["metadata"], "name": "test"}}
    try:
        member.request("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All&fieldValidation=Strict", body)
    except RefusedError as error:
        answer: dict[str, Any] = json.loads(str(error).partition(": ")[2])
        return answer
    return {}


@pytest.mark.parametrize("level", LEVELS)
def test_every_pod_that_the_level_allows_is_admitted(member: Admin, level: str) -> None:
    answers = {name: tried(member, f"{HOME}-{level.lower()}", pod) for name, pod in pods(level, "pass").items()}
    assert "base" in answers
    assert {name: answer["message"] for name, answer in answers.items() if answer} == {}


@pytest.mark.parametrize("level", LEVELS)
def test_every_pod_that_the_level_forbids_is_refused_by_pod_security(member: Admin, level: str) -> None:
    answers = {name: tried(member, f"{HOME}-{level.lower()}", pod) for name, pod in pods(level, "fail").items()}
    assert "privileged0" in answers
    why = f'violates PodSecurity "{level.lower()}:latest"'
    others = {name: answer for name, answer in answers.items() if why not in answer.get("message", "")}
    assert {name: answer.get("reason") for name, answer in others.items()} == {
        f"{INVALID_ANYWHERE}0": "Invalid",
        f"{INVALID_ANYWHERE}1": "Invalid",
    }


@pytest.mark.parametrize("level", LEVELS)
def test_what_pod_security_never_saw_is_no_pod_in_any_namespace(
    member: Admin, control_plane: ControlPlane, level: str
) -> None:
    """Unmasked /proc without a user namespace: the API server admits it nowhere, whatever a namespace's level."""
    admin = Admin(control_plane.kubeconfig)
    for name in (f"{INVALID_ANYWHERE}0", f"{INVALID_ANYWHERE}1"):
        answer = tried(admin, "kube-public", pods(level, "fail")[name])
        assert answer["reason"] == "Invalid"
        assert "hostUsers" in answer["message"]
        assert "procMount" in answer["message"]
