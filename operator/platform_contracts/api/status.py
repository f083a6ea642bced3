"""What the statuses of all kinds share. Planners write plain dicts; these models are their schema.

Bounds are loose on purpose: a status must never be refused.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.rules import ListMap

Text = Annotated[str, Field(max_length=2048)]
# A number as text with fixed decimals, signed where it may be negative.
Decimal = Annotated[str, Field(max_length=32)]
Count = Annotated[int, Field(ge=0, json_schema_extra={"format": "int64"})]


class ConditionStatus(StrEnum):
    """Whether a condition holds."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class StatusCondition(ContractModel):
    """One aspect of the state, as `metav1.Condition` has it."""

    type: Annotated[str, Field(max_length=316)]
    """What the condition is about, for example Ready."""

    status: ConditionStatus
    """Whether it holds: True, False or Unknown."""

    observed_generation: Annotated[int, Field(ge=0, json_schema_extra={"format": "int64"})] | None = None
    """The generation of the spec that the condition was found for."""

    last_transition_time: datetime
    """When `status` last changed."""

    reason: Annotated[str, Field(min_length=1, max_length=1024)]
    """Why, in one CamelCase word for programs."""

    message: Annotated[str, Field(max_length=32768)]
    """What happened, why and what to do next, in one sentence for people."""


class Status(ContractModel):
    """What every status has."""

    observed_generation: Annotated[int, Field(json_schema_extra={"format": "int64"})] = -1
    """The generation of the spec that this status is about; -1 before the operator first looked."""

    conditions: Annotated[list[StatusCondition], ListMap(("type",))] = Field(default_factory=list, max_length=32)
    """What is so and why, one condition a type; `kubectl wait --for=condition=Ready` waits for one."""


class DriftStatus(ContractModel):
    """What somebody else changed or deleted and the operator set right."""

    corrected_24h: Count | None = Field(default=None, alias="corrected24h")
    """How many corrections there were in the last 24 hours, for example 3."""

    last_corrected_time: datetime | None = None
    """When the last correction was made."""

    last_object: Text | None = None
    """What was corrected last."""


class SLAState(StrEnum):
    """How measured figures stand to what was promised."""

    MET = "Met"
    AT_RISK = "AtRisk"
    BREACHED = "Breached"
    UNKNOWN = "Unknown"


class FeedbackLink(ContractModel):
    """A place to give feedback in."""

    name: Text
    """Name of the survey, `request` for the place where one asks for something, or name of the channel."""

    type: Text
    """How feedback is given there: Survey and Request are forms of the operator, by a link that is signed and ends."""

    url: Text
    """Where it is. Whoever has the link of a form may answer; on a PlatformConsumer that is in the team's name."""


class FeedbackStatus(ContractModel):
    """Where to tell the platform team what one thinks."""

    submit_url: Text | None = Field(default=None, alias="submitURL")
    """The first place to go, an https URL: `spec.feedback.submitURL` of the service."""

    links: Annotated[list[FeedbackLink], ListMap()] = Field(default_factory=list, max_length=16)
    """Further places: a form for each survey and for requests where the operator's page is served, and the service's
    channels."""
