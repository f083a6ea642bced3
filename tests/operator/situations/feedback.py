"""Situations of a Feedback."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from platform_contracts.api.feedback import FeedbackSpec
from platform_contracts.kube.objects import Object
from platform_contracts.product import answers
from platform_contracts.product.inputs import FeedbackInputs
from tests.onboarding.world import START
from tests.operator.situations.common import edited, new
from tests.product.world import World, spec

REQUEST = {"comment": "Refunds take a day", "roadmapItem": "refunds"}
SCORES = [{"question": "satisfaction", "value": 4}]
ANSWER = {"method": "Survey", "survey": "satisfaction", "scores": SCORES}


def feedback(item: str = "Proposed", *, changes: dict[str, Any] | None = None, **said: Any) -> Object:
    """What somebody says of a service with one survey, and with one item on its roadmap, in this state."""
    service = spec(
        feedback={"surveys": [{"name": "satisfaction", "instrument": "CSAT"}]},
        roadmap={"items": [{"name": "refunds", "state": item, "shippedDate": "2027-02-01"}]},
    )
    live = World(now=START).say(**(said or REQUEST))
    given = FeedbackInputs(
        feedback=live, spec=FeedbackSpec.model_validate(live["spec"]), service=service, provider=True, now=START
    )
    return {**live, "status": answers.plan(replace(given, **(changes or {}))).status}


def triaged(state: str, **triage: Any) -> Object:
    """A request that the platform team has answered."""
    return feedback(comment="Refunds take a day", triage={"state": state, **triage})


SITUATIONS: dict[str, Callable[[], Object]] = {
    "it was just created": lambda: new(feedback()),
    "it was just answered": lambda: edited(feedback()),
    "nobody has answered": feedback,
    "it is a bare score": lambda: feedback(**ANSWER),
    "it is acknowledged": lambda: triaged("Acknowledged"),
    "its item is planned": lambda: feedback("Planned"),
    "its item is in progress": lambda: feedback("InProgress"),
    "its item is shipped": lambda: feedback("Shipped"),
    "it is declined": lambda: triaged("Declined"),
    "its spec cannot be read": lambda: feedback(changes={"spec": None, "invalid": "spec.comment is required."}),
    "its namespace is no provider's": lambda: feedback(changes={"provider": False}),
    "its service does not exist": lambda: feedback(changes={"service": None}),
    "its service has no such survey": lambda: feedback(**{**ANSWER, "survey": "joy"}),
    "its survey asks for something else": lambda: feedback(**{**ANSWER, "scores": [{"question": "joy", "value": 4}]}),
    "its survey has no such question yet": lambda: feedback(**ANSWER, questionVersion=2),
    "the answer names an item that does not exist": lambda: triaged("Planned", roadmapItem="pony"),
}
