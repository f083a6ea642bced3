"""What the bench holds the operator to, beside how fast it is."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from harness.audit import Event
from harness.bench import evaluation, race, report, rule_cost
from harness.bench.evaluation import Evaluated
from harness.bench.measure import Figures, Scenario
from harness.bench.outcome import Outcome
from harness.bench.race import Run
from harness.bench.rule_cost import Cost

SCENARIO = Scenario(
    name="promises",
    count=2,
    pattern=re.compile(r"item-(\d)"),
    rename=("item-", "again-"),
    resource="slas",
    trigger=lambda: None,
    writes_each={"create prometheusrules": 1, "patch slas/status": 1},
)
BROKEN = replace(SCENARIO, broken=True)
BARE = Figures(wall_seconds=6, cpu_seconds=1, peak_mb=40)
EXACT = Figures(
    wall_seconds=8,
    cpu_seconds=4,
    peak_mb=100,
    run_seconds=8.5,
    writes={"create prometheusrules": 2, "patch slas/status": 2},
    rollups=9,
    discovery=7,
)


def event(namespace: str, code: int) -> Event:
    """The creation of a RoleBinding, and what the API server answered."""
    moment = datetime(2027, 3, 1, tzinfo=UTC)
    return Event(
        time=moment,
        completed=moment,
        user="operator",
        user_agent="",
        verb="create",
        group="rbac.authorization.k8s.io",
        resource="rolebindings",
        subresource="",
        namespace=namespace,
        name="platform-contracts-developer",
        uri="",
        code=code,
        authorized=code < 300,
        cluster_role="",
    )


def missed(**change: Any) -> list[str]:
    return [text for text, reached in report.checks(SCENARIO, replace(EXACT, **change), BARE) if not reached]


def test_exactly_the_necessary_writes_are_accepted_and_discovery_is_no_read() -> None:
    assert missed() == []
    assert report.ratios(EXACT, BARE) == {"rate": 0.75, "cpu": 4.0, "memory": 2.5}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"writes": {"create prometheusrules": 2, "patch slas/status": 3}}, "3 patch slas/status instead of 2"),
        ({"writes": {"create prometheusrules": 2}}, "0 patch slas/status instead of 2"),
        ({"writes": {**EXACT.writes, "delete namespaces": 1}}, "1 delete namespaces instead of 0"),
        ({"repeated": ["patch slas/status a/item-1"]}, "twice: patch slas/status a/item-1"),
        ({"reads": {"get namespaces": 1}}, "1 reads of objects"),
        ({"rollups": 10}, "10 roll-ups of the service in 8.5 s"),
        ({"wall_seconds": 11}, "55% of the bare client's rate"),
        ({"peak_mb": 151}, "peak 151 MB"),
    ],
)
def test_whatever_is_too_much_is_named(change: dict[str, Any], said: str) -> None:
    (text,) = missed(**change)
    assert said in text


@pytest.mark.parametrize(("refused", "reached"), [(0, False), (1, False), (6, True)])
def test_a_contract_that_stands_still_does_not_pass_for_one_that_is_refused_again_and_again(
    refused: int, reached: bool
) -> None:
    found = dict(report.checks(BROKEN, replace(EXACT, refused=refused), BARE))
    assert found[f"a contract with a broken plan refused {refused} times meanwhile (at least 2)"] is reached


def test_what_the_broken_contract_costs_is_counted_apart() -> None:
    figures = Figures(wall_seconds=1, cpu_seconds=1, peak_mb=1)
    figures.count([event("bench-broken-payments", 403), event("bench-broken-payments", 201), event("item-1", 201)])
    assert figures.writes == {"create rolebindings": 1}
    assert figures.refused == 1


# What the operator is held to beside others


def missed_of(outcome: Outcome) -> list[str]:
    return [text for text, reached in outcome.checks if not reached]


def test_an_evaluation_asks_little_takes_little_and_writes_nothing() -> None:
    found = Evaluated(10_000, 120_000, 5, queries=8, megabytes=2.5, cpu_seconds=3, writes=0, peak_mb=200)
    assert missed_of(evaluation.outcome(found)) == []
    for change in ({"queries": 8.2}, {"cpu_seconds": 3.1}, {"writes": 1}):
        assert len(missed_of(evaluation.outcome(replace(found, **change)))) == 1, change


def test_rules_cost_a_fifth_of_sloth_s_and_record_fifteen_series() -> None:
    ours, theirs = Cost(60, 500, 15, busy=0.02), Cost(60, 340, 14, busy=0.1)
    assert missed_of(rule_cost.outcome({rule_cost.OURS: ours, rule_cost.THEIRS: theirs})) == []
    for change in ({"busy": 0.021}, {"recorded": 16}):
        sides = {rule_cost.OURS: replace(ours, **change), rule_cost.THEIRS: theirs}
        assert len(missed_of(rule_cost.outcome(sides))) == 1, change


def test_rules_and_status_are_there_in_half_of_sloth_s_time_with_two_requests_each() -> None:
    ours = Run(7.0, 5.0, 150.0, {"create prometheusrules": 500, "patch slas/status": 500})
    theirs = Run(14.0, 5.0, 60.0, {"get prometheusrules": 500, "create prometheusrules": 500, "update x/status": 500})
    assert missed_of(race.outcome({race.OURS: ours, race.THEIRS: theirs}, 500, [0.5])) == []
    for change in ({"wall_seconds": 7.1}, {"requests": {**ours.requests, "patch slas": 1}}):
        sides = {race.OURS: replace(ours, **change), race.THEIRS: theirs}
        assert len(missed_of(race.outcome(sides, 500, [0.5]))) == 1, change
