"""What the probes know. Prometheus never plays a part: restarting the operator would not bring it back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from platform_contracts.engine.queue import WorkQueue

API_ANSWERS_SECONDS = 30.0
STALE_SECONDS = 300.0
NOT_READY_SECONDS = 60.0


class Health:
    """Ages of the things that must not grow old. `clock` is monotonic seconds."""

    def __init__(self, queue: WorkQueue[Any], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._queue = queue
        self._clock = clock
        self._api_answered: float | None = None
        self._watching_since: float | None = None
        self._not_watching_since = clock()
        self.synced = False

    def api_answered(self) -> None:
        """The API server has just answered a request, whatever it said."""
        self._api_answered = self._clock()

    def watching(self, on: bool) -> None:
        """The watches run, or have ended."""
        if on and self._watching_since is None:
            self._watching_since = self._clock()
        elif not on and self._watching_since is not None:
            self._watching_since = None
            self._not_watching_since = self._clock()

    def unhealthy(self) -> list[str]:
        """Why a restart would help: the API server answers, but the operator does not keep up."""
        if self._api_answered is None or self._clock() - self._api_answered > API_ANSWERS_SECONDS:
            return []
        return self._stale(STALE_SECONDS)

    def unready(self) -> list[str]:
        """Why statuses may be old at the moment."""
        if not self.synced:
            return ["the first full list of the cluster is not complete"]
        return self._stale(NOT_READY_SECONDS)

    def _stale(self, limit: float) -> list[str]:
        reasons = []
        if self._watching_since is None and self._clock() - self._not_watching_since > (limit if self.synced else 0):
            reasons.append(f"no watches for {self._clock() - self._not_watching_since:.0f} s")
        waiting = self._queue.oldest_waiting_seconds()
        if waiting > limit:
            reasons.append(f"the oldest key has been waiting for {waiting:.0f} s")
        running = self._queue.longest_running_seconds()
        if running > limit:
            reasons.append(f"a reconciliation has been running for {running:.0f} s")
        return reasons
