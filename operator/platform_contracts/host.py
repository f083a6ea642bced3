"""The process: Kopf hosts the watches, workers drain the queue, and a failed watch is started anew."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import kopf
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
from platform_contracts.engine.sync import Sync, Watched
from platform_contracts.engine.throttle import TokenBucket
from platform_contracts.kube.kinds import Kind
from platform_contracts.kube.objects import Key

log = structlog.get_logger("host")

MAX_BACKOFF_SECONDS = 5.0
# How soon a resource type that was missing is noticed, and one that went (its watch fails sooner).
TYPES_MISSING_SECONDS = 5.0
TYPES_COMPLETE_SECONDS = 60.0
# A list that Kopf makes so soon after its start is its first one; a later one means that a watch was broken off.
FIRST_LIST_SECONDS = 15.0
RELIST_QUIET_SECONDS = 1.0


class Watches:
    """One run of Kopf's watches at a time, feeding the store."""

    def __init__(
        self, configuration: k8s.Configuration, store: Store, sync: Sync, watched: tuple[Watched, ...]
    ) -> None:
        self._configuration = configuration
        self._store = store
        self._sync = sync
        self._watched = watched
        self._started = 0.0
        self._relists: dict[Kind, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Watch until `stop` is set, a signal comes (both return) or a watch fails (raises)."""
        registry = kopf.OperatorRegistry()
        kopf.on.login(registry=registry, errors=kopf.ErrorsMode.TEMPORARY)(self._login)
        settings = _settings()
        for item in self._watched:
            if item.kind in self._sync.present:
                if item.label_selector:
                    settings.watching.label_selectors[item.kind.group, item.kind.version, item.kind.plural] = (
                        item.label_selector
                    )
                kopf.on.event(item.kind.group, item.kind.version, item.kind.plural, registry=registry)(
                    self._observer(item.kind)
                )

        @kopf.on.startup(registry=registry)
        async def started(**_: Any) -> None:
            on_ready()

        self._started = time.monotonic()
        await kopf.operator(registry=registry, settings=settings, standalone=True, clusterwide=True, stop_flag=stop)

    def _observer(self, kind: Kind) -> Callable[..., Any]:
        async def observe(event: Any, **_: Any) -> None:
            metrics.WATCH_EVENTS.labels(kind.name).inc()
            obj = event["object"]
            if event["type"] == "DELETED":
                self._store.remove(kind, obj)
                return
            self._store.observe(kind, obj)
            if event["type"] is None and time.monotonic() - self._started > FIRST_LIST_SECONDS:
                self._relisted(kind)

        return observe

    def _relisted(self, kind: Kind) -> None:
        """Kopf lists again after a 410, and never tells of what was deleted in the gap: compare with a full list."""
        pending = self._relists.pop(kind, None)
        if pending is not None:
            pending.cancel()
        loop = asyncio.get_running_loop()
        self._relists[kind] = loop.call_later(RELIST_QUIET_SECONDS, self._compare, kind)

    def _compare(self, kind: Kind) -> None:
        async def compare() -> None:
            with contextlib.suppress(ApiError):  # the next full list, minutes away at most, makes up for it
                await self._sync.one(kind)

        task = asyncio.get_running_loop().create_task(compare())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _login(self, **_: Any) -> kopf.ConnectionInfo:
        configuration = self._configuration
        header = str((await configuration.auth_settings()).get("BearerToken", {}).get("value") or "")
        return kopf.ConnectionInfo(
            server=configuration.host,
            ca_path=configuration.ssl_ca_cert,
            insecure=not configuration.verify_ssl,
            scheme="Bearer" if header else None,
            token=header.removeprefix("Bearer ") or None,
            certificate_path=configuration.cert_file,
            private_key_path=configuration.key_file,
        )


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.scanning.disabled = True
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 330
    settings.watching.connect_timeout = 10
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 5
    # Kopf's own patience is minutes; a failed watch is started anew from outside within seconds.
    settings.networking.error_backoffs = [0.5, 1]
    settings.queueing.idle_timeout = 0.5
    # It would kill this process ten minutes after a watch has failed, although the watches run again.
    settings.process.ultimate_exiting_timeout = None
    return settings


class Host:
    """Everything that one operator process runs."""

    def __init__(self, config: Config, configuration: k8s.Configuration) -> None:
        self._config = config
        self._stop = asyncio.Event()
        self._queue: WorkQueue[Key] = WorkQueue()
        self._store = Store()
        self._health = Health(self._queue)
        bucket = TokenBucket(config.client.writes_per_second, config.client.burst)
        self._client = KubernetesClient(configuration, manager=FIELD_MANAGER, bucket=bucket)
        self._client.answered_at = self._health.api_answered
        self._controllers: Controllers = wire(
            config=config, client=self._client, store=self._store, queue=self._queue, now=lambda: datetime.now(UTC)
        )
        self._sync = Sync(self._client, self._store, self._controllers.watched)
        self._controllers.types_present = lambda: self._sync.present
        self._watches = Watches(configuration, self._store, self._sync, self._controllers.watched)

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
            while not self._stop.is_set():
                self._catch_signals()
                if not await self._synchronise():
                    break
                self._controllers.enqueue_all()
                if not background:
                    log.info("synchronised", objects=self._controllers.counts())
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
            await self._controllers.close()
            await self._client.close()
            await runner.cleanup()
            log.info("stopped")

    async def _synchronise(self) -> bool:
        """Fill the store; False where a signal came first."""
        failures = 0
        while not self._stop.is_set():
            try:
                await self._sync.all()
            except ApiError as error:
                failures += 1
                delay = min(0.5 * 2**failures, MAX_BACKOFF_SECONDS)
                log.warning("cannot list the cluster", error=str(error), retry_seconds=delay)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), delay)
            else:
                self._health.synced = True
                return True
        return False

    async def _watch(self, background: list[asyncio.Task[None]]) -> None:
        """Watch until a signal, a failed watch, or a resource type that came or went."""
        restart = asyncio.Event()
        types = asyncio.create_task(self._types(restart), name="types")
        watches = asyncio.create_task(self._watches.run(restart, lambda: self._health.watching(True)), name="watches")
        try:
            await asyncio.wait([watches, *background], return_when=asyncio.FIRST_COMPLETED)
            for task in background:
                if task.done():
                    task.result()  # a worker or loop never ends by itself: its exception ends the process
            if not watches.done():
                raise RuntimeError("a background task ended")
            error = None if watches.cancelled() else watches.exception()
            if error is None and not restart.is_set():
                self._stop.set()
            elif error is not None:
                log.warning("a watch failed, starting anew", error=f"{type(error).__name__}: {error}")
        finally:
            self._health.watching(False)
            for task in (types, watches):
                task.cancel()
            await asyncio.gather(types, watches, return_exceptions=True)
            self._catch_signals()
        if not self._stop.is_set():
            metrics.HOST_RESTARTS.inc()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), 0.5)

    async def _types(self, restart: asyncio.Event) -> None:
        """Ask for new watches when a resource type came or went."""
        while True:
            await asyncio.sleep(TYPES_COMPLETE_SECONDS if self._sync.complete else TYPES_MISSING_SECONDS)
            with contextlib.suppress(ApiError):
                if await self._sync.types_changed():
                    log.info("a resource type came or went")
                    restart.set()
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
        """Kopf has its own handlers while it watches; these serve before, between and after."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)

    def _scrape(self) -> None:
        metrics.QUEUE_DEPTH.set(len(self._queue))
        metrics.QUEUE_OLDEST.set(self._queue.oldest_waiting_seconds())
        metrics.QUEUE_LONGEST_RUNNING.set(self._queue.longest_running_seconds())
        self._controllers.scrape()


async def run(config: Config) -> None:
    """Run the operator until it is told to stop. Raises RuntimeError where no cluster is configured."""
    configuration = await load_configuration()
    await Host(config, configuration).run()
