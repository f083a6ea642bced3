"""Events on a real API server: what kubectl shows of them, and that a repetition is none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from harness.kubectl import Kubectl
from platform_contracts.engine.apply import Applier
from platform_contracts.engine.client import KubernetesClient
from platform_contracts.engine.store import Store
from platform_contracts.kube.events import Event
from platform_contracts.kube.kinds import CONFIG_MAP
from platform_contracts.kube.objects import Object

NEWS = Event("Breached", "From Met to Breached: put reliability first.", warning=True)


@pytest.fixture
def applier(client: KubernetesClient) -> Applier:
    return Applier(client, Store(), writable=(), manager="platform-contracts")


@pytest.fixture
def subject(kubectl: Kubectl, namespace: str) -> Object:
    kubectl("create", "configmap", "subject", "--namespace", namespace)
    found: Object = kubectl.get("configmap", "subject", "--namespace", namespace)
    return found


async def test_kubectl_shows_it_where_the_object_is(applier: Applier, kubectl: Kubectl, subject: Object) -> None:
    await applier.tell(CONFIG_MAP, subject, NEWS, datetime.now(UTC))
    place = subject["metadata"]["namespace"]
    line = kubectl("events", "--for=configmap/subject", "--namespace", place).stdout.splitlines()[1]
    assert line.split(maxsplit=4)[1:] == ["Warning", "Breached", "ConfigMap/subject", NEWS.message]
    assert "Warning  Breached" in kubectl("describe", "configmap", "subject", "--namespace", place).stdout


async def test_the_same_is_told_once_and_something_else_beside_it(
    applier: Applier, kubectl: Kubectl, subject: Object
) -> None:
    for _ in range(3):
        await applier.tell(CONFIG_MAP, subject, NEWS, datetime.now(UTC))
    await applier.tell(CONFIG_MAP, subject, Event("Met", "Better."), datetime.now(UTC))
    found = kubectl.get("events", "--namespace", subject["metadata"]["namespace"])["items"]
    assert sorted(event["reason"] for event in found) == ["Breached", "Met"]


async def test_what_happens_once_is_told_once_whatever_changes_meanwhile(
    applier: Applier, kubectl: Kubectl, subject: Object
) -> None:
    metadata = subject["metadata"]
    later = {**subject, "metadata": {**metadata, "resourceVersion": "9" + metadata["resourceVersion"]}}
    await applier.tell(CONFIG_MAP, subject, Event("Offboarded", "a", once="the end"), datetime.now(UTC))
    await applier.tell(CONFIG_MAP, later, Event("Offboarded", "b", once="the end"), datetime.now(UTC))
    (event,) = kubectl.get("events", "--namespace", metadata["namespace"])["items"]
    assert event["message"] == "a"


async def test_news_that_cannot_be_written_hold_up_nothing(lost_client: KubernetesClient, subject: Object) -> None:
    applier = Applier(lost_client, Store(), writable=(), manager="platform-contracts")
    await applier.tell(CONFIG_MAP, subject, NEWS, datetime.now(UTC))
