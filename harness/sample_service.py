"""A small real HTTP service with the usual metrics, traffic of its own, and a switch for outages.

`GET /` is the service; `GET /metrics` its Prometheus metrics; `PUT /outage` with
`{"errorRatio": 0.3, "slowRatio": 0.1}` lets that share of the requests fail or take longer than a second, and
`DELETE /outage` ends it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from harness.history import QUICK_BUCKETS, SLOW_BUCKET
from harness.ports import free_port
from harness.process import Process

QUICK_SECONDS, SLOW_RESPONSE_SECONDS = 0.01, 1.2
REPOSITORY = Path(__file__).parent.parent


@dataclass
class Outage:
    """Which share of the requests fails and which is slow, from 0 to 1."""

    error_ratio: float = 0.0
    slow_ratio: float = 0.0


class Share:
    """Picks a share of what passes, evenly: of 0.3 exactly three in ten, never by chance."""

    def __init__(self) -> None:
        self._carried = 0.0

    def picks(self, ratio: float) -> bool:
        """Whether the next one belongs to the share `ratio`."""
        self._carried += ratio
        if self._carried < 1 - 1e-9:
            return False
        self._carried -= 1
        return True


class SampleService:
    """One service under one name, as an aiohttp application."""

    def __init__(self, name: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.name = name
        self.registry = CollectorRegistry()
        self.outage = Outage()
        self._errors, self._slow = Share(), Share()
        requests = Counter("http_requests", "Requests by status code.", ["service", "code"], registry=self.registry)
        duration = Histogram(
            "http_request_duration_seconds",
            "Time to the answer.",
            ["service"],
            buckets=[float(bound) for bound, _ in QUICK_BUCKETS] + [float(SLOW_BUCKET)],
            registry=self.registry,
        )
        # Counters that exist from the start: a series that appears with its first error loses that error.
        self._answered = {code: requests.labels(name, str(code)) for code in (200, 500)}
        self._duration = duration.labels(name)

    def application(self) -> web.Application:
        """The routes."""
        application = web.Application()
        application.router.add_get("/", self._serve)
        application.router.add_get("/metrics", self._metrics)
        application.router.add_put("/outage", self._begin_outage)
        application.router.add_delete("/outage", self._end_outage)
        return application

    async def _serve(self, request: web.Request) -> web.Response:
        with self._duration.time():
            slow = self._slow.picks(self.outage.slow_ratio)
            await asyncio.sleep(SLOW_RESPONSE_SECONDS if slow else QUICK_SECONDS)
        code = 500 if self._errors.picks(self.outage.error_ratio) else 200
        self._answered[code].inc()
        return web.Response(status=code, text=f"{self.name}\n")

    async def _metrics(self, request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(self.registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    async def _begin_outage(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        ratios = [float(wanted.get(field, 0)) for field in ("errorRatio", "slowRatio")]
        if not all(0 <= ratio <= 1 for ratio in ratios):
            raise web.HTTPBadRequest(text="errorRatio and slowRatio are shares from 0 to 1, such as 0.3\n")
        self.outage = Outage(*ratios)
        return web.Response(text="outage begun\n")

    async def _end_outage(self, request: web.Request) -> web.Response:
        self.outage = Outage()
        return web.Response(text="outage ended\n")


async def generate_traffic(url: str, rate: float) -> None:
    """Send `rate` requests a second, evenly, without waiting for the answers, until cancelled."""
    loop = asyncio.get_running_loop()
    under_way: set[asyncio.Task[None]] = set()
    async with aiohttp.ClientSession() as session:

        async def request() -> None:
            with suppress(aiohttp.ClientError):
                async with session.get(url) as answer:
                    await answer.read()

        following = loop.time()
        while True:
            task = loop.create_task(request())
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            following += 1 / rate
            await asyncio.sleep(following - loop.time())


class SampleServiceProcess(Process):
    """A sample service under traffic, as a process of its own on a free port."""

    def __init__(self, name: str, folder: Path, rate: float = 20.0) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "harness.sample_service", name, f"--port={self.port}", f"--rate={rate}"]
        super().__init__(f"service {name}", command, folder / f"{name}.log", folder=REPOSITORY)

    @property
    def address(self) -> str:
        """host:port, as a scrape target names it."""
        return f"127.0.0.1:{self.port}"

    def ready(self) -> bool:
        """Whether it answers."""
        try:
            self._request("GET", "/metrics")
        except OSError:
            return False
        return True

    def begin_outage(self, error_ratio: float = 0.0, slow_ratio: float = 0.0) -> None:
        """From now on this share of the requests fails, and this share is slow."""
        self._request("PUT", "/outage", {"errorRatio": error_ratio, "slowRatio": slow_ratio})

    def end_outage(self) -> None:
        """All is well again."""
        self._request("DELETE", "/outage")

    def _request(self, method: str, path: str, body: object = None) -> None:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"http://{self.address}{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=5):
            return


async def _serve(name: str, port: int, rate: float) -> None:
    runner = web.AppRunner(SampleService(name).application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    if rate > 0:
        await generate_traffic(f"http://127.0.0.1:{port}/", rate)
    await asyncio.Event().wait()


def main(arguments: Sequence[str] | None = None) -> None:
    """`python -m harness.sample_service NAME --port PORT [--rate REQUESTS_A_SECOND]`."""
    parser = argparse.ArgumentParser(prog="python -m harness.sample_service", description=__doc__)
    parser.add_argument("name", help="the label `service` of its metrics")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rate", type=float, default=20.0, help="requests a second that it sends to itself")
    parsed = parser.parse_args(arguments)
    asyncio.run(_serve(parsed.name, parsed.port, parsed.rate))


if __name__ == "__main__":
    main()
