"""Who sees what: by the rights that a SubjectAccessReview says they have."""

from __future__ import annotations

import pytest

from platform_contracts.kube.kinds import PRODUCT_REPORT
from tests.web.conftest import Open
from tests.web.full import full
from tests.web.reading import PROVIDER, SERVICE, bearer, payments, seen, status
from tests.web.world import World


@pytest.fixture
def world() -> World:
    return payments()


async def test_without_a_token_nothing_is_there(open_page: Open, world: World) -> None:
    client = await open_page(world)
    assert [await status(client, path) for path in (SERVICE, "/consumers/team-a/payments")] == [404, 404]


async def test_what_may_not_be_seen_looks_like_what_is_not_there(open_page: Open, world: World) -> None:
    token = world.server.reader("stranger")
    client = await open_page(world)
    hidden = await client.get(SERVICE, headers=bearer(token))
    absent = await client.get("/services/platform/nothing", headers=bearer(token))
    assert (hidden.status, await hidden.text()) == (absent.status, await absent.text())


async def test_who_may_do_everything_sees_everything(open_page: Open, world: World) -> None:
    text = await seen(await open_page(world), world.server.reader("provider", *PROVIDER))
    for part in ("gold-promise-2027-05-r1", "Alpha", "Bravo", "#payments-internal", "Sam Lee", "runbooks.example.com"):
        assert part in text
    assert "The roadmap was to be reviewed." in text
    assert "Told inside." in text


async def test_each_part_of_the_page_needs_the_right_to_read_it(open_page: Open, world: World) -> None:
    reader = world.server.reader("narrow", "get platformservices/payments in platform")
    text = await seen(await open_page(world), reader)
    assert "Payments API" in text
    assert "gold-promise" not in text
    assert "Alpha" not in text
    assert "Nothing is planned." not in text

    reader = world.server.reader("slas-only", "get platformservices in platform", "list slas in platform")
    text = await seen(await open_page(world), reader)
    assert "gold-promise" in text
    assert "gold-promise-2027-05-r1" not in text


async def test_consumers_are_named_to_who_may_list_them_in_their_home(open_page: Open, world: World) -> None:
    reader = world.server.reader("alice", "get platformservices in platform", "list platformconsumers in team-a")
    text = await seen(await open_page(world), reader)
    assert "Alpha" in text
    assert "Bravo" not in text
    assert "team-b" not in text
    assert "And 1 more, in namespaces that you may not read." in text


async def test_a_consumers_page_is_for_who_may_read_that_consumer(open_page: Open, world: World) -> None:
    token = world.server.reader("bob", "get platformconsumers in team-b")
    client = await open_page(world)
    assert "It ends." in await seen(client, token, "/consumers/team-b/payments")
    assert await status(client, "/consumers/team-a/payments", token) == 404


async def test_an_assessments_page_is_for_who_may_read_that_report(open_page: Open, world: World) -> None:
    service = world.found.service("platform", "payments")
    assert service is not None
    consumers = {"ready": 2, "active": 2, "dormant": 0, "lost": 0}
    for month, about, previous in (("04", "secret-then", {}), ("05", "secret-now", {"resolved": 1, "remaining": 0})):
        end = f"2027-{month}-01T00:00:00Z"
        found = {"area": "Demand", "about": about, "severity": "Low", "evidence": "Said.", "roadmapItem": "None"}
        spec = {"serviceName": "payments", "serviceUID": service["metadata"]["uid"], "startTime": end, "endTime": end}
        spec |= {"summary": "Demand (Low)", "consumers": consumers, "feedback": {"voices": 0, "total": 0, "open": 0}}
        before = {"previous": {"time": "2027-04-01T00:00:00Z", **previous}} if previous else {}
        world.put(PRODUCT_REPORT, f"payments-{end[:10]}", "platform", spec={**spec, "improvements": [found], **before})
    client, path = await open_page(world), "/assessments/platform/payments-2027-05-01"
    token = world.server.reader("one", "get productreports/payments-2027-05-01 in platform")
    text = await seen(client, token, path)
    assert "secret-now" in text
    assert "<b>1</b> is resolved and <b>0</b> remain." in text
    assert "secret-then" not in text
    assert await status(client, "/assessments/platform/payments-2027-04-01", token) == 404
    every = world.server.reader("every", "get productreports in platform", "get platformservices in platform")
    text = await seen(client, every, path)
    assert "secret-then" in text
    assert "Low, resolved" in text
    assert [await status(client, path), await status(client, f"{path[:-1]}9", every)] == [404, 404]
    # The service's page names them to who may list them.
    assert path not in await seen(client, every)
    lists = world.server.reader("lists", "list productreports in platform", "get platformservices in platform")
    assert f'href="{path}"' in await seen(client, lists)


async def test_every_assessment_has_its_page_also_where_nothing_was_measured(open_page: Open) -> None:
    world = full(World())
    client, token = await open_page(world), world.server.reader("reads", "get productreports in platform")
    names = [report["metadata"]["name"] for report in world.store.all(PRODUCT_REPORT)]
    assert len(names) == 3
    pages = [await seen(client, token, f"/assessments/platform/{name}") for name in sorted(names)]
    assert ["99.9674% of 99.9%" in text for text in pages] == [False, True, False]
    assert "Not measured" in pages[2]


async def test_the_list_of_consumers_holds_those_that_the_reader_may_list(open_page: Open, world: World) -> None:
    token = world.server.reader("bob", "list platformconsumers in team-b")
    client = await open_page(world)
    text = await seen(client, token, "/consumers")
    assert "Bravo" in text
    assert "Alpha" not in text
    assert "Bravo" not in await seen(client, token, "/consumers?q=alpha")
    answer = await client.get("/consumers", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/sign-in?next=%2Fconsumers")


async def test_the_overview_holds_the_services_of_namespaces_that_the_reader_may_list(
    open_page: Open, world: World
) -> None:
    world.put_provider("finance")
    world.service("ledger", "finance")
    client = await open_page(world)
    text = await seen(client, world.server.reader("carol", "list platformservices in finance"), "/")
    assert "ledger" in text
    assert "Payments API" not in text
    assert "Payments API" in await seen(client, world.server.reader("dave", "list platformservices"), "/")


async def test_a_public_service_shows_nothing_that_names_somebody(open_page: Open, world: World) -> None:
    client = await open_page(world, public_services=["platform/payments"])
    text = await seen(client, None)
    assert "Payments API" in text
    assert "gold-promise" in text
    for part in ("Alpha", "team-a", "#payments-internal", "Sam Lee", "runbooks", "r1", "reviewed", "Told inside"):
        assert part not in text


async def test_a_public_service_shows_who_may_read_it_everything(open_page: Open, world: World) -> None:
    client = await open_page(world, public_services=["platform/payments"])
    assert "Sam Lee" in await seen(client, world.server.reader("provider", *PROVIDER))


async def test_a_public_service_shows_of_its_slas_to_who_may_not_read_them_what_it_shows_to_everybody(
    open_page: Open, world: World
) -> None:
    told = {"name": "availability", "state": "Breached", "target": "99.9", "message": "Told of one."}
    world.sla("told", status={"state": "Breached", "objectives": [told]})
    client = await open_page(world, public_services=["platform/payments"])
    alone = await seen(client, world.server.reader("alone", "get platformservices/payments in platform"))
    both = await seen(client, world.server.reader("both", "get platformservices in platform", "list slas in platform"))
    assert "gold-promise" in alone
    assert ("Told inside." in alone, "Told inside." in both) == (False, True)
    assert ("Told of one." in alone, "Told of one." in both) == (False, True)


@pytest.mark.parametrize(
    "authorization",
    ["Bearer forged", "Bearer ", "Bearer a b", "Bearer <script>", "Basic dXNlcjpwYXNz", "Bearer " + "x" * 7501],
)
async def test_a_bad_token_is_refused_and_not_taken_for_none(open_page: Open, world: World, authorization: str) -> None:
    client = await open_page(world, public_services=["platform/payments"])
    answer = await client.get(SERVICE, headers={"Authorization": authorization})
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


async def test_while_the_cluster_does_not_answer_nobody_is_shown_anything(open_page: Open, world: World) -> None:
    client = await open_page(world)
    world.server.broken = True
    answer = await client.get(SERVICE, headers=bearer("some-token"))
    assert answer.status == 503
    assert "The cluster does not answer at the moment." in await answer.text()
