"""The process: watches fill the store, workers drain the queue, and a failed watch is started anew."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from kubernetes.aio import client as k8s

from platform_contracts.api.names import FIELD_MANAGER
from platform_contracts.config import Config
from platform_contracts.controllers.wiring import Controllers, wire
from platform_contracts.engine import metrics
from platform_contracts.engine.client import KubernetesClient, load_configuration
from platform_contracts.engine.errors import ApiError
from platform_contracts.engine.health import Health
from platform_contracts.engine.manager import Manager
from platform_contracts.engine.queue import WorkQueue
from platform_contracts.engine.server import serve
from platform_contracts.engine.store import Store
from platform_contracts.engine.sync import Sync
from platform_contracts.engine.throttle import TokenBucket
from platform_contracts.kube.kinds import GROUP
from platform_contracts.kube.objects import Key
from platform_contracts.watches import Watches
from platform_contracts.web.server import Page
from platform_contracts.web.site import Site

log = structlog.get_logger("host")

MAX_BACKOFF_SECONDS = 5.0
# Watches that held so long were good: the next failure is the first again.
GOOD_SECONDS = 60.0
# How soon one of our own resource types that is missing is noticed, another one, and one that went (its watch fails
# sooner).
TYPES_MISSING_SECONDS = 5.0
TYPES_OPTIONAL_SECONDS = 15.0
TYPES_COMPLETE_SECONDS = 60.0
# What the page may ask the API server about its readers.
PAGE_QUESTIONS_PER_SECOND = 100.0
PAGE_QUESTIONS_BURST = 500


def _clock() -> datetime:
    return datetime.now(UTC)


class Host:
    """Everything that one operator process runs; `now` is its clock."""

    def __init__(self, config: Config, configuration: k8s.Configuration, now: Callable[[], datetime] = _clock) -> None:
        self._config = config
        self._stop = asyncio.Event()
        self._queue: WorkQueue[Key] = WorkQueue()
        self._store = Store()
        self._health = Health(self._queue)
        self._failures = 0
        bucket = TokenBucket(config.client.writes_per_second, config.client.burst)
        self._client = KubernetesClient(configuration, manager=FIELD_MANAGER, bucket=bucket)
        self._client.answered_at = self._health.api_answered
        self._controllers: Controllers = wire(
            config=config, client=self._client, store=self._store, queue=self._queue, now=now
        )
        self._sync = Sync(self._client, self._store, self._controllers.watched)
        self._controllers.types_present = lambda: self._sync.present
        self._watches = Watches(configuration, self._store, self._sync, self._controllers.watched)
        # With connections of its own, so that many readers hold no write up.
        self._asking = KubernetesClient(
            configuration, manager=FIELD_MANAGER, bucket=TokenBucket(PAGE_QUESTIONS_PER_SECOND, PAGE_QUESTIONS_BURST)
        )
        self._page = Page(
            Site(
                config=config,
                world=self._controllers.world,
                client=self._asking,
                hearing=self._controllers.hearing,
                now=now,
            )
        )

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT."""
        runner = await serve(
            self._config.http.address,
            self._config.http.port,
            healthy=self._health.unhealthy,
            ready=self._health.unready,
            before_scrape=self._scrape,
        )
        manager = Manager(self._queue, self._controllers.reconcilers, workers=self._config.client.workers)
        background: list[asyncio.Task[None]] = []
        try:
            self._catch_signals()
            while not self._stop.is_set():
                if not await self._synchronise():
                    break
                self._controllers.enqueue_all()
                if not background:
                    log.info("synchronised", objects=self._controllers.counts())
                    await self._page.start()
                    background = [
                        asyncio.create_task(manager.run(), name="workers"),
                        asyncio.create_task(self._resync(), name="resync"),
                        *(asyncio.create_task(loop(), name=name) for name, loop in self._controllers.loops.items()),
                    ]
                await self._watch(background)
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await self._page.close()
            await self._asking.close()
            await self._controllers.close()
            await self._client.close()
            await runner.cleanup()
            log.info("stopped")

    async def _synchronise(self) -> bool:
        """Fill the store; False where a signal came first."""
        failures = 0
        while not self._stop.is_set():
            listing, stopped = asyncio.create_task(self._sync.all()), asyncio.create_task(self._stop.wait())
            await asyncio.wait([listing, stopped], return_when=asyncio.FIRST_COMPLETED)
            for task in (listing, stopped):
                task.cancel()
            listed, _ = await asyncio.gather(listing, stopped, return_exceptions=True)
            if listed is None:
                self._health.synced = True
                return True
            if isinstance(listed, ApiError):
                failures += 1
                delay = min(0.5 * 2**failures, MAX_BACKOFF_SECONDS)
                log.warning("cannot list the cluster", error=str(listed), retry_seconds=delay)
                await self._pause(delay)
            elif not isinstance(listed, asyncio.CancelledError):
                raise listed
        return False

    async def _pause(self, seconds: float) -> None:
        """Wait, but not longer than until a signal."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    async def _watch(self, background: list[asyncio.Task[None]]) -> None:
        """Watch until a signal, a failed watch, or a resource type that came or went."""
        changed = asyncio.create_task(self._types_changed(), name="types")
        stopped = asyncio.create_task(self._stop.wait(), name="stop")
        self._health.watches_started(self._sync.present)
        watches = asyncio.create_task(self._watches.run(self._health.watch_connected), name="watches")
        started = time.monotonic()
        try:
            await asyncio.wait([watches, changed, stopped, *background], return_when=asyncio.FIRST_COMPLETED)
            for worker in background:
                if worker.done():
                    worker.result()  # a worker or loop never ends by itself: its exception ends the process
                    raise RuntimeError("a background task ended")
            if watches.done():
                log.warning("a watch failed, starting anew", error=repr(watches.exception()))
        finally:
            self._health.watches_ended()
            for task in (changed, stopped, watches):
                task.cancel()
            await asyncio.gather(changed, stopped, watches, return_exceptions=True)
        if not self._stop.is_set():
            metrics.HOST_RESTARTS.inc()
            self._failures = 0 if time.monotonic() - started > GOOD_SECONDS else self._failures + 1
            await self._pause(min(0.25 * 2**self._failures, MAX_BACKOFF_SECONDS))

    async def _types_changed(self) -> None:
        """Return when a resource type came or went: it needs other watches."""
        while True:
            missing = self._sync.missing
            own = any(kind.group == GROUP for kind in missing)
            await asyncio.sleep(
                TYPES_MISSING_SECONDS if own else TYPES_OPTIONAL_SECONDS if missing else TYPES_COMPLETE_SECONDS
            )
            with contextlib.suppress(ApiError):
                if await self._sync.types_changed():
                    log.info("a resource type came or went")
                    return

    async def _resync(self) -> None:
        """Compare with full lists, and look at every contract again, in case that something was missed."""
        while True:
            await asyncio.sleep(self._config.intervals.resync_seconds)
            try:
                await self._sync.all()
            except ApiError as error:
                log.warning("resync postponed", error=str(error))
            else:
                self._controllers.enqueue_all()

    def _catch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)

    def _scrape(self) -> None:
        metrics.QUEUE_DEPTH.set(len(self._queue))
        metrics.QUEUE_OLDEST.set(self._queue.oldest_waiting_seconds())
        metrics.QUEUE_LONGEST_RUNNING.set(self._queue.longest_running_seconds())
        self._controllers.scrape()


async def run(config: Config, now: Callable[[], datetime] = _clock) -> None:
    """Run the operator until it is told to stop. Raises RuntimeError where no cluster is configured."""
    configuration = await load_configuration()
    await Host(config, configuration, now).run()
