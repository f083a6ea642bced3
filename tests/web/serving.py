"""The page in a thread of its own, for a browser that blocks while it reads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.ports import free_port
from platform_contracts.web.server import Page
from tests.web.world import World


@contextmanager
def serving(world: World, **settings: Any) -> Iterator[str]:
    """The address of a page that shows this world."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    page = Page(world.site(enabled=True, address="127.0.0.1", port=port, base_url=url, **settings))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="page")
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(page.start(), loop).result(30)
        yield url
        asyncio.run_coroutine_threadsafe(page.close(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
