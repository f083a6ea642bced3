"""The operator's own HTTP endpoint: /metrics, /healthz and /readyz."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

# Each probe answers with the reasons why it fails; an empty list is success.
Probe = Callable[[], list[str]]


async def serve(
    address: str, port: int, *, healthy: Probe, ready: Probe, before_scrape: Callable[[], None]
) -> web.AppRunner:
    """Listen until the returned runner is cleaned up. Raises OSError where the port is taken."""

    async def metrics(_: web.Request) -> web.Response:
        before_scrape()
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def probe(check: Probe) -> Callable[[web.Request], object]:
        async def answer(_: web.Request) -> web.Response:
            reasons = check()
            return web.Response(text="\n".join(reasons) or "ok", status=503 if reasons else 200)

        return answer

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/healthz", probe(healthy))  # type: ignore[arg-type]
    app.router.add_get("/readyz", probe(ready))  # type: ignore[arg-type]
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, address, port).start()
    return runner
