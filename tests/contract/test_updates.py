"""Rules about a change, which only the API server can judge; and objects that are older than a rule."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.kubectl import Kubectl
from platform_contracts.api import InvalidSpec, crd, parse
from platform_contracts.api.contracts import CONTRACTS
from platform_contracts.kube.kinds import FEEDBACK, MAINTENANCE_WINDOW, PLATFORM_CONSUMER, PLATFORM_SERVICE, SLA, Kind
from tests.conftest import unique_name
from tests.contract.conftest import Refusal, Server
from tests.contract.corpus import CORPUS, KINDS, load

MANIFESTS = {
    KINDS[manifest["kind"]]: manifest
    for manifest in load((CORPUS / "good" / "complete.yaml").read_text(encoding="utf-8"))
}


@pytest.fixture
def stored(request: pytest.FixtureRequest, server: Server) -> Iterator[dict[str, Any]]:
    """An object of the parameter's kind, with every field set, as the API server stores it."""
    kind: Kind = request.param
    manifest = copy.deepcopy(MANIFESTS[kind])
    manifest["metadata"]["name"] = unique_name()
    obj = server.create(kind, manifest, dry_run=False)
    assert isinstance(obj, dict), obj
    yield obj
    server.delete(kind, obj["metadata"]["name"])


@pytest.mark.parametrize("stored", [SLA, PLATFORM_CONSUMER, MAINTENANCE_WINDOW], indirect=True, ids=str)
def test_the_service_of_a_promise_a_consumer_or_a_window_stays(stored: dict[str, Any], server: Server) -> None:
    stored["spec"]["serviceRef"]["name"] = "another"
    refusal = server.replace(KINDS[stored["kind"]], stored)
    assert isinstance(refusal, Refusal)
    (cause,) = refusal.causes
    assert cause.field == "spec.serviceRef"
    assert cause.message.startswith("Forbidden: serviceRef cannot be changed after creation: create another")


@pytest.mark.parametrize("stored", [PLATFORM_CONSUMER], indirect=True, ids=str)
def test_the_namespace_of_a_consumers_service_stays(stored: dict[str, Any], server: Server) -> None:
    stored["spec"]["serviceRef"]["namespace"] = "another"
    refusal = server.replace(PLATFORM_CONSUMER, stored)
    assert isinstance(refusal, Refusal)
    assert refusal.causes[0].field == "spec.serviceRef"


@pytest.mark.parametrize("stored", [SLA, PLATFORM_CONSUMER, MAINTENANCE_WINDOW], indirect=True, ids=str)
def test_leaving_the_service_out_is_no_way_round(stored: dict[str, Any], server: Server) -> None:
    del stored["spec"]["serviceRef"]
    refusal = server.replace(KINDS[stored["kind"]], stored)
    assert isinstance(refusal, Refusal)
    assert refusal.causes[0].message.startswith("Required value: serviceRef is required, for example serviceRef: ")


@pytest.mark.parametrize("stored", [SLA], indirect=True, ids=str)
def test_a_promise_can_be_changed(stored: dict[str, Any], server: Server) -> None:
    stored["spec"]["objectives"][0]["target"] = "99.5"
    stored["spec"]["window"] = {"rolling": "60d"}
    stored["spec"].pop("effective", None)
    assert isinstance(server.replace(SLA, stored), dict)


@pytest.mark.parametrize("stored", [MAINTENANCE_WINDOW], indirect=True, ids=str)
def test_a_window_can_be_moved(stored: dict[str, Any], server: Server) -> None:
    stored["spec"]["startTime"], stored["spec"]["endTime"] = "2027-05-01T00:00:00Z", "2027-05-01T04:00:00Z"
    assert isinstance(server.replace(MAINTENANCE_WINDOW, stored), dict)


SAID: dict[str, Any] = {
    "serviceRef": {"name": "another"},
    "method": "Interview",
    "survey": "another",
    "questionVersion": 3,
    "scores": [{"question": "satisfaction", "value": 5}],
    "consumerRef": {"namespace": "team-b", "name": "payments"},
    "team": "Team B",
    "themes": ["documentation", "refunds"],
    "comment": "Perfect",
    "roadmapItem": "another",
}


@pytest.mark.parametrize("stored", [FEEDBACK], indirect=True, ids=str)
@pytest.mark.parametrize("field", SAID)
@pytest.mark.parametrize("change", ["other", "gone"])
def test_what_was_said_stays(stored: dict[str, Any], field: str, change: str, server: Server) -> None:
    if change == "other":
        stored["spec"][field] = SAID[field]
    else:
        del stored["spec"][field]
    refusal = server.replace(FEEDBACK, stored)
    assert isinstance(refusal, Refusal)
    messages = [cause.message for cause in refusal.causes]
    # Without a serviceRef it is not even a Feedback.
    assert any("change triage alone" in message or "is required" in message for message in messages), messages


@pytest.mark.parametrize("stored", [FEEDBACK], indirect=True, ids=str)
def test_nothing_is_added_to_what_was_said(stored: dict[str, Any], server: Server) -> None:
    bare = {"serviceRef": {"name": "payments"}, "comment": "Refunds take a day"}
    fresh = {**stored, "metadata": {"name": unique_name()}, "spec": bare}
    created = server.create(FEEDBACK, fresh, dry_run=False)
    assert isinstance(created, dict)
    for field in ("severity", "consumerRef", "team", "themes", "roadmapItem"):
        more = copy.deepcopy(created)
        more["spec"][field] = {**SAID, "severity": "High"}[field]
        refusal = server.replace(FEEDBACK, more)
        assert isinstance(refusal, Refusal)
        assert "change triage alone" in refusal.message
    server.delete(FEEDBACK, created["metadata"]["name"])


@pytest.mark.parametrize("stored", [FEEDBACK], indirect=True, ids=str)
def test_an_answer_comes_changes_and_goes(stored: dict[str, Any], server: Server) -> None:
    stored["spec"]["triage"] = {"state": "Shipped", "response": "Since March."}
    changed = server.replace(FEEDBACK, stored)
    assert isinstance(changed, dict)
    del changed["spec"]["triage"]
    assert isinstance(server.replace(FEEDBACK, changed), dict)


@pytest.mark.parametrize("stored", [PLATFORM_CONSUMER], indirect=True, ids=str)
def test_the_plan_of_a_consumer_can_be_changed(stored: dict[str, Any], server: Server) -> None:
    stored["spec"]["planName"] = "large"
    assert isinstance(server.replace(PLATFORM_CONSUMER, stored), dict)


def entry(consumer: dict[str, Any], source: str) -> dict[str, Any]:
    """The namespace of a stored consumer that comes from this source."""
    (found,) = (item for item in consumer["spec"]["namespaces"] if item["source"] == source)
    return dict(found)


@pytest.mark.parametrize("stored", [PLATFORM_CONSUMER], indirect=True, ids=str)
@pytest.mark.parametrize("change", [{"source": "Create"}, {"source": None}], ids=["said", "left out"])
def test_an_adopted_namespace_does_not_become_one_that_was_created(
    stored: dict[str, Any], change: dict[str, Any], server: Server
) -> None:
    # Told apart by name: another order of the entries hides nothing.
    stored["spec"]["namespaces"] = [{**entry(stored, "Adopt"), **change}, entry(stored, "Create")]
    refusal = server.replace(PLATFORM_CONSUMER, stored)
    assert isinstance(refusal, Refusal)
    (cause,) = refusal.causes
    assert cause.field == "spec.namespaces[0].source"
    assert cause.message.startswith("Forbidden: source cannot be changed from Adopt to Create")
    assert "for example {name: team-a-payments-new, source: Create}" in cause.message


@pytest.mark.parametrize("stored", [PLATFORM_CONSUMER], indirect=True, ids=str)
def test_a_namespace_that_turns_out_to_exist_can_be_adopted(stored: dict[str, Any], server: Server) -> None:
    created = {**entry(stored, "Create"), "source": "Adopt"}
    stored["spec"]["namespaces"] = [entry(stored, "Adopt"), created]
    assert isinstance(server.replace(PLATFORM_CONSUMER, stored), dict)


@pytest.mark.parametrize("stored", [PLATFORM_CONSUMER], indirect=True, ids=str)
def test_namespaces_come_and_go_and_change_their_shares(stored: dict[str, Any], server: Server) -> None:
    kept = {**entry(stored, "Create"), "sharePercent": 99}
    stored["spec"]["namespaces"] = [{"name": "team-a-new", "source": "Adopt"}, kept]
    assert isinstance(server.replace(PLATFORM_CONSUMER, stored), dict)


@pytest.mark.parametrize("stored", [PLATFORM_SERVICE], indirect=True, ids=str)
def test_the_bound_of_a_plan_stays_above_the_environments_of_a_listed_consumer(
    stored: dict[str, Any], server: Server
) -> None:
    stored["spec"]["onboarding"]["plans"][0]["maxNamespaces"] = 1
    refusal = server.replace(PLATFORM_SERVICE, stored)
    assert isinstance(refusal, Refusal)
    assert [cause.field for cause in refusal.causes] == ["spec.consumers"]
    assert "maxNamespaces" in refusal.causes[0].message


@pytest.mark.parametrize("stored", [PLATFORM_SERVICE], indirect=True, ids=str)
def test_a_plan_that_a_listed_consumer_is_on_cannot_be_removed(stored: dict[str, Any], server: Server) -> None:
    del stored["spec"]["onboarding"]["plans"][0]
    refusal = server.replace(PLATFORM_SERVICE, stored)
    assert isinstance(refusal, Refusal)
    assert refusal.causes[0].field == "spec.consumers"


@pytest.mark.parametrize("stored", [SLA], indirect=True, ids=str)
def test_a_status_is_only_written_through_its_subresource(stored: dict[str, Any], server: Server) -> None:
    stored["status"] = {"state": "Met"}
    replaced = server.replace(SLA, stored)
    assert isinstance(replaced, dict)
    assert "state" not in replaced["status"]

    written = server.replace_status(SLA, stored)
    assert isinstance(written, dict)
    assert written["status"] == {"state": "Met", "observedGeneration": -1}
    assert written["metadata"]["generation"] == 1


OLDER = Kind("older.example.com", SLA.version, SLA.name, SLA.plural)


@pytest.fixture
def outdated(kubectl: Kubectl, server: Server) -> Iterator[dict[str, Any]]:
    """An SLA that was stored before there were rules, which it breaks; its kind is in a group of its own."""
    current = crd.definition(next(contract for contract in CONTRACTS if contract.kind == SLA))
    current["metadata"]["name"] = f"{OLDER.plural}.{OLDER.group}"
    current["spec"]["group"] = OLDER.group
    del current["spec"]["names"]["categories"]
    older = copy.deepcopy(current)
    _drop_rules(older["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
    kubectl.apply(older)
    kubectl("wait", f"crd/{current['metadata']['name']}", "--for=condition=Established", "--timeout=30s")
    obj = copy.deepcopy(MANIFESTS[SLA])
    obj["apiVersion"] = OLDER.api_version
    obj["spec"]["objectives"][0]["target"] = "100"
    created = eventually(lambda: server.create(OLDER, obj, dry_run=False), lambda answer: isinstance(answer, dict))
    kubectl.apply(current)
    fresh = {**obj, "metadata": {"name": "fresh"}}
    eventually(lambda: server.create(OLDER, fresh), lambda answer: isinstance(answer, Refusal))
    yield created
    kubectl("delete", "crd", current["metadata"]["name"], "--wait=false")


def _drop_rules(node: Any) -> None:
    if isinstance(node, dict):
        node.pop("x-kubernetes-validations", None)
        for value in node.values():
            _drop_rules(value)


def eventually(ask: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
    """The first good answer, within half a minute: the API server takes up a changed CRD a moment later."""
    end = time.monotonic() + 30
    while not good(answer := ask()):
        assert time.monotonic() < end, answer
        time.sleep(0.1)
    return answer


def test_a_status_can_be_written_on_what_an_older_version_took(outdated: dict[str, Any], server: Server) -> None:
    outdated["status"] = {"observedGeneration": 1, "summary": "The target cannot be kept."}
    written = server.replace_status(OLDER, outdated)
    assert isinstance(written, dict), written
    assert written["status"] == outdated["status"]

    with pytest.raises(InvalidSpec) as error:
        parse(SLA, written)
    assert error.value.messages == [
        "spec.objectives[0].target: must be a percentage of at least 10 and below 100, as a string of decimals, "
        'for example "99.9"; 100 would leave no error budget to measure against'
    ]
