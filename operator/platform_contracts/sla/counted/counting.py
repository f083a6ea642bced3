"""Which waits an objective is about, and by which limit each of them is settled."""

from __future__ import annotations

from collections.abc import Iterator

from platform_contracts.api.indicators import Indicator
from platform_contracts.kube.objects import Object, uid
from platform_contracts.sla import periods, terms, windows
from platform_contracts.sla.counted import limits, waits
from platform_contracts.sla.counted.tally import Since, Tally
from platform_contracts.sla.counted.waits import Wait
from platform_contracts.sla.inputs import SLAInputs
from platform_contracts.sla.promise import Promise


def counts(inputs: SLAInputs) -> bool:
    """Whether anything is counted from objects: nothing for a service that is not there, or does not count."""
    return inputs.service is not None and inputs.provider


def complete(inputs: SLAInputs) -> bool:
    """Whether all that is counted from objects may stand in a report, which nobody corrects."""
    return not _counted(inputs) or (counts(inputs) and not unread(inputs))


def unread(inputs: SLAInputs) -> list[Object]:
    """The objects that are counted and have yet to say on their statuses how long somebody waited."""
    if inputs.spec is None:
        return []
    start = windows.start(inputs.spec, inputs.sla)
    waits = [wait for one in _counted(inputs) for wait in _waits(one, inputs) if wait.since >= start]
    return list({uid(wait.unread): wait.unread for wait in waits if wait.unread is not None}.values())


def tally(promise: Promise, inputs: SLAInputs) -> Tally:
    """The waits of a promise that is counted, of the Feedback about its service or of its consumers.

    Needs a limit that is known.
    """
    return Tally.of(promise, _waits(promise.objective.indicator, inputs), _limits(promise, inputs))


def _counted(inputs: SLAInputs) -> list[Indicator]:
    return [one.indicator for one in inputs.spec.objectives if one.indicator.counted] if inputs.spec else []


def _waits(indicator: Indicator, inputs: SLAInputs) -> Iterator[Wait]:
    response = indicator.support_response
    if response is None:
        return waits.for_onboarding(inputs.consumers)
    return waits.for_answers(inputs.feedback_given, response.severity)


def _limits(promise: Promise, inputs: SLAInputs) -> list[Since]:
    """The limits by which waits are settled that began since: each by the terms of the period in which it began, so
    that a changed limit counts none twice and loses none."""
    assert promise.limit is not None  # or there is nothing to go by
    calendar, spec = promise.calendar, inputs.spec
    if calendar is None or spec is None:
        return [Since(promise.start, promise.limit)]
    kept = inputs.kept_terms
    found = []
    for period in (*periods.before(calendar, most=terms.KEPT - 1), calendar.running):
        force = terms.in_force(spec, period.name, kept)["limits"].get(promise.objective.name)
        known = limits.read(force) if force is not None else None
        found.append(Since(period.start, known or promise.limit))
    return found
