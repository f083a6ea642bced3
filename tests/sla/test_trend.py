"""The curve of a budget says at its end what the status says, and is asked for in one query for each SLA."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from harness.prometheus import Prometheus
from harness.promtool import Promtool
from platform_contracts.config.data_source import DataSource, Series
from platform_contracts.prometheus.client import PrometheusClient
from platform_contracts.sla import trend
from tests.sla.world import NOW, inputs, objective, promises, sla, sla_spec


def series(name: str, objective: str, indicator: str, *values: float) -> Series:
    """Values that end now, an hour apart."""
    labels = {"__name__": f"sla:{name}:window", "objective": objective, "indicator": indicator}
    times = [NOW - timedelta(hours=len(values) - 1 - place) for place in range(len(values))]
    return labels, list(zip(times, values, strict=True))


def test_one_query_asks_for_the_whole_window_of_all_objectives() -> None:
    given = inputs(sla(sla_spec(objective(), objective(name="latency", target="99"))))
    asked = trend.question(promises(given), NOW)
    assert asked.promql == (
        'max by (__name__, objective, indicator) (last_over_time({__name__=~"sla:errors:window|sla:events:window",'
        'namespace="platform",sla="payments",window="30d"}[16200s]))'
    )
    assert (asked.start, asked.end) == (NOW - timedelta(days=30), NOW)
    assert asked.step == timedelta(days=30) / 160


def test_what_an_earlier_sla_of_the_name_recorded_is_a_part_of_the_curve() -> None:
    young = promises(inputs(sla(created=NOW - timedelta(hours=2))))
    asked = trend.question(young, NOW)
    assert asked.start == NOW - timedelta(days=30)
    answer = [series(name, "availability", young[0].id.indicator, *[1000.0] * 20) for name in ("errors", "events")]
    found = trend.curves(young, asked, answer, {})
    assert found["availability"].start == NOW - timedelta(hours=19)
    assert not trend.too_coarse(found, young, asked)


def test_a_young_sla_is_asked_for_from_where_it_began_in_steps_of_what_is_recorded() -> None:
    young = promises(inputs(sla(created=NOW - timedelta(hours=2))))
    assert trend.too_coarse({}, young, trend.question(young, NOW))
    asked = trend.question(young, NOW, young=True)
    assert asked.start == NOW - timedelta(hours=2)
    assert asked.step == timedelta(minutes=5)
    assert asked.promql.endswith("[660s]))")


def test_a_calendar_period_is_asked_for_by_its_name_from_its_beginning() -> None:
    month = {"period": "Month", "timeZone": "UTC"}
    given = inputs(sla(sla_spec(calendar=month)))
    (one,) = promises(given)
    assert one.calendar is not None
    asked = trend.question([one], NOW)
    assert f'window="Month",sla_period="{one.calendar.running.name}"' in asked.promql
    assert asked.start == one.calendar.running.start
    indicator = one.id.indicator
    answer = [series(name, "availability", indicator, 1.0, 1000.0) for name in ("errors", "events")]
    assert trend.curves([one], asked, answer, {})["availability"].end == one.calendar.running.end


@pytest.mark.parametrize(
    ("errors", "events", "left"),
    [(0, 1000, 1.0), (1, 1000, 0.0), (0.5, 1000, 0.5), (3, 1000, -2.0), (5000, 1000, -999.0)],
)
def test_what_is_left_is_one_less_the_errors_in_shares_of_the_budget(errors: float, events: float, left: float) -> None:
    (one,) = promises(inputs())
    answer = [
        series("errors", "availability", one.id.indicator, errors),
        series("events", "availability", one.id.indicator, events),
    ]
    (point,) = trend.curves([one], trend.question([one], NOW), answer, {})["availability"].points
    assert (point.time, point.left) == (NOW, left)


def test_a_budget_that_is_known_for_the_whole_period_does_not_grow_with_what_is_counted() -> None:
    (one,) = promises(inputs())
    answer = [series("errors", "availability", one.id.indicator, 0.0, 600.0)]
    answer += [series("events", "availability", one.id.indicator, 3600.0, 7200.0)]
    curve = trend.curves([one], trend.question([one], NOW), answer, {"availability": 2400.0})["availability"]
    assert [point.left for point in curve.points] == [1.0, 0.75]


def test_only_what_is_counted_by_the_present_indicator_is_drawn() -> None:
    (one,) = promises(inputs())
    answer = [series(name, "availability", "an-older-one", 1.0) for name in ("errors", "events")]
    assert trend.curves([one], trend.question([one], NOW), answer, {}) == {}


def test_a_moment_without_events_is_left_out() -> None:
    (one,) = promises(inputs())
    answer = [
        series("errors", "availability", one.id.indicator, 0.0, 0.0, 0.0),
        series("events", "availability", one.id.indicator, 0.0, 10.0, 10.0),
    ]
    assert len(trend.curves([one], trend.question([one], NOW), answer, {})["availability"].points) == 2


async def test_a_real_prometheus_gives_the_curve_back(
    prometheus: Prometheus, promtool: Promtool, tmp_path: Path
) -> None:
    (one,) = promises(inputs())
    hours = 240
    lines = []
    for name, rate in (("errors", 2), ("events", 0)):
        lines.append(f"# TYPE sla:{name}:window gauge")
        for hour in range(hours + 1):
            time = NOW - timedelta(hours=hours - hour)
            count = hour * rate if rate else 1_000_000
            lines.append(f"{one.series(f'sla:{name}:window', '30d')} {count} {time.timestamp():.0f}")
    history = tmp_path / "history.om"
    history.write_text("\n".join([*lines, "# EOF", ""]))
    promtool.load_history(history, prometheus.data_folder)
    prometheus.restart()
    asked = trend.question([one], NOW)
    client = PrometheusClient(DataSource(url=prometheus.url))
    try:
        answer = await client.query_range(asked.promql, asked.start, asked.end, asked.step)
    finally:
        await client.close()
    curve = trend.curves([one], asked, answer, {})["availability"]
    # It begins within a step of the first count.
    assert curve.points[0].left == pytest.approx(1.0, abs=0.01)
    assert curve.points[-1] == (NOW, 1 - 2 * hours / 1000)
    assert [point.left for point in curve.points] == sorted((point.left for point in curve.points), reverse=True)
