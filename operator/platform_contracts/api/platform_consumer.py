"""PlatformConsumer: one team's onboarding on one plan."""

from __future__ import annotations

from pydantic import Field

from platform_contracts.api.base import ContractModel
from platform_contracts.api.common import EntryName, NamespacedRef
from platform_contracts.api.platform_service import Member


class ConsumerNamespace(ContractModel):
    name: EntryName
    environment: EntryName | None = None


class PlatformConsumerSpec(ContractModel):
    service_ref: NamespacedRef
    plan_name: EntryName
    team: EntryName | None = None
    members: list[Member] = Field(default_factory=list, max_length=64)
    namespaces: list[ConsumerNamespace] = Field(default_factory=list, max_length=1)
