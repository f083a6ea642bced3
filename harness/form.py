"""Somebody who answers by a link: opens the form, and sends it as a browser without JavaScript does."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

SECONDS = 40.0
TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """What the page answered."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def form(self) -> str:
        """The hidden field of the form that is shown. Raises ValueError where none is."""
        found = _Hidden()
        found.feed(self.text)
        if found.value is None:
            raise ValueError(f"no form is shown, but: {self.text[:400]}")
        return found.value


class _Hidden(HTMLParser):
    """Finds the hidden field."""

    def __init__(self) -> None:
        super().__init__()
        self.value: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden" and given.get("name") == "form":
            self.value = given.get("value")


class _Stay(urllib.request.HTTPRedirectHandler):
    """Leads nowhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_Stay)


def open_link(url: str, *, headers: Mapping[str, str] | None = None) -> Answer:
    """What a link shows, a redirection as it is. Raises OSError where nobody answers."""
    return _ask(urllib.request.Request(url, headers=dict(headers or {})))


def send(
    base_url: str, form: str, fields: Mapping[str, str | Sequence[str]], *, headers: Mapping[str, str] | None = None
) -> Answer:
    """Send a form with these fields; `headers` besides those of a browser. Raises OSError where nobody answers."""
    body = urllib.parse.urlencode({"form": form, **fields}, doseq=True).encode()
    sent = {"Origin": base_url, "Content-Type": TYPE, **(headers or {})}
    return _ask(urllib.request.Request(f"{base_url}/feedback", data=body, headers=sent, method="POST"))


def _ask(request: urllib.request.Request) -> Answer:
    try:
        with _opener.open(request, timeout=SECONDS) as answer:
            return _read(answer)
    except urllib.error.HTTPError as error:
        return _read(error)


def _read(answer: Any) -> Answer:
    return Answer(answer.status, answer.read().decode(), dict(answer.headers))
