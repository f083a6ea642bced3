"""Feedback as people write it and the API server stores it, and the service that it is about."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.kube.conditions import Condition
from platform_contracts.kube.kinds import FEEDBACK
from platform_contracts.kube.objects import Object, format_time, manifest
from platform_contracts.product import plan as planner
from platform_contracts.product.inputs import Assessed, Product, ProductInputs
from platform_contracts.product.voice import of_consumer

NOW = datetime(2027, 6, 1, 12, 0, tzinfo=UTC)
CREATED = datetime(2027, 1, 1, 9, 0, tzinfo=UTC)
TEAM_A = {"namespace": "team-a", "name": "payments"}


def spec(**fields: Any) -> PlatformServiceSpec:
    """The spec of a service."""
    return PlatformServiceSpec.model_validate({"owner": {"team": "payments"}, **fields})


@dataclass
class World:
    """One service and what is said about it."""

    now: datetime = NOW
    created: datetime = CREATED
    # The homes of consumers that are ready.
    homes: list[str] = field(default_factory=list)
    people: int | None = None
    feedback: list[Object] = field(default_factory=list)
    reports: list[Object] = field(default_factory=list)
    # status.assessment as it is.
    assessed: Object = field(default_factory=dict)
    # status.consumers.left as it is.
    left: list[Object] = field(default_factory=list)
    # The UIDs of consumers that are ready.
    using: list[str] = field(default_factory=list)
    # status.sla as it is about to be.
    sla: Object | None = None
    # What else an assessment depends on, by the names of Assessed.
    facts: dict[str, Any] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def say(self, *, days_ago: float = 0, **said: Any) -> Object:
        """Somebody says something, so many days ago."""
        number = next(self._numbers)
        body = {"serviceRef": {"name": "payments"}, "method": "Request", **said}
        obj = manifest(FEEDBACK, f"voice-{number}", "platform", spec=body)
        created = format_time(self.now - timedelta(days=days_ago))
        obj["metadata"] |= {"uid": f"uid-{number}", "generation": 1, "creationTimestamp": created}
        self.feedback.append(obj)
        return obj

    def answer(self, *values: int, question: str = "satisfaction", days_ago: float = 0, **said: Any) -> None:
        """So many people answer the survey `satisfaction`."""
        for value in values:
            scores = [{"question": question, "value": value}]
            self.say(days_ago=days_ago, **{"method": "Survey", "survey": "satisfaction", "scores": scores} | said)

    def plan(self, **fields: Any) -> Product:
        """What a service with these fields shows."""
        ready = len(self.using)
        consumers = {"summary": f"{ready}/{ready}", "ready": ready, "active": ready, "dormant": 0, "pending": 0}
        onboarded = {"consumers": consumers, **self.facts.get("onboarded", {})}
        facts = {
            "using": self.using,
            "present": self.using,
            "pressed": 0,
            "writes": True,
            "settled": True,
            "slas": [],
            "sla_reports": [],
            "assessed": self.assessed,
            "left": self.left,
        }
        return planner.plan(
            ProductInputs(
                namespace="platform",
                name="payments",
                uid="service-uid",
                spec=spec(**fields),
                created=self.created,
                feedback=self.feedback,
                consumers={of_consumer({"namespace": home, "name": "payments"}) for home in self.homes},
                people=self.people,
                sla=self.sla,
                reports=self.reports,
                assessment=Assessed(**{**facts, **self.facts, "onboarded": onboarded}),
                now=self.now,
            )
        )

    def report(self, **fields: Any) -> Object | None:
        """The report that is due of it, stored as the API server would; None where none is."""
        due = [applied.obj for applied in self.plan(**fields).applies]
        created = {"creationTimestamp": format_time(self.now)}
        self.reports += [{**obj, "metadata": {**obj["metadata"], **created}} for obj in due]
        return due[0] if due else None

    def section(self, name: str, **fields: Any) -> Object:
        """One section of that; {} where it is not there."""
        return dict(self.plan(**fields).sections.get(name, {}))

    def condition(self, type_: str, **fields: Any) -> Condition:
        """One condition of that."""
        (found,) = [condition for condition in self.plan(**fields).conditions if condition.type == type_]
        return found
