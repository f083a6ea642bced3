"""A new assessment is told once, with what changed most since the one before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from platform_contracts.kube.objects import Object
from tests.product.world import World

ASSESSMENT: dict[str, Any] = {"assessment": {"periodDays": 30}}
LATE = {"name": "refunds", "state": "Planned", "targetDate": "2027-05-30"}


def told(world: World) -> list[str]:
    """What a service whose status tells of the report before the last is told to be new."""
    world.assessed = {"report": world.reports[-2]["metadata"]["name"]} if len(world.reports) > 1 else {}
    return [event.message for event in world.plan(**ASSESSMENT).events]


def assessed(world: World, *items: Object, missed: bool = False) -> None:
    """A period ends with these items on the roadmap, and with an objective that is missed or not."""
    entry = {"name": "availability", "state": "Breached", "sli": "99.4100", "target": "99.9", "window": "30d"}
    world.facts["slas"] = [{"metadata": {"name": "payments"}, "status": {"objectives": [entry] if missed else []}}]
    assert world.report(roadmap={"items": list(items)}, **ASSESSMENT) is not None
    world.now += timedelta(days=30)


def test_the_first_assessment_says_what_to_improve_first() -> None:
    world = World()
    assessed(world, LATE, missed=True)
    assert told(world) == [
        "The period until 2027-06-01 is assessed. To improve first: Reliability (payments/availability), High: The "
        "objective was missed: 99.4100% of 99.9% over 30d. All of it: kubectl describe productreport "
        "payments-2027-06-01 -n platform"
    ]


def test_with_which_all_is_well() -> None:
    world = World()
    assessed(world)
    assert "is assessed. All is well. All of it: " in told(world)[0]
    assessed(world)
    assert "is assessed. All is well, as it was. All of it: " in told(world)[0]


@pytest.mark.parametrize(
    ("before", "now", "says"),
    [
        ({"missed": False}, {"missed": True}, "Reliability (payments/availability) is new and High: The objective"),
        ({"missed": True}, {"missed": False}, "Reliability (payments/availability) was High and is resolved."),
        ({"items": [LATE]}, {"items": [LATE]}, "Roadmap (refunds) went from Medium to High: It was promised by"),
        # Of equals what became worse.
        (
            {"items": [LATE]},
            {"items": [{**LATE, "name": "regions", "targetDate": "2027-06-30"}]},
            "Roadmap (regions) is new and Medium: It was promised",
        ),
        # What matters most, not what comes first.
        (
            {"missed": True},
            {"items": [{**LATE, "targetDate": "2027-06-30"}]},
            "Reliability (payments/availability) was High and",
        ),
    ],
)
def test_what_changed_most(before: dict[str, Any], now: dict[str, Any], says: str) -> None:
    world = World()
    assessed(world, *before.get("items", ()), missed=before.get("missed", False))
    assessed(world, *now.get("items", ()), missed=now.get("missed", False))
    assert f"What changed most: {says}" in told(world)[0]


def test_nothing_changed() -> None:
    world = World()
    assessed(world, missed=True)
    assessed(world, missed=True)
    assert "Nothing of what is to be improved has changed." in told(world)[0]


def test_what_the_status_tells_is_told() -> None:
    world = World()
    assessed(world)
    world.now -= timedelta(days=30)
    world.assessed = {"report": world.reports[0]["metadata"]["name"]}
    assert world.plan(**ASSESSMENT).events == []
