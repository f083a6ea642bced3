"""Where the operator puts the rules that it writes."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from platform_contracts.api.selector import LabelKey, LabelValue
from platform_contracts.config.section import ConfigModel


class RuleOutput(StrEnum):
    """AUTO: a PrometheusRule where that CRD exists, a ConfigMap with a rule file elsewhere."""

    AUTO = "Auto"
    PROMETHEUS_RULE = "PrometheusRule"
    CONFIG_MAP = "ConfigMap"


class Rules(ConfigModel):
    """Where rules are written, and the labels by which Prometheus' ruleSelector finds them."""

    output: RuleOutput = RuleOutput.AUTO
    """`Auto`: a PrometheusRule where that CRD exists, a ConfigMap with a rule file elsewhere. `PrometheusRule` and
    `ConfigMap` say which."""
    namespace: str | None = None
    """The namespace that the rules of all SLAs are written to; without it each SLA's lie beside it."""
    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict, examples=[{"release": "prometheus"}])
    """What the Prometheus' `ruleSelector` asks for, for example `{release: prometheus}`. With other labels its rules
    are never loaded, and SLAs have no data."""
