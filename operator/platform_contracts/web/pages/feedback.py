"""The form behind a link: shown, sent, and thanked for. Without JavaScript, without a cookie, and without a name."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qs

from aiohttp import web

from platform_contracts.controllers.hearing import Heard, Opened
from platform_contracts.kube.kinds import FEEDBACK
from platform_contracts.product import form as forms
from platform_contracts.product.form import LONGEST_COMMENT, MOST_THEMES, NOTHING, Typed
from platform_contracts.product.links import PATH
from platform_contracts.product.tokens import Form, NotSignedError, OverError, Tokens, rendering
from platform_contracts.web.clients import address
from platform_contracts.web.rendering import page
from platform_contracts.web.site import SITE, Site

THANKS = f"{PATH}/thanks"
# More than any form has.
MOST_FIELDS = 64
WRITE_SECONDS = 8.0
_FORM = "application/x-www-form-urlencoded"
# A link's path is its secret, so that no request that comes of the page names it, not even one to this server.
_UNNAMED = {"Referrer-Policy": "strict-origin"}
# The page holds nothing that its link does not say: whoever goes back finds what was typed.
_KEPT = {"Cache-Control": "private, no-cache"}

# The same for every link that nobody signed, whatever is in it.
_UNKNOWN = "This is no link of ours, or not all of it. Open it again as it stands in status.feedback.links."
_OVER = (
    "Its time is over, or what it asked is not asked any more. A newer one stands in status.feedback.links of your "
    "PlatformConsumer, or of the service."
)
_TOO_OLD = "This page was open for too long, so it was not sent. Nothing is lost: send it again."
_OTHERWISE = (
    "You sent this page before with other words, and those count. To say this as well, send it again; to leave it at "
    "that, close the page."
)
_TOO_OFTEN = "Too much was sent from here in a short time, so this was not. Nothing is lost: send it again in a minute."
_LINK_TOO_OFTEN = (
    "Too many answered by this link within an hour, from everywhere or from where you are. Nothing is lost: send it "
    "again later."
)
_REFUSED = "The service takes no more answers at the moment. Nothing is lost: tell its team, and send it again later."
_UNSURE = (
    "The cluster did not say whether it took this. Send it again in a minute: however often it is sent, it counts once."
)


async def show(request: web.Request) -> web.Response:
    """The form of a link."""
    site = request.app[SITE]
    tokens = site.hearing.links.tokens
    if tokens is None:
        return _no_link()
    now, link = site.hearing.now(), request.match_info["token"]
    try:
        scope = tokens.read_link(link, now)
    except NotSignedError:
        return _no_link()
    except OverError:
        return _over()
    opened = site.hearing.open(scope)
    if opened is None:
        return _over()
    return _form(site, tokens, opened, rendering(scope, link))


async def take(request: web.Request) -> web.Response:
    """What somebody sends: one Feedback of each rendering of the form, however often it comes."""
    site = request.app[SITE]
    if request.content_type != _FORM:
        raise web.HTTPUnsupportedMediaType
    fields = await _fields(request)
    comment = next(iter(fields.get("comment", ())), "")
    tokens = site.hearing.links.tokens
    if tokens is None:
        return _no_link(comment)
    try:
        form, counts = tokens.read_form(next(iter(fields.get("form", ())), ""), site.hearing.now())
    except NotSignedError:
        return _no_link(comment)
    except OverError:
        return _over(comment)
    opened = site.hearing.open(form.scope)
    if opened is None:
        return _over(comment)
    said = forms.typed(opened.asked, fields)

    def again(status: int, told: str, form: Form = form) -> web.Response:
        return _form(site, tokens, opened, form, said, {"": told}, status)

    client = address(request, site.config.web.trusted_proxies)
    if not await site.limits.client(client):
        return again(429, _TOO_OFTEN)
    if not counts:
        return again(422, _TOO_OLD, rendering(form.scope, form.link))
    feedback, amiss = forms.feedback(opened.asked, said, form, opened.service, opened.consumer)
    if amiss:
        return _form(site, tokens, opened, form, said, amiss, 422)
    # What was taken already counts once.
    there = site.world.store.get(FEEDBACK, feedback["metadata"]["namespace"], feedback["metadata"]["name"])
    if there is None and not await site.limits.link(form, client):
        return again(429, _LINK_TOO_OFTEN)
    try:
        async with asyncio.timeout(WRITE_SECONDS):
            heard = await site.hearing.take(feedback)
    except TimeoutError:
        heard = Heard.UNKNOWN
    match heard:
        case Heard.TAKEN:
            raise web.HTTPSeeOther(THANKS)
        case Heard.OTHERWISE:
            return again(409, _OTHERWISE, rendering(form.scope, form.link))
        case Heard.REFUSED:
            return again(503, _REFUSED)
        case Heard.UNKNOWN:
            return again(503, _UNSURE)


async def thank(_: web.Request) -> web.Response:
    """Where somebody comes to who has answered; it names nothing, so that it may be opened again and again."""
    return page("thanks.html", known=False)


def routes() -> list[web.RouteDef]:
    """Where they are. The path of a link is its secret: no log and no header repeats it."""
    return [web.get(THANKS, thank), web.post(PATH, take), web.get(f"{PATH}/{{token}}", show)]


async def _fields(request: web.Request) -> Mapping[str, list[str]]:
    # The rest of a body that is too large is an answer of its own, from the guards.
    body = (await request.read()).decode(errors="replace")
    try:
        return parse_qs(body, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace")
    except ValueError:
        raise web.HTTPBadRequest from None


def _form(
    site: Site,
    tokens: Tokens,
    opened: Opened,
    form: Form,
    said: Typed = NOTHING,
    amiss: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    answer = page(
        "feedback.html",
        status=status,
        known=False,
        action=PATH,
        form=tokens.form(form, site.hearing.now()),
        asked=opened.asked,
        said=said,
        amiss=amiss or {},
        longest_comment=LONGEST_COMMENT,
        most_themes=MOST_THEMES,
    )
    answer.headers.update(_KEPT | _UNNAMED)
    return answer


def _no_link(typed: str = "") -> web.Response:
    return _refused(404, "This link does not work", _UNKNOWN, typed)


def _over(typed: str = "") -> web.Response:
    return _refused(410, "This link has ended", _OVER, typed)


def _refused(status: int, title: str, message: str, typed: str = "") -> web.Response:
    answer = page("no-link.html", status=status, known=False, title=title, message=message, typed=typed)
    answer.headers.update(_UNNAMED)
    return answer
