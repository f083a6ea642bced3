"""How the operator's process works: how often, how hard, and what it serves and logs."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from platform_contracts.config.section import ConfigModel


class Intervals(ConfigModel):
    """How often, in seconds."""

    evaluation_seconds: float = Field(default=60, gt=0)
    """How often the SLAs' figures are read from Prometheus."""
    resync_seconds: float = Field(default=300, gt=0)
    """How often everything is looked at again without a reason, in case an event was lost."""
    status_refresh_seconds: float = Field(default=3600, gt=0)
    """How often an SLA's status is written in which nothing changed but the time of its figures, at most."""
    usage_seconds: float = Field(default=60, gt=0)
    """How often a consumer's status is written only because its pods came or went, at most."""


class Http(ConfigModel):
    """Where metrics and probes are served."""

    address: str = "0.0.0.0"
    """The address that is listened on; `::` is every one, of IPv4 as of IPv6."""
    port: int = Field(default=8080, ge=0, le=65535)
    """The port of `/metrics`, `/healthz` and `/readyz`."""


class LogFormat(StrEnum):
    """How a log line looks."""

    JSON = "json"
    CONSOLE = "console"


class LogLevel(StrEnum):
    """The least that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Logging(ConfigModel):
    """Structured logs on standard error."""

    format: LogFormat = LogFormat.JSON
    """`json`, a line each, or `console` for people."""
    level: LogLevel = LogLevel.INFO
    """The least that is logged: `debug`, `info`, `warning` or `error`."""


class Client(ConfigModel):
    """How hard the API server may be used."""

    workers: int = Field(default=16, ge=1, le=128)
    """How many contracts are worked on at the same time."""
    writes_per_second: float = Field(default=500, gt=0)
    """How many writes a second, in the mean; a cluster with much else to do may want fewer."""
    burst: int = Field(default=500, ge=1)
    """How many writes at once, before that bound holds."""
