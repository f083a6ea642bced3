"""Signing in with a token of the cluster, and out again."""

from __future__ import annotations

from aiohttp import web

from platform_contracts.web.access.asking import reader_of
from platform_contracts.web.access.session import TokenTooLongError
from platform_contracts.web.rendering import page
from platform_contracts.web.site import SITE

_NOT_GOOD = "The cluster does not know this token. It may have expired: make another one and try again."
_TOO_LONG = "This token is too long for a cookie. Send it in an Authorization header instead."


async def ask(request: web.Request) -> web.Response:
    """The form."""
    return page("sign_in.html", problem=None, reader=await reader_of(request))


async def sign_in(request: web.Request) -> web.Response:
    """Take a token that the API server knows."""
    site = request.app[SITE]
    token = str((await request.post()).get("token", "")).strip()
    if await site.readers.find(token) is None:
        return page("sign_in.html", status=401, problem=_NOT_GOOD)
    answer = web.Response(status=303, headers={"Location": "/"})
    try:
        site.sessions.begin(answer, token)
    except TokenTooLongError:
        return page("sign_in.html", status=400, problem=_TOO_LONG)
    return answer


async def sign_out(request: web.Request) -> web.Response:
    """Forget the token."""
    answer = web.Response(status=303, headers={"Location": "/"})
    request.app[SITE].sessions.end(answer)
    return answer


def routes() -> list[web.RouteDef]:
    """Where it is."""
    return [web.get("/sign-in", ask), web.post("/sign-in", sign_in), web.post("/sign-out", sign_out)]
