"""What every page is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from platform_contracts.config import Config
from platform_contracts.controllers.world import World
from platform_contracts.engine.client import Client


@dataclass(frozen=True)
class Site:
    """The operator's store, which pages are read from, and a client for the few questions that it cannot answer."""

    config: Config
    world: World
    client: Client
    now: Callable[[], datetime]


SITE = web.AppKey("site", Site)
