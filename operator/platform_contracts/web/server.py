"""The site as an application, and where it listens."""

from __future__ import annotations

import asyncio

from aiohttp import web

from platform_contracts.web import assets
from platform_contracts.web.connections import Connections, listening
from platform_contracts.web.guards import MAX_BODY_BYTES, guards, headers
from platform_contracts.web.pages import assessments, consumers, feedback, overview, service, sign_in
from platform_contracts.web.site import SITE, Site


def application(site: Site) -> web.Application:
    """All pages, behind their guards."""
    app = web.Application(middlewares=guards(site.config.web), client_max_size=MAX_BODY_BYTES)
    app[SITE] = site
    for room in (assets, overview, service, assessments, consumers, feedback, sign_in):
        app.add_routes(room.routes())
    return app


class Page:
    """The site where it is served: nowhere, unless the configuration says so."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen until `close`. Raises OSError where the port is taken."""
        settings = self._site.config.web
        if not settings.enabled:
            return
        self._runner = web.AppRunner(application(self._site))
        await self._runner.setup()
        assert self._runner.server is not None
        self._server = await asyncio.get_running_loop().create_server(
            Connections(self._runner.server, headers(settings)), sock=listening(settings.address, settings.port)
        )

    async def close(self) -> None:
        """Answer what is being asked, and listen no more."""
        if self._server is not None:
            self._server.close()
        if self._runner is not None:
            await self._runner.cleanup()
        await self._site.trends.close()
