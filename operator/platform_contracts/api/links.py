"""Users' URLs: copied into statuses and alerts, never fetched."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

_MAX_LENGTH = 2048


def url_problem(url: str, allowed_hosts: Collection[str]) -> str | None:
    """Why a URL is not passed on, without a full stop; None where it may be.

    `allowed_hosts` are the hosts that the administrator allows, in any case of letters; empty: any.
    """
    if len(url) > _MAX_LENGTH:
        return f"is longer than {_MAX_LENGTH} characters"
    if any(character.isspace() or not character.isprintable() for character in url):
        return "holds a space or a control character"
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if host is None or parts.scheme != "https":
        return "is no https URL; write for example https://feedback.example.com/payments"
    if "@" in parts.netloc:
        return "holds user information; leave out what stands before the @"
    if allowed_hosts and host not in {name.lower() for name in allowed_hosts}:
        return f"names the host {host}, and the administrator allows only {', '.join(allowed_hosts)}"
    return None
