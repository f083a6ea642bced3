"""The copies of an SLA's numbers on the service and on its consumers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from platform_contracts.kube.conditions import Condition
from platform_contracts.kube.objects import Object


def service_sla(slas: Iterable[Object], previous: Mapping[str, Any] | None) -> tuple[Object, Condition]:
    """`status.sla` and the SLAMet condition of a PlatformService.

    `slas` are the live SLAs that refer to it, `previous` its present `status.sla`.
    """
    raise NotImplementedError


def consumer_sla(service_sla: Mapping[str, Any] | None) -> Object | None:
    """`status.sla` of a PlatformConsumer from the `status.sla` of its service: {state, budget}, or None."""
    raise NotImplementedError
