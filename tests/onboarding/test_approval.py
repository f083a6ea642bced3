"""Who may become a consumer: what the service allows, over the labels of the home namespace."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platform_contracts.api.platform_service import LabelSelector, PlatformServiceSpec
from platform_contracts.kube.kinds import (
    NAMESPACE,
    NETWORK_POLICY,
    PLATFORM_CONSUMER,
    PLATFORM_SERVICE,
    RESOURCE_QUOTA,
    ROLE_BINDING,
)
from platform_contracts.kube.objects import Object, key_of, labels, parse_time, uid
from platform_contracts.onboarding import approval
from platform_contracts.onboarding import consumer as planner
from platform_contracts.onboarding.selectors import matches
from tests.onboarding.world import PLAN, SERVICE_SPEC, World, message, reason

RETAIL = {"department": "retail", "stage": "prod"}


@pytest.mark.parametrize(
    ("allowed", "home", "expected"),
    [
        ({"from": "None"}, "team-a", False),
        ({}, "team-a", False),
        ({"from": "Same"}, "team-a", False),
        ({"from": "Same"}, "platform", True),
        ({"from": "All"}, "team-a", True),
        ({"from": "Selector", "selector": {"matchLabels": {"department": "retail"}}}, "team-a", True),
        ({"from": "Selector", "selector": {"matchLabels": {"department": "logistics"}}}, "team-a", False),
    ],
)
def test_allowed_consumers(allowed: Any, home: str, expected: bool) -> None:
    spec = PlatformServiceSpec.model_validate(
        {"owner": {"team": "payments"}, "onboarding": {"allowedConsumers": allowed}}
    )
    assert approval.allows(spec, "platform", home, RETAIL) is expected


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({"matchLabels": {"department": "retail", "stage": "prod"}}, True),
        ({"matchLabels": {"department": "retail", "stage": "dev"}}, False),
        ({"matchExpressions": [{"key": "stage", "operator": "In", "values": ["prod", "dev"]}]}, True),
        ({"matchExpressions": [{"key": "stage", "operator": "In", "values": ["dev"]}]}, False),
        ({"matchExpressions": [{"key": "absent", "operator": "In", "values": ["x"]}]}, False),
        ({"matchExpressions": [{"key": "stage", "operator": "NotIn", "values": ["dev"]}]}, True),
        ({"matchExpressions": [{"key": "absent", "operator": "NotIn", "values": ["x"]}]}, True),
        ({"matchExpressions": [{"key": "stage", "operator": "NotIn", "values": ["prod"]}]}, False),
        ({"matchExpressions": [{"key": "stage", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "absent", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "absent", "operator": "DoesNotExist"}]}, True),
        ({"matchExpressions": [{"key": "stage", "operator": "DoesNotExist"}]}, False),
        (
            {
                "matchLabels": {"department": "retail"},
                "matchExpressions": [{"key": "stage", "operator": "DoesNotExist"}],
            },
            False,
        ),
    ],
)
def test_selectors_mean_what_they_mean_in_kubernetes(selector: Any, expected: bool) -> None:
    assert matches(LabelSelector.model_validate(selector), RETAIL) is expected


def test_no_selector_selects_nothing_and_an_empty_one_everything() -> None:
    assert not matches(None, RETAIL)
    assert matches(LabelSelector.model_construct(match_labels={}, match_expressions=[]), RETAIL)


def test_whoever_is_not_let_in_is_told_whom_to_ask_for_what() -> None:
    world = World()
    world.service(onboarding={**SERVICE_SPEC["onboarding"], "allowedConsumers": {"from": "Same"}})
    refused = world.settle(world.consumer())
    assert reason(refused, "Approved") == "False/NotAllowed"
    assert reason(refused, "Stalled") == "True/NotAllowed"
    assert message(refused) == (
        "team-a is not among spec.onboarding.allowedConsumers of platform/payments; ask its owner (team payments) to "
        "allow it, for example with allowedConsumers: {from: Selector, selector: {matchLabels: "
        "{kubernetes.io/metadata.name: team-a}}}."
    )
    assert "approvedTime" not in refused["status"]
    assert "namespaces" not in refused["status"]


def test_since_when_one_is_refused_tells_a_denial_from_a_stranger() -> None:
    """A stranger was never in line; whoever waited for a decision was until it was denied."""
    world = World()
    onboarding = {**SERVICE_SPEC["onboarding"], "approval": "Manual", "allowedConsumers": {"from": "All"}}
    service = world.service(onboarding=onboarding)
    consumer = world.settle(world.consumer())
    assert "refusedTime" not in consumer["status"]
    world.later(seconds=7200)
    denied = {"namespace": "team-a", "name": "payments", "decision": "Denied", "reason": "No budget"}
    service["spec"]["onboarding"] = {**onboarding, "approvals": [denied]}
    consumer = world.settle(consumer)
    since = consumer["status"]["refusedTime"]
    asked = parse_time(consumer["metadata"]["creationTimestamp"])
    assert parse_time(since) - asked >= timedelta(seconds=7200)
    world.later(seconds=60)
    assert world.settle(consumer)["status"]["refusedTime"] == since
    stranger = world.consumer("other")
    service["spec"]["onboarding"] = {**onboarding, "allowedConsumers": {"from": "Same"}}
    world.later(seconds=60)
    stranger = world.settle(stranger)
    assert stranger["status"]["refusedTime"] == stranger["metadata"]["creationTimestamp"]


def test_the_label_of_the_home_namespace_decides_and_a_later_label_lets_in() -> None:
    world = World()
    selector = {"from": "Selector", "selector": {"matchLabels": {"department": "retail"}}}
    world.service(onboarding={**SERVICE_SPEC["onboarding"], "allowedConsumers": selector})
    consumer = world.consumer()
    assert reason(world.settle(consumer), "Approved") == "False/NotAllowed"
    world.namespace("team-a", department="retail")
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"


def test_nobody_reads_a_service_by_naming_it() -> None:
    world = World()
    feedback = {"submitURL": "https://feedback.example.com/payments"}
    service = world.service(feedback=feedback)
    sla = {"state": "Breached", "budget": "-203.1"}
    stranger = world.consumer()

    def told() -> tuple[Any, Any]:
        status = planner.plan(replace(world.inputs(stranger), sla=sla)).status
        assert status is not None
        return status.get("sla"), status.get("feedback")

    world.settle(stranger)
    assert told() == (sla, feedback)
    service["spec"]["onboarding"] = {**SERVICE_SPEC["onboarding"], "allowedConsumers": {"from": "None"}}
    assert told() == (None, None), "who is no longer let in reads no more of it"
    stranger.pop("status")
    assert told() == (None, None)
    labels(world.get(NAMESPACE, None, "platform")).clear()
    assert told() == (None, None), "nothing is decided as long as the service does not count"


def test_of_the_services_slas_the_one_is_shown_that_the_plan_in_force_names() -> None:
    world = World()
    gold = {**PLAN, "name": "gold", "slaRef": {"name": "payments-gold"}}
    lost = {**PLAN, "name": "lost", "slaRef": {"name": "nowhere"}}
    world.service(onboarding={**SERVICE_SPEC["onboarding"], "plans": [PLAN, gold, lost]})
    consumer = world.settle(world.consumer())
    together, alone = {"state": "Breached", "budget": "-3%"}, {"state": "Met", "budget": "90%"}

    def told(plan: str) -> Any:
        consumer["spec"]["planName"] = plan
        inputs = replace(world.inputs(consumer), sla=together, slas={"payments-gold": alone})
        status = planner.plan(inputs).status
        assert status is not None
        return status.get("sla")

    assert [told(plan) for plan in ("small", "gold", "lost")] == [together, alone, None]


def test_what_a_consumer_itself_got_is_shown_of_the_slas_that_count_for_it() -> None:
    world = World()
    gold = {**PLAN, "name": "gold", "slaRef": {"name": "payments-gold"}}
    world.service(onboarding={**SERVICE_SPEC["onboarding"], "plans": [PLAN, gold]})
    consumer = world.settle(world.consumer())
    own = [{"sla": name, "objective": "availability", "sli": "99.9000"} for name in ("payments", "payments-gold")]
    copy = {"state": "Met", "budget": "90%"}

    def told(plan: str, attainment: list[Any]) -> Any:
        consumer["spec"]["planName"] = plan
        before = {**copy, "attainment": own}
        inputs = replace(world.inputs(consumer), sla=copy, slas={"payments-gold": before}, attainment=attainment)
        status = planner.plan(inputs).status
        assert status is not None
        return status.get("sla")

    assert told("small", own) == {**copy, "attainment": own}
    assert told("gold", own) == {**copy, "attainment": own[1:]}
    assert told("gold", []) == copy, "what is not counted any more goes"


@pytest.mark.parametrize("lifecycle", ["Deprecated", "Retired"])
def test_a_service_on_its_way_out_takes_nobody_new_and_keeps_the_rest(lifecycle: str) -> None:
    world = World()
    service = world.service()
    old = world.settle(world.consumer())
    service["spec"] |= {
        "lifecycle": lifecycle,
        "sunset": {"time": "2027-12-31T00:00:00Z", "successorRef": {"name": "payments-v2"}},
    }
    assert reason(world.settle(old), "Ready") == "True/Onboarded"
    refused = world.settle(world.consumer("late"))
    assert reason(refused, "Approved") == "False/ServiceDeprecated"
    assert f"is {lifecycle} and ends on 2027-12-31" in message(refused)
    assert "onboard on its successor platform/payments-v2 with a PlatformConsumer for that one" in message(refused)
    del old["status"]
    assert reason(world.settle(old), "Ready") == "True/Onboarded", "its namespace proves that it was let in"


def test_of_a_service_on_its_way_out_strangers_learn_nothing_but_that_it_does_not_let_them_in() -> None:
    world = World()
    sunset = {"time": "2027-12-31T00:00:00Z", "successorRef": {"name": "payments-v2"}}
    onboarding = {**SERVICE_SPEC["onboarding"], "allowedConsumers": {"from": "Same"}}
    world.service(lifecycle="Deprecated", sunset=sunset, onboarding=onboarding)
    stranger = world.settle(world.consumer())
    assert reason(stranger, "Approved") == "False/NotAllowed"
    assert not any(word in str(stranger["status"]) for word in ("payments-v2", "2027-12-31", "Deprecated"))


def test_a_namespace_kept_from_another_service_opens_no_service_on_its_way_out() -> None:
    world = World()
    world.service("search")
    old = world.settle(world.consumer(serviceRef={"namespace": "platform", "name": "search"}))
    del world.objects[key_of(PLATFORM_CONSUMER, old)]
    world.service(lifecycle="Deprecated", sunset={"time": "2027-12-31T00:00:00Z"})
    late = world.settle(world.consumer())
    assert reason(late, "Approved") == "False/ServiceDeprecated"
    assert labels(world.get(NAMESPACE, None, "team-a-payments"))["platformcontracts.io/service"] == "search"


def test_without_a_successor_the_owner_is_asked() -> None:
    spec = PlatformServiceSpec.model_validate(
        {**SERVICE_SPEC, "lifecycle": "Deprecated", "sunset": {"time": datetime(2027, 12, 31, tzinfo=UTC)}}
    )
    condition = approval.decide(
        spec,
        service="platform/payments",
        consumer=World().consumer(),
        home=None,
        generated=True,
        holds=False,
    )
    assert condition.status is False
    assert "ask its owner (team payments) what to use instead" in condition.message


def deciding(*approvals: Any, mode: str = "Manual", allowed: str = "All") -> tuple[World, Any]:
    """A service whose owner decides, and a consumer that asks."""
    world = World()
    onboarding = {**SERVICE_SPEC["onboarding"], "approval": mode, "approvals": list(approvals)}
    service = world.service(onboarding={**onboarding, "allowedConsumers": {"from": allowed}})
    return world, service["spec"]["onboarding"]


def decision(decided: str, name: str = "payments", **more: str) -> dict[str, str]:
    return {"namespace": "team-a", "name": name, "decision": decided, **more}


DENIED = decision("Denied", reason="The security review is not done")


def test_without_a_decision_it_is_waited_for_one_and_that_is_no_mistake() -> None:
    world, _ = deciding(decision("Approved", name="other"))
    waiting = world.settle(world.consumer())
    assert [reason(waiting, name) for name in ("Approved", "Ready", "Reconciling", "Stalled")] == [
        "False/AwaitingApproval",
        "False/AwaitingApproval",
        "True/AwaitingApproval",
        "False/AwaitingApproval",
    ]
    assert (
        "who lets it in with spec.onboarding.approvals: [{namespace: team-a, name: payments, decision: Approved, "
        f"namespaceUID: {uid(world.get(NAMESPACE, None, 'team-a'))}}}]."
    ) in message(waiting)
    assert "approvedTime" not in waiting["status"]
    assert "namespaces" not in waiting["status"]


def test_a_decision_lets_in_and_taking_it_back_stops_without_taking_away() -> None:
    world, onboarding = deciding()
    consumer = world.settle(world.consumer())
    onboarding["approvals"] = [decision("Approved")]
    world.later(minutes=7)
    approved = world.settle(consumer)
    assert reason(approved, "Approved") == "True/ApprovedByName"
    assert approved["status"]["approvedTime"] == "2027-03-01T09:07:00Z"
    onboarding["approvals"] = []
    assert reason(world.settle(consumer), "Ready") == "False/AwaitingApproval"
    assert world.of(ROLE_BINDING) != []


# UIDs as the API server gives them; the first is the home's of the one who was decided about.
HOME, ANOTHER = "0b6f4c9e-3f0a-4d52-9a6e-5d1c2f7b8a90", "5d0c4b1e-7d86-4a37-8a9b-b1a4d3c2e1f0"


def home_again(world: World, uid_: str) -> Object:
    """The home and all that is in it gone, and another one made under its name, in which the team asks again."""
    for consumer in world.of(PLATFORM_CONSUMER, "team-a"):
        world.carry_out(consumer, world.offboard(consumer).plan)
    for key in [key for key in world.objects if "team-a" in (key.namespace, key.name)]:
        del world.objects[key]
    world.namespace("team-a")["metadata"]["uid"] = uid_
    return world.consumer()


def test_a_decision_about_a_namespace_is_not_inherited_by_one_that_is_made_under_its_name() -> None:
    world, _ = deciding(decision("Approved", namespaceUID=HOME))
    world.namespace("team-a")["metadata"]["uid"] = HOME
    approved = world.settle(world.consumer())
    assert reason(approved, "Approved") == "True/ApprovedByService"
    again = world.settle(home_again(world, ANOTHER))
    assert reason(again, "Ready") == "False/AwaitingApproval"
    assert message(again) == (
        "team-a/payments was approved in an earlier namespace team-a, and in this one waits for a decision of the "
        "owner of platform/payments (team payments), who lets it in with spec.onboarding.approvals: [{namespace: "
        f"team-a, name: payments, decision: Approved, namespaceUID: {ANOTHER}}}]."
    )
    assert world.of(ROLE_BINDING) == []


def test_a_decision_by_name_alone_says_that_it_is_one_and_how_to_bind_it() -> None:
    world, onboarding = deciding(decision("Approved"))
    again = world.settle(home_again(world, ANOTHER))
    assert reason(again, "Approved") == "True/ApprovedByName"
    assert message(again, "Approved") == (
        "platform/payments approves team-a/payments in its spec.onboarding.approvals, whichever namespace has that "
        f"name; with namespaceUID: {ANOTHER} the entry is about this one alone."
    )
    onboarding["approvals"] = [decision("Approved", namespaceUID=ANOTHER)]
    assert reason(world.settle(again), "Approved") == "True/ApprovedByService"
    assert reason(again, "Ready") == "True/Onboarded"


def test_nobody_gets_rid_of_a_denial_by_making_its_home_again() -> None:
    world, _ = deciding(DENIED, mode="Automatic")
    world.settle(world.consumer())
    assert reason(world.settle(home_again(world, ANOTHER)), "Approved") == "False/Denied"


def test_whom_the_service_does_not_allow_no_decision_lets_in() -> None:
    world, _ = deciding(decision("Approved"), allowed="Same")
    assert reason(world.settle(world.consumer()), "Approved") == "False/NotAllowed"


@pytest.mark.parametrize("mode", ["Manual", "Automatic"])
def test_a_denial_ends_access_at_once_with_its_reason_and_keeps_what_guards(mode: str) -> None:
    world, onboarding = deciding(decision("Approved"), mode=mode)
    consumer = world.settle(world.consumer())
    guards = [world.get(kind, "team-a-payments", "platform-contracts") for kind in (RESOURCE_QUOTA, NETWORK_POLICY)]
    onboarding["approvals"] = [DENIED]
    denied = world.settle(consumer)
    assert [reason(denied, name) for name in ("Approved", "Stalled")] == ["False/Denied", "True/Denied"]
    assert "The security review is not done" in message(denied)
    assert world.of(ROLE_BINDING) == []
    assert [
        world.get(kind, "team-a-payments", "platform-contracts") for kind in (RESOURCE_QUOTA, NETWORK_POLICY)
    ] == guards
    onboarding["approvals"] = []
    if mode == "Manual":
        assert reason(world.settle(consumer), "Ready") == "False/AwaitingApproval"
        assert world.of(ROLE_BINDING) == [], "what the namespace proves does not replace a decision"


def test_whom_the_service_let_in_by_itself_stays_when_decisions_are_asked_for_later() -> None:
    world, onboarding = deciding(mode="Automatic")
    consumer = world.settle(world.consumer())
    onboarding["approval"] = "Manual"
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"
    assert reason(world.settle(world.consumer("late")), "Ready") == "False/AwaitingApproval"


def test_one_that_waits_keeps_no_name_from_others() -> None:
    world, _ = deciding(decision("Approved", name="second"))
    world.settle(world.consumer("first", namespaces=[{"name": "team-a-shop"}]))
    world.later(seconds=1)
    assert reason(world.settle(world.consumer("second", namespaces=[{"name": "team-a-shop"}])), "Ready") == (
        "True/Onboarded"
    )


def test_an_entry_of_the_service_needs_no_decision() -> None:
    world, _ = deciding()
    service = world.get(PLATFORM_SERVICE, "platform", "payments")
    service["spec"]["consumers"] = [{"name": "checkout", "team": "checkout", "planName": "small"}]
    settled = world.settle_service(service)
    assert settled["status"]["consumers"]["summary"] == "1/1"


@pytest.mark.parametrize("lifecycle", ["Deprecated", "Retired"])
def test_those_who_are_there_are_told_until_when_and_where_to_go(lifecycle: str) -> None:
    world = World()
    service = world.service()
    consumer = world.settle(world.consumer())
    assert "notices" not in consumer["status"]
    world.later(hours=1)
    sunset = {"time": "2027-12-31T00:00:00Z", "successorRef": {"name": "payments-v2"}}
    service["spec"] |= {"lifecycle": lifecycle, "sunset": sunset}
    world.settle(consumer)
    world.later(hours=1)
    (notice,) = world.settle(consumer)["status"]["notices"]
    assert (notice["type"], notice["time"]) == ("Deprecated", "2027-03-01T10:00:00Z")
    assert notice["message"] == (
        f"platform/payments is {lifecycle} and ends on 2027-12-31; onboard on its successor platform/payments-v2 "
        "with a PlatformConsumer for that one."
    )


def test_an_end_that_is_known_is_told_in_any_lifecycle_as_it_is_alerted_of() -> None:
    world = World()
    world.service(lifecycle="Beta", sunset={"time": "2027-12-31T00:00:00Z"})
    consumer = world.settle(world.consumer())
    assert reason(consumer, "Ready") == "True/Onboarded"
    (notice,) = consumer["status"]["notices"]
    assert (notice["type"], notice["message"]) == (
        "Sunset",
        "platform/payments is Beta and ends on 2027-12-31; ask its owner (team payments) what to use instead.",
    )
