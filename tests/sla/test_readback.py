"""What is asked of Prometheus, and what is made of the answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import promql_parser
import pytest

from platform_contracts.config import DataSource
from platform_contracts.sla import readback
from platform_contracts.sla.promise import SeriesID
from platform_contracts.sla.readback import Measurements, Unavailable
from tests.sla import world
from tests.sla.world import NOW

PLAIN = DataSource(url="http://prometheus.example")
ID = SeriesID("platform", "payments", "availability", "0123456789")
LABELS = {**ID._asdict(), "window": "30d"}


@pytest.mark.parametrize("label", [None, "namespace", "tenant"])
def test_a_handful_of_queries_that_name_no_sla(label: str | None) -> None:
    queries = readback.queries(DataSource(url="http://prometheus.example", namespace_label=label))
    assert len(queries) <= 8
    for promql in queries.values():
        assert isinstance(promql_parser.parse(promql), promql_parser.AggregateExpr)
        assert "platform" not in promql


def test_values_are_found_by_identity_and_window() -> None:
    found = readback.parse({"errors": [(LABELS, 5.0)], "objective": [(ID._asdict(), 0.999)]}, NOW, PLAIN)
    assert found.get("errors", ID, "30d") == 5.0
    assert found.get("errors", ID, "7d") is None, "another window's number is never shown beside this one"
    assert found.get("errors", ID._replace(indicator="9876543210"), "30d") is None
    assert found.get("errors", ID._replace(namespace="other"), "30d") is None
    assert found.get("objective", ID) == 0.999
    assert found.get("events", ID, "30d") is None


def test_nobody_reports_for_another_namespace() -> None:
    source = DataSource(url="http://prometheus.example", namespace_label="tenant")
    forged, genuine = {**LABELS, "tenant": "attacker"}, {**LABELS, "tenant": "platform"}
    assert readback.parse({"errors": [(forged, 0.0)]}, NOW, source).get("errors", ID, "30d") is None
    assert readback.parse({"errors": [(genuine, 7.0), (forged, 0.0)]}, NOW, source).get("errors", ID, "30d") == 7.0
    assert readback.parse({"errors": [(LABELS, 0.0)]}, NOW, source).get("errors", ID, "30d") is None


def test_every_recorded_series_is_read_by_the_labels_that_it_carries() -> None:
    """The labels in the queries' `by` are those of the rules."""
    recorded = {
        rule["record"]: set(rule["labels"]) for group in world.groups() for rule in group["rules"] if "record" in rule
    }
    for name in ("errors", "events", "coverage"):
        recorded[f"sla:{name}:window"].add("sla_period")  # in a calendar window, from the counts
    for promql in readback.queries(PLAIN).values():
        parsed = promql_parser.parse(promql)
        assert isinstance(parsed, promql_parser.AggregateExpr)
        assert parsed.modifier is not None
        names: list[str | None] = []

        def visit(node: object, names: list[str | None] = names) -> None:
            if isinstance(node, promql_parser.VectorSelector):
                names.append(node.name)

        promql_parser.walk(parsed.expr, visit)
        # An alert carries what its rule carries, too.
        assert [recorded[name] for name in names if name not in (None, "ALERTS")] == [set(parsed.modifier.labels)]


def test_failures_in_a_row_are_one_and_its_text_does_not_alternate() -> None:
    later = NOW + timedelta(minutes=5)
    first = Unavailable("PrometheusUnavailable", "Prometheus cannot be reached", NOW)
    assert first.after(Measurements(NOW)) == first
    assert Unavailable("PrometheusUnavailable", "Prometheus could not answer (HTTP 503)", later).after(first) == first
    refused = Unavailable("PrometheusError", "Prometheus refused the operator's credentials (HTTP 401)", later)
    assert refused.after(first) == replace(refused, since=NOW), "another reason is news"
    redirected = Unavailable("PrometheusError", "Prometheus redirects (HTTP 301); configure the final URL", later)
    assert redirected.after(refused).message == redirected.message, "it is what to correct next"
