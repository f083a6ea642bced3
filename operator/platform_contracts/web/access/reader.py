"""From a bearer token to the reader whose it is, as the API server says by a TokenReview."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from async_lru import alru_cache

from platform_contracts.engine.client import Client
from platform_contracts.engine.throttle import TokenBucket
from platform_contracts.kube.kinds import TOKEN_REVIEW
from platform_contracts.kube.objects import Object
from platform_contracts.web.clients import Limits

# A token that is revoked, or whose ServiceAccount is deleted, ends here at the latest so many seconds later.
REMEMBERED_SECONDS = 15.0
MOST_REMEMBERED = 2048
# Tokens out of nowhere, of all who send any; each client has a smaller share of that.
_UNKNOWN_PER_SECOND, _UNKNOWN_BURST = 20.0, 100
# RFC 6750, section 2.1; no token is longer than a request's header may be.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{1,7500}=*")

# What the API server says of a ServiceAccount's token beside whose it is.
_OF_TOKENS = frozenset(
    f"authentication.kubernetes.io/{what}" for what in ("credential-id", "node-name", "node-uid", "pod-name", "pod-uid")
)


class TooManyTokensError(Exception):
    """More tokens out of nowhere than the API server is asked about."""


Extra = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody whom the API server knows; hashable, so that what they may see is remembered by them."""

    name: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: Extra = field(default=(), repr=False)
    # What is another with each token of the same reader. It is told in a review, and nobody is told apart by it.
    credential: Extra = field(default=(), repr=False, compare=False)

    @property
    def short_name(self) -> str:
        """`alice`, or `team-a/ci` for a ServiceAccount."""
        return self.name.removeprefix("system:serviceaccount:").replace(":", "/")

    def subject(self) -> Object:
        """The reader as a SubjectAccessReview names them."""
        return {
            "user": self.name,
            "uid": self.uid,
            "groups": list(self.groups),
            "extra": {name: list(values) for name, values in (*self.extra, *self.credential)},
        }


class Readers:
    """Knows readers by their tokens.

    `unknown` holds back the questions about tokens out of nowhere, of all clients together.
    """

    def __init__(self, client: Client, limits: Limits, *, unknown: TokenBucket | None = None) -> None:
        self._client = client
        self._limits = limits
        self._unknown = unknown or TokenBucket(_UNKNOWN_PER_SECOND, _UNKNOWN_BURST)
        self._known = alru_cache(maxsize=MOST_REMEMBERED, ttl=REMEMBERED_SECONDS)(self._ask)

    async def find(self, token: str, client: str, *, signed_in: bool = False) -> Reader | None:
        """Whose token it is; None for one that is forged, expired or meant for somebody else than the API server.

        `client` is the address that it comes from. A token is `signed_in` that was good before. Raises ApiError where
        the API server cannot be asked, TooManyTokensError where it was asked about others too often.
        """
        if not _TOKEN.fullmatch(token):
            return None
        asked = signed_in or self._known.cache_contains(token, signed_in)
        if not asked and not await self._limits.may_try_tokens(client):
            raise TooManyTokensError
        reader = await self._known(token, signed_in)
        if reader is None:
            await self._limits.bad_token(client)
        return reader

    async def _ask(self, token: str, signed_in: bool) -> Reader | None:
        if not signed_in and not self._unknown.take_now():
            raise TooManyTokensError
        # Without an audience it is the API server's own: a token that was made for another program opens nothing here.
        review = await self._client.create(
            TOKEN_REVIEW,
            {
                "apiVersion": TOKEN_REVIEW.api_version,
                "kind": TOKEN_REVIEW.name,
                "metadata": {},
                "spec": {"token": token},
            },
        )
        status = review.get("status") or {}
        return _reader(status.get("user") or {}) if status.get("authenticated") else None


def _reader(user: Object) -> Reader:
    extra = [(name, tuple(values)) for name, values in sorted((user.get("extra") or {}).items())]
    return Reader(
        name=user.get("username", ""),
        uid=user.get("uid", ""),
        groups=tuple(user.get("groups") or ()),
        extra=tuple(entry for entry in extra if entry[0] not in _OF_TOKENS),
        credential=tuple(entry for entry in extra if entry[0] in _OF_TOKENS),
    )
