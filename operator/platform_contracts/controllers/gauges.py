"""What a scrape of the operator shows of the contracts themselves."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping

from prometheus_client import Counter, Gauge

from platform_contracts.api.indicators import COUNTED
from platform_contracts.kube.conditions import find
from platform_contracts.kube.objects import Object, is_ours
from platform_contracts.kube.quantity import Quantity
from platform_contracts.sla.counted import series

STATES = ("Met", "AtRisk", "Breached", "Unknown")

OBJECTIVES = Gauge("platform_contracts_objectives", "Objectives of all SLAs, by state.", ["state"])
EVALUATION_AGE = Gauge(
    "platform_contracts_evaluation_age_seconds", "Time since a data source was last read in full.", ["data_source"]
)
RULES_MISSING = Gauge(
    "platform_contracts_rules_missing",
    "SLAs whose rules are written and not loaded by Prometheus: 1 for each.",
    ["sla_namespace", "sla"],
)
COUNTED_EVENTS = Gauge(
    series.EVENTS, "What an objective counts from objects in its window: requests, or consumers.", series.LABELS
)
COUNTED_ERRORS = Gauge(series.ERRORS, "How many of them were not in time.", series.LABELS)
# Not `namespace`: a scrape renames that label where it is the scraped pod's own.
QUOTA_USED = Gauge(
    "platform_contracts_quota_used_ratio",
    "What is used of a consumer's quota in one namespace: 1 is all of it.",
    ["quota_namespace", "resource"],
)
DRIFT = Counter(
    "platform_contracts_drift_corrected",
    "Objects that somebody else changed and that were set right, by kind.",
    ["kind"],
)


def show_objectives(slas: Iterable[Object]) -> None:
    """Objectives by state, as the SLAs' statuses have them."""
    states = Tally(
        objective.get("state", "Unknown") for sla in slas for objective in sla.get("status", {}).get("objectives", ())
    )
    for state in STATES:
        OBJECTIVES.labels(state).set(states[state])


def show_missing_rules(slas: Iterable[Object]) -> None:
    """The SLAs whose rules no Prometheus evaluates, as their condition DataComplete has it."""
    RULES_MISSING.clear()
    for sla in slas:
        complete = find(sla, "DataComplete")
        if complete is not None and complete["reason"] == "RulesNotLoaded":
            RULES_MISSING.labels(sla["metadata"]["namespace"], sla["metadata"]["name"]).set(1)


def show_counted(slas: Iterable[Object]) -> None:
    """What is counted from objects, as the SLAs' statuses have it, where there is a verdict."""
    COUNTED_EVENTS.clear()
    COUNTED_ERRORS.clear()
    for sla in slas:
        counted = {objective["name"] for objective in sla["spec"]["objectives"] if COUNTED & {*objective["indicator"]}}
        for objective in sla.get("status", {}).get("objectives", ()):
            if objective["name"] in counted and "errorBudget" in objective and objective["state"] != "Unknown":
                labels = (sla["metadata"]["namespace"], sla["metadata"]["name"], objective["name"])
                COUNTED_EVENTS.labels(*labels).set(float(objective["events"]))
                COUNTED_ERRORS.labels(*labels).set(float(objective["errorBudget"]["consumed"]))


def show_ages(ages: Mapping[str, float]) -> None:
    """Seconds since each data source was read."""
    for source, age in ages.items():
        EVALUATION_AGE.labels(source).set(age)


def show_quotas(quotas: Iterable[Object]) -> None:
    """How full the operator's ResourceQuotas are, by the API server's own count."""
    QUOTA_USED.clear()
    for quota in quotas:
        status = quota.get("status", {})
        used = status.get("used", {}) if is_ours(quota) else {}
        for resource, hard in status.get("hard", {}).items():
            limit = Quantity.parse(hard).value
            if resource in used and limit:
                ratio = float(Quantity.parse(used[resource]).value / limit)
                QUOTA_USED.labels(quota["metadata"]["namespace"], resource).set(ratio)
