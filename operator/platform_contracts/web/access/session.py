"""The cookie that keeps a reader signed in: their token, encrypted under a key that this process alone knows."""

from __future__ import annotations

import zlib

from aiohttp import web
from cryptography.fernet import Fernet, InvalidToken

from platform_contracts.config import Web

# What browsers keep of a cookie with its name and attributes is 4096 bytes.
_LONGEST = 3800
# No token is longer than a request's header may be: what grows beyond that was not packed here.
_LONGEST_TOKEN = 8192


class TokenTooLongError(Exception):
    """A token for which a cookie has no room."""


class Sessions:
    """Seals tokens and opens them again. After a restart of the operator readers sign in anew."""

    def __init__(self, config: Web) -> None:
        # With that prefix browsers take it over https alone, and from no other host.
        self._name = "__Host-session" if config.secure else "platform-contracts-session"
        self._secure = config.secure
        self._seconds = config.session_seconds
        self._key = Fernet(Fernet.generate_key())

    def begin(self, answer: web.Response, token: str) -> None:
        """Put the token into the answer's cookie. Raises TokenTooLongError."""
        sealed = self._key.encrypt(zlib.compress(token.encode(), 9)).decode()
        if len(sealed) > _LONGEST:
            raise TokenTooLongError
        answer.set_cookie(
            self._name,
            sealed,
            max_age=self._seconds,
            path="/",
            secure=self._secure,
            httponly=True,
            # A link in a chat or a mail leads here as well: nothing that is only opened changes anything.
            samesite="Lax",
        )

    def end(self, answer: web.Response) -> None:
        """Have the browser forget the cookie."""
        answer.del_cookie(self._name, path="/", secure=self._secure, httponly=True, samesite="Lax")

    def token(self, request: web.Request) -> str | None:
        """The token in the request's cookie; None where there is none, or one that was not sealed here or is too
        old."""
        sealed = request.cookies.get(self._name)
        if not sealed:
            return None
        try:
            packed = self._key.decrypt(sealed, ttl=self._seconds)
            return zlib.decompressobj().decompress(packed, _LONGEST_TOKEN).decode()
        except (InvalidToken, zlib.error, ValueError):
            return None
