"""Another plan, an edited one, other shares: what would not fit is said first, and shares shrink before others grow."""

from __future__ import annotations

import copy
from typing import Any

from platform_contracts.kube.kinds import (
    LIMIT_RANGE,
    NAMESPACE,
    NETWORK_POLICY,
    PLATFORM_SERVICE,
    RESOURCE_QUOTA,
    ROLE_BINDING,
)
from platform_contracts.kube.objects import Object, labels
from tests.onboarding.world import PLAN, World, message, reason

SMALL = {**PLAN, "maxNamespaces": 3}
LARGE = {**SMALL, "name": "large", "quota": {"requests.cpu": "8", "pods": "80"}, "limits": {"default": {"cpu": "1"}}}
NAME = "team-a-payments"


def offers(world: World, *plans: Object) -> None:
    world.get(PLATFORM_SERVICE, "platform", "payments")["spec"]["onboarding"]["plans"] = list(plans)


def on_large(**spec: Any) -> tuple[World, Object]:
    world = World()
    world.service(onboarding={"allowedConsumers": {"from": "All"}, "plans": [SMALL, LARGE]})
    return world, world.settle(world.consumer(planName="large", **spec))


def test_up_and_down_where_it_fits() -> None:
    world, consumer = on_large()
    world.use(NAME, pods="20", requests_cpu="2")
    consumer["spec"]["planName"] = "small"
    settled = world.settle(consumer)
    assert (reason(settled, "Ready"), settled["status"]["plan"]) == ("True/Onboarded", "small")
    assert world.hard(NAME) == {"pods": "20", "requests.cpu": "2"}
    consumer["spec"]["planName"] = "large"
    assert world.settle(consumer)["status"]["plan"] == "large"
    assert world.hard(NAME) == {"pods": "80", "requests.cpu": "8"}


def test_what_does_not_fit_is_said_before_anything_changes_and_moves_by_itself_once_it_does() -> None:
    world, consumer = on_large()
    world.use(NAME, pods="21")
    consumer["spec"]["planName"] = "small"
    held = world.settle(consumer)
    assert reason(held, "QuotaWithinBudget") == "False/DoesNotFit"
    assert reason(held, "Stalled") == "True/DoesNotFit"
    assert message(held) == (
        "team-a-payments uses pods 21, and on the plan small it would have 20, so quotas stay as they are and move by "
        "themselves once it fits; free what is too much, or change planName or sharePercent."
    )
    assert held["status"]["plan"] == "large"
    assert world.hard(NAME) == {"pods": "80", "requests.cpu": "8"}
    world.use(NAME, pods="20")
    settled = world.settle(consumer)
    assert (reason(settled, "Ready"), settled["status"]["plan"]) == ("True/Onboarded", "small")


def test_meanwhile_the_old_plan_goes_on_as_the_service_offers_it() -> None:
    world, consumer = on_large()
    world.use(NAME, pods="21")
    consumer["spec"]["planName"] = "small"
    world.settle(consumer)
    offers(world, SMALL, {**LARGE, "quota": {"requests.cpu": "9", "pods": "90"}})
    world.get(LIMIT_RANGE, NAME, "platform-contracts")["spec"] = {"limits": []}
    held = world.settle(consumer)
    assert reason(held, "Stalled") == "True/DoesNotFit"
    assert world.hard(NAME) == {"pods": "90", "requests.cpu": "9"}
    assert world.get(LIMIT_RANGE, NAME, "platform-contracts")["spec"]["limits"][0]["default"] == {"cpu": "1"}


def test_where_the_old_plan_is_gone_quota_and_limits_stay_as_they_are() -> None:
    world, consumer = on_large()
    limits = world.get(LIMIT_RANGE, NAME, "platform-contracts")["spec"]
    world.use(NAME, pods="21")
    consumer["spec"]["planName"] = "small"
    offers(world, {**SMALL, "limits": {"default": {"cpu": "100m"}}})
    held = world.settle(consumer)
    assert (reason(held, "Stalled"), held["status"]["plan"]) == ("True/DoesNotFit", "large")
    assert world.hard(NAME) == {"pods": "80", "requests.cpu": "8"}
    assert world.get(LIMIT_RANGE, NAME, "platform-contracts")["spec"] == limits


def test_where_the_old_plan_is_gone_all_that_it_gave_stays_with_the_quota() -> None:
    def standing() -> list[Object]:
        live = [world.get(NETWORK_POLICY, NAME, "platform-contracts")["spec"], *world.of(ROLE_BINDING)]
        return copy.deepcopy([labels(world.get(NAMESPACE, None, NAME)), *live])

    world, consumer = on_large()
    before = standing()
    world.use(NAME, pods="21")
    consumer["spec"]["planName"] = "small"
    viewer = {"name": "developer", "clusterRoleName": "platformcontracts-viewer"}
    offers(world, {**SMALL, "network": "AllowService", "podSecurity": "Baseline", "roles": [viewer]})
    held = world.settle(consumer)
    assert standing() == before
    assert message(held).startswith(f"Everything stays as it was on the plan large: {NAME} uses pods 21")
    assert reason(held, "QuotaWithinBudget") == "False/DoesNotFit"
    assert world.plan(consumer).requeue_after is not None, "of what is used no event tells"
    world.use(NAME, pods="20")
    settled = world.settle(consumer)
    assert (reason(settled, "Ready"), settled["status"]["plan"]) == ("True/Onboarded", "small")
    assert labels(world.get(NAMESPACE, None, NAME))["pod-security.kubernetes.io/enforce"] == "baseline"
    assert world.of(ROLE_BINDING)[0]["roleRef"]["name"] == "platformcontracts-viewer"


def test_a_plan_that_is_edited_down_waits_as_well() -> None:
    world, consumer = on_large()
    world.use(NAME, pods="21")
    offers(world, {**LARGE, "quota": {"requests.cpu": "8", "pods": "20"}})
    assert reason(world.settle(consumer), "Stalled") == "True/DoesNotFit"
    assert world.hard(NAME)["pods"] == "80"
    world.use(NAME, pods="3")
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"
    assert world.hard(NAME)["pods"] == "20"


def shared(dev: int, prod: int) -> list[Object]:
    return [{"name": "team-a-dev", "sharePercent": dev}, {"name": "team-a-prod", "sharePercent": prod}]


def amounts(world: World) -> dict[str, str]:
    return {quota["metadata"]["namespace"]: quota["spec"]["hard"]["pods"] for quota in world.of(RESOURCE_QUOTA)}


def test_shares_shrink_before_others_grow_and_the_api_server_has_to_know() -> None:
    world, consumer = on_large(namespaces=shared(25, 75))
    assert amounts(world) == {"team-a-dev": "20", "team-a-prod": "60"}
    consumer["spec"]["namespaces"] = shared(75, 25)
    shrink = world.plan(consumer)
    world.carry_out(consumer, shrink)
    assert amounts(world) == {"team-a-dev": "20", "team-a-prod": "20"}
    moving = {"status": shrink.status}
    assert (reason(moving, "Ready"), reason(moving, "Reconciling")) == ("False/SharesMoving", "True/SharesMoving")
    wait = world.plan(consumer)
    world.carry_out(consumer, wait)
    assert amounts(world)["team-a-dev"] == "20", "the API server still lets 60 pods into the other one"
    assert wait.requeue_after is not None
    world.count_quotas()
    world.carry_out(consumer, world.plan(consumer))
    assert amounts(world) == {"team-a-dev": "60", "team-a-prod": "20"}
    assert reason(world.settle(consumer), "Ready") == "True/Onboarded"


def test_a_new_namespace_comes_once_the_others_have_made_room() -> None:
    world, consumer = on_large(namespaces=[{"name": "team-a-dev"}])
    consumer["spec"]["namespaces"] = shared(50, 50)
    world.carry_out(consumer, world.plan(consumer))
    assert amounts(world) == {"team-a-dev": "40"}
    world.settle(consumer)
    assert amounts(world) == {"team-a-dev": "40", "team-a-prod": "40"}


def test_other_shares_that_do_not_fit_change_nothing() -> None:
    world, consumer = on_large(namespaces=shared(50, 50))
    world.use("team-a-dev", pods="40")
    consumer["spec"]["namespaces"] = shared(25, 75)
    assert reason(world.settle(consumer), "Stalled") == "True/DoesNotFit"
    assert amounts(world) == {"team-a-dev": "40", "team-a-prod": "40"}
