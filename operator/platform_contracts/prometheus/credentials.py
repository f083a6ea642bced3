"""By what the operator is known to a data source, and what it trusts there: files that may change at any time."""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platform_contracts.config.data_source import DataSource

# What HTTP allows in a bearer token (RFC 6750).
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


class UnusableFileError(Exception):
    """A file of a data source is missing or does not hold what it should; the message names the setting alone."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the files held when they were read: `headers` to send, and all that TLS is made from."""

    headers: Mapping[str, str]
    tls: tuple[bytes, ...]


def read(source: DataSource) -> Credentials:
    """The credentials as the files have them now. Raises UnusableFileError."""
    held = {setting: _read(setting, path) for setting, path in source.files()}
    headers: dict[str, str] = {}
    if "bearerTokenFile" in held:
        token = held.pop("bearerTokenFile").decode(errors="replace").strip()
        if not _TOKEN.fullmatch(token):
            raise UnusableFileError("the data source's bearerTokenFile holds no token")
        headers["Authorization"] = f"Bearer {token}"
    if source.basic_auth is not None:
        # An editor ends a file with a line break, which is no part of a password.
        password = held.pop("basicAuth.passwordFile").rstrip(b"\r\n")
        pair = base64.b64encode(source.basic_auth.username.encode() + b":" + password)
        headers["Authorization"] = f"Basic {pair.decode()}"
    return Credentials(headers, tuple(held.values()))


def context(source: DataSource, held: Credentials) -> ssl.SSLContext | None:
    """TLS as the data source's files say; None where it has none: the system's own. Raises UnusableFileError."""
    if not held.tls:
        return None
    try:
        made = ssl.create_default_context(cadata=held.tls[0].decode() if source.ca_file is not None else None)
    except (ssl.SSLError, ValueError):
        raise UnusableFileError("the data source's caFile holds no certificate (PEM)") from None
    if source.client_certificate is not None:
        shown = source.client_certificate
        try:
            # No password: an encrypted key would ask for it on a terminal.
            made.load_cert_chain(shown.certificate_file, shown.key_file, password="")
        except (OSError, ValueError):
            raise UnusableFileError(
                "the data source's clientCertificate is no certificate with its unencrypted key (PEM)"
            ) from None
    return made


def _read(setting: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise UnusableFileError(f"the data source's {setting} cannot be read") from None
