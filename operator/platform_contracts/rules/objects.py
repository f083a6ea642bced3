"""The object in which rules are handed to Prometheus: a PrometheusRule, or a ConfigMap with a rule file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from platform_contracts.config import RuleOutput, Rules
from platform_contracts.kube.kinds import CONFIG_MAP, PROMETHEUS_RULE, Kind
from platform_contracts.kube.objects import Object, manifest
from platform_contracts.rules.text import quote

Rule = dict[str, Any]
Group = dict[str, Any]


def kind(config: Rules, prometheus_rule_available: bool) -> Kind:
    """Which kind rules are written as."""
    match config.output:
        case RuleOutput.PROMETHEUS_RULE:
            return PROMETHEUS_RULE
        case RuleOutput.CONFIG_MAP:
            return CONFIG_MAP
        case RuleOutput.AUTO:
            return PROMETHEUS_RULE if prometheus_rule_available else CONFIG_MAP


def rule_object(
    target: Kind, name: str, namespace: str, groups: Sequence[Group], *, labels: Mapping[str, str], file: str
) -> Object:
    """The groups as an object of the kind `target`.

    `file` names the rule file within a ConfigMap: no other of the cluster's has that name, because what loads them
    puts them all into one folder.
    """
    if target == PROMETHEUS_RULE:
        return manifest(target, name, namespace, labels=labels, spec={"groups": list(groups)})
    return manifest(target, name, namespace, labels=labels, data={file: rule_file(groups)})


def rule_file(groups: Sequence[Group]) -> str:
    """The groups as a Prometheus rule file.

    Written here because the shape is small and fixed, and a general YAML writer takes ten times as long.
    """
    lines = ["groups:"]
    for group in groups:
        settings = [f"  {key}: {group[key]}" for key in ("interval", "limit") if key in group]
        lines += [f"- name: {quote(group['name'])}", *settings, "  rules:"]
        for rule in group["rules"]:
            for index, (key, value) in enumerate(rule.items()):
                start = "    " if index else "  - "
                if isinstance(value, str):
                    lines.append(f"{start}{key}: {quote(value)}")
                else:
                    lines.append(f"{start}{key}:")
                    lines += [f"      {quote(name)}: {quote(text)}" for name, text in value.items()]
    return "\n".join(lines) + "\n"
