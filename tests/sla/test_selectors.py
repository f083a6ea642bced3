"""Which selectors are taken, what becomes of them, and what a user reads whose selector is not."""

from __future__ import annotations

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_contracts.config import DataSource
from platform_contracts.sla import selectors
from platform_contracts.sla.selectors import InvalidSelectorError, Matcher, Selector

PLAIN = DataSource(url="http://prometheus.example")
TENANT = DataSource(url="http://prometheus.example", namespace_label="namespace")


def parse(text: str, source: DataSource = PLAIN) -> str:
    return str(selectors.parse(text, "spec.objectives[a].indicator.ratio.total", namespace="team-a", source=source))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http_requests_total", "http_requests_total"),
        ("http_requests_total{}", "http_requests_total"),
        ("job:requests:rate5m{a='b'}", 'job:requests:rate5m{a="b"}'),
        ('x { a = "b" , c != "d", }', 'x{a="b",c!="d"}'),
        ('x{code=~"5..", path!~"/a|/b"}', 'x{code=~"5..",path!~"/a|/b"}'),
        ('{__name__="x", a="b"}', 'x{a="b"}'),
        (
            r'x{a="quote \" backslash \\ brace } newline \n"}',
            r'x{a="quote \" backslash \\ brace } newline \U0000000a"}',
        ),
        ('x{a="} or on() vector(1) #"}', 'x{a="} or on() vector(1) #"}'),
        ('x{a="é"}', 'x{a="é"}'),
    ],
)
def test_a_selector_is_written_anew(text: str, expected: str) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("rate(x[5m])", "without functions, ranges or operators"),
        ("x[5m]", "without functions, ranges or operators"),
        ("x + y", "without functions, ranges or operators"),
        ("x or vector(1)", "without functions, ranges or operators"),
        ("(x)", "without functions, ranges or operators"),
        ("sum(x)", "without functions, ranges or operators"),
        ("1", "without functions, ranges or operators"),
        ('"x"', "without functions, ranges or operators"),
        ("x offset 5m", "neither offset nor @"),
        ("x @ 1600000000", "neither offset nor @"),
        ('x{a="b" or c="d"}', 'must not join matchers by "or"'),
        ('{a="b"}', "must name one metric"),
        ('{__name__=~"x|y"}', "must name one metric"),
        ('x{__name__=~"y"}', "is not PromQL"),
        ('{"my.metric"}', "not letters, digits"),
        ('x{"a.b"="c"}', "not a label of letters"),
        ("x{a=`b`}", "double quotes"),
        ("x{", "is not PromQL"),
        ("", "is not PromQL"),
        ("x} or vector(1) # {", "is not PromQL"),
        (r'x{a=~"("}', "is not PromQL"),
        # Patterns that the parser's regular expressions know and Prometheus' do not.
        (r'x{a=~"(?x)b"}', "RE2"),
        (r'x{a=~"b{1001}"}', "RE2"),
    ],
)
def test_what_is_no_selector_is_told_with_the_field_and_an_example(text: str, hint: str) -> None:
    with pytest.raises(InvalidSelectorError) as caught:
        parse(text)
    message = str(caught.value)
    assert message.startswith("spec.objectives[a].indicator.ratio.total: ")
    assert hint in message
    assert "such as" in message
    assert len(message) < 512


def test_tenancy_adds_the_sla_s_namespace() -> None:
    assert parse("x", TENANT) == 'x{namespace="team-a"}'
    assert parse('x{a="b"}', TENANT) == 'x{a="b",namespace="team-a"}'
    assert parse('x{namespace="team-a"}', TENANT) == 'x{namespace="team-a"}'


@pytest.mark.parametrize("matcher", ['namespace=~".*"', 'namespace!="x"', 'namespace=~"team-b|team-a"'])
def test_tenancy_cannot_be_widened(matcher: str) -> None:
    assert parse(f"x{{{matcher}}}", TENANT) == f'x{{{matcher},namespace="team-a"}}'


def test_another_namespace_is_refused_in_words() -> None:
    with pytest.raises(InvalidSelectorError, match='leave the label out or write namespace="team-a"'):
        parse('x{namespace="team-b"}', TENANT)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60))
def test_quoted_text_reads_back_as_itself(text: str) -> None:
    parsed = promql_parser.parse(str(Selector("x", (Matcher("a", "=", text),))))
    assert isinstance(parsed, promql_parser.VectorSelector)
    assert [matcher.value for matcher in parsed.matchers.matchers] == [text]


@given(st.text(st.sampled_from("abx_:{}()[]\"'`\\=~!,.*|+-@#$ \n5m"), max_size=40))
def test_no_text_crashes_the_parser(text: str) -> None:
    try:
        once = parse(text, TENANT)
    except InvalidSelectorError:
        return
    assert parse(once, TENANT) == once, "what is taken is a selector, and stays the same one"
    assert 'namespace="team-a"' in once
