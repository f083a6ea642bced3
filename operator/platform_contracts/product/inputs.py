"""What the planners of the product are given and give back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from platform_contracts.api.feedback import FeedbackSpec
from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.kube.conditions import Condition
from platform_contracts.kube.objects import Object


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductInputs:
    """Everything that a service's sections about its users and its roadmap depend on."""

    namespace: str
    spec: PlatformServiceSpec
    # When the service was created: its surveys are asked from then on.
    created: datetime
    # Every Feedback that names the service.
    feedback: Sequence[Object]
    # How many consumers are ready.
    consumers: int
    # How many people are in their teams; None where one of them does not say.
    people: int | None = None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Parts of a service's status: sections by name, conditions, and when time alone changes one of them."""

    sections: Mapping[str, Object] = field(default_factory=dict)
    conditions: Sequence[Condition] = ()
    requeue_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackInputs:
    """Everything that one Feedback's plan depends on."""

    feedback: Object
    # None together with `invalid`, the reason in one sentence, where the spec cannot be read.
    spec: FeedbackSpec | None
    invalid: str | None = None
    # The spec of the PlatformService that spec.serviceRef names; None: there is none, or it cannot be read.
    service: PlatformServiceSpec | None
    # Whether an administrator labelled the namespace as a provider's.
    provider: bool
    now: datetime
