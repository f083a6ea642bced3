"""What is written for an SLA, what stops it, and that one wrong objective stops no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import yaml

from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.config import DataSource, RuleOutput, Rules
from platform_contracts.kube.kinds import CONFIG_MAP, PROMETHEUS_RULE, Kind
from platform_contracts.kube.objects import Key, Object
from platform_contracts.kube.plan import Plan
from platform_contracts.sla import plan as planning
from platform_contracts.sla.plan import SLAInputs, plan
from platform_contracts.sla.readback import Measurements
from tests.sla import world
from tests.sla.world import NOW, condition

BROKEN = world.objective("broken", indicator={"ratio": {"total": "x{a=~'(?x)'}", "errors": "errors_total"}})


def stalled(planned: Plan) -> tuple[str, str]:
    """Reason and message of Stalled, which must be True."""
    found = condition(planned.status, "Stalled")
    assert found["status"] == "True"
    assert condition(planned.status, "Ready")["status"] == "False"
    return found["reason"], found["message"]


# The rule object


def test_a_prometheus_rule_beside_its_sla() -> None:
    given = world.inputs(rules_config=Rules(labels={"release": "prometheus"}))
    planned = plan(given)
    applied = planned.applies[0]
    assert applied.kind == PROMETHEUS_RULE
    assert applied.uid is None, "the first write is a POST"
    assert applied.obj["metadata"] == {
        "name": "sla-platform.payments",
        "namespace": "platform",
        "labels": {
            "release": "prometheus",
            "app.kubernetes.io/managed-by": "platform-contracts",
            "platformcontracts.io/sla": "payments",
            "platformcontracts.io/sla-namespace": "platform",
        },
        "ownerReferences": [
            {
                "apiVersion": "platformcontracts.io/v1alpha1",
                "kind": "SLA",
                "name": "payments",
                "uid": given.sla["metadata"]["uid"],
                "controller": True,
            }
        ],
    }
    assert planned.status is not None
    assert planned.status["rules"]["kind"] == "PrometheusRule"
    assert condition(planned.status, "Ready")["status"] == "True", "an SLA is Ready when its rules are written"


def test_a_config_map_where_there_is_no_prometheus_rule() -> None:
    with_crd, without = plan(world.inputs()), plan(world.inputs(prometheus_rule_available=False))
    assert without.applies[0].kind == CONFIG_MAP
    data = without.applies[0].obj["data"]
    assert list(data) == ["sla-platform.payments.yaml"]
    assert yaml.safe_load(data["sla-platform.payments.yaml"]) == with_crd.applies[0].obj["spec"]


@pytest.mark.parametrize(
    ("output", "available", "kind"),
    [
        (RuleOutput.CONFIG_MAP, True, CONFIG_MAP),
        (RuleOutput.PROMETHEUS_RULE, False, PROMETHEUS_RULE),
        (RuleOutput.AUTO, True, PROMETHEUS_RULE),
        (RuleOutput.AUTO, False, CONFIG_MAP),
    ],
)
def test_the_kind_is_configurable(output: RuleOutput, available: bool, kind: object) -> None:
    given = world.inputs(rules_config=Rules(output=output), prometheus_rule_available=available)
    assert plan(given).applies[0].kind == kind


def test_rules_in_another_namespace_have_no_owner_there() -> None:
    """An ownerReference across namespaces would have them collected at once."""
    metadata = plan(world.inputs(rules_config=Rules(namespace="monitoring"))).applies[0].obj["metadata"]
    assert metadata["namespace"] == "monitoring"
    assert "ownerReferences" not in metadata


def test_two_slas_never_share_a_name_in_one_namespace() -> None:
    config = Rules(namespace="monitoring")
    pairs = [("a-b", "c"), ("a", "b-c"), ("a", "b"), ("b", "a"), ("n" * 63, "x" * 63), ("n" * 62, "n" + "x" * 63)]
    names = {
        plan(world.inputs(world.sla(namespace=namespace, name=name), rules_config=config))
        .applies[0]
        .obj["metadata"]["name"]
        for namespace, name in pairs
    }
    assert len(names) == len(pairs)
    # Prometheus' own file is named after the namespace, this name and a UID, in at most 253 characters.
    assert all(len(name) <= 140 for name in names)


def test_a_rule_object_that_is_no_longer_wanted_goes() -> None:
    """Another kind after the CRD came, another namespace after a changed configuration."""
    given = world.inputs(prometheus_rule_available=False)
    given = world.written(given, plan(given).applies[0].obj, CONFIG_MAP)
    planned = plan(replace(given, prometheus_rule_available=True))
    assert [(one.kind, one.namespace, one.name, one.uid) for one in planned.deletes] == [
        (CONFIG_MAP, "platform", "sla-platform.payments", "rules-uid")
    ]
    assert planned.applies[0].uid is None


def test_nothing_is_deleted_that_lost_our_marker() -> None:
    given = world.inputs(prometheus_rule_available=False, rules_config=Rules(namespace="monitoring"))
    given = world.written(given, plan(given).applies[0].obj, CONFIG_MAP)
    given.live_rules[0][1]["metadata"]["labels"].pop("app.kubernetes.io/managed-by")
    assert plan(replace(given, prometheus_rule_available=True)).deletes == []
    assert planning.plan_deleted(given.live_rules).deletes == []


def test_the_rules_of_a_deleted_sla_go() -> None:
    given = world.inputs(rules_config=Rules(namespace="monitoring"))
    given = world.written(given, plan(given).applies[0].obj)
    planned = planning.plan_deleted(given.live_rules)
    assert [(one.namespace, one.uid) for one in planned.deletes] == [("monitoring", "rules-uid")]
    assert planned.status is None


def test_rendering_does_not_depend_on_the_time_or_on_prometheus() -> None:
    given = world.inputs()
    later = replace(given, now=NOW + timedelta(days=3), measurements=world.measured(given))
    assert plan(given).applies == plan(later).applies


# Mistakes


def test_one_wrong_objective_stops_no_other() -> None:
    given = world.inputs(world.sla(world.sla_spec(BROKEN, world.objective("good"))))
    given = world.written(given, plan(given).applies[0].obj)
    planned = plan(replace(given, measurements=world.measured(given)))
    reason, message = stalled(planned)
    assert reason == "InvalidSelector"
    assert message.startswith("spec.objectives[broken].indicator.ratio.total: ")
    names = {group["name"].split("/")[2] for group in planned.applies[0].obj["spec"]["groups"]}
    assert names == {"good"}
    assert planned.status is not None
    broken, good = planned.status["objectives"]
    assert broken["state"] == "Unknown"
    assert "RE2" in broken["message"]
    assert (good["state"], good["sli"]) == ("Met", "99.9700")
    assert condition(planned.status, "Met")["status"] == "Unknown"


def test_an_sla_without_one_valid_objective_has_no_rules() -> None:
    given = world.inputs()
    given = world.written(given, plan(given).applies[0].obj)
    wrong = world.inputs(world.sla(world.sla_spec(BROKEN)), live_rules=given.live_rules)
    planned = plan(wrong)
    assert planned.applies == []
    assert len(planned.deletes) == 1
    assert stalled(planned)[0] == "InvalidSelector"


@pytest.mark.parametrize(
    ("overrides", "reason", "hint"),
    [
        ({"provider": False}, "NotAProvider", "kubectl label namespace platform platformcontracts.io/provider=true"),
        ({"service": None, "service_spec": None}, "ServiceNotFound", "PlatformService payments does not exist"),
        ({"service_spec": None}, "ServiceInvalid", "correct what its condition Stalled names"),
        ({"source": None}, "UnknownDataSource", "no data source default"),
        ({"spec": None, "invalid": "spec.objectives is required."}, "InvalidSpec", "spec.objectives is required."),
    ],
)
def test_what_stops_the_rules_says_what_to_do_and_leaves_live_ones(
    overrides: dict[str, Any], reason: str, hint: str
) -> None:
    given = world.inputs()
    assert plan(replace(given, **overrides)).applies == []
    given = world.written(given, plan(given).applies[0].obj)
    given = replace(given, measurements=world.measured(given))
    given = world.with_status(given, plan(given).status)
    blocked = plan(replace(given, **overrides))
    assert (blocked.applies, blocked.deletes) == ([], [])
    assert stalled(blocked)[0] == reason
    assert hint in stalled(blocked)[1]
    assert blocked.status is not None
    assert blocked.status["rules"] == given.sla["status"]["rules"]
    assert blocked.status["objectives"][0]["sli"] == "99.9700", "numbers that were measured stay"


@pytest.mark.parametrize("name", ["severity", "sla", "alertname", "9lives", "a-b", "__name__"])
def test_an_alert_label_that_cannot_be_is_told(name: str) -> None:
    given = world.inputs(world.sla(world.sla_spec()))
    assert given.spec is not None
    alerting = given.spec.alerting.model_copy(update={"labels": {name: "x", "channel": "payments"}})
    planned = plan(replace(given, spec=given.spec.model_copy(update={"alerting": alerting})))
    reason, message = stalled(planned)
    assert reason == "InvalidAlerting"
    assert message.startswith("spec.alerting.labels")
    alerts = [rule for group in planned.applies[0].obj["spec"]["groups"] for rule in group["rules"] if "alert" in rule]
    assert all(alert["labels"]["channel"] == "payments" for alert in alerts)
    assert all(alert["labels"].get(name) != "x" for alert in alerts)


def test_a_rule_name_that_somebody_else_has_is_told_and_no_rules_are_written() -> None:
    planned = plan(world.inputs(name_taken=Key(PROMETHEUS_RULE, "platform", "sla-platform.payments")))
    reason, message = stalled(planned)
    assert reason == "RulesNameTaken"
    assert "kubectl --namespace platform delete prometheusrule sla-platform.payments" in message
    assert planned.applies == []
    assert planned.deletes == []


@pytest.mark.parametrize(("kind", "room"), [(PROMETHEUS_RULE, 512), (CONFIG_MAP, 1024)])
def test_rules_that_no_object_holds_are_told_and_what_is_there_stays(kind: Kind, room: int) -> None:
    def given(characters: int) -> SLAInputs:
        texts = {f"text{index}": "x" * characters for index in range(16)}
        spec = world.sla_spec(*(world.objective(f"o{index}") for index in range(8)), alerting={"annotations": texts})
        return world.inputs(world.sla(spec), prometheus_rule_available=kind == PROMETHEUS_RULE)

    def length(planned: Plan) -> int:
        obj = planned.applies[0].obj
        if kind == CONFIG_MAP:
            return sum(len(file) for file in obj["data"].values())
        return len(yaml.safe_dump(obj["spec"]["groups"]))

    few, many = next(
        (plan(given(characters - 32)), plan(given(characters)))
        for characters in range(32, 1025, 32)
        if not plan(given(characters)).applies
    )
    assert 0.85 * room < length(few) / 1024 <= room, "what an object holds is written"
    assert condition(few.status, "Stalled")["status"] == "False"
    reason, message = stalled(many)
    assert reason == "RulesTooLarge"
    assert f"a {kind.name} holds {room} KiB" in message
    assert "shorten spec.alerting.annotations" in message
    there = plan(world.written(given(1024), few.applies[0].obj, kind))
    assert (there.applies, there.deletes) == ([], [])
    assert stalled(there)[0] == "RulesTooLarge"


def test_a_runbook_on_a_host_that_is_not_allowed_is_told_and_not_passed_on() -> None:
    theirs = {"name": "runbook", "type": "Runbook", "url": "https://runbooks.example.com/payments"}
    given = world.inputs(
        world.sla(world.sla_spec(alerting={"runbookURL": "https://evil.example.com/payments"})),
        service_spec=PlatformServiceSpec.model_validate({"owner": {"team": "payments"}, "links": [theirs]}),
    )

    def runbooks(planned: Plan) -> set[str | None]:
        return {
            rule["annotations"].get("runbook_url")
            for group in planned.applies[0].obj["spec"]["groups"]
            for rule in group["rules"]
            if "alert" in rule
        }

    assert runbooks(plan(given)) == {"https://evil.example.com/payments"}, "any host, unless the administrator says"
    listed = plan(replace(given, allowed_url_hosts=["runbooks.example.com"]))
    reason, message = stalled(listed)
    assert reason == "LinkNotAllowed"
    assert message.startswith("spec.alerting.runbookURL names the host evil.example.com")
    assert runbooks(listed) == {"https://runbooks.example.com/payments"}, "the service's own, which is allowed"
    assert runbooks(plan(replace(given, allowed_url_hosts=["docs.example.com"]))) == {None}


# Missing data: which of the many reasons


def complete(given: SLAInputs, measurements: Measurements) -> Object:
    return condition(plan(replace(given, measurements=measurements)).status, "DataComplete")


def seen(given: SLAInputs, *names: str) -> Measurements:
    """Prometheus has only these of the series."""
    everything = world.measured(given)
    return Measurements(everything.evaluated_at, {name: everything.values[name] for name in names})


@pytest.fixture
def loaded() -> SLAInputs:
    """An SLA whose rules were written long ago."""
    given = world.inputs(rules_config=Rules(labels={"team": "platform"}))
    return world.written(given, plan(given).applies[0].obj)


def test_rules_that_are_not_loaded_are_told_with_their_labels(loaded: SLAInputs) -> None:
    found = complete(loaded, seen(loaded))
    assert (found["status"], found["reason"]) == ("False", "RulesNotLoaded")
    assert "PrometheusRule platform/sla-platform.payments carries the labels {" in found["message"]
    assert "team: platform" in found["message"]
    assert "ruleSelector" in found["message"]
    assert "rules.labels" in found["message"] or "rules: {labels" in found["message"]


def test_a_wrong_objective_hides_no_rules_that_are_not_loaded() -> None:
    given = world.inputs(world.sla(world.sla_spec(BROKEN, world.objective("good"))))
    given = world.written(given, plan(given).applies[0].obj)
    assert complete(given, seen(given))["reason"] == "RulesNotLoaded"


def test_a_rule_file_that_is_not_loaded_is_told_likewise() -> None:
    given = world.inputs(prometheus_rule_available=False)
    given = world.written(given, plan(given).applies[0].obj, CONFIG_MAP)
    found = complete(given, seen(given))
    assert found["reason"] == "RulesNotLoaded"
    assert "ConfigMap platform/sla-platform.payments" in found["message"]
    assert "rule_files" in found["message"]


def test_a_source_without_series_is_told_with_the_selector(loaded: SLAInputs) -> None:
    found = complete(loaded, seen(loaded, "objective"))
    assert (found["status"], found["reason"]) == ("False", "NoData")
    assert world.TOTAL in found["message"]


def test_a_missing_bucket_is_named() -> None:
    given = world.inputs(world.sla(world.sla_spec(world.objective(indicator=world.LATENCY))))
    given = world.written(given, plan(given).applies[0].obj)
    assert "a bucket of exactly 0.3 s" in complete(given, seen(given, "objective"))["message"]


def test_fresh_rules_are_given_time() -> None:
    given = world.inputs()
    given = world.written(given, plan(given).applies[0].obj, created=NOW - timedelta(minutes=5))
    found = complete(given, seen(given))
    assert (found["status"], found["reason"]) == ("Unknown", "AwaitingData")
    later = replace(given, now=NOW + timedelta(minutes=6))
    assert complete(later, seen(later))["reason"] == "RulesNotLoaded"


# What the service adds


def test_the_service_s_words_are_in_the_alerts() -> None:
    service = PlatformServiceSpec.model_validate(
        {
            "owner": {"team": "team-payments"},
            "links": [{"name": "runbook", "type": "Runbook", "url": "https://runbooks.example.com/payments"}],
        }
    )
    feedback = {"submitURL": "https://feedback.example.com/payments"}
    planned = plan(world.inputs(service_spec=service, feedback=feedback))
    alerts = [rule for group in planned.applies[0].obj["spec"]["groups"] for rule in group["rules"] if "alert" in rule]
    for alert in alerts:
        assert alert["labels"]["owner"] == "team-payments"
        assert alert["annotations"]["runbook_url"] == "https://runbooks.example.com/payments"
        assert alert["annotations"]["feedback_url"] == "https://feedback.example.com/payments"
    assert planned.status is not None
    assert planned.status["feedback"] == feedback


@pytest.mark.parametrize(("scrape", "way"), [(120, "choose timeslice: {seconds: 120}"), (600, "choose budgeting: Occ")])
def test_a_slice_without_a_scrape_of_its_own_is_told(scrape: int, way: str) -> None:
    source = DataSource(url="http://prometheus.example", scrape_interval_seconds=scrape)
    spec = world.sla_spec(world.objective("minutes", **world.timeslices()), world.objective("events"))
    made = plan(world.inputs(world.sla(spec), source=source))
    stalled = world.condition(made.status, "Stalled")
    assert stalled["reason"] == "SliceTooShort"
    assert f"slices of 60 s are shorter than the data source's scrape interval of {scrape} s" in stalled["message"]
    assert way in stalled["message"]
    groups = made.applies[0].obj["spec"]["groups"]
    assert {group["name"].split("/")[2] for group in groups} == {"events"}, "the other objective is measured"
