"""Links to elsewhere as statuses have them: the operator wrote these, and left out what the administrator forbids."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from platform_contracts.config.web import is_loopback
from platform_contracts.kube.objects import Object
from platform_contracts.web.words import spaced


def leads(url: str | None) -> str | None:
    """The URL where a page may lead there: by https, or to the reader's own machine, where a port-forward shows this
    page's forms. A status may be older than the rule that asks for it."""
    try:
        parts = urlsplit(url or "")
        host = parts.hostname or ""
    except ValueError:
        return None
    return url if host and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))) else None


def channels(entries: Iterable[Object]) -> list[tuple[str, str, str]]:
    """Name, type and URL of each place where users answer."""
    return [(one["name"], spaced(one["type"]), one["url"]) for one in entries if leads(one["url"])]
