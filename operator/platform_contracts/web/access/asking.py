"""Who sent a request."""

from __future__ import annotations

from aiohttp import web

from platform_contracts.web.access.reader import Reader
from platform_contracts.web.clients import address
from platform_contracts.web.site import SITE

# Whoever a request was found to come from, for the page of what goes wrong afterwards.
READER: web.RequestKey[Reader | None] = web.RequestKey("reader")


async def reader_of(request: web.Request) -> Reader | None:
    """Whose token the request carries, in its header or in its cookie; None where it carries none that is good.

    Raises HTTPUnauthorized for a token in the header that is not good, and whatever `Readers.find` raises.
    """
    request[READER] = reader = await _found(request)
    return reader


async def _found(request: web.Request) -> Reader | None:
    site = request.app[SITE]
    client = address(request, site.config.web.trusted_proxies)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme:
        reader = await site.readers.find(token.strip(), client) if scheme.lower() == "bearer" else None
        if reader is None:
            raise web.HTTPUnauthorized
        return reader
    kept = site.sessions.token(request)
    return await site.readers.find(kept, client, signed_in=True) if kept else None
