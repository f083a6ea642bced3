"""Prometheus is asked for curves when somebody looks; a page does not wait for it, and is whole without it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from platform_contracts.api import parse
from platform_contracts.config import DataSource
from platform_contracts.kube.kinds import SLA
from platform_contracts.kube.objects import Object
from platform_contracts.sla.promise import promise
from platform_contracts.web import trends
from platform_contracts.web.trends import Trends
from tests.web.conftest import Open
from tests.web.world import NOW, World

COUNTED = [{"name": "onboarding", "target": "95", "indicator": {"onboardingLeadTime": {"seconds": 3600}}}]
RATIO = {"ratio": {"total": "requests_total", "errors": 'requests_total{code="500"}'}}


@asynccontextmanager
async def asking(answer: Callable[[], Awaitable[Any]]) -> AsyncIterator[tuple[Trends, list[str]]]:
    """Trends of a Prometheus that answers so, and what it was asked."""
    asked: list[str] = []

    async def serve(request: web.Request) -> web.Response:
        asked.append(str((await request.post())["query"]))
        return web.json_response(await answer())

    app = web.Application()
    app.router.add_post("/api/v1/query_range", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found = Trends({"default": DataSource(url=f"http://127.0.0.1:{runner.addresses[0][1]}")}, lambda: NOW)
    yield found, asked
    await found.close()
    await runner.cleanup()


def sla() -> Object:
    return World().sla(spec={"objectives": [{"name": "availability", "target": "99.9", "indicator": RATIO}]})


def answer(asked: Object) -> Object:
    spec: Any = parse(SLA, asked)
    source = DataSource(url="http://prometheus.example.com")
    indicator = promise(spec.objectives[0], spec, asked, source, NOW).id.indicator
    labels = {"objective": "availability", "indicator": indicator}
    result = [
        {"metric": {"__name__": f"sla:{name}:window", **labels}, "values": [[NOW.timestamp(), value]]}
        for name, value in (("errors", "1"), ("events", "2000"))
    ]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


async def test_prometheus_is_asked_once_for_all_who_look() -> None:
    one = sla()

    async def say() -> Object:
        return answer(one)

    async with asking(say) as (found, asked):
        curves = await asyncio.gather(*(found.of(one) for _ in range(20)))
        assert len(asked) == 1
        assert [curve["availability"].points[0].left for curve in curves if curve] == [0.5] * 20
        said = found.said(one)
        assert 0 < said <= asyncio.get_running_loop().time()
        await found.of(one)
        assert found.said(one) == said, "what was rendered of it is shown again"


async def test_a_prometheus_that_hangs_holds_no_page_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trends, "_PATIENCE_SECONDS", 0.05)
    one, go = sla(), asyncio.Event()

    async def hang() -> Object:
        await go.wait()
        return answer(one)

    async with asking(hang) as (found, asked):
        assert await found.of(one) is None
        assert await found.of(one) is None
        monkeypatch.setattr(trends, "_PATIENCE_SECONDS", 60)
        go.set()
        curves = await found.of(one)
        assert curves is not None
        assert curves["availability"].points
        assert len(asked) == 1


async def test_a_prometheus_that_fails_is_left_in_peace_for_a_while() -> None:
    async def fail() -> Object:
        raise web.HTTPServiceUnavailable

    async with asking(fail) as (found, asked):
        one = sla()
        for _ in range(5):
            assert await found.of(one) is None
        assert len(asked) == 1


async def test_of_what_is_counted_without_prometheus_nothing_is_asked() -> None:
    async def nothing() -> Object:
        raise AssertionError("nobody is to be asked")

    async with asking(nothing) as (found, asked):
        counted = World().sla(spec={"objectives": COUNTED})
        assert await found.of(counted) == {}
        assert asked == []


async def test_an_sla_that_cannot_be_read_or_names_no_data_source_has_no_curve() -> None:
    async def nothing() -> Object:
        raise AssertionError("nobody is to be asked")

    async with asking(nothing) as (found, asked):
        elsewhere = sla()
        elsewhere["spec"]["dataSourceName"] = "elsewhere"
        assert await found.of(elsewhere) == {}
        broken = World().sla(spec={"objectives": "none"})
        broken["metadata"]["uid"] = "uid-of-the-broken"
        assert await found.of(broken) is None
        assert asked == []


async def test_what_prometheus_said_is_not_shown_for_how_it_is_an_hour_later(monkeypatch: pytest.MonkeyPatch) -> None:
    one, down, failed = sla(), False, asyncio.Event()

    async def say() -> Object:
        if down:
            failed.set()
            raise web.HTTPServiceUnavailable
        return answer(one)

    async with asking(say) as (found, _):
        assert await found.of(one)
        down, loop = True, asyncio.get_running_loop()
        now = loop.time
        for later, shown in ((1800, True), (3500, True), (3700, False)):
            monkeypatch.setattr(loop, "time", lambda later=later: now() + later)
            curves = await found.of(one)
            assert (curves is not None) is shown
            monkeypatch.undo()
            await asyncio.wait_for(failed.wait(), 60)
            failed.clear()


async def test_only_the_first_who_look_wait_for_a_prometheus_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trends, "_PATIENCE_SECONDS", 0.05)
    waited = []
    wait = asyncio.wait

    async def count(tasks: Any, **how: Any) -> Any:
        waited.append(how["timeout"])
        return await wait(tasks, **how)

    monkeypatch.setattr(trends.asyncio, "wait", count)
    go = asyncio.Event()

    async def hang() -> Object:
        await go.wait()
        raise web.HTTPServiceUnavailable

    async with asking(hang) as (found, _):
        one = sla()
        for _ in range(3):
            assert await found.of(one) is None
            await asyncio.sleep(0.06)
        go.set()
    assert len(waited) == 1


async def test_what_fails_within_is_told_in_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one, message = sla(), "what may hold more than its place"

    def fail(*_: Any) -> Any:
        raise KeyError(message)

    async def say() -> Object:
        return answer(one)

    monkeypatch.setattr(trends.trend, "curves", fail)
    async with asking(say) as (found, _):
        assert await found.of(one) is None
    told = capsys.readouterr().out
    assert "a budget's history cannot be drawn" in told
    assert "KeyError" in told
    assert message not in told


async def test_the_page_is_whole_while_prometheus_is_down(open_page: Open) -> None:
    world = World()
    world.service()
    world.sla(spec={"objectives": [{"name": "availability", "target": "99.9", "indicator": RATIO}]})
    sources = {"default": {"url": "http://127.0.0.1:9"}}
    client = await open_page(world, data_sources=sources, public_services=["platform/*"])
    text = await (await client.get("/services/platform/payments")).text()
    assert "What it promises" in text
    assert "<figure" not in text
