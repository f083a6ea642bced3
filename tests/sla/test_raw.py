"""PromQL of an SLA's author: only where the administrator allows it, and only what every Prometheus takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import promql_parser
import pytest

from harness.promtool import Promtool
from platform_contracts.api.objective import Objective
from platform_contracts.config import DataSource
from platform_contracts.rules.objects import rule_file
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


def test_expressions_are_summed_up_as_they_were_written() -> None:
    built = build("rate(jobs_failed_total[5m]) # a comment", "sum by (job) (rate(jobs_total[5m:]))")
    assert built.total == "sum(sum by (job) (rate(jobs_total[5m:])))"
    assert built.errors == "(sum(rate(jobs_failed_total[5m]))) or 0 * (" + built.total + ")"


# Each as an author writes a label's value, and what it is.
VALUES = [
    (r'"/api/.*\\.json"', r"/api/.*\.json"),
    (r'"\\b5.."', r"\b5.."),
    (r'"a\\\\d"', r"a\\d"),
    (r'"say \"hi\""', 'say "hi"'),
    (r"""'it\'s "his" # `own`'""", """it's "his" # `own`"""),
    (r'"two\nlines\tof \u00e4"', "two\nlines\tof ä"),
    (r"`\d+ of \"them\"`", r"\d+ of \"them\""),
    ("`two\nlines`", "two\nlines"),
]


@pytest.mark.parametrize(("written", "value"), VALUES)
def test_a_label_value_stays_what_it_is(written: str, value: str) -> None:
    built = build(f"rate(jobs_total{{path=~{written}}}[5m]) # {written.splitlines()[0]}")
    selector = promql_parser.parse(built.errors).lhs.expr.expr.args[0].vector_selector
    assert [matcher.value for matcher in selector.matchers.matchers] == [value]


def test_prometheus_takes_every_label_value_and_what_is_odd_around_it(promtool: Promtool, tmp_path: Path) -> None:
    written = [f"rate(jobs_total{{path=~{value}}}[5m])" for value, _ in VALUES]
    written += [
        "max_over_time(rate(jobs_total[5m])[30m:])",
        "jobs_total\x0c>\u00a01",
        "jobs_total # to the end\r> 1",
        'label_replace(jobs_total, "to", "$1", "from", "(.*)\\\\.json") # "',
    ]
    rules = [{"record": f"jobs:{number}", "expr": build(text).errors} for number, text in enumerate(written)]
    file = tmp_path / "rules.yaml"
    file.write_text(rule_file([{"name": "jobs", "interval": "1m", "rules": rules}]))
    promtool("check", "rules", file)


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
        ("rate(a[5m]) # to the end\r) or (b", "is not PromQL"),
        (r'rate(a{b="\xe4"}[5m])', "writes a byte as"),
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
