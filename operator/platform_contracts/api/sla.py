"""SLA: what a service promises."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.common import EntryName, HttpsURL, LocalRef

# A PromQL instant vector selector, such as http_requests_total{job="payments"}.
SeriesSelector = Annotated[str, Field(min_length=1, max_length=1024)]
# A percentage in exact decimals, at least 10 and below 100.
Percentage = Annotated[str, Field(min_length=2, max_length=12, pattern=r"^[1-9][0-9](\.[0-9]{1,9})?$")]
# Seconds in exact decimals.
Seconds = Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[0-9]+(\.[0-9]{1,9})?$")]
# One to ninety days: one unit, such as 30d, 12h or 4w.
RollingWindow = Annotated[str, Field(min_length=2, max_length=5, pattern=r"^[1-9][0-9]{0,3}(h|d|w)$")]


class Effective(ContractModel):
    from_time: datetime


class Window(ContractModel):
    rolling: RollingWindow = "30d"


class RatioIndicator(ContractModel):
    total: SeriesSelector
    errors: SeriesSelector | None = None
    good: SeriesSelector | None = None


class LatencyIndicator(ContractModel):
    histogram: SeriesSelector
    threshold_seconds: Seconds


class Indicator(ContractModel):
    ratio: RatioIndicator | None = None
    latency: LatencyIndicator | None = None


class Objective(ContractModel):
    name: EntryName
    target: Percentage
    description: str | None = Field(default=None, max_length=1024)
    indicator: Indicator


class BurnRateAlerting(StrEnum):
    STANDARD = "Standard"
    NONE = "None"


class Alerting(ContractModel):
    burn_rate: BurnRateAlerting = BurnRateAlerting.STANDARD
    labels: dict[str, str] = Field(default_factory=dict, max_length=16)
    annotations: dict[str, str] = Field(default_factory=dict, max_length=16)
    runbook_url: HttpsURL | None = Field(default=None, alias="runbookURL")


class SLASpec(ContractModel):
    service_ref: LocalRef
    effective: Effective | None = None
    data_source_name: EntryName = "default"
    window: Window = Field(default_factory=Window)
    objectives: list[Objective] = Field(min_length=1, max_length=20)
    alerting: Alerting = Field(default_factory=Alerting)
