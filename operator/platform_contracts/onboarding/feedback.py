"""Where users tell what they think: a service's links, as every status shows them."""

from __future__ import annotations

from urllib.parse import urlsplit

from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.config import Guardrails
from platform_contracts.kube.objects import Object

_MAX_LENGTH = 2048


def url_problem(url: str, guardrails: Guardrails) -> str | None:
    """Why a link is not shown, without a full stop. URLs are copied, never fetched."""
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
    allowed = guardrails.allowed_url_hosts
    if allowed and host not in {name.lower() for name in allowed}:
        return f"names the host {host}, and the administrator allows {', '.join(allowed)}"
    return None


def problem(spec: PlatformServiceSpec, guardrails: Guardrails) -> str | None:
    """What is wrong with the first bad link of spec.feedback; None where all are good."""
    urls = [("spec.feedback.submitURL", spec.feedback.submit_url)]
    urls += [(f"spec.feedback.channels[{channel.name}].url", channel.url) for channel in spec.feedback.channels]
    for field, url in urls:
        found = url_problem(url, guardrails) if url else None
        if found:
            return f"{field} {found}"
    return None


def section(spec: PlatformServiceSpec | None, guardrails: Guardrails) -> Object | None:
    """status.feedback of a service and of everything that belongs to it: the good links; None where there is none."""
    if spec is None:
        return None
    feedback: Object = {}
    if spec.feedback.submit_url and not url_problem(spec.feedback.submit_url, guardrails):
        feedback["submitURL"] = spec.feedback.submit_url
    links = [
        {"name": channel.name, "type": channel.type.value, "url": channel.url}
        for channel in spec.feedback.channels
        if not url_problem(channel.url, guardrails)
    ]
    if links:
        feedback["links"] = links
    return feedback or None
