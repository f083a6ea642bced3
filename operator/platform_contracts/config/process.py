"""How the operator's process works: how often, how hard, and what it serves and logs."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from platform_contracts.config.section import ConfigModel


class Intervals(ConfigModel):
    """How often, in seconds."""

    evaluation_seconds: float = Field(default=60, gt=0)
    resync_seconds: float = Field(default=300, gt=0)
    # A status that only got older is rewritten at most this often.
    status_refresh_seconds: float = Field(default=3600, gt=0)
    # A consumer's status is written at most this often only because its pods came or went.
    usage_seconds: float = Field(default=60, gt=0)


class Http(ConfigModel):
    """Where metrics and probes are served."""

    address: str = "0.0.0.0"
    port: int = Field(default=8080, ge=0, le=65535)


class LogFormat(StrEnum):
    """How a log line looks."""

    JSON = "json"
    CONSOLE = "console"


class Logging(ConfigModel):
    """Structured logs on standard error."""

    format: LogFormat = LogFormat.JSON
    level: str = Field(default="info", pattern=r"^(debug|info|warning|error)$")


class Client(ConfigModel):
    """How hard the API server may be used."""

    workers: int = Field(default=16, ge=1, le=128)
    writes_per_second: float = Field(default=500, gt=0)
    burst: int = Field(default=500, ge=1)
