"""The first page: every service that the reader may see."""

from __future__ import annotations

from aiohttp import web

from platform_contracts.kube.kinds import PLATFORM_SERVICE
from platform_contracts.web.rendering import page
from platform_contracts.web.site import SITE
from platform_contracts.web.view.overview import overview


async def show(request: web.Request) -> web.Response:
    """The services, those first that need somebody's attention."""
    site = request.app[SITE]
    services = [
        service
        for service in site.world.store.all(PLATFORM_SERVICE)
        if site.world.is_provider(service["metadata"]["namespace"])
        and site.config.web.is_public(service["metadata"]["namespace"], service["metadata"]["name"])
    ]
    asked = request.query.get("q", ""), request.query.get("state", "")
    return page("overview.html", view=overview(services, *asked))


def routes() -> list[web.RouteDef]:
    """Where it is."""
    return [web.get("/", show)]
