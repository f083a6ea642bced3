"""What surveys show on the service: scores with their margin, hidden where few answered, by the present question."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.product.world import World

CSAT: dict[str, Any] = {"name": "satisfaction", "instrument": "CSAT"}


def feedback(**survey: Any) -> dict[str, Any]:
    return {"surveys": [CSAT | survey]}


def test_a_score_shows_with_its_responses_and_margin() -> None:
    world = World()
    world.answer(*[5] * 30, *[4] * 4, *[2] * 7)
    assert world.section("feedback", feedback=feedback()) == {
        "summary": "CSAT 83% (n=41)",
        "scores": [
            {
                "survey": "satisfaction",
                "instrument": "CSAT",
                "responses": 41,
                "score": "82.9",
                "marginOfError": "11.7",
            }
        ],
        "nextSurveyTime": "2027-06-30T09:00:00Z",
        "total": 41,
        "openItems": 0,
    }


def test_few_answers_show_no_score() -> None:
    world = World()
    world.answer(5, 5, 5, 5)
    hidden = {"survey": "satisfaction", "instrument": "CSAT", "responses": 4}
    shown = world.section("feedback", feedback=feedback())
    assert shown["scores"] == [hidden]
    assert shown["summary"] == "CSAT (n=4 of 5)"
    world.answer(1)
    assert world.section("feedback", feedback=feedback())["scores"][0]["score"] == "80.0"
    assert world.section("feedback", feedback=feedback(minResponses=6))["scores"] == [hidden | {"responses": 5}]


def test_a_changed_question_starts_a_new_series() -> None:
    world = World()
    world.answer(1, 1, 1, 1, 1)
    world.answer(5, 5, 5, 5, 5, questionVersion=2)
    first = world.section("feedback", feedback=feedback())["scores"][0]
    second = world.section("feedback", feedback=feedback(questionVersion=2))["scores"][0]
    assert (first["score"], first["responses"]) == ("0.0", 5)
    assert (second["score"], second["responses"]) == ("100.0", 5)


def test_answers_count_for_a_period_and_the_service_is_looked_at_when_one_grows_too_old() -> None:
    world = World()
    world.answer(1, days_ago=89)
    world.answer(5, 5, 5, 5, 5, days_ago=10)
    shown = world.plan(feedback=feedback())
    assert shown.sections["feedback"]["scores"][0]["responses"] == 6
    assert shown.requeue_after == timedelta(days=1)
    world.now += timedelta(days=1) - timedelta(seconds=1)
    assert world.section("feedback", feedback=feedback())["scores"][0]["responses"] == 6
    world.now += timedelta(seconds=1)
    later = world.plan(feedback=feedback())
    assert later.sections["feedback"]["summary"] == "CSAT 100% (n=5)"
    # What is too old to count is what the score is compared with, for as long again; users are asked before.
    assert later.requeue_after == timedelta(days=27, hours=21)
    world.now += timedelta(days=28)
    assert world.plan(feedback=feedback()).requeue_after == timedelta(days=51)


def before_and_after(before: list[int], after: list[int]) -> dict[str, Any]:
    """What a survey shows with these answers of the 90 days before, and those of the last 90 days."""
    world = World()
    world.answer(*before, days_ago=100)
    world.answer(*after, days_ago=10)
    shown: dict[str, Any] = world.section("feedback", feedback=feedback())["scores"][0]
    return shown


def test_a_score_falls_or_rises_where_chance_does_not_explain_it() -> None:
    good, poor = [5] * 36 + [1] * 4, [5] * 20 + [1] * 20
    fallen = before_and_after(good, poor)
    assert (fallen["previousScore"], fallen["score"], fallen["trend"]) == ("90.0", "50.0", "Falling")
    assert before_and_after(poor, good)["trend"] == "Rising"
    # From 90 % to 80 % of 40: the margins of 9.9 and 12.3 points make one of 15.8 for the difference.
    assert before_and_after(good, [5] * 32 + [1] * 8)["trend"] == "Steady"


def test_without_enough_answers_in_both_periods_there_is_no_trend() -> None:
    assert "trend" not in before_and_after([5] * 4, [1] * 40)
    assert "trend" not in before_and_after([5] * 40, [1] * 4)
    assert "previousScore" not in before_and_after([5] * 40, [1] * 4)


def test_what_is_compared_with_grows_too_old_by_itself() -> None:
    world = World()
    world.answer(*[5] * 5, days_ago=179)
    world.answer(*[5] * 5, days_ago=10)
    assert world.plan(feedback=feedback()).requeue_after == timedelta(days=1)
    world.now += timedelta(days=1)
    assert "trend" not in world.section("feedback", feedback=feedback())["scores"][0]


def test_a_target_shows_with_the_score() -> None:
    world = World()
    world.answer(5, 5, 5, 5, 5)
    assert world.section("feedback", feedback=feedback(target="80"))["scores"][0]["target"] == "80"


@pytest.mark.parametrize(
    ("now", "asked"), [("2027-01-01T08:59:59", "01-01"), ("2027-01-01T09:00:00", "04-01"), ("2027-03-31", "04-01")]
)
def test_users_are_asked_again_by_the_day_on_which_the_service_was_made(now: str, asked: str) -> None:
    world = World(now=datetime.fromisoformat(now).replace(tzinfo=UTC))
    shown = world.section("feedback", feedback=feedback())
    assert shown["nextSurveyTime"] == f"2027-{asked}T09:00:00Z"


def test_what_is_no_answer_to_the_survey_does_not_count() -> None:
    world = World()
    world.answer(5, 5, 5, 5, 5)
    world.answer(6, 0)
    world.answer(5, question="ease")
    world.answer(5, survey="another")
    assert world.section("feedback", feedback=feedback())["scores"][0]["responses"] == 5


def test_the_first_survey_with_a_score_is_the_one_in_the_table() -> None:
    world = World()
    world.answer(4, 4)
    world.answer(10, 10, 10, 10, 3, 3, question="recommendation", survey="recommend")
    surveys = [CSAT, {"name": "recommend", "instrument": "NPS"}]
    assert world.section("feedback", feedback={"surveys": surveys})["summary"] == "NPS 33 (n=6)"


@pytest.mark.parametrize(
    ("instrument", "scores", "summary"),
    [
        ("CES", {"ease": 6}, "CES 6.0 (n=5)"),
        ("UMUXLite", {"ease": 6, "usefulness": 5}, "UMUX-Lite 75 (n=5)"),
        ("NPS", {"recommendation": 6}, "NPS -100 (n=5)"),
    ],
)
def test_every_instrument_has_its_summary(instrument: str, scores: dict[str, int], summary: str) -> None:
    world = World()
    given = [{"question": question, "value": value} for question, value in scores.items()]
    for _ in range(5):
        world.say(method="Survey", survey="satisfaction", scores=given)
    assert world.section("feedback", feedback=feedback(instrument=instrument))["summary"] == summary


def test_nothing_is_less_than_zero_by_so_little_that_it_does_not_show() -> None:
    world = World()
    world.answer(*[10] * 100, *[0] * 101, question="recommendation")
    assert world.section("feedback", feedback=feedback(instrument="NPS"))["summary"] == "NPS 0 (n=201)"


def test_a_response_rate_shows_where_every_team_says_how_large_it_is() -> None:
    world = World(people=20)
    world.answer(5, 5, 5, 5, 5)
    assert world.section("feedback", feedback=feedback())["scores"][0]["responseRatePercent"] == 25
    # No more than answered.
    world.people = 30
    assert world.section("feedback", feedback=feedback())["scores"][0]["responseRatePercent"] == 16
    # More than there are in the teams: others answered too, and no share of the teams is known.
    world.people = 4
    assert "responseRatePercent" not in world.section("feedback", feedback=feedback())["scores"][0]
    world.people = None
    assert "responseRatePercent" not in world.section("feedback", feedback=feedback())["scores"][0]


def test_a_service_that_asks_nothing_and_is_told_nothing_shows_nothing() -> None:
    shown = World().plan()
    assert (shown.sections, shown.conditions, shown.requeue_after) == ({}, [], None)
