"""The rule object of a consumer on a real API server, and in a Prometheus that loads it from there."""

from __future__ import annotations

import json

import pytest

from harness.kubectl import Kubectl
from harness.process import wait_until
from platform_contracts.kube.kinds import CONFIG_MAP, PROMETHEUS_RULE, Kind
from tests.alerts import world
from tests.conftest import StartLoader, StartPrometheus

PATIENCE_SECONDS = 60
TEXT = 'nights {{ $value }} "a" \\ b'


@pytest.mark.parametrize("kind", [PROMETHEUS_RULE, CONFIG_MAP], ids=str)
def test_it_comes_back_as_it_was_and_prometheus_loads_it(
    kubectl: Kubectl, namespace: str, start_prometheus: StartPrometheus, start_loader: StartLoader, kind: Kind
) -> None:
    """As it was: else it would be written again for ever."""
    service = {"sunset": {"time": "2027-03-31T00:00:00Z"}}
    contacts = [world.contact("OnCall", TEXT)]
    wanted = world.rule_object(kind=kind, namespace=namespace, contacts=contacts, service=service)
    assert wanted is not None
    kubectl("create", "-f", "-", stdin=json.dumps(wanted))
    live = kubectl.get(kind.plural, "platform-contracts", "--namespace", namespace)
    body = "spec" if kind == PROMETHEUS_RULE else "data"
    assert live[body] == wanted[body]
    prometheus = start_prometheus(scrape_interval="1s")
    start_loader(prometheus, namespaces=[namespace])

    def loaded() -> list[tuple[str, str]]:
        return [(rule["name"], rule["health"]) for group in prometheus.rule_groups() for rule in group["rules"]]

    expected = [(rule["alert"], "ok") for rule in world.rules(namespace=namespace, service=service)]
    wait_until(lambda: loaded() == expected, PATIENCE_SECONDS, "the first evaluation of every rule")
