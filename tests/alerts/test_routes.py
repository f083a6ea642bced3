"""The example's configuration of Alertmanager: accepted by its own tool, and every alert finds its way."""

from __future__ import annotations

import subprocess

import pytest

from harness.programs import ALERTMANAGER, build
from platform_contracts.rules.text import quote
from tests.alerts import world
from tests.alerts.conftest import EXAMPLE
from tests.alerts.world import contact

SLACK, LINK = contact("Slack", "#team-a"), contact("Slack", "https://chat.example.com/team-a")
EMAIL, ON_CALL = contact("Email", "team-a@example.com", "mail"), contact("OnCall", "team-a primary", "nights")
WEB = contact("Web", "https://help.example.com", "desk")


def amtool(*arguments: object) -> str:
    command = [build(ALERTMANAGER) / "amtool", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def receivers(labels: dict[str, str]) -> list[str]:
    pairs = [f"{name}={quote(value)}" for name, value in labels.items()]
    found = amtool("config", "routes", "test", f"--config.file={EXAMPLE}", *pairs)
    return found.strip().split(",")


def test_it_is_a_configuration() -> None:
    assert "SUCCESS" in amtool("check-config", EXAMPLE)


@pytest.mark.parametrize(
    ("contacts", "severity", "expected"),
    [
        ([SLACK, EMAIL, ON_CALL], "critical", ["consumer-on-call", "consumer-slack", "consumer-email"]),
        ([SLACK, EMAIL, ON_CALL], "warning", ["consumer-slack", "consumer-email"]),
        ([SLACK, EMAIL, ON_CALL], "info", ["consumer-slack", "consumer-email"]),
        ([EMAIL], "critical", ["consumer-email"]),
        ([SLACK], "warning", ["consumer-slack"]),
        ([LINK, EMAIL], "warning", ["consumer-email"]),
        ([LINK], "warning", ["platform-team"]),
        ([contact("Email", "team-a@example.community")], "warning", ["platform-team"]),
        ([WEB], "critical", ["platform-team"]),
        ([], "warning", ["platform-team"]),
    ],
)
def test_every_alert_finds_its_way(contacts: list[dict[str, str]], severity: str, expected: list[str]) -> None:
    service = {"sunset": {"time": "2027-03-31T00:00:00Z"}}
    rule = next(
        rule for rule in world.rules(contacts=contacts, service=service) if rule["labels"]["severity"] == severity
    )
    assert receivers({"alertname": rule["alert"], **rule["labels"]}) == expected


def test_an_alert_that_is_no_consumer_s_goes_to_the_platform_team() -> None:
    labels = {"alertname": "SLABurnRate", "severity": "page", "contact_email": "team-a@example.com"}
    assert receivers(labels) == ["platform-team"]
