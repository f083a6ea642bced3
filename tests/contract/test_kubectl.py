"""What a user of kubectl sees of the contract language."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from harness.kubectl import Kubectl
from platform_contracts.api.contracts import CONTRACTS
from tests.contract.corpus import CORPUS, load

COLUMNS = {
    "psvc": "NAME LIFECYCLE OWNER CONSUMERS SLA BUDGET SATISFACTION READY AGE | "
    "NEXT OPEN OLDEST ASSESSED FEEDBACK MESSAGE",
    "sla": "NAME SERVICE STATE OBJECTIVE ACTUAL TARGET BUDGET WINDOW READY AGE | EVALUATED FEEDBACK MESSAGE",
    "pcon": "NAME SERVICE PLAN NAMESPACES SLA READY AGE | QUOTA APPROVED FEEDBACK MESSAGE",
    "mwin": "NAME SERVICE STATE START END READY AGE | REASON MESSAGE",
    "feedback": "NAME SERVICE METHOD STATE ITEM AGE | SEVERITY ANSWERED THEMES COMMENT MESSAGE",
}
SMALLEST = (CORPUS / "good" / "smallest.yaml").read_text(encoding="utf-8")


@pytest.fixture
def smallest(kubectl: Kubectl, namespace: str) -> str:
    """The smallest contract, applied as it stands into a namespace of its own."""
    kubectl("apply", "--namespace", namespace, "-f", "-", stdin=SMALLEST)
    return namespace


def test_the_smallest_contract_applies_and_gets_its_defaults(kubectl: Kubectl, smallest: str) -> None:
    sla = kubectl.get("sla", "payments", "--namespace", smallest)
    assert "window" not in sla["spec"], "thirty days until it says otherwise"
    assert sla["spec"]["alerting"] == {"burnRate": "Standard"}
    assert sla["spec"]["dataSourceName"] == "default"
    service = kubectl.get("psvc", "payments", "--namespace", smallest)
    assert service["spec"]["lifecycle"] == "GeneralAvailability"
    assert service["spec"]["reconcilePolicy"] == "Enforce"
    assert service["spec"]["onboarding"] == {
        "allowedConsumers": {"from": "None"},
        "approval": "Automatic",
        "deletionPolicy": "Retain",
    }


def test_nobody_has_looked_at_a_new_object(kubectl: Kubectl, smallest: str) -> None:
    for kind in COLUMNS:
        assert kubectl.get(kind, "payments", "--namespace", smallest)["status"] == {"observedGeneration": -1}


def test_applying_again_changes_nothing(kubectl: Kubectl, smallest: str) -> None:
    again = kubectl("apply", "--namespace", smallest, "-f", "-", stdin=SMALLEST)
    assert [line.rsplit(" ", 1)[1] for line in again.stdout.splitlines()] == ["unchanged"] * 5


def test_the_whole_language_can_be_applied_on_the_servers_side(kubectl: Kubectl, namespace: str) -> None:
    complete = (CORPUS / "good" / "complete.yaml").read_text(encoding="utf-8")
    kubectl("apply", "--server-side", "--namespace", namespace, "-f", "-", stdin=complete)
    # Another manager adds an item to a list; what the first one applied stays.
    other = {
        "apiVersion": "platformcontracts.io/v1alpha1",
        "kind": "PlatformService",
        "metadata": {"name": "payments-complete"},
        "spec": {"links": [{"name": "more", "type": "Docs", "url": "https://more.example.com"}]},
    }
    kubectl(
        *("apply", "--server-side", "--field-manager=other", "--namespace", namespace, "-f", "-"),
        stdin=yaml.safe_dump(other),
    )
    links = kubectl.get("psvc", "payments-complete", "--namespace", namespace)["spec"]["links"]
    assert [link["name"] for link in links] == ["docs", "board", "code", "runbook", "chat", "more"]


@pytest.mark.parametrize("kind", COLUMNS)
def test_columns(kind: str, kubectl: Kubectl, smallest: str) -> None:
    usual, wide = COLUMNS[kind].split(" | ")
    table = kubectl("get", kind, "--namespace", smallest).stdout
    assert table.splitlines()[0].split() == usual.split()
    table = kubectl("get", kind, "--namespace", smallest, "--output=wide").stdout
    assert table.splitlines()[0].split() == [*usual.split(), *wide.split()]


def test_the_columns_of_an_sla_show_the_worst_objective(kubectl: Kubectl, smallest: str) -> None:
    evaluated = datetime.now(UTC) - timedelta(minutes=30)
    worst = {"objective": "availability", "sli": "99.7000", "target": "99.9", "budget": "-200.0%", "window": "30d (3d)"}
    worst["evaluatedTime"] = evaluated.strftime("%Y-%m-%dT%H:%M:%SZ")
    status = {
        "observedGeneration": 1,
        "state": "Breached",
        "worst": worst,
        "objectives": [{"name": "availability"}],
        "feedback": {"submitURL": "https://feedback.example.com/payments"},
        "conditions": [
            {
                "type": "Ready",
                "status": "True",
                "reason": "RulesWritten",
                "message": "The rules are written.",
                "lastTransitionTime": "2026-11-01T00:00:00Z",
            }
        ],
    }
    patch = yaml.safe_dump({"status": status})
    kubectl("patch", "sla", "payments", "-n", smallest, "--subresource=status", "--type=merge", "-p", patch)

    row = kubectl("get", "sla", "-n", smallest, "-o", "wide", "--no-headers").stdout.strip()
    shown = re.split(r" {2,}", row)
    assert shown[:8] == ["payments", "payments", "Breached", "availability", "99.7000", "99.9", "-200.0%", "30d (3d)"]
    assert shown[8] == "True"
    assert shown[10:] == ["30m", "https://feedback.example.com/payments", "The rules are written."]


def test_one_word_lists_everything(kubectl: Kubectl, smallest: str) -> None:
    names = kubectl("get", "platform", "--namespace", smallest, "--output=name").stdout.split()
    assert names == [
        "feedback.platformcontracts.io/payments",
        "maintenancewindow.platformcontracts.io/payments",
        "platformconsumer.platformcontracts.io/payments",
        "platformservice.platformcontracts.io/payments",
        "sla.platformcontracts.io/payments",
    ]


def test_wait_knows_the_conditions(kubectl: Kubectl, smallest: str) -> None:
    condition = {
        "type": "Ready",
        "status": "True",
        "reason": "RulesWritten",
        "message": "The rules are written.",
        "lastTransitionTime": "2026-11-01T00:00:00Z",
    }
    status = yaml.safe_dump({"status": {"observedGeneration": 1, "conditions": [condition]}})
    kubectl("patch", "sla", "payments", "-n", smallest, "--subresource=status", "--type=merge", "-p", status)
    kubectl("wait", "sla/payments", "-n", smallest, "--for=condition=Ready", "--timeout=10s")


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.kind.name)
def test_explain_shows_the_whole_language(contract, kubectl: Kubectl) -> None:
    recursive = kubectl("explain", contract.kind.plural, "--recursive").stdout
    assert "spec\t<Object>" in recursive
    status = contract.model.model_fields.get("status")
    observes = status is not None and "observed_generation" in status.annotation.model_fields
    assert ("observedGeneration\t<integer>" in recursive) == observes
    assert "<empty>" not in recursive


def test_explain_reads_as_documentation(kubectl: Kubectl) -> None:
    text = " ".join(kubectl("explain", "sla.spec.objectives.indicator.latency").stdout.split())
    assert "Requests that took longer than a threshold among all requests, from a histogram." in text
    assert "histogram <string> Vector selector of the histogram, without _bucket, _count or _sum, for example" in text
    assert 'http_request_duration_seconds{job="payments"}. Required.' in text
    lifecycle = kubectl("explain", "psvc.spec.lifecycle").stdout
    assert "ENUM:\n    Experimental\n    Beta\n    GeneralAvailability\n    Deprecated\n    Retired\n" in lifecycle


def test_explain_tells_how_onboarding_goes(kubectl: Kubectl) -> None:
    approvals = " ".join(kubectl("explain", "psvc.spec.onboarding.approvals").stdout.split())
    assert (
        "for example [{namespace: team-a, name: payments, decision: Approved}], best with the `namespaceUID`"
        in approvals
    )
    assert "Required with Denied." in approvals
    namespaces = " ".join(kubectl("explain", "pcon.spec.namespaces").stdout.split())
    assert "sharePercent: 30}" in namespaces
    assert "kubectl annotate namespace legacy-shop platformcontracts.io/consent=team-a/payments" in namespaces
    assert "QuotaWithinBudget, InSync." in " ".join(kubectl("explain", "pcon.status").stdout.split())


def test_explain_says_what_a_window_does(kubectl: Kubectl) -> None:
    window = " ".join(kubectl("explain", "mwin").stdout.split())
    assert "excluded from the figures of the service's SLAs as far as their spec.maintenance has it" in window
    terms = " ".join(kubectl("explain", "sla.spec.maintenance.noticeSeconds").stdout.split())
    assert "must have been announced (its status.announcedTime) to be excluded" in terms
    start = " ".join(kubectl("explain", "mwin.spec.startTime").stdout.split())
    assert "in their status from 14 days before, and are alerted from 24 hours before." in start


@pytest.mark.parametrize("field", ["slaName", "noticeSeconds"])
def test_a_window_promises_nothing_that_it_does_not_do(field: str, kubectl: Kubectl, namespace: str) -> None:
    *_, window = load(SMALLEST)
    window["spec"][field] = ["payments"]
    refused = kubectl("apply", "-n", namespace, "-f", "-", stdin=yaml.safe_dump(window), check=False)
    assert f'unknown field "spec.{field}"' in refused.stderr


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("psvc", "spec.reconcilePolicy"),
        ("psvc", "spec.onboarding.approval"),
        ("psvc", "spec.onboarding.deletionPolicy"),
        ("psvc", "spec.onboarding.plans.network"),
        ("psvc", "spec.onboarding.plans.podSecurity"),
        ("pcon", "spec.namespaces.source"),
    ],
)
def test_explain_says_what_is_so_unless_one_says_otherwise(kind: str, field: str, kubectl: Kubectl) -> None:
    assert ", the default," in " ".join(kubectl("explain", f"{kind}.{field}").stdout.split())


def test_the_wide_table_shows_how_full_a_consumers_quota_is(kubectl: Kubectl, smallest: str) -> None:
    patch = yaml.safe_dump({"status": {"quota": {"summary": "requests.cpu 75%"}}})
    kubectl("patch", "pcon", "payments", "-n", smallest, "--subresource=status", "--type=merge", "-p", patch)
    assert "requests.cpu 75%" in kubectl("get", "pcon", "-n", smallest, "-o", "wide", "--no-headers").stdout


def test_a_misspelt_field_is_refused(kubectl: Kubectl, namespace: str) -> None:
    service, *_ = load(SMALLEST)
    service["spec"]["lifecyle"] = "Beta"
    refused = kubectl("apply", "-n", namespace, "-f", "-", stdin=yaml.safe_dump(service), check=False)
    assert refused.returncode == 1
    assert 'unknown field "spec.lifecyle"' in refused.stderr


def test_what_comes_with_a_later_version_is_refused_and_not_ignored(kubectl: Kubectl, namespace: str) -> None:
    _, sla, *_ = load(SMALLEST)
    sla["spec"]["support"] = {"responseTargets": [{"severity": "High", "minutes": 60, "percent": "95"}]}
    refused = kubectl("apply", "-n", namespace, "-f", "-", stdin=yaml.safe_dump(sla), check=False)
    assert 'unknown field "spec.support.responseTargets[0].percent"' in refused.stderr


def test_a_refusal_reads_well(kubectl: Kubectl, namespace: str) -> None:
    bad = CORPUS / "bad" / "psvc-deprecated-without-sunset.yaml"
    refused = kubectl("apply", "-n", namespace, "-f", bad, check=False)
    assert refused.stderr == (
        'The PlatformService "psvc-deprecated-without-sunset" is invalid: spec.sunset: Required value: sunset is '
        "required when lifecycle is Deprecated or Retired, for example sunset: {time: '2027-03-31T00:00:00Z', "
        "successorRef: {name: payments-v2}}\n"
    )
