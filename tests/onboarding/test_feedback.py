"""Users' URLs are copied, never fetched: https only, no user information, nothing unprintable, bounded."""

from __future__ import annotations

import pytest

from platform_contracts.api.links import url_problem
from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.config import Guardrails
from platform_contracts.onboarding import feedback

ANY = Guardrails()
LISTED = Guardrails(allowed_url_hosts=["Feedback.example.com"])


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://feedback.example.com/", "is no https URL"),
        ("javascript:alert(1)", "is no https URL"),
        ("https:///path", "is no https URL"),
        ("https://[::1", "is no https URL"),
        ("https://ann:secret@feedback.example.com/", "holds user information"),
        ("https://@feedback.example.com/", "holds user information"),
        ("https://feedback.example.com/a b", "holds a space"),
        ("https://feedback.example.com/\x00", "control character"),
        ("https://feedback.example.com/\n", "holds a space"),
        ("https://feedback.example.com/\u202etxt", "control character"),
        ("https://feedback.example.com/" + "x" * 2048, "longer than 2048"),
    ],
)
def test_bad_urls_are_refused_with_the_reason(url: str, says: str) -> None:
    problem = url_problem(url, ())
    assert problem is not None
    assert says in problem


def test_the_administrator_may_list_the_hosts() -> None:
    assert url_problem("https://feedback.example.com/payments?x=1#top", LISTED.allowed_url_hosts) is None
    assert url_problem("https://FEEDBACK.example.com:8443/", LISTED.allowed_url_hosts) is None
    assert "names the host evil.example.com" in str(url_problem("https://evil.example.com/", LISTED.allowed_url_hosts))
    assert url_problem("https://evil.example.com/", ()) is None


def test_a_bad_link_is_left_out_and_the_others_stay() -> None:
    spec = PlatformServiceSpec.model_validate(
        {
            "owner": {"team": "payments"},
            "feedback": {
                "submitURL": "https://evil.example.com/",
                "channels": [{"name": "board", "type": "FeatureBoard", "url": "https://feedback.example.com/board"}],
            },
        }
    )
    assert feedback.section(spec, LISTED) == {
        "links": [{"name": "board", "type": "FeatureBoard", "url": "https://feedback.example.com/board"}]
    }
    assert str(feedback.problem(spec, LISTED)).startswith("spec.feedback.submitURL names the host")
    assert feedback.section(None, ANY) is None


def test_links_by_which_one_answers_stand_before_channels_and_a_channel_of_that_name_in_the_place_of_one() -> None:
    channels = [
        {"name": "board", "type": "FeatureBoard", "url": "https://feedback.example.com/board"},
        {"name": "satisfaction", "type": "Survey", "url": "https://feedback.example.com/survey"},
    ]
    spec = PlatformServiceSpec.model_validate({"owner": {"team": "payments"}, "feedback": {"channels": channels}})
    answering = [
        {"name": name, "type": "Survey", "url": f"http://localhost:8090/feedback/{name}"}
        for name in ("satisfaction", "request")
    ]
    shown = feedback.section(spec, LISTED, answering)
    assert shown is not None
    assert [link["url"] for link in shown["links"]] == [
        "https://feedback.example.com/survey",
        "http://localhost:8090/feedback/request",
        "https://feedback.example.com/board",
    ]


def test_the_hosts_are_held_against_every_link_of_a_service() -> None:
    runbook = {"name": "runbook", "type": "Runbook", "url": "https://evil.example.com/payments"}
    spec = PlatformServiceSpec.model_validate({"owner": {"team": "payments"}, "links": [runbook]})
    assert str(feedback.problem(spec, LISTED)).startswith("spec.links[runbook].url names the host evil.example.com")
    assert feedback.problem(spec, ANY) is None
