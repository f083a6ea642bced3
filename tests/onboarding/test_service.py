"""A PlatformService: the consumers that it lists, the counts, and its conditions."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from platform_contracts.config import Guardrails
from platform_contracts.kube.conditions import Condition
from platform_contracts.kube.kinds import NAMESPACE, PLATFORM_CONSUMER, PLATFORM_SERVICE, ROLE_BINDING
from platform_contracts.kube.objects import Key, Object, labels, manifest, uid
from tests.onboarding.world import MEMBER, PLAN, SERVICE_SPEC, World, message, reason

ENTRY: Object = {"name": "checkout", "team": "Checkout & Co", "planName": "small", "members": [MEMBER]}


def test_an_entry_becomes_a_consumer_beside_the_service() -> None:
    world = World()
    plan = world.plan_service(world.service(consumers=[ENTRY]))
    (item,) = plan.applies
    assert item.uid is None
    assert item.obj == {
        "apiVersion": "platformcontracts.io/v1alpha1",
        "kind": "PlatformConsumer",
        "metadata": {
            "name": "payments-checkout",
            "namespace": "platform",
            "labels": {
                "app.kubernetes.io/managed-by": "platform-contracts",
                "platformcontracts.io/service": "payments",
                "platformcontracts.io/service-namespace": "platform",
            },
        },
        "spec": {
            "serviceRef": {"namespace": "platform", "name": "payments"},
            "planName": "small",
            "team": "Checkout & Co",
            "members": [MEMBER],
        },
    }


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({}, "teams onboard with a PlatformConsumer"),
        ({"onboarding": {"plans": [PLAN]}}, "say in spec.onboarding.allowedConsumers who may choose it"),
        ({"onboarding": {"allowedConsumers": {"from": "All"}}}, "offer a plan in spec.onboarding.plans"),
        (
            {"lifecycle": "Deprecated", "sunset": {"time": "2027-03-31T00:00:00Z"}},
            "lets nobody in any more, because its lifecycle is Deprecated",
        ),
    ],
)
def test_a_service_without_consumers_says_how_it_gets_some(spec: dict[str, Any], said: str) -> None:
    world = World()
    assert said in message(world.settle_service(world.service(**spec)), "Ready")


def test_a_generated_consumer_counts_as_approved_and_lives_under_the_providers_prefix() -> None:
    world = World()
    service = world.settle_service(world.service(consumers=[ENTRY], onboarding={"plans": [PLAN]}))
    consumer = world.get(PLATFORM_CONSUMER, "platform", "payments-checkout")
    assert reason(consumer, "Approved") == "True/GeneratedByService"
    assert consumer["status"]["summary"] == "platform-payments-checkout"
    assert service["status"]["consumers"] == {
        "summary": "1/1",
        "total": 1,
        "ready": 1,
        "pending": 0,
        "active": 0,
        "dormant": 1,
        "namespaces": 1,
    }
    assert reason(service, "ConsumersReady") == "True/AllReady"
    assert reason(service, "Ready") == "True/Serving"


def test_a_settled_service_writes_nothing_and_its_status_stays_to_the_last_bit() -> None:
    world = World()
    service = world.settle_service(world.service(consumers=[ENTRY]))
    world.later(days=9)
    plan = world.plan_service(service)
    assert plan.status == service["status"]
    assert [item.uid for item in plan.applies] == [uid(world.get(PLATFORM_CONSUMER, "platform", "payments-checkout"))]
    assert plan.deletes == []


def test_an_entry_that_is_gone_takes_its_consumer_with_it_and_no_other() -> None:
    world = World()
    service = world.settle_service(world.service(consumers=[ENTRY, {**ENTRY, "name": "search"}]))
    own = world.settle(world.consumer("payments-mine", home="platform"))
    service["spec"]["consumers"] = [ENTRY]
    (gone,) = world.plan_service(service).deletes
    assert (gone.namespace, gone.name) == ("platform", "payments-search")
    assert gone.uid == uid(world.get(PLATFORM_CONSUMER, "platform", "payments-search"))
    assert own["metadata"]["name"] == "payments-mine"


def test_what_somebody_else_wrote_is_neither_taken_over_nor_deleted() -> None:
    world = World()
    service = world.service(consumers=[ENTRY])
    foreign = world.consumer("payments-checkout", home="platform")
    before = copy.deepcopy(foreign)
    plan = world.plan_service(service)
    assert (plan.applies, plan.deletes) == ([], [])
    assert plan.status is not None
    assert reason({"status": plan.status}, "Stalled") == "True/ConsumerConflict"
    assert "the PlatformConsumer platform/payments-checkout exists" in message({"status": plan.status})
    service["spec"]["consumers"] = []
    assert world.plan_service(service).deletes == []
    assert world.get(PLATFORM_CONSUMER, "platform", "payments-checkout") == before


def test_two_services_whose_entries_meet_in_one_name_do_not_fight_over_it() -> None:
    world = World()
    first = world.settle_service(world.service("pay", consumers=[{**ENTRY, "name": "ments-checkout"}]))
    second = world.service("pay-ments", consumers=[{**ENTRY, "name": "checkout"}])
    assert reason({"status": world.plan_service(second).status}, "Stalled") == "True/ConsumerConflict"
    assert reason(first, "Ready") == "True/Serving"
    second["spec"]["consumers"] = []
    assert world.plan_service(second).deletes == []


def test_editing_the_mirror_changes_nothing() -> None:
    world = World()
    service = world.settle_service(world.service(consumers=[ENTRY]))
    mirror = world.get(PLATFORM_CONSUMER, "platform", "payments-checkout")
    mirror["spec"]["members"] = [{"kind": "User", "name": "mallory", "roleName": "developer"}]
    mirror["spec"]["namespaces"] = [{"name": "platform-other"}]
    before = copy.deepcopy(world.of(ROLE_BINDING))
    world.settle(mirror)
    assert world.of(ROLE_BINDING) == before
    assert Key(NAMESPACE, None, "platform-other") not in world.objects
    world.carry_out(service, world.plan_service(service))
    assert world.get(PLATFORM_CONSUMER, "platform", "payments-checkout")["spec"]["members"] == [MEMBER]


def test_labels_alone_make_no_generated_consumer() -> None:
    world = World()
    world.service(onboarding={"plans": [PLAN]})
    forged = world.consumer("payments-forged", home="platform")
    forged["metadata"]["labels"] = {
        "app.kubernetes.io/managed-by": "platform-contracts",
        "platformcontracts.io/service": "payments",
        "platformcontracts.io/service-namespace": "platform",
    }
    assert reason(world.settle(forged), "Approved") == "False/NotAllowed"


def test_a_namespace_that_is_no_providers_makes_no_service_and_deletes_nothing() -> None:
    world = World()
    service = world.settle_service(world.service(consumers=[ENTRY]))
    labels(world.get(NAMESPACE, None, "platform")).clear()
    service["spec"]["consumers"] = []
    plan = world.plan_service(service)
    assert (plan.applies, plan.deletes) == ([], [])
    assert plan.status is not None
    assert reason({"status": plan.status}, "Stalled") == "True/NotAProvider"
    assert message({"status": plan.status}).endswith(
        "kubectl label namespace platform platformcontracts.io/provider=true"
    )


def test_counts_without_names_and_since_when_the_oldest_waits() -> None:
    world = World()
    service = world.service(adoption={"targetTeams": 4})
    for home in ("team-a", "team-b"):
        world.settle(world.consumer(home=home))
    world.settle(world.consumer("second", home="team-a"))
    world.later(hours=2)
    world.settle(world.consumer("late", home="team-c", planName="huge"))
    settled = world.settle_service(service)
    assert settled["status"]["consumers"] == {
        "summary": "2/4",
        "total": 4,
        "ready": 3,
        "pending": 1,
        "active": 0,
        "dormant": 3,
        "namespaces": 3,
        "adoptionPercent": 50,
        "oldestPendingTime": "2027-03-01T11:00:00Z",
    }
    assert reason(settled, "ConsumersReady") == "False/ConsumersPending"
    assert reason(settled, "Ready") == "True/Serving"
    assert "team-c" not in str(settled["status"])


def test_a_stranger_who_is_not_let_in_is_no_consumer_and_holds_up_nothing() -> None:
    world = World()
    selector = {"from": "Selector", "selector": {"matchLabels": {"department": "retail"}}}
    service = world.service(onboarding={"plans": [PLAN], "allowedConsumers": selector})
    world.settle(world.consumer(home="stranger"))
    alone = world.settle_service(service)
    assert reason(alone, "ConsumersReady") == "True/NoConsumers"
    assert message(alone, "ConsumersReady") == "There are no consumers yet. Not let in: 1."
    world.namespace("team-a", department="retail")
    let_in = world.settle(world.consumer())
    settled = world.settle_service(service)
    counts = {"total": 1, "ready": 1, "pending": 0, "active": 0, "dormant": 1, "namespaces": 1}
    assert settled["status"]["consumers"] == {"summary": "1/1", **counts}
    assert reason(settled, "ConsumersReady") == "True/AllReady"
    world.namespace("team-a")
    world.settle(let_in)
    left = world.settle_service(service)["status"]["consumers"]
    gone = {name: 0 for name in counts} | {"namespaces": 1}
    assert left == {"summary": "0/0", **gone}, "it keeps what it had"


@pytest.mark.parametrize(
    ("spec", "expected", "says"),
    [
        (
            {"onboarding": {"plans": [{**PLAN, "roles": [{"name": "dev", "clusterRoleName": "edit"}]}]}},
            "PlanInvalid",
            "spec.onboarding.plans[small].roles[dev].clusterRoleName: edit is not among the ClusterRoles",
        ),
        (
            {"consumers": [{**ENTRY, "name": "x" * 50}]},
            "ConsumerNameTooLong",
            "give the entry a shorter name",
        ),
        (
            {"feedback": {"submitURL": "https://evil.example.org/"}},
            "LinkNotAllowed",
            "spec.feedback.submitURL names the host evil.example.org, and the administrator allows",
        ),
    ],
)
def test_a_mistake_is_said_with_its_field(spec: Any, expected: str, says: str) -> None:
    world = World(guardrails=Guardrails(allowed_url_hosts=["feedback.example.com"]))
    plan = world.plan_service(world.service(**spec))
    assert plan.status is not None
    assert reason({"status": plan.status}, "Stalled") == f"True/{expected}"
    assert says in message({"status": plan.status})


def test_a_service_on_its_way_out_says_until_when_and_where_to_go() -> None:
    world = World()
    sunset = {"time": "2027-12-31T00:00:00Z", "successorRef": {"name": "payments-v2"}}
    service = world.service(lifecycle="Deprecated", sunset=sunset)
    status = {"status": world.plan_service(service).status}
    assert reason(status, "Deprecated") == "True/Deprecated"
    assert "kept until 2027-12-31" in message(status, "Deprecated")
    assert message(status, "Deprecated").endswith("move to payments-v2.")
    unknown = {"status": world.plan_service(service, successor_exists=False).status}
    assert reason(unknown, "Stalled") == "True/SuccessorNotFound"


def test_what_others_computed_is_passed_on() -> None:
    world = World()
    sla = {"state": "Breached", "objectives": 2}
    condition = Condition("SLAMet", False, "Breached", "payments misses availability.")
    status = world.plan_service(world.service(), sla=sla, sla_condition=condition).status
    assert status is not None
    assert status["sla"] == sla
    assert reason({"status": status}, "SLAMet") == "False/Breached"
    assert reason({"status": status}, "Ready") == "True/Serving", "a breach never makes a service unready"


def test_the_feedback_links_are_on_the_service_and_on_each_consumer() -> None:
    world = World()
    channel = {"name": "board", "type": "FeatureBoard", "url": "https://boards.example.com/payments"}
    service = world.service(feedback={"submitURL": "https://feedback.example.com/payments", "channels": [channel]})
    consumer = world.settle(world.consumer())
    expected = {"submitURL": "https://feedback.example.com/payments", "links": [channel]}
    assert world.settle_service(service)["status"]["feedback"] == expected
    assert consumer["status"]["feedback"] == expected


def test_a_service_that_is_created_again_finds_its_consumers() -> None:
    world = World()
    service = world.settle_service(world.service(consumers=[ENTRY]))
    mirror = world.get(PLATFORM_CONSUMER, "platform", "payments-checkout")
    del world.objects[Key(PLATFORM_SERVICE, "platform", "payments")]
    assert reason(world.settle(mirror), "Ready") == "False/ServiceNotFound"
    again = world.add(
        PLATFORM_SERVICE,
        manifest(PLATFORM_SERVICE, "payments", "platform", spec={**SERVICE_SPEC, "consumers": [ENTRY]}),
    )
    assert uid(again) != uid(service)
    assert [item.uid for item in world.plan_service(again).applies] == [uid(mirror)]
    assert reason(world.settle(mirror), "Ready") == "True/Onboarded"
