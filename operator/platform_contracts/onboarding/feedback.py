"""Where users tell what they think: a service's links, as every status shows them."""

from __future__ import annotations

from collections.abc import Sequence

from platform_contracts.api.links import url_problem
from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.config import Guardrails
from platform_contracts.kube.objects import Object


def problem(spec: PlatformServiceSpec, guardrails: Guardrails) -> str | None:
    """What is wrong with the first bad link of a service; None where all are good."""
    urls = [("spec.feedback.submitURL", spec.feedback.submit_url)]
    urls += [(f"spec.feedback.channels[{channel.name}].url", channel.url) for channel in spec.feedback.channels]
    urls += [(f"spec.links[{link.name}].url", link.url) for link in spec.links]
    for field, url in urls:
        found = url_problem(url, guardrails.allowed_url_hosts) if url else None
        if found:
            return f"{field} {found}"
    return None


def section(
    spec: PlatformServiceSpec | None, guardrails: Guardrails, answering: Sequence[Object] = ()
) -> Object | None:
    """status.feedback of a service and of everything that belongs to it: the good links; None where there is none.

    `answering` are the operator's own, by which one answers. A channel of the same name stands in the place of one.
    """
    if spec is None:
        return None
    feedback: Object = {}
    if spec.feedback.submit_url and not url_problem(spec.feedback.submit_url, guardrails.allowed_url_hosts):
        feedback["submitURL"] = spec.feedback.submit_url
    channels = [
        {"name": channel.name, "type": channel.type.value, "url": channel.url}
        for channel in spec.feedback.channels
        if not url_problem(channel.url, guardrails.allowed_url_hosts)
    ]
    links = {link["name"]: link for link in (*answering, *channels)}
    if links:
        feedback["links"] = [*links.values()]
    return feedback or None
