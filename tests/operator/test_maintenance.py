"""A maintenance window on a real cluster: announced to the consumers of its service, active, and over."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from platform_contracts.kube.objects import Object, format_time, parse_time

if TYPE_CHECKING:
    from conftest import Eventually, Platform

REASON = "The database is upgraded, and requests may fail for some minutes"
ALERT = "ConsumerMaintenanceAhead"
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def operator_config() -> Object:
    """Rules are written whether Prometheus answers or not, and nothing answers here."""
    return {"logging": {"format": "console"}, "dataSources": {"default": {"url": "http://127.0.0.1:9"}}}


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def announce(platform: Platform, namespace: str, start: datetime, end: datetime, service: str = "payments") -> None:
    """Apply the window `upgrade`."""
    times = {"startTime": format_time(start), "endTime": format_time(end)}
    spec = {"serviceRef": {"name": service}, "reason": REASON, **times}
    platform.apply("MaintenanceWindow", namespace, "upgrade", spec)


class Consumers:
    """The two consumers of one service: their homes and the namespaces that they were given."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.provider = platform.provider()
        platform.service(self.provider)
        self.homes = [platform.namespace("team"), platform.namespace("team")]
        self.namespaces = [platform.consumer(home, self.provider) for home in self.homes]
        for home in self.homes:
            platform.ready("PlatformConsumer", home)

    def notices(self) -> list[list[str]]:
        """What each of them reads about maintenance."""
        found = (self.platform.get("platformconsumer", home, "payments")["status"] for home in self.homes)
        return [
            [notice["message"] for notice in status.get("notices", ()) if notice["type"] == "Maintenance"]
            for status in found
        ]

    def told(self, text: str) -> bool:
        """Whether each of them reads one notice, with that text."""
        return all(len(said) == 1 and text in said[0] for said in self.notices())

    def untold(self) -> bool:
        """Whether none of them reads anything of maintenance."""
        return self.notices() == [[], []]

    def alerts(self) -> list[list[Object]]:
        """The rules about maintenance in the namespace of each."""
        return [[rule for rule in self._rules(name) if rule["alert"] == ALERT] for name in self.namespaces]

    def _rules(self, namespace: str) -> list[Any]:
        rules = self.platform.get("prometheusrule", namespace, "platform-contracts") or {"spec": {"groups": []}}
        return [rule for group in rules["spec"]["groups"] for rule in group["rules"]]


@pytest.fixture
def consumers(platform: Platform) -> Consumers:
    return Consumers(platform)


def state(platform: Platform, namespace: str) -> str | None:
    found: Object = platform.get("maintenancewindow", namespace, "upgrade")["status"]
    return found.get("state")


def test_consumers_are_told_before_and_meanwhile_and_no_more_when_it_is_over(
    platform: Platform, consumers: Consumers, eventually: Eventually
) -> None:
    provider = consumers.provider
    start = now() + HOUR
    announce(platform, provider, start, start + HOUR)
    eventually(lambda: consumers.told("will be under maintenance from"), "both are told of what is ahead")
    assert consumers.told(f"{provider}/payments will be under maintenance from {start:%Y-%m-%d %H:%M}")
    assert consumers.told(f" UTC: {REASON}; ")
    eventually(lambda: all(consumers.alerts()), "both have the rule")
    for (rule,) in consumers.alerts():
        assert f"vector({start.timestamp():.0f}) - time()" in rule["expr"]
        assert rule["labels"]["severity"] == "info"
    window = platform.ready("maintenancewindow", provider, "upgrade")
    assert window["status"]["state"] == "Announced"

    first = parse_time(window["status"]["announcedTime"])
    eventually(lambda: now() > first, "a later second, since times are whole ones")
    moved = now()
    announce(platform, provider, moved + timedelta(seconds=8), moved + HOUR)
    eventually(lambda: state(platform, provider) == "Active", "the window has begun")
    again = parse_time(platform.get("maintenancewindow", provider, "upgrade")["status"]["announcedTime"])
    assert first < moved <= again
    eventually(lambda: consumers.told(f"is under maintenance until {moved + HOUR:%Y-%m-%d %H:%M}"), "both know")

    announce(platform, provider, moved + timedelta(seconds=8), now() + timedelta(seconds=8))
    eventually(lambda: state(platform, provider) == "Over", "the window has ended")
    eventually(consumers.untold, "nobody is told any more")
    eventually(lambda: consumers.alerts() == [[], []], "nobody is alerted any more")
    over = platform.ready("maintenancewindow", provider, "upgrade")
    assert platform.condition("maintenancewindow", provider, "upgrade", "Ready")["reason"] == "Over"

    # It is at rest.
    platform.kubectl("annotate", "maintenancewindow", "upgrade", "-n", provider, "seen=true")
    platform.apply("MaintenanceWindow", provider, "other", {**over["spec"], "reason": "After it"})
    platform.ready("maintenancewindow", provider, "other")
    assert platform.get("maintenancewindow", provider, "upgrade")["status"] == over["status"]


def test_a_window_that_is_deleted_is_called_off(
    platform: Platform, consumers: Consumers, eventually: Eventually
) -> None:
    announce(platform, consumers.provider, now() - HOUR, now() + HOUR)
    eventually(lambda: consumers.told("is under maintenance until"), "both are told")
    platform.kubectl("delete", "maintenancewindow", "upgrade", "-n", consumers.provider)
    eventually(consumers.untold, "nobody is told any more")


def test_a_service_that_does_not_exist_is_said_and_waited_for(platform: Platform) -> None:
    provider = platform.provider()
    announce(platform, provider, now() + HOUR, now() + 2 * HOUR, service="nowhere")
    stalled = platform.wait("maintenancewindow", provider, "upgrade", "Stalled", "True", "ServiceNotFound")
    assert f"There is no PlatformService {provider}/nowhere, so nobody is told" in stalled["message"]
    assert state(platform, provider) is None
    platform.service(provider, "nowhere")
    platform.ready("maintenancewindow", provider, "upgrade")
    assert state(platform, provider) == "Announced"


def test_nobody_is_told_while_the_namespace_is_no_providers(
    platform: Platform, consumers: Consumers, eventually: Eventually
) -> None:
    provider = consumers.provider
    announce(platform, provider, now() + HOUR, now() + 2 * HOUR)
    eventually(lambda: consumers.told("will be"), "both are told")
    platform.kubectl("label", "namespace", provider, "platformcontracts.io/provider-")
    platform.wait("maintenancewindow", provider, "upgrade", "Stalled", "True", "NotAProvider")
    eventually(consumers.untold, "nobody is told any more")
    platform.kubectl("label", "namespace", provider, "platformcontracts.io/provider=true")
    platform.ready("maintenancewindow", provider, "upgrade")
    eventually(lambda: consumers.told("will be"), "both are told again")


def test_the_status_has_its_place_in_the_tables(platform: Platform, consumers: Consumers) -> None:
    announce(platform, consumers.provider, now() - HOUR, now() + HOUR)
    platform.ready("maintenancewindow", consumers.provider, "upgrade")
    listed = platform.kubectl("get", "mwin", "-n", consumers.provider, "--output=json").stdout
    (window,) = json.loads(listed)["items"]
    row = platform.kubectl("get", "mwin", "-n", consumers.provider, "--output=wide", "--no-headers").stdout
    assert row.split()[:5] == ["upgrade", "payments", "Active", window["spec"]["startTime"], window["spec"]["endTime"]]
    assert REASON in row
    assert "is under maintenance until" in row


# What it is to the service's SLAs

INDICATOR = {"ratio": {"total": "http_requests_total", "errors": 'http_requests_total{code="500"}'}}
OBJECTIVE = {"name": "availability", "target": "99.9", "indicator": INDICATOR}


def promise(platform: Platform, namespace: str, name: str, **spec: Any) -> None:
    """Apply an SLA of the service payments."""
    platform.apply("SLA", namespace, name, {"serviceRef": {"name": "payments"}, "objectives": [OBJECTIVE], **spec})


def rules(platform: Platform, namespace: str, sla: str) -> str:
    """The SLA's rules as text."""
    return str(platform.get("prometheusrule", namespace, f"sla-{namespace}.{sla}")["spec"])


def test_an_sla_leaves_out_what_was_announced_in_time_and_each_says_how_much(
    platform: Platform, eventually: Eventually
) -> None:
    provider = platform.provider()
    platform.service(provider)
    promise(platform, provider, "strict")
    promise(platform, provider, "lenient", maintenance={"noticeSeconds": 1800, "maxSecondsPerPeriod": 1800})
    start = now() + HOUR
    announce(platform, provider, start, start + HOUR)

    def excluded() -> dict[str, int]:
        status = platform.get("maintenancewindow", provider, "upgrade").get("status", {})
        return {entry["name"]: entry["excludedSeconds"] for entry in status.get("slas", ())}

    eventually(lambda: excluded() == {"lenient": 1800, "strict": 0}, "both SLAs have had their say")
    known = [
        {
            "maintenanceWindow": "upgrade",
            "startTime": format_time(start),
            "endTime": format_time(start + HOUR / 2),
            "retroactive": False,
        }
    ]
    eventually(lambda: platform.get("sla", provider, "lenient")["status"].get("exclusions") == known, "it is known")
    left_out = f"unless on() ((vector(time()) > {start.timestamp():.0f} <= "
    assert left_out in rules(platform, provider, "lenient")
    assert "unless on()" not in rules(platform, provider, "strict")

    promise(platform, provider, "lenient", maintenance={"noticeSeconds": 1800, "maxSecondsPerPeriod": 7200})
    eventually(lambda: excluded()["lenient"] == 3600, "its terms have changed")

    platform.kubectl("delete", "maintenancewindow", "upgrade", "-n", provider)
    eventually(lambda: left_out not in rules(platform, provider, "lenient"), "it was taken back in time")
    assert "exclusions" not in platform.get("sla", provider, "lenient")["status"]


def test_an_sla_that_there_is_not_is_said(platform: Platform) -> None:
    provider = platform.provider()
    platform.service(provider)
    times = {"startTime": format_time(now() + HOUR), "endTime": format_time(now() + 2 * HOUR)}
    spec = {"serviceRef": {"name": "payments"}, "slaNames": ["late"], "reason": REASON, **times}
    platform.apply("MaintenanceWindow", provider, "upgrade", spec)
    stalled = platform.wait("maintenancewindow", provider, "upgrade", "Stalled", "True", "SLANotFound")
    assert f"{provider}/payments has no SLA late" in stalled["message"]
    assert state(platform, provider) == "Announced"
    promise(platform, provider, "late")
    platform.ready("maintenancewindow", provider, "upgrade")
