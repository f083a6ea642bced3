"""What expires: answered for good, counted by a report, and so old that no figure goes by it, now or later."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_contracts.api.feedback import FeedbackSpec
from platform_contracts.kube.objects import format_time
from platform_contracts.kube.plan import Delete
from platform_contracts.product import answers
from platform_contracts.product.inputs import FeedbackInputs
from tests.product.world import CREATED, World, spec

SURVEYS = [{"name": "satisfaction", "instrument": "CSAT", "periodDays": 30}]
SERVICE: dict[str, Any] = {
    "feedback": {"surveys": SURVEYS, "retentionDays": 90},
    "assessment": {"periodDays": 30},
    "roadmap": {
        "items": [
            {"name": "refunds", "themes": ["refunds"]},
            {"name": "regions", "state": "Shipped", "shippedDate": "2027-01-15", "themes": ["regions"]},
        ]
    },
}


def expired(world: World, **fields: Any) -> list[str]:
    """The names of what the service lets go now."""
    deletes: Sequence[Delete] = world.plan(**{**SERVICE, **fields}).deletes
    return [gone.name for gone in deletes]


def triaged(world: World, **fields: Any) -> None:
    """Every Feedback gets its status, as of now."""
    for feedback in world.feedback:
        inputs = FeedbackInputs(
            feedback=feedback,
            spec=FeedbackSpec.model_validate(feedback["spec"]),
            service=spec(**{**SERVICE, **fields}),
            provider=True,
            now=world.now,
        )
        feedback["status"] = answers.plan(inputs).status


def by_day(day: int, **feedback: Any) -> dict[str, Any]:
    """The service so many days after its creation: the item that many ask for is shipped after 200."""
    refunds = {"name": "refunds", "themes": ["refunds"]}
    if day >= 200:
        refunds |= {"state": "Shipped", "shippedDate": "2027-07-20"}
    items = [refunds, *SERVICE["roadmap"]["items"][1:]]
    return {**SERVICE, "feedback": {"surveys": SURVEYS, **feedback}, "roadmap": {"items": items}}


def recorded(world: World) -> World:
    """The world with a report of all that was so far."""
    assert world.report(**SERVICE) is not None
    return world


def test_an_answer_expires_once_it_is_old_and_on_record() -> None:
    world = World()
    world.answer(5, days_ago=121)
    assert expired(world) == []
    assert expired(recorded(world)) == ["voice-0"]
    assert expired(world, feedback={"surveys": SURVEYS}) == []
    assert expired(world, feedback={"surveys": SURVEYS, "retentionDays": 130}) == []


def test_what_the_next_report_is_to_count_stays() -> None:
    world = recorded(World())
    world.answer(5, days_ago=0)
    world.now += timedelta(days=20)
    assert expired(world, feedback={"surveys": [], "retentionDays": 30}) == []
    world.now += timedelta(days=11)
    assert expired(recorded(world), feedback={"surveys": [], "retentionDays": 30}) == ["voice-0"]


def test_what_a_figure_goes_by_stays() -> None:
    world = World()
    world.answer(5, days_ago=149)
    recorded(world)
    longer = [{"name": "satisfaction", "instrument": "CSAT", "periodDays": 60}]
    assert expired(world, feedback={"surveys": longer, "retentionDays": 30}) == []
    # It is compared with what came after something that was shipped up to 90 days ago.
    world.now += timedelta(days=1)
    assert expired(world, feedback={"surveys": longer, "retentionDays": 30}) == ["voice-0"]


@pytest.mark.parametrize(
    ("triage", "goes"),
    [(None, False), ("Acknowledged", False), ("Planned", False), ("Shipped", True), ("Declined", True)],
)
def test_what_waits_for_an_answer_never_expires(triage: str | None, goes: bool) -> None:
    world = World()
    world.say(comment="Hello", days_ago=1000, **({"triage": {"state": triage}} if triage else {}))
    triaged(world)
    world.now += timedelta(days=91)
    assert bool(expired(recorded(world))) is goes


def test_the_time_runs_from_the_answer_on() -> None:
    world = World()
    world.say(roadmapItem="regions", days_ago=1000)
    triaged(world)
    assert world.feedback[0]["status"]["closedTime"] == format_time(world.now)
    recorded(world)
    assert expired(world) == []
    world.now += timedelta(days=89)
    # Once more looked at, it was shipped when it was shipped.
    triaged(world)
    recorded(world)
    assert expired(world) == []
    world.now += timedelta(days=1)
    assert expired(world) == ["voice-0"]


def test_what_an_sla_may_count_over_a_year_stays_for_longer() -> None:
    world = World()
    for severity in ({}, {"severity": "High"}):
        world.say(comment="Hello", days_ago=1000, triage={"state": "Shipped"}, **severity)
    triaged(world)
    recorded(world)
    world.now += timedelta(days=399)
    recorded(world)
    assert expired(world) == ["voice-0"]
    world.now += timedelta(days=1)
    assert expired(world) == ["voice-0", "voice-1"]


def test_an_answer_that_is_taken_back_counts_anew() -> None:
    world = World()
    said = world.say(comment="Hello", triage={"state": "Declined"})
    triaged(world)
    said["spec"]["triage"] = {"state": "Planned"}
    triaged(world)
    assert "closedTime" not in said["status"]
    world.now += timedelta(days=100)
    assert expired(recorded(world)) == []


def test_they_go_by_and_by_the_oldest_first() -> None:
    world = World()
    world.answer(*[5] * 60, days_ago=130)
    world.answer(4, days_ago=131)
    recorded(world)
    plan = world.plan(**SERVICE)
    assert len(plan.deletes) == 50
    assert plan.deletes[0].name == "voice-60"
    assert plan.requeue_after == timedelta(seconds=10)


def test_it_goes_as_it_was_seen() -> None:
    world = World()
    world.answer(5, days_ago=130)
    world.feedback[0]["metadata"]["resourceVersion"] = "7"
    (gone,) = recorded(world).plan(**SERVICE).deletes
    assert (gone.uid, gone.resource_version) == ("uid-0", "7")


def test_the_service_is_looked_at_when_the_next_one_expires() -> None:
    world = World()
    world.answer(5, days_ago=110)
    assert recorded(world).plan(**{**SERVICE, "roadmap": None}).requeue_after == timedelta(days=10)


VOICES = st.lists(
    st.fixed_dictionaries(
        {"day": st.integers(0, 500)},
        optional={
            "value": st.integers(1, 5),
            "themes": st.lists(st.sampled_from(["refunds", "regions", "docs"]), max_size=2, unique=True),
            "triage": st.sampled_from(["Acknowledged", "Shipped", "Declined"]),
            "roadmapItem": st.sampled_from(["refunds", "regions"]),
            "team": st.sampled_from(["A", "B"]),
        },
    ),
    max_size=25,
)
STEP = 10


@settings(max_examples=25, deadline=None)
@given(VOICES, st.randoms(use_true_random=False))
def test_nothing_changes_by_what_expires(voices: list[dict[str, Any]], chance: random.Random) -> None:
    """A service whose Feedback expires shows and reports the same, day by day, as one that keeps all of it, also where
    the operator is killed after some of the deletions."""
    keeps, lets_go = World(now=CREATED), World(now=CREATED)
    gone = 0
    for day in range(0, 700, STEP):
        for world in (keeps, lets_go):
            world.now = CREATED + timedelta(days=day)
            for voice in voices:
                if day - STEP < voice["day"] <= day:
                    _say(world, {**voice})
            triaged(world, **by_day(day))
            world.report(**by_day(day))
        shown = [keeps.plan(**by_day(day)), lets_go.plan(**by_day(day, retentionDays=30))]
        assert dict(shown[0].sections) == dict(shown[1].sections)
        assert list(shown[0].conditions) == list(shown[1].conditions)
        names = {delete.name for delete in shown[1].deletes[: chance.choice((0, 1, 50))]}
        gone += len(names)
        lets_go.feedback = [obj for obj in lets_go.feedback if obj["metadata"]["name"] not in names]
    assert [report["spec"] for report in keeps.reports] == [report["spec"] for report in lets_go.reports]
    open_ = [obj for obj in keeps.feedback if obj["status"]["state"] not in ("Counted", "Shipped", "Declined")]
    assert {obj["metadata"]["name"] for obj in open_} <= {obj["metadata"]["name"] for obj in lets_go.feedback}
    assert gone + len(lets_go.feedback) == len(keeps.feedback)


def _say(world: World, voice: dict[str, Any]) -> None:
    voice.pop("day")
    value, triage = voice.pop("value", None), voice.pop("triage", None)
    said = dict(voice)
    if triage:
        said["triage"] = {"state": triage}
    if value is not None:
        scores = [{"question": "satisfaction", "value": value}]
        said |= {"method": "Survey", "survey": "satisfaction", "scores": scores}
    elif not said.get("themes") and "roadmapItem" not in said:
        said["comment"] = "Hello"
    world.say(**said)


def test_an_answer_to_a_survey_that_left_the_spec_goes_once_it_is_on_record() -> None:
    world = World()
    world.answer(*[5] * 5, days_ago=121)
    for answer in world.feedback:
        answer["status"] = {"state": "Counted"}
    without = {"surveys": [], "retentionDays": 90}
    report = world.report(**{**SERVICE, "feedback": without})
    assert report is not None
    assert [one["responses"] for one in report["spec"]["feedback"]["surveys"]] == [5]
    assert len(expired(world, feedback=without)) == 5


def test_what_was_shipped_expires_also_where_its_item_has_left_the_roadmap() -> None:
    world = World()
    world.say(roadmapItem="regions", days_ago=1000)
    triaged(world)
    closed = world.feedback[0]["status"]["closedTime"]
    world.now += timedelta(days=90)
    triaged(world, roadmap={"items": []})
    assert world.feedback[0]["status"]["closedTime"] == closed
    assert world.report(**{**SERVICE, "roadmap": {"items": []}}) is not None
    assert expired(world, roadmap={"items": []}) == ["voice-0"]


def test_an_answer_that_no_report_has_in_it_stays() -> None:
    """Whoever changes the instrument and not the question's version leaves no score of what was answered before."""
    world = World()
    world.answer(*[5] * 10, days_ago=130)
    for answer in world.feedback:
        answer["status"] = {"state": "Counted"}
    other = {"surveys": [{"name": "satisfaction", "instrument": "NPS"}], "retentionDays": 90}
    assert world.report(**{**SERVICE, "feedback": other}) is not None
    assert expired(world, feedback=other) == []


def test_what_was_said_after_a_report_was_written_for_a_time_to_come_is_in_the_next() -> None:
    """The operator's clock was ahead by a day."""
    world = World()
    report = world.report(**SERVICE)
    assert report is not None
    world.reports[0]["metadata"]["creationTimestamp"] = "2027-05-31T00:00:00Z"
    world.answer(*[5] * 5, days_ago=0.75)
    world.now += timedelta(days=90)
    assert world.section("feedback", **SERVICE)["total"] == 5
    later = world.report(**SERVICE)
    assert later is not None
    assert (later["spec"]["feedback"]["voices"], later["spec"]["feedback"]["total"]) == (5, 5)
