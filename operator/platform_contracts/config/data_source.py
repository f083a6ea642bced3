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


def _label(name: str) -> str:
    if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name):
        raise ValueError(f"{name!r} is no label of a series; write for example namespace")
    return name


class BasicAuth(ConfigModel):
    """A user name, and the file that holds its password."""

    username: Annotated[str, AfterValidator(_username)]
    """The user's name, without a colon."""
    password_file: Path
    """The file that holds the password."""


class ClientCertificate(ConfigModel):
    """The certificate by which the operator shows who it is, and its key: PEM files."""

    certificate_file: Path
    """The certificate with its chain, a PEM file."""
    key_file: Path
    """Its private key, a PEM file."""


class DataSource(ConfigModel):
    """One Prometheus-compatible query API. SLAs name it, never its URL.

    Credentials are files, mounted from Secrets of the operator's own namespace; a file that changes is read anew.
    """

    url: Annotated[str, AfterValidator(_query_url)]
    """Where it answers, without `/api/v1`: for example `http://prometheus-operated.monitoring.svc:9090`."""
    scrape_interval_seconds: int = Field(default=15, ge=1, le=600)
    """How often the services' metrics are scraped: the rules go by it."""
    timeout_seconds: float = Field(default=20, gt=0, le=120)
    """How long an answer may take."""
    max_response_bytes: int = Field(default=32 * 1024 * 1024, ge=64 * 1024)
    """How large an answer may be."""
    headers: Annotated[dict[str, str], AfterValidator(_headers)] = Field(
        default_factory=dict, max_length=16, examples=[{"X-Scope-OrgID": "platform"}]
    )
    """Sent with every query: the tenant, for example `{X-Scope-OrgID: platform}` for Mimir."""
    query_parameters: Annotated[dict[str, str], AfterValidator(_parameters)] = Field(
        default_factory=dict, max_length=16, examples=[{"dedup": "true"}]
    )
    """Added to every query's URL, for example `{dedup: "true", partial_response: "false"}` for Thanos."""
    bearer_token_file: Path | None = None
    """The file with the token that is shown; not beside `basicAuth`."""
    basic_auth: BasicAuth | None = None
    """The user's name and password that are shown."""
    ca_file: Path | None = None
    """The authorities that its https certificate is checked against, a PEM file; the system's unless said otherwise."""
    client_certificate: ClientCertificate | None = None
    """The certificate that is shown to it."""
    namespace_label: Annotated[str, AfterValidator(_label)] | None = None
    """The label by which this source tells tenants apart, for example `namespace`: every selector of an SLA then reads
    the series of the SLA's own namespace alone."""
    allow_raw_indicators: bool = False
    """Whether SLAs may bring PromQL of their own (the indicator `raw`), which reads whatever this source has. Never
    with `namespaceLabel`."""

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
