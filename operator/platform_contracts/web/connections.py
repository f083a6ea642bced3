"""What stands before the guards: connections, how many there may be and for how long, and requests that are none.

aiohttp answers a malformed request itself, with a piece of it in the answer and in the log, where a token may be.
"""

from __future__ import annotations

import asyncio
import socket
import traceback
from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

import structlog
from aiohttp import web

from platform_contracts.web.clients import network

log = structlog.get_logger("web")

# Connections at one time; for more others give way. An Ingress needs few, and each may hold headers of half a megabyte.
MOST = 256
_MOST_HEADERS = 64
# How long a client may take for all headers of a request, and rest between two.
HEADER_SECONDS = 30.0
# How long it may take to receive an answer.
ANSWER_SECONDS = 30.0
_MALFORMED = "This request cannot be understood.\n"


class Connections:
    """Accepts the connections of a server, as the protocol factory of asyncio."""

    def __init__(self, server: web.Server, headers: Mapping[str, str]) -> None:
        """`headers` are those of every answer."""
        self._server = server
        self.headers = headers
        # The oldest first.
        self.open: dict[Connection, None] = {}

    def __call__(self) -> Connection:
        return Connection(self, self._server)

    def take(self, new: Connection) -> bool:
        """Keep a new connection; False where there is no room for it.

        Where there are too many, the address that has the most gives one up, so that nobody takes all of them: the
        oldest without a request that is being answered, or else the oldest.
        """
        self.open[new] = None
        if len(self.open) > MOST:
            ((most, _),) = Counter(one.address for one in self.open).most_common(1)
            least = min((one for one in self.open if one.address == most), key=lambda one: one.is_answering)
            del self.open[least]
            if least is new:
                return False
            least.abort()
        return True


class Connection(web.RequestHandler):
    """A connection that ends where its client is too slow, and that repeats nothing of what cannot be understood."""

    def __init__(self, connections: Connections, server: web.Server) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=HEADER_SECONDS,
            max_headers=_MOST_HEADERS,
            # No access log: a path may hold a token, and a query what somebody looks for.
            access_log=None,  # type: ignore[arg-type]
        )
        self._connections = connections
        self._wire: asyncio.Transport | None = None
        # Whose it is: a client's address, or a proxy's.
        self.address = ""
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, unless there is no room for it."""
        self._wire = cast(asyncio.Transport, transport)
        self.address = network((transport.get_extra_info("peername") or ("",))[0])
        if self._connections.take(self):
            super().connection_made(transport)
        else:
            self._wire.abort()

    @property
    def is_answering(self) -> bool:
        """Whether it has sent a request that is being answered."""
        return self._current_request is not None

    def abort(self) -> None:
        """End it at once."""
        if self._wire is not None:
            self._wire.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget it."""
        self._connections.open.pop(self, None)
        self._no_end()
        super().connection_lost(exc)

    async def start(self) -> None:
        """Answer requests; what is not received some time after the last is lost."""
        try:
            await super().start()
        finally:
            self._end_in(ANSWER_SECONDS)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer, in time or not at all."""
        # The guards make pages of all that are raised behind them.
        answer = self._refusal(resp.status) if isinstance(resp, web.HTTPException) else resp
        self._end_in(ANSWER_SECONDS)
        try:
            return await super().finish_response(request, answer, start_time)
        finally:
            self._no_end()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """The same answer to all that cannot be understood. Nothing is logged: anybody can send any number of them."""
        if status >= 500 and exc is not None:
            log.error("an answer failed", **failure(exc))
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer is sent already")
        return self._refusal(status)

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """What failed outside of all pages."""
        error = kw.get("exc_info")
        log.error("a connection failed", **(failure(error) if isinstance(error, BaseException) else {}))

    def _refusal(self, status: int) -> web.Response:
        answer = web.Response(status=status, text=_MALFORMED, headers=self._connections.headers)
        answer.force_close()
        return answer

    def _end_in(self, seconds: float) -> None:
        self._no_end()
        if self._wire is not None and self in self._connections.open:
            self._end = self._loop.call_later(seconds, self._wire.abort)

    def _no_end(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None


def failure(error: BaseException) -> dict[str, str]:
    """What a log says of a failure: its kind and its place, not its message, which may hold a token."""
    return {"error": type(error).__name__, "where": "".join(traceback.format_tb(error.__traceback__))}


def listening(address: str, port: int) -> socket.socket:
    """A socket that listens; on `::` for IPv4 as well. Raises OSError."""
    if address == "::" and socket.has_dualstack_ipv6():
        return socket.create_server((address, port), family=socket.AF_INET6, dualstack_ipv6=True)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family)
