"""Thirty days whose truth is known by construction, through a real Prometheus and the plan, to the status."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.backfill import backfill
from harness.history import History, Outage, Service, wednesday
from harness.prometheus import Prometheus
from harness.promtool import Promtool
from platform_contracts.config import DataSource
from platform_contracts.kube.objects import Object, format_time, parse_time
from platform_contracts.prometheus.client import PrometheusClient, QueryError
from platform_contracts.sla import readback
from platform_contracts.sla.plan import SLAInputs, plan
from platform_contracts.sla.readback import Unavailable
from tests.sla import world

SCRAPE_SECONDS = 30
WINDOW = timedelta(days=30)
# In percentage points.
TOLERANCE = 0.0005
LATENCY = {"latency": {"histogram": 'http_request_duration_seconds{job="payments"}', "thresholdSeconds": "1"}}


@dataclass(frozen=True)
class Month:
    """A Prometheus that has a month of history and of recorded series, and what really happened."""

    prometheus: Prometheus
    service: Service
    history: History
    source: DataSource
    now: datetime

    @property
    def inputs(self) -> SLAInputs:
        """An SLA that was created just now."""
        return self._inputs(world.sla_spec(world.objective(), world.objective("latency", "99", LATENCY)))

    @property
    def effective_from(self) -> datetime:
        """After the first outage and before the second."""
        return self.now - timedelta(days=5, minutes=7)

    @property
    def later(self) -> SLAInputs:
        """The same promise, which holds since `effective_from` only."""
        return self._inputs(world.sla_spec(effective={"fromTime": format_time(self.effective_from)}), name="later")

    def _inputs(self, spec: Object, **metadata: Any) -> SLAInputs:
        live = world.sla(spec, created=self.now - timedelta(minutes=1), **metadata)
        return replace(world.inputs(live), source=self.source, now=self.now)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    folder = tmp_path_factory.mktemp("month")
    prometheus = Prometheus(folder, retention="100d")
    promtool = Promtool(prometheus.programs.promtool)
    day = wednesday(datetime.now(UTC))
    now = day.replace(hour=12)
    service = Service(
        labels={"job": "payments", "instance": "a"},
        error_ratio=0.0001,
        slow_ratio=0.002,
        outages=[
            # The afternoon's peak, and the quietest hour of another day.
            Outage(day - timedelta(days=9, hours=-16), day - timedelta(days=9, hours=-17), 0.6, 0.8),
            Outage(day - timedelta(days=4, hours=-3), day - timedelta(days=4, hours=-4), 0.9, 0.9),
        ],
        restarts=[day - timedelta(days=number, hours=-10) for number in range(2, 30, 3)],
    )
    history = History([service], now - WINDOW - timedelta(hours=1), now, SCRAPE_SECONDS)
    file = folder / "history.om"
    history.write(file)
    promtool.load_history(file, prometheus.data_folder)
    prometheus.start()
    try:
        source = DataSource(url=prometheus.url, scrape_interval_seconds=SCRAPE_SECONDS)
        made = Month(prometheus, service, history, source, now)
        groups = [
            group for inputs in (made.inputs, made.later) for group in plan(inputs).applies[0].obj["spec"]["groups"]
        ]
        backfill(prometheus, promtool, groups, now - WINDOW - timedelta(minutes=10), now)
        yield made
    finally:
        prometheus.stop()


async def measure(month: Month, inputs: SLAInputs | None = None) -> SLAInputs:
    """The inputs with what the data source says now."""
    client = PrometheusClient(month.source)
    try:
        answers = await client.query_all(readback.queries(month.source), month.now)
    finally:
        await client.close()
    return replace(inputs or month.inputs, measurements=readback.parse(answers, month.now, month.source))


def objective(status: Object | None, name: str) -> dict[str, Any]:
    assert status is not None
    return next(dict(one) for one in status["objectives"] if one["name"] == name)


async def test_the_sli_on_the_status_is_the_truth(month: Month) -> None:
    status = plan(await measure(month)).status
    availability, latency = objective(status, "availability"), objective(status, "latency")
    at = parse_time(availability["evaluatedTime"])
    truth = month.history.truth(month.service, at - WINDOW, at)
    assert abs(float(availability["sli"]) - 100 * truth.availability) <= TOLERANCE
    assert abs(float(latency["sli"]) - 100 * truth.promptness) <= TOLERANCE
    assert float(availability["events"]) == pytest.approx(truth.total, rel=0.001)
    assert float(availability["errorBudget"]["consumed"]) == pytest.approx(
        truth.errors, abs=TOLERANCE / 100 * truth.total
    )
    spent = truth.errors / (truth.total * 0.001)
    assert float(availability["errorBudget"]["remainingPercent"]) == pytest.approx(100 * (1 - spent), abs=0.6)
    assert availability["coverage"] == "1.0000"
    assert availability["window"] == "30d", "history from before the SLA's creation counts, and is shown"


async def test_what_was_before_the_effective_time_does_not_count(month: Month) -> None:
    """The metric is older than the promise, and so are the rules: only what came since is in the SLI."""
    entry = objective(plan(await measure(month, month.later)).status, "availability")
    truth = month.history.truth(month.service, month.effective_from, parse_time(entry["evaluatedTime"]))
    assert abs(float(entry["sli"]) - 100 * truth.availability) <= TOLERANCE
    assert entry["window"] == "30d (5d)"
    assert float(entry["coverage"]) >= 0.99
    whole = month.history.truth(month.service, month.now - WINDOW, month.now)
    assert abs(whole.availability - truth.availability) * 100 > 10 * TOLERANCE, "the two differ by far"


async def test_an_average_of_ratios_would_be_wrong(month: Month) -> None:
    """What the tolerance means: the mean of five-minute ratios is off by many times as much."""
    slots = int(WINDOW / timedelta(minutes=5))
    ends = [month.now - timedelta(minutes=5 * number) for number in range(slots)]
    ratios = [month.history.truth(month.service, end - timedelta(minutes=5), end).availability for end in ends]
    truth = month.history.truth(month.service, month.now - WINDOW, month.now).availability
    assert abs(sum(ratios) / slots - truth) * 100 > 10 * TOLERANCE


async def test_a_plan_made_again_is_the_status_to_the_last_bit(month: Month) -> None:
    inputs = await measure(month)
    status = plan(inputs).status
    assert plan(world.with_status(inputs, status)).status == status


async def test_numbers_stay_while_prometheus_is_away(month: Month) -> None:
    inputs = await measure(month)
    before = plan(inputs).status
    month.prometheus.stop()
    client = PrometheusClient(month.source)
    try:
        with pytest.raises(QueryError) as caught:
            await client.query_all(readback.queries(month.source), month.now)
    finally:
        await client.close()
        month.prometheus.start()
    assert caught.value.reason == "PrometheusUnavailable"
    unavailable = Unavailable(caught.value.reason, caught.value.message, month.now)
    after = plan(replace(world.with_status(inputs, before), measurements=unavailable)).status
    assert after is not None
    assert before is not None
    assert after["objectives"] == before["objectives"]
    assert world.condition(after, "DataFresh")["status"] == "False"
    assert world.condition(after, "DataFresh")["reason"] == "PrometheusUnavailable"
