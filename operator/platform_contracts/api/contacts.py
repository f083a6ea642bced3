"""How a team is reached."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.common import EntryName, Line
from platform_contracts.api.rules import ListMap, Rule, matching


class ContactType(StrEnum):
    """How a contact is reached."""

    SLACK = "Slack"
    EMAIL = "Email"
    ON_CALL = "OnCall"
    WEB = "Web"


_HTTPS = r"https://[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?(:[0-9]{1,5})?([/?#][-A-Za-z0-9._~:/?#\[\]@!$&()*+,;=%]*)?"


def _contact(type_: ContactType, pattern: str, message: str) -> Rule:
    matches = matching(pattern)
    return Rule(
        f"self.?type.orValue('') != '{type_}' || !has(self.value) || self.value.matches(r'^(?:{pattern})$')",
        message,
        lambda contact: contact.type != type_ or matches(contact.value),
        field="value",
    )


class Contact(ContractModel):
    """A way to reach a team."""

    RULES = (
        _contact(
            ContactType.SLACK,
            rf"#[a-z0-9_-]{{1,80}}|{_HTTPS}",
            'value of a Slack contact must be a channel or an https URL, for example "#team-payments"',
        ),
        _contact(
            ContactType.EMAIL,
            r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?",
            "value of an Email contact must be an address, for example payments@example.com",
        ),
        _contact(
            ContactType.WEB, _HTTPS, "value of a Web contact must be an https URL, for example https://help.example.com"
        ),
    )

    name: EntryName = Field(examples=["chat"])
    """Name of the contact, for example chat."""

    type: ContactType = Field(examples=["Slack"])
    """How `value` is meant: Slack, Email, OnCall or Web."""

    value: Line = Field(examples=["#team-payments"], max_length=256)
    """A Slack channel ("#team-payments") or its https URL, an e-mail address, the name of an on-call schedule, or an
    https URL."""


ContactList = Annotated[list[Contact], ListMap()]
