"""A TLS proxy in front of the API server that breaks what passes through it, at a chosen write or for a while.

The operator under test is pointed at it by a kubeconfig of its own. It runs on a thread with its own event loop, so
that a test can use it without being asynchronous itself.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import yaml
from aiohttp import web

from harness import kubeconfig
from harness.pki import Authority
from harness.ports import free_port

T = TypeVar("T")

LOOPBACK = "127.0.0.1"
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Headers about one connection, not about the request.
HOP_BY_HOP = frozenset({"connection", "content-length", "host", "keep-alive", "transfer-encoding", "upgrade"})
MAX_BODY = 16 * 1024 * 1024
GONE = b'"code":410'


class Fault(StrEnum):
    """What happens to a write. After the first two no other write passes, because the caller kills the writer."""

    BEFORE = "killed before"  # it never reaches the API server
    AFTER = "killed after"  # the API server has done it, and its reply is held back
    LOST = "reply lost"  # the API server has done it, and the connection breaks instead of the reply


@dataclass(frozen=True)
class Write:
    """One request that asks for a change; the path of a POST ends with the name of the object that it would create."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


# Whether the fault strikes at this write; the number counts the writes since the fault was armed, from 1.
Strikes = Callable[[int, Write], bool]


class FaultProxy:
    """One proxy.

    `writes` are those that came since the last `arm` or `disarm`, `struck_at` the one that was hit; `gone` counts the
    watches that the API server ended with 410.
    """

    def __init__(self, folder: Path, server: str, authority: Authority) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        authority.server([LOOPBACK]).write(folder, "proxy")
        self._server = server
        self._upstream_tls = ssl.create_default_context(cadata=authority.certificate.decode())
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(folder / "proxy.crt", folder / "proxy.key")
        self._port = free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault proxy", daemon=True)
        self._open = asyncio.Event()
        self._released = asyncio.Event()
        self._streams: set[aiohttp.ClientResponse] = set()
        self._connections: set[asyncio.Transport] = set()
        self._cut = False
        self._fault: tuple[Fault, Strikes] | None = None
        self._holding = False
        self._struck = threading.Event()
        self.struck_at: Write | None = None
        self.writes: list[Write] = []
        self.gone = 0

    def kubeconfig(self, source: Path, target: Path) -> Path:
        """Write `source`'s identity with this proxy as its server; returns `target`."""
        document = yaml.safe_load(source.read_text())
        for entry in document["clusters"]:
            entry["cluster"]["server"] = f"https://{LOOPBACK}:{self._port}"
        return kubeconfig.write(target, document)

    def start(self) -> None:
        """Listen until `stop`."""
        self._thread.start()
        self._call(self._start())

    def stop(self) -> None:
        """Break all connections and end."""
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # Faults at one write

    def arm(self, fault: Fault, strikes: Strikes) -> None:
        """Let `fault` happen to the first write at which it strikes; counting starts now."""
        self._call(self._set_fault((fault, strikes)))

    def disarm(self) -> None:
        """Let everything pass again; what was held is broken off."""
        self._call(self._set_fault(None))

    def struck(self, seconds: float) -> bool:
        """Whether the armed fault has happened, after waiting for it at most that long."""
        return self._struck.wait(seconds)

    # Faults of the whole connection

    def cut(self) -> None:
        """Break every connection, and every new request, until `resume`."""
        self._call(self._close(cut=True))

    def pause(self) -> None:
        """End every watch in order, as the API server does now and then, and hold all requests until `resume`."""
        self._call(self._close(cut=False))

    def resume(self) -> None:
        """Let requests pass again."""
        self._call(self._reopen())

    async def _start(self) -> None:
        self._open.set()
        # Cancelled handlers end what a killed client had asked for.
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._upstream_tls, limit=0),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, self._port, ssl_context=self._tls).start()

    async def _stop(self) -> None:
        await self._close(cut=True)
        await self._runner.cleanup()
        await self._session.close()

    async def _set_fault(self, fault: tuple[Fault, Strikes] | None) -> None:
        self._released.set()
        self._released = asyncio.Event()
        self._struck.clear()
        self.struck_at = None
        self.writes = []
        self._holding = False
        self._fault = fault

    async def _close(self, *, cut: bool) -> None:
        self._open.clear()
        self._cut = cut
        for stream in self._streams:
            stream.close()
        if cut:
            self._open.set()
            for connection in list(self._connections):
                connection.abort()

    async def _reopen(self) -> None:
        self._cut = False
        self._open.set()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        connection = request.transport
        assert isinstance(connection, asyncio.Transport)
        self._connections.add(connection)
        try:
            body = await request.read()
            await self._open.wait()
            if self._cut:
                return self._break(request)
            if request.method in WRITES:
                return await self._write(request, body)
            return await self._forward(request, body)
        except aiohttp.ClientError:
            # The API server is away: so is its proxy.
            return self._break(request)
        finally:
            self._connections.discard(connection)

    async def _write(self, request: web.Request, body: bytes) -> web.StreamResponse:
        if self._holding:
            return await self._hold(request)
        write = Write(request.method, request.path + _new_name(request, body))
        self.writes.append(write)
        if self._fault is None or self.struck_at or not self._fault[1](len(self.writes), write):
            # What is under way when the writer is killed is done all the same, and the audit log says so.
            return await asyncio.shield(self._forward(request, body))
        fault, released = self._fault[0], self._released
        self.struck_at, self._holding = write, fault is not Fault.LOST
        if fault is not Fault.BEFORE:
            async with self._send(request, body) as answer:
                await answer.read()
        self._struck.set()
        if fault is not Fault.LOST:
            await released.wait()
        return self._break(request)

    async def _hold(self, request: web.Request) -> web.StreamResponse:
        await self._released.wait()
        return self._break(request)

    async def _forward(self, request: web.Request, body: bytes) -> web.StreamResponse:
        async with self._send(request, body) as answer:
            headers = {name: value for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP}
            if request.query.get("watch") not in ("true", "1"):
                return web.Response(status=answer.status, headers=headers, body=await answer.read())
            response = web.StreamResponse(status=answer.status, headers=headers)
            await response.prepare(request)
            self._streams.add(answer)
            try:
                async for chunk in answer.content.iter_any():
                    self.gone += GONE in chunk
                    await response.write(chunk)
            except aiohttp.ClientError:
                if self._open.is_set():
                    return self._break(request)
            finally:
                self._streams.discard(answer)
            await response.write_eof()
            return response

    def _send(self, request: web.Request, body: bytes) -> Any:
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP]
        return self._session.request(
            request.method, self._server + request.raw_path, headers=headers, data=body or None, allow_redirects=False
        )

    def _break(self, request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            assert isinstance(request.transport, asyncio.Transport)
            request.transport.abort()
        return web.Response(status=502)

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(timeout=30)


def _new_name(request: web.Request, body: bytes) -> str:
    if request.method != "POST":
        return ""
    return f"/{json.loads(body).get('metadata', {}).get('name', '')}"
