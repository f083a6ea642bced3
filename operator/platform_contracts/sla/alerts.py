"""The alerts of one objective, with text that a person can act on at three in the morning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from platform_contracts.api.alerting import RESERVED_ALERT_LABELS
from platform_contracts.rules.text import literal
from platform_contracts.sla import calendar_rules, windows
from platform_contracts.sla.burnrate import Severity, Tier, decimal, shown
from platform_contracts.sla.counted import series as counted
from platform_contracts.sla.periods import Period
from platform_contracts.sla.promise import Promise

Alert = dict[str, Any]

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
# Below this coverage the window's numbers prove nothing.
MIN_COVERAGE = Decimal("0.95")
# A breach is near when what is left of the budget lasts less than the window divided by this.
_SOON = 10
# And it is early until the window divided by this has passed.
_EARLY = 20


@dataclass(frozen=True, slots=True)
class Context:
    """What alerts say beside the numbers; all texts are the users' own."""

    service: str
    owner: str
    burn_rate: bool = True
    runbook_url: str | None = None
    dashboard_url: str | None = None
    feedback_url: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


def label_problems(labels: Mapping[str, str], annotations: Mapping[str, str]) -> list[str]:
    """What is wrong with the labels and annotations that an SLA gives its alerts, a sentence each."""
    problems = [
        f"alerting.labels.{name} is set by the operator; choose another name, such as team"
        for name in sorted(labels)
        if name in RESERVED_ALERT_LABELS
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
    spent = shown(tier.budget_percent(promise.window), 2, ROUND_FLOOR)
    lasts = windows.age(promise.window / float(tier.factor))
    burning = [f"{promise.series('sla:burn_rate', tier.window)} > {factor}", f"{short} > {factor}"]
    if promise.min_events:
        events = f"sum_over_time({promise.series('sla:total:rate5m')}[{tier.window}]) * {promise.interval}"
        burning.append(f"{events} >= {promise.min_events}")
    allowed = 100 * promise.budget
    made = alert(
        "SLABurnRate",
        promise,
        context,
        severity=tier.severity,
        tier=tier.name,
        # Without ignoring(window) the sides could never match.
        expression=" and ignoring(window) ".join(f"({part})" for part in burning),
        summary=(
            f"{context.service}: {promise.objective.name} spent its error budget "
            f'{{{{ $value | printf "%.1f" }}}} times faster than its SLA allows over the last {tier.window}'
        ),
        description=(
            f"More than {shown(allowed * tier.factor, 3)}% of {promise.words.failed} over the last "
            f"{tier.window}, and still over the last {short_name}; a target of {promise.objective.target}% over "
            f"{promise.span} allows {decimal(allowed)}%. That took at least {spent}% of the error budget in "
            f"{tier.window}, and at this pace a whole budget lasts {lasts} or less. {next_step(promise, context)}"
        ),
    )
    made["annotations"]["budget_spent"] = f"{spent}%"
    if tier.severity is Severity.PAGE:
        # A scrape gap in the middle of an outage would otherwise resolve the alert and fire it again.
        made["keep_firing_for"] = "5m"
    return made


def budget_alerts(promise: Promise, context: Context) -> list[Alert]:
    """Budget below 25 %, below 10 %, and spent; at any time at most one of the three fires."""
    errors, events = _errors(promise), _budgeted(promise)
    # What is spent of a budget that is known beforehand is spent, however early.
    certain = _enough(promise) if promise.foresees else f"{_enough(promise)} and on() ({_begun(promise)})"

    def spent(share: str) -> str:
        return f"{decimal(promise.budget * Decimal(share))} * {events}"

    def low(percent: int, above: str, up_to: str) -> Alert:
        return alert(
            "SLABudgetLow",
            promise,
            context,
            severity=Severity.TICKET,
            tier=f"budget{percent}",
            expression=f"({errors} > {spent(above)} <= {spent(up_to)}) and ({certain})",
            summary=f"{context.service}: less than {percent}% of the error budget of {promise.objective.name} is left",
            description=(
                f"More than {decimal(100 * Decimal(above))}% of the {promise.words.failures} that a target of "
                f"{promise.objective.target}% over {promise.span} allows have happened. "
                f"{_sentence(promise.words.spare)} until the budget recovers. {next_step(promise, context)}"
            ),
        )

    breached = alert(
        "SLABreached",
        promise,
        context,
        severity=Severity.TICKET,
        tier="breached",
        expression=f"({errors} > {spent('1')}) and ({certain})",
        summary=f"{context.service}: SLA breached, {promise.objective.name} is below {promise.objective.target}%",
        description=(
            f"More {promise.words.failed} over {promise.span} than a target of "
            f"{promise.objective.target}% allows. Tell the consumers, and {promise.words.first} until the budget is "
            f"positive again. {next_step(promise, context)}"
        ),
    )
    return [low(25, "0.75", "0.9"), low(10, "0.9", "1"), breached]


def _budgeted(promise: Promise) -> str:
    """What the error budget is a share of: what was counted, and the time that a calendar period has left."""
    if promise.calendar is not None and promise.foresees:
        return f"({calendar_rules.budgeted(promise, promise.calendar)})"
    return _events(promise)


def _errors(promise: Promise) -> str:
    if promise.objective.indicator.counted:
        return counted.of(counted.ERRORS, promise.id)
    return promise.series("sla:errors:window", promise.window_name)


def _events(promise: Promise) -> str:
    if promise.objective.indicator.counted:
        return counted.of(counted.EVENTS, promise.id)
    return promise.series("sla:events:window", promise.window_name)


def projected(promise: Promise, context: Context) -> Alert:
    """The budget is not spent yet, and at the pace of the last hours it soon will be.

    Of a rolling window's budget a share r is left, which a burn rate B spends in r W / B: soon is a tenth of W. In a
    calendar period, of which a share e has passed, it is spent at the end where (1 - r) e + B (1 - e) > 1.
    """
    errors, events = (promise.series(f"sla:{name}:window", promise.window_name) for name in ("errors", "events"))
    allowed = f"{decimal(promise.budget)} * {events}"
    if promise.calendar is None:
        threshold, soon = f"clamp_min({_SOON} * (1 - {errors} / ({allowed})), 1)", windows.age(promise.window / _SOON)
        when = f"within {soon}"
    else:
        threshold = calendar_rules.by_period(
            promise.calendar, lambda period: _last_pace(promise, period, f"{errors} / ({allowed})")
        )
        when = f"before {promise.span} ends"
    others = " and ignoring(window, sla_period) "
    certain = f"{_enough(promise)} and on() ({_begun(promise)})"
    made = alert(
        "SLABreachProjected",
        promise,
        context,
        severity=Severity.TICKET,
        tier="projected",
        expression=(
            f"({promise.series('sla:burn_rate', promise.outlook)} > ignoring(window, sla_period) ({threshold}))"
            f"{others}({errors} < {decimal(promise.budget)} * {_budgeted(promise)}){others}({certain})"
        ),
        summary=f"{context.service}: {promise.objective.name} is about to breach its SLA",
        description=(
            f"It goes on as over the last {promise.outlook}, and at this pace what is left of the error budget is "
            f"spent {when}: then {promise.objective.name} is below {promise.objective.target}% over {promise.span}. "
            f"Find what has been failing since then, and put off risky changes. {next_step(promise, context)}"
        ),
    )
    made["for"] = "15m"
    return made


def _last_pace(promise: Promise, period: Period, spent: str) -> str:
    """The burn rate at which the budget lasts exactly to the end of a period."""
    start, length = _counted(promise, period)
    passed = f"((time() - {start:.0f}) / {length:.0f})"
    return f"(1 - {spent} * {passed}) / (1 - {passed})"


def _enough(promise: Promise) -> str:
    """That enough was measured of the window, and of the events that the objective asks for, to speak of a budget."""
    if promise.objective.indicator.counted:
        return f"{_events(promise)} >= {max(promise.min_events, 1)}"
    needed = 0 if promise.holds else MIN_COVERAGE
    enough = f"{promise.series('sla:coverage:window', promise.window_name)} >= {needed}"
    if promise.min_events:
        enough += f" and {_events(promise)} >= {promise.min_events}"
    return enough


def _begun(promise: Promise) -> str:
    """That a twentieth of the window has passed: before that a single failure is more than the budget to date."""
    if promise.calendar is None:
        return f"vector(time()) > {promise.start.timestamp() + promise.window / _EARLY:.0f}"

    def begun(period: Period) -> str:
        start, length = _counted(promise, period)
        return f"vector(time()) > {start + length / _EARLY:.0f}"

    return calendar_rules.by_period(promise.calendar, begun)


def _counted(promise: Promise, period: Period) -> tuple[float, float]:
    """From which epoch second on a period counts, and for how many seconds."""
    start = max(promise.start, period.start)
    return start.timestamp(), max((period.end - start).total_seconds(), 1)


def alert(
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
        "owner": literal(context.owner),
        "severity": severity.value,
        "tier": tier,
    }
    urls = {
        "runbook_url": context.runbook_url,
        "dashboard_url": context.dashboard_url,
        "feedback_url": context.feedback_url,
    }
    annotations = {
        "summary": summary,
        "description": description,
        **{key: literal(url) for key, url in urls.items() if url is not None},
        **{key: literal(text) for key, text in context.annotations.items() if _usable(key)},
    }
    theirs = {
        key: literal(text) for key, text in context.labels.items() if _usable(key) and key not in RESERVED_ALERT_LABELS
    }
    labels = theirs | own_labels
    return {"alert": name, "expr": expression, "labels": labels, "annotations": annotations}


def next_step(promise: Promise, context: Context) -> str:
    """Where to go from here, as the last sentence of a description."""
    ways = [
        *(["follow the runbook (runbook_url)"] if context.runbook_url else []),
        *(["look at the dashboard (dashboard_url)"] if context.dashboard_url else []),
        f"see kubectl --namespace {promise.id.namespace} describe sla {promise.id.sla}",
    ]
    text = ", and ".join([", ".join(ways[:-1]), ways[-1]]) if ways[:-1] else ways[-1]
    return f"Next, {text}"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _usable(name: str) -> bool:
    return _LABEL.fullmatch(name) is not None and not name.startswith("__")
