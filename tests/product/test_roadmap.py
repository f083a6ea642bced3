"""The roadmap on the service: counts, what is next, the ranking, themes without an item, and what is overdue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from platform_contracts.kube.conditions import Condition
from tests.product.world import NOW, TEAM_A, World

RICE = {"impact": "High", "confidencePercent": 50, "effortMonths": "2"}


def roadmap(*items: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"items": list(items), **fields}


def item(name: str, state: str = "Proposed", **fields: Any) -> dict[str, Any]:
    return {"name": name, "state": state, **fields}


def test_it_counts_and_says_what_is_next() -> None:
    shown = World().section(
        "roadmap",
        roadmap=roadmap(
            item("idea"),
            item("later", "Planned"),
            item("second", "Planned", targetDate="2027-09-30"),
            item("first", "InProgress", targetDate="2027-06-30"),
            item("new", "Shipped", shippedDate="2027-03-04"),
            item("old", "Shipped", shippedDate="2027-03-03"),
            item("never", "Declined"),
        ),
    )
    assert {name: shown[name] for name in ("planned", "inProgress", "shippedLast90Days", "next")} == {
        "planned": 2,
        "inProgress": 1,
        "shippedLast90Days": 1,
        "next": "first by 2027-06-30",
    }
    assert [entry["name"] for entry in shown["ranked"]] == ["idea", "later", "second", "first"]


def test_items_rise_by_how_many_ask_for_them_or_for_their_themes() -> None:
    world = World()
    plan = roadmap(item("regions"), item("refunds", themes=["refunds", "money"]), item("logs"))
    world.say(roadmapItem="logs")
    world.say(themes=["refunds", "money"], consumerRef=TEAM_A)
    world.say(themes=["money"], consumerRef=TEAM_A)
    world.say(themes=["money"], team="Team B")
    world.say(comment="My customers wait", triage={"state": "Acknowledged", "roadmapItem": "refunds"})
    assert world.section("roadmap", roadmap=plan)["ranked"] == [
        {"name": "refunds", "askedBy": 3},
        {"name": "logs", "askedBy": 1},
        {"name": "regions", "askedBy": 0},
    ]


def test_rice_goes_by_the_consumers_that_are_there_and_ask() -> None:
    world = World(homes=[f"team-{number}" for number in range(14)])
    plan = roadmap(
        item("unasked", rice=RICE | {"impact": "Massive"}),
        item("unsized"),
        item("small", rice=RICE | {"reach": 4}),
        item("large", rice=RICE, themes=["money"]),
        prioritization="RICE",
    )
    for home in ("team-0", "team-1", "team-2", "team-3", "team-3", "gone"):
        world.say(roadmapItem="large", consumerRef={"namespace": home, "name": "payments"})
    world.say(themes=["money"], consumerRef={"namespace": "team-4", "name": "payments"})
    # Nobody knows of whom these are.
    world.say(roadmapItem="large", team="Team 5")
    world.say(roadmapItem="large")
    assert world.section("roadmap", roadmap=plan)["ranked"] == [
        {"name": "large", "askedBy": 8, "score": "2.50"},
        {"name": "small", "askedBy": 0, "score": "2.00"},
        {"name": "unasked", "askedBy": 0, "score": "0.00"},
        {"name": "unsized", "askedBy": 0},
    ]


def test_wsjf_ranks_as_well_and_equals_go_by_who_asked() -> None:
    world = World()
    figures = {"value": 8, "urgency": 5, "riskReduction": 3, "jobSize": 5}
    plan = roadmap(item("a", wsjf=figures), item("b", wsjf=figures), prioritization="WSJF")
    world.say(roadmapItem="b")
    assert world.section("roadmap", roadmap=plan)["ranked"] == [
        {"name": "b", "askedBy": 1, "score": "3.20"},
        {"name": "a", "askedBy": 0, "score": "3.20"},
    ]


def test_themes_that_many_ask_for_and_no_item_has() -> None:
    world = World()
    for _ in range(3):
        world.say(themes=["refunds", "regions"])
    plan = roadmap(item("regions", "Declined", themes=["regions"]))
    assert world.section("roadmap", roadmap=plan)["unaddressedThemes"] == ["refunds"]


def current(world: World, **fields: Any) -> Condition:
    return world.condition("RoadmapCurrent", roadmap=roadmap(**fields))


def test_a_promise_is_kept_until_the_day_is_over_and_then_overdue_by_days() -> None:
    world = World()
    promised = {"items": [item("refunds", "Planned", targetDate="2027-06-02")]}
    kept = current(world, **promised)
    assert (kept.status, kept.reason) == (True, "NothingOverdue")
    assert kept.message == "Nothing is overdue: refunds is due by 2027-06-02."
    # It is noon: the day after tomorrow begins in 36 hours.
    assert world.plan(roadmap=promised).requeue_after == timedelta(hours=36)
    world.now += timedelta(hours=36)
    late = current(world, **promised)
    assert (late.status, late.reason) == (False, "PromiseOverdue")
    assert late.message.startswith("refunds was to ship by 2027-06-02 and is 1 day overdue; ship it, ")
    assert world.plan(roadmap=promised).requeue_after == timedelta(days=1)


@pytest.mark.parametrize("state", ["Proposed", "Declined"])
def test_what_is_not_promised_is_not_overdue(state: str) -> None:
    plan = roadmap(item("refunds", state, targetDate="2027-01-01"))
    assert list(World().plan(roadmap=plan).conditions) == []


def test_a_roadmap_that_nobody_reviews_is_overdue() -> None:
    world = World()
    reviewed = {"reviewPeriodDays": 30, "reviewedDate": "2027-05-02"}
    assert current(world, **reviewed).message == "Nothing is overdue: the next review by 2027-06-01."
    world.now = NOW + timedelta(days=12)
    late = current(world, **reviewed)
    assert (late.status, late.reason) == (False, "ReviewOverdue")
    assert late.message == (
        "The roadmap was to be reviewed by 2027-06-01 and is 12 days overdue; go through status.roadmap, then set "
        "spec.roadmap.reviewedDate."
    )


def test_what_was_shipped_ninety_days_ago_leaves_the_count_by_itself() -> None:
    world = World()
    plan = roadmap(item("refunds", "Shipped", shippedDate="2027-03-05"))
    assert world.section("roadmap", roadmap=plan)["shippedLast90Days"] == 1
    again = world.plan(roadmap=plan).requeue_after
    assert again == timedelta(days=1, hours=12)
    world.now += again
    assert world.section("roadmap", roadmap=plan)["shippedLast90Days"] == 0
    assert world.plan(roadmap=plan).requeue_after is None
