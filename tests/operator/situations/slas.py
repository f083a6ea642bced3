"""Situations of an SLA."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from platform_contracts.kube.kinds import PROMETHEUS_RULE
from platform_contracts.kube.objects import Key, Object
from platform_contracts.sla import plan as slas
from platform_contracts.sla.inputs import SLAInputs
from platform_contracts.sla.readback import Measurements, Unavailable
from tests.operator.situations.common import UNREADABLE, edited, new, write_refused
from tests.sla import world as sla_world


def sla(
    *, errors: float | None = None, measurements: Measurements | Unavailable | None = None, **changes: Any
) -> Object:
    """An SLA whose rules are written; with `errors` of a million events it is measured."""
    given = sla_world.inputs()
    given = sla_world.written(given, slas.plan(given).applies[0].obj)
    if errors is not None:
        measurements = sla_world.measured(given, errors=errors)
    return planned(replace(given, measurements=measurements, **changes))


def sla_of(spec: Object, **changes: Any) -> Object:
    """An SLA of that spec that nobody has measured yet."""
    return planned(sla_world.inputs(sla_world.sla(spec), **changes))


def planned(given: SLAInputs) -> Object:
    return {**given.sla, "status": slas.plan(given).status}


def sla_with_a_broken_selector() -> Object:
    broken = {"ratio": {"total": 'requests_total{job=~"("}', "errors": "errors_total"}}
    return sla_of(sla_world.sla_spec(sla_world.objective(), sla_world.objective("broken", indicator=broken)))


def sla_with_an_alert_label_of_ours() -> Object:
    """The API server refuses it; one that was stored before it did is still told."""
    given = sla_world.inputs()
    assert given.spec is not None
    alerting = given.spec.alerting.model_copy(update={"labels": {"severity": "page"}})
    return planned(replace(given, spec=given.spec.model_copy(update={"alerting": alerting})))


def sla_with_a_tier_that_never_fires() -> Object:
    """The API server refuses it; one that was stored before it did is still told."""
    given = sla_world.inputs()
    assert given.spec is not None
    tier = {"name": "fast", "severity": "Page", "burnRate": "1000", "longWindow": "1h", "shortWindow": "5m"}
    alerting = type(given.spec.alerting).model_validate({"tiers": [tier]})
    return planned(replace(given, spec=given.spec.model_copy(update={"alerting": alerting})))


def sla_of_a_time_zone_that_is_gone() -> Object:
    """The API server knows more time zones than the operator, or knew one that is gone."""
    spec = sla_world.sla_spec()
    spec["window"] = {"calendar": {"period": "Month", "timeZone": "Atlantis/Capital"}}
    return sla_of(spec)


def sla_whose_time_is_over() -> Object:
    return sla_of(sla_world.sla_spec(effective={"untilTime": "2026-11-01T00:00:00Z"}))


def sla_with_a_runbook_elsewhere() -> Object:
    spec = sla_world.sla_spec(alerting={"runbookURL": "https://evil.example.com/"})
    return sla_of(spec, allowed_url_hosts=["runbooks.example.com"])


def sla_whose_rules_are_not_loaded() -> Object:
    return sla(measurements=Measurements(sla_world.NOW, {}))


def sla_whose_prometheus_is_away() -> Object:
    return sla(measurements=Unavailable("PrometheusUnavailable", "Prometheus cannot be reached", sla_world.NOW))


def sla_whose_rule_name_is_taken() -> Object:
    return planned(sla_world.inputs(name_taken=Key(PROMETHEUS_RULE, "platform", "sla-platform.payments")))


def sla_with_long_texts_in_many_alerts() -> Object:
    texts = {f"text{index}": "x" * 1024 for index in range(16)}
    objectives = [sla_world.objective(f"o{index}") for index in range(4)]
    return sla_of(sla_world.sla_spec(*objectives, alerting={"annotations": texts}))


SITUATIONS: dict[str, Callable[[], Object]] = {
    "it was just created": lambda: new(sla()),
    "it was just edited": lambda: edited(sla()),
    "its rules are written, nothing is measured": sla,
    "it is met": lambda: sla(errors=300),
    "it is at risk": lambda: sla(errors=900),
    "it is breached": lambda: sla(errors=5000),
    "Prometheus is away": sla_whose_prometheus_is_away,
    "Prometheus has not loaded its rules": sla_whose_rules_are_not_loaded,
    "its time is over": sla_whose_time_is_over,
    "its spec cannot be read": lambda: sla(spec=None, invalid=UNREADABLE),
    "its namespace is no provider's": lambda: sla(provider=False),
    "its service does not exist": lambda: sla(service=None, service_spec=None),
    "its service's spec cannot be read": lambda: sla(service_spec=None),
    "its data source is not configured": lambda: sla(source=None),
    "a selector is no PromQL": sla_with_a_broken_selector,
    "an alert label is the operator's": sla_with_an_alert_label_of_ours,
    "a burn-rate tier can never fire": sla_with_a_tier_that_never_fires,
    "its calendar's time zone is unknown": sla_of_a_time_zone_that_is_gone,
    "its runbook has a host that is not allowed": sla_with_a_runbook_elsewhere,
    "its rule object's name is taken": sla_whose_rule_name_is_taken,
    "its rules are more than an object holds": sla_with_long_texts_in_many_alerts,
    "the API server refused a write": lambda: write_refused(sla()),
}
