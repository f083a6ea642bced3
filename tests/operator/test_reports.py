"""A month's end, end to end: the operator is down over midnight, and what it then reports is true and written once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.controlplane import ControlPlane
from harness.process import wait_until
from platform_contracts.api.names import FIELD_MANAGER
from platform_contracts.engine.apply import Applier, NameTakenError
from platform_contracts.engine.client import KubernetesClient, load_configuration
from platform_contracts.engine.store import Store
from platform_contracts.engine.throttle import TokenBucket
from platform_contracts.kube.kinds import SLA_REPORT
from platform_contracts.kube.objects import format_time
from platform_contracts.kube.plan import Apply, Plan
from tests.operator.month import PROMISED, Month, evaluated
from tests.operator.month import month as a_month


@pytest.fixture(scope="module")
def month(
    control_plane: ControlPlane, operator_identity: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Month]:
    with a_month(control_plane, operator_identity, tmp_path_factory.mktemp("month")) as made:
        made.promise("payments")
        rules = made.planned_rules("payments", made.period.end - timedelta(minutes=20))
        made.record(rules, made.begin - timedelta(minutes=10), made.period.end + timedelta(hours=2))
        yield made


def wait_for_report(month: Month) -> dict[str, Any]:
    """The one report, once it is there and the SLA's status tells of it."""
    wait_until(month.reports, 60, "the report")
    wait_until(lambda: month.sla()["status"].get("history"), 60, "the history on the status")
    (report,) = month.reports()
    return report


@pytest.fixture(scope="module")
def report(month: Month) -> dict[str, Any]:
    """The report after an operator that was down from ten minutes before midnight until ten past one."""
    with month.operator(after_the_end=-timedelta(minutes=20)):
        wait_until(month.ready, 60, "the rules")
    assert month.reports() == []
    with month.operator(after_the_end=timedelta(minutes=70)):
        return wait_for_report(month)


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
        again = wait_for_report(month)
    assert again["metadata"]["uid"] != report["metadata"]["uid"]
    assert again["spec"] == report["spec"]


def test_the_columns_say_how_it_went(month: Month, report: dict[str, Any]) -> None:
    table = month.kubectl("get", "slareports", "--namespace", month.namespace).stdout.splitlines()
    assert table[0].split() == ["NAME", "SLA", "PERIOD", "VERDICT", "SLI", "TARGET", "CREDIT%", "SUPERSEDED-BY", "AGE"]
    shown = table[1].split()
    assert shown[1:4] == ["payments", month.period.name, "Breached"]
    assert shown[5:7] == ["99.9", "10"]
    assert len(shown) == len(table[0].split()) - 1, "superseded by none"
