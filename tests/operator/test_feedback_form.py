"""The form under attack, on a real operator and API server: what should not get in does not, the rest counts once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.form import Answer, open_link, send
from platform_contracts.product.tokens import Form, Scope, Tokens, rendering

if TYPE_CHECKING:
    from conftest import Eventually, Object, Platform

KEY = "a-key-of-these-tests-that-signs-links-and-forms"
FEEDBACK = {"surveys": [{"name": "satisfaction", "instrument": "CSAT"}]}
SCRIPT = "<script>document.title='taken over'</script><img src=x onerror=alert(1)>\"'>"
TOKENS = Tokens([KEY])
# The tests come through a proxy, so that each can be a client of its own.
LOOPBACK = "127.0.0.0/8"


@pytest.fixture(scope="module")
def operator_config(tmp_path_factory: pytest.TempPathFactory) -> Object:
    keys = tmp_path_factory.mktemp("keys") / "signing-keys"
    keys.write_text(KEY)
    return {
        "logging": {"format": "console", "level": "debug"},
        "dataSources": {"default": {"url": "http://127.0.0.1:9"}},
        "web": {"signingKeysFile": str(keys), "trustedProxies": [LOOPBACK]},
    }


class Survey:
    """One service that asks, with an SLA and a team that uses it."""

    def __init__(self, platform: Platform, client: int) -> None:
        self.platform, self.base_url = platform, platform.operator.page_url
        self.client = {"X-Forwarded-For": f"10.0.{client}.1"}
        self.provider, self.home = platform.provider(), platform.namespace("team")
        platform.service(self.provider, feedback=FEEDBACK, displayName="Payments")
        indicator = {"ratio": {"total": "requests_total", "errors": 'requests_total{code="500"}'}}
        objectives = [{"name": "availability", "target": "99.9", "indicator": indicator}]
        platform.apply("SLA", self.provider, "payments", {"serviceRef": {"name": "payments"}, "objectives": objectives})
        platform.consumer(self.home, self.provider)
        platform.ready("PlatformConsumer", self.home)
        platform.ready("SLA", self.provider)

    def links(self, kind: str) -> dict[str, str]:
        """The links on a status, by name."""
        place = self.home if kind == "PlatformConsumer" else self.provider
        status = self.platform.get(kind, place, "payments")["status"]
        return {link["name"]: link["url"] for link in status["feedback"]["links"]}

    def form(self, kind: str = "PlatformConsumer", name: str = "satisfaction") -> str:
        """A form as a link shows it."""
        return open_link(self.links(kind)[name]).form

    def send(self, form: str, **fields: Any) -> Answer:
        """Send it."""
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        return send(self.base_url, form, named, headers=self.client)

    def scope(self) -> Scope:
        """What the team's link means."""
        return TOKENS.read_link(self.links("PlatformConsumer")["satisfaction"].rsplit("/", 1)[1], datetime.now(UTC))

    def stored(self) -> list[Object]:
        """Every Feedback about the service."""
        return self.platform.all("feedback", self.provider)

    def status(self) -> Object:
        """The service's status about its users."""
        found: Object = self.platform.get("platformservice", self.provider, "payments")["status"].get("feedback", {})
        return found

    def responses(self) -> int:
        """How many answers count."""
        return int(self.status()["scores"][0]["responses"])


@pytest.fixture(scope="module")
def clients() -> Iterator[int]:
    return iter(range(1, 200))


@pytest.fixture
def survey(platform: Platform, clients: Iterator[int]) -> Survey:
    return Survey(platform, next(clients))


def test_every_status_shows_links_and_each_means_another(survey: Survey) -> None:
    shown = {kind: survey.links(kind) for kind in ("PlatformConsumer", "PlatformService", "SLA")}
    assert all(links.keys() == {"satisfaction", "request"} for links in shown.values())
    assert shown["PlatformService"] == shown["SLA"]
    assert not set(shown["PlatformService"].values()) & set(shown["PlatformConsumer"].values())
    for links in shown.values():
        for url in links.values():
            assert open_link(url).status == 200


def test_an_answer_by_the_teams_link_is_the_teams_and_it_reads_what_became_of_it(
    survey: Survey, platform: Platform, eventually: Eventually
) -> None:
    answer = survey.send(survey.form(), score_satisfaction="5", comment="Refunds take a day", more_themes="Refunds")
    assert (answer.status, answer.headers["Location"]) == (303, "/feedback/thanks")
    (stored,) = survey.stored()
    assert stored["spec"] == {
        "serviceRef": {"name": "payments"},
        "method": "Survey",
        "survey": "satisfaction",
        "questionVersion": 1,
        "scores": [{"question": "satisfaction", "value": 5}],
        "consumerRef": {"namespace": survey.home, "name": "payments"},
        "themes": ["refunds"],
        "comment": "Refunds take a day",
    }
    assert not {"labels", "annotations", "ownerReferences"} & stored["metadata"].keys()
    eventually(lambda: survey.responses() == 1, "the answer counts")

    def answers() -> Any:
        return platform.get("PlatformConsumer", survey.home, "payments")["status"]["feedback"].get("answers")

    name = stored["metadata"]["name"]
    eventually(lambda: answers() == [{"name": name, "state": "Open"}], "the team sees that it is heard")


def test_a_request_by_the_services_link_is_nobodys(survey: Survey) -> None:
    sent = survey.send(survey.form("SLA", "request"), comment="Webhooks, please", severity="Critical")
    assert sent.status == 303
    (stored,) = survey.stored()
    assert stored["spec"] == {
        "serviceRef": {"name": "payments"},
        "method": "Request",
        "comment": "Webhooks, please",
    }


def test_a_teams_request_may_say_how_much_it_matters(survey: Survey) -> None:
    sent = survey.send(survey.form("PlatformConsumer", "request"), comment="It is down", severity="Critical")
    assert sent.status == 303
    (stored,) = survey.stored()
    assert stored["spec"]["severity"] == "Critical"


def signed(survey: Survey, scope: Scope, *, ends: timedelta = timedelta(days=1), key: str = KEY) -> str:
    """A link that somebody made."""
    return f"{survey.base_url}/feedback/{Tokens([key]).link(scope, datetime.now(UTC) + ends)}"


def form_of(scope: Scope, *, ends: timedelta = timedelta(days=1)) -> Form:
    """A rendering of the page behind such a link."""
    return rendering(scope, TOKENS.link(scope, datetime.now(UTC) + ends))


def test_forged_expired_and_foreign_links_open_nothing(survey: Survey, platform: Platform) -> None:
    scope, good = survey.scope(), survey.links("PlatformConsumer")["satisfaction"]
    other = platform.namespace("other")
    platform.service(survey.provider, "invoices", feedback=FEEDBACK)
    platform.apply(
        "PlatformConsumer",
        other,
        "invoices",
        {"serviceRef": {"namespace": survey.provider, "name": "invoices"}, "planName": "small"},
    )
    elsewhere = platform.ready("PlatformConsumer", other, "invoices")["metadata"]["uid"]
    assert open_link(signed(survey, scope)).status == 200
    forged = [signed(survey, scope, key="another-key-than-that-of-the-operator"), f"{good[:-4]}AAAA", f"{good}A"]
    opened = [open_link(url) for url in forged]
    assert {answer.status for answer in opened} == {404}
    assert len({answer.text for answer in opened}) == 1
    ended = [
        signed(survey, scope, ends=timedelta(seconds=-1)),
        # Another service's team, a service that never was, a survey that is none, a question of before.
        signed(survey, replace(scope, consumer=elsewhere)),
        signed(survey, replace(scope, service="00000000-0000-0000-0000-000000000000")),
        signed(survey, replace(scope, survey="happiness")),
        signed(survey, replace(scope, version=7)),
    ]
    opened = [open_link(url) for url in ended]
    assert {answer.status for answer in opened} == {410}
    assert len({answer.text for answer in opened}) == 1

    now = datetime.now(UTC)
    for form in (
        "",
        good.rsplit("/", 1)[1],
        Tokens(["another-key-than-that-of-the-operator"]).form(form_of(scope), now),
        TOKENS.form(form_of(replace(scope, consumer=elsewhere)), now),
        TOKENS.form(form_of(replace(scope, version=7)), now),
        TOKENS.form(form_of(scope), now - timedelta(days=1)),
        TOKENS.form(form_of(scope, ends=timedelta(seconds=-1)), now),
    ):
        assert survey.send(form, score_satisfaction="5").status in (404, 410, 422)
    assert survey.stored() == []


def test_of_a_form_that_is_sent_many_times_at_once_there_is_one_feedback(
    survey: Survey, eventually: Eventually
) -> None:
    form = survey.form()
    with ThreadPoolExecutor(15) as pool:
        answers = [
            *pool.map(lambda _: survey.send(form, score_satisfaction="5", comment="Twice", theme="speed"), range(15))
        ]
    assert {answer.status for answer in answers} == {303}
    assert len(survey.stored()) == 1
    eventually(lambda: survey.responses() == 1, "it counts once")
    assert survey.send(form, score_satisfaction="1", comment="Otherwise").status == 409
    assert [stored["spec"]["comment"] for stored in survey.stored()] == ["Twice"]


def test_what_is_posted_from_another_site_is_not_taken(survey: Survey) -> None:
    form = survey.form()
    for headers in (
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": f"http://localhost.evil.example.com:{survey.base_url.rsplit(':', 1)[1]}"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json"},
        {"Content-Type": "multipart/form-data; boundary=x"},
    ):
        answer = send(survey.base_url, form, {"score-satisfaction": "5"}, headers=headers)
        assert answer.status in (403, 415), headers
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert survey.stored() == []


def test_scripts_in_every_field_are_stored_as_words_and_shown_as_words(survey: Survey) -> None:
    fields = {"comment": SCRIPT, "more_themes": SCRIPT, "theme": SCRIPT, "item": SCRIPT, "team": SCRIPT * 2}
    wrong = survey.send(survey.form("SLA", "request"), **fields)
    assert wrong.status == 422
    assert "<script" not in wrong.text
    assert "<img src=x" not in wrong.text
    assert wrong.headers["Content-Security-Policy"].startswith("default-src 'none'")
    understood = {"team": SCRIPT[:63], "more_themes": SCRIPT[:40], "theme": "", "item": ""}
    assert survey.send(wrong.form, **fields | understood).status == 303
    (stored,) = survey.stored()
    assert stored["spec"]["comment"] == SCRIPT
    assert stored["spec"]["team"] == SCRIPT[:63]
    assert not set("".join(stored["spec"]["themes"])) - set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_a_comment_of_a_megabyte_is_refused(survey: Survey) -> None:
    answer = survey.send(survey.form(), score_satisfaction="5", comment="x" * 1_000_000)
    assert answer.status == 413
    assert "Go back, shorten it and send it again" in answer.text
    longest = survey.send(survey.form(), score_satisfaction="5", comment="ü" * 4096)
    assert longest.status == 303
    assert survey.send(survey.form(), score_satisfaction="5", comment="ü" * 4097).status == 422
    assert [len(stored["spec"]["comment"]) for stored in survey.stored()] == [4096]


def test_of_a_thousand_forms_that_one_client_sends_a_few_are_taken_and_each_of_these_counts(
    survey: Survey, platform: Platform, eventually: Eventually
) -> None:
    scope, now = survey.scope(), datetime.now(UTC)
    forms = [TOKENS.form(form_of(scope), now) for _ in range(1000)]
    with ThreadPoolExecutor(16) as pool:
        answers = [*pool.map(lambda form: survey.send(form, score_satisfaction="5"), forms)]
    counts = Counter(answer.status for answer in answers)
    assert counts.keys() == {303, 429}
    # At most those of two minutes of the clock that follow each other.
    assert 20 <= counts[303] <= 100
    assert len(survey.stored()) == counts[303]
    eventually(lambda: survey.responses() == counts[303], "each that was taken counts")
    assert platform.operator.ready()
    # Whoever is somebody else is heard all the same.
    assert replace_client(survey).send(survey.form("SLA"), score_satisfaction="5").status == 303


def replace_client(survey: Survey) -> Survey:
    """The same survey, answered from another address."""
    survey.client = {"X-Forwarded-For": "10.1.0.1"}
    return survey


def test_of_a_teams_link_that_got_about_so_much_is_taken_from_all_together(survey: Survey) -> None:
    scope, now = survey.scope(), datetime.now(UTC)

    def answer(number: int) -> int:
        sent = {"X-Forwarded-For": f"10.2.{number}.1"}
        form = TOKENS.form(form_of(scope), now)
        return send(survey.base_url, form, {"score-satisfaction": "5"}, headers=sent).status

    counts = Counter(answer(number) for number in range(150))
    assert counts == {303: 100, 429: 50}
    assert len(survey.stored()) == 100


def test_a_quota_bounds_what_is_said_and_nothing_that_was_typed_is_lost(survey: Survey, platform: Platform) -> None:
    platform.kubectl(
        *("create", "quota", "feedback", "-n", survey.provider, "--hard=count/feedback.platformcontracts.io=0")
    )
    answer = survey.send(survey.form(), score_satisfaction="5", comment="Full")
    assert answer.status == 503
    assert "takes no more answers at the moment" in answer.text
    assert "Full</textarea>" in answer.text
    platform.kubectl("delete", "quota", "feedback", "-n", survey.provider)
    assert survey.send(answer.form, score_satisfaction="5", comment="Full").status == 303
    assert len(survey.stored()) == 1


def test_links_stand_as_they_are_and_are_nowhere_else(survey: Survey, platform: Platform) -> None:
    places = (
        ("platformconsumer", survey.home),
        ("platformservice", survey.provider),
        ("sla", survey.provider),
    )
    tokens = [url.rsplit("/", 1)[1] for kind in ("SLA", "PlatformConsumer") for url in survey.links(kind).values()]
    for url in survey.links("PlatformConsumer").values():
        open_link(url)
    assert survey.send(survey.form(), score_satisfaction="9").status == 422
    assert survey.send(survey.form(), score_satisfaction="5").status == 303
    for kind, place in places:
        platform.kubectl("annotate", kind, "payments", "-n", place, "seen=true")
    marker = platform.namespace("later")
    platform.consumer(marker, survey.provider)
    platform.ready("PlatformConsumer", marker)
    after = [survey.links(kind) for kind in ("PlatformConsumer", "SLA")]
    assert [url.rsplit("/", 1)[1] for links in reversed(after) for url in links.values()] == tokens
    log = platform.operator.log.read_text()
    others = platform.kubectl(
        "get", "events,namespaces,configmaps,prometheusrules,feedback", "--all-namespaces", "--output=json"
    ).stdout
    metrics = platform.operator.metrics()
    labels = json.dumps(
        [
            platform.get(kind, place, "payments")["metadata"].get(part, {})
            for kind, place in places
            for part in ("labels", "annotations")
        ]
    )
    for token in [*tokens, KEY]:
        for text in (log, others, metrics, labels):
            assert token not in text
            assert token[:24] not in text


def test_the_key_is_rotated_while_the_operator_runs(
    survey: Survey, platform: Platform, operator_config: Object, eventually: Eventually
) -> None:
    old = survey.links("PlatformConsumer")["satisfaction"]
    keys = Path(operator_config["web"]["signingKeysFile"])
    keys.write_text(f"{'the-younger-key-' * 3}\n{KEY}\n")
    try:
        assert open_link(old).status == 200
        scope = TOKENS.read_link(old.rsplit("/", 1)[1], datetime.now(UTC))
        assert open_link(signed(survey, scope, key="the-younger-key-" * 3)).status == 200
        platform.kubectl("annotate", "platformconsumer", "payments", "-n", survey.home, "seen=again")
        eventually(lambda: survey.links("PlatformConsumer")["satisfaction"] != old, "a link by the younger key")
        assert open_link(old).status == 200
    finally:
        keys.write_text(KEY)
