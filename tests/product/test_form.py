"""The form behind a link: what it asks, and what becomes of what is typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.api.reading import parse
from platform_contracts.kube.kinds import FEEDBACK
from platform_contracts.kube.objects import Object
from platform_contracts.product import form
from platform_contracts.product.form import Asked, Typed
from platform_contracts.product.tokens import Form, Scope
from tests.product.world import spec

SERVICE: Object = {"metadata": {"name": "payments", "namespace": "platform", "uid": "uid-payments"}}
CONSUMER: Object = {"metadata": {"name": "payments", "namespace": "team-a", "uid": "uid-a"}}
INSTRUMENTS = {"satisfaction": "CSAT", "loyalty": "NPS", "ease": "CES", "usefulness": "UMUXLite"}
ITEMS = [
    {"name": "instant-refunds", "state": "Planned", "title": "Refunds within a minute", "themes": ["refunds"]},
    {"name": "old", "state": "Shipped", "shippedDate": "2026-01-01", "themes": ["history"]},
]


def service(**fields: Any) -> PlatformServiceSpec:
    surveys = [{"name": name, "instrument": instrument} for name, instrument in INSTRUMENTS.items()]
    return spec(
        **{"displayName": "Payments API", "feedback": {"surveys": surveys}, "roadmap": {"items": ITEMS}, **fields}
    )


def page(survey: str | None = None, team: str | None = None, **fields: Any) -> Asked:
    return form.asked(service(**fields), "payments", ["speed", "refunds"], Scope("uid-payments", None, survey), team)


def send(
    survey: str | None = None, consumer: Object | None = None, **fields: str | list[str]
) -> tuple[Object, Mapping[str, str], Typed]:
    """What comes of a form that is sent with these fields."""
    shown = page(survey, team="team-a" if consumer else None)
    sent = {name.replace("_", "-"): [value] if isinstance(value, str) else value for name, value in fields.items()}
    said = form.typed(shown, sent)
    rendered = Form(Scope("uid-payments", "uid-a" if consumer else None, survey), "link", "nonce")
    obj, amiss = form.feedback(shown, said, rendered, SERVICE, consumer)
    return obj, amiss, said


@pytest.mark.parametrize(
    ("survey", "questions"),
    [
        ("satisfaction", {"satisfaction": range(1, 6)}),
        ("loyalty", {"recommendation": range(11)}),
        ("ease", {"ease": range(1, 8)}),
        ("usefulness", {"usefulness": range(1, 8), "ease": range(1, 8)}),
    ],
)
def test_each_instrument_asks_its_questions_on_its_scale(survey: str, questions: dict[str, range]) -> None:
    asked = page(survey)
    assert {scale.name: scale.values for scale in asked.scales} == questions
    assert all("Payments API" in scale.text and scale.low and scale.high for scale in asked.scales)
    scores = {f"score_{name}": str(values[0]) for name, values in questions.items()}
    obj, amiss, _ = send(survey, **scores)
    assert not amiss
    assert obj["spec"] == {
        "serviceRef": {"name": "payments"},
        "method": "Survey",
        "survey": survey,
        "questionVersion": 1,
        "scores": [{"question": name, "value": values[0]} for name, values in questions.items()],
    }


@pytest.mark.parametrize("value", ["", "0", "6", "-1", "4.5", "٤", "true", "4 "])
def test_an_answer_that_is_none_is_asked_for_again_at_its_question(value: str) -> None:
    _, amiss, said = send("satisfaction", score_satisfaction=value, comment="Good")
    assert amiss == {"score-satisfaction": "Choose one answer, for example 4."}
    assert said.comment == "Good"


def test_a_service_without_a_name_for_people_is_called_by_its_name() -> None:
    assert "payments" in page("satisfaction", displayName=None).scales[0].text


def test_braces_in_a_name_are_text() -> None:
    assert "{service} {0} %s" in page("satisfaction", displayName="{service} {0} %s").scales[0].text


def test_one_may_choose_what_the_roadmap_and_others_speak_of_but_not_what_is_done() -> None:
    asked = page()
    assert asked.themes == ["refunds", "speed"]
    assert [(item.name, item.title) for item in asked.items] == [("instant-refunds", "Refunds within a minute")]


def test_a_request_becomes_a_feedback() -> None:
    obj, amiss, _ = send(
        comment="  A refund\r\ntakes a day  ",
        theme=["refunds"],
        more_themes="Error messages, refunds; Größe",
        item="instant-refunds",
        team=" Team A ",
    )
    assert not amiss
    assert obj["spec"] == {
        "serviceRef": {"name": "payments"},
        "method": "Request",
        "comment": "A refund\ntakes a day",
        "themes": ["refunds", "error-messages", "grosse"],
        "roadmapItem": "instant-refunds",
        "team": "Team A",
    }
    parse(FEEDBACK, obj)


def test_by_a_teams_link_the_team_speaks_whatever_else_is_sent() -> None:
    obj, amiss, _ = send(consumer=CONSUMER, comment="Hello", team="Another team")
    assert not amiss
    assert obj["spec"]["consumerRef"] == {"namespace": "team-a", "name": "payments"}
    assert "team" not in obj["spec"]


def test_only_a_teams_request_may_matter_more_than_others() -> None:
    assert page(team="Shop").severities == ["Critical", "High", "Medium", "Low"]
    assert page().severities == page("satisfaction", team="Shop").severities == []
    for severity, stored in (("High", "High"), ("", None), ("Apocalyptic", None)):
        obj, amiss, _ = send(consumer=CONSUMER, comment="It is down", severity=severity)
        assert not amiss
        assert obj["spec"].get("severity") == stored
    obj, _, _ = send(comment="It is down", severity="Critical")
    assert "severity" not in obj["spec"]


@pytest.mark.parametrize(
    "fields",
    [
        {"triage": "Shipped"},
        {"spec": "x", "consumerRef": "team-b/payments", "method": "Interview", "serviceRef": "other"},
        {"scores": "5", "score_satisfaction": "5", "questionVersion": "7"},
    ],
)
def test_what_the_form_does_not_ask_is_left_out(fields: dict[str, str]) -> None:
    obj, _, _ = send(comment="Hello", **fields)
    assert obj["spec"] == {"serviceRef": {"name": "payments"}, "method": "Request", "comment": "Hello"}


def test_what_was_chosen_from_a_page_of_before_is_not_lost_without_a_word() -> None:
    obj, amiss, said = send(comment="Hello", theme=["refunds", "history"], more_themes="errors", item="old")
    assert amiss == {
        "item": "What you chose is not to come any more; it may have been shipped. Choose another, or nothing."
    }
    assert (said.themes, said.more_themes) == (["refunds"], "errors, history")
    assert obj["spec"]["themes"] == ["refunds", "errors", "history"]


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({}, "comment", "Say what you need"),
        ({"comment": " \r\n\t "}, "comment", "Say what you need"),
        ({"comment": "x" * 4097}, "comment", "4096 characters; it has 4097"),
        ({"comment": "x", "more_themes": "a, b, c, d, e"}, "more-themes", "at most 4 in all"),
        ({"comment": "x", "more_themes": "w" * 64}, "more-themes", "Must be a DNS label"),
        ({"comment": "x", "more_themes": "返金"}, "more-themes", "Must be a DNS label"),
        ({"comment": "x", "team": "t" * 64}, "team", "Must be the name of a team"),
    ],
)
def test_what_the_language_refuses_is_said_at_the_field_and_nothing_is_lost(
    fields: dict[str, str], field: str, says: str
) -> None:
    _, amiss, said = send(**fields)
    assert list(amiss) == [field]
    assert says in amiss[field]
    assert (said.comment, said.more_themes, said.team) == (
        fields.get("comment", "").strip(),
        fields.get("more_themes", ""),
        fields.get("team", ""),
    )


@pytest.mark.parametrize("text", ["x" * 4096, "😀" * 4096, "<script>alert(1)</script>", "'; DROP", "{{7*7}}", "%00"])
def test_any_words_are_words(text: str) -> None:
    obj, amiss, _ = send(comment=text)
    assert not amiss
    assert obj["spec"]["comment"] == text


def test_what_a_terminal_would_obey_is_left_out() -> None:
    obj, _, _ = send(comment="\x1b[31mred\x00\x9b0m\n\tand on")
    assert obj["spec"]["comment"] == "[31mred0m\n\tand on"


def test_the_name_is_the_renderings_and_nothing_else_is_written_on_it() -> None:
    obj, _, _ = send(comment="Hello")
    assert obj["metadata"] == {"name": Form(Scope("uid-payments"), "link", "nonce").name, "namespace": "platform"}
