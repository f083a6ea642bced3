"""Rules that come late know the past all the same: counts first, then their sums, then the sums of those."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.backfill import backfill, recordings
from harness.history import History, Outage, Service
from harness.prometheus import Prometheus
from harness.promtool import Promtool

GROUPS: list[dict[str, Any]] = [
    {
        "name": "window",
        "interval": "5m",
        "rules": [
            {"record": "t:sum5m", "expr": "sum_over_time(t:rate5m[5m] offset 1m) * 60"},
            {"record": "t:window", "expr": "sum_over_time(t:sum5m[2d])"},
            {"record": "t:drawn", "expr": "sum_over_time(t:sum5m[1d])"},
            {"alert": "Unused", "expr": "t:window > 1e9"},
        ],
    },
    {
        "name": "base",
        "interval": "1m",
        "rules": [{"record": "t:rate5m", "expr": 'sum(rate(http_requests_total{code="500"}[315s]))'}],
    },
]


def test_rules_are_put_in_order_by_what_they_read() -> None:
    found = {recording.rule["record"]: recording for recording in recordings(GROUPS)}
    assert {name: (recording.level, recording.is_read) for name, recording in found.items()} == {
        "t:rate5m": (0, True),
        "t:sum5m": (1, True),
        "t:window": (2, False),
        "t:drawn": (2, False),
    }
    assert found["t:rate5m"].interval == "1m"


def test_the_past_sums_up_to_the_truth(prometheus: Prometheus, promtool: Promtool, tmp_path: Path) -> None:
    end = datetime.now(UTC)
    outage = Outage(end - timedelta(hours=20), end - timedelta(hours=19), error_ratio=0.3)
    service = Service({"job": "orders"}, error_ratio=0.001, outages=[outage])
    history = History([service], end - timedelta(days=3), end)
    history.write(tmp_path / "history.om")
    promtool.load_history(tmp_path / "history.om", prometheus.data_folder)
    prometheus.restart()
    backfill(prometheus, promtool, GROUPS, history.start, history.end, drawn="t:drawn")

    (sample,) = prometheus.query("last_over_time(t:window[11m])")
    (evaluated,) = prometheus.query("max_over_time(timestamp(t:window)[11m:1m])")
    at = datetime.fromtimestamp(float(evaluated["value"][1]), UTC)
    # So recent that it is still there when the group is first evaluated live, a whole interval later.
    assert end - at <= timedelta(minutes=5, seconds=1)
    truth = history.truth(service, at - timedelta(days=2), at)
    assert float(sample["value"][1]) == pytest.approx(truth.errors, rel=1e-3)
    # Only what others read is there for the whole past.
    assert prometheus.value("count_over_time(t:window[2d])", at) == pytest.approx(4, abs=1)
    assert prometheus.value("count_over_time(t:sum5m[2d])", at) == 2 * 24 * 12
    # And what is drawn has a value an hour beside the last minutes.
    assert prometheus.value("count_over_time(t:drawn[2d])", at) == pytest.approx(2 * 24 + 4, abs=2)
