"""The rule loader copies what its labels select, unchanged, and takes away what went."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

from harness.kubectl import Kubectl
from harness.process import Process, wait_until
from harness.prometheus import Prometheus

SELECTED = {"release": "prometheus"}


def group(record: str) -> dict[str, Any]:
    rule = {"record": record, "expr": "(vector(14.4)) > 0", "labels": {"sla": "orders"}}
    return {"name": f"{record}.group", "interval": "1m", "rules": [rule]}


def prometheus_rule(namespace: str, name: str, record: str, labels: dict[str, str] = SELECTED) -> dict[str, Any]:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"groups": [group(record)]},
    }


def config_map(namespace: str, name: str, text: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, "labels": SELECTED},
        "data": {"rules": text},
    }


def loaded(prometheus: Prometheus) -> set[str]:
    return {rule["name"] for group in prometheus.rule_groups() for rule in group["rules"]}


def test_what_the_labels_select_is_loaded_unchanged(
    kubectl: Kubectl, namespace: str, prometheus: Prometheus, start_loader: Callable[..., Process]
) -> None:
    # A comment survives only in a copy.
    text = "# as it was written\n" + yaml.safe_dump({"groups": [group("from_config_map")]})
    kubectl.apply(
        prometheus_rule(namespace, "first", "from_rule"),
        prometheus_rule(namespace, "other", "not_selected", {"release": "another"}),
        config_map(namespace, "second", text),
    )
    start_loader(prometheus, namespaces=[namespace])
    wait_until(lambda: loaded(prometheus) == {"from_rule", "from_config_map"}, 30, "loading both rules")

    rule = prometheus.rules_folder / f"rule_{namespace}_first.yaml"
    assert yaml.safe_load(rule.read_text()) == {"groups": [group("from_rule")]}
    copied = prometheus.rules_folder / f"configmap_{namespace}_second_rules.yaml"
    assert copied.read_text() == text

    kubectl.apply(prometheus_rule(namespace, "first", "changed"))
    wait_until(lambda: loaded(prometheus) == {"changed", "from_config_map"}, 30, "loading the change")
    kubectl("delete", "prometheusrule", "first", "-n", namespace)
    wait_until(lambda: loaded(prometheus) == {"from_config_map"}, 30, "unloading what was deleted")
    kubectl("label", "configmap", "second", "release-", "-n", namespace)
    wait_until(lambda: loaded(prometheus) == set(), 30, "unloading what is selected no more")


def test_a_restart_of_prometheus_keeps_the_rules_and_a_crash_of_the_loader_loses_none(
    kubectl: Kubectl, namespace: str, prometheus: Prometheus, start_loader: Callable[..., Process]
) -> None:
    kubectl.apply(prometheus_rule(namespace, "first", "kept"))
    loader = start_loader(prometheus, namespaces=[namespace])
    wait_until(lambda: loaded(prometheus) == {"kept"}, 30, "loading the rule")
    loader.kill()
    kubectl("delete", "prometheusrule", "first", "-n", namespace)
    kubectl.apply(prometheus_rule(namespace, "second", "later"))
    prometheus.restart()
    assert loaded(prometheus) == {"kept"}
    loader.start()
    wait_until(lambda: loaded(prometheus) == {"later"}, 30, "catching up after the crash")


def test_a_cluster_without_the_prometheus_operator_has_config_maps(
    kubectl: Kubectl,
    namespace: str,
    prometheus: Prometheus,
    start_loader: Callable[..., Process],
    without_prometheus_operator: None,
) -> None:
    kubectl.apply(config_map(namespace, "only", yaml.safe_dump({"groups": [group("alone")]})))
    start_loader(prometheus, namespaces=[namespace])
    wait_until(lambda: loaded(prometheus) == {"alone"}, 30, "loading from the ConfigMap")


def test_only_the_chosen_namespaces_are_looked_at(
    kubectl: Kubectl, namespace: str, prometheus: Prometheus, start_loader: Callable[..., Process]
) -> None:
    kubectl.apply(prometheus_rule(namespace, "ours", "chosen"), prometheus_rule("default", "theirs", "elsewhere"))
    try:
        start_loader(prometheus, namespaces=[namespace])
        wait_until(lambda: loaded(prometheus) == {"chosen"}, 30, "loading the chosen namespace's rule")
    finally:
        kubectl("delete", "prometheusrule", "theirs", "-n", "default")
