"""What is remembered of a data source between two evaluations."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta

from aiohttp import web

from platform_contracts.api.schedule import Interval
from platform_contracts.config import Config, DataSource, Intervals
from platform_contracts.controllers.measuring import RETENTION_ASKED, Measuring
from platform_contracts.controllers.triggers import Triggers
from platform_contracts.controllers.world import World
from platform_contracts.engine.queue import WorkQueue
from platform_contracts.engine.store import Store
from platform_contracts.kube.objects import Key
from platform_contracts.sla.readback import Measurements, Unavailable
from platform_contracts.sla.reports.closing import Question

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


async def test_one_failed_request_forgets_nothing() -> None:
    """How long a source keeps what it has stays known, and what is said of an outage stays the same."""
    clock, healthy, listening = NOW, True, True

    async def query(request: web.Request) -> web.Response:
        if not listening:
            raise web.HTTPServiceUnavailable
        return web.Response(text=json.dumps({"status": "success", "data": {"resultType": "vector", "result": []}}))

    async def runtime(request: web.Request) -> web.Response:
        if not healthy:
            raise web.HTTPServiceUnavailable
        return web.Response(text='{"status": "success", "data": {"storageRetention": "15d"}}')

    app = web.Application()
    app.router.add_post("/api/v1/query", query)
    app.router.add_get("/api/v1/status/runtimeinfo", runtime)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    source = DataSource(url=f"http://127.0.0.1:{runner.addresses[0][1]}")
    measuring = Measuring(
        Config(data_sources={"default": source}), Triggers(World(Store()), WorkQueue[Key]()), lambda: clock
    )
    try:
        for answers in (True, False, True):
            healthy = answers
            await measuring.evaluate("default")
            measured = measuring.measurements("default")
            assert measured is not None
            assert measured.retention == timedelta(days=15)
            clock += RETENTION_ASKED
        listening = False
        await measuring.evaluate("default")
        assert measuring.latest("default") == measured, "one time-out is not written into every SLA and out again"
        listening = True
        await measuring.evaluate("default")
        listening = False
        await measuring.evaluate("default")
        assert isinstance(measuring.latest("default"), Measurements), "and two that are not in a row are no more"
        first = Unavailable("PrometheusUnavailable", "Prometheus could not answer (HTTP 503)", clock)
        clock += timedelta(minutes=1)
        await measuring.evaluate("default")
        assert measuring.latest("default") == first, "since the first of them"
        await runner.cleanup()
        clock += timedelta(minutes=1)
        await measuring.evaluate("default")
        assert measuring.latest("default") == first, "no connection is no other news than an HTTP 503"
    finally:
        await measuring.close()
        await runner.cleanup()


async def test_a_source_that_hangs_holds_no_other_up() -> None:
    asked: Counter[str] = Counter()
    twice, never = asyncio.Event(), asyncio.Event()

    async def query(request: web.Request) -> web.Response:
        source, body = request.match_info["source"], await request.post()
        if source == "hangs":
            await never.wait()
        asked[str(body["time"])] += 1
        if len(asked) == 2:
            twice.set()
        return web.Response(text=json.dumps({"status": "success", "data": {"resultType": "vector", "result": []}}))

    app = web.Application()
    app.router.add_post("/{source}/api/v1/query", query)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    config = Config(
        data_sources={name: DataSource(url=f"{url}/{name}", timeout_seconds=120) for name in ("hangs", "answers")},
        intervals=Intervals(evaluation_seconds=0.05),
    )
    measuring = Measuring(config, Triggers(World(Store()), WorkQueue[Key]()), lambda: datetime.now(UTC))
    running = asyncio.create_task(measuring.run())
    try:
        await asyncio.wait_for(twice.wait(), 60)
        assert isinstance(measuring.latest("answers"), Measurements)
        assert measuring.latest("hangs") is None
    finally:
        running.cancel()
        never.set()
        await asyncio.wait([running])
        await measuring.close()
        await runner.cleanup()


async def test_a_closed_period_that_cannot_be_read_keeps_no_other_back() -> None:
    """What succeeded is kept and asked no more, and what failed is asked again."""
    october = Interval(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    year = Interval(datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    questions = [Question("platform", "monthly", october), Question("platform", "yearly", year)]
    asked: list[str] = []
    heavy = True

    async def query(request: web.Request) -> web.Response:
        promql = str((await request.post())["query"])
        if "yearly" in promql and heavy:
            raise web.HTTPServiceUnavailable
        if "_over_time" in promql and "monthly" in promql:
            asked.append(promql)
        return web.Response(text=json.dumps({"status": "success", "data": {"resultType": "vector", "result": []}}))

    app = web.Application()
    app.router.add_post("/api/v1/query", query)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    measuring = Measuring(
        Config(data_sources={"default": DataSource(url=f"http://127.0.0.1:{runner.addresses[0][1]}")}),
        Triggers(World(Store()), WorkQueue[Key]()),
        lambda: NOW,
        questions=lambda source, now: questions,
    )
    try:
        for tries in (1, 2):
            await measuring.evaluate("default")
            known = measuring.closing("default")
            assert (known.asked, len(asked)) == (frozenset(questions[:1]), 3)
            assert known.failures[questions[1]].tries == tries
        heavy = False
        await measuring.evaluate("default")
        assert measuring.closing("default").asked == frozenset(questions)
        assert not measuring.closing("default").failures
        assert len(asked) == 3
    finally:
        await measuring.close()
        await runner.cleanup()
