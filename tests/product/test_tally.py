"""What a report keeps of what was said: enough for every score and margin to follow from it to the last digit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_contracts.api.survey import Instrument
from platform_contracts.kube.objects import Object
from platform_contracts.product import instruments
from platform_contracts.product.instruments import QUESTIONS
from tests.product.world import TEAM_A, World

ASSESSMENT: dict[str, Any] = {"assessment": {"periodDays": 90}}
CSAT: Object = {"name": "satisfaction", "instrument": "CSAT"}


def answers(instrument: Instrument) -> st.SearchStrategy[list[list[int]]]:
    whole = st.tuples(*(st.integers(low, high) for low, high in QUESTIONS[instrument].values())).map(list)
    return st.lists(whole, min_size=5, max_size=50)


@pytest.mark.parametrize("instrument", Instrument)
@given(data=st.data())
def test_scores_and_margins_follow_from_what_is_kept(instrument: Instrument, data: st.DataObject) -> None:
    given_ = data.draw(answers(instrument))
    world = World()
    for answer in given_:
        scores = [{"question": name, "value": value} for name, value in zip(QUESTIONS[instrument], answer, strict=True)]
        world.say(method="Survey", survey="satisfaction", scores=scores, days_ago=1)
    report = world.report(feedback={"surveys": [{**CSAT, "instrument": instrument.value}]}, **ASSESSMENT)
    assert report is not None
    (entry,) = report["spec"]["feedback"]["surveys"]
    kept = instruments.score_of_sums(instrument, {one["value"]: one["count"] for one in entry["values"]})
    exact = instruments.score(instrument, given_)
    assert kept.value == pytest.approx(exact.value, abs=1e-9)
    assert kept.margin == pytest.approx(exact.margin, abs=1e-9)
    assert entry["responses"] == sum(one["count"] for one in entry["values"]) == len(given_)


def test_each_question_for_itself_and_too_few_answers_show_no_values() -> None:
    world = World()
    world.answer(5, 5, 4, 1, 1, days_ago=1)
    world.answer(5, 5, questionVersion=2, days_ago=1)
    report = world.report(feedback={"surveys": [{**CSAT, "questionVersion": 2}]}, **ASSESSMENT)
    assert report is not None
    assert report["spec"]["feedback"]["surveys"] == [
        {"survey": "satisfaction", "questionVersion": 2, "instrument": "CSAT", "responses": 2, "minResponses": 5},
        {
            "survey": "satisfaction",
            "questionVersion": 1,
            "instrument": "CSAT",
            "responses": 5,
            "minResponses": 5,
            "score": "60.0",
            "marginOfError": "32.7",
            "values": [{"value": 1, "count": 2}, {"value": 4, "count": 1}, {"value": 5, "count": 2}],
        },
    ]


def test_every_voice_is_counted_in_one_period_and_the_total_goes_on() -> None:
    world = World()
    world.say(comment="Hello", days_ago=30)
    world.say(comment="Hello", days_ago=0.5)  # on the first day of the next period
    first = world.report(**ASSESSMENT)
    world.now += timedelta(days=90)
    world.say(comment="Hello", days_ago=10)
    second = world.report(**ASSESSMENT)
    assert first is not None
    assert second is not None
    assert first["spec"]["feedback"] == {"voices": 1, "total": 1, "open": 2}
    assert second["spec"]["feedback"] == {"voices": 2, "total": 3, "open": 3}


def test_themes_that_enough_have_named_those_of_one_team_once() -> None:
    world = World()
    for _ in range(3):
        world.say(themes=["refunds"], days_ago=1)
        world.say(themes=["regions"], consumerRef=TEAM_A, days_ago=1)
    report = world.report(**ASSESSMENT)
    assert report is not None
    assert report["spec"]["feedback"]["themes"] == [{"name": "refunds", "count": 3}]


def test_what_a_survey_was_told_before_it_left_the_spec_is_on_record() -> None:
    world = World()
    world.answer(5, 5, 4, 1, 1, days_ago=1)
    world.answer(*[7] * 5, question="ease", survey="before", days_ago=1)
    # As the operator saw them while the survey was asked.
    for answer in world.feedback[-5:]:
        answer["status"] = {"state": "Counted"}
    world.answer(7, 7, question="ease", questionVersion=2, days_ago=1)
    report = world.report(feedback={"surveys": [{**CSAT, "instrument": "CES", "questionVersion": 2}]}, **ASSESSMENT)
    assert report is not None
    entries = report["spec"]["feedback"]["surveys"]
    assert [(one["survey"], one["questionVersion"], one["instrument"], one["responses"]) for one in entries] == [
        ("satisfaction", 2, "CES", 2),
        # Its question was another one, by another instrument.
        ("satisfaction", 1, "CSAT", 5),
        ("before", 1, "CES", 5),
    ]
    # Nobody knows from how many answers on the last was to show.
    assert [one.get("score") for one in entries] == [None, "60.0", None]


@pytest.mark.parametrize(("number", "shows"), [(49, False), (50, True)])
def test_fewer_answers_than_were_promised_show_no_values_also_once_the_survey_left_the_spec(
    number: int, shows: bool
) -> None:
    world = World()
    survey = {**CSAT, "minResponses": 50}
    world.answer(3, days_ago=1)
    world.report(feedback={"surveys": [survey]}, **ASSESSMENT)
    for left in ({"feedback": {"surveys": [survey]}}, {}):
        world.now += timedelta(days=90)
        world.answer(*[3] * number, days_ago=1)
        # As the operator saw them while the survey was asked.
        for answer in world.feedback[-number:]:
            answer["status"] = {"state": "Counted"}
        report = world.report(**left, **ASSESSMENT)
        assert report is not None
        (entry,) = report["spec"]["feedback"]["surveys"]
        assert (entry["responses"], entry["minResponses"]) == (number, 50)
        assert ("values" in entry, "score" in entry) == (shows, shows)


def test_what_nobody_asked_is_on_no_record_and_crowds_out_nothing() -> None:
    """Whoever may create Feedback may name any survey and any version of its question."""
    world = World()
    world.answer(*[5] * 10, days_ago=1)
    for version in range(985, 1001):
        world.answer(1, questionVersion=version, days_ago=1)
    world.answer(1, survey="someone-is-a-fool", days_ago=1)
    report = world.report(feedback={"surveys": [CSAT]}, **ASSESSMENT)
    assert report is not None
    (entry,) = report["spec"]["feedback"]["surveys"]
    assert (entry["survey"], entry["questionVersion"], entry["responses"]) == ("satisfaction", 1, 10)


def test_the_questions_that_are_asked_now_come_before_any_of_earlier() -> None:
    world = World()
    for version in range(1, 20):
        world.answer(1, questionVersion=version, days_ago=1)
    world.answer(7, question="ease", survey="ease", days_ago=1)
    surveys = [{**CSAT, "questionVersion": 20}, {"name": "ease", "instrument": "CES"}]
    report = world.report(feedback={"surveys": surveys}, **ASSESSMENT)
    assert report is not None
    entries = report["spec"]["feedback"]["surveys"]
    assert [(one["survey"], one["questionVersion"]) for one in entries[:2]] == [("ease", 1), ("satisfaction", 19)]


def test_what_is_no_whole_answer_to_any_instrument_is_on_no_record() -> None:
    world = World()
    world.answer(9, survey="before", days_ago=1)
    world.answer(5, question="happiness", survey="before", days_ago=1)
    for answer in world.feedback:
        answer["status"] = {"state": "Counted"}
    report = world.report(**ASSESSMENT)
    assert report is not None
    assert "surveys" not in report["spec"]["feedback"]


def test_voices_that_were_there_before_the_service_are_in_the_total() -> None:
    world = World()
    world.created = world.now - timedelta(days=2)
    world.say(comment="Hello", days_ago=30)
    world.say(comment="Hello", days_ago=1)
    report = world.report(**ASSESSMENT)
    assert report is not None
    assert report["spec"]["feedback"] == {"voices": 1, "total": 2, "open": 2}
