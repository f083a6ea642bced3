"""What befalls contracts of every kind."""

from __future__ import annotations

from datetime import timedelta

from platform_contracts.controllers.carry_out import refused
from platform_contracts.engine.errors import RefusedError
from platform_contracts.kube.objects import Object
from tests.onboarding.world import START

HOUR = timedelta(hours=1)
UNREADABLE = "spec.owner is required, for example owner: {team: payments}."


def new(obj: Object) -> Object:
    """As the API server's defaults have it, before the operator has looked."""
    return {**obj, "status": {"observedGeneration": -1}}


def edited(obj: Object) -> Object:
    """After a change of the spec that the operator has not seen."""
    return {**obj, "metadata": {**obj["metadata"], "generation": obj["metadata"]["generation"] + 1}}


def write_refused(obj: Object) -> Object:
    """After the API server refused a write of its plan."""
    error = RefusedError(422, "Invalid", "names need a cost centre")
    return {**obj, "status": refused(obj["status"], obj, error, START)}
