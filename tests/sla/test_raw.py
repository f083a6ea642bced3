"""PromQL of an SLA's author: only where the administrator allows it, and only what every Prometheus takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from platform_contracts.api.objective import Objective
from platform_contracts.config import DataSource
from platform_contracts.sla import indicators
from platform_contracts.sla.indicators import Indicator
from platform_contracts.sla.plan import plan
from platform_contracts.sla.selectors import InvalidSelectorError
from tests.sla import world

ALLOWING = DataSource(url="http://prometheus.example", allow_raw_indicators=True)
TOTAL = "sum(rate(jobs_total[5m]))"


def build(errors: str, total: str = TOTAL, source: DataSource = ALLOWING) -> Indicator:
    raw = world.objective(indicator={"raw": {"errors": errors, "total": total}})
    return indicators.build(Objective.model_validate(raw), "spec.objectives[it]", namespace="platform", source=source)


def test_expressions_are_summed_up_and_written_anew() -> None:
    built = build("rate(jobs_failed_total[5m]) # comment", "sum by (job) (rate(jobs_total[5m]))")
    assert built.total == "sum(sum by (job)(rate(jobs_total{}[5m])))"
    assert built.errors == "(sum(rate(jobs_failed_total{}[5m]))) or 0 * (" + built.total + ")"


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("a) or (b", "is not PromQL"),
        ("rate(a[5m]", "is not PromQL"),
        ("5", "is not PromQL that gives a vector"),
        ("a[5m]", "is not PromQL that gives a vector"),
        ("mad_over_time(a[5m])", "uses mad_over_time, which not every Prometheus has"),
        ("sum(info(a))", "uses info, which not every Prometheus has"),
        ("limitk(1, a)", "uses limitk, which not every Prometheus has"),
        ("a + on() fill(0) b", "uses fill, which not every Prometheus has"),
        ('rate(a{b=~"(?R)"}[5m])', "label b has a regular expression that Prometheus (RE2) refuses"),
    ],
)
def test_what_prometheus_may_refuse_is_refused_by_name(expression: str, told: str) -> None:
    with pytest.raises(InvalidSelectorError) as caught:
        build(expression)
    message = str(caught.value)
    assert message.startswith("spec.objectives[it].indicator.raw.errors: ")
    assert told in message


def test_without_leave_a_condition_says_what_to_ask_for() -> None:
    given = world.inputs(world.sla(world.sla_spec(world.objective(indicator=world.RAW), world.objective("other"))))
    made = plan(given)
    stalled = world.condition(made.status, "Stalled")
    assert stalled["reason"] == "InvalidSelector"
    assert "ask an administrator to set allowRawIndicators: true" in stalled["message"]
    assert made.applies, "the other objective is measured all the same"
    assert world.condition(plan(replace(given, source=ALLOWING)).status, "Stalled")["status"] == "False"


def test_raw_never_goes_around_a_tenancy() -> None:
    source = DataSource(url="http://prometheus.example", allow_raw_indicators=True, namespace_label="namespace")
    with pytest.raises(InvalidSelectorError, match="each namespace its own series only"):
        build("sum(rate(a[5m]))", source=source)
