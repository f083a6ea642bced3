"""A service's own page."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from aiohttp import web

from platform_contracts.kube.kinds import PLATFORM_SERVICE
from platform_contracts.kube.objects import Key
from platform_contracts.web.access.asking import reader_of
from platform_contracts.web.access.sight import sight
from platform_contracts.web.rendering import Rendered, render, respond
from platform_contracts.web.site import SITE, Site
from platform_contracts.web.view.service import Snapshot, service_page


async def show(request: web.Request) -> web.Response:
    """What the reader may see of it. One that is not there, and one of which they may see nothing, are the same."""
    site, reader = request.app[SITE], await reader_of(request)
    key = Key(PLATFORM_SERVICE, request.match_info["namespace"], request.match_info["name"])
    found = snapshot(site, key)
    seen = await sight(site, reader, key) if found is not None else None
    if found is None or seen is None:
        raise web.HTTPNotFound
    if seen.slas:
        curves = await asyncio.gather(*(site.trends.of(sla) for sla in found.slas))
        names = [sla["metadata"]["name"] for sla in found.slas]
        found = replace(found, curves={name: one for name, one in zip(names, curves, strict=True) if one is not None})
    shown = found

    def make() -> Rendered:
        return render("service.html", view=service_page(shown, seen, site.now()))

    return respond(site.rendered.get((key, seen), make), reader)


def snapshot(site: Site, key: Key) -> Snapshot | None:
    """What the store has of a service; None where there is none that counts."""
    world, namespace = site.world, key.namespace or ""
    service = world.service(namespace, key.name)
    if service is None or not world.is_provider(namespace):
        return None
    slas = world.slas_of(key)
    return Snapshot(
        service=service,
        slas=slas,
        windows=world.windows_of(key),
        reports=[
            report
            for sla in slas
            for report in world.reports_of(Key(key.kind, namespace, sla["metadata"]["name"]))
            if report["spec"]["serviceName"] == key.name
        ],
        consumers=world.consumers_of(key),
    )


def routes() -> list[web.RouteDef]:
    """Where it is."""
    return [web.get("/services/{namespace}/{name}", show)]
