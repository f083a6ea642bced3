"""What stands around every page: limits, the origin of what is posted, headers, and pages for what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from platform_contracts.config import Web
from platform_contracts.config.web import is_loopback
from platform_contracts.engine.errors import ApiError
from platform_contracts.web.access.asking import READER
from platform_contracts.web.access.reader import TooManyTokensError
from platform_contracts.web.access.rights import TooManyQuestionsError
from platform_contracts.web.connections import failure
from platform_contracts.web.rendering import page

log = structlog.get_logger("web")

# The largest form: a comment of 4096 characters, each percent-encoded from four bytes, and some fields beside it.
MAX_BODY_BYTES = 64 * 1024
REQUEST_SECONDS = 15.0
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

# Nothing but this server's own stylesheet and images, and forms that come back to it. No script runs at all.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    # Not which versions of what answers.
    "Server": "platform-contracts",
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Other sites learn nothing of where a reader was. Without any referrer browsers would not say either that a form
    # comes from this site.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Robots-Tag": "noindex",
}
# Pages hold what their reader may see, which is nobody else's business: no cache keeps them.
_NOT_KEPT = "no-store"
_WORDS = {
    400: "The form could not be read. Go back, correct it and send it again.",
    401: "The cluster does not know the token in the Authorization header.",
    403: "This was sent from another place than this page, and is not taken. Open the page anew, and send it again.",
    404: "There is no such page, or you may not see it.",
    405: "Nothing can be done here in this way.",
    408: "This took too long. Try it again.",
    413: "This is more than can be sent at once. Go back, shorten it and send it again.",
    415: "Only the form of this page is taken here. Open the page anew and send it from there.",
    429: "This was too often. Wait a minute, then try it again.",
    503: "The cluster does not answer at the moment. Try it again in a minute.",
}
_FAILED = "Something went wrong here, and the operator's log says what. Try it again in a minute."


def headers(config: Web) -> Mapping[str, str]:
    """The headers of every answer."""
    return _HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if config.secure else {})


def guards(config: Web) -> list[Middleware]:
    """The middlewares, the outermost first."""
    always = headers(config)

    @web.middleware
    async def add_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        for name, value in always.items():
            answer.headers.setdefault(name, value)
        answer.headers.setdefault("Cache-Control", _NOT_KEPT)
        return answer

    @web.middleware
    async def explain(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Say in a page what went wrong, and never how it looks inside."""
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                return await handler(request)
        except web.HTTPException as answer:
            if "Location" in answer.headers:
                return web.Response(status=answer.status, headers={"Location": answer.headers["Location"]})
            return _problem(request, answer.status)
        except ApiError:
            return _problem(request, 503)
        except (TooManyTokensError, TooManyQuestionsError):
            return _problem(request, 429)
        except TimeoutError:
            return _problem(request, 408)
        except Exception as error:  # noqa: BLE001 - whatever it is, the reader gets a page and the log the rest
            # The route, not the path: it may hold a token.
            log.error("a page failed", route=_route(request), **failure(error))
            return _problem(request, 500)

    @web.middleware
    async def check_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method not in _SAFE and not same_origin(request, config):
            raise web.HTTPForbidden
        return await handler(request)

    return [add_headers, explain, check_origin]


def same_origin(request: web.Request, config: Web) -> bool:
    """Whether a browser sent this from a page of this site: its own URL, or a loopback address that is forwarded here.

    A request that names no Origin comes from no page.
    """
    origin = request.headers.get("Origin", "")
    if origin == config.base_url:
        return True
    try:
        parts = urlsplit(origin)
        host = parts.hostname
    except ValueError:
        return False
    # Any other name could be made to lead here by whoever owns it.
    return host is not None and is_loopback(host) and parts.netloc == request.headers.get("Host", "")


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else ""


def _problem(request: web.Request, status: int) -> web.Response:
    answer = page(
        "problem.html",
        status=status,
        reader=request.get(READER),
        known=READER in request,
        title=HTTPStatus(status).phrase,
        message=_WORDS.get(status, _FAILED),
    )
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
