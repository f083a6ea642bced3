"""Who asks, as far as that can be told, and how often one may write."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import web
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from platform_contracts.product.tokens import Form

Networks = Sequence[IPv4Network | IPv6Network]

# Tokens that are nobody's, from one address. Good ones are not counted: many readers may come by one proxy.
_BAD_TOKENS = parse("120/minute")
# What a reader may do, where nobody remembers it: a page in a large cluster asks three hundred times.
_QUESTIONS = parse("1200/minute")
# Forms from one address, of whatever link.
_CLIENT = parse("20/minute")
# Answers by a team's link, and by one that everybody may have: in all, and the share that one address may have of them.
_TEAM = parse("100/hour"), parse("20/hour")
_EVERYBODY = parse("1000/hour"), parse("200/hour")

_MOST_FORMS = 8192


class Limits:
    """How often one may send a form or a token, or have something looked up: by client, by link and by reader, so that
    none of them drowns out others."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        # The forms that counted last, by their names.
        self._counted: OrderedDict[str, None] = OrderedDict()

    async def may_try_tokens(self, address: str) -> bool:
        """Whether this client has sent so few bad tokens that another one is looked at."""
        return bool(await self._limiter.test(_BAD_TOKENS, "token", address))

    async def bad_token(self, address: str) -> None:
        """Count a token that is nobody's."""
        await self._hit(_BAD_TOKENS, "token", address)

    async def question(self, reader: str) -> bool:
        """Count a question about what this reader may do; False where it is one too many."""
        return await self._hit(_QUESTIONS, "question", reader)

    async def client(self, address: str) -> bool:
        """Count a form that this client sends; False where it is one too many."""
        return await self._hit(_CLIENT, "client", address)

    async def link(self, form: Form, address: str) -> bool:
        """Count an answer by a form's link from this client; False where it is one too many, of the client or of all.

        A form that is sent again, because the cluster did not answer, counts once.
        """
        if form.name in self._counted:
            return True
        scope = form.scope
        limit, share = _TEAM if scope.consumer else _EVERYBODY
        link = "link", scope.service, scope.consumer or "", scope.survey or ""
        if not (await self._hit(share, *link, address) and await self._hit(limit, *link)):
            return False
        self._counted[form.name] = None
        if len(self._counted) > _MOST_FORMS:
            self._counted.popitem(last=False)
        return True

    async def _hit(self, limit: RateLimitItem, *who: str) -> bool:
        return bool(await self._limiter.hit(limit, *who))


def address(request: web.Request, trusted: Networks) -> str:
    """A client's address; of IPv6 its network, since a client has all of that.

    What X-Forwarded-For says counts as far as trusted proxies say it: the last address that is none of theirs.
    """
    found = _parsed(request.remote or "")
    said = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")
    for hop in map(_parsed, reversed(said)):
        if found is None or hop is None or not any(found in network for network in trusted):
            break
        found = hop
    return _network(found)


def network(address: str) -> str:
    """An address as text, and of one of IPv6 its network, since a client has all of that; empty where it is none."""
    return _network(_parsed(address))


def _network(found: IPv4Address | IPv6Address | None) -> str:
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return str(found or "")


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address, and of one of IPv4 that IPv6 carries that; None where it is none."""
    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
