"""Rights that no test needs are found, and requests that were refused; what a test took away on purpose is neither."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from harness.controlplane import ControlPlane
from harness.kubectl import Kubectl
from harness.rbac import OPERATOR, Right, Use, compare, granted, record, recorded
from platform_contracts.kube.objects import MANAGED_BY, MANAGED_BY_LABEL

PODS = Right("", "pods", "list")
CRD = Right("apiextensions.k8s.io", "customresourcedefinitions", "get", "platformconsumers.platformcontracts.io")
BIND = Right("rbac.authorization.k8s.io", "clusterroles", "bind", "platformcontracts-viewer")
SPEAK = Right("platformcontracts.io", "platformconsumers", "speak")
BINDINGS = Right("rbac.authorization.k8s.io", "rolebindings", "create")


def event(verb: str, resource: str, *, allowed: bool = True, agent: str = "platform-contracts", **more: Any) -> str:
    target, rest = more.pop("target", {}), more
    line = {
        "requestReceivedTimestamp": "2026-11-23T12:00:00.000000Z",
        "stageTimestamp": "2026-11-23T12:00:00.100000Z",
        "user": {"username": OPERATOR},
        "userAgent": agent,
        "verb": verb,
        "objectRef": {"resource": resource, **target},
        "requestURI": "/",
        "responseStatus": {"code": 200 if allowed else 403},
        "annotations": {"authorization.k8s.io/decision": "allow" if allowed else "forbid"},
        **rest,
    }
    return json.dumps(line) + "\n"


def used(folder: Path, *events: str) -> Counter[Use]:
    log = folder / "plane" / "audit.log"
    log.parent.mkdir(parents=True)
    log.write_text("".join(events))
    record(log, folder / "used", [PODS, CRD, BIND, BINDINGS])
    return recorded(folder / "used")


def test_what_was_never_used_is_named(tmp_path: Path) -> None:
    uses = used(tmp_path, event("list", "pods"), event("list", "pods", target={"namespace": "team-a"}))
    verdict = compare([PODS, Right("", "pods", "watch")], uses)
    assert verdict.rights[PODS] == {"in the whole cluster": 1, "in one namespace": 1}
    assert verdict.problems == ["`watch pods` is granted and was never used: remove it, or test what needs it"]


def test_what_a_test_asked_with_the_operators_identity_does_not_count(tmp_path: Path) -> None:
    assert not used(tmp_path, event("list", "pods", agent="kubectl/v1.36.3"))


def test_a_right_for_one_object_is_used_by_requests_for_that_object_alone(tmp_path: Path) -> None:
    target = {"apiGroup": CRD.group, "name": "others.example.com"}
    uses = used(tmp_path, event("get", CRD.resource, target=target, allowed=False))
    assert compare([CRD], uses).problems == [
        f"`{CRD}` is granted and was never used: remove it, or test what needs it",
        "`get customresourcedefinitions.apiextensions.k8s.io` was refused 1 times: grant it, or do not ask for it",
    ]


def test_binding_a_role_is_used_by_who_creates_a_binding_to_it(tmp_path: Path) -> None:
    role = {"kind": "ClusterRole", "name": "platformcontracts-viewer"}
    target = {"apiGroup": BINDINGS.group, "namespace": "team-a", "name": "viewers"}
    uses = used(tmp_path, event("create", "rolebindings", target=target, requestObject={"roleRef": role}))
    assert compare([BINDINGS, BIND], uses).problems == []


def test_what_a_role_hands_on_is_used_by_who_creates_it(tmp_path: Path) -> None:
    target = {"apiGroup": BINDINGS.group, "namespace": "platform", "name": "speakers"}
    rule = {"apiGroups": [SPEAK.group], "resources": [SPEAK.resource], "verbs": ["get", SPEAK.verb]}
    refused = {"responseStatus": {"code": 403}, "requestObject": {"rules": [rule]}}
    create = event("create", "roles", target=target, requestObject={"rules": [rule]})
    right = Right(BINDINGS.group, "roles", "create")
    assert compare([right, SPEAK], used(tmp_path / "handed on", create)).problems == []
    create = event("create", "roles", target=target, **refused)
    assert len(compare([right, SPEAK], used(tmp_path / "refused", create)).problems) == 1


def test_what_was_taken_away_for_a_while_was_not_refused_for_want_of_a_grant(tmp_path: Path) -> None:
    uses = used(tmp_path, event("list", "pods"), event("list", "pods", allowed=False))
    assert compare([PODS], uses).problems == []


def test_admission_refuses_what_is_granted_all_the_same(tmp_path: Path) -> None:
    refused = json.loads(event("list", "pods")) | {"responseStatus": {"code": 403}}
    assert compare([PODS], used(tmp_path, json.dumps(refused) + "\n")).problems == []


def test_the_audit_log_tells_refusals_by_rights_and_which_role_was_bound(
    control_plane: ControlPlane, kubectl: Kubectl, namespace: str, operator_identity: Path, tmp_path: Path
) -> None:
    operator = kubectl.as_user(operator_identity)
    kubectl("label", "namespace", namespace, f"{MANAGED_BY_LABEL}={MANAGED_BY}")
    mark = control_plane.audit_log.stat().st_size
    # What the admission policies let the operator write: under its names and its marker, in a marked namespace.
    metadata = {
        "name": "platform-contracts-viewer",
        "namespace": namespace,
        "labels": {MANAGED_BY_LABEL: MANAGED_BY},
    }
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "platformcontracts-viewer"}
    binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "roleRef": role, "subjects": []}
    for obj in (binding, {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}}):
        operator("create", "-f", "-", stdin=json.dumps({**obj, "metadata": metadata}))
    operator("get", "secrets", "-n", namespace, check=False)
    # The log as it would be if the operator had asked.
    log = tmp_path / "plane" / "audit.log"
    log.parent.mkdir()
    seen = control_plane.audit_log.read_bytes()[mark:].decode()
    log.write_text(seen.replace('"userAgent":"kubectl', '"userAgent":"kopf/'))
    record(log, tmp_path / "used")
    uses = recorded(tmp_path / "used")
    assert {use.right: use.allowed for use in uses if use.right.resource in ("clusterroles", "secrets")} == {
        BIND: True,
        Right("", "secrets", "list"): False,
    }
    assert uses[Use(Right("", "configmaps", "create"), "one object", allowed=True)] == 1
    assert compare(granted(), uses).problems[-1] == "`list secrets` was refused 1 times: grant it, or do not ask for it"
