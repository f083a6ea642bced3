"""The operator as a process: configuration, logs, metrics, probes, signals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.operator_process import OperatorProcess
from harness.process import wait_until
from platform_contracts.__main__ import main


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}
    return subprocess.run(
        [sys.executable, "-m", "platform_contracts", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=kept | environment,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("dataSources: {default: {url: prometheus:9090}}", "dataSources.default.url: must be an http"),
        ("dataSources: {default: {}}", "dataSources.default.url: this setting is required"),
        (
            "dataSources: {default: {url: 'http://a?b=c'}}",
            "dataSources.default.url: must be an http or https URL without user info and parameters",
        ),
        (
            "web: {enabled: true, baseURL: 'http://contracts.example.com'}",
            "web.baseURL: must be an https URL without a path, or an http one on a loopback address, for example "
            "https://contracts.example.com: over plain http",
        ),
        ("web: {baseURL: 'https://a.example.com/contracts'}", "web.baseURL: must be an https URL without a path"),
        ("web: {trustedProxies: [10.0.0.1/8]}", "web.trustedProxies.0: '10.0.0.1/8' is no network; write for example"),
        ("web: {publicServices: [payments]}", "web.publicServices.0: 'payments' is no service; write namespace/name"),
        (
            "dataSources: {mimir: {url: 'http://a', headers: {Authorization: Bearer abc}}}",
            "dataSources.mimir.headers: Authorization is a credential, and has no place in this file; use bearerToken",
        ),
        (
            "dataSources: {mimir: {url: 'http://a', headers: {X Scope: a}}}",
            "dataSources.mimir.headers: 'X Scope' is no name of a header; write for example {X-Scope-OrgID: platform}",
        ),
        (
            "dataSources: {mimir: {url: 'http://a', headers: {X-Scope-OrgID: 7}}}",
            "dataSources.mimir.headers.X-Scope-OrgID: must be a string: put it in quotes",
        ),
        (
            "dataSources: {thanos: {url: 'http://a', queryParameters: {time: '0'}}}",
            "dataSources.thanos.queryParameters: time is set by the operator itself",
        ),
        (
            "dataSources: {thanos: {url: 'http://a', queryParameters: {partial_response: false}}}",
            "dataSources.thanos.queryParameters.partial_response: must be a string: put it in quotes",
        ),
        (
            "dataSources: {default: {url: 'https://a', bearerTokenFile: t, basicAuth: {username: a, passwordFile: p}}}",
            "dataSources.default: bearerTokenFile and basicAuth exclude each other",
        ),
        (
            "dataSources: {default: {url: 'http://a', caFile: ca.crt}}",
            "dataSources.default: caFile and clientCertificate mean something with https alone",
        ),
        (
            "dataSources: {default: {url: 'https://a', basicAuth: {username: 'a:b', passwordFile: p}}}",
            "dataSources.default.basicAuth.username: must be a user name without a colon",
        ),
        (
            "dataSources: {default: {url: 'https://a', clientCertificate: {certificateFile: tls.crt}}}",
            "dataSources.default.clientCertificate.keyFile: this setting is required",
        ),
        ("dataSource: {}", "dataSource: there is no such setting; is dataSources meant?"),
        ("rules: {evaluate: true}", "rules.evaluate: there is no such setting; there are labels, namespace, output"),
        ("intervals: {evaluationSeconds: 0}", "intervals.evaluationSeconds: must be greater than 0, for example 60"),
        ("intervals: {evaluationSeconds: 30s}", "intervals.evaluationSeconds: must be a number, for example 60"),
        ("logging: {level: loud}", "logging.level: must be 'debug', 'info', 'warning' or 'error'"),
        ("rules: {output: File}", "rules.output: must be 'Auto', 'PrometheusRule' or 'ConfigMap'"),
        ("rules: {labels: {re lease: a}}", "rules.labels.re lease: must be a label key, for example team"),
        ("web: {enabled: perhaps}", "web.enabled: must be true or false\n"),
        (
            "guardrails: {protectedNamespaces: legacy}",
            "guardrails.protectedNamespaces: must be a list, for example [payments, legacy-*]",
        ),
        ("guardrails: {allowedUrlHosts: {}}", "allowedUrlHosts: must be a list, for example [docs.example.com]"),
        ("guardrails: {dnsNamespaces: []}", "dnsNamespaces: must not be empty, for example [kube-system]"),
        ("web: {trustedProxies: 10.0.0.0/8}", "web.trustedProxies: must be a list, for example [10.0.0.0/8]"),
        ("rules: {labels: [a]}", "rules.labels: must be a mapping, for example {release: prometheus}"),
        (
            "dataSources: []",
            "dataSources: must be a mapping, for example {default: {url: 'http://prometheus.monitoring:9090'}}",
        ),
        ("logging:\n  level: \x01", "config.yaml is no YAML: line 2: there is a character that is none of a text"),
        (
            "dataSources: {default: {url: 'http://a', namespaceLabel: a-b}}",
            "dataSources.default.namespaceLabel: 'a-b' is no label of a series; write for example namespace",
        ),
        ("logging:\n  level: info\nguardrails: [", "config.yaml is no YAML: line 3"),
        ("just text", "holds no settings"),
    ],
)
def test_a_mistake_in_the_configuration_is_said_by_its_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, content: str, said: str
) -> None:
    """By all of the program but its process, which takes longer to start than all of them to be read."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    file = tmp_path / "config.yaml"
    file.write_text(content)
    assert main(["--config", str(file)]) == 2
    assert said in capsys.readouterr().err


def test_several_mistakes_are_all_said_and_nothing_starts(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("{dataSources: {default: {url: 'prometheus:9090'}}, logging: {level: loud}}")
    done = run("--config", file)
    assert (done.returncode, done.stdout) == (2, "")
    assert [line.split(":")[:3] for line in done.stderr.splitlines()] == [
        ["platform-contracts", " configuration", " dataSources.default.url"],
        ["platform-contracts", " configuration", " logging.level"],
    ]


def test_a_configuration_can_be_checked_without_a_cluster(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("dataSources: {default: {url: 'http://prometheus:9090'}}")
    done = run("--config", file, "--check-config")
    assert (done.returncode, done.stdout.strip()) == (0, "configuration is valid")


def test_files_of_a_data_source_that_are_not_there_are_told(tmp_path: Path) -> None:
    """No mistake: the Secret may be mounted elsewhere than where the configuration is checked."""
    (tmp_path / "ca.crt").touch()
    source = {
        "url": "https://prometheus",
        "caFile": str(tmp_path / "ca.crt"),
        "basicAuth": {"username": "operator", "passwordFile": "/nowhere/password"},
    }
    file = tmp_path / "config.yaml"
    file.write_text(json.dumps({"dataSources": {"default": source}}))
    done = run("--config", file, "--check-config")
    assert (done.returncode, done.stdout.strip()) == (0, "configuration is valid")
    assert done.stderr.strip() == (
        "platform-contracts: configuration: dataSources.default.basicAuth.passwordFile: there is no file "
        "/nowhere/password here; it must be there where the operator runs"
    )


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("intervals: {evaluationSeconds: 30}")
    variable = "PLATFORM_CONTRACTS_INTERVALS__EVALUATION_SECONDS"
    assert run("--config", file, "--check-config", **{variable: "15"}).returncode == 0
    done = run("--config", file, "--check-config", **{variable: "-1"})
    assert done.returncode == 2
    assert "intervals.evaluationSeconds" in done.stderr
    assert "greater than 0" in done.stderr


def test_without_a_cluster_it_says_how_to_name_one() -> None:
    done = run()
    assert done.returncode == 1
    assert "KUBECONFIG" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_file_is_said() -> None:
    done = run("--config", "nowhere.yaml")
    assert done.returncode == 2
    assert "nowhere.yaml does not exist" in done.stderr


def test_the_deployed_configuration_is_valid() -> None:
    deployed = Path(__file__).parents[2] / "deploy" / "config.yaml"
    assert run("--config", deployed, "--check-config").returncode == 0


def test_a_running_operator_is_ready_measures_itself_and_ends_in_order(
    start_operator: Callable[..., OperatorProcess],
) -> None:
    """Its data source is away all the time: that fails no probe."""
    source = {"url": "http://127.0.0.1:1", "timeoutSeconds": 1}
    operator = start_operator({"dataSources": {"default": source}, "intervals": {"evaluationSeconds": 0.2}})
    wait_until(lambda: "data source cannot be read" in operator.log.read_text(), 30, "it has asked its data source")
    assert operator.probe("/readyz") == 200
    assert operator.probe("/healthz") == 200
    metrics = operator.metrics()
    for name in (
        "platform_contracts_queue_depth",
        "platform_contracts_queue_latency_seconds_bucket",
        "platform_contracts_queue_oldest_seconds",
        'platform_contracts_api_requests_total{code="200",kind="Namespace",verb="LIST"}',
        'platform_contracts_objectives{state="Breached"}',
        "platform_contracts_reconciles",
    ):
        assert name in metrics, name
    operator.stop()
    lines: list[dict[str, Any]] = [json.loads(line) for line in operator.log.read_text().splitlines()]
    assert lines[-1]["event"] == "stopped"
    assert not [line for line in lines if line["level"] == "error"]
