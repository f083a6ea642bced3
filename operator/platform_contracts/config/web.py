"""The page that the operator serves: where, and to whom without asking."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from platform_contracts.config.section import ConfigModel

_NAME = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"


def is_loopback(host: str) -> bool:
    """Whether a host's name or address stays on the machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _base_url(url: str) -> str:
    problem = (
        "must be an https URL without a path, or an http one on a loopback address, for example "
        "https://contracts.example.com"
    )
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(problem) from None
    if not host or not re.fullmatch(r"https?://[a-z0-9.:\[\]-]+/?", url):
        raise ValueError(problem)
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError(f"{problem}: over plain http a reader's token could be read on its way")
    # As browsers name it in an Origin, which has no port that goes without saying.
    return url.rstrip("/").removesuffix(":443" if parts.scheme == "https" else ":80")


def _service(service: str) -> str:
    if not re.fullmatch(rf"{_NAME}/({_NAME}|\*)", service):
        raise ValueError(
            f"{service!r} is no service; write namespace/name, for example platform/payments, or platform/* for all of "
            "a namespace"
        )
    return service


def _network(text: Any) -> Any:
    try:
        return ip_network(text)
    except ValueError:
        raise ValueError(f"{text!r} is no network; write for example 10.0.0.0/8, or 10.1.2.3 for one proxy") from None


class Web(ConfigModel):
    """The page: every service with its SLAs, consumers, satisfaction and roadmap, as far as the reader may see it."""

    enabled: bool = False
    """Whether it is served; `deploy/config.yaml` says so."""
    address: str = "0.0.0.0"
    """The address that is listened on; `::` is every one, of IPv4 as of IPv6."""
    port: int = Field(default=8090, ge=0, le=65535)
    """The port of the page."""
    base_url: Annotated[str, AfterValidator(_base_url)] = "http://localhost:8090"
    """How readers reach it: https, ended by an Ingress. The default is what `kubectl port-forward` gives."""
    public_services: list[Annotated[str, AfterValidator(_service)]] = Field(
        default_factory=list, max_length=1000, examples=[["platform/payments"]]
    )
    """Services that everybody may see who reaches the page, without their consumers' names and their owners' contacts,
    for example `[platform/payments]` or `[platform/*]`. Readers of all others show a token of the cluster."""
    signing_keys_file: Path | None = None
    """The file with the keys that sign the links by which users answer, one a line, the newest first: all of them are
    understood, and the first one signs. Without it no status shows such a link, and readers sign in anew after a
    restart of the operator."""
    trusted_proxies: list[Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]] = Field(
        default_factory=list, max_length=64, examples=[["10.0.0.0/8"]]
    )
    """The reverse proxies before the page, whose word about a client's address (X-Forwarded-For) is taken, for example
    `[10.0.0.0/8]`. Without it all who come through one are one client, who may send 20 forms and 120 bad tokens a
    minute."""
    session_seconds: int = Field(default=3600, ge=60, le=86400)
    """How long a reader stays signed in, unless the token ends before."""

    @property
    def secure(self) -> bool:
        """Whether readers come over https."""
        return self.base_url.startswith("https:")

    def is_public(self, namespace: str, name: str) -> bool:
        """Whether everybody may see the service."""
        return not {f"{namespace}/{name}", f"{namespace}/*"}.isdisjoint(self.public_services)
