"""The Prometheus client against a real Prometheus, and against servers that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from harness.prometheus import Prometheus
from platform_contracts.config.data_source import DataSource, Sample
from platform_contracts.prometheus.client import PrometheusClient, QueryError

AT = datetime(2026, 11, 23, 12, 0, 0, 500_000, tzinfo=UTC)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
EMPTY = {"status": "success", "data": {"resultType": "vector", "result": []}}
SECRET = "a-secret-that-belongs-into-no-status"


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """A server on loopback whose API is `handler`."""
    app = web.Application()
    app.router.add_post("/prefix/api/v1/query", handler)
    app.router.add_get("/prefix/api/v1/status/runtimeinfo", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"http://127.0.0.1:{port}/prefix/"
    finally:
        await runner.cleanup()


async def ask(source: DataSource, promql: str = "up", at: datetime = AT) -> list[Sample]:
    client = PrometheusClient(source)
    try:
        return await client.query(promql, at)
    finally:
        await client.close()


async def failure(handler: Handler, **options: object) -> QueryError:
    """How the query fails."""
    async with serving(handler) as url:
        with pytest.raises(QueryError) as caught:
            await ask(DataSource(url=url, **options))  # type: ignore[arg-type]
    assert SECRET not in caught.value.message
    return caught.value


async def test_a_real_prometheus(prometheus: Prometheus) -> None:
    source = DataSource(url=prometheus.url)
    now = datetime.now(UTC)
    assert await ask(source, "vector(14.4)", now) == [({}, 14.4)]
    assert await ask(source, "vector(time())", AT) == [({}, AT.timestamp())], "every query carries its time"
    assert await ask(source, 'label_replace(vector(1), "a", "b", "", "")', now) == [({"a": "b"}, 1.0)]
    assert await ask(source, "vector(0) / 0", now) == [], "what is no number is no sample"
    client = PrometheusClient(source)
    try:
        both = await client.query_all({"one": "vector(1)", "two": "vector(2)"}, now - timedelta(days=1))
        assert both == {"one": [({}, 1.0)], "two": [({}, 2.0)]}
        with pytest.raises(QueryError) as caught:
            await client.query("sum(", now)
        assert await client.retention() == timedelta(days=100)
    finally:
        await client.close()
    assert caught.value.reason == "PrometheusError"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ('"15d"', timedelta(days=15)),
        ('"2w1d or 10GiB"', timedelta(days=15)),
        ('"10GiB"', None),
        ('"0s"', None),
        ('""', None),
        ("7", None),
    ],
)
async def test_how_long_a_source_keeps_what_it_has(said: str, kept: timedelta | None) -> None:
    async def handler(request: web.Request) -> web.Response:
        assert (request.method, request.path) == ("GET", "/prefix/api/v1/status/runtimeinfo")
        return web.Response(text=f'{{"status": "success", "data": {{"storageRetention": {said}}}}}')

    async with serving(handler) as url:
        client = PrometheusClient(DataSource(url=url))
        try:
            assert await client.retention() == kept
        finally:
            await client.close()


async def test_nobody_listens() -> None:
    with pytest.raises(QueryError) as caught:
        await ask(DataSource(url="http://127.0.0.1:9"))
    assert caught.value.reason == "PrometheusUnavailable"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (301, "PrometheusError"),
        (307, "PrometheusError"),
        (400, "PrometheusError"),
        (401, "PrometheusError"),
        (403, "PrometheusError"),
        (422, "PrometheusError"),
        (429, "PrometheusUnavailable"),
        (500, "PrometheusUnavailable"),
        (503, "PrometheusUnavailable"),
    ],
)
async def test_every_refusal_has_a_reason_and_repeats_nothing(status: int, reason: str) -> None:
    followed = []

    async def refuse(request: web.Request) -> web.Response:
        followed.append(request)
        return web.Response(status=status, text=SECRET, headers={"Location": str(request.url)})

    assert (await failure(refuse)).reason == reason
    assert len(followed) == 1, "a redirect is never followed"


@pytest.mark.parametrize(
    "body",
    [
        SECRET,
        "",
        "[]",
        "null",
        "{}",
        '{"status": "success"}',
        '{"status": "success", "data": {"resultType": "matrix", "result": []}}',
        '{"status": "success", "data": {"resultType": "vector", "result": [{}]}}',
        '{"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [0, "x"]}]}}',
        '{"status": "success", "data": {"resultType": "vector", "result": [{"metric": [], "value": [0, "1"]}]}}',
        "[" * 100_000,
        f'{{"status": "error", "error": "{SECRET}"}}',
    ],
)
async def test_an_answer_that_is_none_is_an_error(body: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=body, content_type="application/json")

    assert (await failure(answer)).reason == "PrometheusError"


async def test_warnings_are_a_partial_response() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({**EMPTY, "warnings": [SECRET]})

    assert (await failure(answer)).reason == "PartialResponse"


async def test_an_endless_answer_is_cut() -> None:
    sent = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while sent < 2**30:
            await response.write(b" " * 65536)
            sent += 65536
        return response

    error = await failure(answer, max_response_bytes=1024 * 1024)
    assert error.reason == "PrometheusError"
    assert "maxResponseBytes" in error.message
    assert sent < 2**28


async def test_a_silent_server_is_left_in_time() -> None:
    released = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        await released.wait()
        return web.json_response(EMPTY)

    async with serving(answer) as url:
        with pytest.raises(QueryError) as caught:
            await ask(DataSource(url=url, timeout_seconds=0.2))
        released.set()
    assert caught.value.reason == "PrometheusUnavailable"
    assert "0.2 s" in caught.value.message


async def test_the_token_is_read_anew_each_time(tmp_path: Path) -> None:
    token = tmp_path / "token"
    seen = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return web.json_response(EMPTY)

    async with serving(answer) as url:
        client = PrometheusClient(DataSource(url=url, bearer_token_file=token))
        try:
            with pytest.raises(QueryError, match="bearerTokenFile"):
                await client.query("up", AT)
            token.write_text("not\na token")
            with pytest.raises(QueryError, match="holds no token"):
                await client.query("up", AT)
            for content in ("first\n", "second\n"):
                token.write_text(content)
                await client.query("up", AT)
        finally:
            await client.close()
    assert seen == ["Bearer first", "Bearer second"]


async def test_a_wrong_ca_file_is_told(tmp_path: Path) -> None:
    source = DataSource(url="https://127.0.0.1:9", ca_file=tmp_path / "missing.pem")
    with pytest.raises(QueryError, match="caFile"):
        await ask(source)
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    with pytest.raises(QueryError, match="caFile holds no certificate") as caught:
        await ask(source.model_copy(update={"ca_file": broken}))
    assert caught.value.reason == "PrometheusError"


async def test_a_range_of_a_real_prometheus(prometheus: Prometheus) -> None:
    client = PrometheusClient(DataSource(url=prometheus.url))
    end = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    try:
        ((labels, values),) = await client.query_range(
            "vector(time() % 3600)", end - timedelta(hours=1), end, timedelta(minutes=20)
        )
    finally:
        await client.close()
    assert labels == {}
    assert values == [(end - timedelta(minutes=60 - minutes), minutes * 60 % 3600) for minutes in (0, 20, 40, 60)]
