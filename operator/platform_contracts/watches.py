"""Kopf hosts the watches and does nothing else: logging in, watching, noticing a watch that went silent.

It runs on a thread with an event loop of its own, because it cancels every task of its loop when it ends, whoever
started it, and because it does not always end: it is given a moment, and then left behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

import aiohttp
import kopf
import structlog
from kubernetes.aio import client as k8s

from platform_contracts.engine import metrics
from platform_contracts.engine.errors import ApiError
from platform_contracts.engine.store import Store
from platform_contracts.engine.sync import Sync, Watched
from platform_contracts.kube.kinds import Kind

log = structlog.get_logger("watches")

# How long after Kopf's list ours is made, once for several of them.
COMPARE_SECONDS = 1.0
ENDING_SECONDS = 2.0
TOGETHER_SECONDS = 0.02
# A name that no object has.
NOBODY = "nobody.invalid"
# Kopf's thread and ours give way to each other after so long. Python's 5 ms made every request wait for Kopf's work.
SWITCH_SECONDS = 0.0005


class Watches:
    """One run of Kopf's watches at a time, feeding the store."""

    def __init__(
        self, configuration: k8s.Configuration, store: Store, sync: Sync, watched: tuple[Watched, ...]
    ) -> None:
        self._configuration = configuration
        self._store = store
        self._sync = sync
        self._watched = watched
        self._events: deque[tuple[Kind, str | None, Any]] = deque()
        self._compares: dict[Kind, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, on_connected: Callable[[Kind], None]) -> None:
        """Watch until cancelled, and tell of each watch that the API server has accepted.

        Raises whatever failed, RuntimeError where Kopf ended without a reason.
        """
        ours, theirs = asyncio.get_running_loop(), asyncio.new_event_loop()
        ended: asyncio.Future[None] = ours.create_future()
        ending, stop = asyncio.Event(), asyncio.Event()
        registry, settings = self._registry(ours, on_connected), _settings()
        for item in self._watched:
            if item.label_selector:
                resource = (item.kind.group, item.kind.version, item.kind.plural)
                settings.watching.label_selectors[resource] = item.label_selector

        @kopf.on.cleanup(registry=registry)
        async def cleanup(**_: Any) -> None:
            ours.call_soon_threadsafe(ending.set)
            # Once a watch has failed, Kopf closes the session of the others while they run: they would log in for ever.
            watches = [task for task in asyncio.all_tasks() if task.get_name().startswith("watcher for ")]
            for task in watches:
                task.cancel()
            if watches:
                await asyncio.wait(watches, timeout=ENDING_SECONDS / 2)

        def host() -> None:
            error: BaseException = RuntimeError("the watches ended")
            try:
                theirs.run_until_complete(
                    kopf.operator(
                        registry=registry, settings=settings, standalone=True, clusterwide=True, stop_flag=stop
                    )
                )
            except Exception as failure:  # noqa: BLE001  it is handed to the other thread
                error = failure
            ours.call_soon_threadsafe(ended.set_exception, error)
            theirs.close()

        sys.setswitchinterval(SWITCH_SECONDS)
        threading.Thread(target=host, name="watches", daemon=True).start()
        ended.add_done_callback(lambda _: ending.set())
        try:
            await ending.wait()
            await asyncio.wait([ended], timeout=ENDING_SECONDS)
            if ended.done():
                ended.result()
            raise RuntimeError("a watch failed, and the others did not end in time")
        finally:
            for last in (stop.set, theirs.stop):
                if not ended.done():
                    with contextlib.suppress(RuntimeError):  # it has just closed its loop
                        theirs.call_soon_threadsafe(last)
                    await asyncio.wait([ended], timeout=ENDING_SECONDS)
            if ended.done():
                ended.exception()  # seen, so that asyncio does not tell of it

    def _registry(self, loop: asyncio.AbstractEventLoop, on_connected: Callable[[Kind], None]) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        kopf.on.login(registry=registry, errors=kopf.ErrorsMode.TEMPORARY)(self._login(loop, on_connected))
        for item in self._watched:
            if item.kind in self._sync.present:
                kopf.on.event(item.kind.group, item.kind.version, item.kind.plural, registry=registry)(
                    self._observer(item.kind, loop)
                )
        return registry

    def _observer(self, kind: Kind, loop: asyncio.AbstractEventLoop) -> Callable[..., Any]:
        async def observe(event: Any, **_: Any) -> None:
            # Waking the other loop costs more than an event: what comes within a moment goes together.
            first = not self._events
            self._events.append((kind, event["type"], event["object"]))
            if first:
                asyncio.get_running_loop().call_later(TOGETHER_SECONDS, loop.call_soon_threadsafe, self._take)

        return observe

    def _take(self) -> None:
        """Bring what was seen into the store."""
        while self._events:
            kind, event_type, obj = self._events[0]
            metrics.WATCH_EVENTS.labels(kind.name).inc()
            try:
                if event_type == "DELETED":
                    self._store.remove(kind, obj)
                else:
                    self._store.observe(kind, obj)
            except Exception:
                metadata = obj.get("metadata") or {}
                where = {name: metadata.get(name) for name in ("namespace", "name")}
                log.exception("an event could not be taken in", kind=kind.name, **where)
            # Only now, so that an event that comes meanwhile is either taken here or wakes this loop.
            self._events.popleft()

    def _listed(self, kind: Kind) -> None:
        """Kopf never tells of what was deleted before its list, at the start or after a 410: compare with our own."""
        pending = self._compares.pop(kind, None)
        if pending is not None:
            pending.cancel()
        loop = asyncio.get_running_loop()
        self._compares[kind] = loop.call_later(COMPARE_SECONDS, self._compare, kind)

    def _compare(self, kind: Kind) -> None:
        async def compare() -> None:
            try:
                await self._sync.one(kind)
            except ApiError:
                self._listed(kind)

        task = asyncio.get_running_loop().create_task(compare())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _login(self, loop: asyncio.AbstractEventLoop, on_connected: Callable[[Kind], None]) -> Callable[..., Any]:
        configuration = self._configuration
        kinds = {urlsplit(configuration.host + item.kind.path()).path: item.kind for item in self._watched}

        async def ended(_: Any, __: Any, request: aiohttp.TraceRequestEndParams) -> None:
            kind = kinds.get(request.url.path)
            if kind and request.response.ok:
                told = on_connected if "watch" in request.url.query else self._listed
                loop.call_soon_threadsafe(told, kind)

        async def login(**_: Any) -> kopf.AiohttpSession:
            header = str((await configuration.auth_settings()).get("BearerToken", {}).get("value") or "")
            connection = kopf.ConnectionInfo(
                server=configuration.host,
                ca_path=configuration.ssl_ca_cert,
                insecure=not configuration.verify_ssl,
                scheme="Bearer" if header else None,
                token=header.removeprefix("Bearer ") or None,
                certificate_path=configuration.cert_file,
                private_key_path=configuration.key_file,
            )

            async def ask_for_version(
                request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
            ) -> aiohttp.ClientResponse:
                # Kopf lists to learn from which version to watch. What there is our own lists tell, page by page: a
                # second copy of everything at once would be most of the memory that the operator ever needs.
                if request.url.path in kinds and "watch" not in request.url.query:
                    request.url = request.url.update_query(fieldSelector=f"metadata.name={NOBODY}")
                return await send(request)

            # Sees Kopf's watches and lists, of which no event tells.
            trace = aiohttp.TraceConfig()
            trace.on_request_end.append(ended)
            session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, ssl=connection.as_ssl_context()),
                headers=connection.as_http_headers(),
                trace_configs=[trace],
                middlewares=[ask_for_version],
            )
            return kopf.AiohttpSession(server=configuration.host, aiohttp_session=session)

        return login


class _NoEssence(kopf.AnnotationsDiffBaseStorage):
    """Kopf copies every object to find out what changed since its handlers last saw it; nothing here asks that."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        """Nothing is worth remembering."""
        return cast(kopf.BodyEssence, {})


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.persistence.diffbase_storage = _NoEssence()
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
