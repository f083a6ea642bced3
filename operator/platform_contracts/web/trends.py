"""The curves of error budgets, asked of Prometheus when somebody looks and remembered for some minutes.

A page never waits long for them, and is whole without them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from platform_contracts.api import InvalidSpec, parse
from platform_contracts.api.sla import SLASpec
from platform_contracts.config import DataSource
from platform_contracts.config.data_source import Series
from platform_contracts.kube.kinds import SLA
from platform_contracts.kube.objects import Object, dig, parse_time, uid
from platform_contracts.prometheus.client import PrometheusClient, QueryError
from platform_contracts.sla import trend
from platform_contracts.sla.promise import Promise, promise
from platform_contracts.sla.trend import Curve, Curves, Point, Question
from platform_contracts.web.connections import failure

log = structlog.get_logger("web")

# The counts over the window are recorded every five minutes.
_FRESH_SECONDS = 300.0
# After a failure.
_RETRY_SECONDS = 30.0
# What was said longer ago would be taken for how it is now.
_OLDEST_SECONDS = 3600.0
# How long after the first question a page waits for its answer; whoever comes next has it.
_PATIENCE_SECONDS = 1.0
_MOST_SLAS = 512


@dataclass(slots=True)
class _Known:
    """What Prometheus said last of one SLA and when, from when on it is asked again, and the question that is under
    way."""

    # When it was asked first.
    since: float
    curves: Curves | None = None
    said: float = 0.0
    until: float = 0.0
    asking: asyncio.Task[None] | None = field(default=None, repr=False)


class Trends:
    """The curves of SLAs."""

    def __init__(self, sources: Mapping[str, DataSource], now: Callable[[], datetime]) -> None:
        self._sources = sources
        self._now = now
        self._clients = {name: PrometheusClient(source) for name, source in sources.items()}
        self._turns = {name: asyncio.Lock() for name in sources}
        self._known: OrderedDict[tuple[str, int], _Known] = OrderedDict()

    async def of(self, sla: Object) -> Curves | None:
        """The curves of an SLA's objectives by name; None where Prometheus has not said any in time."""
        key, now = _key(sla), asyncio.get_running_loop().time()
        known = self._known.setdefault(key, _Known(now))
        self._known.move_to_end(key)
        while len(self._known) > _MOST_SLAS:
            _, oldest = self._known.popitem(last=False)
            if oldest.asking is not None:
                oldest.asking.cancel()
        if known.asking is None and now >= known.until:
            known.asking = asyncio.create_task(self._ask(sla, known))
        # Nobody waits for what is newer, nor again for a Prometheus that was waited for.
        patience = known.since + _PATIENCE_SECONDS - now
        if known.asking is not None and known.until == 0 and patience > 0:
            await asyncio.wait([known.asking], timeout=patience)
        return known.curves if now - known.said < _OLDEST_SECONDS else None

    def said(self, sla: Object) -> float:
        """When Prometheus said the curves of the SLA that are known, by the loop's clock: another number whenever there
        are newer ones."""
        known = self._known.get(_key(sla))
        return known.said if known else 0.0

    async def close(self) -> None:
        """Ask no more."""
        tasks = [known.asking for known in self._known.values() if known.asking is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for client in self._clients.values():
            await client.close()

    async def _ask(self, sla: Object, known: _Known) -> None:
        seconds = _RETRY_SECONDS
        try:
            known.curves = await self._curves(sla)
            known.said = asyncio.get_running_loop().time()
            seconds = _FRESH_SECONDS
        except QueryError as error:
            log.warning("a budget's history cannot be read", reason=error.reason, error=error.message)
        except InvalidSpec:
            # The SLA's own conditions say what is wrong with it.
            known.curves = None
        except Exception as error:  # noqa: BLE001  one SLA's fault must not take the page from who reads it
            log.error("a budget's history cannot be drawn", namespace=sla["metadata"]["namespace"], **failure(error))
        finally:
            known.until = asyncio.get_running_loop().time() + seconds
            known.asking = None

    async def _curves(self, sla: Object) -> Curves:
        spec = parse(SLA, sla)
        assert isinstance(spec, SLASpec)
        name, now = spec.data_source_name, self._now()
        if name not in self._sources:
            return {}
        entries = _entries(sla)
        promises = _promises(spec, sla, entries, self._sources[name], now)
        if not promises:
            return {}
        totals = _totals(entries, promises)
        asked = trend.question(promises, now)
        found = trend.curves(promises, asked, await self._answer(name, asked), totals)
        if trend.too_coarse(found, promises, asked):
            asked = trend.question(promises, now, young=True)
            found = trend.curves(promises, asked, await self._answer(name, asked), totals)
        return {name: _until_now(curve, entries.get(name) or {}) for name, curve in found.items()}

    async def _answer(self, source: str, asked: Question) -> list[Series]:
        async with self._turns[source]:
            return await self._clients[source].query_range(asked.promql, asked.start, asked.end, asked.step)


def _key(sla: Object) -> tuple[str, int]:
    return uid(sla), sla["metadata"].get("generation", 0)


def _entries(sla: Object) -> dict[str, Object]:
    """The objectives as the status has them, by name."""
    return {entry["name"]: entry for entry in dig(sla, "status", "objectives") or ()}


def _promises(
    spec: SLASpec, sla: Object, entries: Mapping[str, Object], source: DataSource, now: datetime
) -> list[Promise]:
    """The objectives by the targets that are in force, but for those that Prometheus knows nothing of."""
    targets = {name: entry.get("target") for name, entry in entries.items()}
    return [
        promise(
            objective.model_copy(update={"target": targets.get(objective.name) or objective.target}),
            spec,
            sla,
            source,
            now,
        )
        for objective in spec.objectives
        if not objective.indicator.counted
    ]


def _until_now(curve: Curve, entry: Object) -> Curve:
    """The curve up to the figure that the status has."""
    if "errorBudget" not in entry:
        return curve
    last = Point(parse_time(entry["evaluatedTime"]), float(entry["errorBudget"]["remainingPercent"]) / 100)
    return curve._replace(points=[*curve.points, last]) if last.time > curve.points[-1].time else curve


def _totals(entries: Mapping[str, Object], promises: list[Promise]) -> dict[str, float]:
    """The budgets that a calendar period has as a whole, as the status has them."""
    found = {}
    for one in promises:
        budget = (entries.get(one.objective.name) or {}).get("errorBudget")
        if one.foresees and budget:
            found[one.objective.name] = float(budget["total"]) * one.unit.size
    return found
