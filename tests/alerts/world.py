"""Consumers of the service platform/payments, and the rule objects that are made for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.promtool import Promtool
from platform_contracts.api.plan import ConsumerPlan
from platform_contracts.api.platform_consumer import PlatformConsumerSpec
from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.kube.kinds import PROMETHEUS_RULE, Kind
from platform_contracts.kube.objects import Object
from platform_contracts.onboarding import alerts
from platform_contracts.onboarding.inputs import Window
from platform_contracts.rules.objects import Group, Rule
from tests.sla.rule_file_tests import Expectation, run

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
    windows: Sequence[Window] = (),
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
        windows=windows,
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


def kube(resource: str, type_: str, namespace: str = "team-a-payments", quota: str = "platform-contracts") -> str:
    """A series of kube-state-metrics."""
    labels = f'namespace="{namespace}",resourcequota="{quota}",resource="{resource}",type="{type_}"'
    return f'kube_resourcequota{{{labels},job="kube-state-metrics",instance="10.0.0.7:8080"}}'


def own(resource: str, namespace: str = "team-a-payments") -> str:
    """The operator's own series, as a scrape labels it."""
    labels = f'quota_namespace="{namespace}",resource="{resource}",namespace="platform-contracts-system"'
    return f'platform_contracts_quota_used_ratio{{{labels},job="platform-contracts",instance="10.0.0.8:8080"}}'


def always(value: float, minutes: int = 60) -> str:
    """A gauge that stays, in promtool's notation at one sample a minute."""
    return f"{value}x{minutes}"


def in_kube(resource: str, used: float, hard: float, **where: str) -> dict[str, str]:
    return {kube(resource, "used", **where): always(used), kube(resource, "hard", **where): always(hard)}


def judge(promtool: Promtool, folder: Path, series: dict[str, str], *expectations: Expectation, **options: Any) -> None:
    """The alerts of team-a over these series, sampled every minute."""
    run(promtool, folder, groups(**options), series, expectations, scrape="1m")
