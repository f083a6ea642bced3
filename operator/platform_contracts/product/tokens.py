"""Signed texts: the links by which users answer, and the forms that those links open.

A link says for whom one speaks and what is asked; whoever holds it may answer, and learns what there is to choose
from. A form is one rendering of the page behind a link: its nonce names the one Feedback that can come of it.
"""

from __future__ import annotations

import hashlib
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

# Where no survey says how long an answer is asked for.
REQUEST_DAYS = 90
# As long as somebody may have the page open before sending it.
FORM_AGE = timedelta(hours=12)
# No link or form that was ever signed is longer, and nothing longer is looked at.
_LONGEST = 1024
_REMEMBERED = 8192


class NotSignedError(ValueError):
    """A text that none of the keys signed for this purpose."""


class OverError(ValueError):
    """A text that was signed, and whose time is over."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What one may answer by a link: UIDs of a PlatformService and, where a team speaks, of its PlatformConsumer; and
    the survey with the version of its question, or None for a request."""

    service: str
    consumer: str | None = None
    survey: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Form:
    """One rendering of the page behind a link: it is good for as long as its link is, however often it is shown."""

    scope: Scope
    link: str
    nonce: str

    @property
    def name(self) -> str:
        """The name of the Feedback that comes of it, in the service's namespace: the same however often it is sent."""
        return f"form-{hashlib.sha256(f'{self.scope.service} {self.nonce}'.encode()).hexdigest()[:32]}"


class Tokens:
    """Signs with the first of `keys` and understands what any of them signed. The same is signed as the same text."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._links = _serializer(keys, "link")
        self._forms = _serializer(keys, "form")
        # Every look at an SLA or a consumer asks for the same few texts.
        self._signed = lru_cache(_REMEMBERED)(self._sign)

    def link(self, scope: Scope, until: datetime) -> str:
        """A text without spaces and slashes that means `scope` until that time."""
        return self._signed(scope, int(until.timestamp()))

    def read_link(self, text: str, now: datetime) -> Scope:
        """What a link is for. Raises NotSignedError and OverError."""
        *fields, until = _signed(self._links, text)
        if now.timestamp() >= until:
            raise OverError
        return Scope(*fields)

    def _sign(self, scope: Scope, until: int) -> str:
        return self._links.dumps([scope.service, scope.consumer, scope.survey, scope.version, until])

    def form(self, form: Form, now: datetime) -> str:
        """A text that means one rendering, for `FORM_AGE` from now."""
        return self._forms.dumps([form.link, form.nonce, int((now + FORM_AGE).timestamp())])

    def read_form(self, text: str, now: datetime) -> tuple[Form, bool]:
        """The rendering that is sent, and whether it is young enough to count. Raises NotSignedError and OverError as
        its link does."""
        link, nonce, until = _signed(self._forms, text)
        return Form(self.read_link(link, now), link, nonce), now.timestamp() < until


def rendering(scope: Scope, link: str) -> Form:
    """A new rendering of the page behind a link."""
    return Form(scope, link, secrets.token_urlsafe(16))


def until(scope: Scope, days: int, now: datetime) -> datetime:
    """When a link that is shown now ends: after half of `days` at least, and after all of them at most.

    Links are renewed twice in that time, so that one that stands in a status is the same for as long as can be, and not
    all of a cluster's at the same moment.
    """
    half = days * 86_400 // 2
    shift = zlib.crc32(f"{scope.service} {scope.consumer} {scope.survey}".encode()) % half
    seconds = int(now.timestamp())
    return datetime.fromtimestamp(((seconds + shift) // half + 2) * half - shift, UTC)


def _serializer(keys: Sequence[str], purpose: str) -> URLSafeSerializer:
    # The library takes the last for the newest.
    return URLSafeSerializer(
        [*reversed(keys)],
        salt=f"platformcontracts.io/{purpose}",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )


def _signed(serializer: URLSafeSerializer, text: str) -> list[Any]:
    if len(text) > _LONGEST:
        raise NotSignedError
    try:
        fields: list[Any] = serializer.loads(text)
    except BadData:
        raise NotSignedError from None
    return fields
