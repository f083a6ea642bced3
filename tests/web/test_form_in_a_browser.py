"""The form behind a link in a real browser: everybody can fill it in, on a phone and without scripts, and none runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.kube.objects import uid
from platform_contracts.product.links import offered
from platform_contracts.product.tokens import Tokens
from tests.web.serving import LOOKS, RULES, serving
from tests.web.world import World

KEY = "k" * 44
SURVEYS = [{"name": "recommendation", "instrument": "NPS"}, {"name": "fit", "instrument": "UMUXLite"}]
ITEMS = [{"name": "instant-refunds", "title": "Refunds within a minute", "themes": ["refunds"]}]


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The links that a service shows to everybody, by name."""
    keys = tmp_path_factory.mktemp("keys") / "signing-keys"
    keys.write_text(KEY)
    world = World()
    service = world.service(
        spec={"displayName": "Payments", "feedback": {"surveys": SURVEYS}, "roadmap": {"items": ITEMS}}
    )
    spec = PlatformServiceSpec.model_validate(service["spec"])
    with serving(world, signing_keys_file=keys) as url:
        found = offered(Tokens([KEY]), url, spec, uid(service), None, world.now)
        yield {link["name"]: link["url"] for link in found} | {"nothing": f"{url}/feedback/nothing"}


@pytest.fixture
def reading(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    context = browser.new_context(**getattr(request, "param", {}))
    yield context
    context.close()


def judge(page: Page) -> None:
    """No violation by axe, and nothing beside the screen."""
    found = Axe().run(page, options=RULES)
    assert found.response["violations"] == [], found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


@LOOKS
def test_everybody_can_fill_it_in(reading: BrowserContext, links: dict[str, str]) -> None:
    page = reading.new_page()
    for name in ("recommendation", "fit", "request", "nothing"):
        page.goto(links[name])
        judge(page)
    page.goto(links["request"])
    page.get_by_label("Anything else that it is about").fill("a, b, c, d, e")
    page.get_by_label("Your team").fill("Search")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was sent yet")
    judge(page)
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_label("Anything else that it is about")).to_be_focused()
    page.get_by_label("Anything else that it is about").fill("speed")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    judge(page)


@pytest.mark.parametrize("reading", [{"java_script_enabled": False}], indirect=True, ids=["without scripts"])
def test_nothing_of_it_needs_a_script(reading: BrowserContext, links: dict[str, str]) -> None:
    page = reading.new_page()
    page.goto(links["fit"])
    for question in ("What Payments can do meets my requirements.", "Payments is easy to use."):
        page.get_by_role("group", name=question).get_by_label("6").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    assert page.url.endswith("/feedback/thanks")


def test_whoever_goes_back_finds_what_was_typed_and_does_not_count_twice(
    reading: BrowserContext, links: dict[str, str]
) -> None:
    page = reading.new_page()
    page.goto(links["request"])
    page.get_by_label("What do you need, and what for?").fill("Webhooks")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    page.go_back()
    page.get_by_label("What do you need, and what for?").fill("Webhooks, and more")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("You sent this page before with other words")
    expect(page.get_by_label("What do you need, and what for?")).to_have_value("Webhooks, and more")


def test_no_request_names_the_link(reading: BrowserContext, links: dict[str, str]) -> None:
    page, referers = reading.new_page(), list[str]()
    page.on("request", lambda request: referers.append(request.headers.get("referer", "")))
    page.goto(links["request"])
    page.get_by_label("What do you need, and what for?").fill("Webhooks")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    page.get_by_role("link", name="Platform Contracts").click()
    token = links["request"].rsplit("/", 1)[1]
    assert len(referers) > 3
    assert not [referer for referer in referers if token in referer]
    assert token not in page.url
