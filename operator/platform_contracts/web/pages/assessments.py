"""An assessment of a service: the page of one ProductReport."""

from __future__ import annotations

from aiohttp import web

from platform_contracts.kube.kinds import PRODUCT_REPORT
from platform_contracts.kube.objects import Object
from platform_contracts.web.access.asking import reader_of
from platform_contracts.web.access.reader import Reader
from platform_contracts.web.pages import OBJECT
from platform_contracts.web.rendering import page
from platform_contracts.web.site import SITE, Site
from platform_contracts.web.view.period import period_page


async def show(request: web.Request) -> web.Response:
    """What the report has. One that is not there, and one that the reader may not read, are the same."""
    site, reader = request.app[SITE], await reader_of(request)
    namespace, name = request.match_info["namespace"], request.match_info["name"]
    if reader is None or not await site.rights.may_get(reader, PRODUCT_REPORT, namespace, name):
        raise web.HTTPNotFound
    report = site.world.store.get(PRODUCT_REPORT, namespace, name)
    if report is None:
        raise web.HTTPNotFound
    return page("period.html", view=period_page(report, await _before(site, reader, report)), reader=reader)


async def _before(site: Site, reader: Reader, report: Object) -> Object | None:
    """The report before, as far as the reader may read it too."""
    last = site.world.report_before(report)
    if last is None:
        return None
    metadata = last["metadata"]
    allowed = await site.rights.may_get(reader, PRODUCT_REPORT, metadata["namespace"], metadata["name"])
    return last if allowed else None


def routes() -> list[web.RouteDef]:
    """Where it is."""
    return [web.get(f"/assessments/{OBJECT}", show)]
