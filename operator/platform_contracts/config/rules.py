"""Where the operator puts the rules that it writes."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from platform_contracts.config.section import ConfigModel


class RuleOutput(StrEnum):
    """AUTO: a PrometheusRule where that CRD exists, a ConfigMap with a rule file elsewhere."""

    AUTO = "Auto"
    PROMETHEUS_RULE = "PrometheusRule"
    CONFIG_MAP = "ConfigMap"


class Rules(ConfigModel):
    """Where rules are written, and the labels by which Prometheus' ruleSelector finds them."""

    output: RuleOutput = RuleOutput.AUTO
    # None: beside their SLA.
    namespace: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
