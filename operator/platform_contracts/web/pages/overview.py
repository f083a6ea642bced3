"""The first page: every service that the reader may see."""

from __future__ import annotations

from aiohttp import web

from platform_contracts.web.access.asking import reader_of
from platform_contracts.web.access.sight import visible_services
from platform_contracts.web.rendering import page
from platform_contracts.web.site import SITE
from platform_contracts.web.view.overview import overview


async def show(request: web.Request) -> web.Response:
    """The services, those first that need somebody's attention."""
    site, reader = request.app[SITE], await reader_of(request)
    keys = await visible_services(site, reader)
    services = [obj for key in keys if (obj := site.world.service(key.namespace or "", key.name)) is not None]
    view = overview(services, request.query.get("q", ""), request.query.get("state", ""))
    return page("overview.html", view=view, reader=reader)


def routes() -> list[web.RouteDef]:
    """Where it is."""
    return [web.get("/", show)]
