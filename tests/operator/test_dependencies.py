"""SLAs that depend on others: said with the numbers, followed when these change, and blind to what is not one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Platform

CONDITION = "FeasibleAsPromised"


@pytest.fixture(scope="module")
def operator_config() -> dict[str, Any]:
    """A data source that is away: what is promised does not hang on what is measured."""
    return {"logging": {"format": "console"}, "dataSources": {"default": {"url": "http://127.0.0.1:1"}}}


def promise(platform: Platform, provider: str, name: str, target: str, *upstreams: tuple[str, str]) -> None:
    """An SLA of the service payments that depends on others (namespace, name)."""
    indicator = {"ratio": {"total": "requests_total", "errors": "errors_total"}}
    spec: dict[str, Any] = {
        "serviceRef": {"name": "payments"},
        "objectives": [{"name": "availability", "target": target, "indicator": indicator}],
    }
    if upstreams:
        spec["dependsOn"] = [{"namespace": namespace, "slaName": sla} for namespace, sla in upstreams]
    platform.apply("SLA", provider, name, spec)


def test_a_promise_above_what_it_depends_on_is_said_and_followed(platform: Platform) -> None:
    provider = platform.provider()
    platform.service(provider)
    promise(platform, provider, "shop", "99.9", (provider, "database"))
    platform.wait("sla", provider, "shop", CONDITION, "Unknown", "DependencyUnknown")
    promise(platform, provider, "database", "99.5")
    told = platform.wait("sla", provider, "shop", CONDITION, "False", "PromisedTooMuch")
    assert "promises 99.9%" in told["message"]
    assert f"allows 99.5% ({provider}/database 99.5%)" in told["message"]
    assert platform.condition("sla", provider, "shop", "Ready")["status"] == "True"
    promise(platform, provider, "database", "99.95")
    platform.wait("sla", provider, "shop", CONDITION, "True", "WithinDependencies")
    platform.kubectl("delete", "sla", "database", "-n", provider)
    platform.wait("sla", provider, "shop", CONDITION, "Unknown", "DependencyUnknown")


def test_another_namespace_s_promise_is_known_to_its_users_alone(platform: Platform) -> None:
    theirs, ours = platform.provider(), platform.provider()
    platform.service(theirs)
    promise(platform, theirs, "database", "98.7")
    platform.service(ours)
    promise(platform, ours, "shop", "99.9", (theirs, "database"), (theirs, "nothing"))
    told = platform.wait("sla", ours, "shop", CONDITION, "Unknown", "DependencyUnknown")
    # What is there and what is not reads the same.
    assert f"{theirs}/database, {theirs}/nothing" in told["message"]
    assert "98.7" not in str(platform.get("sla", ours, "shop")["status"])
    platform.consumer(ours, theirs)
    told = platform.wait("sla", ours, "shop", CONDITION, "False", "PromisedTooMuch")
    assert "allows 98.7%" in told["message"]
    platform.kubectl("delete", "pcon", "payments", "-n", ours, "--timeout=60s")
    platform.wait("sla", ours, "shop", CONDITION, "Unknown", "DependencyUnknown")
