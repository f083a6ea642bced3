"""The links by which users answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.config import Web
from platform_contracts.controllers.signing_keys import SigningKeys
from platform_contracts.kube.objects import Object, uid
from platform_contracts.product.links import offered
from platform_contracts.product.tokens import Tokens


class Links:
    """Makes links for statuses, and understands them. Without a page or without keys there are none."""

    def __init__(self, web: Web, now: Callable[[], datetime]) -> None:
        self._base_url = web.base_url
        self._now = now
        self.keys = SigningKeys(web.signing_keys_file if web.enabled else None)
        self._signed_with: tuple[str, ...] = ()
        self._tokens: Tokens | None = None

    @property
    def tokens(self) -> Tokens | None:
        """By the keys that there are now; None where there are none."""
        keys = self.keys.current
        if keys != self._signed_with:
            self._signed_with, self._tokens = keys, Tokens(keys) if keys else None
        return self._tokens

    def of(self, service: Object, spec: PlatformServiceSpec, consumer: Object | None = None) -> list[Object]:
        """Entries of status.feedback.links about a service: a PlatformConsumer's, or those of whoever reads the
        service."""
        tokens = self.tokens
        if tokens is None:
            return []
        return offered(tokens, self._base_url, spec, uid(service), uid(consumer) if consumer else None, self._now())
