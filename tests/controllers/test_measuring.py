"""What is remembered of a data source between two evaluations."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from aiohttp import web

from platform_contracts.config import Config, DataSource
from platform_contracts.controllers.measuring import RETENTION_ASKED, Measuring
from platform_contracts.controllers.triggers import Triggers
from platform_contracts.controllers.world import World
from platform_contracts.engine.queue import WorkQueue
from platform_contracts.engine.store import Store
from platform_contracts.kube.objects import Key
from platform_contracts.sla.readback import Unavailable

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
        first = measuring.latest("default")
        assert first == Unavailable("PrometheusUnavailable", "Prometheus could not answer (HTTP 503)", clock)
        await runner.cleanup()
        clock += timedelta(minutes=1)
        await measuring.evaluate("default")
        assert measuring.latest("default") == first, "no connection is no other news than an HTTP 503"
    finally:
        await measuring.close()
        await runner.cleanup()
