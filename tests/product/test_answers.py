"""What becomes of a Feedback, and what the team that asked reads on its own PlatformConsumer."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from platform_contracts.api.feedback import FeedbackSpec
from platform_contracts.kube.objects import Object
from platform_contracts.product import answers
from platform_contracts.product.inputs import FeedbackInputs
from tests.onboarding.world import message, reason
from tests.product.world import NOW, TEAM_A, World, spec

SURVEY = {"surveys": [{"name": "satisfaction", "instrument": "CSAT", "questionVersion": 2}]}


def planned(feedback: Object, service: dict[str, Any] | None, *, provider: bool = True) -> Object:
    """The Feedback with the status that is planned for it."""
    inputs = FeedbackInputs(
        feedback=feedback,
        spec=FeedbackSpec.model_validate(feedback["spec"]),
        service=None if service is None else spec(**service),
        provider=provider,
        now=NOW,
    )
    return {**feedback, "status": answers.plan(inputs).status}


def with_item(state: str, **fields: Any) -> dict[str, Any]:
    return {"roadmap": {"items": [{"name": "refunds", "state": state, **fields}]}}


def told(state: str, time: str, **times: str) -> Object:
    """The status of a Feedback that the platform team answered at that time."""
    return {"observedGeneration": 1, "state": state, "answeredTime": time, "triagedTime": time, **times}


def test_a_request_is_open_and_says_how_it_is_answered() -> None:
    found = planned(World().say(comment="Refunds take a day"), {})
    assert found["status"]["state"] == "Open"
    assert reason(found, "Ready") == "True/Open"
    assert "kubectl patch feedback voice-0 -n platform --type=merge -p " in message(found)
    assert "Refunds" not in message(found)


@pytest.mark.parametrize(
    ("item", "triage", "state"),
    [
        ("Proposed", None, "Open"),
        ("Proposed", "Acknowledged", "Acknowledged"),
        ("Planned", None, "Planned"),
        ("InProgress", "Acknowledged", "InProgress"),
        ("Shipped", "Planned", "Shipped"),
        ("Declined", None, "Declined"),
        # What the platform team decided for this one stays.
        ("Planned", "Declined", "Declined"),
        ("InProgress", "Shipped", "Shipped"),
    ],
)
def test_moving_the_roadmap_item_answers_those_who_asked_for_it(item: str, triage: str | None, state: str) -> None:
    said = World().say(roadmapItem="refunds", **({"triage": {"state": triage}} if triage else {}))
    found = planned(said, with_item(item, shippedDate="2027-05-01"))
    assert found["status"]["state"] == state
    assert found["status"]["roadmapItem"] == "refunds"
    assert reason(found, "Stalled").startswith("False/")


def test_the_item_of_the_answer_comes_before_the_one_that_was_asked_for() -> None:
    said = World().say(roadmapItem="pony", triage={"state": "Planned", "roadmapItem": "refunds"})
    found = planned(said, with_item("InProgress"))
    assert found["status"]["state"] == "InProgress"


def test_a_bare_score_asks_for_nothing_and_counts() -> None:
    world = World()
    world.answer(5)
    found = planned(world.feedback[0], {"feedback": SURVEY})
    assert found["status"]["state"] == "Counted"
    world.answer(5, comment="Great")
    assert planned(world.feedback[1], {"feedback": SURVEY})["status"]["state"] == "Open"


@pytest.mark.parametrize(
    ("said", "service", "why", "words"),
    [
        ({"comment": "Hello"}, None, "ServiceNotFound", "no PlatformService platform/payments"),
        ({"survey": "other"}, {"feedback": SURVEY}, "SurveyNotFound", "no survey other (it has: satisfaction)"),
        (
            {"question": "ease", "questionVersion": 2},
            {"feedback": SURVEY},
            "AnswerNotUnderstood",
            "{question: satisfaction, value: 5}",
        ),
        ({"questionVersion": 3}, {"feedback": SURVEY}, "QuestionNotFound", "is in version 2, not in 3"),
        (
            {"comment": "Hello", "triage": {"state": "Planned", "roadmapItem": "pony"}},
            with_item("Planned"),
            "RoadmapItemNotFound",
            "the roadmap of payments has no item pony",
        ),
    ],
)
def test_what_counts_nowhere_says_why(
    said: dict[str, Any], service: dict[str, Any] | None, why: str, words: str
) -> None:
    world = World()
    if "comment" in said:
        world.say(**said)
    else:
        world.answer(5, **said)
    found = planned(world.feedback[0], service)
    assert reason(found, "Stalled") == f"True/{why}"
    assert words in message(found)
    assert "state" not in found["status"]


def test_in_a_namespace_that_is_no_providers_nothing_counts() -> None:
    found = planned(World().say(comment="Hello"), {}, provider=False)
    assert reason(found, "Stalled") == "True/NotAProvider"


def test_an_answer_to_an_older_question_was_right_when_it_was_given() -> None:
    world = World()
    world.answer(5)
    assert reason(planned(world.feedback[0], {"feedback": SURVEY}), "Ready") == "True/Counted"


@pytest.mark.parametrize(
    "surveys",
    [[], [{"name": "satisfaction", "instrument": "CES", "questionVersion": 3}]],
    ids=["asked no more", "asked by another instrument"],
)
def test_what_was_right_when_it_was_said_stays_what_it_became(surveys: list[Object]) -> None:
    """Its author did nothing wrong, and what the platform team answered stands."""
    world = World()
    world.answer(5, comment="Great", questionVersion=2, triage={"state": "Shipped"})
    found = planned(world.feedback[0], {"feedback": SURVEY})
    found["status"]["closedTime"] = "2027-05-02T09:00:00Z"
    assert planned(found, {"feedback": {"surveys": surveys}})["status"] == found["status"]


@pytest.mark.parametrize("provider", [True, False], ids=["the service is made again", "the label was off"])
def test_a_moment_without_its_service_takes_no_answer_back(provider: bool) -> None:
    closed = planned(World().say(roadmapItem="refunds"), with_item("Shipped", shippedDate="2027-05-01"))
    closed["status"]["closedTime"] = "2027-05-02T09:00:00Z"
    away = planned(closed, None if provider else {}, provider=provider)
    assert reason(away, "Stalled").startswith("True/")
    # The item has left the roadmap meanwhile.
    again = planned(away, {})
    assert (again["status"]["state"], again["status"]["closedTime"]) == ("Shipped", "2027-05-02T09:00:00Z")


def test_with_a_status_that_was_lost_an_earlier_answer_is_judged_by_no_question_of_now() -> None:
    world = World()
    world.answer(5)
    surveys = [{"name": "satisfaction", "instrument": "CES", "questionVersion": 2}]
    assert reason(planned(world.feedback[0], {"feedback": {"surveys": surveys}}), "Ready") == "True/Counted"


def test_a_decision_outlives_its_item() -> None:
    said = World().say(comment="Hello", triage={"state": "Shipped", "roadmapItem": "gone"})
    assert planned(said, with_item("Planned"))["status"]["state"] == "Shipped"


@pytest.mark.parametrize("state", ["Shipped", "Declined"])
def test_what_an_item_answered_stays_answered_when_the_item_leaves_the_roadmap(state: str) -> None:
    shipped = planned(World().say(roadmapItem="refunds"), with_item(state, shippedDate="2027-05-01"))
    shipped["status"]["closedTime"] = "2027-05-02T09:00:00Z"
    found = planned(shipped, {"roadmap": {"items": []}})
    assert found["status"] == shipped["status"]
    assert answers.answers([found], spec())[0]["state"] == state
    # Back on the roadmap as something that is still to come, it is answered when it comes.
    assert planned(found, with_item("Planned"))["status"]["state"] == "Planned"


def test_what_an_item_answered_says_nothing_of_another_item() -> None:
    shipped = planned(World().say(roadmapItem="refunds"), with_item("Shipped", shippedDate="2027-05-01"))
    shipped["spec"]["triage"] = {"state": "Planned", "roadmapItem": "pony"}
    found = planned(shipped, {})
    assert reason(found, "Stalled") == "True/RoadmapItemNotFound"


@pytest.mark.parametrize("state", ["Planned", "InProgress"])
def test_what_was_only_promised_is_open_again_when_its_item_leaves_the_roadmap(state: str) -> None:
    found = planned(planned(World().say(roadmapItem="refunds"), with_item(state)), {})
    assert found["status"]["state"] == "Open"


def test_an_unchanged_feedback_gets_the_same_status_to_the_last_bit() -> None:
    found = planned(World().say(comment="Hello"), {})
    assert planned(found, {})["status"] == found["status"]


def test_the_team_reads_state_and_response_youngest_first() -> None:
    world = World()
    world.say(comment="Refunds", consumerRef=TEAM_A, days_ago=2, roadmapItem="refunds")
    world.say(comment="More", consumerRef=TEAM_A, triage={"state": "Declined", "response": "Not this year"})
    assert answers.answers(world.feedback, spec(**with_item("Shipped", shippedDate="2027-05-01"))) == [
        {"name": "voice-1", "state": "Declined", "response": "Not this year"},
        {"name": "voice-0", "state": "Shipped", "roadmapItem": "refunds"},
    ]


def test_what_is_being_deleted_is_answered_no_more() -> None:
    world = World()
    world.say(comment="Refunds", consumerRef=TEAM_A)["metadata"]["deletionTimestamp"] = "2027-06-01T12:00:00Z"
    world.say(comment="More", consumerRef=TEAM_A)
    assert [entry["name"] for entry in answers.answers(world.feedback, spec())] == ["voice-1"]


def test_the_last_twenty_are_shown_and_scores_are_not() -> None:
    world = World()
    for days_ago in range(30):
        world.say(comment="Hello", consumerRef=TEAM_A, days_ago=days_ago)
    world.now += timedelta(days=1)
    world.answer(5, consumerRef=TEAM_A)
    shown = answers.answers(world.feedback, spec())
    assert [entry["name"] for entry in shown] == [f"voice-{number}" for number in range(20)]


def test_long_responses_show_in_full_where_they_were_said_last_and_of_others_how_they_begin() -> None:
    world = World()
    for number in range(25):
        closed = f"2027-05-{number + 1:02}T09:00:00Z"
        said = world.say(comment="Help", consumerRef=TEAM_A, triage={"state": "Declined", "response": "ä" * 1024})
        said["status"] = told("Declined", closed, closedTime=closed)
    shown = answers.answers(world.feedback, spec())
    assert len(json.dumps(shown, ensure_ascii=False).encode()) < 12 * 1024, "a status stays below 16 KiB"
    lengths = {entry["name"]: len(entry["response"]) for entry in shown}
    assert [name for name, length in lengths.items() if length == 1024] == ["voice-24", "voice-23", "voice-22"]
    assert {length for name, length in lengths.items() if name < "voice-22"} == {60}


def test_what_was_asked_long_ago_is_told_when_it_ships_however_much_was_said_since() -> None:
    """Whoever has the team's link can say any number of things, and nobody but the platform team answers them."""
    world = World()
    world.say(comment="Refunds", consumerRef=TEAM_A, roadmapItem="refunds", days_ago=60)
    world.say(comment="Help", consumerRef=TEAM_A, triage={"state": "Acknowledged"}, days_ago=50)
    for _ in range(30):
        world.answer(5, comment="Great", consumerRef=TEAM_A, roadmapItem="regions", days_ago=1)
    roadmap = {"items": [{"name": "refunds", "state": "Planned"}, {"name": "regions", "state": "Planned"}]}
    shown = [entry["name"] for entry in answers.answers(world.feedback, spec(roadmap=roadmap))]
    assert len(shown) == 20
    assert "voice-0" not in shown
    roadmap["items"][0] = {"name": "refunds", "state": "Shipped", "shippedDate": "2027-05-31"}
    shown = [entry["name"] for entry in answers.answers(world.feedback, spec(roadmap=roadmap))]
    assert len(shown) == 20
    assert shown[-2:] == ["voice-1", "voice-0"]


def test_of_many_answers_the_last_ones_show() -> None:
    world = World()
    for number in range(30):
        said = world.say(comment="Hello", consumerRef=TEAM_A, triage={"state": "Declined"}, days_ago=30 - number)
        # The older they are, the later they were answered.
        closed = f"2027-05-{30 - number:02}T09:00:00Z"
        said["status"] = told("Declined", closed, closedTime=closed)
    shown = {entry["name"] for entry in answers.answers(world.feedback, spec())}
    assert shown == {f"voice-{number}" for number in (*range(10), *range(20, 30))}


@pytest.mark.parametrize(
    ("state", "closed"), [("Acknowledged", {}), ("Declined", {"closedTime": "2027-01-02T09:00:00Z"})]
)
def test_what_is_said_anew_to_what_was_answered_long_ago_is_said_last(state: str, closed: dict[str, str]) -> None:
    world = World()
    first = world.say(comment="Help", consumerRef=TEAM_A, triage={"state": state}, days_ago=150)
    first["status"] = told(state, "2027-01-02T09:00:00Z", **closed)
    for number in range(25):
        triage = {"state": "Acknowledged", "response": "a" * 1000}
        said = world.say(comment="Help", consumerRef=TEAM_A, triage=triage, days_ago=100)
        said["status"] = told("Acknowledged", f"2027-04-{number + 1:02}T09:00:00Z")
    assert "voice-0" not in {entry["name"] for entry in answers.answers(world.feedback, spec())}
    # Before its own status says so, and after.
    first["spec"]["triage"]["response"] = "b" * 1000
    first["metadata"]["generation"] = 2
    for found in (first, planned(first, {})):
        shown = answers.answers([found, *world.feedback[1:]], spec())
        assert {entry["name"]: len(entry["response"]) for entry in shown}["voice-0"] == 1000


def test_since_when_a_triage_is_as_it_is() -> None:
    said = World().say(comment="Help")
    assert "triagedTime" not in planned(said, {})["status"]
    said["spec"]["triage"] = {"state": "Acknowledged"}
    said["metadata"]["generation"] = 2
    found = planned(said, {})
    assert found["status"]["triagedTime"] == "2027-06-01T12:00:00Z"
    found["status"] |= {"answeredTime": "2027-05-01T09:00:00Z", "triagedTime": "2027-05-02T09:00:00Z"}
    assert planned(found, {})["status"] == found["status"]
    # Where its service is away as well.
    assert planned(found, None)["status"]["triagedTime"] == "2027-05-02T09:00:00Z"
    found["metadata"]["generation"] = 3
    again = planned(found, {})["status"]
    assert (again["answeredTime"], again["triagedTime"]) == ("2027-05-01T09:00:00Z", "2027-06-01T12:00:00Z")
    found["spec"].pop("triage")
    assert "triagedTime" not in planned(found, {})["status"]
