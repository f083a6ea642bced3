"""What the plan writes comes back from a real API server as it was: else it would be written again for ever."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from harness.kubectl import Kubectl
from platform_contracts.config import Rules
from platform_contracts.kube.objects import Object
from platform_contracts.sla.plan import SLAInputs, plan
from tests.sla import world


@pytest.fixture
def given(kubectl: Kubectl, namespace: str) -> SLAInputs:
    """An SLA that lives on the API server."""
    broken = world.objective("broken", indicator={"ratio": {"total": "x{a=~'(?x)'}", "errors": "errors_total"}})
    spec = world.sla_spec(
        world.objective(),
        world.objective("latency", "99", world.LATENCY),
        broken,
        window="7d",
        alerting={"labels": {"channel": 'a "b" \\ {{ c }}'}, "annotations": {"note": "{{ query `up` }}"}},
    )
    made = world.sla(spec, namespace=namespace)
    kubectl.apply({**made, "metadata": {"name": "payments", "namespace": namespace}})
    live = kubectl.get("sla", "payments", "--namespace", namespace)
    return world.inputs(live, rules_config=Rules(labels={"release": "prometheus"}), now=datetime.now(UTC))


def subset(part: Any, whole: Any) -> bool:
    """Whether `whole` has all that `part` has."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and subset(value, whole[key]) for key, value in part.items()
        )
    return bool(part == whole)


@pytest.mark.parametrize("available", [True, False], ids=["PrometheusRule", "ConfigMap"])
def test_the_rule_object_comes_back_as_it_was(kubectl: Kubectl, given: SLAInputs, available: bool) -> None:
    applied = plan(replace(given, prometheus_rule_available=available)).applies[0]
    kubectl("create", "-f", "-", stdin=json.dumps(applied.obj))
    metadata = applied.obj["metadata"]
    live = kubectl.get(applied.kind.plural, metadata["name"], "--namespace", metadata["namespace"])
    assert subset(applied.obj, live)
    again = plan(replace(given, prometheus_rule_available=available, live_rules=[(applied.kind, live)]))
    assert again.applies[0].obj == applied.obj
    assert again.applies[0].uid == live["metadata"]["uid"]


def test_the_status_comes_back_as_it_was(kubectl: Kubectl, given: SLAInputs, namespace: str) -> None:
    measured = replace(given, measurements=world.measured(given, errors=900, burn=3))
    status: Object | None = plan(measured).status
    patch = json.dumps({"status": status})
    kubectl("patch", "sla", "payments", "--namespace", namespace, "--subresource=status", "--type=merge", "-p", patch)
    live = kubectl.get("sla", "payments", "--namespace", namespace)
    assert live["status"] == status
    assert plan(replace(measured, sla=live)).status == status
    table = kubectl("get", "sla", "payments", "--namespace", namespace).stdout
    assert "AtRisk" in table
    assert "99.9100" in table
    assert "10.0%" in table
