"""Somebody of a team who answers by the link on its PlatformConsumer, as in a browser."""

from __future__ import annotations

from dataclasses import dataclass

from harness.form import open_link, send
from harness.kubectl import Kubectl

SURVEY = "satisfaction"


@dataclass(frozen=True)
class Voice:
    """One answer: by whose link, how satisfied on the scale of CSAT, and what for."""

    namespace: str
    consumer: str
    satisfaction: int
    comment: str = ""
    item: str = ""


def link(kubectl: Kubectl, namespace: str, consumer: str) -> str:
    """A consumer's link to the survey. Raises ValueError where its status shows none."""
    status = kubectl.get("pcon", consumer, "-n", namespace).get("status", {})
    for shown in status.get("feedback", {}).get("links", ()):
        if shown["name"] == SURVEY:
            return str(shown["url"])
    raise ValueError(f"PlatformConsumer {namespace}/{consumer} shows no link to the survey {SURVEY}")


def answer(kubectl: Kubectl, base_url: str, voice: Voice) -> int:
    """Open the link, fill the form in and send it; returns the page's status, 303 for thanks."""
    form = open_link(link(kubectl, voice.namespace, voice.consumer)).form
    said = {"score-satisfaction": str(voice.satisfaction), "comment": voice.comment, "item": voice.item}
    return send(base_url, form, said | ({"theme": "refunds"} if voice.comment else {})).status
