"""What is counted from objects, on a real API server and with no Prometheus anywhere: a request that is answered, and a
team that is onboarded."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Eventually, Platform

SPEC: dict[str, Any] = {
    "serviceRef": {"name": "payments"},
    "objectives": [
        {"name": "answers", "target": "90", "indicator": {"supportResponse": {"severity": "High"}}},
        {"name": "onboarding", "target": "90", "indicator": {"onboardingLeadTime": {"seconds": 3600}}},
    ],
    "support": {"responseTargets": [{"severity": "High", "minutes": 60}]},
}
RULES_OF = "platformcontracts.io/sla=payments"
PLAN = {"name": "small", "quota": {"pods": "10"}}
TRIAGE = {"spec": {"triage": {"state": "Acknowledged", "response": "We look at it"}}}


@pytest.fixture(scope="module")
def operator_config() -> dict[str, Any]:
    return {"logging": {"format": "console"}, "dataSources": {}}


def figures(platform: Platform, provider: str) -> dict[str, tuple[str, str | None]]:
    """State and number of events of each objective."""
    status = (platform.get("sla", provider, "payments") or {}).get("status", {})
    return {one["name"]: (one["state"], one.get("events")) for one in status.get("objectives", ())}


def test_without_a_data_source_it_is_ready_and_counts(platform: Platform, eventually: Eventually) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    platform.service(provider)
    platform.apply("SLA", provider, "payments", SPEC)
    platform.ready("SLA", provider)
    assert platform.condition("sla", provider, "payments", "DataFresh")["reason"] == "Counted"
    assert figures(platform, provider) == dict.fromkeys(("answers", "onboarding"), ("Unknown", None))

    platform.consumer(home, provider)
    platform.ready("PlatformConsumer", home)
    request = {"serviceRef": {"name": "payments"}, "severity": "High", "comment": "Refunds fail"}
    platform.apply("Feedback", provider, "refunds", request)
    platform.kubectl("patch", "feedback", "refunds", "-n", provider, "--type=merge", "-p", json.dumps(TRIAGE))
    met = {"answers": ("Met", "1"), "onboarding": ("Met", "1")}
    eventually(lambda: figures(platform, provider) == met, "the consumer and the answer are counted")
    labels = f'objective="answers",sla="payments",sla_namespace="{provider}"'
    metrics = platform.operator.metrics()
    assert f"platform_contracts_counted_events{{{labels}}} 1.0" in metrics
    assert f"platform_contracts_counted_errors{{{labels}}} 0.0" in metrics
    feedback = platform.kubectl.get("feedback", "refunds", "-n", provider, "--show-managed-fields")
    (wrote,) = [
        entry["time"]
        for entry in feedback["metadata"]["managedFields"]
        if "f:triage" in entry["fieldsV1"].get("f:spec", {})
    ]
    assert feedback["status"]["answeredTime"] == wrote


def test_a_promise_ends_at_its_time(platform: Platform) -> None:
    provider = platform.provider()
    platform.service(provider)
    platform.apply("SLA", provider, "payments", SPEC)
    platform.wait("SLA", provider, "payments", "Ready", "True", "RulesWritten")
    until = datetime.now(UTC) + timedelta(seconds=8)
    effective = {"untilTime": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
    platform.apply("SLA", provider, "payments", {**SPEC, "effective": effective})
    platform.wait("SLA", provider, "payments", "Ready", "True", "Ended")
    (rules,) = platform.kubectl.get("prometheusrules,configmaps", "-n", provider, "-l", RULES_OF)["items"]
    assert "groups" not in rules.get("spec", {}) or rules["spec"]["groups"] == []
    assert "alert" not in json.dumps(rules.get("data", {}))


def test_the_clock_alone_makes_an_onboarding_late(platform: Platform, eventually: Eventually) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    platform.service(provider, onboarding={"allowedConsumers": {"from": "All"}, "approval": "Manual", "plans": [PLAN]})
    soon = {"name": "onboarding", "target": "90", "indicator": {"onboardingLeadTime": {"seconds": 5}}}
    platform.apply("SLA", provider, "payments", {"serviceRef": {"name": "payments"}, "objectives": [soon]})
    platform.ready("SLA", provider)
    platform.consumer(home, provider)
    late = {"onboarding": ("Breached", "1")}
    eventually(lambda: figures(platform, provider) == late, "the seconds that were promised, and one more")
    assert not platform.get("platformconsumer", home, "payments")["status"].get("readyTime")
    assert "From Unknown to Breached" in platform.kubectl("events", "-n", provider, "--for", "sla/payments").stdout


def test_an_answer_whose_time_cannot_be_written_is_named_where_it_is_counted(
    platform: Platform, eventually: Eventually
) -> None:
    """Here a ValidatingAdmissionPolicy of the cluster's own refuses the status of one Feedback."""
    provider = platform.provider()
    platform.service(provider)
    platform.apply("SLA", provider, "payments", SPEC)
    platform.ready("SLA", provider)
    rule = {
        "apiGroups": ["platformcontracts.io"],
        "apiVersions": ["*"],
        "operations": ["UPDATE"],
        "resources": ["feedback/status"],
    }
    validation = {
        "expression": f"object.metadata.namespace != '{provider}' || has(object.metadata.labels)",
        "message": "it needs a cost centre",
    }
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": provider},
        "spec": {"matchConstraints": {"resourceRules": [rule]}, "validations": [validation]},
    }
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": provider},
        "spec": {"policyName": provider, "validationActions": ["Deny"]},
    }
    request = {"serviceRef": {"name": "payments"}, "severity": "High", "comment": "Refunds fail"}
    platform.apply("Feedback", provider, "probe", request)
    platform.ready("Feedback", provider, "probe")
    platform.kubectl.apply(policy, binding)
    probe = ("patch", "feedback", "probe", "-n", provider, "--subresource=status", "--type=merge", "--dry-run=server")
    eventually(
        lambda: "cost centre" in platform.kubectl(*probe, "-p", '{"status":{"state":"Declined"}}', check=False).stderr,
        "the policy is in force",
    )
    platform.apply("Feedback", provider, "refunds", request)
    platform.kubectl("patch", "feedback", "refunds", "-n", provider, "--type=merge", "-p", json.dumps(TRIAGE))
    said = platform.wait("sla", provider, "payments", "DataFresh", "False", "ObjectsUnread")
    assert f"Feedback {provider}/refunds" in said["message"]
    assert "it needs a cost centre" in said["message"]
    events = platform.kubectl("events", "-n", provider, "--for", "feedback/refunds").stdout
    assert "StatusRefused" in events
    platform.kubectl("label", "feedback", "refunds", "-n", provider, "cost-centre=1")
    platform.wait("sla", provider, "payments", "DataFresh", "True", "Counted")
    answered = ("Met", "1")
    eventually(lambda: figures(platform, provider)["answers"] == answered, "the answer is counted")
    platform.kubectl("delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", provider)
