"""What stands around every page: headers, limits, the origin of what is posted, and pages for what goes wrong."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request

from platform_contracts.config import Web
from platform_contracts.web.assets import assets
from platform_contracts.web.guards import MAX_BODY_BYTES, guards, same_origin
from tests.web.conftest import Open
from tests.web.world import World

PUBLIC = {"public_services": ["platform/*"]}
HTTPS = Web(enabled=True, base_url="https://contracts.example.com")
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize("path", ["/", "/no/such/page", assets()["style.css"].path])
async def test_every_answer_carries_the_headers(open_page: Open, path: str) -> None:
    answer = await (await open_page(World(), **PUBLIC)).get(path)
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "aiohttp" not in answer.headers["Server"]
    assert "Strict-Transport-Security" not in answer.headers


async def test_browsers_are_told_to_come_by_https_where_the_page_is_there(open_page: Open) -> None:
    client = await open_page(World(), base_url="https://contracts.example.com", **PUBLIC)
    assert (await client.get("/")).headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_pages_are_kept_by_no_cache_and_files_by_every_one(open_page: Open) -> None:
    client = await open_page(World(), **PUBLIC)
    assert (await client.get("/")).headers["Cache-Control"] == "no-store"
    file = await client.get(assets()["style.css"].path)
    assert (file.status, file.content_type) == (200, "text/css")
    assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"


async def test_a_page_that_is_not_there_says_so_in_a_page(open_page: Open) -> None:
    answer = await (await open_page(World())).get("/<script>alert(1)</script>")
    text = await answer.text()
    assert answer.status == 404
    assert "There is no such page, or you may not see it." in text
    assert "<script" not in text


async def test_a_page_that_fails_says_nothing_of_why(capsys: pytest.CaptureFixture[str]) -> None:
    async def fail(request: web.Request) -> web.Response:
        raise ValueError(request.path_qs)

    app = web.Application(middlewares=guards(Web()))
    app.router.add_get("/fail/{token}", fail)
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/fail/swordfish?q=swordfish")
        text = await answer.text()
    logged = capsys.readouterr().out
    assert answer.status == 500
    assert "swordfish" not in text
    assert "ValueError" not in text
    assert "/fail/{token}" in logged
    assert "ValueError" in logged
    assert "swordfish" not in logged


async def echo(request: web.Request) -> web.Response:
    return web.Response(text=str(len(await request.post())))


async def test_a_form_may_be_as_long_as_the_longest_that_there_is_and_no_longer() -> None:
    app = web.Application(middlewares=guards(Web()), client_max_size=MAX_BODY_BYTES)
    app.router.add_post("/", echo)
    async with TestClient(TestServer(app)) as client:
        origin = {"Origin": "http://localhost:8090"}
        assert (await client.post("/", data={"comment": "x" * 50_000}, headers=origin)).status == 200
        assert (await client.post("/", data={"comment": "x" * 1_000_000}, headers=origin)).status == 413


@pytest.mark.parametrize(
    ("config", "host", "origin", "taken"),
    [
        (HTTPS, "contracts.example.com", "https://contracts.example.com", True),
        (HTTPS, "contracts.example.com", "https://evil.example.com", False),
        (HTTPS, "contracts.example.com", "http://contracts.example.com", False),
        (HTTPS, "contracts.example.com", "https://contracts.example.com:8443", False),
        (HTTPS, "contracts.example.com", "null", False),
        (HTTPS, "contracts.example.com", None, False),
        # A port-forward to whatever port.
        (HTTPS, "localhost:9000", "http://localhost:9000", True),
        (HTTPS, "127.0.0.1:9000", "http://127.0.0.1:9000", True),
        (HTTPS, "[::1]:9000", "http://[::1]:9000", True),
        # Another program on the same machine is another site.
        (HTTPS, "localhost:9000", "http://localhost:3000", False),
        # A name that its owner made lead here.
        (HTTPS, "evil.example.com:9000", "http://evil.example.com:9000", False),
        (HTTPS, "contracts.example.com", "http://[", False),
    ],
)
def test_what_is_posted_comes_from_this_site(config: Web, host: str, origin: str | None, taken: bool) -> None:
    headers = {"Host": host} | ({"Origin": origin} if origin is not None else {})
    assert same_origin(make_mocked_request("POST", "/", headers=headers), config) is taken


async def test_what_is_posted_from_elsewhere_is_refused() -> None:
    app = web.Application(middlewares=guards(Web()))
    app.router.add_post("/", echo)
    async with TestClient(TestServer(app)) as client:
        answer = await client.post("/", data={"a": "b"}, headers={"Origin": "https://evil.example.com"})
        assert answer.status == 403
        assert "sent from another place than this page" in await answer.text()


async def test_a_redirection_carries_the_headers_and_nothing_else() -> None:
    async def go(_: web.Request) -> web.Response:
        raise web.HTTPSeeOther("/elsewhere")

    app = web.Application(middlewares=guards(Web()))
    app.router.add_get("/", go)
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/", allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/elsewhere")
        assert answer.headers["Content-Security-Policy"] == POLICY


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://contracts.example.com:443/", "https://contracts.example.com"),
        ("https://contracts.example.com:8443", "https://contracts.example.com:8443"),
        ("https://contracts.example.com:80", "https://contracts.example.com:80"),
        ("http://localhost:80", "http://localhost"),
    ],
)
def test_where_the_page_is_is_named_as_browsers_name_it(url: str, origin: str) -> None:
    config = Web(base_url=url)
    assert config.base_url == origin
    assert same_origin(make_mocked_request("POST", "/", headers={"Host": "x", "Origin": origin}), config)
