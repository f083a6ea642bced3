"""You asked, we shipped: what was shipped lately, who asked for it, and satisfaction and SLA before and after."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from platform_contracts.kube.objects import Object
from tests.product.world import World

CSAT = {"name": "satisfaction", "instrument": "CSAT"}
NPS = {"name": "recommend", "instrument": "NPS"}
SHIPPED = {"name": "refunds", "state": "Shipped", "shippedDate": "2027-05-02", "themes": ["refunds"]}


def shown(world: World, *items: Object, **fields: Any) -> list[Object]:
    found: list[Object] = world.section("roadmap", roadmap={"items": list(items) or [SHIPPED]}, **fields)["shipped"]
    return found


def sla(sli: str) -> Object:
    return {"state": "Met", "summary": f"Met {sli}%/99.9%", "worst": {"sli": sli, "target": "99.9"}}


def test_who_asked_for_it_by_its_name_or_its_theme() -> None:
    world = World()
    world.say(roadmapItem="refunds", days_ago=100)
    world.say(themes=["refunds"], days_ago=30.5)
    world.say(comment="Mine was another", triage={"state": "Shipped", "roadmapItem": "refunds"})
    assert shown(world) == [{"name": "refunds", "shippedDate": "2027-05-02", "askedBy": 3}]


def test_who_names_its_theme_afterwards_asked_for_something_else() -> None:
    world = World()
    for _ in range(3):
        world.say(themes=["refunds"], days_ago=29)
    assert shown(world)[0]["askedBy"] == 0
    found = world.section("roadmap", roadmap={"items": [SHIPPED]})
    assert found["unaddressedThemes"] == ["refunds"]
    report = world.report(assessment={"periodDays": 30}, roadmap={"items": [SHIPPED]})
    assert report is not None
    (demand,) = report["spec"]["improvements"]
    assert (demand["area"], demand["about"], demand["roadmapItem"]) == ("Demand", "refunds", "None")
    again = {"name": "better-refunds", "state": "Proposed", "themes": ["refunds"]}
    assert "unaddressedThemes" not in world.section("roadmap", roadmap={"items": [SHIPPED, again]})


def test_who_named_its_theme_before_is_answered_by_it_as_by_what_is_declined() -> None:
    world = World()
    for _ in range(3):
        world.say(themes=["refunds"], days_ago=31)
    declined = {"name": "refunds", "state": "Declined", "themes": ["refunds"]}
    for item in (SHIPPED, declined):
        assert "unaddressedThemes" not in world.section("roadmap", roadmap={"items": [item]})


def test_what_is_said_to_be_shipped_on_a_day_to_come_shows_from_then_on() -> None:
    world = World()
    world.created = world.now
    early = {"name": "early", "state": "Shipped", "shippedDate": "2027-06-03"}
    plan = world.plan(roadmap={"items": [early]})
    assert plan.sections["roadmap"]["shippedLast90Days"] == 0
    assert "shipped" not in plan.sections["roadmap"]
    assert plan.requeue_after == timedelta(days=1, hours=12)
    world.now += timedelta(days=1, hours=12)
    assert [entry["name"] for entry in shown(world, early)] == ["early"]


def test_satisfaction_before_and_after() -> None:
    world = World()
    world.answer(*[1] * 6, *[5] * 4, days_ago=40)
    world.answer(*[1] * 2, *[5] * 8, days_ago=10)
    (entry,) = shown(world, feedback={"surveys": [NPS, CSAT]})
    assert (entry["satisfactionBefore"], entry["satisfactionAfter"]) == ("CSAT 40% (n=10)", "CSAT 80% (n=10)")


def test_satisfaction_is_that_of_the_period_on_both_sides_of_the_day() -> None:
    world = World()
    inside, outside = [5] * 5, [1] * 20
    for days_ago, values in ((47, outside), (44, inside), (29, inside), (15, outside)):
        world.answer(*values, days_ago=days_ago)
    (entry,) = shown(world, feedback={"surveys": [{**CSAT, "periodDays": 14}]})
    assert (entry["satisfactionBefore"], entry["satisfactionAfter"]) == ("CSAT 100% (n=5)",) * 2


def test_few_answers_on_one_side_show_nothing() -> None:
    world = World()
    world.answer(*[5] * 10, days_ago=40)
    world.answer(*[5] * 4, days_ago=10)
    assert "satisfactionAfter" not in shown(world, feedback={"surveys": [CSAT]})[0]


def test_the_sla_as_it_was_on_record_and_as_it_is() -> None:
    world = World()
    assessment = {"assessment": {"periodDays": 30}}
    world.now -= timedelta(days=35)
    world.sla = sla("99.4100")
    assert world.report(**assessment) is not None
    world.now += timedelta(days=35)
    world.sla = sla("99.9800")
    assert world.report(**assessment) is not None
    (entry,) = shown(world)
    assert (entry["slaBefore"], entry["slaAfter"]) == ("99.4100%/99.9%", "99.9800%/99.9%")


def test_the_youngest_first_and_none_that_is_older_than_ninety_days() -> None:
    old = {"name": "old", "state": "Shipped", "shippedDate": "2027-03-03"}
    many = [{"name": f"item-{day}", "state": "Shipped", "shippedDate": f"2027-05-{day:02d}"} for day in range(1, 11)]
    assert [entry["name"] for entry in shown(World(), old, *many)] == [f"item-{day}" for day in range(10, 2, -1)]
