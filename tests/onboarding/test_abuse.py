"""What a tenant might try with contracts of its own: to hold others up, to have more than its plan, to keep access."""

from __future__ import annotations

from dataclasses import replace

import pytest

from platform_contracts.kube.kinds import NAMESPACE, NETWORK_POLICY, PLATFORM_CONSUMER, RESOURCE_QUOTA, ROLE_BINDING
from platform_contracts.kube.objects import Key, key_of, labels
from platform_contracts.onboarding import consumer as planner
from tests.onboarding.world import PLAN, SERVICE_SPEC, World, message, reason

ONBOARDING = SERVICE_SPEC["onboarding"]


def test_who_asks_for_a_name_that_it_could_never_have_keeps_it_from_nobody() -> None:
    world = World()
    world.service()
    squatter = world.settle(world.consumer(home="team-evil", namespaces=[{"name": "team-b-payments"}]))
    assert reason(squatter, "Ready") == "False/NamespaceNameNotAllowed"
    world.later(seconds=1)
    assert reason(world.settle(world.consumer(home="team-b")), "Ready") == "True/Onboarded"


def test_who_leaves_and_comes_back_has_no_more_than_one_plan() -> None:
    world = World()
    world.service()
    world.settle(world.consumer(namespaces=[{"name": "team-a-0"}]))
    world.delete(Key(PLATFORM_CONSUMER, "team-a", "payments"))
    world.later(seconds=1)
    again = world.settle(world.consumer(namespaces=[{"name": "team-a-1"}]))
    assert reason(again, "Ready") == "False/BudgetExceeded"
    assert "team-a-0" in message(again)
    assert Key(NAMESPACE, None, "team-a-1") not in world.objects
    assert len(world.of(RESOURCE_QUOTA)) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        {**ONBOARDING, "allowedConsumers": {"from": "None"}},
        {**ONBOARDING, "plans": []},
        {**ONBOARDING, "plans": [{**PLAN, "roles": [{"name": "edit", "clusterRoleName": "edit"}]}]},
    ],
    ids=["not allowed any more", "plan gone", "plan invalid"],
)
def test_a_member_that_is_taken_out_loses_access_whatever_else_is_wrong(trouble: dict[str, object]) -> None:
    world = World()
    service = world.service()
    members = [{"kind": "Group", "name": name, "roleName": "developer"} for name in ("staying", "leaving")]
    consumer = world.settle(world.consumer(members=members))
    service["spec"]["onboarding"] = trouble
    consumer["spec"]["members"] = members[:1]
    settled = world.settle(consumer)
    assert reason(settled, "Ready").startswith("False/")
    [binding] = world.of(ROLE_BINDING)
    assert [subject["name"] for subject in binding["subjects"]] == ["staying"]
    consumer["spec"]["members"] = []
    world.settle(consumer)
    assert world.of(ROLE_BINDING) == []
    assert world.of(NETWORK_POLICY), "what guards stays"


def test_a_policy_that_is_planted_between_the_look_and_the_marker_is_found_before_anybody_is_let_in() -> None:
    world = World()
    world.service()
    legacy = world.namespace("legacy")
    legacy["metadata"]["annotations"] = {"platformcontracts.io/consent": "team-a/payments"}
    consumer = world.consumer(namespaces=[{"name": "legacy", "source": "Adopt"}])
    for _ in range(2):  # the UID, then the marker
        world.carry_out(consumer, world.plan(consumer))
    assert labels(world.get(NAMESPACE, None, "legacy"))["platformcontracts.io/adopted"] == "true"
    inputs = world.inputs(consumer)
    assert planner.adopting(inputs) == ["legacy"], "a second look, when admission lets nobody add another"
    plan = planner.plan(replace(inputs, policies_in={"legacy": ["open"]}))
    assert [key_of(item.kind, item.obj) for item in plan.applies if item.kind is not NAMESPACE] == []
    assert plan.status is not None
    assert reason({"status": plan.status}, "Ready") == "False/ObjectConflict"


def test_nobody_looks_into_the_namespaces_of_those_who_are_not_let_in() -> None:
    world = World()
    world.service(onboarding={**ONBOARDING, "allowedConsumers": {"from": "None"}})
    legacy = world.namespace("legacy")
    legacy["metadata"]["annotations"] = {"platformcontracts.io/consent": "team-a/payments"}
    consumer = world.consumer(namespaces=[{"name": "legacy", "source": "Adopt"}])
    assert planner.adopting(world.inputs(consumer)) == []
