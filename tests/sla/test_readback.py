"""What is asked of Prometheus, and what is made of the answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import promql_parser
import pytest

from harness.prometheus import Prometheus
from harness.promtool import Promtool
from platform_contracts.api.schedule import Interval
from platform_contracts.config import DataSource
from platform_contracts.config.data_source import Sample
from platform_contracts.prometheus.client import PrometheusClient
from platform_contracts.sla import readback
from platform_contracts.sla.promise import SeriesID
from platform_contracts.sla.readback import Measurements, Unavailable
from platform_contracts.sla.reports import closing
from platform_contracts.sla.reports.closing import Batch, Question
from tests.sla import world
from tests.sla.rule_file_tests import run, value
from tests.sla.world import NOW

PLAIN = DataSource(url="http://prometheus.example")
ID = SeriesID("platform", "payments", "availability", "0123456789")
LABELS = {**ID._asdict(), "window": "30d"}


@pytest.mark.parametrize("label", [None, "namespace", "tenant"])
def test_a_handful_of_queries_that_name_no_sla(label: str | None) -> None:
    queries = readback.queries(DataSource(url="http://prometheus.example", namespace_label=label))
    assert len(queries) <= 8
    for name, promql in queries.items():
        parsed = promql_parser.parse(promql)
        assert isinstance(parsed, promql_parser.AggregateExpr) or name == "windows"
        assert "platform" not in promql


def counted(errors: float, coverage: float = 1.0, **labels: str) -> list[Sample]:
    """The errors and the coverage of a window as they are read."""
    return [
        ({"__name__": f"sla:{name}:window", **LABELS, **labels}, number)
        for name, number in (("errors", errors), ("coverage", coverage))
    ]


def test_values_are_found_by_identity_and_window() -> None:
    found = readback.parse({"windows": counted(5.0), "objective": [(ID._asdict(), 0.999)]}, NOW, PLAIN)
    assert found.get("errors", ID, "30d") == 5.0
    assert found.get("errors", ID, "7d") is None, "another window's number is never shown beside this one"
    assert found.get("errors", ID._replace(indicator="9876543210"), "30d") is None
    assert found.get("errors", ID._replace(namespace="other"), "30d") is None
    assert found.get("objective", ID) == 0.999
    assert found.get("events", ID, "30d") is None


def test_nobody_reports_for_another_namespace() -> None:
    source = DataSource(url="http://prometheus.example", namespace_label="tenant")
    forged, genuine = counted(0.0, tenant="attacker"), counted(7.0, coverage=0.9, tenant="platform")
    assert readback.parse({"windows": forged}, NOW, source).get("errors", ID, "30d") is None
    assert readback.parse({"windows": [*genuine, *forged]}, NOW, source).get("errors", ID, "30d") == 7.0
    assert readback.parse({"windows": counted(0.0)}, NOW, source).get("errors", ID, "30d") is None


def test_every_recorded_series_is_read_by_the_labels_that_it_carries() -> None:
    """The labels in the queries' `by` are those of the rules."""
    recorded = {
        rule["record"]: set(rule["labels"]) for group in world.groups() for rule in group["rules"] if "record" in rule
    }
    for name in ("errors", "events", "coverage"):
        # A period comes from the counts; whatever else there is would tell replicas apart.
        assert recorded[f"sla:{name}:window"] == {*LABELS}
    queries = readback.queries(PLAIN)
    del queries["windows"]
    for promql in queries.values():
        parsed = promql_parser.parse(promql)
        assert isinstance(parsed, promql_parser.AggregateExpr)
        assert parsed.modifier is not None
        names: list[str | None] = []

        def visit(node: object, names: list[str | None] = names) -> None:
            if isinstance(node, promql_parser.VectorSelector):
                names.append(node.name)

        promql_parser.walk(parsed.expr, visit)
        # An alert carries what its rule carries, too.
        read = [recorded[name] for name in names if name not in (None, "ALERTS")]
        assert read == [set(parsed.modifier.labels)] * len(read)
        assert read


def recorded(name: str, replica: str, **labels: str) -> str:
    """A recorded series as one replica has it."""
    named = ",".join(f'{label}="{text}"' for label, text in {**ID._asdict(), **labels, "replica": replica}.items())
    return f"{name}{{{named}}}"


# The first replica was down for a while; the outage in that time only the second has seen, which lost more of its own.
REPLICAS = {"a": {"errors": 2, "events": 1000, "coverage": 0.99}, "b": {"errors": 9, "events": 950, "coverage": 0.94}}


@pytest.mark.parametrize("labels", [{"window": "30d"}, {"window": "Month", "sla_period": "2026-11"}])
async def test_of_replicas_the_one_that_has_seen_most_is_read_and_nothing_of_another(
    promtool: Promtool, prometheus: Prometheus, tmp_path: Path, labels: dict[str, str]
) -> None:
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    # What was counted with nothing subtracted has no coverage of its own.
    in_full = {**labels, "window": f"{labels['window']} in full"}
    series = {
        recorded(f"sla:{name}:window", replica, **labels): number
        for replica, counts in REPLICAS.items()
        for name, number in counts.items()
    }
    series |= {
        recorded("sla:errors:window", replica, **in_full): counts["errors"] for replica, counts in REPLICAS.items()
    }
    prometheus.stop()
    past = tmp_path / "past.om"
    past.write_text("".join(f"{one} {number} {at.timestamp()}\n" for one, number in series.items()) + "# EOF\n")
    promtool.load_history(past, prometheus.data_folder)
    prometheus.start()
    source = DataSource(url=prometheus.url)
    client = PrometheusClient(source)
    try:
        answers = await client.query_all(readback.queries(source), at + timedelta(minutes=4))
    finally:
        await client.close()
    found, period = readback.parse(answers, at, source), labels.get("sla_period")
    told = {name: found.get(name, ID, labels["window"], period) for name in ("errors", "events", "coverage")}
    assert told == REPLICAS["a"]
    assert found.get("errors", ID, in_full["window"], period) == REPLICAS["a"]["errors"]
    assert found.get("evaluated", ID, labels["window"], period) == at.timestamp()


def test_errors_events_and_coverage_are_asked_for_in_one_query() -> None:
    """Between two the rules may have written, and the counts of one moment would be held against those of another."""
    queries = readback.queries(PLAIN).values()
    assert sum(":window" in promql for promql in queries) == 1


def test_each_consumers_own_counts_are_of_the_same_replica(promtool: Promtool, tmp_path: Path) -> None:
    series = {
        recorded("sla:coverage:window", replica, window="30d"): f"{counts['coverage']}x20"
        for replica, counts in REPLICAS.items()
    }
    for replica, errors in (("a", 2), ("b", 9)):
        for consumer in ("team-a", "team-b"):
            name = recorded("sla:consumer:errors:window", replica, consumer=consumer, window="30d")
            series[name] = f"{errors}x20"
    (ask,) = readback.consumer_queries(PLAIN).values()
    run(promtool, tmp_path, [], series, [value(f"sum({ask})", "15m", 4)], scrape="1m")


def test_a_closed_period_is_of_the_replica_that_has_seen_most_of_it(promtool: Promtool, tmp_path: Path) -> None:
    end = datetime(1970, 1, 1, 1, tzinfo=UTC)
    batch = Batch(Interval(end - timedelta(hours=1), end), (Question("platform", "payments", Interval(end, end)),))
    series = {
        recorded("sla:errors:rate5m", "a"): "1x60",
        recorded("sla:total:rate5m", "a"): "10x60",
        # It was away for half an hour, in which it would have seen the worst.
        recorded("sla:errors:rate5m", "b"): "7x30",
        recorded("sla:total:rate5m", "b"): "70x30",
    }
    ask = closing.queries(batch, PLAIN)
    expected = [value(ask["errors"], "1h", 60), value(ask["events"], "1h", 600), value(ask["samples"], "1h", 60)]
    run(promtool, tmp_path, [], series, expected, scrape="1m")


def test_failures_in_a_row_are_one_and_its_text_does_not_alternate() -> None:
    later = NOW + timedelta(minutes=5)
    first = Unavailable("PrometheusUnavailable", "Prometheus cannot be reached", NOW)
    assert first.after(Measurements(NOW)) == first
    assert Unavailable("PrometheusUnavailable", "Prometheus could not answer (HTTP 503)", later).after(first) == first
    refused = Unavailable("PrometheusError", "Prometheus refused the operator's credentials (HTTP 401)", later)
    assert refused.after(first) == replace(refused, since=NOW), "another reason is news"
    redirected = Unavailable("PrometheusError", "Prometheus redirects (HTTP 301); configure the final URL", later)
    assert redirected.after(refused).message == redirected.message, "it is what to correct next"
