"""The object in which an SLA's rules are handed to Prometheus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from platform_contracts.api.names import SLA_LABEL, SLA_NAMESPACE_LABEL
from platform_contracts.config import Rules
from platform_contracts.kube.kinds import CONFIG_MAP, SLA, Kind
from platform_contracts.kube.objects import MANAGED_BY, MANAGED_BY_LABEL, Object, uid
from platform_contracts.rules import objects
from platform_contracts.rules.objects import Group

# A ConfigMap holds 1 MiB. What writes the rules of PrometheusRules into ConfigMaps takes half of that of one of them,
# and where one is larger it hands a Prometheus the rules of nobody.
_CONFIG_MAP_HOLDS = 1024 * 1024
_PROMETHEUS_RULE_HOLDS = _CONFIG_MAP_HOLDS // 2


def labels(namespace: str, name: str, config: Rules) -> dict[str, str]:
    """The labels of an SLA's rule object: the configured ones, our marker, and whose rules they are."""
    return {
        **config.labels,
        MANAGED_BY_LABEL: MANAGED_BY,
        SLA_LABEL: name,
        SLA_NAMESPACE_LABEL: namespace,
    }


def build(
    sla: Object,
    groups: Sequence[Group],
    config: Rules,
    prometheus_rule_available: bool,
    annotations: Mapping[str, str] | None = None,
) -> tuple[Kind, Object]:
    """The rule object of an SLA."""
    namespace, name = sla["metadata"]["namespace"], sla["metadata"]["name"]
    target = objects.kind(config, prometheus_rule_available)
    home = config.namespace or namespace
    object_name = _object_name(namespace, name)
    obj = objects.rule_object(
        target, object_name, home, groups, labels=labels(namespace, name, config), file=f"{object_name}.yaml"
    )
    if annotations:
        obj["metadata"]["annotations"] = dict(annotations)
    if home == namespace:
        # Across namespaces an ownerReference means deletion by the garbage collector.
        obj["metadata"]["ownerReferences"] = [
            {"apiVersion": SLA.api_version, "kind": SLA.name, "name": name, "uid": uid(sla), "controller": True}
        ]
    return target, obj


def room(kind: Kind) -> int:
    """How many bytes the rules in one object of that kind may be long, as a file."""
    return _CONFIG_MAP_HOLDS if kind == CONFIG_MAP else _PROMETHEUS_RULE_HOLDS


def size(kind: Kind, obj: Object) -> int:
    """How many bytes the rules in that object are long, as a file."""
    files = obj["data"].values() if kind == CONFIG_MAP else [objects.rule_file(obj["spec"]["groups"])]
    return sum(len(file.encode()) for file in files)


def _object_name(namespace: str, name: str) -> str:
    """One name wherever the object lives: both are DNS labels without a dot, so two SLAs never share one."""
    return f"sla-{namespace}.{name}"
