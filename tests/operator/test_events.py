"""What happens to a consumer, as Events beside it: told once, also over a restart, and in its own namespace alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import Eventually, Platform

MEMBERS = [{"kind": "Group", "name": "team-a", "roleName": "developer"}]


def told(platform: Platform, namespace: str) -> list[str]:
    """The reasons of the Events in a namespace that are ours, oldest first."""
    found = platform.all("events", namespace)
    ours = [event for event in found if event["reportingComponent"] == "platformcontracts.io/operator"]
    return [event["reason"] for event in sorted(ours, key=lambda event: str(event["eventTime"]))]


def shows(platform: Platform, eventually: Eventually, namespace: str, *reasons: str) -> None:
    """Wait until these Events are there, in this order, and no other."""
    try:
        eventually(lambda: told(platform, namespace) == list(reasons), f"{reasons} being told")
    except TimeoutError as error:
        raise TimeoutError(f"{error}; at last there were {told(platform, namespace)}") from None


def message(platform: Platform, namespace: str, reason: str) -> Any:
    found = platform.all("events", namespace)
    (text,) = [event["message"] for event in found if event["reason"] == reason]
    return text


def test_a_consumer_s_life_is_told_once_and_in_its_home_alone(platform: Platform, eventually: Eventually) -> None:
    provider, home = platform.provider(), platform.namespace("team")
    platform.service(provider, onboarding={"allowedConsumers": {"from": "None"}})
    namespace = platform.consumer(home, provider, members=MEMBERS)
    eventually(lambda: len(told(platform, home)) == 1, "the refusal is told")
    (refused,) = told(platform, home)
    assert message(platform, home, refused) == platform.condition("pcon", home, "payments", "Stalled")["message"]

    platform.service(provider)
    platform.ready("pcon", home)
    shows(platform, eventually, home, refused, "Onboarded")
    assert namespace in message(platform, home, "Onboarded")

    patch = json.dumps({"spec": {"hard": {"pods": "500"}}})
    platform.kubectl("patch", "resourcequota", "platform-contracts", "-n", namespace, "--type=merge", "-p", patch)
    shows(platform, eventually, home, refused, "Onboarded", "DriftCorrected")
    assert f"ResourceQuota {namespace}/platform-contracts" in message(platform, home, "DriftCorrected")

    platform.operator.kill()
    platform.operator.start_and_wait()
    platform.kubectl("delete", "pcon", "payments", "-n", home, "--timeout=60s")
    assert told(platform, home) == [refused, "Onboarded", "DriftCorrected", "Offboarded"]
    assert f"{namespace} stays" in message(platform, home, "Offboarded")
    assert told(platform, provider) == []
    assert told(platform, namespace) == []
