"""The loop once around, in a browser and with kubectl: asked, answered, ranked, shipped, and seen by who asked."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from harness.form import open_link, send
from tests.operator.conftest import Eventually, Object, Platform

KEY = "a-key-of-these-tests-that-signs-links-and-forms"
# What would run if anything that people type were more than text.
SCRIPT = "<script>document.title='taken over'</script><img src=x onerror=\"document.title='taken over'\">"
WORDS = f"A refund takes a day, and our customers call us meanwhile {SCRIPT}"
FEEDBACK = {"acknowledgeWithinDays": 14, "surveys": [{"name": "satisfaction", "instrument": "CSAT"}]}
HOMES = ("loop-shop", "loop-search", "loop-mobile")


@pytest.fixture(scope="module")
def operator_config(tmp_path_factory: pytest.TempPathFactory) -> Object:
    keys = tmp_path_factory.mktemp("keys") / "signing-keys"
    keys.write_text(KEY)
    return {"logging": {"format": "console"}, "web": {"signingKeysFile": str(keys)}}


class Loop:
    """A service with two things on its roadmap, and the three teams that use it."""

    def __init__(self, platform: Platform) -> None:
        self.platform, self.provider = platform, platform.provider()
        self.roadmap("Proposed")
        for home in HOMES:
            platform.kubectl("create", "namespace", home)
            platform.consumer(home, self.provider, team=home.removeprefix("loop-").title())
        for home in HOMES:
            platform.ready("PlatformConsumer", home)

    def roadmap(self, refunds: str, **fields: str) -> None:
        """Apply the service, with that state of what answers who asks for faster refunds."""
        # By its figures the first is worth more to whoever asks for it, and nobody does.
        rice = {"confidencePercent": 80, "effortMonths": "1.5"}
        items = [
            {"name": "webhooks", "title": "Webhooks", "themes": ["events"], "rice": {"impact": "Massive", **rice}},
            {
                "name": "instant-refunds",
                "title": "Refunds within a minute",
                "state": refunds,
                "themes": ["refunds"],
                "rice": {"impact": "High", **rice},
                **fields,
            },
        ]
        roadmap = {"prioritization": "RICE", "items": items}
        self.platform.service(self.provider, displayName="Payments", feedback=FEEDBACK, roadmap=roadmap)

    def link(self, home: str) -> str:
        """The link to the survey that a team finds on its PlatformConsumer."""
        links = self.platform.get("PlatformConsumer", home, "payments")["status"]["feedback"]["links"]
        return next(str(link["url"]) for link in links if link["name"] == "satisfaction")

    def status(self) -> Any:
        """The service's status."""
        return self.platform.get("PlatformService", self.provider, "payments")["status"]

    def answers(self, home: str) -> list[Any]:
        """What a team reads of what it asked for."""
        status = self.platform.get("PlatformConsumer", home, "payments")["status"]
        return [(one["state"], one.get("roadmapItem")) for one in status["feedback"].get("answers", ())]

    def ranking(self) -> list[str]:
        """The roadmap in the order of its worth."""
        return [item["name"] for item in self.status()["roadmap"]["ranked"]]

    def reader(self) -> str:
        """The token of somebody of the first team, who may also view what the platform offers."""
        kubectl, home = self.platform.kubectl, HOMES[0]
        kubectl("create", "serviceaccount", "sam", "-n", home)
        for role, place in (("platformcontracts-consumer", home), ("platformcontracts-view", self.provider)):
            account = f"--serviceaccount={home}:sam"
            kubectl("create", "rolebinding", "sam", f"--clusterrole={role}", account, "-n", place)
        return kubectl("create", "token", "sam", "-n", home).stdout.strip()


def answer_in_the_browser(page: Page, link: str) -> None:
    """Answer a survey as somebody with a mouse and a keyboard does."""
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("How is Payments for you?")
    expect(page.get_by_text("You speak for Shop.")).to_be_visible()
    page.get_by_role("group", name="How satisfied are you with Payments?").get_by_label("2").check()
    page.get_by_label("What should change, and why?").fill(WORDS)
    page.get_by_label("refunds").check()
    page.get_by_label("Anything else that it is about").fill(f"one, two, three, {SCRIPT}")
    page.get_by_label("Is it one of these that are coming?").select_option("Refunds within a minute")
    page.get_by_role("button", name="Send").click()
    # Too many themes: what was typed is still there, as text, and nothing of it has run.
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("What should change, and why?")).to_have_value(WORDS)
    expect(page.get_by_role("group", name="How satisfied").get_by_label("2")).to_be_checked()
    expect(page).to_have_title("How is Payments for you? · Platform Contracts")
    page.get_by_label("Anything else that it is about").fill("")
    page.get_by_role("button", name="Send").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")


def test_the_loop_once_around(platform: Platform, browser: Browser, eventually: Eventually) -> None:
    loop = Loop(platform)
    assert loop.ranking() == ["webhooks", "instant-refunds"]
    context = browser.new_context()
    page, said = context.new_page(), list[str]()
    page.on("dialog", lambda dialog: said.append(dialog.message))
    answer_in_the_browser(page, loop.link(HOMES[0]))
    assert said == []
    (feedback,) = platform.all("feedback", loop.provider)
    assert feedback["spec"]["comment"] == WORDS
    assert feedback["spec"]["consumerRef"] == {"namespace": HOMES[0], "name": "payments"}
    for home, value in zip((*HOMES[1:], *HOMES[1:]), "4555", strict=True):
        sent = {"score-satisfaction": value, "theme": "refunds", "item": "instant-refunds" if value == "4" else ""}
        assert send(platform.operator.page_url, open_link(loop.link(home)).form, sent).status == 303

    eventually(lambda: loop.status()["feedback"].get("summary") == "CSAT 80% (n=5)", "the score shows")
    row = platform.kubectl("get", "psvc", "payments", "-n", loop.provider, "--no-headers").stdout
    assert "CSAT 80% (n=5)" in row
    themes = loop.status()["feedback"]["themes"]
    assert themes == [{"name": "refunds", "count": 3, "trend": "Rising"}]
    eventually(lambda: loop.ranking() == ["instant-refunds", "webhooks"], "what was asked for rises")
    eventually(lambda: loop.answers(HOMES[0]) == [("Open", "instant-refunds")], "the team sees that it is heard")

    triage = {"spec": {"triage": {"state": "Planned", "response": "You have it by December"}}}
    name = feedback["metadata"]["name"]
    platform.kubectl("patch", "feedback", name, "-n", loop.provider, "--type=merge", "-p", json.dumps(triage))
    eventually(lambda: loop.answers(HOMES[0]) == [("Planned", "instant-refunds")], "the team reads the answer")
    loop.roadmap("Shipped", shippedDate=f"{datetime.now(UTC):%Y-%m-%d}")
    eventually(lambda: loop.answers(HOMES[0]) == [("Shipped", "instant-refunds")], "you asked, we shipped")
    eventually(lambda: loop.ranking() == ["webhooks"], "what was shipped is no longer ahead")

    page.goto(f"{platform.operator.page_url}/sign-in")
    page.get_by_label("Token").fill(loop.reader())
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{platform.operator.page_url}/services/{loop.provider}/payments")
    satisfaction = page.get_by_role("region", name="What users think")
    expect(satisfaction).to_contain_text("80")
    expect(satisfaction).to_contain_text("5 answers")
    coming = page.get_by_role("region", name="What is coming")
    expect(coming).to_contain_text("You asked, we shipped")
    expect(coming).to_contain_text("Refunds within a minute")
    page.goto(f"{platform.operator.page_url}/consumers/{HOMES[0]}/payments")
    asked = page.get_by_role("region", name="What the team asked for")
    expect(asked).to_contain_text("Shipped")
    expect(asked).to_contain_text("You have it by December")
    # And there it may answer again.
    asked.get_by_role("link", name="satisfaction (Survey)").click()
    expect(page.get_by_text("You speak for Shop.")).to_be_visible()
    page.go_back()
    # What was said in words is on no page.
    assert "our customers call us" not in page.content()
    context.close()
