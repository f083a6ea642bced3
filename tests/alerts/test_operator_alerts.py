"""The alerts about the operator itself that deploy/ ships, with and without the Prometheus Operator."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest

from harness.installation import DEPLOY
from harness.kubectl import Kubectl
from harness.promtool import Promtool
from platform_contracts.controllers import gauges
from platform_contracts.engine import metrics
from platform_contracts.rules.objects import Group
from tests.sla.rule_file_tests import nothing, run, something

RULE_FILE = DEPLOY / "components" / "alerts-rule-file" / "platform-contracts-alerts.yaml"


@pytest.fixture
def groups() -> list[Group]:
    found: list[Group] = yaml.safe_load(RULE_FILE.read_text())["groups"]
    return found


def test_both_forms_say_the_same(groups: list[Group]) -> None:
    rule = yaml.safe_load((DEPLOY / "components" / "alerts" / "prometheus-rule.yaml").read_text())
    assert rule["spec"]["groups"] == groups


@pytest.mark.parametrize("component", ["alerts", "alerts-rule-file", "pod-monitor"])
def test_each_component_can_be_added(kubectl: Kubectl, tmp_path: Path, component: str) -> None:
    """As README says: named in deploy/kustomization.yaml."""
    for source in (DEPLOY / "components" / component).iterdir():
        folder = tmp_path / component
        folder.mkdir(exist_ok=True)
        (folder / source.name).write_text(source.read_text())
    content = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "components": [component]}
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(content))
    rendered = kubectl("kustomize", tmp_path).stdout
    kubectl("apply", "--dry-run=server", "--namespace", "default", "-f", "-", stdin=_in_default(rendered))


def _in_default(rendered: str) -> str:
    """The same objects in a namespace that exists."""
    objects: list[dict[str, Any]] = [obj for obj in yaml.safe_load_all(rendered) if obj]
    for obj in objects:
        obj["metadata"]["namespace"] = "default"
    return yaml.safe_dump_all(objects)


def test_they_pass_every_lint(promtool: Promtool) -> None:
    promtool.check_rules(RULE_FILE)


def test_they_ask_for_metrics_that_the_operator_has(groups: list[Group]) -> None:
    metrics.QUEUE_DEPTH.set(0)
    served = generate_latest().decode()
    for rule in groups[0]["rules"]:
        for name in re.findall(r"platform_contracts_\w+", rule["expr"]):
            assert f"# TYPE {name} " in served, name


@pytest.mark.parametrize(
    ("alert", "series", "fires"),
    [
        ("SLARulesMissing", {'platform_contracts_rules_missing{sla_namespace="platform",sla="payments"}': "1x60"}, 15),
        (
            "SLADataSourceUnreadable",
            {'platform_contracts_evaluation_age_seconds{data_source="default"}': "0+60x60"},
            16 + 5,
        ),
        ("PlatformContractsDown", {"platform_contracts_queue_depth": "0x9 stale"}, 10 + 10),
        ("PlatformContractsStuck", {"platform_contracts_queue_longest_running_seconds": "0+60x60"}, 6 + 5),
    ],
)
def test_each_fires_in_its_minute(
    promtool: Promtool, tmp_path: Path, groups: list[Group], alert: str, series: dict[str, str], fires: int
) -> None:
    firing = f'ALERTS{{alertname="{alert}",alertstate="firing"}}'
    alive = {} if alert == "PlatformContractsDown" else {"platform_contracts_queue_depth": "0x60"}
    expectations = [
        nothing(firing, f"{fires - 1}m"),
        something(firing, f"{fires}m"),
        nothing(f'ALERTS{{alertname!="{alert}",alertstate="firing"}}', "50m"),
    ]
    run(promtool, tmp_path, groups, {**alive, **series}, expectations, scrape="1m")


def test_missing_rules_are_counted_as_long_as_they_are() -> None:
    def sla(name: str, reason: str) -> dict[str, Any]:
        complete = {"type": "DataComplete", "status": "False", "reason": reason}
        return {"metadata": {"namespace": "platform", "name": name}, "status": {"conditions": [complete]}}

    def told(name: str) -> float | None:
        labels = {"sla_namespace": "platform", "sla": name}
        values = [
            sample.value
            for metric in gauges.RULES_MISSING.collect()
            for sample in metric.samples
            if sample.labels == labels
        ]
        return values[0] if values else None

    gauges.show_missing_rules([sla("a", "RulesNotLoaded"), sla("b", "NoData")])
    assert (told("a"), told("b")) == (1.0, None)
    gauges.show_missing_rules([sla("a", "Measured"), sla("b", "NoData")])
    assert (told("a"), told("b")) == (None, None)
