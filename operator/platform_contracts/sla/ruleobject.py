"""The object in which an SLA's rules are handed to Prometheus: a PrometheusRule, or a ConfigMap with a rule file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from platform_contracts.api.names import SLA_LABEL, SLA_NAMESPACE_LABEL
from platform_contracts.config import RuleOutput, Rules
from platform_contracts.kube.kinds import CONFIG_MAP, PROMETHEUS_RULE, SLA, Kind
from platform_contracts.kube.objects import MANAGED_BY, MANAGED_BY_LABEL, Object, manifest, uid
from platform_contracts.sla.rules import Group
from platform_contracts.sla.selectors import quote


def kind(config: Rules, prometheus_rule_available: bool) -> Kind:
    """Which kind the rules are written as."""
    match config.output:
        case RuleOutput.PROMETHEUS_RULE:
            return PROMETHEUS_RULE
        case RuleOutput.CONFIG_MAP:
            return CONFIG_MAP
        case RuleOutput.AUTO:
            return PROMETHEUS_RULE if prometheus_rule_available else CONFIG_MAP


def labels(namespace: str, name: str, config: Rules) -> dict[str, str]:
    """The labels of an SLA's rule object: the configured ones, our marker, and whose rules they are."""
    return {
        **config.labels,
        MANAGED_BY_LABEL: MANAGED_BY,
        SLA_LABEL: name,
        SLA_NAMESPACE_LABEL: namespace,
    }


def build(sla: Object, groups: Sequence[Group], config: Rules, prometheus_rule_available: bool) -> tuple[Kind, Object]:
    """The rule object of an SLA."""
    namespace, name = sla["metadata"]["namespace"], sla["metadata"]["name"]
    target = kind(config, prometheus_rule_available)
    home = config.namespace or namespace
    object_name = _object_name(namespace, name)
    body: Object
    if target == PROMETHEUS_RULE:
        body = {"spec": {"groups": list(groups)}}
    else:
        body = {"data": {f"{object_name}.yaml": rule_file(groups)}}
    obj = manifest(target, object_name, home, labels=labels(namespace, name, config), **body)
    if home == namespace:
        # Across namespaces an ownerReference means deletion by the garbage collector.
        obj["metadata"]["ownerReferences"] = [
            {"apiVersion": SLA.api_version, "kind": SLA.name, "name": name, "uid": uid(sla), "controller": True}
        ]
    return target, obj


def rule_file(groups: Sequence[Group]) -> str:
    """The groups as a Prometheus rule file.

    Written here because the shape is small and fixed, and a general YAML writer takes ten times as long.
    """
    lines = ["groups:"]
    for group in groups:
        lines += [f"- name: {quote(group['name'])}", f"  interval: {group['interval']}", "  rules:"]
        for rule in group["rules"]:
            for index, (key, value) in enumerate(rule.items()):
                start = "    " if index else "  - "
                if isinstance(value, str):
                    lines.append(f"{start}{key}: {quote(value)}")
                else:
                    lines.append(f"{start}{key}:")
                    lines += [f"      {quote(name)}: {quote(text)}" for name, text in value.items()]
    return "\n".join(lines) + "\n"


def hash_of(groups: Sequence[Group]) -> str:
    """A short hash of the rules, which tells two versions apart."""
    return hashlib.sha256(json.dumps(groups, sort_keys=True).encode()).hexdigest()[:16]


def _object_name(namespace: str, name: str) -> str:
    """One name wherever the object lives: both are DNS labels without a dot, so two SLAs never share one."""
    return f"sla-{namespace}.{name}"
