"""The sample service fails exactly as often as it is told to, and counts it."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from harness.process import wait_until
from harness.prometheus import Prometheus, Target
from harness.sample_service import SampleServiceProcess


@pytest.fixture
def start_service(tmp_path: Path) -> Iterator[Callable[[float], SampleServiceProcess]]:
    started: list[SampleServiceProcess] = []

    def start(rate: float) -> SampleServiceProcess:
        service = SampleServiceProcess("orders", tmp_path, rate)
        started.append(service)
        service.start()
        service.wait_ready(service.ready)
        return service

    yield start
    for service in started:
        service.stop()


def samples(service: SampleServiceProcess) -> dict[str, float]:
    with urllib.request.urlopen(f"http://{service.address}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    return {
        f"{sample.name} {sample.labels.get('code') or sample.labels.get('le') or ''}".strip(): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def ask(service: SampleServiceProcess, times: int) -> int:
    """How many of so many requests were answered with an error."""
    failed = 0
    for _ in range(times):
        try:
            urllib.request.urlopen(f"http://{service.address}/", timeout=5).close()
        except urllib.error.HTTPError as error:
            failed += error.code == 500
    return failed


def test_an_outage_has_exactly_its_share_and_ends(
    start_service: Callable[[float], SampleServiceProcess],
) -> None:
    service = start_service(0)
    before = samples(service)
    assert before["http_requests_total 200"] == before["http_requests_total 500"] == 0

    service.begin_outage(error_ratio=0.3, slow_ratio=0.1)
    assert ask(service, 20) == 6
    service.end_outage()
    assert ask(service, 10) == 0
    after = samples(service)
    assert after["http_requests_total 500"] == 6
    assert after["http_requests_total 200"] == 24
    assert after["http_request_duration_seconds_count"] == 30
    assert after["http_request_duration_seconds_bucket 1.0"] == 28


def test_its_traffic_reaches_a_prometheus(
    start_service: Callable[[float], SampleServiceProcess], prometheus: Prometheus
) -> None:
    service = start_service(50)
    prometheus.scrape_interval = "1s"
    prometheus.set_targets(Target("orders", service.address))
    service.begin_outage(error_ratio=1)
    wait_until(
        lambda: (prometheus.value('http_requests_total{job="orders",code="500"}') or 0) > 50,
        60,
        "seeing the errors in Prometheus",
    )
