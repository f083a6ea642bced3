"""A user's vector selectors: parsed, bounded to what a selector may be, and written anew with our own escaping."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

import promql_parser
import re2  # type: ignore[import-untyped]

from platform_contracts.config import DataSource
from platform_contracts.rules.text import quote

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
# Pairs, because the parser's enumeration cannot be hashed.
_OPERATORS = (
    (promql_parser.MatchOp.Equal, "="),
    (promql_parser.MatchOp.NotEqual, "!="),
    (promql_parser.MatchOp.Re, "=~"),
    (promql_parser.MatchOp.NotRe, "!~"),
)
_EXAMPLE = 'write a metric with label matchers, such as http_requests_total{job="payments"}'
_REGEX_OPTIONS = re2.Options()
_REGEX_OPTIONS.log_errors = False


class InvalidSelectorError(ValueError):
    """A selector that cannot be used; the text says why and shows a valid one. `reason` is a condition's."""

    reason = "InvalidSelector"


@dataclass(frozen=True, slots=True)
class Matcher:
    """One label matcher; `op` is =, !=, =~ or !~."""

    label: str
    op: str
    value: str

    def __str__(self) -> str:
        return f"{self.label}{self.op}{quote(self.value)}"


@dataclass(frozen=True, slots=True)
class Selector:
    """An instant vector selector of one metric."""

    name: str
    matchers: tuple[Matcher, ...] = ()

    def __str__(self) -> str:
        if not self.matchers:
            return self.name
        return f"{self.name}{{{','.join(map(str, self.matchers))}}}"

    def where(self, *matchers: Matcher) -> Selector:
        """The selector with more matchers."""
        return replace(self, matchers=self.matchers + matchers)

    def suffixed(self, suffix: str) -> Selector:
        """The same matchers on another series of a histogram."""
        return replace(self, name=self.name + suffix)


def parse(text: str, field: str, *, namespace: str, source: DataSource) -> Selector:
    """The user's selector, bounded to `namespace` where the data source's tenancy asks for it.

    Raises InvalidSelectorError with a message that begins with `field`.
    """
    try:
        selector = _selector(text)
        if source.namespace_label is None:
            return selector
        return _in_namespace(selector, source.namespace_label, namespace)
    except InvalidSelectorError as error:
        raise InvalidSelectorError(f"{field}: {error}") from None


@lru_cache(maxsize=4096)
def _selector(text: str) -> Selector:
    if "`" in text:
        raise InvalidSelectorError(f"label values stand in double quotes, not in backticks: {_EXAMPLE}")
    try:
        parsed = promql_parser.parse(text)
    except ValueError as error:
        raise InvalidSelectorError(f'is not PromQL, the parser says "{str(error)[:120]}"; {_EXAMPLE}') from None
    if not isinstance(parsed, promql_parser.VectorSelector):
        raise InvalidSelectorError(f"must be a selector without functions, ranges or operators; {_EXAMPLE}")
    if parsed.offset is not None or parsed.at is not None:
        raise InvalidSelectorError(f"must have neither offset nor @, the window is the SLA's; {_EXAMPLE}")
    if parsed.matchers.or_matchers:
        raise InvalidSelectorError(f'must not join matchers by "or", use a regular expression; {_EXAMPLE}')
    matchers = tuple(Matcher(found.name, _operator(found.op), found.value) for found in parsed.matchers.matchers)
    name = parsed.name
    if name is None:
        named = [matcher for matcher in matchers if matcher.label == "__name__"]
        if [matcher.op for matcher in named] != ["="]:
            raise InvalidSelectorError(f"must name one metric; {_EXAMPLE}")
        name = named[0].value
        matchers = tuple(matcher for matcher in matchers if matcher.label != "__name__")
    _check(name, matchers)
    return Selector(name, matchers)


def problem(parsed: promql_parser.VectorSelector) -> str | None:
    """What Prometheus would refuse in a selector within a larger expression."""
    if parsed.matchers.or_matchers:
        return f'must not join matchers by "or", use a regular expression; {_EXAMPLE}'
    try:
        for found in parsed.matchers.matchers:
            if found.name == "__name__":
                continue
            _check(parsed.name or "any", (Matcher(found.name, _operator(found.op), found.value),))
    except InvalidSelectorError as error:
        return str(error)
    return None


def _operator(op: promql_parser.MatchOp) -> str:
    return next(text for member, text in _OPERATORS if member == op)


def _check(name: str, matchers: tuple[Matcher, ...]) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidSelectorError(f"names the metric {name[:60]!r}, which is not letters, digits, _ and :; {_EXAMPLE}")
    for matcher in matchers:
        if not _LABEL.fullmatch(matcher.label) or matcher.label == "__name__":
            raise InvalidSelectorError(
                f"has a matcher on {matcher.label[:60]!r}, which is not a label of letters, digits and _; {_EXAMPLE}"
            )
        if matcher.op in ("=~", "!~"):
            _check_regex(matcher)


def _check_regex(matcher: Matcher) -> None:
    """The parser knows more than RE2 does, and Prometheus refuses a whole rule file for one pattern that is not RE2."""
    try:
        re2.compile(matcher.value, _REGEX_OPTIONS)
    except re2.error:
        raise InvalidSelectorError(
            f"label {matcher.label} has a regular expression that Prometheus (RE2) refuses; "
            'write one such as code=~"5.."'
        ) from None


def _in_namespace(selector: Selector, label: str, namespace: str) -> Selector:
    own = Matcher(label, "=", namespace)
    for matcher in selector.matchers:
        if matcher.label == label and matcher.op == "=" and matcher != own:
            raise InvalidSelectorError(
                f"reads {label}={quote(matcher.value)}, but this data source gives each namespace its own series only; "
                f"leave the label out or write {own}"
            )
    if own in selector.matchers:
        return selector
    return selector.where(own)
