"""Asks every data source for the recorded series of all its SLAs together, again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from platform_contracts.config import Config
from platform_contracts.config.data_source import Sample
from platform_contracts.controllers.triggers import Triggers
from platform_contracts.prometheus.client import PrometheusClient, QueryError
from platform_contracts.sla import readback
from platform_contracts.sla.readback import Measurements, Unavailable
from platform_contracts.sla.reports import closing
from platform_contracts.sla.reports.closing import Closing, Question
from platform_contracts.sla.windows import WINDOW_INTERVAL

log = structlog.get_logger("measuring")

# Rules write one series after the other. A moment later all are there: what is read as of then belongs together, errors
# and the events that they are of.
SETTLED = timedelta(seconds=15)

# Each consumer's own figures are counted every five minutes.
ATTAINMENT = timedelta(seconds=WINDOW_INTERVAL)
# How long Prometheus keeps what it records changes with its configuration only.
RETENTION_ASKED = timedelta(hours=1)

_NOTHING_CLOSED = Closing()


class Measuring:
    """The latest word of each data source. One that cannot be read never holds up another."""

    def __init__(
        self,
        config: Config,
        triggers: Triggers,
        now: Callable[[], datetime],
        *,
        questions: Callable[[str, datetime], Collection[Question]] = lambda source, now: (),
    ) -> None:
        """`questions` says what a source is to be asked about closed periods of the SLAs that it measures."""
        self._sources = config.data_sources
        self._interval = config.intervals.evaluation_seconds
        self._triggers = triggers
        self._now = now
        self._clients = {name: PrometheusClient(source) for name, source in self._sources.items()}
        self._questions = questions
        self._latest: dict[str, Measurements | Unavailable] = {}
        self._failing: dict[str, Unavailable] = {}
        self._closing: dict[str, Closing] = {}
        self._told_consumers: dict[str, datetime] = {}
        self._kept: dict[str, tuple[datetime, timedelta | None]] = {}
        started = now()
        self._succeeded: dict[str, datetime] = dict.fromkeys(self._sources, started)

    def latest(self, source: str) -> Measurements | Unavailable | None:
        """What the source said last; None before it said anything. It cannot be read from two failures in a row on."""
        return self._latest.get(source)

    def closing(self, source: str) -> Closing:
        """What the source said last about closed periods whose reports were due."""
        return self._closing.get(source, _NOTHING_CLOSED)

    def measurements(self, source: str) -> Measurements | None:
        """What the source said last, None while it cannot be read."""
        latest = self._latest.get(source)
        return latest if isinstance(latest, Measurements) else None

    def ages(self) -> dict[str, float]:
        """Seconds since each source was last read in full, or since the start where it never was."""
        now = self._now()
        return {name: (now - moment).total_seconds() for name, moment in self._succeeded.items()}

    async def run(self) -> None:
        """Evaluate each source at its own pace until cancelled."""
        async with asyncio.TaskGroup() as group:
            for name in self._sources:
                group.create_task(self._keep_evaluating(name))
            # Where there is no source, too.
            await asyncio.Event().wait()

    async def _keep_evaluating(self, name: str) -> None:
        while True:
            await self.evaluate(name)
            await asyncio.sleep(self._interval)

    async def evaluate(self, name: str) -> None:
        """Read one source and let its SLAs look at the numbers."""
        source, now = self._sources[name], self._now()
        try:
            answers = await self._clients[name].query_all(readback.queries(source), now - SETTLED)
            answers |= await self._by_consumer(name, now - SETTLED)
            measured = readback.parse(answers, now - SETTLED, source)
            self._latest[name] = replace(measured, retention=await self._retention(name, now))
            self._succeeded[name] = now
            self._failing.pop(name, None)
        except QueryError as error:
            self._failed(name, Unavailable(error.reason, error.message, now))
            log.warning("data source cannot be read", source=name, reason=error.reason, error=error.message)
        else:
            await self._close_periods(name, now)
        self._triggers.look_at_slas(name)
        if now - self._told_consumers.get(name, now - ATTAINMENT) >= ATTAINMENT:
            self._told_consumers[name] = now
            self._triggers.look_at_attainments(name)

    def _failed(self, name: str, failure: Unavailable) -> None:
        """What was said last stays after one failure, which a moment's load may be: it would be written into the status
        of every SLA, and out again. The second in a row is told, with the time of the first."""
        before = self._failing.get(name)
        self._failing[name] = failure.after(before)
        if before is not None:
            self._latest[name] = self._failing[name]

    async def _retention(self, name: str, now: datetime) -> timedelta | None:
        """How long the source keeps what it records, asked once an hour; what it said last where it does not answer."""
        asked, known = self._kept.get(name, (None, None))
        if asked is None or now - asked >= RETENTION_ASKED:
            known = await self._clients[name].retention() or known
            self._kept[name] = (now, known)
        return known

    async def _by_consumer(self, name: str, at: datetime) -> dict[str, list[Sample]]:
        """What is counted consumer by consumer: too much of it, or none, must not keep the verdicts back."""
        try:
            return await self._clients[name].query_all(readback.consumer_queries(self._sources[name]), at)
        except QueryError as error:
            log.warning("consumers' own figures cannot be read", source=name, reason=error.reason, error=error.message)
            return {}

    async def _close_periods(self, name: str, now: datetime) -> None:
        """Read some of what the closed periods that are due came to, as of their ends; the rest is for later.

        A batch that fails is tried again after all others, and keeps none of them back.
        """
        source, questions = self._sources[name], self._questions(name, now)
        known = self._closing.get(name, Closing()).only(questions)
        for batch in closing.batches(questions, known)[: closing.MOST_BATCHES]:
            try:
                answer = await self._clients[name].query_all(closing.queries(batch, source), batch.stretch.end)
            except QueryError as error:
                log.warning("closed periods cannot be read", source=name, reason=error.reason, error=error.message)
                known = known.failed(batch, error.message)
            else:
                known = known.answered(batch, answer, source)
        self._closing[name] = known

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            await client.close()
