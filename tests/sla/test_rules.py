"""The shape of rendered rules: names, labels, decimals, and what `promtool check rules --lint=all` says."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.promtool import Promtool
from platform_contracts.config import DataSource
from platform_contracts.rules.objects import rule_file
from platform_contracts.rules.text import quote
from platform_contracts.sla import selectors
from platform_contracts.sla.alerts import Context
from platform_contracts.sla.indicators import latency
from tests.sla import world
from tests.sla.rule_file_tests import run, something

WINDOWS = ["1h", "2h", "7h", "8h", "12h", "1d", "2d", "4d", "5d", "7d", "10d", "28d", "4w", "30d", "90d", "365d"]
TARGETS = ["10", "50", "90", "95.5", "99", "99.9", "99.99", "99.999999999"]
INDICATORS = [world.BY_ERRORS, world.BY_GOOD, world.LATENCY, world.NATIVE, world.PROBE]


def rules_of(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [rule for group in groups for rule in group["rules"]]


def test_every_window_target_and_indicator_passes_all_lints(promtool: Promtool, tmp_path: Path) -> None:
    files = []
    for window, scrape in itertools.product(WINDOWS, (15, 600)):
        objectives = [
            world.objective(f"o{number}", target, indicator)
            for number, (target, indicator) in enumerate(itertools.product(TARGETS, INDICATORS))
        ]
        source = DataSource(url="http://prometheus.example", scrape_interval_seconds=scrape)
        for part in range(0, len(objectives), 20):
            spec = world.sla_spec(*objectives[part : part + 20], window=window)
            file = tmp_path / f"{window}-{scrape}-{part}.yaml"
            file.write_text(rule_file(world.groups(spec, source=source)))
            files.append(file)
    promtool.check_rules(*files)


def test_every_budgeting_passes_all_lints(promtool: Promtool, tmp_path: Path) -> None:
    slices = [
        world.timeslices(seconds=seconds, noTraffic=policy)
        for seconds, policy in itertools.product((60, 120, 180, 240, 300), ("Good", "Bad", "Exclude"))
    ]
    gauges = [world.THROUGHPUT, world.SATURATION, world.FRESHNESS]
    source = DataSource(url="http://prometheus.example", scrape_interval_seconds=15, allow_raw_indicators=True)
    specs = [
        *(
            world.sla_spec(
                *(world.objective(f"o{number}", "99", one, **fields) for number, fields in enumerate(slices))
            )
            for one in (*INDICATORS, world.RAW)
        ),
        world.sla_spec(
            *(world.objective(f"o{number}", "99", one) for number, one in enumerate(gauges)),
            *(
                world.objective(f"s{number}", "99", one, **world.timeslices("90", seconds=300, noTraffic="Bad"))
                for number, one in enumerate(gauges)
            ),
            world.objective("raw", "99", world.RAW),
            world.objective("few", "99", minEvents=100),
        ),
    ]
    files = []
    for number, spec in enumerate(specs):
        file = tmp_path / f"{number}.yaml"
        file.write_text(rule_file(world.groups(spec, source=source)))
        files.append(file)
    promtool.check_rules(*files)


@pytest.mark.parametrize("window", WINDOWS)
def test_at_most_fifteen_series_are_recorded_for_an_objective(window: str) -> None:
    records = [rule for rule in rules_of(world.groups(world.sla_spec(window=window))) if "record" in rule]
    assert len(records) <= 15


def test_the_layout_of_thirty_days() -> None:
    found = {
        group["name"].rsplit("/", 1)[1]: (
            group["interval"],
            [rule["record"] for rule in group["rules"] if "record" in rule],
        )
        for group in world.groups()
    }
    assert found == {
        "base": ("1m", ["sla:errors:rate5m", "sla:total:rate5m", "sla:objective", *["sla:burn_rate"] * 5]),
        "middle": ("2m", ["sla:burn_rate"] * 2),
        "window": (
            "5m",
            ["sla:errors:sum5m", "sla:total:sum5m", "sla:errors:window", "sla:events:window", "sla:coverage:window"],
        ),
    }


def test_every_rule_says_whose_it_is() -> None:
    for rule in rules_of(world.groups()):
        labels = rule["labels"]
        assert (labels["namespace"], labels["sla"], labels["objective"]) == ("platform", "payments", "availability")
        assert re.fullmatch("[0-9a-f]{10}", labels["indicator"])
    identities = [
        (rule.get("record") or rule["alert"], tuple(sorted(rule["labels"].items())))
        for rule in rules_of(world.groups())
    ]
    assert len(set(identities)) == len(identities)


def test_a_tenant_s_rules_say_so_too() -> None:
    source = DataSource(url="http://prometheus.example", namespace_label="tenant")
    groups = world.groups(source=source)
    assert all(rule["labels"]["tenant"] == "platform" for rule in rules_of(groups))
    assert 'http_requests_total{job="payments",tenant="platform"}' in groups[0]["rules"][1]["expr"]


def test_factors_and_budgets_are_printed_as_exact_decimals() -> None:
    text = rule_file(world.groups())
    assert "> 14.4)" in text
    assert "/ 0.001" in text
    assert "vector(0.999)" in text
    assert not re.search(r"\d\.\d*(0000000|9999999)\d", text), "no binary fractions"
    assert "[0s]" not in text
    strict = rule_file(world.groups(world.sla_spec(world.objective(target="99.999999999"))))
    assert "/ 0.00000000001" in strict
    assert not re.search(r"\d[eE]-\d", strict), "no exponents"


def test_a_series_goes_on_for_the_same_indicator_and_starts_anew_for_another() -> None:
    def identity(spec: dict[str, Any], **metadata: Any) -> str:
        return str(world.groups(spec, **metadata)[0]["rules"][0]["labels"]["indicator"])

    before = identity(world.sla_spec())
    assert identity(world.sla_spec(), uid="another", created=world.NOW) == before, "a re-created SLA"
    assert identity(world.sla_spec(world.objective(target="99"), window="7d")) == before, "another promise"
    assert identity(world.sla_spec(world.objective(indicator=world.BY_GOOD))) != before
    assert identity(world.sla_spec(effective={"fromTime": "2026-11-01T00:00:00Z"})) != before


def test_other_slices_start_anew_too() -> None:
    def identity(**fields: Any) -> str:
        spec = world.sla_spec(world.objective(**fields))
        return str(world.groups(spec)[0]["rules"][0]["labels"]["indicator"])

    slices = [
        {},
        world.timeslices("95"),
        world.timeslices("90"),
        world.timeslices("95", seconds=300),
        world.timeslices("95", noTraffic="Bad"),
        world.timeslices("95") | {"missingData": "Bad"},
        world.timeslices("95") | {"minEvents": 10},
    ]
    assert len({identity(**fields) for fields in slices}) == len(slices)
    assert identity(minEvents=10) == identity(missingData="Hold") == identity(), "the same events are counted"


def test_rules_that_people_read_at_three_in_the_morning() -> None:
    context = Context(
        service="payments",
        owner="team-payments",
        runbook_url="https://runbooks.example.com/payments",
        dashboard_url="https://dashboards.example.com/payments/now",
        feedback_url="https://feedback.example.com/payments",
        labels={"channel": "payments"},
        annotations={"dashboard": "https://dashboards.example.com/payments"},
    )
    alerts = [rule for rule in rules_of(world.groups(context=context)) if "alert" in rule]
    assert len(alerts) == 10
    for alert in alerts:
        labels, annotations = alert["labels"], alert["annotations"]
        assert labels["service"] == "payments"
        assert labels["owner"] == "team-payments"
        assert labels["severity"] in ("page", "ticket")
        assert labels["channel"] == "payments"
        assert annotations["runbook_url"] == "https://runbooks.example.com/payments"
        assert annotations["feedback_url"] == "https://feedback.example.com/payments"
        assert annotations["dashboard"] == "https://dashboards.example.com/payments"
        assert annotations["dashboard_url"] == "https://dashboards.example.com/payments/now"
        assert annotations["summary"].startswith("payments: ")
        assert annotations["description"].endswith(
            ". Next, follow the runbook (runbook_url), look at the dashboard (dashboard_url), and see kubectl "
            "--namespace platform describe sla payments"
        )
    page = alerts[0]
    assert page["annotations"]["budget_spent"] == "2%"
    assert page["keep_firing_for"] == "5m"
    assert page["annotations"]["description"].startswith(
        "More than 1.44% of events failed over the last 1h, and still over the last 5m; a target of 99.9% over 30d "
        "allows 0.1%. That took at least 2% of the error budget in 1h, and at this pace a whole budget lasts 2d or "
        "less. Next,"
    )
    assert [alert["labels"]["severity"] for alert in alerts].count("page") == 2


def test_a_user_s_labels_never_replace_ours() -> None:
    context = Context(service="payments", owner="payments", labels={"severity": "none", "objective": "other"})
    alert = next(rule for rule in rules_of(world.groups(context=context)) if "alert" in rule)
    assert alert["labels"]["severity"] == "page"
    assert alert["labels"]["objective"] == "availability"


TEXT = st.text(
    st.one_of(st.sampled_from("\"\\{}`$'#\n\t,=~!|"), st.characters(codec="utf-8", exclude_categories=["Cs"])),
    max_size=30,
)


@given(TEXT)
def test_any_text_survives_the_rule_file(text: str) -> None:
    group = {
        "name": text,
        "interval": "1m",
        "limit": 500,
        "rules": [{"alert": "A", "expr": text, "labels": {"name": text}}],
    }
    assert yaml.safe_load(rule_file([group])) == {"groups": [group]}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(TEXT, min_size=20, max_size=20), texts=st.lists(TEXT, min_size=20, max_size=20))
def test_no_text_of_a_user_breaks_the_rules(
    promtool: Promtool, tmp_path: Path, values: list[str], texts: list[str]
) -> None:
    """Label values and annotations with quotes, backslashes, braces and templates: always rules, never other ones."""
    groups = []
    for number, (value, text) in enumerate(zip(values, texts, strict=True)):
        written = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("`", "'")
        indicator = {"ratio": {"total": f'requests_total{{path="{written}"}}', "errors": "errors_total"}}
        context = Context(service="payments", owner="payments", labels={"note": text}, annotations={"note": text})
        spec = world.sla_spec(world.objective(f"o{number}", indicator=indicator))
        made = world.groups(spec, context=context)
        for rule in rules_of(made):
            promql_parser.parse(rule["expr"])
        parsed = promql_parser.parse(made[0]["rules"][1]["expr"])
        found: list[str] = []

        def visit(node: Any, found: list[str] = found) -> None:
            if isinstance(node, promql_parser.VectorSelector):
                found.extend(matcher.value for matcher in node.matchers.matchers)

        promql_parser.walk(parsed, visit)
        assert found == [value.replace("`", "'")]
        groups += made
    file = tmp_path / "rules.yaml"
    file.write_text(rule_file(groups))
    promtool.check_rules(file)


# Pieces of regular expressions: what RE2 has, what only other dialects have, and what is broken.
REGEX_PIECES = (
    r"a . * + ? ( ) (?: (?i) (?P<n> (?<m> [ [^ [:alpha:] [[:alpha:]] ] - { } {2,3} {1000} {,3} | ^ $ && ~~ -- (?s (?U) "
    r"(?R) (?-i: é # / \\d \\pL \\p{Greek} \\p{Script=Greek} \\x{10FFFF} \\u0041 \\Q \\E \\b \\z \\A \\C \\< "
    r"\\b{start} \\h \\K \\1 \\077 \\a \\_"
)
PATTERNS = st.lists(st.sampled_from(REGEX_PIECES.split()), min_size=1, max_size=6).map("".join)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PATTERNS, min_size=200, max_size=200))
def test_prometheus_takes_every_pattern_that_we_take(promtool: Promtool, tmp_path: Path, patterns: list[str]) -> None:
    """One refused pattern would take the whole rule file down with it."""
    rules = []
    for pattern in patterns:
        text = f'x{{a=~"{pattern}"}}'
        try:
            selector = selectors.parse(text, "field", namespace="platform", source=world.SOURCE)
        except selectors.InvalidSelectorError:
            continue
        rules.append({"record": f"r{len(rules)}", "expr": str(selector)})
    file = tmp_path / "rules.yaml"
    file.write_text(rule_file([{"name": "patterns", "interval": "1m", "rules": rules}]))
    promtool("check", "rules", file)


# What users write, in alerts


NASTY = '{{ query "up" | first | value }} {{id}} $value \\ %s'


@pytest.mark.parametrize(
    "indicator",
    [
        {"ratio": {"total": world.TOTAL, "good": 'http_requests_total{path="/users/{{id}}"}'}},
        {"latency": {"histogram": 'http_request_duration_seconds{path="/users/{{id}}"}', "thresholdSeconds": "0.3"}},
        {"probe": {"metric": 'probe_success{path="/users/{{id}}"}'}},
        {"threshold": {"metric": 'load{path="/users/{{id}}"}', "operator": "AtMost", "value": "0.8"}},
    ],
    ids=lambda indicator: next(iter(indicator)),
)
def test_a_user_s_text_stays_text_in_every_alert(indicator: dict[str, Any], promtool: Promtool, tmp_path: Path) -> None:
    """A template would be PromQL of its author; one that cannot be parsed keeps Prometheus from loading any rule."""
    link = "https://runbooks.example.com/{{id}}"
    context = Context(
        service="payments",
        owner=NASTY,
        runbook_url=link,
        dashboard_url=link,
        feedback_url=link,
        labels={"cost_centre": NASTY},
        annotations={"chat": NASTY},
    )
    groups = world.groups(world.sla_spec(world.objective(indicator=indicator)), context=context)
    file = tmp_path / "rules.yaml"
    file.write_text(rule_file(groups))
    promtool.check_rules(file)
    # The objective is there and what it counts is not.
    firing = (
        f'ALERTS{{alertname="SLASourceAbsent",alertstate="firing",owner={quote(NASTY)},cost_centre={quote(NASTY)}}}'
    )
    run(promtool, tmp_path, groups, {}, [something(firing, "30m")])
    templates = [text for group in groups for rule in group["rules"] for text in rule.get("annotations", {}).values()]
    assert not [text for text in templates if "{{id}}" in text]


@pytest.mark.parametrize(
    ("threshold", "written"),
    [
        ("0.3", ["0.3"]),
        ("1", ["1", "1.0"]),
        ("250000", ["250000", "250000.0"]),
        ("1000000", ["1000000", "1000000.0", "1e+06"]),
        ("1500000", ["1500000", "1500000.0", "1.5e+06"]),
    ],
)
def test_a_bucket_is_found_however_its_bound_is_written(threshold: str, written: list[str]) -> None:
    """Go writes a large one with an exponent, and so does Prometheus when it has read it."""
    pattern = latency.bucket_pattern(threshold)
    assert all(re.fullmatch(pattern, text) for text in written)
    assert not re.fullmatch(pattern, f"{threshold}5")


@pytest.mark.parametrize(
    ("indicator", "written"),
    [
        ({"threshold": {"metric": "load", "operator": "AtMost", "value": "0750"}}, "> 750)"),
        ({"threshold": {"metric": "load", "operator": "AtLeast", "value": "-010.50"}}, "< -10.5)"),
        (
            {"latency": {"histogram": "seconds", "thresholdSeconds": "010", "native": True}},
            "histogram_fraction(-Inf, 10,",
        ),
    ],
    ids=["above", "below", "native"],
)
def test_a_leading_zero_makes_no_number_octal(indicator: dict[str, Any], written: str) -> None:
    groups = world.groups(world.sla_spec(world.objective(indicator=indicator)))
    (errors,) = [
        rule["expr"] for group in groups for rule in group["rules"] if rule.get("record") == "sla:errors:rate5m"
    ]
    assert written in errors
