"""The links by which users answer: signed with the keys of the file that the configuration names, as it is now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.config import Web
from platform_contracts.kube.objects import Object, uid
from platform_contracts.product.links import offered
from platform_contracts.product.tokens import Tokens

log = structlog.get_logger("links")

# As many characters as 24 random bytes have in base64.
SHORTEST_KEY = 32


class UnusableKeysError(ValueError):
    """The file of the signing keys holds none, or a short one; the message repeats nothing of it."""


class Links:
    """Makes links for statuses, and understands them. Without a page or without keys there are none."""

    def __init__(self, web: Web, now: Callable[[], datetime]) -> None:
        self._base_url = web.base_url
        self._file = web.signing_keys_file if web.enabled else None
        self._now = now
        # What the file was like when it was last looked into, and what it gave.
        self._seen: tuple[int, int, int] | None = None
        self._unusable = False
        self._tokens: Tokens | None = None

    @property
    def tokens(self) -> Tokens | None:
        """By the keys that the file has now; where it cannot be used, by those that it had before, and none where it is
        gone: who deletes the Secret ends every link."""
        if self._file is None:
            return None
        try:
            stat = self._file.stat()
            version = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if version != self._seen:
                self._tokens = Tokens(read_keys(self._file.read_text(errors="replace")))
                self._seen, self._unusable = version, False
        except (OSError, UnusableKeysError) as error:
            if isinstance(error, FileNotFoundError):
                self._tokens, self._seen = None, None
            if not self._unusable:
                reason = str(error) if isinstance(error, UnusableKeysError) else "it cannot be read"
                log.warning("web.signingKeysFile is not used", reason=reason, links=self._tokens is not None)
            self._unusable = True
        return self._tokens

    def of(self, service: Object, spec: PlatformServiceSpec, consumer: Object | None = None) -> list[Object]:
        """Entries of status.feedback.links about a service: a PlatformConsumer's, or those of whoever reads the
        service."""
        tokens = self.tokens
        if tokens is None:
            return []
        return offered(tokens, self._base_url, spec, uid(service), uid(consumer) if consumer else None, self._now())


def read_keys(text: str) -> list[str]:
    """The keys of a file, the newest first. Raises UnusableKeysError."""
    keys = text.split()
    if not keys:
        raise UnusableKeysError("it holds no key")
    if any(len(key) < SHORTEST_KEY for key in keys):
        raise UnusableKeysError(
            f"it holds a key of less than {SHORTEST_KEY} characters; openssl rand -base64 32 makes one"
        )
    return keys
