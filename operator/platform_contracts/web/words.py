"""Values in the words in which a page shows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from platform_contracts.kube.objects import parse_time

STATES = {"Met": "Met", "AtRisk": "At risk", "Breached": "Breached", "Unknown": "Not measured"}


def spaced(word: str) -> str:
    """A CamelCase word as people write it: `GeneralAvailability` is "General availability"."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f" {found[1].lower()}", word)


def day(value: date | datetime | str) -> str:
    """A day in UTC without its time, for example 12 Jun 2027."""
    moment = value if not isinstance(value, str) else parse_time(value) if "T" in value else date.fromisoformat(value)
    if isinstance(moment, datetime):
        moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%b %Y}"


def moment(value: datetime | str) -> str:
    """A time to the minute, in UTC, for example 12 Jun 2027, 14:05 UTC."""
    time = (parse_time(value) if isinstance(value, str) else value).astimezone(UTC)
    return f"{day(time)}, {time:%H:%M} UTC"


def plural(count: int, one: str, many: str | None = None) -> str:
    """A number with what it counts, for example 3 consumers."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def state_words(state: str) -> str:
    """A state of an SLA for people."""
    return STATES.get(state, spaced(state))


def link(query: Mapping[str, str]) -> str:
    """A link to the same page with these parameters, those left out that are empty."""
    given = {name: value for name, value in query.items() if value}
    return f"?{urlencode(given)}" if given else "?"


FILTERS: dict[str, Callable[..., Any]] = {
    "spaced": spaced,
    "state_words": state_words,
    "day": day,
    "moment": moment,
    "plural": plural,
    "link": link,
}
