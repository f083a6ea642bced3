"""The plan of one PlatformService."""

from __future__ import annotations

from platform_contracts.kube.plan import Plan
from platform_contracts.onboarding.inputs import ServiceInputs


def plan(inputs: ServiceInputs) -> Plan:
    """Which PlatformConsumers a service generates, and the whole of its status."""
    raise NotImplementedError
