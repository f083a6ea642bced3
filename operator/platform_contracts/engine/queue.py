"""A work queue with client-go's semantics: one entry a key, never two workers on one key, back-off a key."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from platform_contracts.engine import metrics

K = TypeVar("K", bound=Hashable)


class WorkQueue(Generic[K]):
    """Keys to reconcile.

    A key that is added while it waits is there once; one that is added while a worker has it comes back when the
    worker is done. `clock` is monotonic seconds.
    """

    def __init__(
        self,
        *,
        base_delay: float = 0.5,
        max_delay: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base = base_delay
        self._max = max_delay
        self._clock = clock
        self._ready: deque[K] = deque()
        self._waiting_since: dict[K, float] = {}
        self._in_flight: dict[K, float] = {}
        self._dirty: set[K] = set()
        self._failures: dict[K, int] = {}
        self._timers: dict[K, tuple[float, asyncio.TimerHandle]] = {}
        self._wakeup = asyncio.Event()

    def add(self, key: K) -> None:
        """Ask for a reconciliation as soon as a worker is free."""
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer[1].cancel()
        metrics.QUEUE_ADDS.inc()
        if key in self._in_flight:
            self._dirty.add(key)
        elif key not in self._waiting_since:
            self._waiting_since[key] = self._clock()
            self._ready.append(key)
            self._wakeup.set()

    def add_after(self, key: K, delay: float) -> None:
        """Ask for a reconciliation in `delay` seconds; the earliest of several requests counts."""
        if delay <= 0:
            self.add(key)
            return
        due = self._clock() + delay
        timer = self._timers.get(key)
        if timer is not None:
            if timer[0] <= due:
                return
            timer[1].cancel()
        handle = asyncio.get_running_loop().call_later(delay, self._due, key)
        self._timers[key] = (due, handle)

    def _due(self, key: K) -> None:
        self._timers.pop(key, None)
        self.add(key)

    async def get(self) -> K:
        """The next key; the caller must call `done` with it."""
        while not self._ready:
            self._wakeup.clear()
            await self._wakeup.wait()
        key = self._ready.popleft()
        now = self._clock()
        metrics.QUEUE_LATENCY.observe(now - self._waiting_since.pop(key))
        self._in_flight[key] = now
        return key

    def done(self, key: K) -> None:
        """The worker has finished with the key, well or not."""
        del self._in_flight[key]
        if key in self._dirty:
            self._dirty.discard(key)
            self.add(key)

    def retry(self, key: K, *, at_least: float = 0.0) -> float:
        """Put a failed key back after its own back-off (doubling, with up to 20 % of jitter); returns the delay."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay = min(self._base * 2.0**failures, self._max) * random.uniform(1.0, 1.2)
        delay = max(delay, at_least)
        metrics.QUEUE_RETRIES.inc()
        self.add_after(key, delay)
        return delay

    def forget(self, key: K) -> None:
        """The key succeeded: its next failure starts from the shortest delay."""
        self._failures.pop(key, None)

    def __len__(self) -> int:
        return len(self._ready)

    @property
    def idle(self) -> bool:
        """Nothing waits and nothing runs; keys that are due later do not count."""
        return not self._ready and not self._in_flight

    def oldest_waiting_seconds(self) -> float:
        """The age of the key that has been waiting longest, 0 where none waits."""
        return self._clock() - self._waiting_since[self._ready[0]] if self._ready else 0.0

    def longest_running_seconds(self) -> float:
        """The age of the longest reconciliation in flight, 0 where none runs."""
        return self._clock() - min(self._in_flight.values()) if self._in_flight else 0.0
