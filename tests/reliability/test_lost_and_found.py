"""A cluster that is set back: the operator only caches the cluster, and loses nothing by believing it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from harness.audit import AuditLog
from harness.controlplane import ControlPlane
from harness.operator_process import OperatorProcess
from harness.process import wait_until
from harness.rbac import OPERATOR
from harness.snapshot import Admin, Object, Ref
from tests.reliability.conftest import StartOperator
from tests.reliability.world import World, at_rest, look, namespace, settled, wait_for_state

RECOVERY_SECONDS = 60.0


@pytest.fixture(scope="module")
def operator(start_operator: StartOperator) -> Iterator[OperatorProcess]:
    # No SLA is measured here: nobody listens there.
    sources = {"default": {"url": "http://127.0.0.1:9"}}
    return start_operator({"intervals": {"resyncSeconds": 5}, "dataSources": sources})


def made(admin: Admin, name: str) -> World:
    """A world, ready."""
    world = World(name)
    admin.apply(*world.homes(), *world.contracts())
    wait_until(lambda: settled(admin, world), RECOVERY_SECONDS, f"{name} being ready")
    return world


def condition(admin: Admin, ref: Ref, type_: str) -> Object:
    """A condition of an object, {} where it has none."""
    found = (admin.get(ref) or {}).get("status", {}).get("conditions", ())
    return next((entry for entry in found if entry["type"] == type_), {})


def going(admin: Admin, name: str) -> bool:
    """Whether a namespace is being deleted, or is gone."""
    live = admin.get(Ref("namespaces", None, name))
    return live is None or "deletionTimestamp" in live["metadata"]


def test_a_restored_backup_of_etcd_is_the_truth(
    plane: ControlPlane, admin: Admin, operator: OperatorProcess, audit: AuditLog
) -> None:
    """The operator runs on while versions go back, a consumer is back that was offboarded, and another never was."""
    elder = made(admin, "elder")
    before = elder.state(at_rest(admin, RECOVERY_SECONDS))
    data, backup = plane.folder / "etcd", plane.folder / "backup"
    plane.stop_etcd()
    shutil.copytree(data, backup)
    plane.start_etcd()

    younger = made(admin, "younger")
    elder.take_away(admin)
    wait_until(lambda: admin.get(elder.consumer) is None, RECOVERY_SECONDS, "the elder being offboarded")
    wait_until(lambda: going(admin, elder.asked), RECOVERY_SECONDS, "its namespace going")

    mark = audit.mark()
    plane.stop_apiserver()
    plane.stop_etcd()
    shutil.rmtree(data)
    shutil.move(backup, data)
    plane.start_etcd()
    plane.start_apiserver()
    # As after any restore: its caches are of a time that has not happened.
    plane.controller_manager.stop()
    plane.controller_manager.start()

    wait_until(lambda: settled(admin, elder), RECOVERY_SECONDS, "the elder being ready")
    wait_for_state(before, lambda: elder.state(look(admin)), RECOVERY_SECONDS)
    assert not [ref for ref in look(admin) if younger.owns(ref)], "what was never asked for in this cluster is not made"
    # Rules are rendered again by themselves; whatever holds a tenant is not touched on the word of an old cache.
    gone = {event.resource for event in audit.events(mark, user=OPERATOR, verbs=["delete"]) if event.code < 300}
    assert gone <= {"prometheusrules"}
    # It lives on with what is new, too.
    quota = Ref("resourcequotas", elder.asked, "platform-contracts")
    admin.delete(quota)
    wait_until(lambda: admin.get(quota), RECOVERY_SECONDS, "a deleted quota coming back")
    again = made(admin, "younger")
    assert settled(admin, again)


@pytest.mark.parametrize("earlier_version", [False, True])
def test_namespaces_that_are_restored_into_another_cluster_wait_for_a_person(
    plane: ControlPlane, admin: Admin, operator: OperatorProcess, earlier_version: bool
) -> None:
    """Nothing proves that the home namespace is the one of that time: an administrator has to say so."""
    world = World("carried" if earlier_version else "moved")
    admin.apply(*world.homes())
    home = Ref("namespaces", None, world.team)
    labels = {
        "app.kubernetes.io/managed-by": "platform-contracts",
        "platformcontracts.io/consumer": "shop",
        "platformcontracts.io/consumer-namespace": world.team,
        "platformcontracts.io/consumer-uid": "11111111-2222-3333-4444-555555555555",
    }
    said = "platformcontracts.io/consumer-namespace-uid"
    if not earlier_version:
        labels[said] = (admin.get(home) or {})["metadata"]["uid"]
    admin.apply(namespace(world.asked, **labels))
    admin.delete(home)
    wait_until(lambda: admin.get(home) is None, RECOVERY_SECONDS, "the home going")
    admin.apply(*world.homes(), *world.contracts())

    wait_until(
        lambda: condition(admin, world.consumer, "Stalled").get("reason") == "NamespaceConflict",
        RECOVERY_SECONDS,
        "a decision being asked for",
    )
    message = condition(admin, world.consumer, "Stalled")["message"]
    command = message[message.index("kubectl ") :].rstrip(".").split()[1:]
    assert command[:3] == ["label", "namespace", world.asked]
    assert not admin.get(Ref("resourcequotas", world.asked, "platform-contracts"))

    plane.kubectl(*command)
    wait_until(lambda: settled(admin, world), RECOVERY_SECONDS, "the namespace being taken up")
    live = admin.get(Ref("namespaces", None, world.asked)) or {}
    assert live["metadata"]["labels"][said] == (admin.get(home) or {})["metadata"]["uid"]
    assert admin.get(Ref("resourcequotas", world.asked, "platform-contracts"))
