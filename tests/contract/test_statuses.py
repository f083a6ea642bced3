"""What planners write as a status is in the schema: the API server stores it to the last bit."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platform_contracts.api.assessment import ServiceAssessmentStatus
from platform_contracts.api.contracts import CONTRACTS
from platform_contracts.api.feedback import FeedbackSpec
from platform_contracts.api.maintenance_window import MaintenanceWindowSpec
from platform_contracts.api.schedule import Interval
from platform_contracts.api.service_status import ServiceRoadmapStatus
from platform_contracts.kube.kinds import (
    FEEDBACK,
    MAINTENANCE_WINDOW,
    PLATFORM_CONSUMER,
    PLATFORM_SERVICE,
    SLA,
    SLA_REPORT,
    Kind,
)
from platform_contracts.onboarding import consumer as consumer_planner
from platform_contracts.onboarding import maintenance
from platform_contracts.onboarding.inputs import WindowInputs
from platform_contracts.product import answers
from platform_contracts.product.inputs import FeedbackInputs
from platform_contracts.sla import plan as sla_plan
from platform_contracts.sla import rollup
from platform_contracts.sla.exclusions import exclusion
from platform_contracts.sla.exclusions.exclusion import Exclusion
from platform_contracts.sla.exclusions.planned import Planned
from tests.conftest import unique_name
from tests.contract.conftest import Server
from tests.onboarding.world import World
from tests.product import world as product_world
from tests.sla import closed as report_world
from tests.sla import world as sla_world
from tests.sla.closed import NOVEMBER

LINKS = {
    "submitURL": "https://feedback.example.com/payments",
    "channels": [{"name": "board", "type": "FeatureBoard", "url": "https://board.example.com/payments"}],
}
CLOSED = {
    "period": "2026-10",
    "endTime": "2026-10-31T23:00:00Z",
    "verdict": "Breached",
    "objective": "availability",
    "sli": "99.5000",
    "target": "99.9",
    "creditPercent": 10,
    "report": "payments-2026-10-r1",
}
SHOWN = {"submitURL": LINKS["submitURL"], "links": LINKS["channels"]}


def consumers() -> Iterator[tuple[str, Kind, dict[str, Any]]]:
    """Consumers that are ready, refused, and without their service."""
    world = World()
    world.service(feedback=LINKS)
    yield "ready", PLATFORM_CONSUMER, world.settle(world.consumer())
    yield "without-plan", PLATFORM_CONSUMER, world.settle(world.consumer(home="team-b", planName="large"))
    lonely = {"namespace": "platform", "name": "missing"}
    yield "without-service", PLATFORM_CONSUMER, world.settle(world.consumer(home="team-c", serviceRef=lonely))


def services() -> Iterator[tuple[str, Kind, dict[str, Any]]]:
    """Services with consumers and SLAs, and without."""
    world = World()
    service = world.service(
        feedback=LINKS,
        adoption={"targetTeams": 20},
        consumers=[{"name": "team-a", "team": "team-a", "planName": "small"}],
    )
    world.consumer(home="team-b")
    ((_, _, sla),) = (case for case in slas() if case[0] == "breached")
    copied, condition = rollup.service_sla([sla], None)
    world.settle_service(service)
    world.carry_out(service, world.plan_service(service, sla=copied, sla_condition=condition))
    yield "with-everything", PLATFORM_SERVICE, world.get(PLATFORM_SERVICE, "platform", "payments")
    bare = World()
    yield "bare", PLATFORM_SERVICE, bare.settle_service(bare.service())


def slas() -> Iterator[tuple[str, Kind, dict[str, Any]]]:
    """SLAs before any data, and with numbers that are good and bad."""
    given = sla_world.inputs(feedback=SHOWN)
    past = Exclusion("upgrade", sla_world.NOW - timedelta(days=2), sla_world.NOW - timedelta(days=1), False)
    excluding = replace(given, measurements=sla_world.measured(given))
    excluding = sla_world.with_status(excluding, {"exclusions": exclusion.render([past])})
    for name, answered in (
        ("unmeasured", given),
        ("met", sla_world.inputs(feedback=SHOWN, measurements=sla_world.measured(given))),
        ("excluding", excluding),
        ("breached", sla_world.inputs(measurements=sla_world.measured(given, errors=3000, burn=20))),
    ):
        status = sla_plan.plan(answered).status
        yield name, SLA, {**answered.sla, "status": status}
    spec = sla_world.sla_spec(calendar={"period": "Month", "timeZone": "Europe/Berlin"})
    calendar = sla_world.inputs(sla_world.sla(spec, status={"history": [CLOSED]}))
    status = sla_plan.plan(replace(calendar, measurements=sla_world.measured(calendar))).status
    yield "calendar", SLA, {**calendar.sla, "status": status}


def windows() -> Iterator[tuple[str, Kind, dict[str, Any]]]:
    """Windows that are ahead, over, and of no service."""
    spec = {
        "serviceRef": {"name": "payments"},
        "startTime": "2027-03-31T22:00:00Z",
        "endTime": "2027-04-01T02:00:00Z",
        "reason": "The database is upgraded",
    }
    service = {"metadata": {"name": "payments", "namespace": "platform"}}
    window = {"metadata": {"name": "upgrade", "namespace": "platform", "generation": 1}, "spec": spec}
    for name, month, found in (("ahead", 3, service), ("over", 5, service), ("without-service", 3, None)):
        inputs = WindowInputs(
            window=window,
            spec=MaintenanceWindowSpec.model_validate(spec),
            service=found,
            provider=True,
            slas={"payments": (14400, "All of it is excluded."), "other": None},
            now=datetime(2027, month, 1, tzinfo=UTC),
        )
        yield name, MAINTENANCE_WINDOW, {**window, "status": maintenance.plan(inputs).status}


def voices() -> Iterator[tuple[str, Kind, dict[str, Any]]]:
    """Feedback that is open, answered, and of no service; a service and a consumer with all that it comes to."""
    said = product_world.World(homes=["team-a", "team-b", "team-c"], people=40)
    said.answer(*[4] * 6)
    for _ in range(3):
        said.say(themes=["refunds", "regions"], days_ago=20)
    team = {"namespace": "team-a", "name": "payments"}
    triage = {"state": "Planned", "roadmapItem": "refunds", "response": "We start in May"}
    said.say(comment="Refunds take a day", consumerRef=team, triage=triage)
    rice = {"impact": "High", "confidencePercent": 80, "effortMonths": "1.5"}
    item = {"name": "refunds", "state": "InProgress", "targetDate": "2027-05-02", "themes": ["refunds"], "rice": rice}
    shipped = {"name": "regions", "state": "Shipped", "shippedDate": "2027-05-15"}
    said.answer(*[2] * 6, days_ago=60)
    worst = {"sla": "payments", "objective": "availability", "sli": "99.9674", "target": "99.9", "window": "30d"}
    said.sla = {"state": "Met", "summary": "Met 99.9674%/99.9%", "worst": worst}
    fields = {
        "feedback": {
            **LINKS,
            "acknowledgeWithinDays": 7,
            "surveys": [{"name": "satisfaction", "instrument": "CSAT"}],
        },
        "roadmap": {"prioritization": "RICE", "items": [item, shipped]},
    }
    service = product_world.spec(**fields)
    for name, number, found in (("open", 6, service), ("answered", 9, service), ("without-service", 9, None)):
        feedback = said.feedback[number]
        inputs = FeedbackInputs(
            feedback=feedback,
            spec=FeedbackSpec.model_validate(feedback["spec"]),
            service=found,
            provider=True,
            now=said.now,
        )
        yield name, FEEDBACK, {**feedback, "status": answers.plan(inputs).status}
    fields["assessment"] = {
        "periodDays": 7,
        "aspects": [{"name": "Adoption", "level": 2, "targetLevel": 3, "assessedDate": "2027-03-31"}],
    }
    for _ in range(2):
        assert said.report(**fields) is not None
        said.now += timedelta(days=8)
    told = said.plan(**fields)
    properties = ServiceAssessmentStatus.model_json_schema(by_alias=True)["properties"]
    assert set(told.sections["assessment"]) == set(properties)
    assert set(told.sections["roadmap"]) == {*ServiceRoadmapStatus.model_json_schema(by_alias=True)["properties"]}
    world = World()
    live = world.service(**fields)
    world.carry_out(live, world.plan_service(live, sections=told.sections, conditions=told.conditions))
    yield "with-feedback", PLATFORM_SERVICE, world.get(PLATFORM_SERVICE, "platform", "payments")
    consumer = world.consumer()
    inputs = replace(world.inputs(consumer), answers=answers.answers(said.feedback[9:], service))
    world.carry_out(consumer, consumer_planner.plan(inputs))
    inputs = replace(world.inputs(consumer), answers=answers.answers(said.feedback[9:], service))
    world.carry_out(consumer, consumer_planner.plan(inputs))
    answered = world.get(PLATFORM_CONSUMER, "team-a", "payments")
    assert answered["status"]["feedback"]["answers"][0]["response"] == "We start in May"
    yield "answered", PLATFORM_CONSUMER, answered


TIME = "2026-11-23T07:00:00Z"
AMOUNTS = {"pods": "20", "requests.cpu": "1500m", "count/deployments.apps": "10"}


def fullest() -> Iterator[tuple[str, Kind, dict[str, Any]]]:
    """Statuses with every figure of onboarding, the lists as long as they may be."""
    drift = {"corrected24h": 3, "lastCorrectedTime": TIME}
    reference = {"namespace": "platform", "name": "payments"}
    consumer = {
        "observedGeneration": 1,
        "namespaces": [{"name": "team-a-dev", "uid": "u", "environment": "dev", "state": "Ready", "message": "Good."}],
        "quota": {"summary": "requests.cpu 75%", "observedTime": TIME}
        | {total: AMOUNTS for total in ("hard", "used", "available")},
        "notices": [{"type": "Deprecated", "message": "It ends.", "time": TIME}] * 16,
        "drift": {**drift, "lastObject": "LimitRange a/b", "recent": [{"time": TIME, "object": "LimitRange a/b"}] * 20},
    }
    yield (
        "full",
        PLATFORM_CONSUMER,
        {"spec": {"serviceRef": reference, "planName": "small"}, "status": consumer},
    )
    service = {
        "observedGeneration": 1,
        "consumers": {"total": 3, "ready": 2, "pending": 1, "active": 1, "dormant": 1},
        "onboarding": {"leadTimeP50Seconds": 4, "leadTimeP90Seconds": 2**40, "awaitingApproval": 1},
        "usage": {
            "requestsPerSecond": "41.7",
            "callingConsumers": 1,
            "quotaUsedPercent": 62,
            "activeConsumers": 1,
        },
        "drift": {**drift, "lastObject": "LimitRange"},
    }
    yield "full", PLATFORM_SERVICE, {"spec": {"owner": {"team": "payments"}}, "status": service}


def closed_periods() -> Iterator[tuple[str, Kind, dict[str, Any]]]:
    """A report that was corrected, and the one that is in force."""
    outage = Interval(NOVEMBER.end - timedelta(days=5), NOVEMBER.end - timedelta(days=5, hours=-1))
    terms = {"maxSecondsPerPeriod": 7200, "retroactiveWithinDays": 10}
    inputs = report_world.kept(report_world.closed(report_world.given(maintenance=terms), errors=1500))
    late = [Planned("upgrade", inputs.now, (outage,), False)]
    inputs = replace(inputs, maintenance=late, now=inputs.now + timedelta(hours=1))
    inputs = report_world.kept(report_world.closed(inputs, errors=1500, part=(10_000, 700)))
    marked = {mark.obj["metadata"]["name"]: mark.status for mark in sla_plan.plan(inputs).marks}
    for obj in inputs.reports:
        name = obj["metadata"]["name"]
        yield name, SLA_REPORT, {**obj, "status": marked.get(name, {})}


CASES = [*consumers(), *services(), *slas(), *windows(), *voices(), *fullest(), *closed_periods()]


@pytest.mark.parametrize(
    ("kind", "planned"), [case[1:] for case in CASES], ids=[f"{case[1]}-{case[0]}" for case in CASES]
)
def test_the_api_server_stores_what_was_planned(kind: Kind, planned: dict[str, Any], server: Server) -> None:
    # What the name of a report is made of, its spec says as well.
    name = planned["metadata"]["name"] if kind == SLA_REPORT else unique_name()
    fresh = {
        "apiVersion": kind.api_version,
        "kind": kind.name,
        "metadata": {"name": name},
        "spec": copy.deepcopy(planned["spec"]),
    }
    created = server.create(kind, fresh, dry_run=False)
    assert isinstance(created, dict), created
    if kind == SLA_REPORT:
        assert created["spec"] == planned["spec"], "what the operator writes as well"
    created["status"] = planned["status"]

    stored = server.replace_status(kind, created)

    assert isinstance(stored, dict), stored
    assert stored.get("status", {}) == planned["status"]
    server.delete(kind, name)


WITH_STATUS = [contract for contract in CONTRACTS if "status" in contract.model.model_fields]


@pytest.mark.parametrize("contract", WITH_STATUS, ids=lambda contract: contract.kind.name)
def test_the_models_of_the_status_read_it(contract) -> None:
    statuses = [planned["status"] for _, kind, planned in CASES if kind == contract.kind]
    assert len(statuses) >= 2
    model = contract.model.model_fields["status"].annotation
    for status in statuses:
        read = model.model_validate(status).model_dump(mode="json", by_alias=True, exclude_unset=True)
        assert read == status
