"""How long a wait may last: so many seconds, around the clock or of the hours at which people answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from platform_contracts.api.calendar import time_zone
from platform_contracts.api.objective import Objective
from platform_contracts.api.sla import SLASpec
from platform_contracts.api.support import Opening
from platform_contracts.kube.objects import Object
from platform_contracts.sla.counted.hours import Hours


class Limit(NamedTuple):
    """So many seconds, of these hours where there are any."""

    seconds: int
    hours: Hours | None = None


def offered(spec: SLASpec, objective: Objective) -> Object | None:
    """The limit that a spec offers, as it is kept with the terms of a period; None where nothing is waited for.

    `of` is what is waited for: another thing has another limit, whatever a period began with.
    """
    lead_time, response = objective.indicator.onboarding_lead_time, objective.indicator.support_response
    if lead_time is not None:
        return {"of": "onboarding", "seconds": lead_time.seconds}
    if response is None or spec.support is None:
        return None
    target = spec.response_target(response.severity)
    assert target is not None  # the schema sees to it
    hours = [opening.model_dump(mode="json", by_alias=True) for opening in spec.support.hours]
    within = {"hours": hours, "timeZone": spec.support.time_zone} if hours else {}
    return {"of": response.severity.value, "seconds": 60 * target.minutes, **within}


def read(kept: Mapping[str, Any]) -> Limit | None:
    """The limit that was kept, None where its time zone is unknown. Raises ValueError, KeyError or TypeError where it
    is none."""
    seconds = int(kept["seconds"])
    if "hours" not in kept:
        return Limit(seconds)
    zone = time_zone(str(kept["timeZone"]))
    openings = [Opening.model_validate(opening) for opening in kept["hours"]]
    return Limit(seconds, Hours.of(openings, zone)) if zone is not None else None
