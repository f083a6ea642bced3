"""The status of a PlatformConsumer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.rules import ListMap
from platform_contracts.api.status import FeedbackStatus, SLAState, Status, Text


class ConsumerNamespaceStatus(ContractModel):
    """One namespace of the consumer."""

    name: Text
    """Name of the namespace."""

    uid: Text | None = None
    """UID of the namespace that the operator created: another namespace of the same name is not it."""

    state: Text | None = None
    """How it stands, in one CamelCase word."""

    message: Text | None = None
    """What is noteworthy, and what to do next."""


class ConsumerSLAStatus(ContractModel):
    """How the service's SLAs stand."""

    state: SLAState | None = None
    """The worst state among them: Breached, AtRisk, Unknown or Met."""

    budget: Text | None = None
    """What is left of the worst objective's error budget, in whole percent, for example 67%."""


class PlatformConsumerStatus(Status):
    """What the operator found and did. Conditions: Ready, Reconciling, Stalled, Approved, InSync."""

    plan: Text | None = None
    """The plan that is in force."""

    namespaces: Annotated[list[ConsumerNamespaceStatus], ListMap()] = Field(default_factory=list, max_length=64)
    """The consumer's namespaces."""

    summary: Text | None = None
    """The namespaces in a word, for the table."""

    requested_time: datetime | None = None
    """When the team asked."""

    approved_time: datetime | None = None
    """When the service let the team in."""

    ready_time: datetime | None = None
    """When the team first had everything that its plan gives."""

    sla: ConsumerSLAStatus | None = None
    """How the service's SLAs stand."""

    feedback: FeedbackStatus | None = None
    """Where to tell the platform team what one thinks."""
