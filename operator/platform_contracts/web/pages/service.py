"""A service's own page."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from aiohttp import web

from platform_contracts.kube.kinds import PLATFORM_SERVICE, SLA
from platform_contracts.kube.objects import Key, Object
from platform_contracts.sla.trend import Curves
from platform_contracts.web.access.asking import reader_of
from platform_contracts.web.access.sight import sight
from platform_contracts.web.pages import OBJECT
from platform_contracts.web.rendering import Rendered, render, respond
from platform_contracts.web.site import SITE, Site
from platform_contracts.web.view.service import Snapshot, service_page


async def show(request: web.Request) -> web.Response:
    """What the reader may see of it. One that is not there, and one of which they may see nothing, are the same."""
    site, reader = request.app[SITE], await reader_of(request)
    key = Key(PLATFORM_SERVICE, request.match_info["namespace"], request.match_info["name"])
    # The question comes before the look: how long this takes does not say whether there is one.
    seen = await sight(site, reader, key)
    slas = site.world.slas_of(key) if seen is not None and seen.slas else []
    said = await asyncio.gather(*(site.trends.of(sla) for sla in slas))
    curves = {sla["metadata"]["name"]: one for sla, one in zip(slas, said, strict=True) if one is not None}
    service = _service(site, key)
    if service is None or seen is None:
        raise web.HTTPNotFound
    shown, to = service, seen

    def make() -> Rendered:
        return render("service.html", view=service_page(snapshot(site, key, shown, curves), to, site.now()))

    drawn = tuple(site.trends.said(sla) for sla in slas)
    return respond(site.rendered.get((key, seen, drawn), make), reader)


def _service(site: Site, key: Key) -> Object | None:
    """A service that is there and counts."""
    namespace = key.namespace or ""
    return site.world.service(namespace, key.name) if site.world.is_provider(namespace) else None


def snapshot(site: Site, key: Key, service: Object, curves: Mapping[str, Curves]) -> Snapshot:
    """What the store has of a service."""
    world, namespace = site.world, key.namespace or ""
    slas = world.slas_of(key)
    return Snapshot(
        service=service,
        slas=slas,
        windows=world.windows_of(key),
        reports=[
            report
            for sla in slas
            for report in world.reports_of(Key(SLA, namespace, sla["metadata"]["name"]))
            if report["spec"]["serviceName"] == key.name
        ],
        assessments=world.product_reports_of(service),
        consumers=world.consumers_of(key),
        curves=curves,
        allowed_url_hosts=site.config.guardrails.allowed_url_hosts,
    )


def routes() -> list[web.RouteDef]:
    """Where it is."""
    return [web.get(f"/services/{OBJECT}", show)]
