"""A month's end, end to end: the operator is down over midnight, and the report is written once and says what is true.

The month is one that has yet to come, so that the SLA is older than it; only the operator's clock says that it is over.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from harness.backfill import backfill
from harness.controlplane import ControlPlane
from harness.history import History, Outage, Service
from harness.kubectl import Kubectl
from harness.operator_process import OperatorProcess
from harness.process import wait_until
from harness.prometheus import Prometheus
from harness.promtool import Promtool
from platform_contracts.api.calendar import CalendarPeriod
from platform_contracts.api.names import FIELD_MANAGER
from platform_contracts.config import DataSource
from platform_contracts.engine.apply import Applier, NameTakenError
from platform_contracts.engine.client import KubernetesClient, load_configuration
from platform_contracts.engine.store import Store
from platform_contracts.engine.throttle import TokenBucket
from platform_contracts.kube.kinds import SLA_REPORT
from platform_contracts.kube.objects import format_time
from platform_contracts.kube.plan import Apply, Plan
from platform_contracts.sla import periods
from platform_contracts.sla.periods import Period
from platform_contracts.sla.plan import plan
from tests.conftest import unique_name
from tests.sla import world

BERLIN = {"period": "Month", "timeZone": "Europe/Berlin"}
CREDITS = {"steps": [{"below": "99.9", "percent": 10}, {"below": "90", "percent": 25}]}
SCRAPE_SECONDS = 60
# What of the month the SLA is about: its last hours.
PROMISED = timedelta(hours=20)
CLOCKED = Path(__file__).with_name("another_time.py")


def coming_month() -> Period:
    """The month of Berlin after this one."""
    zone = ZoneInfo(BERLIN["timeZone"])
    return periods.following(
        periods.containing(datetime.now(UTC), CalendarPeriod.MONTH, zone), CalendarPeriod.MONTH, zone
    )


@dataclass
class Month:
    """A month that will have been, in Prometheus, and an SLA about it on the API server."""

    kubectl: Kubectl
    identity: Path
    prometheus: Prometheus
    period: Period
    namespace: str
    folder: Path
    availability: float

    @contextmanager
    def operator(self, after_the_end: timedelta) -> Iterator[OperatorProcess]:
        """The operator, whose clock says that it is so long after the end of the month."""
        config = {
            "logging": {"format": "console"},
            "intervals": {"evaluationSeconds": 1},
            "dataSources": {"default": {"url": self.prometheus.url, "scrapeIntervalSeconds": SCRAPE_SECONDS}},
        }
        operator = OperatorProcess(self.folder / unique_name("operator"), self.identity, config)
        wrong = self.period.end + after_the_end - datetime.now(UTC)
        operator.command = [sys.executable, str(CLOCKED), str(operator.config_file), f"{wrong.total_seconds():.0f}"]
        operator.start_and_wait()
        try:
            yield operator
            log = operator.log.read_text()
            assert "Traceback" not in log, log[log.index("Traceback") :][:4000]
        finally:
            operator.stop()

    def reports(self) -> list[dict[str, Any]]:
        """What was reported."""
        found: list[dict[str, Any]] = self.kubectl.get("slareports", "--namespace", self.namespace)["items"]
        return found

    def sla(self) -> dict[str, Any]:
        """The live SLA."""
        live: dict[str, Any] = self.kubectl.get("sla", "payments", "--namespace", self.namespace)
        return live

    def wait_for_report(self) -> dict[str, Any]:
        """The one report, once it is there and the SLA's status tells of it."""
        wait_until(self.reports, 60, "the report")
        wait_until(lambda: self.sla()["status"].get("history"), 60, "the history on the status")
        (report,) = self.reports()
        return report

    def ready(self) -> bool:
        """Whether the SLA's rules are written."""
        conditions = self.sla()["status"].get("conditions", ())
        return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


@pytest.fixture(scope="module")
def month(
    control_plane: ControlPlane, operator_identity: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Month]:
    folder, kubectl, period = tmp_path_factory.mktemp("month"), control_plane.kubectl, coming_month()
    namespace = unique_name("ledger")
    begin = period.end - PROMISED
    provider = {"metadata": {"name": namespace, "labels": {"platformcontracts.io/provider": "true"}}}
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", **provider})
    contract = {"apiVersion": "platformcontracts.io/v1alpha1", "metadata": {"name": "payments", "namespace": namespace}}
    kubectl.apply({**contract, "kind": "PlatformService", "spec": {"owner": {"team": "payments"}}})
    spec = world.sla_spec(calendar=BERLIN, credits=CREDITS, effective={"fromTime": format_time(begin)})
    kubectl.apply({**contract, "kind": "SLA", "spec": spec})

    prometheus = Prometheus(folder, retention="50y")
    promtool = Promtool(prometheus.programs.promtool)
    outage = Outage(period.end - timedelta(hours=5), period.end - timedelta(hours=4), 0.5)
    # After the end everything fails: none of it is the month's.
    after = Outage(period.end, period.end + timedelta(hours=3), 1.0)
    service = Service({"job": "payments"}, error_ratio=0.0001, outages=[outage, after])
    history = History([service], begin - timedelta(hours=1), period.end + timedelta(hours=3), SCRAPE_SECONDS)
    history.write(folder / "history.om")
    promtool.load_history(folder / "history.om", prometheus.data_folder)
    prometheus.start()
    try:
        live = kubectl.get("sla", "payments", "--namespace", namespace)
        source = DataSource(url=prometheus.url, scrape_interval_seconds=SCRAPE_SECONDS)
        given = replace(world.inputs(live), source=source, now=period.end - timedelta(minutes=20))
        groups = plan(given).applies[0].obj["spec"]["groups"]
        backfill(prometheus, promtool, groups, begin - timedelta(minutes=10), period.end + timedelta(hours=2))
        truth = history.truth(service, begin, period.end)
        yield Month(kubectl, operator_identity, prometheus, period, namespace, folder, truth.availability)
    finally:
        prometheus.stop()
        kubectl("delete", "namespace", namespace, "--wait=false")


@pytest.fixture(scope="module")
def report(month: Month) -> dict[str, Any]:
    """The report after an operator that was down from ten minutes before midnight until ten past one."""
    with month.operator(after_the_end=-timedelta(minutes=20)):
        wait_until(month.ready, 60, "the rules")
    assert month.reports() == []
    with month.operator(after_the_end=timedelta(minutes=70)):
        return month.wait_for_report()


def test_the_report_is_written_after_the_restart_and_says_what_is_true(month: Month, report: dict[str, Any]) -> None:
    name = month.period.name
    assert report["metadata"]["name"] == f"payments-{name}-r1"
    spec = report["spec"]
    assert (spec["verdict"], spec["creditPercent"]) == ("Breached", 10)
    assert (spec["startTime"], spec["endTime"]) == (
        format_time(month.period.end - PROMISED),
        format_time(month.period.end),
    )
    (objective,) = spec["objectives"]
    # Rates of five minutes lose some minutes at both ends: 0.5 % of these hours, in whose mean 3.7 % failed.
    assert float(objective["sli"]) == pytest.approx(100 * month.availability, abs=0.02)
    assert float(objective["coverage"]) >= 0.99
    (told,) = month.sla()["status"]["history"]
    assert (told["period"], told["verdict"], told["report"]) == (name, "Breached", f"payments-{name}-r1")


def test_twice_restarted_there_is_still_one_report(month: Month, report: dict[str, Any]) -> None:
    before = month.sla()["status"]["history"]
    for minutes in (75, 24 * 60):
        with month.operator(after_the_end=timedelta(minutes=minutes)) as operator:
            # One look at every SLA, by which a second report would be written.
            wait_until(lambda operator=operator: evaluated(operator), 60, "an evaluation")
    assert month.reports() == [report]
    assert month.sla()["status"]["history"] == before


async def test_a_report_that_a_watch_has_yet_to_show_is_not_written_again(month: Month, report: dict[str, Any]) -> None:
    """Its name is the key: the POST is refused, and what is there is looked at."""
    configuration = await load_configuration(month.identity)
    client = KubernetesClient(configuration, manager=FIELD_MANAGER, bucket=TokenBucket(100, 100))
    store = Store()
    try:
        again = {**report, "metadata": {key: report["metadata"][key] for key in ("name", "namespace")}}
        applier = Applier(client, store, writable=[SLA_REPORT], manager=FIELD_MANAGER)
        with pytest.raises(NameTakenError):
            await applier.carry_out(Plan(applies=[Apply(SLA_REPORT, again)]))
    finally:
        await client.close()
    found = store.get(SLA_REPORT, month.namespace, report["metadata"]["name"])
    assert found is not None
    assert found["metadata"]["uid"] == report["metadata"]["uid"]


def test_an_operator_that_was_there_would_have_written_the_same(month: Month, report: dict[str, Any]) -> None:
    """Eleven minutes after the end, in a world that knows of no report."""
    month.kubectl("delete", "slareport", report["metadata"]["name"], "--namespace", month.namespace)
    forget = ["--subresource=status", "--type=merge", "-p", '{"status": {"history": null}}']
    month.kubectl("patch", "sla", "payments", "--namespace", month.namespace, *forget)
    with month.operator(after_the_end=timedelta(minutes=11)):
        again = month.wait_for_report()
    assert again["metadata"]["uid"] != report["metadata"]["uid"]
    assert again["spec"] == report["spec"]


def test_the_columns_say_how_it_went(month: Month, report: dict[str, Any]) -> None:
    table = month.kubectl("get", "slareports", "--namespace", month.namespace).stdout.splitlines()
    assert table[0].split() == ["NAME", "SLA", "PERIOD", "VERDICT", "SLI", "TARGET", "CREDIT%", "AGE"]
    shown = table[1].split()
    assert shown[1:4] == ["payments", month.period.name, "Breached"]
    assert shown[5:7] == ["99.9", "10"]


def evaluated(operator: OperatorProcess) -> bool:
    """Whether the SLA was looked at again and again: after the start, and after its data source was read."""
    counted = re.search(r'reconciles_total{kind="SLA",result="ok"} ([0-9.]+)', operator.metrics())
    return counted is not None and float(counted[1]) >= 4
