"""What of one service a reader may see."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from platform_contracts.kube.kinds import (
    MAINTENANCE_WINDOW,
    PLATFORM_CONSUMER,
    PLATFORM_SERVICE,
    PRODUCT_REPORT,
    SLA,
    SLA_REPORT,
)
from platform_contracts.kube.objects import Key, Object
from platform_contracts.web.access.reader import Reader
from platform_contracts.web.site import Site

_PARTS = (SLA, MAINTENANCE_WINDOW, SLA_REPORT, PRODUCT_REPORT)


@dataclass(frozen=True, slots=True)
class Sight:
    """What of a service's page is shown. Hashable: readers who may see the same see the same page."""

    # The whole PlatformService, contacts, links and conditions among it; a public service shows without these.
    details: bool
    slas: bool
    # Their conditions and messages as well, which a public service shows without.
    sla_details: bool
    maintenance: bool
    reports: bool
    assessments: bool
    # Home namespaces whose PlatformConsumers may be named; of others there are counts alone.
    named: frozenset[str]


PUBLIC = Sight(
    details=False,
    slas=True,
    sla_details=False,
    maintenance=True,
    reports=False,
    assessments=False,
    named=frozenset(),
)


async def sight(site: Site, reader: Reader | None, service: Key) -> Sight | None:
    """What the reader may see of a service, None where it is nothing.

    Raises ApiError where the API server cannot be asked.
    """
    namespace, name = service.namespace or "", service.name
    public = PUBLIC if site.config.web.is_public(namespace, name) else None
    if reader is None or not await site.rights.may_get(reader, PLATFORM_SERVICE, namespace, name):
        return public
    (slas, maintenance, reports, assessments), named = await asyncio.gather(
        asyncio.gather(*(site.rights.may_list(reader, kind, namespace) for kind in _PARTS)),
        site.rights.listable(reader, PLATFORM_CONSUMER, sorted(site.world.homes_of(service))),
    )
    everybodys = public is not None
    return Sight(
        details=True,
        slas=slas or everybodys,
        sla_details=slas,
        maintenance=maintenance or everybodys,
        reports=reports,
        assessments=assessments,
        named=named,
    )


async def listable_providers(site: Site, reader: Reader | None) -> frozenset[str]:
    """The providers' namespaces where the reader may list services."""
    if reader is None:
        return frozenset()
    return await site.rights.listable(reader, PLATFORM_SERVICE, sorted(site.world.providers()))


def visible_services(site: Site, listable: frozenset[str]) -> list[Object]:
    """The services in these namespaces, and those that everybody may see."""
    providers = set(site.world.providers())
    return [
        service
        for service in site.world.store.all(PLATFORM_SERVICE)
        if (namespace := service["metadata"]["namespace"]) in providers
        and (namespace in listable or site.config.web.is_public(namespace, service["metadata"]["name"]))
    ]
