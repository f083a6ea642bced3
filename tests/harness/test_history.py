"""The written past says in a real Prometheus what it says it says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.history import History, Outage, Service, Truth, wednesday
from harness.prometheus import Prometheus
from harness.promtool import Promtool

START = wednesday(datetime.now(UTC)) - timedelta(days=1)
END = START + timedelta(days=2)
OUTAGE = Outage(END - timedelta(hours=30), END - timedelta(hours=29, minutes=40), error_ratio=0.4, slow_ratio=0.2)


def service(name: str, restarts: tuple[datetime, ...] = ()) -> Service:
    return Service(
        {"job": name, "service": name}, error_ratio=0.0002, slow_ratio=0.001, outages=[OUTAGE], restarts=restarts
    )


@pytest.fixture
def load(promtool: Promtool, prometheus: Prometheus, tmp_path: Path) -> Callable[[History], Prometheus]:
    def load(history: History) -> Prometheus:
        shares: list[float] = []
        history.write(tmp_path / "history.om", shares.append)
        assert shares == sorted(shares)
        assert shares[-1] == pytest.approx(1)
        promtool.load_history(tmp_path / "history.om", prometheus.data_folder)
        prometheus.restart()
        return prometheus

    return load


def test_the_counters_hold_exactly_the_truth(load: Callable[[History], Prometheus]) -> None:
    orders, carts = service("orders"), service("carts")
    history = History([orders, carts], START, END)
    prometheus = load(history)

    def between(selector: str, since: datetime, until: datetime) -> float | None:
        return prometheus.value(f"sum({selector} @ {until.timestamp()}) - sum({selector} @ {since.timestamp()})")

    for since, until in ((START, END), (OUTAGE.start, OUTAGE.end), (START, OUTAGE.start)):
        truth = history.truth(orders, since, until)
        assert between('http_requests_total{service="orders"}', since, until) == truth.total
        assert between('http_requests_total{service="orders",code="500"}', since, until) == truth.errors
        duration = "http_request_duration_seconds"
        assert between(f'{duration}_count{{service="orders"}}', since, until) == truth.total
        quick = between(f'{duration}_bucket{{service="orders",le="1.0"}}', since, until)
        assert quick == truth.total - truth.slow
    assert history.truth(orders, START, END) == history.truth(carts, START, END)


def test_restarts_lose_nothing(load: Callable[[History], Prometheus]) -> None:
    restarts = tuple(OUTAGE.start + timedelta(minutes=minute) for minute in (-600, 3, 11, 90))
    orders = service("orders", restarts)
    history = History([orders], START, END)
    prometheus = load(history)
    assert prometheus.value('resets(http_requests_total{code="200"}[3d])', END) == len(restarts)
    since, until = START + timedelta(hours=1), END - timedelta(hours=1)
    truth = history.truth(orders, since, until)
    seconds = int((until - since).total_seconds())
    counted = prometheus.value(
        f'sum_over_time((sum(rate(http_requests_total{{code="500"}}[315s])))[{seconds}s:60s]) * 60', until
    )
    assert counted == pytest.approx(truth.errors, rel=1e-3)


def test_traffic_is_uneven_and_an_outage_is_seen_only_where_it_was() -> None:
    orders = service("orders")
    history = History([orders], START, END)
    day = [history.truth(orders, START + timedelta(hours=h), START + timedelta(hours=h + 1)) for h in range(24)]
    assert max(hour.total for hour in day) > 5 * min(hour.total for hour in day)
    during = history.truth(orders, OUTAGE.start, OUTAGE.end)
    assert during.availability == pytest.approx(0.6, abs=1e-3)
    assert during.promptness == pytest.approx(0.8, abs=1e-3)
    after = history.truth(orders, OUTAGE.end, END)
    assert after.availability == pytest.approx(1 - orders.error_ratio, abs=1e-5)
    whole = history.truth(orders, START, END)
    before = history.truth(orders, START, OUTAGE.start)
    parts = (before, during, after)
    assert whole == Truth(*(sum(getattr(p, f) for p in parts) for f in ("total", "errors", "slow")))
