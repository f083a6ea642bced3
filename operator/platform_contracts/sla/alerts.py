"""The alerts of one objective, with text that a person can act on at three in the morning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from platform_contracts.rules.text import literal
from platform_contracts.sla import windows
from platform_contracts.sla.burnrate import Severity, Tier, decimal
from platform_contracts.sla.promise import Promise

Alert = dict[str, Any]

# Labels that the operator sets itself; Alertmanager routes and inhibits by them.
RESERVED_LABELS = frozenset(
    {"alertname", "namespace", "sla", "objective", "indicator", "window", "service", "owner", "severity", "tier"}
)
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
# Below this coverage the window's numbers prove nothing.
MIN_COVERAGE = Decimal("0.95")
# How long a source may be silent before somebody is told.
_ABSENT_FOR = "10m"


@dataclass(frozen=True, slots=True)
class Context:
    """What alerts say beside the numbers; all texts are the users' own."""

    service: str
    owner: str
    burn_rate: bool = True
    runbook_url: str | None = None
    feedback_url: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


def label_problems(labels: Mapping[str, str], annotations: Mapping[str, str]) -> list[str]:
    """What is wrong with the labels and annotations that an SLA gives its alerts, a sentence each."""
    problems = [
        f"alerting.labels.{name} is set by the operator; choose another name, such as team"
        for name in sorted(labels)
        if name in RESERVED_LABELS
    ]
    for part, names in (("labels", labels), ("annotations", annotations)):
        problems += [
            f"alerting.{part} has the name {name[:60]!r}; use letters, digits and _, such as cost_center"
            for name in sorted(names)
            if not _usable(name)
        ]
    return problems


def burn(promise: Promise, tier: Tier, short_expression: str | None, context: Context) -> Alert:
    """The alert of one burn-rate tier; `short_expression` where the short window's burn rate is not recorded."""
    factor = decimal(tier.factor)
    short_name = windows.promql(tier.short)
    short = short_expression or promise.series("sla:burn_rate", short_name)
    spent = decimal(tier.budget_percent(promise.window).quantize(Decimal("0.1")))
    lasts = windows.age(promise.window / float(tier.factor))
    burning = [f"{promise.series('sla:burn_rate', tier.window)} > {factor}", f"{short} > {factor}"]
    if promise.min_events:
        events = f"sum_over_time({promise.series('sla:total:rate5m')}[{tier.window}]) * {promise.interval}"
        burning.append(f"{events} >= {promise.min_events}")
    pace = "more often than" if tier.factor == 1 else f"more than {factor} times as often as"
    alert = _alert(
        "SLABurnRate",
        promise,
        context,
        severity=tier.severity,
        tier=tier.name,
        # Without ignoring(window) the sides could never match.
        expression=" and ignoring(window) ".join(f"({part})" for part in burning),
        summary=(
            f"{context.service}: {promise.objective.name} spends its error budget "
            '{{ $value | printf "%.1f" }} times faster than its SLA allows'
        ),
        description=(
            f"Over the last {tier.window}, and still over the last {short_name}, {promise.unit.failed} {pace} a target "
            f"of {promise.objective.target}% over {promise.span} allows. That took at least {spent}% of the "
            f"error budget in {tier.window}; at this pace a whole budget lasts {lasts} or less. "
            f"{_next_step(promise, context)}"
        ),
    )
    alert["annotations"]["budget_spent"] = f"{spent}%"
    if tier.severity is Severity.PAGE:
        # A scrape gap in the middle of an outage would otherwise resolve the alert and fire it again.
        alert["keep_firing_for"] = "5m"
    return alert


def budget_alerts(promise: Promise, context: Context) -> list[Alert]:
    """Budget below 25 %, below 10 %, and spent; at any time at most one of the three fires."""
    errors = promise.series("sla:errors:window", promise.window_name)
    events = promise.series("sla:events:window", promise.window_name)
    needed = 0 if promise.holds else MIN_COVERAGE
    complete = f"{promise.series('sla:coverage:window', promise.window_name)} >= {needed}"

    def spent(share: str) -> str:
        return f"{decimal(promise.budget * Decimal(share))} * {events}"

    def low(percent: int, above: str, up_to: str) -> Alert:
        return _alert(
            "SLABudgetLow",
            promise,
            context,
            severity=Severity.TICKET,
            tier=f"budget{percent}",
            expression=f"({errors} > {spent(above)} <= {spent(up_to)}) and ({complete})",
            summary=f"{context.service}: less than {percent}% of the error budget of {promise.objective.name} is left",
            description=(
                f"More than {decimal(100 * Decimal(above))}% of the {promise.unit.failures} that a target of "
                f"{promise.objective.target}% over {promise.span} allows have happened. Put off risky changes "
                f"until the budget recovers. {_next_step(promise, context)}"
            ),
        )

    breached = _alert(
        "SLABreached",
        promise,
        context,
        severity=Severity.TICKET,
        tier="breached",
        expression=f"({errors} > {spent('1')}) and ({complete})",
        summary=f"{context.service}: SLA breached, {promise.objective.name} is below {promise.objective.target}%",
        description=(
            f"More {promise.unit.failed} over {promise.span} than a target of "
            f"{promise.objective.target}% allows. Tell the consumers, and put reliability first until the budget is "
            f"positive again. {_next_step(promise, context)}"
        ),
    )
    return [low(25, "0.75", "0.9"), low(10, "0.9", "1"), breached]


def source_absent(promise: Promise, context: Context) -> Alert:
    """The rules run, and what they should count is not there."""
    expression = f"{promise.series('sla:objective')} unless {promise.series('sla:total:rate5m')}"
    if promise.first_count is not None:
        expression = f"({expression}) and on() (vector(time()) >= {promise.first_count.timestamp():.0f})"
    alert = _alert(
        "SLASourceAbsent",
        promise,
        context,
        severity=Severity.TICKET,
        tier="absent",
        expression=expression,
        summary=f"{context.service}: nothing is measured for {promise.objective.name}",
        description=(
            f"The selectors of the objective {promise.objective.name} have found no series for {_ABSENT_FOR}. Mere "
            "silence would read as zero, so either the targets are not scraped, or a metric or label was renamed. "
            f"Look at the targets in Prometheus, then at the selectors. {_next_step(promise, context)}"
        ),
    )
    alert["for"] = _ABSENT_FOR
    return alert


def _alert(
    name: str,
    promise: Promise,
    context: Context,
    *,
    severity: Severity,
    tier: str,
    expression: str,
    summary: str,
    description: str,
) -> Alert:
    own_labels = {
        **promise.labels,
        "service": context.service,
        "owner": context.owner,
        "severity": severity.value,
        "tier": tier,
    }
    urls = {"runbook_url": context.runbook_url, "feedback_url": context.feedback_url}
    annotations = {
        "summary": summary,
        "description": description,
        **{key: literal(url) for key, url in urls.items() if url is not None},
        **{key: literal(text) for key, text in context.annotations.items() if _usable(key)},
    }
    theirs = {key: literal(text) for key, text in context.labels.items() if _usable(key) and key not in RESERVED_LABELS}
    labels = theirs | own_labels
    return {"alert": name, "expr": expression, "labels": labels, "annotations": annotations}


def _next_step(promise: Promise, context: Context) -> str:
    runbook = "Follow the runbook, and see" if context.runbook_url else "See"
    return f"{runbook}: kubectl --namespace {promise.id.namespace} describe sla {promise.id.sla}"


def _usable(name: str) -> bool:
    return _LABEL.fullmatch(name) is not None and not name.startswith("__")
