"""What the operator must know to read from one Prometheus-compatible API: Prometheus, Thanos, Mimir."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from platform_contracts.config.section import ConfigModel

# One sample of an instant vector: its labels and its value.
Sample = tuple[Mapping[str, str], float]
# One series of a range: its labels, and its values by time.
Series = tuple[Mapping[str, str], list[tuple[datetime, float]]]

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
# What the client itself sends: a second one of these would contradict it.
_OWN_HEADERS = frozenset({"host", "connection", "transfer-encoding", "cookie"})
_CREDENTIAL_HEADERS = frozenset({"authorization", "proxy-authorization"})
_OWN_PARAMETERS = frozenset({"query", "time", "start", "end", "step", "timeout", "limit"})


def _query_url(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s@?#]+", url):
        raise ValueError(
            "must be an http or https URL without user info and parameters, for example "
            "http://prometheus.monitoring:9090; credentials go into basicAuth, parameters into queryParameters"
        )
    return url


def _headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADER.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a header; write for example {{X-Scope-OrgID: platform}}")
        if name.lower() in _CREDENTIAL_HEADERS:
            raise ValueError(f"{name} is a credential, and has no place in this file; use bearerTokenFile or basicAuth")
        if name.lower() in _OWN_HEADERS or name.lower().startswith(("content-", "accept-encoding")):
            raise ValueError(f"{name} is set by the operator itself; leave it out")
        if not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"the value of {name} must be printable ASCII, for example {{X-Scope-OrgID: platform}}")
    return headers


def _parameters(parameters: dict[str, str]) -> dict[str, str]:
    taken = sorted(_OWN_PARAMETERS & set(parameters))
    if taken:
        raise ValueError(
            f"{taken[0]} is set by the operator itself; leave it out. What belongs here is, for example, "
            '{dedup: "true", partial_response: "false"}'
        )
    return parameters


def _username(name: str) -> str:
    if not re.fullmatch(r"[^:\x00-\x1f\x7f]+", name):
        raise ValueError("must be a user name without a colon, for example platform-contracts")
    return name


class BasicAuth(ConfigModel):
    """A user name, and the file that holds its password."""

    username: Annotated[str, AfterValidator(_username)]
    password_file: Path


class ClientCertificate(ConfigModel):
    """The certificate by which the operator shows who it is, and its key: PEM files."""

    certificate_file: Path
    key_file: Path


class DataSource(ConfigModel):
    """One Prometheus-compatible query API. SLAs name it, never its URL.

    Credentials are files, mounted from Secrets of the operator's own namespace; a file that changes is read anew.
    """

    url: Annotated[str, AfterValidator(_query_url)]
    scrape_interval_seconds: int = Field(default=15, ge=1, le=600)
    timeout_seconds: float = Field(default=20, gt=0, le=120)
    max_response_bytes: int = Field(default=32 * 1024 * 1024, ge=64 * 1024)
    # Sent with every query: the tenant, such as X-Scope-OrgID for Mimir.
    headers: Annotated[dict[str, str], AfterValidator(_headers)] = Field(default_factory=dict, max_length=16)
    # Added to every query's URL, such as dedup and partial_response for Thanos.
    query_parameters: Annotated[dict[str, str], AfterValidator(_parameters)] = Field(
        default_factory=dict, max_length=16
    )
    bearer_token_file: Path | None = None
    basic_auth: BasicAuth | None = None
    ca_file: Path | None = None
    client_certificate: ClientCertificate | None = None
    # Where tenancy enforces a namespace label, every selector gets namespace="<the SLA's>".
    namespace_label: str | None = Field(default=None, pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")
    # Whether indicators may be PromQL of the SLA's author (`raw`), which reads whatever this source has. Never with a
    # namespace label.
    allow_raw_indicators: bool = False

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.bearer_token_file is not None and self.basic_auth is not None:
            raise ValueError("bearerTokenFile and basicAuth exclude each other; keep the one that the server asks for")
        if self.url.startswith("http:") and (self.ca_file is not None or self.client_certificate is not None):
            raise ValueError("caFile and clientCertificate mean something with https alone; write url: https://...")
        return self

    def files(self) -> Iterator[tuple[str, Path]]:
        """The files that it is read with, by the setting that names each."""
        if self.bearer_token_file is not None:
            yield "bearerTokenFile", self.bearer_token_file
        if self.basic_auth is not None:
            yield "basicAuth.passwordFile", self.basic_auth.password_file
        if self.ca_file is not None:
            yield "caFile", self.ca_file
        if self.client_certificate is not None:
            yield "clientCertificate.certificateFile", self.client_certificate.certificate_file
            yield "clientCertificate.keyFile", self.client_certificate.key_file
