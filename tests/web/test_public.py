"""What everybody sees of a public service, part by part, beside what somebody sees who may read all of it."""

from __future__ import annotations

import re

import pytest

from platform_contracts.kube.kinds import PLATFORM_SERVICE, SLA
from tests.web.conftest import Open
from tests.web.full import full
from tests.web.test_access import PROVIDER, SERVICE, bearer
from tests.web.world import World

# Whoever has it answers by it: it is for those who may read the service.
SIGNED = "http://localhost:8090/feedback/WyI1ZTljMWMzZi0xYzFlLTRjNTct.signed"
# What names somebody, leads somewhere, or is said to whoever may read the service, its SLAs or its consumers.
NOT_PUBLIC = [
    SIGNED,
    "https://feedback.example.com/payments",
    "https://boards.example.com/payments",
    "https://docs.example.com/payments",
    "sam.lee@example.com",
    "#payments",
    "payments-primary",
    "shop-developers",
    "requests.cpu",
    "12 days overdue; ship it",
    "Prometheus cannot be reached",
    "Prometheus has no samples of it.",
    "payments-monthly-2027-04-r1",
    "Team A",
    "The SLI was 99.1394% of 99.9%.",
    "9 voices named it.",
    "payments-2027-04-01",
    "Maturity, aspect by aspect",
]


@pytest.fixture
def world() -> World:
    world = full(World())
    service = world.store.get(PLATFORM_SERVICE, "platform", "payments")
    sla = world.store.get(SLA, "platform", "payments")
    assert service is not None
    assert sla is not None
    sla["status"]["objectives"][0]["message"] = "Prometheus has no samples of it."
    service["status"]["feedback"]["links"].append({"name": "satisfaction", "type": "Form", "url": SIGNED})
    return world


async def page(open_page: Open, world: World, token: str | None) -> str:
    client = await open_page(world, public_services=["platform/payments"])
    answer = await client.get(SERVICE, headers=bearer(token) if token else {})
    assert answer.status == 200
    return str(await answer.text())


async def test_what_names_somebody_leads_out_or_tells_of_the_inside_is_for_who_may_read_it(
    open_page: Open, world: World
) -> None:
    everybody = await page(open_page, world, None)
    provider = await page(open_page, world, world.server.reader("provider", *PROVIDER))
    assert [part for part in NOT_PUBLIC if part not in provider] == []
    assert [part for part in NOT_PUBLIC if part in everybody] == []


async def test_everybody_sees_these_sections_and_these_links_alone(open_page: Open, world: World) -> None:
    text = await page(open_page, world, None)
    sections = ["slas", "maintenance", "consumers", "satisfaction", "roadmap"]
    assert re.findall(r'<h2 id="([a-z]+)"', text) == sections
    leads = {re.sub(r"[.][0-9a-f]{16}[.]", ".", link) for link in re.findall(r'(?:href|action|src)="([^"]*)"', text)}
    own = {"#main", "/", "/sign-in", "/assets/style.css", "/assets/icon.svg"}
    assert leads == own | {f"#{section}" for section in sections}
