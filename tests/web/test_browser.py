"""Every page in a real browser: no accessibility violation by axe in light and dark, nothing beside the screen on a
phone, nothing that the policy blocks, and all of it without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.web.full import full
from tests.web.serving import LOOKS, RULES, serving
from tests.web.world import World

RIGHTS = (
    *("list platformservices", "get platformservices", "list slas", "list maintenancewindows", "list slareports"),
    *("list productreports", "get productreports"),
    *("list platformconsumers", "get platformconsumers"),
)
PAGES = {
    "overview": "/",
    "nothing found": "/?q=no-such-service",
    "service": "/services/platform/payments",
    "ending service": "/services/platform/identity",
    "new service": "/services/platform/search",
    "assessment": "/assessments/platform/payments-2027-05-30",
    "first assessment": "/assessments/platform/payments-2027-03-01",
    "assessment without a measurement": "/assessments/platform/payments-2027-05-31",
    "consumers": "/consumers",
    "consumer": "/consumers/team-a/payments",
    "sign in": "/sign-in",
    "no such page": "/no/such/page",
}


@pytest.fixture(scope="module")
def world() -> World:
    return full(World())


@pytest.fixture(scope="module")
def url(world: World) -> Iterator[str]:
    with serving(world, public_services=["platform/search"]) as address:
        yield address


@pytest.fixture
def reading(browser: Browser, world: World, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A browser whose reader may see everything."""
    token = world.server.reader("alice@example.com", *RIGHTS)
    options = getattr(request, "param", {})
    context = browser.new_context(extra_http_headers={"Authorization": f"Bearer {token}"}, **options)
    yield context
    context.close()


def opened(context: BrowserContext, url: str) -> Page:
    """A page without a word on its console, which is where a browser says what a policy blocked."""
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(url)
    # A browser tells of each answer that is no success.
    assert [text for text in said if "status of 404" not in text] == []
    return page


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
@LOOKS
def test_everybody_can_read_it(reading: BrowserContext, url: str, path: str) -> None:
    page = opened(reading, url + path)
    for details in page.locator("details").all():
        details.evaluate("one => one.open = true")
    found = Axe().run(page, options=RULES)
    assert found.response["violations"] == [], found.generate_report()


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
@pytest.mark.parametrize("reading", [{"viewport": {"width": 360, "height": 740}}], indirect=True, ids=["phone"])
def test_a_phone_shows_it_without_scrolling_sideways(reading: BrowserContext, url: str, path: str) -> None:
    page = opened(reading, url + path)
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("reading", [{"java_script_enabled": False}], indirect=True, ids=["without scripts"])
def test_services_are_found_without_scripts(reading: BrowserContext, url: str) -> None:
    page = reading.new_page()
    page.goto(url)
    expect(page.get_by_role("listitem").filter(has=page.get_by_role("heading", level=2))).to_have_count(4)
    page.get_by_label("Search services").fill("developer")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", level=2)).to_have_text(["artifacts"])
    page.get_by_role("link", name="All", exact=True).click()
    expect(page.get_by_role("heading", level=2)).to_have_text(["artifacts"])
    page.goto(url)
    page.get_by_role("link", name="Breached 1").click()
    expect(page.get_by_role("heading", level=2)).to_have_text(["Identity"])
    page.get_by_role("link", name="Identity").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Identity")


def test_a_reader_signs_in_and_out(browser: Browser, world: World, url: str) -> None:
    token = world.server.reader("bob", *RIGHTS)
    context = browser.new_context()
    page = context.new_page()
    page.goto(url)
    expect(page.get_by_role("heading", level=2)).to_have_text(["search"])
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Token").fill("forged")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("The cluster does not know this token.")).to_be_visible()
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("bob")).to_be_visible()
    expect(page.get_by_role("heading", level=2)).to_have_count(4)
    (cookie,) = context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=2)).to_have_text(["search"])
    assert context.cookies() == []
    context.close()


def test_paper_shows_what_is_on_the_screen_in_dark_ink_and_without_its_controls(
    reading: BrowserContext, url: str
) -> None:
    page = opened(reading, f"{url}/services/platform/payments")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(20, 23, 28)"
    expect(page.get_by_role("heading", name="What it promises")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()


@pytest.mark.parametrize("reading", [{"viewport": {"width": 1200, "height": 900}}], indirect=True, ids=["wide"])
def test_the_keyboard_reaches_the_content_first(reading: BrowserContext, url: str) -> None:
    page = opened(reading, url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
