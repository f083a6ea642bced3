"""The administrator's configuration: a YAML file, overridden by environment variables.

The file is named by `--config` or PLATFORM_CONTRACTS_CONFIG. A variable is named after its path, with two
underscores between the levels: PLATFORM_CONTRACTS_INTERVALS__EVALUATION_SECONDS=30.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, get_args, get_origin

import yaml
from pydantic import AfterValidator, BaseModel, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from platform_contracts.api.resources import QuotaAmounts
from platform_contracts.data_source import DataSource as DataSource
from platform_contracts.section import ConfigModel

PREFIX = "PLATFORM_CONTRACTS_"


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


def _counting_pods(bounds: dict[str, str]) -> dict[str, str]:
    # Every consumer's quota counts pods: that is how one knows who runs something.
    return {"pods": "1000", **bounds}


class Guardrails(ConfigModel):
    """What no contract may exceed."""

    # Names and prefixes (ending in *) on top of the ones that are always refused.
    protected_namespaces: list[str] = Field(default_factory=list)
    # Prefixes that any consumer may use, on top of its own home namespace's.
    allowed_namespace_prefixes: list[str] = Field(default_factory=list)
    # ClusterRoles that a plan's roles may bind.
    allowed_cluster_roles: list[str] = Field(
        default_factory=lambda: ["platformcontracts-developer", "platformcontracts-viewer"]
    )
    # How many namespaces the consumers of one home namespace may have, kept ones included; and how many a provider may
    # make through spec.consumers of its services.
    max_namespaces_per_home: int = Field(default=20, ge=1)
    max_namespaces_per_provider: int = Field(default=500, ge=1)
    # What one consumer's namespaces may have together: no plan's quota may exceed it, and a plan that does not name
    # one of these resources gives this much of it. Pods are always bounded, by 1000 unless said otherwise.
    max_plan_quota: Annotated[QuotaAmounts, AfterValidator(_counting_pods)] = Field(
        default_factory=lambda: _counting_pods({}), max_length=32
    )
    monitoring_namespaces: list[str] = Field(default_factory=lambda: ["monitoring"])
    ingress_namespaces: list[str] = Field(default_factory=lambda: ["ingress-nginx"])
    # Where the cluster's DNS runs: what consumers may look names up in.
    dns_namespaces: list[str] = Field(default_factory=lambda: ["kube-system"], min_length=1)
    # Hosts that users' URLs may name; empty: any.
    allowed_url_hosts: list[str] = Field(default_factory=list)
    # Another tenancy system's labels: a namespace that has one is never ours.
    foreign_tenancy_labels: list[str] = Field(
        default_factory=lambda: ["capsule.clastix.io/tenant", "hnc.x-k8s.io/included-namespace"]
    )


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


class Config(BaseSettings):
    """The whole configuration; every part has a default that is safe."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
    )

    data_sources: dict[str, DataSource] = Field(default_factory=dict)
    rules: Rules = Field(default_factory=Rules)
    guardrails: Guardrails = Field(default_factory=Guardrails)
    intervals: Intervals = Field(default_factory=Intervals)
    http: Http = Field(default_factory=Http)
    logging: Logging = Field(default_factory=Logging)
    client: Client = Field(default_factory=Client)
    # The operator's own namespace: never handed to a consumer.
    operator_namespace: str = "platform-contracts-system"


class _File(YamlConfigSettingsSource):
    """The file, with its fields under the names by which the environment overrides them."""

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = _by_name(self.settings_cls, super().__call__())
        return found


def _by_name(model: Any, section: Any) -> Any:
    """A section with aliases replaced by field names; what the model does not know stays, to be refused by its name."""
    if get_origin(model) is UnionType:
        model = get_args(model)[0]  # a section that may be left out: Section | None
    if not isinstance(section, dict) or not (isinstance(model, type) and issubclass(model, BaseModel)):
        return section
    names: dict[str, str] = {to_camel(name): name for name in model.model_fields}
    found: dict[str, Any] = {}
    for key, value in section.items():
        name = names.get(str(key), str(key))
        kind: Any = model.model_fields[name].annotation if name in model.model_fields else None
        if get_origin(kind) is dict and isinstance(value, dict):
            value = {entry: _by_name(get_args(kind)[1], item) for entry, item in value.items()}
        else:
            value = _by_name(kind, value)
        found[name] = value
    return found


def load(path: Path | None) -> Config:
    """Read the configuration.

    Raises pydantic.ValidationError for a value that is wrong, FileNotFoundError for a named file that is not there,
    ValueError for a file that holds no settings and for a variable that is none.
    """
    for variable in os.environ:
        section = variable.removeprefix(PREFIX).split("__")[0].lower()
        if variable.startswith(PREFIX) and "__" in variable and section not in Config.model_fields:
            raise ValueError(f"{variable} is no setting; {PREFIX}LOGGING__LEVEL=debug, for example, is one")
    if path is not None and not path.is_file():
        raise FileNotFoundError(f"configuration file {path} does not exist")
    if path is not None and not isinstance(yaml.safe_load(path.read_text()) or {}, dict):
        raise ValueError(f"{path} holds no settings: it must be a mapping, for example logging: {{level: debug}}")

    class FromFile(Config):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            sources: list[Any] = [env_settings]
            if path is not None:
                sources.append(_File(settings_cls, yaml_file=path))
            return tuple(sources)

    return FromFile()


def mistakes(error: ValidationError) -> list[str]:
    """What is wrong with a configuration, one line each, with the path as the file has it."""
    return [f"{_path(line['loc'])}: {_message(line)}" for line in error.errors()]


def absent_files(config: Config) -> list[str]:
    """The files that data sources name and that are not there, one line each.

    No mistake by itself: a configuration may be checked elsewhere than where its Secrets are mounted.
    """
    return [
        f"dataSources.{name}.{setting}: there is no file {path} here; it must be there where the operator runs"
        for name, source in config.data_sources.items()
        for setting, path in source.files()
        if not path.is_file()
    ]


# The entries of these are named by the administrator, whatever else a path holds is a field. `*` is any name.
_OWN_NAMES = (
    ("dataSources",),
    ("dataSources", "*", "headers"),
    ("dataSources", "*", "queryParameters"),
    ("rules", "labels"),
    ("guardrails", "maxPlanQuota"),
)
_MESSAGES = {
    "missing": "this setting is required",
    "extra_forbidden": "there is no such setting",
    "string_type": 'must be a string: put it in quotes, for example "1000"',
}


def _message(line: Mapping[str, Any]) -> str:
    return _MESSAGES.get(line["type"]) or str(line["msg"]).removeprefix("Value error, ")


def _path(location: tuple[int | str, ...]) -> str:
    parts: list[str] = []
    for part in location:
        own = any(
            len(keys) == len(parts) and all(key in ("*", there) for key, there in zip(keys, parts, strict=True))
            for keys in _OWN_NAMES
        )
        parts.append(str(part) if own else to_camel(str(part)))
    return ".".join(parts)
