"""Pages as they were rendered last, for as long as nothing that they show has changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime
from time import monotonic
from typing import NamedTuple

from platform_contracts.engine.store import Store
from platform_contracts.kube.kinds import (
    MAINTENANCE_WINDOW,
    NAMESPACE,
    PLATFORM_CONSUMER,
    PLATFORM_SERVICE,
    PRODUCT_REPORT,
    SLA,
    SLA_REPORT,
)
from platform_contracts.web.rendering import Rendered

_SHOWN = (PLATFORM_SERVICE, SLA, PLATFORM_CONSUMER, MAINTENANCE_WINDOW, SLA_REPORT, PRODUCT_REPORT, NAMESPACE)
# While much changes at once a page is rendered no more often than this.
_LEAST_SECONDS = 1.0
_MOST_BYTES = 16 * 1024 * 1024
# Each is kept under what its readers may see, which may be longer than the page.
_MOST_PAGES = 512


class _Entry(NamedTuple):
    page: Rendered
    # What it was made of: how often anything had changed, and the minute.
    made_of: tuple[int, datetime]
    at: float


class RenderedPages:
    """Remembers pages by what they show to whom; the ones that nobody has asked for longest go first."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._now = now
        self._changes = 0
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._bytes = 0
        for kind in _SHOWN:
            store.listen(kind, self._changed)

    def get(self, key: Hashable, make: Callable[[], Rendered]) -> Rendered:
        """The page of that key; `make` renders it anew where that has to be."""
        made_of = self._changes, self._now().replace(second=0, microsecond=0)
        entry = self._entries.get(key)
        if entry is not None and (entry.made_of == made_of or monotonic() - entry.at < _LEAST_SECONDS):
            self._entries.move_to_end(key)
            return entry.page
        page = make()
        if entry is not None:
            self._bytes -= entry.page.size
        self._entries[key] = _Entry(page, made_of, monotonic())
        self._entries.move_to_end(key)
        self._bytes += page.size
        while self._bytes > _MOST_BYTES or len(self._entries) > _MOST_PAGES:
            _, oldest = self._entries.popitem(last=False)
            self._bytes -= oldest.page.size
        return page

    def _changed(self, *_: object) -> None:
        self._changes += 1
