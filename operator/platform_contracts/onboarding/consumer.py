"""The plan of one PlatformConsumer."""

from __future__ import annotations

from collections.abc import Mapping

from platform_contracts.kube.plan import Plan
from platform_contracts.onboarding.inputs import ConsumerInputs, Offboarding


def claimed_namespace(consumer: Mapping[str, object]) -> str:
    """The name of the namespace that a PlatformConsumer asks for: spec.namespaces[0].name or `<home>-<name>`."""
    raise NotImplementedError


def plan(inputs: ConsumerInputs) -> Plan:
    """What a PlatformConsumer's namespace, its children and its status should be."""
    raise NotImplementedError


def plan_offboarding(inputs: ConsumerInputs, claims: Mapping[str, int]) -> Offboarding:
    """What to do for a PlatformConsumer that is being deleted.

    `claims` is the number of PersistentVolumeClaims by namespace, from a live look; a namespace that is not in it
    has not been looked at and is never deleted.
    """
    raise NotImplementedError
