"""Types used by more than one kind."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from platform_contracts.api.base import ContractModel
from platform_contracts.api.rules import VALIDATIONS, Rule, distinct, matches

DNS_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
DNS_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"

# Units of lengths of time, in seconds.
UNIT_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}

# Where a rule bounds a length, the schema's own bound is wider: its message would show no example.

# Names end up in names of objects and in label values, so all of them are DNS labels.
EntryName = Annotated[
    str,
    Field(max_length=253),
    matches(
        DNS_LABEL,
        "must be a DNS label: at most 63 lower-case letters, digits and dashes, starting and ending with a letter "
        "or digit, for example payments-api",
    ),
]

# User-supplied URLs: copied, never fetched. The pattern has no place for user info, spaces or control characters.
HttpsURL = Annotated[
    str,
    Field(max_length=2048),
    matches(
        r"https://[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?)*"
        r"(:[0-9]{1,5})?"
        r"([/?#][-A-Za-z0-9._~:/?#\[\]@!$&\x27()*+,;=%]*)?",
        "must be an https URL with a host and without user name, password or spaces, "
        "for example https://docs.example.com/payments",
    ),
]

# Text for people on one line.
Line = Annotated[
    str,
    matches(
        r"[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*", "must be one line of text, for example Payments API"
    ),
]

# A team's name, for people.
Team = Annotated[
    str,
    Field(max_length=253),
    matches(
        r"[^\x00-\x20\x7f]([^\x00-\x1f\x7f]{0,61}[^\x00-\x20\x7f])?",
        "must be the name of a team on one line, at most 63 characters and without spaces around it, "
        "for example payments",
    ),
]

DATE = (
    r"20[0-9]{2}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
    r"|20([02468][048]|[13579][26])-02-29"
)
TIME = rf"({DATE})T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])"
_DATE = matches(DATE, "must be a date as RFC 3339 has it, for example 2027-03-31")
_TIME = matches(
    TIME,
    "must be a time with date and zone as RFC 3339 has it, for example 2027-03-31T00:00:00Z",
)


def seconds(length: str) -> int:
    """`5m`, `12h`, `30d` or `4w` in seconds."""
    return int(length[:-1]) * UNIT_SECONDS[length[-1]]


def _parse_time(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        _TIME.enforce(value)
        return datetime.fromisoformat(value)
    raise ValueError("must be a string")


# A point in time. Plain `format: date-time` would be refused by the API server with a message without an example.
Timestamp = Annotated[
    datetime,
    BeforeValidator(_parse_time),
    WithJsonSchema({"type": "string", "maxLength": 64, VALIDATIONS: [_TIME.validation()]}),
]


def _parse_date(value: Any) -> Any:
    if isinstance(value, str):
        _DATE.enforce(value)
        return date.fromisoformat(value)
    raise ValueError("must be a string")


# A day in UTC.
Day = Annotated[
    date,
    BeforeValidator(_parse_date),
    WithJsonSchema({"type": "string", "maxLength": 64, VALIDATIONS: [_DATE.validation()]}),
]

# What requests are about, in words that they share.
Themes = Annotated[list[EntryName], Field(max_length=4), distinct("[refunds, documentation]")]


class LocalRef(ContractModel):
    """An object in the same namespace."""

    name: EntryName = Field(examples=["payments"])
    """Name of the object, for example payments."""


class NamespacedRef(ContractModel):
    """An object in a named namespace."""

    namespace: EntryName = Field(examples=["platform"])
    """Namespace of the object, for example platform."""

    name: EntryName = Field(examples=["payments"])
    """Name of the object, for example payments."""


def immutable(field: str, advice: str) -> Rule:
    """A rule that a field keeps the value that it was created with; `advice` says what to do instead."""
    return Rule("self == oldSelf", f"{field} cannot be changed after creation: {advice}", reason="FieldValueForbidden")
