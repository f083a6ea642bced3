"""The number on the status is the number that was: 30 days whose truth is known by construction, through the operator.

The truth is counted from the integers of which the history is made; nothing of it goes through Prometheus.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from harness.backfill import backfill
from harness.history import History, Outage, Service, wednesday
from harness.programs import prometheus_programs
from harness.prometheus import Prometheus
from harness.promtool import Promtool

if TYPE_CHECKING:
    from conftest import Platform

DAYS = 30
# Percentage points.
TOLERANCE = 0.0005


@dataclass
class Past:
    """A Prometheus that holds a month of two services."""

    prometheus: Prometheus
    promtool: Promtool
    history: History
    services: dict[str, Service]


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    folder = tmp_path_factory.mktemp("truth")
    now = datetime.now(UTC)
    noon, night = wednesday(now, weeks=1) + timedelta(hours=16), wednesday(now) + timedelta(hours=3)
    # A few errors at all times: Prometheus extrapolates no counter below zero, so of the very first burst of errors of
    # a counter that stood at zero up to one scrape interval is lost, more or less by the moment of the evaluation.
    rates = (60.0, 2.0, 0.0001, 0.001)
    services = {
        # The busiest hour: few minutes, many requests.
        "peak": Service({"job": "peak"}, *rates, (Outage(noon, noon + timedelta(hours=1), 0.5, 0.3),)),
        # The quietest hour: as many minutes, hardly any requests.
        "night": Service({"job": "night"}, *rates, (Outage(night, night + timedelta(hours=1), 0.5),)),
    }
    programs = prometheus_programs()
    prometheus, promtool = Prometheus(folder / "prometheus", programs=programs), Promtool(programs.promtool)
    history = History(list(services.values()), now - timedelta(days=DAYS + 1), now, step=60)
    history.write(folder / "history.txt")
    promtool.load_history(folder / "history.txt", prometheus.data_folder)
    prometheus.start()
    yield Past(prometheus, promtool, history, services)
    prometheus.stop()


@pytest.fixture(scope="module")
def operator_config(past: Past) -> dict[str, Any]:
    return {
        "logging": {"format": "console"},
        "intervals": {"evaluationSeconds": 2},
        "dataSources": {"default": {"url": past.prometheus.url, "scrapeIntervalSeconds": 60}},
    }


@pytest.fixture(scope="module")
def measured(platform: Platform, past: Past) -> dict[str, dict[str, Any]]:
    """Both services' SLAs after the rules that the operator wrote have been evaluated over the past."""
    provider = platform.provider()
    since = (past.history.start + timedelta(hours=12)).strftime("%Y-%m-%dT%H:%M:%SZ")
    groups: list[dict[str, Any]] = []
    for name in past.services:
        platform.service(provider, name)
        job = f'job="{name}"'
        availability = {
            "total": f"http_requests_total{{{job}}}",
            "errors": f'http_requests_total{{{job},code=~"5.."}}',
        }
        latency = {"histogram": f"http_request_duration_seconds{{{job}}}", "thresholdSeconds": "1"}
        spec = {
            "serviceRef": {"name": name},
            "effective": {"fromTime": since},
            "objectives": [
                {"name": "availability", "target": "99.9", "indicator": {"ratio": availability}},
                {"name": "latency", "target": "99", "indicator": {"latency": latency}},
            ],
        }
        platform.apply("SLA", provider, name, spec)
        sla = platform.ready("sla", provider, name)
        rules = sla["status"]["rules"]
        groups += platform.get(rules["kind"], rules.get("namespace", provider), rules["name"])["spec"]["groups"]
    backfill(past.prometheus, past.promtool, groups, past.history.start, past.history.end)
    found = {}
    for name in past.services:
        platform.wait("sla", provider, name, "DataComplete", "True")
        found[name] = platform.get("sla", provider, name)
    return found


@pytest.mark.parametrize("service", ["peak", "night"])
@pytest.mark.parametrize("objective", ["availability", "latency"])
def test_the_status_shows_what_really_happened(
    measured: dict[str, dict[str, Any]], past: Past, service: str, objective: str
) -> None:
    entry = next(item for item in measured[service]["status"]["objectives"] if item["name"] == objective)
    until = datetime.fromisoformat(entry["evaluatedTime"].replace("Z", "+00:00"))
    truth = past.history.truth(past.services[service], until - timedelta(days=DAYS), until)
    expected = 100 * (truth.availability if objective == "availability" else truth.promptness)
    assert abs(float(entry["sli"]) - expected) <= TOLERANCE, (entry, expected)


@pytest.mark.parametrize("service", ["peak", "night"])
def test_an_average_of_ratios_would_have_been_wrong(past: Past, service: str) -> None:
    """So that the test above says something: the usual short cut misses by far more than the tolerance."""
    end = past.history.end
    truth = past.history.truth(past.services[service], end - timedelta(days=DAYS), end)
    ratio = (
        f'sum(rate(http_requests_total{{job="{service}",code=~"5.."}}[5m]))'
        f' / sum(rate(http_requests_total{{job="{service}"}}[5m]))'
    )
    average = past.prometheus.value(f"avg_over_time(({ratio})[{DAYS}d:5m])", end)
    assert average is not None
    assert abs(100 * (1 - average) - 100 * truth.availability) > 10 * TOLERANCE


def test_the_peak_outage_breaks_the_promise_and_the_night_outage_does_not(
    measured: dict[str, dict[str, Any]],
) -> None:
    states = {
        name: next(item["state"] for item in sla["status"]["objectives"] if item["name"] == "availability")
        for name, sla in measured.items()
    }
    assert states == {"peak": "Breached", "night": "Met"}


def test_kubectl_waits_for_the_verdict_and_a_breach_is_ready(
    measured: dict[str, dict[str, Any]], platform: Platform
) -> None:
    for name, verdict in (("night", "Met"), ("peak", "Met=False")):
        namespace = measured[name]["metadata"]["namespace"]
        for condition in (verdict, "Ready", "Stalled=False"):
            platform.kubectl("wait", f"sla/{name}", "-n", namespace, f"--for=condition={condition}", "--timeout=60s")
