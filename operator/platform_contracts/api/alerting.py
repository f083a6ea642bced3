"""The alerts of an SLA: the standard burn-rate alerts, a team's own, and what they carry."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.common import UNIT_SECONDS, EntryName, HttpsURL, seconds
from platform_contracts.api.rules import ListMap, Rule, matches, matching

# Two minutes to seven days in one unit, and the promised window, which may also be in weeks.
_TIER_LENGTH = "([2-9]|[1-9][0-9]{1,3})m|([1-9]|[1-9][0-9]|1[0-5][0-9]|16[0-8])h|[1-7]d"
_WINDOW_LENGTH = "[1-9][0-9]{0,3}[hdw]"
_BURN_RATE = r"[1-9][0-9]{0,4}(\.[0-9]{1,4})?"
_SHARE = r"(100|[1-9][0-9]?)(\.[0-9]{1,4})?|0\.[0-9]{0,3}[1-9][0-9]{0,3}"
_TARGET = r"[1-9][0-9](\.[0-9]{1,9})?"
# Of 100: nearer than this is equal, since both judges reckon in binary fractions.
_ALL_EVENTS = 99.999999


def _length(example: str) -> Rule:
    return matches(
        _TIER_LENGTH, f"must be a time from 2m to 7d in minutes (m), hours (h) or days (d), for example {example}"
    )


def _not(field: str, pattern: str) -> str:
    """CEL: the field is missing or wrong, which another rule says."""
    return f"!has({field}) || !{field}.matches(r'^(?:{pattern})$')"


def _cel_seconds(text: str) -> str:
    units = "".join(f"{text}.endsWith('{unit}') ? {size} : " for unit, size in UNIT_SECONDS.items())
    return f"int({text}.substring(0, size({text}) - 1)) * ({units}0)"


class TierSeverity(StrEnum):
    """Page: somebody gets up. Ticket: somebody looks within the working day."""

    PAGE = "Page"
    TICKET = "Ticket"


class BurnRateTier(ContractModel):
    """One burn-rate alert: it fires while the error budget burns fast over a long and a short window alike."""

    RULES = (
        Rule(
            "has(self.burnRate) != has(self.budgetPercent)",
            'exactly one of burnRate and budgetPercent is required, for example burnRate: "14.4"',
            lambda tier: (tier.burn_rate is None) != (tier.budget_percent is None),
            field="burnRate",
        ),
        Rule(
            f"{_not('self.longWindow', _TIER_LENGTH)} || {_not('self.shortWindow', _TIER_LENGTH)} || "
            f"{_cel_seconds('self.shortWindow')} < {_cel_seconds('self.longWindow')}",
            "must be shorter than longWindow, for example shortWindow: 5m with longWindow: 1h",
            lambda tier: seconds(tier.short_window) < seconds(tier.long_window),
            field="shortWindow",
        ),
    )

    name: EntryName = Field(examples=["fast"])
    """Name of the alert, which its label tier carries, for example fast. With the name of a standard alert, such as
    1h, 6h, 1d or 3d, it takes that one's place."""

    severity: TierSeverity = Field(examples=["Page"])
    """Page wakes somebody up, Ticket waits for the working day: the alert's label severity is page or ticket."""

    burn_rate: (
        Annotated[
            str,
            Field(max_length=16),
            matches(
                _BURN_RATE,
                "must be a burn rate of at least 1, as a string of decimals, for example "
                '"14.4"; at 1 the error budget lasts exactly the window',
            ),
        ]
        | None
    ) = None
    """How many times faster than sustainable the budget burns when the alert fires, as a string, for example "14.4"."""

    budget_percent: (
        Annotated[
            str,
            Field(max_length=16),
            matches(_SHARE, 'must be a percentage above 0 and up to 100, as a string of decimals, for example "2"'),
        ]
        | None
    ) = None
    """In place of burnRate: the share of the whole error budget that is spent within longWindow when the alert fires,
    in percent, as a string, for example "2"."""

    long_window: Annotated[str, Field(max_length=16), _length("1h")] = Field(examples=["1h"])
    """The budget burns so fast over this time, in minutes (m), hours (h) or days (d), for example 1h."""

    short_window: Annotated[str, Field(max_length=16), _length("5m")] = Field(examples=["5m"])
    """And still over this time, so that the alert stops soon after the failures do, for example 5m: usually a twelfth
    of longWindow."""


class BurnRateAlerting(StrEnum):
    """Which burn-rate alerts are written."""

    STANDARD = "Standard"
    NONE = "None"


# Labels that the operator itself sets on alerts: Alertmanager routes and inhibits by them.
RESERVED_ALERT_LABELS = (
    "alertname",
    "namespace",
    "sla",
    "objective",
    "indicator",
    "window",
    "service",
    "owner",
    "severity",
    "tier",
)
_is_label_name = matching("_?[a-zA-Z][a-zA-Z0-9_]*|_")
_AlertText = Annotated[str, Field(max_length=1024)]


def _label_names(example: str) -> Rule:
    return Rule(
        "self.all(name, size(name) <= 128 && name.matches('^(_?[a-zA-Z][a-zA-Z0-9_]*|_)$'))",
        "names must be Prometheus labels: at most 128 letters, digits and underscores, not beginning with a digit or "
        f"two underscores, for example {example}",
        lambda texts: all(len(name) <= 128 and _is_label_name(name) for name in texts),
    )


class Alerting(ContractModel):
    """The alerts that are written for the objectives."""

    burn_rate: BurnRateAlerting = BurnRateAlerting.STANDARD
    """Standard alerts when the error budget is spent too fast, on several windows; with None there are only those of
    `tiers`."""

    tiers: Annotated[list[BurnRateTier], ListMap()] = Field(default_factory=list, max_length=4)
    """Burn-rate alerts of your own, beside the standard ones or in place of those whose names they bear; at most 4."""

    labels: Annotated[
        dict[str, _AlertText],
        _label_names("{channel: payments}"),
        Rule(
            f"!self.exists(name, name in {list(RESERVED_ALERT_LABELS)})",
            f"must not set {', '.join(RESERVED_ALERT_LABELS[:-1])} or {RESERVED_ALERT_LABELS[-1]}, which the operator "
            "sets itself: choose other names, for example {channel: payments}",
            lambda labels: not set(labels) & set(RESERVED_ALERT_LABELS),
            reason="FieldValueForbidden",
        ),
    ] = Field(default_factory=dict, max_length=16)
    """Labels added to each alert, for example {channel: payments}."""

    annotations: Annotated[
        dict[str, _AlertText], _label_names("{dashboard: 'https://dashboards.example.com/payments'}")
    ] = Field(default_factory=dict, max_length=16)
    """Annotations added to each alert, for example {dashboard: "https://dashboards.example.com/payments"}."""

    runbook_url: HttpsURL | None = Field(default=None, alias="runbookURL")
    """The https URL of what to do when an alert fires, for example https://runbooks.example.com/payments."""


# The rules about tiers, the window and the targets together; they stand at the spec, which holds all three.


# CEL: the rolling window, which is one of thirty days where nothing is said.
_WINDOW = "(has(self.window) ? self.window.rolling : '30d')"


def _each_tier(condition: str) -> str:
    """CEL: what holds of each tier `t` whose own fields are right, where the promised window is a rolling one.

    What a calendar window does not allow, the operator says.
    """
    return (
        "!has(self.alerting) || !has(self.alerting.tiers) || has(self.window) && !has(self.window.rolling) || "
        f"!{_WINDOW}.matches(r'^(?:{_WINDOW_LENGTH})$') || "
        f"self.alerting.tiers.all(t, {_not('t.longWindow', _TIER_LENGTH)} || {condition})"
    )


def _holds(check: Callable[[BurnRateTier, int, Any], bool]) -> Callable[[Any], bool]:
    """Python: `check(tier, window in seconds, spec)` holds of each tier."""

    def judge(spec: Any) -> bool:
        window = spec.window.rolling
        return not window or all(check(tier, seconds(window), spec) for tier in spec.alerting.tiers)

    return judge


def _rate(tier: BurnRateTier, window: int) -> float:
    """The burn rate from which on the tier fires."""
    if tier.burn_rate is not None:
        return float(tier.burn_rate)
    return float(tier.budget_percent or 0) * window / (100.0 * seconds(tier.long_window))


_CEL_WINDOW, _CEL_LONG = _cel_seconds(_WINDOW), _cel_seconds("t.longWindow")
# What is counted from objects has no burn rate, so its target bounds none.
_CEL_COUNTED = "(has(o.indicator) && (has(o.indicator.supportResponse) || has(o.indicator.onboardingLeadTime)))"
_CEL_SHARE = f"double(t.budgetPercent) * double({_CEL_WINDOW}) / (100.0 * double({_CEL_LONG}))"

TIER_RULES = (
    Rule(
        _each_tier(f"{_CEL_LONG} <= {_CEL_WINDOW}"),
        "longWindow must not be longer than the window of the SLA, for example longWindow: 1h with window: "
        "{rolling: 30d}",
        _holds(lambda tier, window, spec: seconds(tier.long_window) <= window),
        field="alerting.tiers",
    ),
    Rule(
        _each_tier(f"{_not('t.budgetPercent', _SHARE)} || {_CEL_SHARE} >= 1.0"),
        "budgetPercent is less than what may be spent in longWindow for ever; with the window of 30 days and "
        'longWindow: 1h, for example, budgetPercent: "2" is 14.4 times that',
        _holds(lambda tier, window, spec: tier.budget_percent is None or _rate(tier, window) >= 1),
        field="alerting.tiers",
    ),
    Rule(
        _each_tier(
            f"(has(t.burnRate) ? {_not('t.burnRate', _BURN_RATE)} : {_not('t.budgetPercent', _SHARE)}) || "
            f"!has(self.objectives) || self.objectives.all(o, {_not('o.target', _TARGET)} || {_CEL_COUNTED} || "
            f"(has(t.burnRate) ? double(t.burnRate) : {_CEL_SHARE}) * (100.0 - double(o.target)) < {_ALL_EVENTS})"
        ),
        "a tier could never fire: when every event fails the budget burns at 100 / (100 - target), and burnRate must "
        'be below that for the target of each objective; for a target of "90", for example, burnRate: "9"',
        _holds(
            lambda tier, window, spec: all(
                _rate(tier, window) * (100.0 - float(one.target)) < _ALL_EVENTS
                for one in spec.objectives
                if not one.indicator.counted
            )
        ),
        field="alerting.tiers",
    ),
)
