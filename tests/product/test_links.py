"""Links by which users answer: signed, for one service, team and survey, ending, and the same for as long as can be."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from platform_contracts.product.links import is_open, offered
from platform_contracts.product.tokens import (
    FORM_AGE,
    Form,
    NotSignedError,
    OverError,
    Scope,
    Tokens,
    rendering,
    until,
)
from tests.product.world import NOW, spec

KEY, OLDER = "k" * 32, "o" * 32
TOKENS = Tokens([KEY])
SCOPE = Scope("uid-payments", "uid-team-a", "satisfaction", 2)
DAY = timedelta(days=1)
LINK = TOKENS.link(SCOPE, NOW + DAY)


def changed(text: str) -> list[str]:
    """The text with each of its characters made another one."""
    return [f"{text[:at]}{'A' if text[at] != 'A' else 'B'}{text[at + 1 :]}" for at in range(len(text))]


def test_a_link_means_what_it_was_made_for() -> None:
    for scope in (SCOPE, Scope("uid-payments"), Scope("uid-payments", survey="ease"), Scope("uid-payments", "uid-b")):
        assert TOKENS.read_link(TOKENS.link(scope, NOW + DAY), NOW) == scope


def test_a_link_fits_into_a_line_and_a_path() -> None:
    uid = "5e9c1c3f-1c1e-4c57-9a2b-cf2b7f0f7a11"
    token = TOKENS.link(Scope(uid, uid, "s" * 63, 1000), NOW)
    assert len(token) < 300
    assert not set(token) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


@pytest.mark.parametrize("text", ["", "A", "....", "A.A.A", "\x00", "ä", "A" * 5000, "eyJhbGciOiJub25lIn0.e30."])
def test_what_nobody_signed_is_nothing(text: str) -> None:
    with pytest.raises(NotSignedError):
        TOKENS.read_link(text, NOW)
    with pytest.raises(NotSignedError):
        TOKENS.read_form(text, NOW)


def test_a_link_with_any_character_changed_is_nothing() -> None:
    # Of the last character of a base64 text some bits mean nothing: the one before it is the last that is all signed.
    for text in changed(TOKENS.link(SCOPE, NOW + DAY))[:-1]:
        with pytest.raises(NotSignedError):
            TOKENS.read_link(text, NOW)


def test_neither_a_link_is_a_form_nor_a_form_a_link() -> None:
    with pytest.raises(NotSignedError):
        TOKENS.read_form(TOKENS.link(SCOPE, NOW + DAY), NOW)
    with pytest.raises(NotSignedError):
        TOKENS.read_link(TOKENS.form(rendering(SCOPE, LINK), NOW), NOW)


def test_what_another_cluster_signed_is_nothing() -> None:
    with pytest.raises(NotSignedError):
        TOKENS.read_link(Tokens([OLDER]).link(SCOPE, NOW + DAY), NOW)


def test_keys_are_rotated_without_ending_a_link() -> None:
    before, during, after = Tokens([OLDER]), Tokens([KEY, OLDER]), Tokens([KEY])
    old, new = before.link(SCOPE, NOW + DAY), during.link(SCOPE, NOW + DAY)
    assert during.read_link(old, NOW) == during.read_link(new, NOW) == after.read_link(new, NOW) == SCOPE
    for tokens, text in ((after, old), (before, new)):
        with pytest.raises(NotSignedError):
            tokens.read_link(text, NOW)


def test_a_link_ends() -> None:
    text = TOKENS.link(SCOPE, NOW)
    assert TOKENS.read_link(text, NOW - timedelta(seconds=1)) == SCOPE
    with pytest.raises(OverError):
        TOKENS.read_link(text, NOW)


@pytest.mark.parametrize("days", [7, 30, 90, 366])
def test_a_link_lasts_half_of_its_survey_at_least_and_all_of_it_at_most_and_changes_twice_in_it(days: int) -> None:
    moments = [NOW + timedelta(hours=number) for number in range(days * 24)]
    ends = [until(SCOPE, days, moment) for moment in moments]
    lasts = [end - moment for end, moment in zip(ends, moments, strict=True)]
    assert timedelta(days=days) / 2 <= min(lasts) <= max(lasts) <= timedelta(days=days)
    assert 2 <= len(set(ends)) <= 3
    assert ends == sorted(ends)


def test_the_links_of_all_do_not_change_at_one_moment() -> None:
    assert len({until(Scope("uid-payments", f"uid-{number}"), 90, NOW) for number in range(100)}) > 90


def names_and_tokens(now: datetime = NOW, consumer: str | None = "uid-a", version: int = 1) -> dict[str, str]:
    surveys = [
        {"name": "satisfaction", "instrument": "CSAT", "questionVersion": version},
        {"name": "ease", "instrument": "CES"},
    ]
    found = offered(
        TOKENS,
        "https://contracts.example.com",
        spec(feedback={"surveys": surveys}),
        "uid-payments",
        consumer,
        now,
    )
    assert [entry["type"] for entry in found] == ["Survey", "Survey", "Request"]
    return {entry["name"]: entry["url"].removeprefix("https://contracts.example.com/feedback/") for entry in found}


def test_each_survey_has_a_link_and_so_has_whoever_asks_for_something() -> None:
    found = {name: TOKENS.read_link(token, NOW) for name, token in names_and_tokens().items()}
    assert found == {
        "satisfaction": Scope("uid-payments", "uid-a", "satisfaction"),
        "ease": Scope("uid-payments", "uid-a", "ease"),
        "request": Scope("uid-payments", "uid-a"),
    }


def test_every_team_has_links_of_its_own() -> None:
    everybody = [token for team in ("uid-a", "uid-b", None) for token in names_and_tokens(consumer=team).values()]
    assert len(set(everybody)) == 9


def test_links_that_are_rendered_again_are_the_same() -> None:
    assert names_and_tokens(NOW) == names_and_tokens(NOW + timedelta(minutes=5))


def test_another_question_has_another_link_and_the_old_one_asks_nothing() -> None:
    old, new = (names_and_tokens(version=version)["satisfaction"] for version in (1, 2))
    now_asked = spec(feedback={"surveys": [{"name": "satisfaction", "instrument": "CSAT", "questionVersion": 2}]})
    assert not is_open(now_asked, TOKENS.read_link(old, NOW))
    assert is_open(now_asked, TOKENS.read_link(new, NOW))


def test_a_survey_that_is_over_asks_nothing_and_a_request_is_always_heard() -> None:
    assert not is_open(spec(), Scope("uid-payments", survey="satisfaction"))
    assert is_open(spec(), Scope("uid-payments"))


def test_each_rendering_is_another_one_and_its_feedback_has_one_name() -> None:
    one, other = rendering(SCOPE, LINK), rendering(SCOPE, LINK)
    assert one != other
    assert one.name != other.name
    sent, counts = TOKENS.read_form(TOKENS.form(one, NOW), NOW)
    assert counts
    assert sent == one
    assert sent.name == one.name
    assert one.nonce not in one.name


def test_a_form_of_another_service_has_another_name() -> None:
    assert Form(Scope("uid-a"), LINK, "nonce").name != Form(Scope("uid-b"), LINK, "nonce").name


def test_a_form_that_was_open_for_too_long_is_known_but_does_not_count() -> None:
    form = rendering(SCOPE, LINK)
    text = TOKENS.form(form, NOW)
    assert TOKENS.read_form(text, NOW + FORM_AGE - timedelta(seconds=1)) == (form, True)
    assert TOKENS.read_form(text, NOW + FORM_AGE) == (form, False)


def test_a_form_ends_with_its_link_however_late_it_was_shown() -> None:
    form = rendering(SCOPE, LINK)
    text = TOKENS.form(form, NOW + DAY - timedelta(seconds=2))
    assert TOKENS.read_form(text, NOW + DAY - timedelta(seconds=1)) == (form, True)
    for later in (timedelta(0), FORM_AGE, timedelta(days=1000)):
        with pytest.raises(OverError):
            TOKENS.read_form(text, NOW + DAY + later)


def test_a_form_ends_with_the_key_of_its_link_whichever_key_signed_the_form() -> None:
    old = Tokens([OLDER]).link(SCOPE, NOW + DAY)
    text = Tokens([KEY, OLDER]).form(rendering(SCOPE, old), NOW)
    assert Tokens([KEY, OLDER]).read_form(text, NOW)[0].scope == SCOPE
    with pytest.raises(NotSignedError):
        TOKENS.read_form(text, NOW)


def test_a_form_is_no_longer_than_what_is_looked_at() -> None:
    uid = "5e9c1c3f-1c1e-4c57-9a2b-cf2b7f0f7a11"
    longest = Scope(uid, uid, "s" * 63, 1000)
    form = rendering(longest, TOKENS.link(longest, NOW + DAY))
    assert TOKENS.read_form(TOKENS.form(form, NOW), NOW) == (form, True)
