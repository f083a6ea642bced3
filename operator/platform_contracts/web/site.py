"""What every page is made from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from platform_contracts.config import Config
from platform_contracts.controllers.hearing import Hearing
from platform_contracts.controllers.world import World
from platform_contracts.engine.client import Client
from platform_contracts.web.access.reader import Readers
from platform_contracts.web.access.rights import Rights
from platform_contracts.web.access.session import Sessions
from platform_contracts.web.clients import Limits
from platform_contracts.web.rendered import RenderedPages
from platform_contracts.web.trends import Trends


class Site:
    """The operator's store, which pages are read from, and whoever answers the few questions that it cannot answer."""

    def __init__(
        self, *, config: Config, world: World, client: Client, hearing: Hearing, now: Callable[[], datetime]
    ) -> None:
        self.config = config
        self.world = world
        self.hearing = hearing
        self.now = now
        self.limits = Limits()
        self.readers = Readers(client, self.limits)
        self.rights = Rights(client, self.limits)
        self.sessions = Sessions(config.web, hearing.links.keys, now)
        self.rendered = RenderedPages(world.store, now)
        self.trends = Trends(config.data_sources, now)


SITE = web.AppKey("site", Site)
