"""What the API server is asked of readers: no more than it takes, nothing twice, and nobody before others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from yarl import URL

from platform_contracts.engine.throttle import TokenBucket
from platform_contracts.kube.objects import Object
from platform_contracts.web.access.rights import MOST_NAMESPACES
from tests.web.conftest import Open
from tests.web.reading import PROVIDER, SERVICE, asked_about, bearer, payments, seen, sign_in, status
from tests.web.world import World


@pytest.fixture
def world() -> World:
    return payments()


async def test_what_was_asked_is_remembered_for_some_seconds(open_page: Open, world: World) -> None:
    token = world.server.reader("provider", *PROVIDER)
    client = await open_page(world)
    await seen(client, token)
    before = len(world.server.asked)
    for _ in range(5):
        await seen(client, token)
    assert len(world.server.asked) == before


@pytest.mark.parametrize(
    ("taken", "seconds", "part"),
    [("get", 30, "Payments API"), ("list", 120, "gold-promise-2027-05-r1")],
)
async def test_a_right_that_is_taken_away_ends(
    open_page: Open, world: World, monkeypatch: pytest.MonkeyPatch, taken: str, seconds: float, part: str
) -> None:
    """Half a minute later, and two minutes later that to a whole namespace."""
    loop, skipped = asyncio.get_running_loop(), 0.0
    clock = loop.time
    monkeypatch.setattr(loop, "time", lambda: clock() + skipped)
    token = world.server.reader("provider", *PROVIDER)
    client = await open_page(world)
    assert part in await seen(client, token)
    world.server.grants = {grant for grant in world.server.grants if grant[1] != taken}
    skipped += seconds + 1
    answer = await client.get(SERVICE, headers=bearer(token))
    assert part not in await answer.text()


async def test_many_unknown_tokens_keep_nobody_out_who_is_signed_in(open_page: Open, world: World) -> None:
    client = await open_page(world)
    await sign_in(client, world.server.reader("provider", *PROVIDER))
    answers = [await status(client, "/", f"guess-{number}") for number in range(150)]
    assert set(answers) == {401, 429}
    assert len([review for review in world.server.asked if "guess" in str(review)]) < 150
    assert await status(client, SERVICE) == 200


async def test_who_sends_many_unknown_tokens_shuts_nobody_else_out(open_page: Open, world: World) -> None:
    token = world.server.reader("provider", *PROVIDER)
    client = await open_page(world, trusted_proxies=["127.0.0.1"])
    spoken = [
        (await client.get("/", headers=bearer(f"guess-{number}") | {"X-Forwarded-For": "192.0.2.1"})).status
        for number in range(130)
    ]
    assert spoken[-1] == 429
    # What is left for everybody comes back, and the other client has all of its own share.
    async with asyncio.timeout(30):
        while True:
            other = await client.get(SERVICE, headers=bearer(token) | {"X-Forwarded-For": "192.0.2.2"})
            if other.status != 429:
                break
            await asyncio.sleep(0.05)
    assert other.status == 200


async def test_one_client_tries_so_many_bad_tokens_and_no_more(open_page: Open, world: World) -> None:
    world.unknown = TokenBucket(10000, 10000)
    client = await open_page(world, trusted_proxies=["127.0.0.1"])

    async def guess(number: int, address: str) -> int:
        headers = bearer(f"guess-{number}") | {"X-Forwarded-For": address}
        return int((await client.get("/", headers=headers)).status)

    assert [await guess(number, "192.0.2.1") for number in range(125)] == [401] * 120 + [429] * 5
    assert await guess(0, "192.0.2.2") == 401


async def test_good_tokens_of_one_client_are_not_counted(open_page: Open, world: World) -> None:
    world.unknown = TokenBucket(1000, 1000)
    client = await open_page(world)
    for number in range(160):
        assert await status(client, "/", world.server.reader(f"screen-{number}")) == 200


@pytest.mark.parametrize("path", ["/services/platform/{}", "/consumers/team-a/{}"])
async def test_what_is_not_there_is_asked_about_like_what_is(open_page: Open, world: World, path: str) -> None:
    client = await open_page(world)
    hidden, absent = [
        (await status(client, path.format(name), world.server.reader(f"stranger-{name}")), asked_about(world))
        for name in ("payments", "nothing")
    ]
    assert hidden[0] == absent[0] == 404
    # About all of them, all of the namespace, and this one.
    assert len(hidden[1]) == len(absent[1]) == 3


async def test_who_may_read_all_of_a_namespace_is_asked_about_once_for_all(open_page: Open, world: World) -> None:
    world.service("ledger")
    token = world.server.reader("narrow", "get platformservices in platform")
    client = await open_page(world)
    await seen(client, token)
    asked_about(world)
    await seen(client, token, "/services/platform/ledger")
    assert [one for one in asked_about(world) if one["verb"] == "get"] == []


async def test_what_is_no_name_is_not_asked_about(open_page: Open, world: World) -> None:
    client, token = await open_page(world), world.server.reader("stranger")
    for name in ("x" * 300, "A", "a%20b"):
        assert await status(client, f"/services/platform/{name}", token) == 404
    assert asked_about(world) == []


async def test_a_search_asks_the_same_whatever_it_would_find(open_page: Open, world: World) -> None:
    client = await open_page(world)
    asked = []
    for number, query in enumerate(("?q=Alpha", "?q=Nobody", "")):
        await seen(client, world.server.reader(f"stranger-{number}"), f"/consumers{query}")
        asked.append({one.get("namespace") for one in asked_about(world)} - {query[3:].lower()})
    assert asked == [{None, "team-a", "team-b"}] * 3


async def test_of_too_many_namespaces_the_one_is_asked_about_that_is_looked_for(open_page: Open, world: World) -> None:
    for number in range(MOST_NAMESPACES):
        world.consumer(f"before-{number:03d}")
    client, token = await open_page(world), world.server.reader("bob", "list platformconsumers in team-b")
    text = await seen(client, token, "/consumers")
    assert "Bravo" not in text
    assert "search for the name of yours" in text
    assert "Bravo" in await seen(client, token, "/consumers?q=team-b")


async def test_another_token_of_the_same_reader_asks_nothing_anew(open_page: Open, world: World) -> None:
    world.server.reader("ci", *PROVIDER)
    prefix = "authentication.kubernetes.io/"
    for number, scope in enumerate(("all", "all", "some")):
        extra = {f"{prefix}credential-id": [f"JTI={number}"], f"{prefix}pod-uid": [str(number)], "scopes": [scope]}
        world.server.tokens[f"another-{number}"] = {"username": "ci", "extra": extra}
    client = await open_page(world)
    await seen(client, "another-0")
    (subject, *_) = [review["spec"] for review in world.server.asked if "resourceAttributes" in review["spec"]]
    assert subject["extra"][f"{prefix}credential-id"] == ["JTI=0"]
    assert asked_about(world)
    await seen(client, "another-1")
    assert asked_about(world) == []
    # What may decide about rights keeps readers apart.
    await seen(client, "another-2")
    assert asked_about(world)


async def test_the_many_questions_of_one_reader_let_others_through(open_page: Open, world: World) -> None:
    for number in range(200):
        world.consumer(f"many-{number:03}")
    everybody, single = world.server.reader("narrow"), world.server.reader("wide", "list platformconsumers")
    now, most = 0, 0
    answer = world.server.create

    async def create(kind: Any, obj: Object) -> Object:
        nonlocal now, most
        now, most = now + 1, max(most, now + 1)
        await asyncio.sleep(0)
        now -= 1
        return await answer(kind, obj)

    world.server.create = create  # type: ignore[method-assign]
    client = await open_page(world)
    # On several pages at once, each of which asks about other namespaces first.
    searches = [" ".join(f"nowhere-{number}-{word}" for word in range(5)) for number in range(4)]
    await asyncio.gather(*(seen(client, everybody, str(URL("/consumers") % {"q": query})) for query in searches))
    assert len(asked_about(world)) > 200
    assert most <= 4
    assert "Bravo" in await seen(client, single, "/consumers")


async def test_who_asks_too_often_waits_and_nobody_else_does(open_page: Open, world: World) -> None:
    greedy, other = world.server.reader("greedy"), world.server.reader("other", "get platformservices in platform")
    client = await open_page(world)
    answers = [await status(client, f"/services/platform/nothing-{number}", greedy) for number in range(1210)]
    # The first page asks about all of them and all of the namespace as well.
    assert answers == [404] * 1198 + [429] * 12
    assert len(asked_about(world)) == 1200
    # What is remembered is no question.
    assert await status(client, "/services/platform/nothing-0", greedy) == 404
    assert await status(client, SERVICE, other) == 200
