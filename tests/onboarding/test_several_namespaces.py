"""Several namespaces on shares of one plan: they come together, share the budget, and talk with each other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from platform_contracts.kube.kinds import (
    NAMESPACE,
    NETWORK_POLICY,
    PLATFORM_CONSUMER,
    PLATFORM_SERVICE,
    RESOURCE_QUOTA,
    ROLE_BINDING,
)
from platform_contracts.kube.objects import Key, Object, labels
from tests.onboarding.world import MEMBER, PLAN, World, message, reason

DEV = {"name": "team-a-dev", "environment": "dev", "sharePercent": 30}
PROD = {"name": "team-a-prod", "environment": "production"}
WIDE = {**PLAN, "maxNamespaces": 3, "network": "SameConsumer"}


def offering(*plans: Object, **more: Any) -> World:
    world = World()
    world.service(onboarding={"allowedConsumers": {"from": "All"}, "plans": list(plans), **more})
    return world


def test_all_namespaces_come_and_share_the_plan() -> None:
    world = offering(WIDE)
    consumer = world.consumer(namespaces=[DEV, PROD])
    first = world.plan(consumer)
    assert [(item.kind, item.obj["metadata"]["name"], item.uid) for item in first.applies] == [
        (NAMESPACE, "team-a-dev", None),
        (NAMESPACE, "team-a-prod", None),
    ]
    settled = world.settle(consumer)
    assert [(entry["name"], entry["environment"], entry["state"]) for entry in settled["status"]["namespaces"]] == [
        ("team-a-dev", "dev", "Ready"),
        ("team-a-prod", "production", "Ready"),
    ]
    assert world.hard("team-a-dev") == {"pods": "6", "requests.cpu": "600m"}
    assert world.hard("team-a-prod") == {"pods": "14", "requests.cpu": "1400m"}
    assert settled["status"]["summary"] == "team-a-dev +1"
    assert message(settled) == (
        "The namespaces team-a-dev and team-a-prod are ready on the plan small of platform/payments."
    )
    assert reason(settled, "QuotaWithinBudget") == "True/WithinBudget"
    assert labels(world.get(NAMESPACE, None, "team-a-dev"))["platformcontracts.io/environment"] == "dev"
    assert len(world.of(ROLE_BINDING)) == 2


def test_namespaces_of_one_consumer_reach_each_other_where_the_plan_says_so() -> None:
    world = offering(WIDE)
    world.settle(world.consumer(namespaces=[DEV, PROD]))
    for policy in world.of(NETWORK_POLICY):
        (rule,) = policy["spec"]["ingress"][0]["from"]
        (expression,) = rule["namespaceSelector"]["matchExpressions"]
        assert {"team-a", "team-a-dev", "team-a-prod"} <= set(expression["values"])


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ({"name": "billing"}, "NamespaceNameNotAllowed"),
        ({"name": "kube-system"}, "NamespaceProtected"),
        ({"name": "team-a-taken"}, "NamespaceConflict"),
    ],
)
def test_none_is_made_as_long_as_one_cannot_be_had(second: Object, expected: str) -> None:
    world = offering(WIDE)
    world.namespace("team-a-taken")
    consumer = world.settle(world.consumer(namespaces=[DEV, second]))
    assert reason(consumer, "Stalled") == f"True/{expected}"
    assert Key(NAMESPACE, None, "team-a-dev") not in world.objects
    dev, other = consumer["status"]["namespaces"]
    assert (dev["state"], dev["message"]) == (
        "Pending",
        "The namespace team-a-dev waits, since all come or none does: Ready says for what.",
    )
    assert other["state"] in ("Refused", "Conflict")
    if expected == "NamespaceNameNotAllowed":
        assert "set spec.namespaces[1].name" in message(consumer)


def test_one_that_is_there_stays_enforced_while_another_cannot_be_had() -> None:
    world = offering(WIDE)
    consumer = world.settle(world.consumer(namespaces=[DEV]))
    consumer["spec"]["namespaces"] = [DEV, {"name": "billing"}]
    world.get(NAMESPACE, None, "team-a-dev")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "privileged"
    settled = world.settle(consumer)
    assert [entry["state"] for entry in settled["status"]["namespaces"]] == ["Ready", "Refused"]
    assert reason(settled, "Ready") == "False/NamespaceNameNotAllowed"
    assert labels(world.get(NAMESPACE, None, "team-a-dev"))["pod-security.kubernetes.io/enforce"] == "restricted"


def test_more_than_the_plan_gives_changes_nothing() -> None:
    world = offering(PLAN)
    consumer = world.settle(world.consumer())
    consumer["spec"]["namespaces"] = [DEV, PROD]
    settled = world.settle(consumer)
    assert reason(settled, "Stalled") == "True/TooManyNamespaces"
    assert "the plan small of platform/payments has maxNamespaces: 1" in message(settled)
    assert [entry["name"] for entry in settled["status"]["namespaces"]] == ["team-a-payments"]


def test_the_homes_limit_counts_all_namespaces_and_none_is_made_beyond_it() -> None:
    world = offering(WIDE)
    world.guardrails = world.guardrails.model_copy(update={"max_namespaces_per_home": 3})
    assert reason(world.settle(world.consumer(namespaces=[DEV, PROD])), "Ready") == "True/Onboarded"
    world.later(seconds=1)
    more = world.consumer("more", namespaces=[{"name": "team-a-x"}, {"name": "team-a-y"}])
    settled = world.settle(more)
    assert reason(settled, "Stalled") == "True/NamespaceLimit"
    assert (
        "team-a has 2 namespaces on the platform, and this consumer asks for 2, where the administrator allows 3"
        in (message(settled))
    )
    more["spec"]["namespaces"] = [{"name": "team-a-x"}]
    assert reason(world.settle(more), "Ready") == "True/Onboarded"


def test_an_entry_of_the_service_has_a_namespace_for_each_environment() -> None:
    world = World()
    entry = {"name": "checkout", "team": "checkout", "planName": "small", "members": [MEMBER]}
    entry["environments"] = ["dev", "production"]
    service = world.service(consumers=[entry], onboarding={"plans": [WIDE]})
    world.settle_service(service)
    consumer = world.get(PLATFORM_CONSUMER, "platform", "payments-checkout")
    assert reason(consumer, "Ready") == "True/Onboarded"
    assert [(found["name"], found["environment"]) for found in consumer["status"]["namespaces"]] == [
        ("platform-payments-checkout-dev", "dev"),
        ("platform-payments-checkout-production", "production"),
    ]


def amounts(world: World) -> dict[str, str]:
    """The pods that each namespace may have."""
    return {quota["metadata"]["namespace"]: quota["spec"]["hard"]["pods"] for quota in world.of(RESOURCE_QUOTA)}


def dropping(policy: str) -> tuple[World, Object]:
    """A consumer that no longer asks for one of its two namespaces."""
    world = offering(WIDE, deletionPolicy=policy)
    consumer = world.settle(world.consumer(namespaces=[DEV, PROD]))
    consumer["spec"]["namespaces"] = [PROD]
    return world, consumer


def test_with_the_policy_delete_one_that_is_no_longer_asked_for_goes() -> None:
    world, consumer = dropping("Delete")
    settled = world.settle(consumer)
    assert reason(settled, "Ready") == "True/Onboarded"
    assert Key(NAMESPACE, None, "team-a-dev") not in world.objects
    assert world.hard("team-a-prod") == {"pods": "20", "requests.cpu": "2"}


def test_it_goes_only_after_a_look_for_volume_claims_that_nobody_with_access_could_follow_with_one() -> None:
    world, consumer = dropping("Delete")
    first = world.plan(consumer)
    assert ROLE_BINDING in {gone.kind for gone in first.deletes}
    assert NAMESPACE not in {gone.kind for gone in first.deletes}
    assert first.requeue_after == timedelta(seconds=1)
    world.carry_out(consumer, first)
    world.volume_claims["team-a-dev"] = 1
    assert NAMESPACE not in {gone.kind for gone in world.plan(consumer).deletes}
    world.volume_claims.clear()
    assert [gone.name for gone in world.plan(consumer).deletes if gone.kind == NAMESPACE] == ["team-a-dev"]


def test_where_nothing_is_enforced_nobody_is_told_that_access_to_it_ended() -> None:
    world, consumer = dropping("Delete")
    world.get(PLATFORM_SERVICE, "platform", "payments")["spec"]["reconcilePolicy"] = "Observe"
    _, kept = world.settle(consumer)["status"]["namespaces"]
    assert kept["message"] == (
        "No longer asked for: it stays as it is, and whoever has access keeps it, as the service's reconcilePolicy is "
        "Observe."
    )


def test_with_a_volume_claim_in_it_it_stays_and_says_so() -> None:
    world, consumer = dropping("Delete")
    world.volume_claims["team-a-dev"] = 2
    settled = world.settle(consumer)
    _, kept = settled["status"]["namespaces"]
    assert kept["state"] == "Retained"
    assert "it is deleted once no PersistentVolumeClaim is left in it, and there are 2" in kept["message"]
    assert reason(settled, "Ready") == "True/Onboarded"
    assert world.hard("team-a-prod") == {"pods": "14", "requests.cpu": "1400m"}
    world.volume_claims.clear()
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"
    assert world.hard("team-a-prod") == {"pods": "20", "requests.cpu": "2"}


def test_what_is_left_beside_a_kept_one_is_divided_and_a_larger_plan_moves_at_once() -> None:
    world = offering(WIDE, {**WIDE, "name": "large", "quota": {"requests.cpu": "8", "pods": "80"}})
    consumer = world.settle(world.consumer(namespaces=[DEV, PROD]))
    consumer["spec"]["namespaces"] = [PROD]
    settled = world.settle(consumer)
    assert reason(settled, "Ready") == "True/Onboarded"
    assert amounts(world) == {"team-a-dev": "6", "team-a-prod": "14"}
    assert message(settled, "QuotaWithinBudget") == (
        "The quotas of all namespaces add up to at most what the plan small gives. What team-a-dev still holds comes "
        "off it."
    )
    consumer["spec"] |= {"planName": "large", "namespaces": [PROD, {"name": "team-a-test"}]}
    settled = world.settle(consumer)
    assert (reason(settled, "Ready"), settled["status"]["plan"]) == ("True/Onboarded", "large")
    assert amounts(world) == {"team-a-dev": "6", "team-a-prod": "37", "team-a-test": "37"}
    assert settled["status"]["quota"]["hard"]["pods"] == "80"
    world.delete(Key(NAMESPACE, None, "team-a-dev"))
    world.settle(consumer)
    assert amounts(world) == {"team-a-prod": "40", "team-a-test": "40"}


def test_a_smaller_plan_leaves_room_for_a_kept_one_or_says_what_is_used_beside_it() -> None:
    world = offering(WIDE, {**WIDE, "name": "tiny", "quota": {"requests.cpu": "2", "pods": "10"}})
    consumer = world.settle(world.consumer(namespaces=[DEV, PROD]))
    world.use("team-a-prod", pods="5")
    consumer["spec"] |= {"planName": "tiny", "namespaces": [PROD]}
    settled = world.settle(consumer)
    assert message(settled) == (
        "team-a-prod uses pods 5, and on the plan tiny it would have 4 beside what team-a-dev still holds, so quotas "
        "stay as they are and move by themselves once it fits; free what is too much, or change planName or "
        "sharePercent."
    )
    assert amounts(world) == {"team-a-dev": "6", "team-a-prod": "14"}
    world.use("team-a-prod", pods="4")
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"
    assert amounts(world) == {"team-a-dev": "6", "team-a-prod": "4"}


def test_where_nothing_is_left_the_owner_of_a_listed_consumer_is_told_what_he_can_do() -> None:
    world = offering(WIDE)
    service = world.get(PLATFORM_SERVICE, "platform", "payments")
    entry = {"name": "checkout", "team": "checkout", "planName": "small", "environments": ["dev"]}
    service["spec"]["consumers"] = [entry]
    world.settle_service(service)
    service["spec"]["consumers"] = [{**entry, "environments": ["test"]}]
    world.settle_service(service)
    assert message(world.get(PLATFORM_CONSUMER, "platform", "payments-checkout")) == (
        "platform-payments-checkout-dev is no longer asked for and still held, with pods 20 where the plan small gives "
        "20 for all, so nothing is left to divide and all quotas stay as they are; ask the service's owner to list its "
        "environment again in spec.consumers, or to give a plan with more, or, if nothing in it is needed, have an "
        "administrator run: kubectl delete namespace platform-payments-checkout-dev"
    )


def test_while_one_that_goes_is_not_gone_yet_nothing_shrinks_for_it() -> None:
    world = offering(WIDE, deletionPolicy="Delete")
    consumer = world.settle(world.consumer(namespaces=[DEV, PROD]))
    world.mark_deleting(NAMESPACE, world.get(NAMESPACE, None, "team-a-dev"))
    consumer["spec"]["namespaces"] = [{**DEV, "name": "team-a-test"}, PROD]
    settled = world.settle(consumer)
    assert reason(settled, "Ready") == "False/NamespaceLeaving"
    assert reason(settled, "QuotaWithinBudget") == "True/NamespaceLeaving"
    assert amounts(world) == {"team-a-dev": "6", "team-a-prod": "14"}
    world.delete(Key(NAMESPACE, None, "team-a-dev"))
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"
    assert amounts(world) == {"team-a-prod": "14", "team-a-test": "6"}


def test_a_share_with_which_nothing_can_run_is_not_given() -> None:
    world = offering({**WIDE, "quota": {"pods": "4"}})
    consumer = world.settle(world.consumer(namespaces=[PROD]))
    consumer["spec"]["namespaces"] = [{**DEV, "sharePercent": 10}, PROD]
    settled = world.settle(consumer)
    assert reason(settled, "QuotaWithinBudget") == "False/ShareTooSmall"
    assert message(settled) == (
        "Of pods 4 on the plan small the share of team-a-dev comes to 0, with which nothing can run there, so quotas "
        "stay as they are; ask for fewer namespaces, for a larger sharePercent, or set planName to a plan with more."
    )
    assert amounts(world) == {"team-a-prod": "4"}
    consumer["spec"]["namespaces"] = [{**DEV, "sharePercent": 25}, PROD]
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"


def test_a_share_of_nothing_that_a_namespace_can_do_without_is_said() -> None:
    world = offering({**WIDE, "quota": {"pods": "4", "services.loadbalancers": "1"}})
    settled = world.settle(world.consumer(namespaces=[DEV, PROD]))
    assert reason(settled, "Ready") == "True/Onboarded"
    assert world.hard("team-a-dev")["services.loadbalancers"] == "0"
    assert message(settled, "QuotaWithinBudget") == (
        "The quotas of all namespaces add up to at most what the plan small gives. services.loadbalancers 1 leaves 0 "
        "for team-a-dev: change sharePercent, or set planName to a plan with more, where it is needed."
    )


def test_without_a_live_look_nothing_is_deleted() -> None:
    world, consumer = dropping("Delete")
    inputs = world.inputs(consumer)
    assert inputs.claims_in == {"team-a-dev": 0}
    world.get(PLATFORM_SERVICE, "platform", "payments")["spec"]["onboarding"]["deletionPolicy"] = "Retain"
    assert world.inputs(consumer).claims_in == {}
    assert not [gone for gone in world.plan(consumer).deletes if gone.kind == NAMESPACE]


def test_all_namespaces_of_one_that_leaves_are_closed_and_those_that_may_go_are_named() -> None:
    world = offering(WIDE, deletionPolicy="Delete")
    consumer = world.settle(world.consumer(namespaces=[DEV, PROD]))
    world.mark_deleting(PLATFORM_CONSUMER, consumer)
    labels(world.get(NAMESPACE, None, "team-a-prod"))["capsule.clastix.io/tenant"] = "oil"
    offboarding = world.offboard(consumer)
    assert {gone.namespace for gone in offboarding.plan.deletes} == {"team-a-dev", "team-a-prod"}
    assert [gone.name for gone in offboarding.unless_claimed] == ["team-a-dev"]
    assert offboarding.kept == ("team-a-prod",)
