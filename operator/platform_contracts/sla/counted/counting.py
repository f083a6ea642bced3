"""Which waits an objective is about."""

from __future__ import annotations

from collections.abc import Sequence

from platform_contracts.kube.objects import Object
from platform_contracts.sla.counted import waits
from platform_contracts.sla.counted.tally import Tally
from platform_contracts.sla.promise import Promise


def tally(promise: Promise, feedback: Sequence[Object], consumers: Sequence[Object]) -> Tally:
    """The waits of a promise that is counted, of the Feedback about its service or of its consumers.

    Needs a limit that is known.
    """
    response = promise.objective.indicator.support_response
    if response is None:
        return Tally.of(promise, waits.for_onboarding(consumers))
    return Tally.of(promise, waits.for_answers(feedback, response.severity))
