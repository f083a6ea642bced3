"""The consumers that a reader may read, and each one's own page."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

from platform_contracts.kube.kinds import PLATFORM_CONSUMER
from platform_contracts.web.access.asking import reader_of
from platform_contracts.web.access.rights import MOST_NAMESPACES
from platform_contracts.web.pages import OBJECT
from platform_contracts.web.rendering import Rendered, page, render, respond
from platform_contracts.web.site import SITE
from platform_contracts.web.view.consumer import consumer_page
from platform_contracts.web.view.consumers import consumers
from platform_contracts.web.view.search import namespaces


async def show_all(request: web.Request) -> web.Response:
    """What `kubectl get platformconsumers -A` would show, searched."""
    site, reader = request.app[SITE], await reader_of(request)
    if reader is None:
        return web.Response(status=303, headers={"Location": f"/sign-in?next={quote(request.path_qs, safe='')}"})
    query = request.query.get("q", "").strip()
    # Whatever is searched for, the same is asked: how long it takes says nothing of what the reader may not see. A
    # namespace that the query names is asked for first, whether it is there or not.
    homes = site.world.homes()
    listable = await site.rights.listable(reader, PLATFORM_CONSUMER, (*namespaces(query), *sorted(homes)))
    unasked = len(homes) > MOST_NAMESPACES and not listable.issuperset(homes)

    def make() -> Rendered:
        return render("consumers.html", view=consumers(site.world.consumers_in(listable), query), unasked=unasked)

    return respond(make() if query else site.rendered.get(("consumers", listable, unasked), make), reader)


async def show(request: web.Request) -> web.Response:
    """One of them. One that is not there, and one that the reader may not read, are the same."""
    site, reader = request.app[SITE], await reader_of(request)
    namespace, name = request.match_info["namespace"], request.match_info["name"]
    if reader is None or not await site.rights.may_get(reader, PLATFORM_CONSUMER, namespace, name):
        raise web.HTTPNotFound
    found = site.world.store.get(PLATFORM_CONSUMER, namespace, name)
    if found is None:
        raise web.HTTPNotFound
    return page("consumer.html", view=consumer_page(found), reader=reader)


def routes() -> list[web.RouteDef]:
    """Where they are."""
    return [web.get("/consumers", show_all), web.get(f"/consumers/{OBJECT}", show)]
