"""The consumers that a reader may read, and each one's own page."""

from __future__ import annotations

from aiohttp import web

from platform_contracts.kube.kinds import PLATFORM_CONSUMER
from platform_contracts.web.access.asking import reader_of
from platform_contracts.web.access.rights import MOST_NAMESPACES
from platform_contracts.web.rendering import page
from platform_contracts.web.site import SITE
from platform_contracts.web.view.consumer import consumer_page
from platform_contracts.web.view.consumers import consumers


async def show_all(request: web.Request) -> web.Response:
    """What `kubectl get platformconsumers -A` would show, searched."""
    site, reader = request.app[SITE], await reader_of(request)
    if reader is None:
        return web.Response(status=303, headers={"Location": "/sign-in"})
    query = request.query.get("q", "")
    found = consumers(site.world.store.all(PLATFORM_CONSUMER), query)
    places = {row.namespace for row in found}
    listable = await site.rights.listable(reader, PLATFORM_CONSUMER, places)
    rows = [row for row in found if row.namespace in listable]
    return page(
        "consumers.html",
        rows=rows[:_MOST_ROWS],
        more=max(len(rows) - _MOST_ROWS, 0),
        query=query,
        unasked=len(places) > MOST_NAMESPACES and len(listable) < len(places),
        reader=reader,
    )


async def show(request: web.Request) -> web.Response:
    """One of them. One that is not there, and one that the reader may not read, are the same."""
    site, reader = request.app[SITE], await reader_of(request)
    namespace, name = request.match_info["namespace"], request.match_info["name"]
    found = site.world.store.get(PLATFORM_CONSUMER, namespace, name)
    if found is None or reader is None or not await site.rights.may_get(reader, PLATFORM_CONSUMER, namespace, name):
        raise web.HTTPNotFound
    return page("consumer.html", view=consumer_page(found), reader=reader)


_MOST_ROWS = 200


def routes() -> list[web.RouteDef]:
    """Where they are."""
    return [web.get("/consumers", show_all), web.get("/consumers/{namespace}/{name}", show)]
