"""Two PromQL expressions of the SLA's author, where the administrator allows them."""

from __future__ import annotations

import re
from typing import Any

import promql_parser

from platform_contracts.api.indicators import RawIndicator
from platform_contracts.rules.text import quote
from platform_contracts.sla import selectors
from platform_contracts.sla.indicators.reading import Indicator, Reading, shown
from platform_contracts.sla.selectors import InvalidSelectorError

# What every Prometheus 3 evaluates without a feature flag: one unknown function takes a whole rule file down with it.
_FUNCTIONS = """
    abs absent absent_over_time avg_over_time ceil changes clamp clamp_max clamp_min count_over_time day_of_month
    day_of_week day_of_year days_in_month delta deriv exp floor histogram_avg histogram_count histogram_fraction
    histogram_quantile histogram_stddev histogram_stdvar histogram_sum hour idelta increase irate label_join
    label_replace last_over_time ln log10 log2 max_over_time min_over_time minute month predict_linear present_over_time
    quantile_over_time rate resets round scalar sgn sqrt stddev_over_time stdvar_over_time sum_over_time time timestamp
    vector year
"""
_AGGREGATIONS = "avg bottomk count group max min quantile stddev stdvar sum topk"
_STABLE = frozenset(f"{_FUNCTIONS} {_AGGREGATIONS}".split())
# Prometheus reads what the author wrote, for the parser prints strings without their escapes. But where it reads
# backticks, white space and the end of a comment in another way than Prometheus, both are given what they read alike.
_TOKENS = re.compile(
    r""" "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | `[^`]*` | (?:\s|\#[^\r\n]*)+ """, re.VERBOSE | re.DOTALL
)
# Bytes that are no ASCII are letters to the one, and parts of letters to the other.
_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\(?:x[89a-fA-F]|[2-7])")
_BYTES = r"writes a byte as \x.. or in octal digits; write the letter itself, or \u and its four digits, as in \u00e9"
_EXAMPLE = 'write for example sum(rate(jobs_total{job="payments"}[5m]))'


def build(raw: RawIndicator, reading: Reading) -> Indicator:
    """The expressions, each summed up to one series. Raises InvalidSelectorError."""
    if not reading.source.allow_raw_indicators:
        raise InvalidSelectorError(
            f"{reading.field}.raw: the operator's configuration allows no PromQL of one's own on this data source; "
            "choose ratio, latency, probe or threshold, or ask an administrator to set allowRawIndicators: true for it"
        )
    if reading.source.namespace_label is not None:
        raise InvalidSelectorError(
            f"{reading.field}.raw: this data source gives each namespace its own series only, which PromQL of "
            "one's own could go around; choose ratio, latency, probe or threshold"
        )
    errors, total = (
        _summed(text, f"{reading.field}.raw.{name}") for name, text in (("errors", raw.errors), ("total", raw.total))
    )
    return Indicator(errors=f"({errors}) or 0 * ({total})", total=total)


def describe(raw: RawIndicator) -> str:
    """What has to exist in Prometheus."""
    return f"for {shown(raw.total)}"


def _summed(text: str, field: str) -> str:
    expression = _TOKENS.sub(_token, text).strip()
    written = f"sum({expression})"
    try:
        # Alone as well, so that its brackets are its own.
        promql_parser.parse(expression)
        parsed = promql_parser.parse(written)
    except ValueError as error:
        raise InvalidSelectorError(
            f'{field}: is not PromQL that gives a vector, the parser says "{str(error)[:120]}"; {_EXAMPLE}'
        ) from None
    problems = [_BYTES] if _BYTE.search(expression) else []

    def visit(node: Any) -> None:
        if (problem := _problem(node)) is not None:
            problems.append(problem)

    promql_parser.walk(parsed, visit)
    if problems:
        raise InvalidSelectorError(f"{field}: {problems[0]}")
    return written


def _token(found: re.Match[str]) -> str:
    """A string between backticks in double quotes, a comment or white space as one space; all else as it is."""
    token = found[0]
    if token.startswith("`"):
        return quote(token[1:-1])
    return token if token[0] in "\"'" else " "


def _problem(node: Any) -> str | None:
    match node:
        case promql_parser.Call() if node.func.name not in _STABLE:
            return f"uses {node.func.name}, which not every Prometheus has; {_EXAMPLE}"
        case promql_parser.AggregateExpr() if str(node.op) not in _STABLE:
            return f"uses {node.op}, which not every Prometheus has; {_EXAMPLE}"
        case promql_parser.BinaryExpr() if node.modifier is not None and "fill" in str(node.modifier):
            return f"uses fill, which not every Prometheus has; {_EXAMPLE}"
        case promql_parser.VectorSelector():
            return selectors.problem(node)
    return None
