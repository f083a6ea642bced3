"""What users say about a hundred services in a year: what it costs to sum it up, and how long a status gets.

Planned as the operator plans it, without an API server: what is measured is the arithmetic alone.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.kube.kinds import FEEDBACK, PLATFORM_SERVICE
from platform_contracts.kube.objects import Object, format_time, manifest
from platform_contracts.onboarding import service as onboarding
from platform_contracts.onboarding.inputs import ServiceInputs
from platform_contracts.product import plan as product
from platform_contracts.product import voice
from platform_contracts.product.inputs import Assessed, ProductInputs

SERVICES, ANSWERS = 100, 20_000
MOST_SECONDS, MOST_BYTES = 2.0, 16 * 1024
_NOW = datetime(2027, 6, 1, 12, tzinfo=UTC)
_CREATED = _NOW - timedelta(days=365)
_THEMES = [f"theme-{number}" for number in range(40)]


class Voices(NamedTuple):
    """What it took."""

    cpu_seconds: float
    # The largest status of a service, as JSON.
    status_bytes: int
    answers: int

    @property
    def checks(self) -> list[tuple[str, bool]]:
        """Each target in words, and whether it is reached."""
        return [
            (
                f"{self.answers} answers about {SERVICES} services summed up in {self.cpu_seconds:.2f} s of CPU "
                f"(at most {MOST_SECONDS:.0f})",
                self.cpu_seconds <= MOST_SECONDS,
            ),
            (
                f"the largest status of a service is {self.status_bytes} bytes long (at most {MOST_BYTES})",
                self.status_bytes <= MOST_BYTES,
            ),
        ]


def measure() -> Voices:
    """Plan every service once: its status, and the report that is due."""
    services = list(_services())
    started = time.process_time()
    statuses = [_plan(inputs) for inputs in services]
    spent = time.process_time() - started
    longest = max(len(json.dumps(status, separators=(",", ":"))) for status in statuses)
    return Voices(spent, longest, sum(len(inputs.feedback) for inputs in services))


def _plan(inputs: ProductInputs) -> Object | None:
    told = product.plan(inputs)
    # The second time there is a report, and the status tells of it.
    created = {"creationTimestamp": format_time(_NOW)}
    reports = [{**one.obj, "metadata": {**one.obj["metadata"], **created}} for one in told.applies]
    told = product.plan(replace(inputs, reports=reports))
    metadata = {"name": inputs.name, "namespace": inputs.namespace, "uid": inputs.uid, "generation": 1}
    service = {**manifest(PLATFORM_SERVICE, inputs.name, inputs.namespace), "metadata": metadata}
    return onboarding.plan(
        ServiceInputs(
            service=service,
            spec=inputs.spec,
            provider=True,
            consumers=[],
            sections=told.sections,
            conditions=told.conditions,
            now=inputs.now,
        )
    ).status


def _services() -> Iterator[ProductInputs]:
    """Services that ask, are told and promise as much as the schema lets them."""
    chance = random.Random(20)  # the same numbers each time
    consumers: Object = {"summary": "9/20", "ready": 9, "active": 6, "dormant": 3, "adoptionPercent": 45}
    onboarded: dict[str, Object] = {
        "consumers": {**consumers, "pending": 1, "oldestPendingTime": "2027-05-01T00:00:00Z"},
        "onboarding": {"leadTimeP90Seconds": 200_000},
        "usage": {"quotaUsedPercent": 95},
        "drift": {"corrected24h": 9, "lastObject": "ResourceQuota"},
    }
    objective = {"state": "Breached", "sli": "99.4100", "target": "99.9", "window": "30d"}
    objectives = [{**objective, "name": _long(f"objective-{number}")} for number in range(20)]
    for number in range(SERVICES):
        name = f"service-{number}"
        spec = PlatformServiceSpec.model_validate(_spec(chance))
        yield ProductInputs(
            namespace="platform",
            name=name,
            uid=f"uid-{number}",
            spec=spec,
            created=_CREATED,
            feedback=[_voice(chance, name, index) for index in range(ANSWERS // SERVICES)],
            consumers={voice.of_consumer({"namespace": f"team-{one}", "name": "payments"}) for one in range(1, 10)},
            people=90,
            assessment=Assessed(
                using=(),
                present=(),
                pressed=0,
                onboarded=onboarded,
                writes=True,
                settled=True,
                slas=[{"metadata": {"name": name}, "status": {"objectives": objectives}}],
                sla_reports=(),
                assessed={},
                left=(),
            ),
            now=_NOW,
        )


def _spec(chance: random.Random) -> dict[str, Any]:
    days = [f"2027-{month:02d}-10" for month in range(1, 13)]
    items = [
        {
            "name": _long(f"item-{number}"),
            "state": chance.choice(["Proposed", "Planned", "InProgress"]),
            "targetDate": chance.choice(days),
            "themes": chance.sample(_THEMES, 2),
            "rice": {"impact": "High", "confidencePercent": 80, "effortMonths": "1.5"},
        }
        for number in range(24)
    ]
    names = ("satisfaction", "speed", "documentation", "support")
    return {
        "owner": {"team": "platform"},
        "feedback": {
            "acknowledgeWithinDays": 14,
            "retentionDays": 365,
            "surveys": [{"name": name, "instrument": "CSAT", "target": "90", "periodDays": 180} for name in names],
            "submitURL": _url("feedback"),
            "channels": [
                {"name": f"channel-{number}", "type": "FeatureBoard", "url": _url(f"board-{number}")}
                for number in range(8)
            ],
        },
        "roadmap": {
            "prioritization": "RICE",
            "reviewPeriodDays": 30,
            "reviewedDate": "2027-01-01",
            "items": items,
        },
        "assessment": {
            "aspects": [
                {"name": aspect, "level": 1, "targetLevel": 4, "assessedDate": "2027-01-01"}
                for aspect in ("Investment", "Adoption", "Interfaces", "Operations", "Measurement")
            ]
        },
    }


def _url(name: str) -> str:
    """A URL that is as long as one may be that shows on a status."""
    return f"https://{name}.example.com/".ljust(512, "x")


def _voice(chance: random.Random, service: str, index: int) -> Object:
    said: Object = {"serviceRef": {"name": service}, "themes": chance.sample(_THEMES[:24], 2), "comment": "x" * 200}
    if index % 2:
        survey = chance.choice(["satisfaction", "speed", "documentation", "support"])
        scores = [{"question": "satisfaction", "value": chance.randint(1, 5)}]
        said |= {"method": "Survey", "survey": survey, "scores": scores}
    else:
        team = {"namespace": f"team-{chance.randint(1, 20)}", "name": "payments"}
        said |= {"method": "Request", "consumerRef": team}
    obj = manifest(FEEDBACK, f"{service}-{index}", "platform", spec=said)
    created = format_time(_NOW - timedelta(seconds=chance.randint(0, 365 * 86400)))
    obj["metadata"] |= {"uid": f"{service}-{index}", "generation": 1, "creationTimestamp": created}
    return obj


def _long(name: str) -> str:
    return name.ljust(63, "x")
