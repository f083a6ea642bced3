"""The page on a store that a test fills: what it serves is read over HTTP, as a browser does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from platform_contracts.web.server import application
from tests.web.world import World

Open = Callable[..., Any]


@pytest.fixture
async def open_page() -> AsyncIterator[Open]:
    """`await open_page(world, **settings)`: a client of the page, whose configuration has these settings in `web`."""
    clients: list[TestClient[Any, Any]] = []

    async def open_(world: World, **settings: Any) -> TestClient[Any, Any]:
        client: TestClient[Any, Any] = TestClient(TestServer(application(world.site(**settings))))
        await client.start_server()
        clients.append(client)
        return client

    yield open_
    for client in clients:
        await client.close()
