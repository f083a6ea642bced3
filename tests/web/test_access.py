"""Who sees what: a token is the API server's word on who reads, a SubjectAccessReview on what they may see."""

from __future__ import annotations

import asyncio
import html
import re
import secrets
import time
from http.cookies import SimpleCookie
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from limits import parse
from yarl import URL

from platform_contracts.engine.throttle import TokenBucket
from platform_contracts.kube.kinds import PRODUCT_REPORT, SLA_REPORT
from platform_contracts.kube.objects import Object
from platform_contracts.web import clients
from platform_contracts.web.access.rights import MOST_NAMESPACES
from tests.web.conftest import Open
from tests.web.full import full
from tests.web.world import World

ORIGIN = {"Origin": "http://localhost:8090"}
LISTS = "list slas in platform", "list maintenancewindows in platform", "list slareports in platform"
PROVIDER = ("list platformservices in platform", "get platformservices in platform", *LISTS, "list platformconsumers")
SERVICE = "/services/platform/payments"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def world() -> World:
    world = World()
    contacts = [{"name": "chat", "type": "Slack", "value": "#payments-internal"}]
    world.service(
        spec={
            "displayName": "Payments API",
            "owner": {"team": "payments", "productManager": "Sam Lee", "contacts": contacts},
            "links": [{"name": "runbook", "type": "Runbook", "url": "https://runbooks.example.com/payments"}],
        },
        status={
            "consumers": {"total": 2, "ready": 2, "summary": "2/2"},
            "conditions": [_condition("RoadmapCurrent", "False", "The roadmap was to be reviewed.")],
        },
    )
    world.sla("gold-promise", status={"state": "Met", "conditions": [_condition("DataFresh", "False", "Told inside.")]})
    report = {"slaName": "gold-promise", "slaUID": "uid-gold", "serviceName": "payments", "period": "2027-05"}
    report["verdict"] = "Met"
    report |= {"startTime": "2027-05-01T00:00:00Z", "endTime": "2027-06-01T00:00:00Z", "revision": 1, "objectives": []}
    world.put(SLA_REPORT, "gold-promise-2027-05-r1", "platform", spec=report)
    world.consumer("team-a", spec={"team": "Alpha"})
    world.consumer("team-b", spec={"team": "Bravo"}, status={"notices": [{"type": "Sunset", "message": "It ends."}]})
    return world


def _condition(type_: str, status: str, message: str) -> Object:
    return {
        "type": type_,
        "status": status,
        "message": message,
        "reason": "X",
        "lastTransitionTime": "2027-05-01T00:00:00Z",
    }


async def seen(client: Any, token: str | None, path: str = SERVICE) -> str:
    answer = await client.get(path, headers=bearer(token) if token else {})
    assert answer.status == 200, (path, answer.status)
    return str(await answer.text())


async def status(client: Any, path: str, token: str | None = None) -> int:
    return int((await client.get(path, headers=bearer(token) if token else {})).status)


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


async def sign_in(client: Any, token: str, **headers: str) -> Any:
    return await client.post("/sign-in", data={"token": token}, headers=ORIGIN | headers, allow_redirects=False)


async def test_signing_in_keeps_the_token_in_a_cookie_that_says_nothing(open_page: Open, world: World) -> None:
    token = world.server.reader("provider", *PROVIDER)
    client = await open_page(world)
    answer = await sign_in(client, f" {token}\n")
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    (cookie,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
    assert token not in cookie.value
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["max-age"]) == (True, "Lax", "/", "3600")
    text = await (await client.get(SERVICE)).text()
    assert "Sam Lee" in text
    assert "provider" in text


async def test_over_https_the_cookie_is_the_hosts_alone(open_page: Open, world: World) -> None:
    token = world.server.reader("provider")
    client = await open_page(world, base_url="https://contracts.example.com")
    answer = await sign_in(client, token, Origin="https://contracts.example.com")
    assert answer.headers["Set-Cookie"].startswith("__Host-session=")
    (cookie,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
    assert (cookie["secure"], cookie["domain"]) == (True, "")


async def test_signing_out_forgets_it(open_page: Open, world: World) -> None:
    client = await open_page(world)
    await sign_in(client, world.server.reader("provider", *PROVIDER))
    answer = await client.post("/sign-out", headers=ORIGIN, allow_redirects=False)
    assert answer.status == 303
    assert await status(client, SERVICE) == 404


async def test_a_cookie_ends_after_its_seconds_whatever_the_browser_does(
    open_page: Open, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await open_page(world, session_seconds=3600)
    answer = await sign_in(client, world.server.reader("provider", *PROVIDER))
    cookie = {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}
    now = time.time()
    for seconds, shown in ((3590, 200), (3610, 404)):
        monkeypatch.setattr("cryptography.fernet.time", SimpleNamespace(time=lambda later=seconds: now + later))
        client.session.cookie_jar.clear()
        assert (await client.get(SERVICE, headers=cookie)).status == shown


async def test_a_token_that_is_not_known_signs_nobody_in(open_page: Open, world: World) -> None:
    answer = await sign_in(await open_page(world), "forged")
    assert answer.status == 401
    assert "The cluster does not know this token." in await answer.text()
    assert "Set-Cookie" not in answer.headers
    assert "forged" not in await answer.text()


async def test_nobody_is_signed_in_or_out_from_another_site(open_page: Open, world: World) -> None:
    client = await open_page(world)
    token = world.server.reader("provider")
    for origin in ("https://evil.example.com", "null"):
        assert (await sign_in(client, token, Origin=origin)).status == 403
        assert (await client.post("/sign-out", headers={"Origin": origin})).status == 403
    assert (await client.post("/sign-in", data={"token": token})).status == 403


@pytest.mark.parametrize("forged", ["", "abc", "gAAAAABh" + "A" * 100, "é"])
async def test_a_cookie_that_was_not_sealed_here_is_none(open_page: Open, world: World, forged: str) -> None:
    client = await open_page(world)
    answer = await client.get(SERVICE, headers={"Cookie": f"platform-contracts-session={forged}"})
    assert answer.status == 404


async def test_a_cookie_of_another_process_is_none(open_page: Open, world: World) -> None:
    first, second = await open_page(world), await open_page(world)
    answer = await sign_in(first, world.server.reader("provider", *PROVIDER))
    cookie = {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}
    assert (await first.get(SERVICE, headers=cookie)).status == 200
    assert (await second.get(SERVICE, headers=cookie)).status == 404


async def test_with_a_signing_key_readers_stay_signed_in_over_a_restart_until_it_is_taken_out(
    open_page: Open, world: World, tmp_path: Path
) -> None:
    old, new, file = "o" * 44, "n" * 44, tmp_path / "keys"
    file.write_text(old)
    before = await open_page(world, enabled=True, signing_keys_file=file)
    answer = await sign_in(before, world.server.reader("provider", *PROVIDER))
    cookie = {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}
    after = await open_page(world, enabled=True, signing_keys_file=file)
    assert (await after.get(SERVICE, headers=cookie)).status == 200
    file.write_text(f"{new}\n{old}\n")
    assert (await after.get(SERVICE, headers=cookie)).status == 200
    file.write_text(f"{new}\n")
    assert (await after.get(SERVICE, headers=cookie)).status == 404
    assert old not in cookie["Cookie"]


async def test_a_token_that_is_too_long_for_a_cookie_is_told(open_page: Open, world: World) -> None:
    token = secrets.token_urlsafe(5000)
    world.server.tokens[token] = {"username": "eve"}
    answer = await sign_in(await open_page(world), token)
    assert answer.status == 400
    assert "too long for a cookie" in await answer.text()


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


async def test_while_the_cluster_does_not_answer_nobody_is_shown_anything(open_page: Open, world: World) -> None:
    client = await open_page(world)
    world.server.broken = True
    answer = await client.get(SERVICE, headers=bearer("some-token"))
    assert answer.status == 503
    assert "The cluster does not answer at the moment." in await answer.text()


def asked_about(world: World) -> list[Object]:
    """What was asked of rights, without whose they are."""
    reviews = [review["spec"] for review in world.server.asked]
    world.server.asked.clear()
    return [spec["resourceAttributes"] for spec in reviews if "resourceAttributes" in spec]


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


async def test_who_asks_too_often_waits_and_nobody_else_does(
    open_page: Open, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "_QUESTIONS", parse("20/minute"))
    greedy, other = world.server.reader("greedy"), world.server.reader("other", "get platformservices in platform")
    client = await open_page(world)
    answers = [await status(client, f"/services/platform/nothing-{number}", greedy) for number in range(30)]
    # The first page asks about all of them and all of the namespace as well.
    assert answers == [404] * 18 + [429] * 12
    assert len(asked_about(world)) == 20
    # What is remembered is no question.
    assert await status(client, "/services/platform/nothing-0", greedy) == 404
    assert await status(client, SERVICE, other) == 200


@pytest.mark.parametrize(
    ("path", "referer", "leads"),
    [
        ("/sign-in", "http://localhost:8090/services/platform/payments?x=1", "/services/platform/payments?x=1"),
        ("/sign-in?next=%2Fconsumers%3Fq%3Dteam", "http://localhost:8090/", "/consumers?q=team"),
        ("/sign-in", "http://localhost:8090/sign-in", "/"),
        ("/sign-in", "http://localhost:8090", "/"),
        ("/sign-in", "", "/"),
        ("/sign-in?next=https://evil.example.com/", "", "/"),
        ("/sign-in?next=//evil.example.com/", "", "/"),
        ("/sign-in?next=/%5Cevil.example.com/", "", "/"),
        ("/sign-in?next=/%09/evil.example.com/", "", "/"),
        ("/sign-in?next=/x%0d%0aSet-Cookie:a", "", "/"),
    ],
)
async def test_signing_in_leads_back_to_the_page_that_was_asked_for(
    open_page: Open, world: World, path: str, referer: str, leads: str
) -> None:
    client, token = await open_page(world), world.server.reader("provider", *PROVIDER)
    text = await (await client.get(URL(path, encoded=True), headers={"Referer": referer})).text()
    (asked,) = re.findall(r'name="next" value="([^"]*)"', text)
    assert html.unescape(asked) == leads
    fields = {"token": token, "next": html.unescape(asked)}
    answer = await client.post("/sign-in", data=fields, headers=ORIGIN, allow_redirects=False)
    assert answer.headers["Location"] == leads
    evil = await client.post("/sign-in", data=fields | {"next": "//evil"}, headers=ORIGIN, allow_redirects=False)
    assert evil.headers["Location"] == "/"


async def test_every_page_knows_who_is_signed_in(open_page: Open, world: World) -> None:
    client = await open_page(world)
    nobody = await (await client.get(SERVICE)).text()
    assert 'href="/sign-in"' in nobody
    await sign_in(client, world.server.reader("alice"))
    for path in (SERVICE, "/sign-in"):
        text = await (await client.get(path)).text()
        assert "alice" in text
        assert 'href="/sign-in"' not in text
    wrong = await client.post("/sign-in", data={"token": "forged"}, headers=ORIGIN)
    assert "alice" in await wrong.text()
    # Where nobody asks who reads, nothing is said of it.
    for path in ("/no/such/page", "/feedback/thanks", "/feedback/nonsense"):
        text = await (await client.get(path)).text()
        assert "alice" not in text
        assert 'href="/sign-in"' not in text
