"""The first page: every service that the reader may see."""

from __future__ import annotations

from aiohttp import web

from platform_contracts.web.access.asking import reader_of
from platform_contracts.web.access.sight import listable_providers, visible_services
from platform_contracts.web.rendering import Rendered, render, respond
from platform_contracts.web.site import SITE
from platform_contracts.web.view.overview import overview
from platform_contracts.web.words import STATES


async def show(request: web.Request) -> web.Response:
    """The services, those first that need somebody's attention."""
    site, reader = request.app[SITE], await reader_of(request)
    listable = await listable_providers(site, reader)
    query = request.query.get("q", "").strip()
    state = known if (known := request.query.get("state", "")) in STATES else ""

    def make() -> Rendered:
        return render("overview.html", view=overview(visible_services(site, listable), query, state))

    # What somebody looks for is hardly ever looked for again.
    return respond(make() if query else site.rendered.get(("overview", listable, state), make), reader)


def routes() -> list[web.RouteDef]:
    """Where it is."""
    return [web.get("/", show)]
