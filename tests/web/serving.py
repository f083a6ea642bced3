"""The page in a thread of its own, for a browser that blocks while it reads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from harness.ports import free_port
from platform_contracts.web.server import Page
from tests.web.world import World

# What axe looks for.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# How people look at a page, for a fixture `reading` that opens a browser so.
LOOKS = pytest.mark.parametrize(
    "reading",
    [{"color_scheme": "light"}, {"color_scheme": "dark", "viewport": {"width": 360, "height": 740}}],
    ids=["light", "dark on a phone"],
    indirect=True,
)


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
