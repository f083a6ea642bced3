"""Consumers of the service platform/payments, and the rule objects that are made for them."""

from __future__ import annotations

from typing import Any

from platform_contracts.api.plan import ConsumerPlan
from platform_contracts.api.platform_consumer import PlatformConsumerSpec
from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.kube.kinds import PROMETHEUS_RULE, Kind
from platform_contracts.kube.objects import Object
from platform_contracts.onboarding import alerts
from platform_contracts.rules.objects import Group, Rule

QUOTA = {"pods": "20", "requests.memory": "4Gi"}
OWNER = {"team": "payments", "contacts": [{"name": "chat", "type": "Slack", "value": "#payments"}]}


def contact(type_: str, value: str, name: str = "chat") -> Object:
    """An entry of spec.contacts."""
    return {"name": name, "type": type_, "value": value}


def rule_object(
    home: str = "team-a",
    *,
    kind: Kind = PROMETHEUS_RULE,
    namespace: str | None = None,
    quota: dict[str, str] | None = None,
    first: bool = True,
    plan: Object | None = None,
    service: Object | None = None,
    **spec: Any,
) -> Object | None:
    """The rule object of the consumer payments of that home namespace; `spec` are fields of the consumer's."""
    wanted = {"serviceRef": {"namespace": "platform", "name": "payments"}, "planName": "small", **spec}
    return alerts.rule_object(
        kind=kind,
        namespace=namespace or f"{home}-payments",
        labels={"release": "prometheus"},
        consumer={"metadata": {"namespace": home, "name": "payments"}},
        spec=PlatformConsumerSpec.model_validate(wanted),
        service=PlatformServiceSpec.model_validate({"owner": OWNER, **(service or {})}),
        plan=ConsumerPlan.model_validate({"name": "small", **(plan or {})}),
        quota=QUOTA if quota is None else quota,
        first=first,
    )


def groups(home: str = "team-a", **options: Any) -> list[Group]:
    """The rule groups of `rule_object`."""
    obj = rule_object(home, **options)
    assert obj is not None
    found: list[Group] = obj["spec"]["groups"]
    return found


def rules(home: str = "team-a", **options: Any) -> list[Rule]:
    """The rules of `rule_object`, empty where there is none."""
    obj = rule_object(home, **options)
    return [] if obj is None else [rule for group in obj["spec"]["groups"] for rule in group["rules"]]
