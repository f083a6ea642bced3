"""SLAs, their surroundings and their numbers, as the tests describe them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.api.sla import Effective, SLASpec
from platform_contracts.config import DataSource, Rules
from platform_contracts.kube.kinds import PROMETHEUS_RULE, Kind
from platform_contracts.kube.objects import Object, format_time
from platform_contracts.rules.objects import Group
from platform_contracts.sla import indicators, readback, rules, windows
from platform_contracts.sla.alerts import Context
from platform_contracts.sla.attainment import Measured
from platform_contracts.sla.exclusions.exclusion import Exclusion
from platform_contracts.sla.plan import SLAInputs
from platform_contracts.sla.promise import Promise, promise
from platform_contracts.sla.readback import Measurements

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=200)
SOURCE = DataSource(url="http://prometheus.example", scrape_interval_seconds=15)
SERVICE = PlatformServiceSpec.model_validate({"owner": {"team": "payments"}})

TOTAL = 'http_requests_total{job="payments"}'
ERRORS = 'http_requests_total{job="payments",code=~"5.."}'
GOOD = 'http_requests_total{job="payments",code!~"5.."}'
BY_ERRORS = {"ratio": {"total": TOTAL, "errors": ERRORS}}
BY_GOOD = {"ratio": {"total": TOTAL, "good": GOOD}}
LATENCY = {"latency": {"histogram": 'http_request_duration_seconds{job="payments"}', "thresholdSeconds": "0.3"}}
NATIVE = {"latency": {**LATENCY["latency"], "native": True}}
PROBE = {"probe": {"metric": 'probe_success{job="payments"}'}}
THROUGHPUT = {"threshold": {"metric": TOTAL, "measure": "Rate", "operator": "AtLeast", "value": "10"}}
SATURATION = {"threshold": {"metric": 'load{job="payments"}', "operator": "AtMost", "value": "0.8"}}
FRESHNESS = {
    "threshold": {"metric": 'last_success{job="payments"}', "measure": "Age", "operator": "LessThan", "value": "3600"}
}
LEAD_TIME = {"onboardingLeadTime": {"seconds": 3600}}
RESPONSE = {"supportResponse": {"severity": "High"}}
RAW = {"raw": {"errors": "rate(jobs_failed_total[5m])", "total": "sum by (job) (rate(jobs_total[5m])) # all jobs"}}


def objective(
    name: str = "availability", target: str = "99.9", indicator: Mapping[str, Any] = BY_ERRORS, **fields: Any
) -> Object:
    """One entry of spec.objectives."""
    return {"name": name, "target": target, "indicator": dict(indicator), **fields}


def timeslices(target: str | None = "95", **timeslice: Any) -> dict[str, Any]:
    """The fields of an objective that counts slices of time."""
    return {
        "budgeting": "Timeslices",
        "timeslice": timeslice | ({"target": target} if target is not None else {}),
    }


def sla_spec(*objectives: Object, window: str = "30d", calendar: Object | None = None, **fields: Any) -> Object:
    """spec of an SLA of the service payments; without objectives, one by errors at 99.9 %."""
    return {
        "serviceRef": {"name": "payments"},
        "window": {"calendar": calendar} if calendar else {"rolling": window},
        "objectives": list(objectives) or [objective()],
        **fields,
    }


def sla(
    spec: Object | None = None, *, created: datetime = LONG_AGO, status: Object | None = None, **metadata: Any
) -> Object:
    """A live SLA, platform/payments unless said otherwise."""
    return {
        "apiVersion": "platformcontracts.io/v1alpha1",
        "kind": "SLA",
        "metadata": {
            "name": "payments",
            "namespace": "platform",
            "uid": "0b9b0d2e-0000-4000-8000-000000000001",
            "generation": 1,
            "creationTimestamp": format_time(created),
            **metadata,
        },
        "spec": spec or sla_spec(),
        **({"status": status} if status else {}),
    }


def inputs(live: Object | None = None, **overrides: Any) -> SLAInputs:
    """The inputs of a plan in a world where everything is in order and Prometheus has not been asked yet."""
    live = live or sla()
    plain = SLAInputs(
        sla=live,
        spec=SLASpec.model_validate(live["spec"]),
        invalid=None,
        service={"metadata": {"name": "payments", "namespace": "platform"}},
        service_spec=SERVICE,
        feedback=None,
        provider=True,
        source=SOURCE,
        rules_config=Rules(),
        prometheus_rule_available=True,
        live_rules=[],
        measurements=None,
        refresh_seconds=3600,
        now=NOW,
    )
    return replace(plain, **overrides)


def written(given: SLAInputs, obj: Object, kind: Kind = PROMETHEUS_RULE, *, created: datetime = LONG_AGO) -> SLAInputs:
    """The same world after `obj` was written."""
    live = {
        **obj,
        "metadata": {**obj["metadata"], "uid": "rules-uid", "creationTimestamp": format_time(created)},
    }
    return replace(given, live_rules=[(kind, live)])


def with_status(given: SLAInputs, status: Object | None) -> SLAInputs:
    """The same world after that status was written."""
    return replace(given, sla={**given.sla, "status": status})


def promises(given: SLAInputs) -> list[Promise]:
    """The promises of the SLA."""
    assert given.spec is not None
    assert given.source is not None
    return [promise(one, given.spec, given.sla, given.source, given.now) for one in given.spec.objectives]


def groups(
    spec: Object | None = None,
    *,
    source: DataSource = SOURCE,
    context: Context | None = None,
    from_time: datetime | None = None,
    until_time: datetime | None = None,
    now: datetime = NOW,
    exclusions: Sequence[Exclusion] = (),
    **metadata: Any,
) -> list[Group]:
    """The rule groups of all objectives of an SLA; its times may be earlier than the contract language allows."""
    live = sla(spec, **metadata)
    parsed = SLASpec.model_validate(live["spec"])
    if from_time is not None or until_time is not None:
        effective = Effective.model_construct(from_time=from_time, until_time=until_time)
        parsed = parsed.model_copy(update={"effective": effective})
    found: list[Group] = []
    for one in parsed.objectives:
        indicator = indicators.build(one, "field", namespace=live["metadata"]["namespace"], source=source)
        made = promise(one, parsed, live, source, now).excluding(exclusions, now)
        found += rules.groups(made, indicator, context or Context(service="payments", owner="payments"))
    return found


def measured(
    given: SLAInputs,
    *,
    events: float = 1_000_000,
    errors: float = 300,
    coverage: float = 1.0,
    burn: float | Mapping[str, float] = 0.3,
    at: datetime | None = None,
) -> Measurements:
    """What Prometheus says about an SLA, with the same counts for each of its objectives."""
    at = at or given.now
    values: dict[str, dict[tuple[str, ...], float]] = {
        name: {} for name in ("errors", "events", "coverage", "evaluated", "burn_rate", "objective", "traffic")
    }
    for one in promises(given):
        key = (*one.id, one.window_name, *([one.period_name] if one.period_name else []))
        values["errors"][key] = errors
        values["events"][key] = events
        values["coverage"][key] = coverage
        values["evaluated"][key] = at.timestamp()
        values["objective"][one.id] = float(1 - one.budget)
        values["traffic"][one.id] = 100.0
        for tier in one.tiers:
            for length in (tier.long, tier.short):
                name = windows.promql(length)
                rate = burn.get(name, 0.3) if isinstance(burn, Mapping) else burn
                values["burn_rate"][(*one.id, name)] = rate
    return Measurements(at, values)


TENANTS = sla_spec(objective(consumerLabel="tenant"), objective("latency", "99", LATENCY))


def by_consumer(counts: Mapping[str, tuple[float, float]], spec: Object = TENANTS, **labels: str) -> Measured:
    """What Prometheus says of each consumer: (errors, events) by its namespace; `labels` are on all series."""
    given = inputs(sla(spec))
    (series, *_) = (one.id for one in promises(given))
    samples = [
        ({**series._asdict(), "consumer": name, "__name__": metric, **labels}, value)
        for name, values in counts.items()
        for metric, value in zip((readback.CONSUMER_ERRORS, readback.CONSUMER_EVENTS), values, strict=True)
    ]
    return Measured(given.sla, SLASpec.model_validate(spec), readback.parse({"consumers": samples}, NOW, SOURCE))


def request(asked: datetime, answered: datetime | None = None, severity: str = "High") -> Object:
    """A Feedback with a severity, and when the platform team first answered it."""
    name = f"{severity.lower()}-{asked:%d%H%M%S}"
    return {
        "metadata": {
            "name": name,
            "namespace": "platform",
            "uid": f"uid-{name}",
            "creationTimestamp": format_time(asked),
        },
        "spec": {"method": "Request", "severity": severity},
        "status": {"answeredTime": format_time(answered)} if answered else {},
    }


def consumer(asked: datetime, ready: datetime | None = None) -> Object:
    """A PlatformConsumer that was let in, and when it was first ready."""
    home = f"team-{asked:%d%H%M%S}"
    return {
        "metadata": {
            "name": "payments",
            "namespace": home,
            "uid": f"uid-{home}",
            "creationTimestamp": format_time(asked),
        },
        "status": {
            "conditions": [{"type": "Approved", "status": "True"}],
            **({"readyTime": format_time(ready)} if ready else {}),
        },
    }


def condition(status: Object | None, type_: str) -> Object:
    """One condition of a status."""
    assert status is not None
    return next(dict(one) for one in status["conditions"] if one["type"] == type_)
