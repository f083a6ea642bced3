"""What a consumer is told before its service is worked on, in Prometheus' own rule engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.promtool import Promtool
from platform_contracts.onboarding.inputs import Window
from tests.alerts import world
from tests.sla.rule_file_tests import nothing, run, something

# Promtool's time begins here.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRED = 'ALERTS{alertname="ConsumerMaintenanceAhead",alertstate="firing",severity="info"}'


def window(hours: float, name: str = "upgrade", reason: str = "The database is upgraded.") -> Window:
    """An hour and a half of maintenance, so many hours after promtool's time begins."""
    start = EPOCH + timedelta(hours=hours)
    return Window(name, start, start + timedelta(minutes=90), reason)


def test_it_is_told_from_a_day_before_until_it_begins(promtool: Promtool, tmp_path: Path) -> None:
    groups = world.groups(windows=[window(48)])
    expectations = [
        nothing(f"count_over_time({FIRED}[24h])", "1439m"),
        something(FIRED, "1440m"),
        something(f"count_over_time({FIRED}[24h]) == 1440", "2879m"),
        nothing(FIRED, "2880m"),
        nothing(f"count_over_time({FIRED}[24h])", "4320m"),
    ]
    run(promtool, tmp_path, groups, {}, expectations, scrape="1m")


def test_two_that_are_ahead_are_two_alerts(promtool: Promtool, tmp_path: Path) -> None:
    groups = world.groups(windows=[window(2, "first"), window(4, "second")])
    expectations = [
        something(FIRED, "1h", 2),
        something(f'{FIRED[:-1]},maintenance_window="second"}}', "1h"),
        something(FIRED, "3h"),
        nothing(FIRED, "4h"),
    ]
    run(promtool, tmp_path, groups, {}, expectations, scrape="1m")


def test_two_times_of_one_window_are_two_alerts(promtool: Promtool, tmp_path: Path) -> None:
    groups = world.groups(windows=[window(2), window(4)])
    expectations = [
        something(FIRED, "1h", 2),
        something(f'{FIRED[:-1]},maintenance_start="1970-01-01T04:00:00Z"}}', "3h"),
        nothing(FIRED, "4h"),
    ]
    run(promtool, tmp_path, groups, {}, expectations, scrape="1m")


def test_the_text_says_what_when_and_whom_to_ask(promtool: Promtool, tmp_path: Path) -> None:
    """A reason is text for people, and no template."""
    groups = world.groups(windows=[window(22, reason='{{ $value }} of "all" is \\ moved.')])
    expected = {
        "eval_time": "1h",
        "alertname": "ConsumerMaintenanceAhead",
        "exp_alerts": [
            {
                "exp_labels": {
                    "severity": "info",
                    "platform_contracts_consumer": "team-a/payments",
                    "team": "team-a",
                    "namespace": "team-a-payments",
                    "maintenance_window": "upgrade",
                    "maintenance_start": "1970-01-01T22:00:00Z",
                },
                "exp_annotations": {
                    "summary": "payments: maintenance from 1970-01-01 22:00 to 23:30 UTC",
                    "description": (
                        "platform/payments will be under maintenance from 1970-01-01 22:00 to 23:30 UTC: "
                        '{{ $value }} of "all" is \\ moved. team-a/payments uses it: put off what cannot do without '
                        "it, or ask the team payments (Slack #payments) for another time. See: kubectl --namespace "
                        "team-a describe platformconsumer payments."
                    ),
                },
            }
        ],
    }
    run(promtool, tmp_path, groups, {}, [], alerts=[expected], scrape="1m")
