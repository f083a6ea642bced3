"""Maintenance that is excluded afterwards turns the verdict of a month, while it runs and when it was reported.

The status and the report say so with both numbers, and everything is told and written once, whatever the operator goes
through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.controlplane import ControlPlane
from harness.process import wait_until
from platform_contracts.kube.objects import format_time
from tests.operator.month import OUTAGE, Month, evaluated
from tests.operator.month import month as a_month

TERMS = {"noticeSeconds": 3600, "maxSecondsPerPeriod": 7200, "retroactiveWithinDays": 3}
MINUTE = timedelta(minutes=1)
# When the outage is claimed to have been maintenance, while the month runs, and when that shows; from its end.
CLAIMED, SHOWN = -90 * MINUTE, -60 * MINUTE


@pytest.fixture(scope="module")
def month(
    control_plane: ControlPlane, operator_identity: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Month]:
    """Of two SLAs one is recorded until the outage is claimed, the other until the end."""
    with a_month(control_plane, operator_identity, tmp_path_factory.mktemp("month")) as made:
        for name, until in (("running", CLAIMED), ("closed", 2 * timedelta(hours=1))):
            made.promise(name, maintenance=TERMS)
            rules = made.planned_rules(name, made.period.end - timedelta(hours=2))
            made.record(rules, made.begin - 10 * MINUTE, made.period.end + until)
        yield made


def claim(month: Month, sla: str) -> None:
    """Say afterwards that the outage was maintenance, for one of the SLAs."""
    start, end = (format_time(month.period.end + moment) for moment in OUTAGE)
    times = {"startTime": start, "endTime": end, "reason": "The disks were replaced"}
    month.apply("MaintenanceWindow", f"disks-{sla}", {"serviceRef": {"name": "payments"}, "slaNames": [sla], **times})


def live_rules(month: Month, sla: str) -> list[dict[str, Any]]:
    """The rule groups of an SLA as the operator wrote them."""
    name = f"sla-{month.namespace}.{sla}"
    return list(month.get("prometheusrule", name)["spec"]["groups"])


def events(month: Month, sla: str) -> list[str]:
    """The reasons of the Events about an SLA, the oldest first."""
    found = month.all("events")
    about = [one for one in found if (one["involvedObject"]["kind"], one["involvedObject"]["name"]) == ("SLA", sla)]
    return [one["reason"] for one in sorted(about, key=lambda one: str(one["eventTime"]))]


def state(month: Month, sla: str) -> str | None:
    """The state of an SLA."""
    found: str | None = month.sla(sla).get("status", {}).get("state")
    return found


@dataclass
class Turned:
    """What an SLA said of its one objective before and after its outage was claimed, and the Events of all that."""

    before: dict[str, Any]
    after: dict[str, Any]
    events: list[list[str]]


@pytest.fixture(scope="module")
def turned(month: Month) -> Turned:
    """The month while it runs: a breach, a restart, the claim, its end, and another restart."""
    told: list[list[str]] = []
    with month.operator(CLAIMED + MINUTE):
        wait_until(lambda: state(month, "running") == "Breached", 60, "the breach")
        wait_until(lambda: events(month, "running"), 60, "its Event")
        (before,) = month.sla("running")["status"]["objectives"]
    with month.operator(CLAIMED + 2 * MINUTE) as operator:
        wait_until(lambda: evaluated(operator, 8), 60, "an evaluation after the restart")
        told.append(events(month, "running"))
        claim(month, "running")
        wait_until(lambda: month.sla("running")["status"].get("exclusions"), 60, "the exclusion")
        wait_until(lambda: " @ " in str(live_rules(month, "running")), 60, "the rules that subtract")
    month.record(live_rules(month, "running"), month.period.end + CLAIMED, month.period.end + SHOWN)
    with month.operator(SHOWN + MINUTE):
        wait_until(lambda: state(month, "running") == "Met", 60, "the end of the breach")
        wait_until(lambda: len(events(month, "running")) > 1, 60, "its Event")
        (after,) = month.sla("running")["status"]["objectives"]
    with month.operator(SHOWN + 2 * MINUTE) as operator:
        wait_until(lambda: evaluated(operator, 8), 60, "an evaluation after the restart")
        told.append(events(month, "running"))
    month.record(live_rules(month, "running"), month.period.end + SHOWN, month.period.end)
    return Turned(before, after, told)


def test_the_status_of_the_running_month_turns_and_says_both_numbers(turned: Turned) -> None:
    assert (turned.before["state"], turned.after["state"]) == ("Breached", "Met")
    assert float(turned.before["sli"]) < 99.9 < float(turned.after["sli"])
    assert turned.after["excludedSeconds"] == 3600
    assert "Without what was excluded afterwards the SLI would be " in turned.after["message"]
    assert turned.after["message"].endswith("% of the error budget would be left, a breach.")
    told = float(turned.after["message"].split("the SLI would be ")[1].split("%")[0])
    # It goes on by half an hour in which next to nothing fails.
    assert told == pytest.approx(float(turned.before["sli"]), abs=0.5)


def test_the_breach_and_its_end_are_told_by_one_event_each_whatever_restarts(turned: Turned) -> None:
    assert turned.events == [["Breached"], ["Breached", "Met"]]


def versions(month: Month, sla: str) -> list[dict[str, Any]]:
    """The reports of an SLA by their revision."""
    return sorted(month.reports(sla), key=lambda one: int(one["spec"]["revision"]))


def in_force(month: Month, sla: str) -> dict[str, Any] | None:
    """What the SLA's status says of the closed month."""
    history = month.sla(sla)["status"].get("history", [])
    return dict(history[0]) if history else None


@dataclass
class Reported:
    """The reports of one SLA after the month's end and after the claim, and what was said of them in the end.

    `told` is what the SLA's status says of the month, `superseded` what each report does, `table` what kubectl shows.
    """

    first: dict[str, Any]
    second: dict[str, Any]
    told: dict[str, Any]
    superseded: list[str | None]
    table: list[str]


@pytest.fixture(scope="module")
def reported(month: Month, turned: Turned) -> Reported:
    """The month when it is over: a report, the claim, a correction, an operator that is killed upon it and restarts."""
    with month.operator(70 * MINUTE):
        wait_until(lambda: in_force(month, "closed"), 60, "the report")
        wait_until(lambda: in_force(month, "running"), 60, "the other SLA's report")
    (first,) = versions(month, "closed")
    with month.operator(180 * MINUTE) as operator:
        claim(month, "closed")
        wait_until(lambda: len(versions(month, "closed")) > 1, 60, "the correction")
        operator.kill()
        operator.start_and_wait()
        wait_until(lambda: superseded_by(month, first) is not None, 60, "the mark on the first report")
    for minutes in (190, 24 * 60):
        with month.operator(minutes * MINUTE) as operator:
            wait_until(lambda operator=operator: evaluated(operator, 8), 60, "an evaluation after the restart")
    again, second = versions(month, "closed")
    assert again["spec"] == first["spec"], "it stays as it was written"
    told = in_force(month, "closed")
    assert told is not None
    marks = [superseded_by(month, one) for one in (first, second)]
    table = month.kubectl("get", "slareports", "--namespace", month.namespace).stdout.splitlines()
    return Reported(first, second, told, marks, table)


def superseded_by(month: Month, report: dict[str, Any]) -> str | None:
    """The report that a report says it is superseded by."""
    live = month.get("slareport", report["metadata"]["name"])
    found: str | None = live.get("status", {}).get("supersededBy")
    return found


def test_the_report_is_superseded_by_one_with_another_verdict_and_both_numbers(
    month: Month, reported: Reported
) -> None:
    first, second = reported.first, reported.second
    name = f"closed-{month.period.name}"
    assert (first["metadata"]["name"], second["metadata"]["name"]) == (f"{name}-r1", f"{name}-r2")
    assert second["spec"]["supersedes"] == f"{name}-r1"
    assert (first["spec"]["verdict"], second["spec"]["verdict"]) == ("Breached", "Met")
    assert (first["spec"]["creditPercent"], second["spec"]["creditPercent"]) == (10, 0)
    (before,), (after,) = first["spec"]["objectives"], second["spec"]["objectives"]
    full = ("numerator", "denominator", "coverage", "sli", "verdict")
    assert after["inFull"] == {one: before[one] for one in full}
    assert (after["excludedSeconds"], float(after["coverage"])) == (3600, pytest.approx(1, abs=0.01))
    # What was left is what happened in the other nineteen hours, some minutes around the outage apart.
    assert float(after["sli"]) == pytest.approx(99.99, abs=0.005)
    assert f"without that the SLI would be {before['sli']}%, a breach." in after["message"]
    assert reported.superseded == [f"{name}-r2", None]


def test_the_status_shows_the_report_in_force_and_both_numbers(month: Month, reported: Reported) -> None:
    assert (reported.told["verdict"], reported.told["report"]) == ("Met", f"closed-{month.period.name}-r2")
    before, after = (one["spec"]["worst"]["sli"] for one in (reported.first, reported.second))
    assert (
        f"Breached (availability at {before}% of 99.9%) became Met (availability at {after}% of 99.9%)"
        in (reported.told["message"])
    )
    assert "The credit of 10% became 0%." in reported.told["message"]


def test_what_was_claimed_before_the_end_is_in_the_first_report(month: Month, reported: Reported) -> None:
    (only,) = versions(month, "running")
    assert (only["spec"]["revision"], only["spec"]["verdict"]) == (1, "Met")
    (objective,) = only["spec"]["objectives"]
    (other,) = reported.first["spec"]["objectives"]
    assert float(objective["inFull"]["sli"]) == pytest.approx(float(other["sli"]), abs=0.01)
    assert objective["inFull"]["verdict"] == "Breached"


def test_the_table_shows_which_report_is_in_force(month: Month, reported: Reported) -> None:
    head, *lines = reported.table
    column = head.index("SUPERSEDED-BY")
    shown = {line.split()[0]: line[column:].split()[0] for line in lines}
    name = f"closed-{month.period.name}"
    assert shown[f"{name}-r1"] == f"{name}-r2"
    assert re.fullmatch(r"[0-9]+[smh].*", shown[f"{name}-r2"]), "only its age"


def test_a_claim_that_is_taken_back_in_time_is_another_correction(month: Month, reported: Reported) -> None:
    told = events(month, "closed").count("ReportCorrected")
    month.kubectl("delete", "mwin", "disks-closed", "--namespace", month.namespace)
    with month.operator(25 * 60 * MINUTE):
        wait_until(lambda: len(versions(month, "closed")) > 2, 60, "the third report")
        wait_until(lambda: (in_force(month, "closed") or {})["verdict"] == "Breached", 60, "the verdict")
        wait_until(lambda: events(month, "closed").count("ReportCorrected") == told + 1, 60, "its Event")
    third = versions(month, "closed")[2]["spec"]
    assert (third["objectives"], third["creditPercent"]) == (reported.first["spec"]["objectives"], 10)
