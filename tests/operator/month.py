"""A month that is over by the operator's clock alone, and SLAs about its last hours.

The month is one that has yet to come, so that the SLAs are older than it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from harness.backfill import backfill
from harness.controlplane import ControlPlane
from harness.history import History, Outage, Service
from harness.kubectl import Kubectl
from harness.operator_process import OperatorProcess
from harness.prometheus import Prometheus
from harness.promtool import Promtool
from harness.snapshot import Admin
from platform_contracts.api.calendar import CalendarPeriod
from platform_contracts.config import DataSource
from platform_contracts.kube.objects import format_time
from platform_contracts.sla import periods
from platform_contracts.sla.periods import Period
from platform_contracts.sla.plan import plan
from tests.conftest import unique_name
from tests.operator.clocked import clocked
from tests.sla import world

BERLIN = {"period": "Month", "timeZone": "Europe/Berlin"}
CREDITS = {"steps": [{"below": "99.9", "percent": 10}, {"below": "90", "percent": 25}]}
SCRAPE_SECONDS = 60
# What of the month the SLAs are about: its last hours.
PROMISED = timedelta(hours=20)
# From when to when half of what happens fails, from the end of the month.
OUTAGE = (-timedelta(hours=5), -timedelta(hours=4))
API = "platformcontracts.io/v1alpha1"


def coming_month() -> Period:
    """The month of Berlin after this one."""
    zone = ZoneInfo(BERLIN["timeZone"])
    return periods.following(
        periods.containing(datetime.now(UTC), CalendarPeriod.MONTH, zone), CalendarPeriod.MONTH, zone
    )


@dataclass
class Month:
    """A month that will have been, in Prometheus, and SLAs about it on the API server."""

    kubectl: Kubectl
    admin: Admin
    identity: Path
    prometheus: Prometheus
    period: Period
    namespace: str
    folder: Path
    # The share of good events in the hours that the SLAs are about.
    availability: float

    @property
    def begin(self) -> datetime:
        """When the SLAs begin to count."""
        return self.period.end - PROMISED

    def operator(self, after_the_end: timedelta) -> AbstractContextManager[OperatorProcess]:
        """The operator, whose clock says that it is so long after the end of the month."""
        config = {
            "logging": {"format": "console"},
            "intervals": {"evaluationSeconds": 1},
            "dataSources": {"default": {"url": self.prometheus.url, "scrapeIntervalSeconds": SCRAPE_SECONDS}},
        }
        return clocked(self.folder, self.identity, config, self.period.end + after_the_end - datetime.now(UTC))

    def apply(self, kind: str, name: str, spec: Mapping[str, Any]) -> None:
        """Apply a contract beside the service."""
        metadata = {"name": name, "namespace": self.namespace}
        self.kubectl.apply({"apiVersion": API, "kind": kind, "metadata": metadata, "spec": dict(spec)})

    def promise(self, name: str, **fields: Any) -> None:
        """Apply an SLA of the service payments over the month's last hours."""
        effective = {"fromTime": format_time(self.begin)}
        self.apply("SLA", name, world.sla_spec(calendar=BERLIN, credits=CREDITS, effective=effective, **fields))

    def reports(self, sla: str = "payments") -> list[dict[str, Any]]:
        """What was reported of an SLA."""
        return [report for report in self.all("slareports") if report["spec"]["slaName"] == sla]

    def sla(self, name: str = "payments") -> dict[str, Any]:
        """A live SLA."""
        return self.get("sla", name)

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """A live object beside the service."""
        live = self.admin.find(kind, self.namespace, name)
        assert live is not None
        return live

    def all(self, resource: str) -> list[dict[str, Any]]:
        """The live objects of a resource type beside the service."""
        return list(self.admin.list(resource, self.namespace).values())

    def ready(self, name: str = "payments") -> bool:
        """Whether the SLA's rules are written."""
        conditions = self.sla(name).get("status", {}).get("conditions", ())
        return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)

    def planned_rules(self, name: str, at: datetime) -> list[dict[str, Any]]:
        """The rule groups of an SLA as they are at a time, with nothing excluded."""
        source = DataSource(url=self.prometheus.url, scrape_interval_seconds=SCRAPE_SECONDS)
        given = replace(world.inputs(self.sla(name)), source=source, now=at)
        return list(plan(given).applies[0].obj["spec"]["groups"])

    def record(self, groups: Sequence[dict[str, Any]], start: datetime, end: datetime) -> None:
        """Let Prometheus have recorded what those rules say of a time."""
        backfill(self.prometheus, Promtool(self.prometheus.programs.promtool), groups, start, end)


@contextmanager
def month(control_plane: ControlPlane, identity: Path, folder: Path) -> Iterator[Month]:
    """A month with an outage shortly before its end, and a service without SLAs."""
    kubectl, period = control_plane.kubectl, coming_month()
    namespace = unique_name("ledger")
    begin = period.end - PROMISED
    provider = {"metadata": {"name": namespace, "labels": {"platformcontracts.io/provider": "true"}}}
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", **provider})
    prometheus = Prometheus(folder, retention="50y")
    outage = Outage(*(period.end + moment for moment in OUTAGE), 0.5)
    # After the end everything fails: none of it is the month's.
    after = Outage(period.end, period.end + timedelta(hours=3), 1.0)
    service = Service({"job": "payments"}, error_ratio=0.0001, outages=[outage, after])
    history = History([service], begin - timedelta(hours=1), period.end + timedelta(hours=3), SCRAPE_SECONDS)
    history.write(folder / "history.om")
    Promtool(prometheus.programs.promtool).load_history(folder / "history.om", prometheus.data_folder)
    prometheus.start()
    try:
        truth = history.truth(service, begin, period.end)
        admin = Admin(control_plane.kubeconfig)
        made = Month(kubectl, admin, identity, prometheus, period, namespace, folder, truth.availability)
        made.apply("PlatformService", "payments", {"owner": {"team": "payments"}})
        yield made
    finally:
        prometheus.stop()
        kubectl("delete", "namespace", namespace, "--wait=false")


def evaluated(operator: OperatorProcess, times: int = 4) -> bool:
    """Whether SLAs were looked at again and again: after the start, and after their data source was read."""
    return operator.total('reconciles_total{kind="SLA",result="ok"}') >= times
