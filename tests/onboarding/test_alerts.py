"""Which alerts a namespace of a consumer gets, and how they are labelled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import yaml

from platform_contracts.kube.kinds import CONFIG_MAP
from platform_contracts.onboarding.inputs import Window
from tests.alerts import world
from tests.alerts.world import contact

START = datetime(2027, 3, 31, 22, 0, tzinfo=UTC)
SUNSET = {"sunset": {"time": "2027-03-31T00:00:00Z", "successorRef": {"name": "payments-v2"}}}
WINDOWS = [
    Window(name, START + timedelta(hours=hours), START + timedelta(hours=hours + 1), "The database is upgraded")
    for name, hours in (("first", 0), ("second", 4))
]
QUOTA, AT_RISK, BREACHED, ENDS = (
    "ConsumerQuotaNearlyUsed",
    "ConsumerSLAAtRisk",
    "ConsumerSLABreached",
    "ConsumerServiceSunset",
)


def names(**options: object) -> list[str]:
    return [rule["alert"] for rule in world.rules(**options)]


def test_what_concerns_the_consumer_is_said_in_its_first_namespace_only() -> None:
    assert names(service=SUNSET) == [QUOTA, AT_RISK, AT_RISK, BREACHED, ENDS]
    assert names(service=SUNSET, first=False) == [QUOTA]


def test_only_a_service_that_ends_says_so() -> None:
    assert names() == [QUOTA, AT_RISK, AT_RISK, BREACHED]


def test_each_window_of_maintenance_that_consumers_are_told_of_is_an_alert_of_its_own() -> None:
    found = [rule for rule in world.rules(windows=WINDOWS) if rule["alert"] == "ConsumerMaintenanceAhead"]
    assert [rule["labels"]["maintenance_window"] for rule in found] == ["first", "second"]
    assert [rule["labels"]["severity"] for rule in found] == ["info"] * 2
    assert names(windows=WINDOWS, first=False) == [QUOTA]
    assert not any("maintenance_window" in rule["labels"] for rule in world.rules())


def test_a_plan_without_alerts_has_none() -> None:
    assert world.rule_object(plan={"alerts": "None"}, windows=WINDOWS) is None
    assert world.rule_object(quota={}, first=False) is None


def test_the_labels_say_whose_alert_it_is_and_how_they_are_reached() -> None:
    contacts = [
        contact("Slack", "#team-a"),
        contact("Slack", "#team-a-social", "social"),
        contact("Email", "team-a@example.com", "mail"),
        contact("OnCall", "team-a primary", "nights"),
        contact("Web", "https://help.example.com/a", "desk"),
    ]
    for rule in world.rules(contacts=contacts, team="checkout", service=SUNSET):
        assert rule["labels"] == {
            "severity": rule["labels"]["severity"],
            "platform_contracts_consumer": "team-a/payments",
            "team": "checkout",
            "namespace": "team-a-payments",
            "contact_slack": "#team-a",
            "contact_email": "team-a@example.com",
            "contact_oncall": "team-a primary",
            "contact_web": "https://help.example.com/a",
        }


def test_a_team_without_a_name_is_called_after_its_namespace() -> None:
    assert {rule["labels"]["team"] for rule in world.rules()} == {"team-a"}


def test_severities_differ_by_what_has_to_be_done() -> None:
    found = [(rule["alert"], rule["labels"]["severity"]) for rule in world.rules(service=SUNSET)]
    assert found == [
        (QUOTA, "warning"),
        (AT_RISK, "critical"),
        (AT_RISK, "warning"),
        (BREACHED, "warning"),
        (ENDS, "info"),
    ]


def test_the_sla_of_the_plan_counts_where_it_names_one() -> None:
    def expressions(**options: object) -> list[str]:
        return [rule["expr"] for rule in world.rules(**options) if "SLA" in rule["alert"]]

    every, one = expressions(), expressions(plan={"slaRef": {"name": "gold"}})
    assert all('namespace="platform",service="payments"}' in expression for expression in every)
    assert all('namespace="platform",service="payments",sla="gold"}' in expression for expression in one)


def test_it_is_one_object_of_the_namespace_in_either_kind() -> None:
    rule = world.rule_object()
    config_map = world.rule_object(kind=CONFIG_MAP)
    assert rule is not None
    assert config_map is not None
    for obj in (rule, config_map):
        assert obj["metadata"] == {
            "name": "platform-contracts",
            "namespace": "team-a-payments",
            "labels": {"release": "prometheus"},
        }
    # What loads ConfigMaps puts the files of all namespaces into one folder.
    assert list(config_map["data"]) == ["team-a-payments.platform-contracts.yaml"]
    assert yaml.safe_load(config_map["data"]["team-a-payments.platform-contracts.yaml"]) == rule["spec"]
    assert [group["name"] for group in rule["spec"]["groups"]] == ["team-a-payments/platform-contracts"]
