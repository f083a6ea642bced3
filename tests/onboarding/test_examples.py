"""examples/ on a real API server with the running operator: what the README promises of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.installation import REPOSITORY
from harness.kubectl import Kubectl
from harness.operator_process import OperatorProcess
from harness.process import wait_until

EXAMPLES = REPOSITORY / "examples"
READY = ("team-a/payments", "team-a/identity", "team-b/payments", "team-c/artifacts", "platform/payments-checkout")


@pytest.fixture
def examples(kubectl: Kubectl, start_operator: Callable[..., OperatorProcess]) -> Iterator[None]:
    """The examples applied while the operator runs; gone afterwards with what they became."""
    start_operator()
    kubectl("apply", "--server-side", "-k", EXAMPLES)
    yield
    kubectl("delete", "-k", EXAMPLES)
    kubectl("delete", "namespace", "-l", "platformcontracts.io/service-namespace=platform", "--wait=false")


def outcomes(kubectl: Kubectl) -> dict[str, str]:
    """The reason of Ready of each PlatformConsumer."""
    found: dict[str, Any] = kubectl.get("platformconsumers", "-A")
    return {
        f"{item['metadata']['namespace']}/{item['metadata']['name']}": condition["reason"]
        for item in found["items"]
        for condition in item.get("status", {}).get("conditions", ())
        if condition["type"] == "Ready"
    }


@pytest.mark.usefixtures("examples")
def test_the_examples_onboard_their_teams(kubectl: Kubectl) -> None:
    expected = dict.fromkeys(READY, "Onboarded") | {"team-c/payments": "NotAllowed"}
    wait_until(lambda: expected.items() <= outcomes(kubectl).items(), 60, "the onboarding of the examples' consumers")

    def counted() -> bool:
        status = kubectl.get("platformservice", "payments", "-n", "platform").get("status", {})
        return bool(status.get("consumers", {}).get("summary") == "3/4")

    wait_until(counted, 30, "the count of three ready teams of four")
    shop = kubectl.get("namespace", "team-b-shop")["metadata"]["labels"]
    assert shop["platformcontracts.io/environment"] == "production"
    bindings = kubectl.get("rolebindings", "-n", "team-a-payments")["items"]
    assert [(item["metadata"]["name"], [subject["name"] for subject in item["subjects"]]) for item in bindings] == [
        ("platform-contracts-developer", ["team-a-developers", "deployer"])
    ]
    for kind in ("resourcequota", "limitrange", "networkpolicy"):
        assert kubectl.find(kind, "platform-contracts", "-n", "platform-payments-checkout")
