"""What an SLA depends on: the SLAs without which it cannot keep its own promise."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.common import EntryName
from platform_contracts.api.rules import ListMap


class Dependency(ContractModel):
    """One SLA that has to be kept for this one to be kept."""

    namespace: EntryName = Field(examples=["platform"])
    """Namespace of the SLA, for example platform. Of another namespace's SLA something is said only where this one's
    namespace has a PlatformConsumer that its service lets in."""

    sla_name: EntryName = Field(examples=["database"])
    """Name of the SLA, for example database. Its objectives bound those of the same name here."""


Dependencies = Annotated[list[Dependency], ListMap(("namespace", "slaName"))]
