"""What service and consumer show of their SLAs, and how seldom it changes."""

from __future__ import annotations

import pytest

from platform_contracts.kube.objects import Object
from platform_contracts.sla import rollup
from tests.sla.shown import objective, sla


def test_the_worst_of_all_slas_in_whole_percent() -> None:
    slas = [
        sla("payments", objective(), objective("AtRisk", "12.9", "latency")),
        sla("refunds", objective("Breached", "-203.1")),
    ]
    copy, condition = rollup.service_sla(slas, None)
    assert copy == {
        "state": "Breached",
        "summary": "Breached 99.9674%/99.9%",
        "worst": {
            "sla": "refunds",
            "objective": "availability",
            "target": "99.9",
            "window": "30d",
            "sli": "99.9674",
            "budget": "-204%",
        },
        "objectives": 3,
        "breached": 1,
        "evaluatedTime": "2026-11-23T12:00:00Z",
    }
    assert (condition.type, condition.status, condition.reason) == ("SLAMet", False, "Breached")
    assert "refunds/availability" in condition.message


@pytest.mark.parametrize(("state", "status"), [("Met", True), ("AtRisk", True), ("Breached", False), ("Unknown", None)])
def test_the_condition_follows_the_worst_state(state: str, status: bool | None) -> None:
    _, condition = rollup.service_sla([sla("a", objective("Met", "90.0")), sla("b", objective(state))], None)
    assert condition.status is status


@pytest.mark.parametrize(
    ("budget", "follows"),
    [("67.4", False), ("63.0", False), ("71.9", False), ("62.9", True), ("61.9", True), ("72.0", True)],
)
def test_a_copy_follows_five_points(budget: str, follows: bool) -> None:
    before, _ = rollup.service_sla([sla("a", objective(budget="67.4", sli="99.9674"))], None)
    later = objective(budget=budget, sli="99.9", evaluatedTime="2026-11-23T13:00:00Z", window="30d (4d)")
    after, _ = rollup.service_sla([sla("a", later)], before)
    assert (after != before) == follows


def test_two_that_are_about_as_bad_do_not_change_places() -> None:
    """The one that is shown stays until the other is worse by a point, or its state is."""

    def shown(first: Object, second: Object, previous: Object | None) -> Object:
        return rollup.service_sla([sla("a", {**first, "name": "first"}, {**second, "name": "second"})], previous)[0]

    before = shown(objective(budget="67.4"), objective(budget="67.5"), None)
    assert before["worst"]["objective"] == "first"
    assert shown(objective(budget="67.5"), objective(budget="67.4"), before) == before
    assert shown(objective(budget="67.5"), objective(budget="66.5"), before)["worst"]["objective"] == "second"
    risky = objective("AtRisk", budget="67.5")
    assert shown(objective(budget="67.5"), risky, before)["worst"]["objective"] == "second"


def test_small_changes_do_not_creep() -> None:
    """Each step is compared with what is shown, so that many small ones are followed in the end."""
    shown, _ = rollup.service_sla([sla("a", objective(budget="67.0"))], None)
    writes = 0
    for tenth in range(670, 570, -1):
        after, _ = rollup.service_sla([sla("a", objective(budget=f"{tenth / 10:.1f}"))], shown)
        writes += after != shown
        shown = after
    assert writes == 2
    assert shown["worst"]["budget"] == "57%"


@pytest.mark.parametrize(
    "change",
    [
        [sla("a", objective("AtRisk"))],
        [sla("b", objective())],
        [sla("a", objective(name="latency"))],
        [sla("a", objective(), objective(name="x", budget="99.0"))],
        [sla("a", objective(target="99"))],
        [sla("a", objective(window="7d"))],
        [sla("a", objective(budget=None))],
    ],
    ids=["state", "sla", "objective", "count", "target", "window", "numbers"],
)
def test_everything_else_is_followed_at_once(change: list[Object]) -> None:
    before, _ = rollup.service_sla([sla("a", objective())], None)
    after, _ = rollup.service_sla(change, before)
    assert after != before


def test_a_service_without_sla_claims_nothing() -> None:
    copy, condition = rollup.service_sla([], None)
    assert copy == {"summary": "No SLA", "objectives": 0, "breached": 0}
    assert condition.status is None
    assert rollup.consumer_sla(copy) is None
    assert rollup.consumer_sla(None) is None


def test_an_sla_that_says_nothing_is_no_reason_to_create_one() -> None:
    copy, condition = rollup.service_sla([sla("payments"), sla("a")], None)
    assert copy == {"summary": "Not evaluated", "objectives": 0, "breached": 0}
    assert (condition.status, condition.reason) == (None, "NotEvaluated")
    assert condition.message == (
        "Nothing of a, payments has been evaluated; its conditions and Events say why: "
        "kubectl --namespace platform describe sla a"
    )
    assert rollup.consumer_sla(copy) is None


def test_an_unmeasured_objective_is_unknown() -> None:
    copy, condition = rollup.service_sla([sla("a", objective("Unknown", None))], None)
    assert copy["state"] == "Unknown"
    assert "budget" not in copy["worst"]
    assert condition.status is None
    assert rollup.consumer_sla(copy) == {"state": "Unknown"}


def test_a_consumer_shows_what_its_service_shows() -> None:
    copy, _ = rollup.service_sla([sla("a", objective())], None)
    assert rollup.consumer_sla(copy) == {"state": "Met", "budget": "67%"}


def test_a_consumer_whose_plan_names_an_sla_shows_that_one_and_its_worst_objective() -> None:
    shown = rollup.plan_sla(sla("gold", objective(), objective("AtRisk", "12.9", "latency")), None)
    assert shown == {"state": "AtRisk", "budget": "12%"}
    assert rollup.plan_sla(sla("gold"), shown) is None


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (objective(budget="63.0"), {"state": "Met", "budget": "67%"}),
        (objective(budget="62.9"), {"state": "Met", "budget": "62%"}),
        (objective("AtRisk", "66.0"), {"state": "AtRisk", "budget": "66%"}),
        (objective("Unknown", None), {"state": "Unknown"}),
    ],
    ids=["less than a step", "a step", "another state", "no numbers"],
)
def test_it_follows_a_state_at_once_and_the_budget_by_steps(later: Object, expected: Object) -> None:
    assert rollup.plan_sla(sla("gold", later), {"state": "Met", "budget": "67%"}) == expected
