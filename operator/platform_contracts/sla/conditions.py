"""The conditions of an SLA: what is so, why, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from platform_contracts.kube import conditions
from platform_contracts.kube.conditions import Condition
from platform_contracts.kube.kinds import PROMETHEUS_RULE
from platform_contracts.kube.objects import Object, format_time, labels
from platform_contracts.sla import consumer_rules, indicators, view, windows
from platform_contracts.sla.budget import Evaluation, Gap, State
from platform_contracts.sla.problems import Problem
from platform_contracts.sla.readback import Unavailable

# The reason of DataFresh while objects cannot tell what is counted of them.
OBJECTS_UNREAD = "ObjectsUnread"
# So many names are told in one message; the rest is counted.
_MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class RuleRef:
    """Where the rules are, as `status.rules` has it, and the object's labels."""

    kind: str
    namespace: str
    name: str
    labels: Mapping[str, str]

    @classmethod
    def of(cls, obj: Object) -> RuleRef:
        """The reference of a rule object."""
        metadata = obj["metadata"]
        return cls(obj["kind"], metadata["namespace"], metadata["name"], labels(obj))

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


def summary(problems: Sequence[Problem], rules: RuleRef | None, objectives: int) -> list[Condition]:
    """Ready, Reconciling and Stalled. The data say nothing here: an SLA is Ready when its rules are written."""
    if problems:
        message = " ".join(problem.message for problem in problems)
        stalled = (problems[0].reason, message)
        return conditions.summarise(stalled=stalled, ready=stalled)
    noun = "objective" if objectives == 1 else "objectives"
    return conditions.summarise(ready=("RulesWritten", f"The rules of {objectives} {noun} are in {rules}."))


def away(source: str, unavailable: Unavailable) -> Condition:
    """DataFresh while the data source of that name cannot be read."""
    return Condition(
        "DataFresh",
        False,
        unavailable.reason,
        f"Data source {source}: {unavailable.message.rstrip('.')}, since {format_time(unavailable.since)}; the numbers "
        "shown are the last good ones, and measuring goes on by itself as soon as it answers.",
    )


def fresh(stale: Sequence[str]) -> Condition:
    """DataFresh while the data source answers; `stale` names the objectives of which it has no recent numbers."""
    if stale:
        return Condition(
            "DataFresh",
            False,
            "StaleData",
            f"Prometheus has no recent window of {_names(stale)}; the numbers shown are the last good ones. "
            "Look whether Prometheus still evaluates the rules.",
        )
    return Condition(
        "DataFresh",
        True,
        "DataSourceAnswers",
        "The data source answers; each objective's evaluatedTime says how recent its numbers are.",
    )


def counted() -> Condition:
    """DataFresh where no data source is asked for anything."""
    return Condition(
        "DataFresh",
        True,
        "Counted",
        "All of it is counted from objects in the cluster, with each change and without a data source.",
    )


def unread(refused: Sequence[str]) -> Condition:
    """DataFresh while the statuses of objects cannot be written by which something is counted."""
    more = f", and {len(refused) - 1} more" if len(refused) > 1 else ""
    return Condition(
        "DataFresh",
        False,
        OBJECTS_UNREAD,
        "What is counted from objects stays as it is, and no report of it is written, because the API server refuses "
        f"the status of {refused[0]}{more}. Correct the object, or change the policy that refuses it; the operator "
        "goes on trying, and counts it by itself.",
    )


def unreported(periods: Sequence[str], problem: str) -> Condition:
    """DataFresh while the data source answers, but not for the counts of these closed periods."""
    return Condition(
        "DataFresh",
        False,
        "ReportsWait",
        f"The report of {_names(periods)} waits, because its counts cannot be read: {problem.rstrip('.')}; it is "
        "written by itself as soon as they can, so make the data source answer, perhaps by a longer timeoutSeconds.",
    )


# The gaps in the order in which they are told, with the condition's status. Rules that are not loaded come first: an
# alert goes by that, and an objective that is wrong is told by Stalled, too.
_GAPS: tuple[tuple[Gap, bool | None], ...] = (
    (Gap.RULES_NOT_LOADED, False),
    (Gap.NOT_MEASURED, False),
    (Gap.NO_DATA, False),
    (Gap.PART_ABSENT, False),
    (Gap.INCOMPLETE, False),
    (Gap.AWAITING_DATA, None),
    (Gap.NOT_IN_EFFECT, None),
    (Gap.MAINTENANCE, None),
    (Gap.NO_TRAFFIC, True),
    (Gap.TOO_FEW_EVENTS, True),
)


def complete(
    evaluations: Sequence[Evaluation],
    rules: RuleRef | None,
    crowded: Sequence[str] = (),
    unlabelled: Mapping[str, str] | None = None,
) -> Condition:
    """DataComplete: the worst gap of any objective, with the objectives that it concerns.

    `crowded` names those that have more consumers than are told apart, `unlabelled` those whose consumers would be told
    apart by a label that no series has, with that label.
    """
    for gap, status in _GAPS:
        concerned = [evaluation.promise for evaluation in evaluations if evaluation.gap is gap]
        if not concerned:
            continue
        first, *others = (promise.objective.name for promise in concerned)
        names = _names([first, *others])
        if gap is Gap.RULES_NOT_LOADED and rules is not None:
            return Condition("DataComplete", status, gap.value, _not_loaded(names, rules))
        told = view.gap_message(gap, concerned[0]).removesuffix(".")
        # The message is about the first; what the others lack stands in status.objectives.
        where = f"{first}, and likewise {_names(others)}" if others else first
        return Condition("DataComplete", status, gap.value, f"{told} ({where}).")
    impossible = [
        evaluation.promise.objective.name
        for evaluation in evaluations
        if evaluation.numbers is not None and evaluation.numbers.clamped
    ]
    if impossible:
        return Condition(
            "DataComplete",
            False,
            "ImpossibleData",
            f"{_names(impossible)}: more errors than events were recorded; make the errors selector a part of the "
            "total selector, with the same matchers and one more.",
        )
    exceeded = [one.promise for one in evaluations if one.numbers is not None and one.numbers.exceeded]
    if exceeded:
        told = indicators.impossible(exceeded[0].objective.indicator)
        names = _names([promise.objective.name for promise in exceeded])
        return Condition("DataComplete", False, "ImpossibleData", f"{names}: {told[0].lower()}{told[1:]}.")
    if crowded:
        return Condition(
            "DataComplete",
            True,
            "TooManyConsumers",
            f"{_names(crowded)}: there are more than {consumer_rules.MAX_CONSUMERS} consumers at a time, or more than "
            f"{consumer_rules.MAX_IN_WINDOW} within the window, so that consumerLabel tells none of them apart and no "
            "PlatformConsumer gets new figures of its own; the whole is counted all the same. Let a coarser label name "
            "them, or divide them among several SLAs by their selectors.",
        )
    if unlabelled:
        told = _names([f"{name} (label {label})" for name, label in unlabelled.items()])
        return Condition(
            "DataComplete",
            True,
            "ConsumerLabelAbsent",
            f"{told}: no series has the label that consumerLabel names, so that no PlatformConsumer gets figures of "
            "its own; the whole is counted all the same. Name the label in which the series have the consumer's "
            "namespace, or let what consumers call, such as the gateway, set it.",
        )
    return Condition("DataComplete", True, "Measured", "At least 95% of the time that counts was measured.")


def short_lived(evaluations: Sequence[Evaluation], retention: timedelta | None) -> Condition | None:
    """DataComplete where a window is longer than what the data source keeps; None where it is not, or nobody knows."""
    window = max(evaluation.promise.kept_for for evaluation in evaluations)
    if retention is None or retention.total_seconds() >= window:
        return None
    kept, needed = windows.age(retention.total_seconds()), windows.promql(window)
    return Condition(
        "DataComplete",
        False,
        "RetentionTooShort",
        f"Prometheus keeps what it records for {kept}, and it takes {needed} for the window: once that has passed, "
        "less than the window is measured, and there is no verdict. Keep it longer (Prometheus' "
        f"--storage.tsdb.retention.time={needed} or more), name a data source that does, or choose a shorter window.",
    )


def _not_loaded(names: str, rules: RuleRef) -> str:
    carried = ", ".join(f"{name}: {value}" for name, value in sorted(rules.labels.items()))
    found = f"{names}: no recorded series found: are the rules loaded? {rules} carries the labels {{{carried}}}"
    if rules.kind == PROMETHEUS_RULE.name:
        return (
            f"{found}; the cluster's Prometheus selects rules by its ruleSelector and ruleNamespaceSelector: compare "
            "with kubectl get prometheus -A -o yaml, and set rules.labels or rules.namespace in the operator's "
            "configuration, such as rules: {labels: {release: prometheus}}."
        )
    return f"{found}; have Prometheus load it as a rule file (rule_files), then reload."


def met(entries: Sequence[Mapping[str, Any]]) -> list[Condition]:
    """Met and AtRisk, by the objectives as they are shown."""
    by_state = {state: [entry["name"] for entry in entries if entry["state"] == state] for state in State}
    breached, risky, unknown = (_names(by_state[state]) for state in (State.BREACHED, State.AT_RISK, State.UNKNOWN))
    if breached:
        kept: tuple[bool | None, str, str] = (False, "Breached", f"Below target: {breached}; see status.objectives.")
        risk: tuple[bool | None, str, str] = (True, "Breached", f"The error budget is overspent: {breached}.")
    elif unknown or not entries:
        told = (
            f"There is no verdict on {unknown}; the conditions DataFresh and DataComplete say why."
            if unknown
            else "Nothing is measured; the condition Stalled says why."
        )
        kept = (None, "Unknown", told)
        risk = (None, "Unknown", told)
    else:
        kept = (True, "Met", "Every objective is at or above its target.")
        risk = (False, "NotAtRisk", "No error budget is low, and none burns fast.")
    if risky and not breached:
        risk = (True, "BudgetAtRisk", f"The error budget is low or burns fast: {risky}; see status.objectives.")
    return [Condition("Met", *kept), Condition("AtRisk", *risk)]


def _names(names: Sequence[str]) -> str:
    told = ", ".join(names[:_MOST_NAMES])
    return told if len(names) <= _MOST_NAMES else f"{told} and {len(names) - _MOST_NAMES} more"
