"""A service's periods on a real cluster, by an operator whose clock is ahead: reported once, shown on the service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.controlplane import ControlPlane
from harness.kubectl import Kubectl, KubectlError
from harness.operator_process import OperatorProcess
from harness.process import wait_until
from harness.snapshot import Admin
from platform_contracts.api.names import FIELD_MANAGER
from platform_contracts.engine.apply import Applier, NameTakenError
from platform_contracts.engine.client import KubernetesClient, load_configuration
from platform_contracts.engine.store import Store
from platform_contracts.engine.throttle import TokenBucket
from platform_contracts.kube.kinds import PRODUCT_REPORT
from platform_contracts.kube.plan import Apply, Plan
from tests.conftest import unique_name
from tests.operator.clocked import clocked

API = "platformcontracts.io/v1alpha1"
ASPECT = {"name": "Adoption", "level": 1, "targetLevel": 2, "assessedDate": "2026-01-31"}
FEEDBACK = {"surveys": [{"name": "satisfaction", "instrument": "CSAT", "periodDays": 7}]}
SERVICE = {
    "owner": {"team": "payments"},
    "feedback": FEEDBACK,
    "assessment": {"periodDays": 30, "aspects": [ASPECT]},
}
KEEPS = {**SERVICE, "feedback": {**FEEDBACK, "retentionDays": 30}}


@dataclass
class Quarter:
    """A service in a namespace of its own, and an operator that lives so many days later."""

    kubectl: Kubectl
    admin: Admin
    identity: Path
    namespace: str
    folder: Path

    def operator(self, *, days: float) -> AbstractContextManager[OperatorProcess]:
        """The operator, whose clock is so many days ahead."""
        return clocked(self.folder, self.identity, {"logging": {"format": "console"}}, timedelta(days=days))

    def apply(self, kind: str, name: str, spec: dict[str, Any]) -> None:
        """Apply an object of the service's namespace."""
        metadata = {"name": name, "namespace": self.namespace}
        self.kubectl.apply({"apiVersion": API, "kind": kind, "metadata": metadata, "spec": spec})

    def answer(self, name: str, value: int) -> None:
        """Somebody answers the survey."""
        scores = [{"question": "satisfaction", "value": value}]
        spec = {"serviceRef": {"name": "payments"}, "method": "Survey", "survey": "satisfaction", "scores": scores}
        self.apply("Feedback", name, spec)

    def feedback(self) -> list[str]:
        """The names of what was said and is still there."""
        return sorted(ref.name for ref in self.admin.list("feedback", self.namespace))

    def reports(self) -> list[dict[str, Any]]:
        """What was reported."""
        return list(self.admin.list("productreports", self.namespace).values())

    def service(self) -> Any:
        """The service's status."""
        live = self.admin.find("psvc", self.namespace, "payments")
        assert live is not None
        return live.get("status", {})

    def told(self) -> list[str]:
        """What Events say of assessments of the service."""
        found = self.kubectl.get("events", "--namespace", self.namespace)["items"]
        return sorted(event["message"] for event in found if event["reason"] == "Assessed")

    def assessed(self, report: str) -> bool:
        """Whether the status tells of that report."""
        return bool(self.service().get("assessment", {}).get("report") == report)


@pytest.fixture(scope="module")
def quarter(
    control_plane: ControlPlane, operator_identity: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Quarter]:
    namespace, kubectl = unique_name("quarter"), control_plane.kubectl
    provider = {"metadata": {"name": namespace, "labels": {"platformcontracts.io/provider": "true"}}}
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", **provider})
    admin = Admin(control_plane.kubeconfig)
    quarter = Quarter(kubectl, admin, operator_identity, namespace, tmp_path_factory.mktemp("quarter"))
    quarter.apply("PlatformService", "payments", SERVICE)
    yield quarter
    kubectl("delete", "namespace", namespace, "--wait=false")


@pytest.fixture(scope="module")
def report(quarter: Quarter) -> dict[str, Any]:
    """The first report, of a period in which five people answered, and two asked for something. The operator is killed
    once it is written."""
    for number, value in enumerate((5, 5, 4, 1, 1)):
        quarter.answer(f"answer-{number}", value)
    asked = {"serviceRef": {"name": "payments"}, "comment": "Refunds take a day"}
    quarter.apply("Feedback", "waits", asked)
    quarter.apply("Feedback", "declined", {**asked, "triage": {"state": "Declined"}})
    with quarter.operator(days=2) as running:
        wait_until(quarter.reports, 60, "the report")
        running.kill()
    (report,) = quarter.reports()
    with quarter.operator(days=2):
        wait_until(lambda: quarter.assessed(report["metadata"]["name"]), 60, "the assessment on the status")
    return report


def test_what_was_said_and_what_to_improve_is_on_record(quarter: Quarter, report: dict[str, Any]) -> None:
    spec = report["spec"]
    assert report["metadata"]["name"] == f"payments-{spec['endTime'][:10]}"
    assert (spec["feedback"]["voices"], spec["feedback"]["total"]) == (7, 7)
    (survey,) = spec["feedback"]["surveys"]
    assert (survey["score"], survey["marginOfError"], survey["responses"]) == ("60.0", "32.7", 5)
    (improvement,) = spec["improvements"]
    assert (improvement["area"], improvement["about"], improvement["roadmapItem"]) == ("Maturity", "Adoption", "None")
    status = quarter.service()
    assert status["assessment"]["improvements"] == spec["improvements"]
    assert status["assessment"]["lastTime"] == spec["endTime"]


def test_restarted_or_with_its_status_wiped_there_is_still_one_report(quarter: Quarter, report: dict[str, Any]) -> None:
    before = quarter.service()["assessment"]
    wiped = ["--subresource=status", "--type=merge", "-p", '{"status": {"assessment": null}}']
    quarter.kubectl("patch", "psvc", "payments", "--namespace", quarter.namespace, *wiped)
    with quarter.operator(days=3):
        wait_until(lambda: quarter.assessed(report["metadata"]["name"]), 60, "the assessment on the status")
    assert quarter.service()["assessment"] == before
    assert quarter.reports() == [report]
    (told,) = quarter.told()
    assert "To improve first: Maturity (Adoption), Low: It is on level 1 of 4" in told


async def test_a_report_that_a_watch_has_yet_to_show_is_not_written_again(
    quarter: Quarter, report: dict[str, Any]
) -> None:
    """Its name is the key: the POST is refused, and what is there is looked at."""
    client = KubernetesClient(
        await load_configuration(quarter.identity), manager=FIELD_MANAGER, bucket=TokenBucket(100, 100)
    )
    store = Store()
    try:
        again = {**report, "metadata": {key: report["metadata"][key] for key in ("name", "namespace")}}
        applier = Applier(client, store, writable=[PRODUCT_REPORT], manager=FIELD_MANAGER)
        with pytest.raises(NameTakenError):
            await applier.carry_out(Plan(applies=[Apply(PRODUCT_REPORT, again)]))
    finally:
        await client.close()
    found = store.get(PRODUCT_REPORT, quarter.namespace, report["metadata"]["name"])
    assert found is not None
    assert found["metadata"]["uid"] == report["metadata"]["uid"]


def test_nobody_changes_a_report(quarter: Quarter, report: dict[str, Any]) -> None:
    change = ["--type=merge", "-p", '{"spec": {"summary": "Nothing"}}']
    with pytest.raises(KubectlError, match="spec cannot be changed after creation"):
        quarter.kubectl("patch", "productreport", report["metadata"]["name"], "--namespace", quarter.namespace, *change)


def test_the_next_period_begins_where_the_last_ended_and_shows_what_became_of_it(
    quarter: Quarter, report: dict[str, Any]
) -> None:
    quarter.apply("PlatformService", "payments", {**SERVICE, "assessment": {"periodDays": 30}})
    with quarter.operator(days=40):
        wait_until(lambda: len(quarter.reports()) == 2, 60, "the second report")
        (later,) = [one for one in quarter.reports() if one["metadata"]["name"] != report["metadata"]["name"]]
        wait_until(lambda: quarter.assessed(later["metadata"]["name"]), 60, "the assessment on the status")
    assert len(quarter.told()) == 2
    assert "What changed most: Maturity (Adoption) was Low and is resolved." in quarter.told()[1]
    assert later["spec"]["startTime"] == report["spec"]["endTime"]
    assert (later["spec"]["feedback"]["voices"], later["spec"]["feedback"]["total"]) == (0, 7)
    assert later["spec"]["previous"] == {"time": report["spec"]["endTime"], "resolved": 1, "remaining": 0}
    table = quarter.kubectl("get", "psvc", "payments", "-n", quarter.namespace, "-o", "wide").stdout
    assert "ASSESSED" in table.splitlines()[0]
    table = quarter.kubectl("get", "productreports", "-n", quarter.namespace).stdout.splitlines()
    assert table[0].split() == ["NAME", "SERVICE", "UNTIL", "CONSUMERS", "LOST", "VOICES", "IMPROVE", "AGE"]
    assert table[2].split()[3:7] == ["0", "0", "0", "Nothing"]


def test_what_is_on_record_and_old_expires_and_no_total_changes(
    quarter: Quarter, report: dict[str, Any], operator_identity: Path
) -> None:
    """Killed at its first deletion or not: what is left goes, what waits for an answer stays."""
    quarter.apply("PlatformService", "payments", KEEPS)
    operator = Kubectl(quarter.kubectl.program, operator_identity)
    with pytest.raises(KubectlError, match="what waits for an answer stays"):
        operator("delete", "feedback", "waits", "--namespace", quarter.namespace)
    with quarter.operator(days=200) as running:
        wait_until(lambda: len(quarter.feedback()) < 7, 60, "something expired")
        running.kill()
    with quarter.operator(days=200):
        wait_until(lambda: quarter.feedback() == ["waits"], 60, "what is left expired")
        wait_until(lambda: quarter.service()["feedback"]["openItems"] == 1, 60, "the sum")
    status = quarter.service()["feedback"]
    assert (status["total"], status["openItems"], status["scores"][0]["responses"]) == (7, 1, 0)
