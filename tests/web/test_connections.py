"""What no page sees: requests that are none, and clients that are slow, over a socket that sends what it likes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from harness.ports import free_port
from platform_contracts.kube.kinds import Kind
from platform_contracts.kube.objects import Object
from platform_contracts.web import connections
from platform_contracts.web.connections import listening
from platform_contracts.web.server import Page
from tests.web.world import World

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def listen(world: World | None = None) -> AsyncIterator[Callable[..., asyncio.Future[Wire]]]:
    """The page on a port; what is given connects to it, from an address of this machine."""
    port = free_port()
    page = Page((world or World()).site(enabled=True, address="127.0.0.1", port=port, public_services=["platform/*"]))
    await page.start()
    wires: list[Wire] = []

    async def connect(address: str) -> Wire:
        wires.append(await asyncio.open_connection("127.0.0.1", port, limit=2**20, local_addr=(address, 0)))
        return wires[-1]

    yield lambda address="127.0.0.1": asyncio.ensure_future(connect(address))
    for _, writer in wires:
        writer.close()
    await page.close()


async def everything(reader: asyncio.StreamReader) -> bytes:
    """What comes until the other side ends it, which it has to do."""
    try:
        return await asyncio.wait_for(reader.read(), 60)
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + b"swordfish" * 2000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: session=swordfish\x01\r\n\r\n",
        b"GET /feedback/swordfish\x01 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /feedback/swordfish HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"GET /?" + b"swordfish" * 2000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: swordfish\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nExpect: swordfish\r\n\r\n",
        b"swordfish\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X-%d: swordfish\r\n" % i for i in range(100)) + b"\r\n",
    ],
)
async def test_nothing_of_a_malformed_request_is_said_or_logged(
    request_: bytes, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    async with listen() as connect:
        reader, writer = await connect()
        writer.write(request_)
        head, _, body = (await everything(reader)).partition(b"\r\n\r\n")
    assert head.startswith((b"HTTP/1.0 4", b"HTTP/1.1 4"))
    assert b"Content-Security-Policy: default-src 'none'" in head
    assert b"Server: platform-contracts\r\n" in head
    assert b"X-Content-Type-Options: nosniff" in head
    assert b"aiohttp" not in head + body
    assert b"swordfish" not in head + body
    logged = caplog.text + "".join(capfd.readouterr())
    assert "swordfish" not in logged
    assert "Traceback" not in logged


async def test_whoever_does_not_send_a_whole_header_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.3)
    async with listen() as connect:
        silent, (slow, writer) = (await connect())[0], await connect()

        async def trickle() -> None:
            for letter in GET[:20] * 1000:
                writer.write(bytes([letter]))
                await asyncio.sleep(0.05)

        trickling = asyncio.create_task(trickle())
        assert await everything(silent) == b""
        assert await everything(slow) == b""
        trickling.cancel()


async def test_a_connection_that_rests_between_two_requests_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.3)
    async with listen() as connect:
        reader, writer = await connect()
        writer.write(GET)
        assert b"There is no service that you may see." in await everything(reader)


@pytest.mark.parametrize("ending", [b"Connection: close\r\n", b""], ids=["one-request", "many-requests"])
async def test_whoever_does_not_read_the_answer_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, ending: bytes
) -> None:
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.3)
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 0.3)
    kept: list[connections.Connections] = []
    made = connections.Connections.__init__

    def keep(self: connections.Connections, *given: object) -> None:
        made(self, *given)  # type: ignore[arg-type]
        kept.append(self)

    monkeypatch.setattr(connections.Connections, "__init__", keep)
    world = World()
    # More than the buffers of both sides hold.
    world.service(spec={"description": "\n\n".join(["word " * 200] * 8000)})
    async with listen(world) as connect:
        _, writer = await connect()
        writer.transport.pause_reading()
        writer.write(b"GET /services/platform/payments HTTP/1.1\r\nHost: localhost\r\n" + ending + b"\r\n")
        for _ in range(600):
            if kept[0].open:
                break
            await asyncio.sleep(0.05)
        assert kept[0].open
        for _ in range(600):
            if not kept[0].open:
                break
            await asyncio.sleep(0.05)
        assert not kept[0].open


async def answer(wire: Wire) -> bytes:
    """The first line of the answer to a whole request; nothing where the connection ends."""
    reader, writer = wire
    writer.write(GET)
    with contextlib.suppress(ConnectionError):
        return await asyncio.wait_for(reader.readline(), 60)
    return b""


async def test_where_there_is_no_room_the_one_that_rests_longest_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST", 2)
    async with listen() as connect:
        first, second, third = [await connect() for _ in range(3)]
        assert (await answer(second), await answer(third)) == (b"HTTP/1.1 200 OK\r\n",) * 2
        assert await everything(first[0]) == b""


async def test_who_takes_all_connections_keeps_nobody_else_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST", 4)
    async with listen() as connect:
        reads = await connect()
        assert await answer(reads) == b"HTTP/1.1 200 OK\r\n"
        many = [await connect("127.0.0.2") for _ in range(8)]
        for _, writer in many:
            writer.write(GET[:20])
        for silent, _ in many[:5]:
            assert await everything(silent) == b""
        late = await connect()
        assert await answer(late) == b"HTTP/1.1 200 OK\r\n"
        # Whoever was there first reads on.
        async with asyncio.timeout(60):
            await reads[0].readuntil(b"</html>")
        assert await answer(reads) == b"HTTP/1.1 200 OK\r\n"


async def test_who_is_being_answered_does_not_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST", 1)
    world, asked, go_on = World(), asyncio.Event(), asyncio.Event()
    create = world.server.create

    async def wait(kind: Kind, obj: Object) -> Object:
        asked.set()
        await go_on.wait()
        return await create(kind, obj)

    monkeypatch.setattr(world.server, "create", wait)
    async with listen(world) as connect:
        reader, writer = await connect()
        writer.write(GET[:-2] + b"Authorization: Bearer token\r\nConnection: close\r\n\r\n")
        await asyncio.wait_for(asked.wait(), 60)
        assert await answer(await connect()) == b""
        go_on.set()
        assert (await everything(reader)).startswith(b"HTTP/1.1 401 ")


def test_where_it_listens_on_all_addresses_of_ipv6_ipv4_is_among_them() -> None:
    with listening("::", 0) as both, socket.create_connection(("127.0.0.1", both.getsockname()[1]), 10):
        pass
