"""Ten mistakes in an SLA: what makes one, what its conditions must say, and what sets it right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]

# A data source that is the same Prometheus, scraped more rarely than the slices of time that SLAs ask for by default.
SLOW = "slow"
# What the SLAs count: one of the histories.
RIGHT = {"total": 'http_requests_total{job="met"}', "errors": 'http_requests_total{job="met",code="500"}'}
# An SLA beside them that is right and promises less than those that depend on it.
UPSTREAM = "database"


def objective(indicator: Mapping[str, Any] | None = None, target: str = "99.9", **fields: Any) -> Object:
    """The objective of every SLA here."""
    return {"name": "it", "target": target, "indicator": dict(indicator or {"ratio": RIGHT}), **fields}


def spec(one: Object | None = None, **fields: Any) -> Object:
    """An SLA over the last hour, right unless something else is said."""
    made = {"serviceRef": {"name": "payments"}, "window": {"rolling": "1h"}, "objectives": [one or objective()]}
    return made | fields


@dataclass(frozen=True)
class Way:
    """A mistake in `spec`, and the condition that tells it: type, status and reason, and parts of its message.

    `right` is the spec with what the message asks for; None where it is something else that has to be mended.
    """

    name: str
    spec: Object
    condition: tuple[str, str, str]
    says: tuple[str, ...]
    right: Object | None = field(default_factory=spec)


WAYS = (
    Way(
        "selector",
        spec(objective({"ratio": {**RIGHT, "total": 'http_requests_total{job=~"("}'}})),
        ("Stalled", "True", "InvalidSelector"),
        ("spec.objectives[it].indicator.ratio.total",),
    ),
    Way(
        "nothing",
        spec(objective({"ratio": {"total": "orders_total", "errors": 'orders_total{code="500"}'}})),
        ("DataComplete", "False", "NoData"),
        ("Prometheus has no series", "orders_total", "correct the selector or the scraping"),
    ),
    Way(
        "bucket",
        spec(objective({"latency": {"histogram": 'request_seconds{job="met"}', "thresholdSeconds": "0.4"}})),
        ("DataComplete", "False", "PartAbsent"),
        ("has no bucket of exactly 0.4 s; choose one",),
        spec(objective({"latency": {"histogram": 'request_seconds{job="met"}', "thresholdSeconds": "0.5"}})),
    ),
    Way(
        "tier",
        spec(
            window={"calendar": {"period": "Month", "timeZone": "Europe/Berlin"}},
            alerting={
                "tiers": [
                    {
                        "name": "fast",
                        "severity": "Page",
                        "burnRate": "2000",
                        "longWindow": "1h",
                        "shortWindow": "5m",
                    }
                ]
            },
        ),
        ("Stalled", "True", "ImpossibleTier"),
        ("spec.alerting.tiers[fast] can never fire", 'choose for example burnRate: "900"'),
    ),
    Way(
        "zone",
        spec(window={"calendar": {"period": "Month", "timeZone": "Europe/Atlantis"}}),
        ("Stalled", "True", "UnknownTimeZone"),
        ("spec.window.calendar.timeZone: Europe/Atlantis", "name one such as Europe/Berlin"),
    ),
    Way(
        "retention",
        spec(window={"rolling": "365d"}),
        ("DataComplete", "False", "RetentionTooShort"),
        ("keeps what it records for 30d, and it takes 365d for the window", "choose a shorter window"),
    ),
    Way(
        "slice",
        spec(objective(budgeting="Timeslices", timeslice={"target": "95"}), dataSourceName=SLOW),
        ("Stalled", "True", "SliceTooShort"),
        ("spec.objectives[it].timeslice: slices of 60 s", "choose timeslice: {seconds: 300}"),
        spec(objective(budgeting="Timeslices", timeslice={"target": "95", "seconds": 300}), dataSourceName=SLOW),
    ),
    Way(
        "dependency",
        spec(objective(target="99.95"), dependsOn=[{"namespace": "HERE", "slaName": UPSTREAM}]),
        ("FeasibleAsPromised", "False", "PromisedTooMuch"),
        ("it promises 99.95%, and what it depends on allows 99.9%", "lower the target to that"),
        spec(dependsOn=[{"namespace": "HERE", "slaName": UPSTREAM}]),
    ),
    Way(
        "service",
        spec(serviceRef={"name": "ledger"}),
        ("Stalled", "True", "ServiceNotFound"),
        ("spec.serviceRef.name: PlatformService ledger does not exist", "create it"),
        None,
    ),
    Way(
        "taken",
        spec(),
        ("Stalled", "True", "RulesNameTaken"),
        ("exists, was not made by the operator", "delete prometheusrule sla-"),
        None,
    ),
)
