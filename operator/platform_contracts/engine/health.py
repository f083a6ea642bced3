"""What the probes know. Prometheus never plays a part: restarting the operator would not bring it back."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from platform_contracts.engine.queue import WorkQueue

# Something is asked at least once a minute: whether a resource type came or went.
API_ANSWERS_SECONDS = 120.0
# A good watch is made anew at least as often (the server ends it after 300 s).
WATCH_SECONDS = 400.0
# A run of the watches that ended sooner was none.
SETTLED_SECONDS = 10.0
STALE_SECONDS = 300.0
NOT_READY_SECONDS = 60.0


class Health:
    """Ages of the things that must not grow old. `clock` is monotonic seconds."""

    def __init__(self, queue: WorkQueue[Any], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._queue = queue
        self._clock = clock
        self._api_answered: float | None = None
        self._expected: frozenset[Hashable] = frozenset()
        self._connected: dict[Hashable, float] = {}
        self._watching_since: float | None = None
        self._not_watching_since = clock()
        self._watched_before = False
        self.synced = False

    def api_answered(self) -> None:
        """The API server has just answered a request, whatever it said."""
        self._api_answered = self._clock()

    def watches_started(self, kinds: Iterable[Hashable]) -> None:
        """A run of the watches begins; it counts once each of these has connected."""
        self._expected = frozenset(kinds)
        self._connected.clear()

    def watch_connected(self, kind: Hashable) -> None:
        """The API server has accepted a watch."""
        self._connected[kind] = self._clock()
        if self._watching_since is None and self._expected <= self._connected.keys():
            self._watching_since = self._clock()
            self._watched_before = True

    def watches_ended(self) -> None:
        """The run is over, well or not."""
        if self._watching_since is not None and self._clock() - self._watching_since >= SETTLED_SECONDS:
            self._not_watching_since = self._clock()
        self._watching_since = None

    def unhealthy(self) -> list[str]:
        """Why a restart would help: the API server answers, but the operator does not keep up."""
        if self._api_answered is None or self._clock() - self._api_answered > API_ANSWERS_SECONDS:
            return []
        return self._stale(STALE_SECONDS)

    def unready(self) -> list[str]:
        """Why statuses may be old at the moment."""
        if not self.synced:
            return ["the first full list of the cluster is not complete"]
        if not self._watched_before:
            return ["the watches are not connected yet"]
        return self._stale(NOT_READY_SECONDS)

    def _stale(self, limit: float) -> list[str]:
        now, reasons = self._clock(), []
        if self._watching_since is None and now - self._not_watching_since > limit:
            reasons.append(f"no watches for {now - self._not_watching_since:.0f} s")
        for kind, connected in self._connected.items():
            if self._watching_since is not None and now - connected > WATCH_SECONDS:
                reasons.append(f"the watch of {kind} was last connected {now - connected:.0f} s ago")
        waiting = self._queue.oldest_waiting_seconds()
        if waiting > limit:
            reasons.append(f"the oldest key has been waiting for {waiting:.0f} s")
        running = self._queue.longest_running_seconds()
        if running > limit:
            reasons.append(f"a reconciliation has been running for {running:.0f} s")
        return reasons
