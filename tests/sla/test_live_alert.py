"""A page in a live Prometheus: the rendered rules, loaded as they are, on top of an outage that is going on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.backfill import backfill
from harness.history import History, Outage, Service
from harness.process import wait_until
from harness.prometheus import Prometheus
from harness.promtool import Promtool
from platform_contracts.config import DataSource
from platform_contracts.prometheus.client import PrometheusClient
from platform_contracts.rules.objects import rule_file
from platform_contracts.sla import readback
from platform_contracts.sla.plan import SLAInputs, plan
from tests.alerts import world as alerts_world
from tests.sla import world

PAST = timedelta(hours=3)
OUTAGE = timedelta(minutes=45)
# One evaluation of the base group, and some patience for a busy machine.
PATIENCE_SECONDS = 180


@pytest.fixture(scope="module")
def outage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Prometheus, SLAInputs]]:
    """Prometheus in the middle of an outage that a second service does not have.

    The SLA of both and the alerts of a consumer are loaded.
    """
    prometheus = Prometheus(tmp_path_factory.mktemp("outage"))
    promtool = Promtool(prometheus.programs.promtool)
    now = datetime.now(UTC)
    bad = Service({"job": "payments"}, outages=[Outage(now - OUTAGE, now + OUTAGE, 0.5)])
    good = Service({"job": "refunds"}, error_ratio=0.0009)
    history = History([bad, good], now - PAST, now)
    file = prometheus.folder / "history.om"
    history.write(file)
    promtool.load_history(file, prometheus.data_folder)
    prometheus.start()
    try:
        steady = {
            "ratio": {
                "total": 'http_requests_total{job="refunds"}',
                "errors": 'http_requests_total{job="refunds",code="500"}',
            }
        }
        live = world.sla(
            world.sla_spec(world.objective(), world.objective("steady", indicator=steady)), created=now - PAST
        )
        given = world.inputs(live, source=DataSource(url=prometheus.url), prometheus_rule_available=False, now=now)
        groups = plan(replace(given, prometheus_rule_available=True)).applies[0].obj["spec"]["groups"]
        backfill(prometheus, promtool, groups, history.start, history.end)
        obj = plan(given).applies[0].obj
        (prometheus.rules_folder / "sla.yaml").write_text(next(iter(obj["data"].values())))
        (prometheus.rules_folder / "consumer.yaml").write_text(rule_file(alerts_world.groups()))
        prometheus.reload()
        yield prometheus, world.written(given, obj, created=now - PAST)
    finally:
        prometheus.stop()


def firing(prometheus: Prometheus) -> list[dict[str, Any]]:
    return [alert for alert in prometheus.alerts() if alert["state"] == "firing"]


async def test_an_outage_pages_and_a_sustainable_burn_does_not(outage: tuple[Prometheus, SLAInputs]) -> None:
    prometheus, _ = outage
    wait_until(
        lambda: any(alert["labels"].get("tier") == "1h" for alert in firing(prometheus)),
        PATIENCE_SECONDS,
        "the page of the fastest tier",
    )
    page = next(alert for alert in firing(prometheus) if alert["labels"].get("tier") == "1h")
    assert page["labels"]["alertname"] == "SLABurnRate"
    assert (page["labels"]["severity"], page["labels"]["owner"], page["labels"]["service"]) == (
        "page",
        "payments",
        "payments",
    )
    assert page["annotations"]["summary"].startswith("payments: availability spent its error budget ")
    assert "{{" not in "".join(page["annotations"].values())
    burning = [alert for alert in firing(prometheus) if alert["labels"]["alertname"] == "SLABurnRate"]
    assert {alert["labels"]["objective"] for alert in burning} == {"availability"}
    assert all(rule["health"] != "err" for group in prometheus.rule_groups() for rule in group["rules"])


def test_the_consumers_are_told_of_the_page(outage: tuple[Prometheus, SLAInputs]) -> None:
    prometheus, _ = outage

    def told() -> list[dict[str, Any]]:
        return [alert for alert in firing(prometheus) if alert["labels"]["severity"] == "critical"]

    wait_until(told, PATIENCE_SECONDS, "the consumer's alert")
    (alert,) = told()
    assert alert["labels"]["alertname"] == "ConsumerSLAAtRisk"
    assert alert["labels"]["platform_contracts_consumer"] == "team-a/payments"
    assert (alert["labels"]["namespace"], alert["labels"]["objective"]) == ("team-a-payments", "availability")
    left = re.search(
        r"availability of the SLA platform/payments has (-\S+)% of its error budget left",
        alert["annotations"]["description"],
    )
    assert left is not None
    assert float(left[1]) < -100


async def test_the_status_says_what_the_page_says(outage: tuple[Prometheus, SLAInputs]) -> None:
    prometheus, given = outage
    client = PrometheusClient(DataSource(url=prometheus.url))
    now = given.now
    try:
        answers = await client.query_all(readback.queries(given.source or DataSource(url=prometheus.url)), now)
    finally:
        await client.close()
    assert given.source is not None
    status = plan(replace(given, measurements=readback.parse(answers, now, given.source))).status
    assert status is not None
    states = {entry["name"]: entry["state"] for entry in status["objectives"]}
    assert states == {"availability": "Breached", "steady": "AtRisk"}
