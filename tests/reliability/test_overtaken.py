"""Somebody makes an object of a name that is the operator's, a moment before the operator does: nothing is taken over.

The operator cannot know of it: the write is under way already. It hears so by the refusal, looks, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harness.fault_proxy import Fault, FaultProxy, Write
from harness.operator_process import OperatorProcess
from harness.process import wait_until
from harness.snapshot import Admin, Object, Ref
from tests.reliability.conftest import StartOperator
from tests.reliability.scenarios import GUARD, Market
from tests.reliability.world import contract

WAIT_SECONDS = 60.0
RBAC = "rbac.authorization.k8s.io/v1"
BY_SOMEBODY = {"app.kubernetes.io/managed-by": "somebody"}


@pytest.fixture(scope="module")
def operator(start_operator: StartOperator) -> OperatorProcess:
    # A foreign rule object is not watched: that it is gone is seen at the next resync.
    return start_operator({"intervals": {"resyncSeconds": 5}})


@pytest.fixture(scope="module")
def worlds() -> Iterator[Market]:
    return (Market(f"w{number:04d}") for number in range(100))


def foreign(world: Market, resource: str) -> Object:
    """The least object of that resource type under the name that the operator gives to its own."""
    forms: dict[str, tuple[str, str, str, Object]] = {
        "namespaces": ("v1", "Namespace", world.asked, {}),
        "resourcequotas": ("v1", "ResourceQuota", GUARD, {"spec": {"hard": {"pods": "999"}}}),
        "limitranges": ("v1", "LimitRange", GUARD, {"spec": {"limits": []}}),
        "networkpolicies": ("networking.k8s.io/v1", "NetworkPolicy", GUARD, {"spec": {"podSelector": {}}}),
        "configmaps": ("v1", "ConfigMap", GUARD, {"data": {}}),
        "prometheusrules": ("monitoring.coreos.com/v1", "PrometheusRule", GUARD, {"spec": {"groups": []}}),
        "rolebindings": (
            RBAC,
            "RoleBinding",
            f"{GUARD}-developer",
            {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}},
        ),
    }
    if resource == "roles":
        name = f"{GUARD}.{world.generated.name}"
        metadata = {"name": name, "namespace": world.provider, "labels": BY_SOMEBODY}
        rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
        return {"apiVersion": RBAC, "kind": "Role", "metadata": metadata, "rules": [rule]}
    if resource == "platformconsumers":
        reference = {"namespace": world.provider, "name": "shop"}
        return contract(
            "PlatformConsumer", world.provider, world.generated.name, {"serviceRef": reference, "planName": "large"}
        )
    version, kind, name, rest = forms[resource]
    place = {} if kind == "Namespace" else {"namespace": world.asked}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": BY_SOMEBODY, **place}, **rest}


def theirs_of(obj: Object | None) -> Object:
    """What its maker decides; a PlatformConsumer is answered in its status, and gets a finalizer."""
    assert obj is not None
    metadata = {name: obj["metadata"].get(name) for name in ("uid", "labels", "annotations", "ownerReferences")}
    return {**metadata, **{name: obj[name] for name in ("spec", "data", "rules", "roleRef", "subjects") if name in obj}}


def condition(admin: Admin, ref: Ref) -> dict[str, Any]:
    """The object's Ready, {} where it has none."""
    conditions = (admin.get(ref) or {}).get("status", {}).get("conditions", ())
    return next((one for one in conditions if one["type"] == "Ready"), {})


def overtake(admin: Admin, proxy: FaultProxy, world: Market, resource: str, speaker: Ref, reason: str) -> Ref:
    """Be first, see what the operator makes of it, and give way; returns the object's reference."""
    theirs = foreign(world, resource)
    ref = admin.ref(theirs)
    admin.apply(*world.homes())
    made: list[Object | None] = []

    def just_before(_: int, write: Write) -> bool:
        if write.method == "POST" and write.path == admin.path(ref) and not made:
            admin.apply(theirs)
            made.append(admin.get(ref))
        return False

    proxy.arm(Fault.BEFORE, just_before)
    admin.apply(*world.contracts())
    wait_until(lambda: condition(admin, speaker).get("reason") == reason, WAIT_SECONDS, f"{reason} of {speaker}")
    assert theirs_of(admin.get(ref)) == theirs_of(made[0])
    admin.delete(ref)
    for own in (world.service, world.shop, world.generated):
        wait_until(
            lambda own=own: condition(admin, own).get("status") == "True",  # type: ignore[misc]
            WAIT_SECONDS,
            f"{own} being ready once it is gone",
        )
    return ref


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        ("namespaces", "NamespaceConflict"),
        ("resourcequotas", "ObjectConflict"),
        ("limitranges", "ObjectConflict"),
        ("networkpolicies", "ObjectConflict"),
        ("prometheusrules", "ObjectConflict"),
        ("rolebindings", "ObjectConflict"),
    ],
)
@pytest.mark.usefixtures("operator")
def test_what_was_made_a_moment_before_is_not_taken_over(
    admin: Admin, proxy: FaultProxy, worlds: Iterator[Market], resource: str, reason: str
) -> None:
    world = next(worlds)
    overtake(admin, proxy, world, resource, world.shop, reason)


@pytest.mark.usefixtures("operator")
def test_a_role_of_somebody_else_is_given_to_no_listed_team(
    admin: Admin, proxy: FaultProxy, worlds: Iterator[Market]
) -> None:
    world = next(worlds)
    ref = overtake(admin, proxy, world, "roles", world.generated, "ObjectConflict")
    [rule] = (admin.get(ref) or {})["rules"]
    assert rule["resourceNames"] == [world.generated.name], "its own has taken the place"
    assert admin.get(Ref("rolebindings", world.provider, ref.name))


@pytest.mark.usefixtures("operator")
def test_a_consumer_of_a_name_that_the_service_lists_stays_somebodys_own(
    admin: Admin, proxy: FaultProxy, worlds: Iterator[Market]
) -> None:
    world = next(worlds)
    overtake(admin, proxy, world, "platformconsumers", world.service, "ConsumerConflict")


def test_rules_in_a_config_map_are_neither_taken_over_nor_left_changed(
    admin: Admin, proxy: FaultProxy, worlds: Iterator[Market], operator: OperatorProcess
) -> None:
    operator.stop()
    operator.config["rules"] = {"output": "ConfigMap"}
    operator.start_and_wait()
    world = next(worlds)
    ref = overtake(admin, proxy, world, "configmaps", world.shop, "ObjectConflict")
    rules = (admin.get(ref) or {})["data"]
    admin.patch(ref, {"data": {"stray": "groups: []"}})
    wait_until(lambda: (admin.get(ref) or {}).get("data") == rules, WAIT_SECONDS, f"{ref} being set right")
