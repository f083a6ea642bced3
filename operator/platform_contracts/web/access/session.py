"""The cookie that keeps a reader signed in: their token, encrypted under a key that no reader has.

It is derived from the key that signs links, for this purpose alone, so that readers stay signed in over a restart.
Whoever reads that Secret can open a cookie that they got hold of, and can seal what they like. That gives no right,
since the API server judges the token in it, but how many such tokens it is asked about is not limited as for others.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from datetime import datetime

from aiohttp import web
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from platform_contracts.config import Web
from platform_contracts.controllers.signing_keys import SigningKeys

# What browsers keep of a cookie with its name and attributes is 4096 bytes.
_LONGEST = 3800
# No token is longer than a request's header may be: what grows beyond that was not packed here.
_LONGEST_TOKEN = 8192


class TokenTooLongError(Exception):
    """A token for which a cookie has no room."""


class Sessions:
    """Seals tokens and opens them again. Without a signing key readers sign in anew after a restart of the operator."""

    def __init__(self, config: Web, keys: SigningKeys, now: Callable[[], datetime]) -> None:
        # With that prefix browsers take it over https alone, and from no other host.
        self._name = "__Host-session" if config.secure else "platform-contracts-session"
        self._secure = config.secure
        self._seconds = config.session_seconds
        self._keys = keys
        self._now = now
        # What this process alone knows, where there is no other.
        self._own = Fernet(Fernet.generate_key())
        self._sealed_with: tuple[str, ...] = ()
        self._known_seal = MultiFernet([self._own])

    @property
    def _seal(self) -> MultiFernet:
        """The newest key seals, and what any of them sealed is opened."""
        keys = self._keys.current
        if keys != self._sealed_with:
            self._sealed_with, self._known_seal = keys, MultiFernet([*map(_derived, keys), self._own])
        return self._known_seal

    def begin(self, answer: web.Response, token: str) -> None:
        """Put the token into the answer's cookie. Raises TokenTooLongError."""
        packed = zlib.compress(token.encode(), 9)
        sealed = self._seal.encrypt_at_time(packed, int(self._now().timestamp())).decode()
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
            packed = self._seal.decrypt_at_time(sealed, self._seconds, int(self._now().timestamp()))
            return zlib.decompressobj().decompress(packed, _LONGEST_TOKEN).decode()
        except (InvalidToken, zlib.error, ValueError):
            return None


def _derived(key: str) -> Fernet:
    """The key of sessions that follows from one that signs links, and from which that does not follow (RFC 5869)."""
    derived = HKDF(SHA256(), 32, salt=None, info=b"platformcontracts.io/session").derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
