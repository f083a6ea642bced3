"""The whole configuration."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from platform_contracts.config.data_source import DataSource
from platform_contracts.config.guardrails import Guardrails
from platform_contracts.config.process import Client, Http, Intervals, Logging
from platform_contracts.config.rules import Rules
from platform_contracts.config.web import Web

PREFIX = "PLATFORM_CONTRACTS_"


class Config(BaseSettings):
    """The whole configuration; every part has a default that is safe."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )

    data_sources: dict[str, DataSource] = Field(
        default_factory=dict, examples=[{"default": {"url": "http://prometheus.monitoring:9090"}}]
    )
    """The Prometheus-compatible APIs that SLAs may name, each under a name of yours. An SLA that names none has the
    one called `default`."""
    rules: Rules = Field(default_factory=Rules)
    guardrails: Guardrails = Field(default_factory=Guardrails)
    intervals: Intervals = Field(default_factory=Intervals)
    http: Http = Field(default_factory=Http)
    web: Web = Field(default_factory=Web)
    logging: Logging = Field(default_factory=Logging)
    client: Client = Field(default_factory=Client)
    operator_namespace: str = "platform-contracts-system"
    """The operator's own namespace, which is never handed to a consumer; `deploy/deployment.yaml` sets it."""
