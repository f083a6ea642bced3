"""Where the operator puts the rules that it writes."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from platform_contracts.config.section import ConfigModel

_LABEL_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


def _labels(labels: dict[str, str]) -> dict[str, str]:
    for key, value in labels.items():
        if not _LABEL_KEY.fullmatch(key) or not _LABEL_VALUE.fullmatch(value):
            raise ValueError(f"{key}: {value} is no label of an object; write for example {{release: prometheus}}")
    return labels


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
    labels: Annotated[dict[str, str], AfterValidator(_labels)] = Field(
        default_factory=dict, examples=[{"release": "prometheus"}]
    )
    """What the Prometheus' `ruleSelector` asks for, for example `{release: prometheus}`. With other labels its rules
    are never loaded, and SLAs have no data."""
