"""SLAs, end to end: promises in, rules and numbers out, under live traffic and a real Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from harness.controlplane import ControlPlane
from harness.loader import DEFAULT_SELECTOR, loader_command
from harness.process import Process, wait_until
from harness.prometheus import Prometheus, Target
from harness.sample_service import SampleServiceProcess

if TYPE_CHECKING:
    from conftest import Eventually, Platform

# What the local Prometheus' ruleSelector matches.
LABELS = dict([DEFAULT_SELECTOR.split("=")])
JOB = 'job="payments"'
AVAILABILITY = {
    "name": "availability",
    "target": "99.9",
    "indicator": {
        "ratio": {"total": f"http_requests_total{{{JOB}}}", "errors": f'http_requests_total{{{JOB},code=~"5.."}}'}
    },
}
LATENCY = {
    "name": "latency",
    "target": "99",
    "indicator": {"latency": {"histogram": f"http_request_duration_seconds{{{JOB}}}", "thresholdSeconds": "0.3"}},
}


@dataclass
class Measured:
    """A sample service under traffic, scraped by a Prometheus that loads the cluster's rules."""

    prometheus: Prometheus
    service: SampleServiceProcess


@pytest.fixture(scope="module")
def measured(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measured]:
    folder = tmp_path_factory.mktemp("measured")
    service = SampleServiceProcess("payments", folder, rate=50.0)
    service.start()
    service.wait_ready(service.ready)
    targets = [Target("payments", service.address)]
    prometheus = Prometheus(folder / "prometheus", targets=targets, scrape_interval="5s")
    prometheus.start()
    loader = Process("loader", loader_command(control_plane.kubeconfig, prometheus), folder / "loader.log")
    loader.start()
    yield Measured(prometheus, service)
    loader.stop()
    prometheus.stop()
    service.stop()


@pytest.fixture(scope="module")
def operator_config(measured: Measured) -> dict[str, Any]:
    return {
        "logging": {"format": "console"},
        "intervals": {"evaluationSeconds": 2},
        "rules": {"labels": LABELS},
        "dataSources": {
            "default": {"url": measured.prometheus.url, "scrapeIntervalSeconds": 5},
            "away": {"url": "http://127.0.0.1:1", "timeoutSeconds": 2},
        },
    }


def promise(platform: Platform, name: str = "payments", **spec: Any) -> str:
    """A service with one SLA; returns the namespace of both."""
    provider = platform.provider()
    platform.service(provider)
    platform.apply("SLA", provider, name, {"serviceRef": {"name": "payments"}, "objectives": [AVAILABILITY], **spec})
    return provider


def rules(platform: Platform, kind: str, provider: str) -> list[dict[str, Any]]:
    """The rule objects of a namespace."""
    ours = ("app.kubernetes.io/managed-by", "platform-contracts")
    return [obj for obj in platform.all(kind, provider) if ours in obj["metadata"].get("labels", {}).items()]


def the_rule(platform: Platform, provider: str) -> dict[str, Any]:
    """The namespace's one PrometheusRule, which may be moments away where its type has just come back."""
    wait_until(lambda: rules(platform, "prometheusrules", provider), 60, "the rules are a PrometheusRule")
    (rule,) = rules(platform, "prometheusrules", provider)
    return rule


def test_rules_are_a_prometheus_rule_that_belongs_to_its_sla_and_carries_the_configured_labels(
    platform: Platform,
) -> None:
    provider = promise(platform)
    sla = platform.ready("sla", provider)
    rule = the_rule(platform, provider)
    assert LABELS.items() <= rule["metadata"]["labels"].items()
    (owner,) = rule["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"]) == ("SLA", "payments", sla["metadata"]["uid"])
    assert sla["status"]["rules"]["name"] == rule["metadata"]["name"]
    assert "finalizers" not in sla["metadata"]


def test_without_the_prometheus_operator_rules_are_a_config_map(
    without_prometheus_operator: None, platform: Platform, measured: Measured
) -> None:
    provider = promise(platform)
    wait_until(
        lambda: (
            platform.condition("sla", provider, "payments", "Ready").get("status") == "True"
            and platform.get("sla", provider, "payments")["status"]["rules"]["kind"] == "ConfigMap"
        ),
        60,
        "the rules are a ConfigMap",
    )
    (config_map,) = rules(platform, "configmaps", provider)
    assert LABELS.items() <= config_map["metadata"]["labels"].items()
    wait_until(
        lambda: any(
            provider in group["name"] or provider in group["file"] for group in measured.prometheus.rule_groups()
        ),
        60,
        "Prometheus has loaded the ConfigMap's rules",
    )


def test_a_data_source_that_is_away_leaves_the_sla_ready_and_says_why_it_is_not_measured(platform: Platform) -> None:
    provider = promise(platform, dataSourceName="away")
    platform.ready("sla", provider)
    condition = platform.wait("sla", provider, "payments", "DataFresh", "False", "PrometheusUnavailable")
    assert "away" in condition["message"]


def test_a_data_source_that_is_not_configured_is_a_mistake_that_names_the_ones_that_are(platform: Platform) -> None:
    provider = promise(platform, dataSourceName="mimir")
    condition = platform.wait("sla", provider, "payments", "Stalled", "True")
    assert "mimir" in condition["message"]


def test_one_broken_objective_does_not_hide_another(platform: Platform) -> None:
    broken = {
        "name": "broken",
        "target": "99",
        "indicator": {"ratio": {"total": 'http_requests_total{job=~"("}', "errors": "http_requests_total"}},
    }
    provider = promise(platform, objectives=[AVAILABILITY, broken])
    condition = platform.wait("sla", provider, "payments", "Stalled", "True")
    assert "broken" in condition["message"]
    rule = the_rule(platform, provider)
    text = str(rule["spec"])
    assert "availability" in text
    assert "broken" not in text
    names = [item["name"] for item in platform.get("sla", provider, "payments")["status"]["objectives"]]
    assert names == ["availability", "broken"]


def test_an_sla_waits_for_its_service_and_says_so(platform: Platform) -> None:
    provider = platform.provider()
    platform.apply("SLA", provider, "early", {"serviceRef": {"name": "payments"}, "objectives": [AVAILABILITY]})
    condition = platform.wait("sla", provider, "early", "Stalled", "True", "ServiceNotFound")
    assert "payments" in condition["message"]
    platform.service(provider)
    platform.ready("sla", provider, "early")


def test_a_rule_that_somebody_changed_or_deleted_is_put_right(platform: Platform, eventually: Eventually) -> None:
    provider = promise(platform)
    platform.ready("sla", provider)
    before = the_rule(platform, provider)
    name = before["metadata"]["name"]
    platform.kubectl(*("patch", "prometheusrule", name, "-n", provider, "--type=merge", "-p", '{"spec":{"groups":[]}}'))
    eventually(lambda: rules(platform, "prometheusrules", provider)[0]["spec"] == before["spec"], "changed back")
    platform.kubectl("delete", "prometheusrule", name, "-n", provider)
    eventually(lambda: len(rules(platform, "prometheusrules", provider)) == 1, "made again")


def test_a_rule_name_that_is_taken_is_told_on_the_sla_and_nothing_is_taken_over(platform: Platform) -> None:
    provider = platform.provider()
    platform.service(provider)
    name = f"sla-{provider}.payments"
    theirs = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule"}
    platform.kubectl.apply({**theirs, "metadata": {"name": name, "namespace": provider}, "spec": {"groups": []}})
    before = platform.get("prometheusrule", provider, name)
    platform.apply("SLA", provider, "payments", {"serviceRef": {"name": "payments"}, "objectives": [AVAILABILITY]})
    condition = platform.wait("sla", provider, "payments", "Stalled", "True", "RulesNameTaken")
    assert f"delete prometheusrule {name}" in condition["message"]
    assert platform.get("prometheusrule", provider, name) == before
    platform.kubectl("delete", "prometheusrule", name, "-n", provider)
    platform.ready("sla", provider)
    assert the_rule(platform, provider)["metadata"]["name"] == name


def test_an_objective_that_is_taken_out_takes_its_rules_with_it(platform: Platform, eventually: Eventually) -> None:
    provider = promise(platform, objectives=[AVAILABILITY, LATENCY])
    platform.ready("sla", provider)
    spec = {"serviceRef": {"name": "payments"}, "objectives": [AVAILABILITY]}
    the_rule(platform, provider)
    platform.apply("SLA", provider, "payments", spec)
    eventually(lambda: "latency" not in str(rules(platform, "prometheusrules", provider)[0]["spec"]), "they are gone")
    assert "availability" in str(rules(platform, "prometheusrules", provider)[0]["spec"])


def test_a_deleted_sla_takes_its_rules_with_it(platform: Platform, eventually: Eventually) -> None:
    provider = promise(platform)
    platform.ready("sla", provider)
    platform.kubectl("delete", "sla", "payments", "-n", provider, "--timeout=30s")
    eventually(lambda: rules(platform, "prometheusrules", provider) == [], "no rules are left")


def test_feedback_links_reach_the_service_its_slas_and_its_consumers(platform: Platform) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    url = "https://feedback.example.com/payments"
    board = {"name": "board", "type": "FeatureBoard", "url": "https://board.example.com/payments"}
    platform.service(provider, feedback={"submitURL": url, "channels": [board]})
    platform.apply("SLA", provider, "payments", {"serviceRef": {"name": "payments"}, "objectives": [AVAILABILITY]})
    platform.consumer(home, provider)
    for kind, namespace in (("platformservice", provider), ("sla", provider), ("platformconsumer", home)):
        status = platform.ready(kind, namespace)["status"]
        assert status["feedback"]["submitURL"] == url, kind
        assert board in status["feedback"]["links"], kind
