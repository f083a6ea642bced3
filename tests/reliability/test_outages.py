"""What the operator stands on goes away and comes back: Prometheus, the API server, etcd, watches, resource types."""

from __future__ import annotations

import base64
import itertools
import json
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.audit import AuditLog
from harness.controlplane import ControlPlane
from harness.fault_proxy import FaultProxy
from harness.installation import install_crds
from harness.operator_process import OperatorProcess
from harness.process import wait_until
from harness.programs import prometheus_operator_crds, prometheus_programs
from harness.prometheus import Prometheus
from harness.promtool import Promtool
from harness.rbac import OPERATOR
from harness.snapshot import Admin, Object, Ref
from tests.reliability.conftest import StartOperator
from tests.reliability.world import World, at_rest, contract, look, member, namespace, ratio, settled, wait_for_state

RECOVERY_SECONDS = 30.0
CRDS = ("platformservices", "slas", "platformconsumers")
RULES = "rules"

_numbers = itertools.count()


@dataclass
class Stage:
    """What all tests of this module share."""

    plane: ControlPlane
    admin: Admin
    proxy: FaultProxy
    prometheus: Prometheus
    operator: OperatorProcess
    audit: AuditLog

    def settled(self, world: World) -> None:
        """Wait until everything of the world is there and Ready."""
        wait_until(lambda: settled(self.admin, world), RECOVERY_SECONDS, f"{world.name} being ready")

    def condition(self, ref: Ref, type_: str) -> Mapping[str, Any]:
        """A condition of an object, {} where it has none."""
        conditions = (self.admin.get(ref) or {}).get("status", {}).get("conditions", ())
        return next((condition for condition in conditions if condition["type"] == type_), {})

    def deleted_by_operator(self, mark: int) -> list[str]:
        """What the operator has deleted since the mark."""
        return [str(event) for event in self.audit.events(mark, user=OPERATOR, verbs=["delete"]) if event.code < 300]


@pytest.fixture(scope="module")
def stage(
    plane: ControlPlane,
    admin: Admin,
    proxy: FaultProxy,
    start_operator: StartOperator,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stage]:
    prometheus = Prometheus(tmp_path_factory.mktemp("prometheus"))
    prometheus.start()
    admin.apply(namespace(RULES))
    config = {
        "dataSources": {"default": {"url": prometheus.url}},
        "intervals": {"evaluationSeconds": 1},
        # Away from their SLA rules have no owner that the garbage collector knows: the operator itself takes them away.
        "rules": {"namespace": RULES},
    }
    yield Stage(plane, admin, proxy, prometheus, start_operator(config), AuditLog(plane.audit_log))
    prometheus.stop()


@pytest.fixture
def world(stage: Stage) -> World:
    """A world of the test's own, ready."""
    world = World(f"t{next(_numbers):03d}")
    stage.admin.apply(*world.homes(), *world.contracts())
    stage.settled(world)
    return world


def kept(objects: Mapping[Ref, Object]) -> dict[Ref, str]:
    """What holds a tenant, with the UIDs: none of it may go."""
    kinds = ("namespaces", "resourcequotas", "limitranges", "networkpolicies", "rolebindings")
    return {ref: obj["metadata"]["uid"] for ref, obj in objects.items() if ref.resource in kinds}


def test_wiped_statuses_are_rebuilt(stage: Stage, world: World) -> None:
    before = at_rest(stage.admin, RECOVERY_SECONDS)
    wiped = [ref for ref in before if world.owns(ref) and ref.resource in CRDS]
    for ref in wiped:
        empty = {"status": {name: None for name in before[ref]["status"]}}
        stage.admin.patch(ref, empty, "status")
    wait_for_state(world.state(before), lambda: world.state(look(stage.admin)), RECOVERY_SECONDS)
    assert len(wiped) == 4
    assert kept(look(stage.admin)) == kept(before)


def test_prometheus_stops_and_comes_back(stage: Stage, world: World, tmp_path: Path) -> None:
    measured = Ref("slas", world.provider, "measured")
    stage.admin.apply(
        contract("SLA", world.provider, "measured", {"serviceRef": {"name": "shop"}, "objectives": [ratio()]})
    )
    wait_until(lambda: stage.condition(measured, "Ready"), RECOVERY_SECONDS, "the rules being written")
    record_past(stage, measured, tmp_path / "past.om")
    wait_until(lambda: stage.condition(measured, "Met").get("status") == "True", RECOVERY_SECONDS, "numbers")
    before = (stage.admin.get(measured) or {})["status"]
    assert before["objectives"][0]["sli"] == "99.9800"

    stage.prometheus.stop()
    wait_until(
        lambda: stage.condition(measured, "DataFresh").get("status") == "False", RECOVERY_SECONDS, "DataFresh=False"
    )
    away = (stage.admin.get(measured) or {})["status"]
    fresh = stage.condition(measured, "DataFresh")
    assert (fresh["reason"], "cannot be reached" in fresh["message"]) == ("PrometheusUnavailable", True)
    assert away["objectives"] == before["objectives"]
    assert away["worst"] == before["worst"]
    assert stage.condition(measured, "Ready")["status"] == "True"
    assert stage.operator.probe("/readyz") == stage.operator.probe("/healthz") == 200

    stage.prometheus.start()
    wait_until(
        lambda: stage.condition(measured, "DataFresh").get("status") == "True", RECOVERY_SECONDS, "DataFresh=True"
    )
    assert (stage.admin.get(measured) or {})["status"]["objectives"][0]["sli"] == "99.9800"


def record_past(stage: Stage, sla: Ref, path: Path) -> None:
    """Give Prometheus two hours of what the SLA's rules record: 200 errors in 1,000,000 events."""
    name = f"sla-{sla.namespace}.{sla.name}"
    rules = [
        rule
        for group in (stage.admin.get(Ref("prometheusrules", RULES, name)) or {})["spec"]["groups"]
        for rule in group["rules"]
    ]
    values = {"sla:errors:window": 200, "sla:events:window": 1_000_000, "sla:coverage:window": 1}
    now = int(time.time()) // 60 * 60
    lines = []
    for record, value in values.items():
        labels = next(rule["labels"] for rule in rules if rule.get("record") == record)
        series = ",".join(f'{label}="{text}"' for label, text in labels.items())
        lines.append(f"# TYPE {record} gauge")
        lines += [f"{record}{{{series}}} {value} {at}" for at in range(now - 7200, now, 60)]
    path.write_text("\n".join([*lines, "# EOF\n"]))
    Promtool(prometheus_programs().promtool).load_history(path, stage.prometheus.data_folder)
    stage.prometheus.restart()


def test_the_api_server_and_etcd_crash(stage: Stage, world: World) -> None:
    pid, before, mark = stage.operator.pid, look(stage.admin), stage.audit.mark()
    # Acknowledged, and perhaps never delivered to the watch.
    stage.admin.patch(world.consumer, {"spec": {"members": [member("search"), member("ads")]}})
    stage.plane.stop_apiserver()
    stage.plane.stop_etcd()
    stage.plane.start_etcd()
    stage.plane.start_apiserver()
    binding = Ref("rolebindings", world.asked, "platform-contracts-developer")

    def followed() -> bool:
        return {subject["name"] for subject in (stage.admin.get(binding) or {})["subjects"]} == {"search", "ads"}

    wait_until(followed, RECOVERY_SECONDS, "the change that was acknowledged last")
    # The watches of all kinds are back: what changes now is seen.
    quota = Ref("resourcequotas", world.listed, "platform-contracts")
    stage.admin.delete(quota)
    wait_until(lambda: stage.admin.get(quota), RECOVERY_SECONDS, "the quota coming back")
    wait_until(lambda: stage.operator.ready(), RECOVERY_SECONDS, "readiness")
    after = look(stage.admin)
    assert {ref: uid for ref, uid in kept(after).items() if ref != quota} == {
        ref: uid for ref, uid in kept(before).items() if ref != quota
    }
    assert stage.deleted_by_operator(mark) == []
    assert stage.operator.pid == pid
    assert stage.operator.running


def test_deletes_in_a_gap_of_the_watches_are_seen(stage: Stage, world: World) -> None:
    """Every watch comes back with a version that is compacted, and is told 410."""
    for sla in stage.admin.list("slas"):
        if sla != world.sla:
            stage.admin.delete(sla)
    rules = Ref("prometheusrules", RULES, f"sla-{world.provider}.shop")
    wait_until(
        lambda: [ref for ref in stage.admin.list("prometheusrules") if ref.namespace == RULES] == [rules],
        RECOVERY_SECONDS,
        "one SLA being left",
    )
    before, mark, gone = look(stage.admin), stage.audit.mark(), stage.proxy.gone
    lost = [
        Ref("resourcequotas", world.asked, "platform-contracts"),
        Ref("rolebindings", world.listed, "platform-contracts-developer"),
    ]
    stage.proxy.pause()
    for ref in lost:
        stage.admin.delete(ref)
    # The only one of its kind: the list that follows is empty.
    stage.admin.delete(world.sla)
    compact(stage.plane)
    stage.plane.stop_apiserver()
    stage.plane.start_apiserver()
    stage.proxy.resume()
    wait_until(lambda: stage.proxy.gone > gone, RECOVERY_SECONDS, "a 410")
    wait_until(lambda: all(stage.admin.get(ref) for ref in lost), RECOVERY_SECONDS, "what was lost coming back")
    wait_until(lambda: stage.admin.get(rules) is None, RECOVERY_SECONDS, "the rules following their SLA")
    after = look(stage.admin)
    assert {ref: uid for ref, uid in kept(after).items() if ref not in lost} == {
        ref: uid for ref, uid in kept(before).items() if ref not in lost
    }
    assert [event.split()[2] for event in stage.deleted_by_operator(mark)] == ["prometheusrules"]


def compact(plane: ControlPlane) -> None:
    """Let etcd forget all history up to now."""
    key = base64.b64encode(b"/registry/").decode()
    revision = etcd(plane, "range", {"key": key, "limit": "1"})["header"]["revision"]
    etcd(plane, "compaction", {"revision": revision, "physical": True})


def etcd(plane: ControlPlane, call: str, body: Object) -> Any:
    """A request to etcd's JSON gateway."""
    request = urllib.request.Request(f"{plane.etcd_url}/v3/kv/{call}", data=json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def test_rules_follow_the_kind_that_the_cluster_has(stage: Stage, world: World) -> None:
    name = f"sla-{world.provider}.shop"
    rule, file = Ref("prometheusrules", RULES, name), Ref("configmaps", RULES, name)
    assert stage.admin.get(rule)
    crds = prometheus_operator_crds()
    stage.plane.kubectl("delete", *[argument for path in crds for argument in ("-f", str(path))])
    wait_until(lambda: stage.admin.get(file), RECOVERY_SECONDS, "the rules in a ConfigMap")
    wait_until(lambda: (stage.admin.get(world.sla) or {})["status"]["rules"]["kind"] == "ConfigMap", 10, "the status")
    install_crds(stage.plane.kubectl, *crds)
    # A type that is missing is asked for now and then.
    wait_until(lambda: stage.admin.get(rule), 2 * RECOVERY_SECONDS, "the rules in a PrometheusRule")
    wait_until(lambda: stage.admin.get(file) is None, RECOVERY_SECONDS, "the ConfigMap going")
    stage.settled(world)


def test_contracts_whose_types_go_and_come_back_lose_nothing(stage: Stage, world: World) -> None:
    before, mark = at_rest(stage.admin, RECOVERY_SECONDS), stage.audit.mark()
    names = [f"crd/{name}.platformcontracts.io" for name in CRDS]
    stage.plane.kubectl("delete", "--wait", "--timeout=60s", *names)
    held = kept(before)
    assert kept(look_without_contracts(stage.admin)) == held

    install_crds(stage.plane.kubectl)
    stage.admin.apply(*world.contracts())
    wait_for_state(world.state(before), lambda: world.state(look(stage.admin)), RECOVERY_SECONDS)
    assert kept(look(stage.admin)) == held
    gone = {event.split()[2] for event in stage.deleted_by_operator(mark)}
    assert gone <= {"prometheusrules"}


def look_without_contracts(admin: Admin) -> dict[Ref, Object]:
    """Everything that is kept while there are no contracts."""
    kinds = ("namespaces", "resourcequotas", "limitranges", "networkpolicies", "rolebindings")
    return {ref: obj for kind in kinds for ref, obj in admin.list(kind).items()}
