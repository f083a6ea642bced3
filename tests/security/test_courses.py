"""Attacks that take several steps: namespaces made again, adopted, left behind; access that ended."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.kubectl import Kubectl, KubectlError
from harness.process import wait_until
from tests.conftest import unique_name
from tests.operator.conftest import Object
from tests.security.scene import Scene

CONSENT = "platformcontracts.io/consent"
MEMBERS = [{"kind": "User", "name": "mallory", "roleName": "developer"}]


def guards(scene: Scene, namespace: str) -> dict[str, Any]:
    """What the operator wrote in a namespace, by kind."""
    kinds = "resourcequotas,limitranges,networkpolicies,rolebindings"
    marked = ["-l", "app.kubernetes.io/managed-by=platform-contracts"]
    items = scene.admin.get(kinds, "-n", namespace, *marked)["items"]
    return {item["kind"]: item.get("spec") or item["subjects"] for item in items}


def may(kubectl: Kubectl, namespace: str) -> bool:
    """Whether somebody may work in a namespace."""
    return not kubectl("get", "configmaps", "-n", namespace, check=False).returncode


def asks(scene: Scene, home: str, entry: Object, **spec: Any) -> None:
    """Have the consumer ask for one namespace."""
    spec = {"serviceRef": {"namespace": scene.names["provider"], "name": "payments"}, "planName": "small", **spec}
    consumer = {
        "apiVersion": "platformcontracts.io/v1alpha1",
        "kind": "PlatformConsumer",
        "metadata": {"name": "payments", "namespace": home},
        "spec": {**spec, "namespaces": [entry], "members": MEMBERS},
    }
    scene.kubectl_of("consumer").apply(consumer)


def make_again(scene: Scene, namespace: str) -> str:
    """Somebody else deletes a namespace and makes it again while the operator does not look; returns its new UID."""
    scene.platform.operator.stop()
    try:
        scene.admin("delete", "namespace", namespace, "--timeout=60s")
        scene.kubectl_of("tenant admin")("create", "namespace", namespace)
    finally:
        scene.platform.operator.start_and_wait()
    uid: str = scene.admin.get("namespace", namespace)["metadata"]["uid"]
    return uid


def adopted(scene: Scene) -> tuple[str, str]:
    """The home of a consumer that adopted a namespace, and that namespace."""
    home, namespace = scene.home(), unique_name("legacy")
    scene.admin("create", "namespace", namespace)
    scene.admin("annotate", "namespace", namespace, f"{CONSENT}={home}/payments")
    asks(scene, home, {"name": namespace, "source": "Adopt"})
    scene.platform.ready("platformconsumer", home)
    return home, namespace


def test_a_namespace_that_was_made_again_by_somebody_else_gets_nothing(scene: Scene) -> None:
    home = scene.home()
    namespace = f"{home}-shop"
    asks(scene, home, {"name": namespace})
    scene.platform.ready("platformconsumer", home)
    uid = make_again(scene, namespace)
    condition = scene.platform.wait("platformconsumer", home, "payments", "Stalled", "True", "NamespaceConflict")
    assert "choose another name" in condition["message"]
    assert guards(scene, namespace) == {}
    live = scene.admin.get("namespace", namespace)["metadata"]
    assert (live["uid"], set(live["labels"])) == (uid, {"kubernetes.io/metadata.name"})


def test_with_three_voices_a_namespace_is_adopted_and_guarded_and_never_deleted(scene: Scene) -> None:
    """The service lets everybody in and says deletionPolicy: Delete."""
    home, namespace = adopted(scene)
    assert set(guards(scene, namespace)) == {"ResourceQuota", "LimitRange", "NetworkPolicy", "RoleBinding"}
    scene.kubectl_of("consumer")("delete", "platformconsumer", "payments", "-n", home, "--timeout=60s")
    assert set(guards(scene, namespace)) == {"ResourceQuota", "LimitRange", "NetworkPolicy"}
    assert "deletionTimestamp" not in scene.admin.get("namespace", namespace)["metadata"]


def test_an_adopted_namespace_that_was_made_again_needs_consent_again(scene: Scene) -> None:
    home, namespace = adopted(scene)
    uid = make_again(scene, namespace)
    condition = scene.platform.wait("platformconsumer", home, "payments", "Ready", "False", "AwaitingConsent")
    here = scene.admin.get("namespace", home)["metadata"]["uid"]
    command = f"kubectl annotate namespace {namespace} {CONSENT}={home}/payments@{here} --overwrite"
    assert command in condition["message"]
    assert guards(scene, namespace) == {}
    scene.admin(*command.split()[1:])
    scene.platform.ready("platformconsumer", home)
    assert scene.admin.get("namespace", namespace)["metadata"]["uid"] == uid


@pytest.mark.parametrize("end", ["left", "denied"])
def test_access_ends_and_what_guards_the_namespace_stays_out_of_reach(scene: Scene, end: str) -> None:
    home, service = scene.home(), unique_name("ending")
    provider = scene.names["provider"]
    live = scene.admin.get("platformservice", "payments", "-n", provider)["spec"]
    onboarding = {**live["onboarding"], "deletionPolicy": "Retain"}
    scene.platform.service(provider, service, onboarding=onboarding)
    asks(scene, home, {"name": f"{home}-shop"}, serviceRef={"namespace": provider, "name": service})
    scene.platform.ready("platformconsumer", home)
    namespace = f"{home}-shop"
    mallory = scene.admin.as_user(scene.plane.user_kubeconfig("mallory"))
    wait_until(lambda: may(mallory, namespace), 30, "a member getting in")
    before = guards(scene, namespace)

    if end == "left":
        scene.kubectl_of("consumer")("delete", "platformconsumer", "payments", "-n", home, "--timeout=60s")
    else:
        decision = {"namespace": home, "name": "payments", "decision": "Denied", "reason": "the pilot is over"}
        scene.platform.service(provider, service, onboarding={**onboarding, "approvals": [decision]})
        condition = scene.platform.wait("platformconsumer", home, "payments", "Stalled", "True", "Denied")
        assert "the pilot is over" in condition["message"]
    wait_until(lambda: not may(mallory, namespace), 30, "access ending")

    scene.bind("admin", "tenant admin", namespace)
    attacker = scene.kubectl_of("tenant admin")
    wait_until(lambda: may(attacker, namespace), 30, "the built-in admin getting in")
    opened = {"spec": {"ingress": [{}]}}
    for attempt in (
        ["patch", "networkpolicy", "platform-contracts", "--type=merge", "-p", json.dumps(opened)],
        ["delete", "networkpolicy", "platform-contracts"],
    ):
        with pytest.raises(KubectlError, match="written by the operator alone"):
            attacker(*attempt, "-n", namespace)
    assert guards(scene, namespace) == {kind: spec for kind, spec in before.items() if kind != "RoleBinding"}
