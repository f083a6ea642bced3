"""What users ask for, as the service shows it: themes and who waits, in counts without a name or a comment."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.product.world import TEAM_A, World

TEN_DAYS = {"acknowledgeWithinDays": 10}


def test_a_theme_shows_once_three_have_named_it() -> None:
    world = World()
    world.say(themes=["refunds", "docs"])
    world.say(themes=["refunds"])
    assert "themes" not in world.section("feedback")
    world.say(themes=["refunds"], method="Interview")
    assert world.section("feedback")["themes"] == [{"name": "refunds", "count": 3, "trend": "Rising"}]


def test_those_of_one_team_count_once() -> None:
    world = World()
    for _ in range(5):
        world.say(themes=["refunds"], consumerRef=TEAM_A)
        world.say(themes=["refunds"], team="Team B")
    assert "themes" not in world.section("feedback")
    # A name that nobody verified is not taken for the consumer that it spells.
    world.say(themes=["refunds"], team="team-a/payments")
    assert world.section("feedback")["themes"][0]["count"] == 3


def test_a_trend_compares_ninety_days_with_those_before() -> None:
    world = World()
    for days_ago in (100, 120, 170, 179):
        world.say(themes=["refunds"], days_ago=days_ago)
    for days_ago in (1, 2, 80):
        world.say(themes=["refunds"], days_ago=days_ago)
    shown = world.plan()
    assert shown.sections["feedback"]["themes"] == [{"name": "refunds", "count": 3, "trend": "Falling"}]
    assert shown.requeue_after == timedelta(days=1)
    world.now += timedelta(days=1)
    assert world.section("feedback")["themes"] == [{"name": "refunds", "count": 3, "trend": "Steady"}]
    world.now += timedelta(days=9)
    assert "themes" not in world.section("feedback")


def test_neither_a_comment_nor_a_name_leaves_its_feedback() -> None:
    world = World()
    for number in range(6):
        world.say(
            comment="Sam from accounting is slow",
            team=f"Secret team {number}",
            themes=["refunds", f"private-{number}"],
            triage={"state": "Acknowledged", "response": "We talk to Sam"},
        )
    world.say(comment="Sam again", consumerRef=TEAM_A, roadmapItem="refunds")
    shown = world.plan(feedback=TEN_DAYS, roadmap={"items": [{"name": "refunds", "themes": ["refunds"]}]})
    told = json.dumps([shown.sections, [tuple(map(str, vars_of(condition))) for condition in shown.conditions]])
    for word in ("Sam", "Secret", "team-a", "private"):
        assert word not in told


def vars_of(condition: object) -> list[object]:
    return [getattr(condition, name) for name in ("type", "status", "reason", "message")]


def test_who_waits_is_counted_until_the_platform_team_answers() -> None:
    world = World()
    asked = world.say(comment="Refunds take a day", days_ago=4)
    world.say(comment="More regions", days_ago=2, triage={"state": "Planned"})
    world.say(comment="A pony", triage={"state": "Declined"})
    world.answer(5)
    assert world.section("feedback") == {
        "total": 4,
        "openItems": 2,
        "oldestUnacknowledgedTime": "2027-05-28T12:00:00Z",
    }
    asked["spec"]["triage"] = {"state": "Shipped"}
    assert world.section("feedback") == {"total": 4, "openItems": 1}


def test_feedback_is_current_until_somebody_waits_too_long() -> None:
    world = World()
    world.say(comment="Refunds take a day", days_ago=9)
    current = world.condition("FeedbackCurrent", feedback=TEN_DAYS)
    assert (current.status, current.reason) == (True, "Answered")
    assert current.message == "1 voice has no answer yet, and none has waited for 10 days."


def test_an_overdue_answer_says_by_how_many_days_and_changes_once_a_day() -> None:
    world = World()
    world.say(comment="Refunds take a day", days_ago=9)
    assert world.plan(feedback=TEN_DAYS).requeue_after == timedelta(days=1)
    world.now += timedelta(days=1)
    late = world.condition("FeedbackCurrent", feedback=TEN_DAYS)
    assert (late.status, late.reason) == (False, "AnswerOverdue")
    assert "1 voice has waited longer for an answer than the 10 days" in late.message
    assert "overdue since less than a day" in late.message
    assert world.plan(feedback=TEN_DAYS).requeue_after == timedelta(days=1)
    world.now += timedelta(days=3, hours=5)
    assert "the oldest is 3 days overdue" in world.condition("FeedbackCurrent", feedback=TEN_DAYS).message
    assert "kubectl get feedback -n platform -o wide" in world.condition("FeedbackCurrent", feedback=TEN_DAYS).message
    assert world.plan(feedback=TEN_DAYS).requeue_after == timedelta(hours=19)


def test_nothing_is_overdue_where_nothing_is_promised() -> None:
    world = World()
    world.say(comment="Refunds take a day", days_ago=1000)
    assert list(world.plan().conditions) == []
