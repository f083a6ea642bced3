"""Somebody makes an object of a name that is the operator's, a moment before the operator does: nothing is taken over.

The operator cannot know of it: the write is under way already. It hears so by the refusal, looks, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harness.fault_proxy import Fault, FaultProxy, Write
from harness.process import wait_until
from harness.snapshot import Admin, Object, Ref
from tests.reliability.conftest import StartOperator
from tests.reliability.scenarios import GUARD, Market
from tests.reliability.world import contract

WAIT_SECONDS = 60.0
BY_SOMEBODY = {"app.kubernetes.io/managed-by": "somebody"}


@pytest.fixture(scope="module")
def worlds(start_operator: StartOperator) -> Iterator[Market]:
    # A foreign rule object is not watched: that it is gone is seen at the next resync.
    start_operator({"intervals": {"resyncSeconds": 5}})
    return (Market(f"w{number:04d}") for number in range(100))


def foreign(world: Market, resource: str) -> Object:
    """The least object of that resource type under the name that the operator gives to its own."""
    forms: dict[str, tuple[str, str, str, Object]] = {
        "namespaces": ("v1", "Namespace", world.asked, {}),
        "resourcequotas": ("v1", "ResourceQuota", GUARD, {"spec": {"hard": {"pods": "999"}}}),
        "limitranges": ("v1", "LimitRange", GUARD, {"spec": {"limits": []}}),
        "networkpolicies": ("networking.k8s.io/v1", "NetworkPolicy", GUARD, {"spec": {"podSelector": {}}}),
        "prometheusrules": ("monitoring.coreos.com/v1", "PrometheusRule", GUARD, {"spec": {"groups": []}}),
        "rolebindings": (
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            f"{GUARD}-developer",
            {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}},
        ),
    }
    if resource == "platformconsumers":
        reference = {"namespace": world.provider, "name": "shop"}
        return contract(
            "PlatformConsumer", world.provider, "shop-checkout", {"serviceRef": reference, "planName": "large"}
        )
    version, kind, name, rest = forms[resource]
    place = {} if kind == "Namespace" else {"namespace": world.asked}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": BY_SOMEBODY, **place}, **rest}


def theirs_of(obj: Object | None) -> Object:
    """What its maker decides; a PlatformConsumer is answered in its status, and gets a finalizer."""
    assert obj is not None
    metadata = {name: obj["metadata"].get(name) for name in ("uid", "labels", "annotations", "ownerReferences")}
    return {**metadata, **{name: obj[name] for name in ("spec", "roleRef", "subjects") if name in obj}}


def condition(admin: Admin, ref: Ref) -> dict[str, Any]:
    """The object's Ready, {} where it has none."""
    conditions = (admin.get(ref) or {}).get("status", {}).get("conditions", ())
    return next((one for one in conditions if one["type"] == "Ready"), {})


@pytest.mark.parametrize(
    ("resource", "says", "reason"),
    [
        ("namespaces", "consumer", "NamespaceConflict"),
        ("resourcequotas", "consumer", "ObjectConflict"),
        ("limitranges", "consumer", "ObjectConflict"),
        ("networkpolicies", "consumer", "ObjectConflict"),
        ("prometheusrules", "consumer", "ObjectConflict"),
        ("rolebindings", "consumer", "ObjectConflict"),
        ("platformconsumers", "service", "ConsumerConflict"),
    ],
)
def test_what_was_made_a_moment_before_is_not_taken_over(
    admin: Admin, proxy: FaultProxy, worlds: Iterator[Market], resource: str, says: str, reason: str
) -> None:
    world = next(worlds)
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
    speaker = world.service if says == "service" else world.shop
    wait_until(lambda: condition(admin, speaker).get("reason") == reason, WAIT_SECONDS, f"{reason} of {speaker}")
    live = admin.get(ref)
    assert theirs_of(live) == theirs_of(made[0])

    admin.delete(ref)
    for own in (world.service, world.shop):
        wait_until(
            lambda own=own: condition(admin, own).get("status") == "True",  # type: ignore[misc]
            WAIT_SECONDS,
            f"{own} being ready once it is gone",
        )
