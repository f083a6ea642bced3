"""A reader signs in by a token of the cluster, which a sealed cookie keeps until its time is over."""

from __future__ import annotations

import html
import re
import secrets
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from yarl import URL

from tests.web.conftest import Open
from tests.web.reading import ORIGIN, PROVIDER, SERVICE, payments, sign_in, status
from tests.web.world import World


@pytest.fixture
def world() -> World:
    return payments()


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


async def test_a_cookie_ends_after_its_seconds_whatever_the_browser_does(open_page: Open, world: World) -> None:
    client = await open_page(world, session_seconds=3600)
    answer = await sign_in(client, world.server.reader("provider", *PROVIDER))
    cookie = {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}
    began = world.now
    for seconds, shown in ((3590, 200), (3610, 404)):
        world.now = began + timedelta(seconds=seconds)
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
