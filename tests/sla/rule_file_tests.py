"""Rendered rules against series written by hand, judged by `promtool test rules`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from harness.promtool import Promtool
from platform_contracts.rules.objects import Group, rule_file

Expectation = dict[str, Any]


def run(
    promtool: Promtool,
    folder: Path,
    groups: Sequence[Group],
    series: Mapping[str, str],
    expectations: Sequence[Expectation],
    *,
    alerts: Sequence[Expectation] = (),
    scrape: str = "15s",
    evaluation: str = "1m",
) -> None:
    """Evaluate `groups` every `evaluation` over `series` (selector to values every `scrape`); raises on a difference.

    `expectations` are expressions with their result, `alerts` firing alerts with all their labels and annotations.
    promtool evaluates every group at the same interval, so that groups of other intervals go into other runs.
    """
    rules = folder / "rules.yaml"
    rules.write_text(rule_file(groups))
    case = folder / "case.yaml"
    content = {
        "rule_files": [str(rules)],
        "evaluation_interval": evaluation,
        "tests": [
            {
                "interval": scrape,
                "input_series": [{"series": selector, "values": values} for selector, values in series.items()],
                "promql_expr_test": list(expectations),
                "alert_rule_test": list(alerts),
            }
        ],
    }
    case.write_text(yaml.safe_dump(content, width=10_000))
    promtool.test_rules(case)


def value(expression: str, at: str, expected: float, *, within: float = 1e-9) -> Expectation:
    """The one value of an expression at that time, up to a relative difference."""
    bound = abs(expected) * within
    low, high = expected - bound, expected + bound
    return {
        "expr": f"count(({expression}) >= {low!r} <= {high!r})",
        "eval_time": at,
        "exp_samples": [{"labels": "{}", "value": 1}],
    }


def nothing(expression: str, at: str) -> Expectation:
    """No series at that time."""
    return {"expr": f"count({expression})", "eval_time": at, "exp_samples": []}


def something(expression: str, at: str, count: int = 1) -> Expectation:
    """That many series at that time."""
    return {"expr": f"count({expression})", "eval_time": at, "exp_samples": [{"labels": "{}", "value": count}]}


def steps(*parts: tuple[float, int], start: float = 0) -> str:
    """A counter in promtool's notation: each part is (increase of each sample, number of samples)."""
    written, at = [], start
    for increase, count in parts:
        written.append(f"{at}+{increase}x{count - 1}" if count > 1 else f"{at}")
        at += increase * count
    return " ".join(written)
