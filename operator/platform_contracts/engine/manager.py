"""Workers that take keys from the queue and hand them to their kind's reconciler."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

import structlog

from platform_contracts.engine import metrics
from platform_contracts.engine.apply import NameTakenError
from platform_contracts.engine.errors import ApiError, ConflictError, NotFoundError, UnavailableError
from platform_contracts.engine.queue import WorkQueue
from platform_contracts.kube.kinds import Kind
from platform_contracts.kube.objects import Key

log = structlog.get_logger("reconcile")


class Reconciler(Protocol):
    """One kind's way through the house: gather, plan, apply."""

    async def reconcile(self, key: Key) -> timedelta | None:
        """Bring one object nearer to what it should be; returns when to look again, if time alone may change it."""
        ...


class Manager:
    """Runs `workers` workers until cancelled. A key that fails waits for its own back-off; others go on."""

    def __init__(self, queue: WorkQueue[Key], reconcilers: Mapping[Kind, Reconciler], *, workers: int) -> None:
        self._queue = queue
        self._reconcilers = reconcilers
        self._workers = workers

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._workers):
                group.create_task(self._work(), name=f"worker-{number}")

    async def _work(self) -> None:
        while True:
            key = await self._queue.get()
            started = time.perf_counter()
            try:
                result = await self._reconcile(key)
            finally:
                self._queue.done(key)
            metrics.RECONCILES.labels(key.kind.name, result).inc()
            metrics.RECONCILE_DURATION.labels(key.kind.name).observe(time.perf_counter() - started)

    async def _reconcile(self, key: Key) -> str:
        try:
            again = await self._reconcilers[key.kind].reconcile(key)
        except (ConflictError, NameTakenError, NotFoundError) as error:
            # The world moved between the look and the write: look again, after a moment in which the watch catches up.
            delay = self._queue.retry(key)
            _log(key).info("changed meanwhile", error=str(error), retry_seconds=round(delay, 1))
            return "requeued"
        except UnavailableError as error:
            delay = self._queue.retry(key, at_least=error.retry_after or 0.0)
            _log(key).warning("API server unavailable", error=str(error), retry_seconds=round(delay, 1))
            return "error"
        except ApiError as error:
            delay = self._queue.retry(key)
            _log(key).error("refused by the API server", error=str(error), retry_seconds=round(delay, 1))
            return "error"
        except Exception:  # noqa: BLE001  one object's fault must not stop the others
            delay = self._queue.retry(key)
            _log(key).exception("reconciliation failed", retry_seconds=round(delay, 1))
            return "error"
        self._queue.forget(key)
        if again is not None:
            self._queue.add_after(key, again.total_seconds())
        return "ok"


def _log(key: Key) -> Any:
    """A logger that names the object; made only where there is something to say."""
    return log.bind(kind=key.kind.name, namespace=key.namespace, name=key.name)
