"""Which waits an objective is about, and how long each may last."""

from __future__ import annotations

from collections.abc import Sequence

from platform_contracts.api.calendar import time_zone
from platform_contracts.api.sla import SLASpec
from platform_contracts.api.support import Severity
from platform_contracts.kube.objects import Object
from platform_contracts.sla.counted import waits
from platform_contracts.sla.counted.hours import Hours
from platform_contracts.sla.counted.tally import Limit, Tally
from platform_contracts.sla.promise import Promise


def tally(promise: Promise, spec: SLASpec, feedback: Sequence[Object], consumers: Sequence[Object]) -> Tally:
    """The waits of a promise that is counted, of the Feedback about its service or of its consumers.

    Needs a time zone that is known.
    """
    lead_time, response = (
        promise.objective.indicator.onboarding_lead_time,
        promise.objective.indicator.support_response,
    )
    if lead_time is not None:
        return Tally.of(promise, waits.for_onboarding(consumers), Limit(lead_time.seconds))
    assert response is not None  # or it would not be counted
    return Tally.of(promise, waits.for_answers(feedback, response.severity), _limit(spec, response.severity))


def _limit(spec: SLASpec, severity: Severity) -> Limit:
    target = spec.response_target(severity)
    assert target is not None  # the schema sees to it
    assert spec.support is not None
    zone = time_zone(spec.support.time_zone) if spec.support.time_zone else None
    return Limit(60 * target.minutes, Hours.of(spec.support.hours, zone) if zone else None)
