"""Signing in with a token of the cluster, and out again."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from aiohttp import web

from platform_contracts.web.access.asking import reader_of
from platform_contracts.web.access.session import TokenTooLongError
from platform_contracts.web.clients import address
from platform_contracts.web.rendering import page
from platform_contracts.web.site import SITE

_NOT_GOOD = "The cluster does not know this token. It may have expired: make another one and try again."
_TOO_LONG = "This token is too long for a cookie. Send it in an Authorization header instead."


# A path of this site, as browsers understand it: neither // nor /\\ begins one.
_PATH = re.compile(r"/(?![/\\])[!-~]{0,2000}")


async def ask(request: web.Request) -> web.Response:
    """The form, which leads back to where its reader came from."""
    came = urlsplit(request.headers.get("Referer", ""))
    asked = request.query.get("next") or f"{came.path}?{came.query}".removesuffix("?")
    return await _form(request, asked)


async def sign_in(request: web.Request) -> web.Response:
    """Take a token that the API server knows."""
    site = request.app[SITE]
    fields = await request.post()
    token, asked = (str(fields.get(name, "")).strip() for name in ("token", "next"))
    if await site.readers.find(token, address(request, site.config.web.trusted_proxies)) is None:
        return await _form(request, asked, 401, _NOT_GOOD)
    answer = web.Response(status=303, headers={"Location": _local(asked)})
    try:
        site.sessions.begin(answer, token)
    except TokenTooLongError:
        return await _form(request, asked, 400, _TOO_LONG)
    return answer


async def sign_out(request: web.Request) -> web.Response:
    """Forget the token."""
    answer = web.Response(status=303, headers={"Location": "/"})
    request.app[SITE].sessions.end(answer)
    return answer


async def _form(request: web.Request, asked: str, status: int = 200, problem: str | None = None) -> web.Response:
    return page("sign_in.html", status=status, problem=problem, next=_local(asked), reader=await reader_of(request))


def _local(path: str) -> str:
    """A path of this site where somebody goes after signing in; the first page where it is none, or is this one."""
    return path if _PATH.fullmatch(path) and not path.startswith("/sign-") else "/"


def routes() -> list[web.RouteDef]:
    """Where it is."""
    return [web.get("/sign-in", ask), web.post("/sign-in", sign_in), web.post("/sign-out", sign_out)]
