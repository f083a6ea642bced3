"""A platform with everything that a page can show, in every state, and with names as long as they may be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from platform_contracts.kube.kinds import MAINTENANCE_WINDOW, PRODUCT_REPORT, SLA_REPORT
from platform_contracts.kube.objects import Object, format_time
from platform_contracts.sla.trend import Curve, Point
from tests.web.world import World

LONG = "a-consumer-whose-name-takes-all-sixty-three-characters-there-ar"


def full(world: World) -> World:
    """Put it into the world; returns it."""
    world.service(
        spec={
            "displayName": "Payments",
            "description": "Takes card payments, so that no team handles card data itself.\n\nIn all currencies.",
            "owner": {
                "team": "payments",
                "productManager": "sam.lee@example.com",
                "contacts": [
                    {"name": "chat", "type": "Slack", "value": "#payments"},
                    {"name": "mail", "type": "Email", "value": "payments@example.com"},
                    {"name": "night", "type": "OnCall", "value": "payments-primary"},
                ],
            },
            "users": [{"name": "shop-developers", "persona": "Developer", "needs": "take a payment with one call"}],
            "adoption": {"targetTeams": 20},
            "links": [{"name": "docs", "type": "Docs", "url": "https://docs.example.com/payments"}],
            "onboarding": {"plans": [{"name": "small", "quota": {"pods": "20", "requests.cpu": "2"}}]},
            "assessment": {
                "aspects": [
                    {"name": "Adoption", "level": 2, "targetLevel": 3, "assessedDate": "2027-03-31"},
                    {"name": "Measurement", "level": 1, "assessedDate": "2027-03-31"},
                ]
            },
            "feedback": {"surveys": [{"name": "satisfaction", "instrument": "CSAT", "minResponses": 5}]},
            "roadmap": {
                "prioritization": "RICE",
                "reviewedDate": "2027-03-31",
                "items": [
                    {"name": "instant-refunds", "state": "InProgress", "targetDate": "2027-05-20"},
                    {"name": "wallets", "title": "Pay with a wallet", "state": "Planned", "targetDate": "2027-09-30"},
                    {"name": "invoices", "state": "Proposed"},
                    {"name": "webhooks", "title": "Web hooks", "state": "Shipped", "shippedDate": "2027-04-12"},
                    {"name": "fax", "state": "Declined"},
                ],
            },
        },
        status={
            "sla": {"state": "Met", "worst": {"sli": "99.9674", "target": "99.9", "budget": "67%"}},
            "consumers": {
                "summary": "14/20",
                "total": 15,
                "ready": 14,
                "pending": 1,
                "active": 12,
                "dormant": 2,
                "adoptionPercent": 70,
            },
            "onboarding": {"leadTimeP50Seconds": 40, "leadTimeP90Seconds": 90000, "awaitingApproval": 1},
            "feedback": {
                "summary": "CSAT 82% (n=41)",
                "submitURL": "https://feedback.example.com/payments",
                "links": [{"name": "ideas", "type": "FeatureBoard", "url": "https://boards.example.com/payments"}],
                "scores": [
                    {
                        "survey": "satisfaction",
                        "instrument": "CSAT",
                        "responses": 41,
                        "score": "82.9",
                        "marginOfError": "11.6",
                        "target": "80",
                        "previousScore": "71.0",
                        "trend": "Rising",
                        "responseRatePercent": 34,
                    },
                    {
                        "survey": "recommendation",
                        "instrument": "NPS",
                        "responses": 30,
                        "score": "-12.0",
                        "marginOfError": "24.1",
                    },
                    {"survey": "effort", "instrument": "CES", "responses": 2},
                ],
                "themes": [
                    {"name": "refunds", "count": 9, "trend": "Rising"},
                    {"name": "invoices", "count": 4, "trend": "Falling"},
                    {"name": "documentation", "count": 3, "trend": "Steady"},
                ],
                "openItems": 3,
                "oldestUnacknowledgedTime": "2027-05-11T09:00:00Z",
            },
            "roadmap": {
                "next": "instant-refunds by 2027-05-20",
                "ranked": [
                    {"name": "instant-refunds", "askedBy": 9, "score": "14.93"},
                    {"name": "wallets", "askedBy": 0, "score": "2.10"},
                    {"name": "invoices", "askedBy": 4},
                ],
                "unaddressedThemes": ["documentation"],
                "shipped": [
                    {
                        "name": "webhooks",
                        "shippedDate": "2027-04-12",
                        "askedBy": 5,
                        "satisfactionBefore": "CSAT 71% (n=31)",
                        "satisfactionAfter": "CSAT 82% (n=41)",
                        "slaBefore": "99.4100%/99.9%",
                        "slaAfter": "99.9674%/99.9%",
                    }
                ],
            },
            "usage": {"requestsPerSecond": "41.7", "callingConsumers": 11},
            "assessment": {
                "lastTime": "2027-04-01T00:00:00Z",
                "nextTime": "2027-06-30T00:00:00Z",
                "report": "payments-2027-04-01",
                "previous": {"time": "2027-01-01T00:00:00Z", "resolved": 2, "remaining": 1},
                "improvements": [
                    {
                        "area": "Reliability",
                        "about": "payments-monthly/availability",
                        "severity": "High",
                        "evidence": "The SLI was 99.1394% of 99.9%.",
                        "roadmapItem": "None",
                    },
                    {
                        "area": "Demand",
                        "about": "refunds",
                        "severity": "Medium",
                        "evidence": "9 voices named it.",
                        "roadmapItem": "instant-refunds",
                    },
                ],
            },
            "conditions": [
                condition("Ready", "True", "The contract is in force."),
                condition(
                    "RoadmapCurrent",
                    "False",
                    "instant-refunds was to ship by 2027-05-20 and is 12 days overdue; ship it, give it another "
                    "targetDate, or decline it in spec.roadmap.items.",
                ),
            ],
        },
    )
    world.sla(
        spec={
            "objectives": [{"name": "availability", "target": "99.9"}, {"name": "latency", "target": "99"}],
        },
        status={
            "state": "AtRisk",
            "worst": {"evaluatedTime": format_time(world.now)},
            "objectives": [
                objective(world, "availability", "Met", "99.9674", "99.9", "67.4"),
                objective(world, "latency", "AtRisk", "99.1500", "99", "15.0"),
            ],
            "exclusions": [
                {"maintenanceWindow": "upgrade", "startTime": "2027-05-20T22:00:00Z", "endTime": "2027-05-21T00:30:00Z"}
            ],
        },
    )
    world.sla(
        "payments-monthly",
        status={
            "state": "Breached",
            "objectives": [objective(world, "availability", "Breached", "99.1394", "99.9", "-760.6")],
            "history": [
                {
                    "period": "2027-05",
                    "verdict": "Met",
                    "sli": "99.9512",
                    "target": "99.9",
                    "objective": "availability",
                },
                {
                    "period": "2027-04",
                    "verdict": "Breached",
                    "sli": "99.4000",
                    "target": "99.9",
                    "objective": "availability",
                    "creditPercent": 10,
                    "report": "payments-monthly-2027-04-r1",
                },
                {"period": "2027-03", "verdict": "Inconclusive"},
            ],
            "conditions": [condition("DataFresh", "False", "Prometheus cannot be reached; the last numbers stay.")],
        },
    )
    objectives = [{"name": "availability", "target": "99.9", "sli": "99.4000", "verdict": "Breached"}]
    report = {"slaName": "payments-monthly", "serviceName": "payments", "period": "2027-04", "verdict": "Breached"}
    report["slaUID"] = "uid-monthly"
    report |= {"startTime": "2027-04-01T00:00:00Z", "endTime": "2027-05-01T00:00:00Z", "revision": 1}
    body: Object = {**report, "objectives": objectives, "creditPercent": 10}
    world.put(SLA_REPORT, "payments-monthly-2027-04-r1", "platform", spec=body)
    assessments(world)
    window(world, "now", "Active", -0.5, 1.5, "The database is upgraded, and requests may fail for some minutes")
    window(world, "later", "Announced", 50, 52, "New certificates", schedule={"rrule": "FREQ=WEEKLY"})
    world.service(
        "identity",
        spec={
            "displayName": "Identity",
            "description": "Signs people in. Once.",
            "lifecycle": "Deprecated",
            "owner": {"team": "identity"},
            "sunset": {"time": "2027-12-31T00:00:00Z", "successorRef": {"name": "payments"}},
        },
        status={
            "sla": {"state": "Breached", "worst": {"sli": "99.1394", "target": "99.5", "budget": "-73%"}},
            "consumers": {"summary": "1/3", "total": 1, "ready": 1},
        },
    )
    world.service(
        "artifacts",
        spec={"owner": {"team": "developer-tools"}, "lifecycle": "Beta"},
        status={"sla": {"state": "AtRisk", "worst": {"sli": "99.1500", "target": "99", "budget": "15%"}}},
    )
    world.service("search", spec={"owner": {"team": "discovery"}, "lifecycle": "Experimental"})
    world.consumer(
        "team-a",
        spec={"team": "Team A"},
        status={
            "plan": "small",
            "requestedTime": "2027-05-01T09:00:00Z",
            "readyTime": "2027-05-01T09:00:30Z",
            "namespaces": [
                {"name": "team-a-dev", "environment": "dev", "state": "Ready"},
                {"name": LONG, "environment": "production", "state": "Ready", "message": "It carries two labels."},
            ],
            "quota": {
                "hard": {"pods": "20", "requests.cpu": "2", "limits.memory": "8Gi"},
                "used": {"pods": "19", "requests.cpu": "500m", "limits.memory": "0"},
                "summary": "pods 95%",
            },
            "sla": {
                "state": "AtRisk",
                "budget": "15%",
                "attainment": [{"sla": "payments", "objective": "availability", "sli": "99.9911"}],
            },
            "notices": [{"type": "Maintenance", "message": "The database of platform/payments is upgraded tonight."}],
            "feedback": {
                "submitURL": "https://feedback.example.com/payments",
                "answers": [
                    {"name": "refunds-x7", "state": "InProgress", "roadmapItem": "instant-refunds"},
                    {"name": "hooks-b2", "state": "Shipped", "response": "It is there: see the documentation."},
                ],
            },
            "conditions": [
                condition("Approved", "True", "The service lets the team in."),
                condition("Ready", "True", "Everything is in place."),
                condition("InSync", "False", "Somebody changed a quota."),
            ],
        },
    )
    world.consumer(LONG, LONG, spec={"planName": LONG})
    world.curves = {
        "payments": {"availability": curve(world, 0.98, 0.67), "latency": curve(world, 0.6, 0.15)},
        "payments-monthly": {"availability": curve(world, 0.9, -0.8)},
    }
    return world


def assessments(world: World) -> None:
    """Three closed periods of payments."""
    found = world.found.service("platform", "payments")
    assert found is not None
    common = {"serviceName": "payments", "serviceUID": found["metadata"]["uid"]}
    slow = improvement("Onboarding", "leadTime", "Medium", "One team in ten waited 3 days or longer.", "None")
    missed = improvement(
        "Reliability",
        f"payments/{LONG}",
        "High",
        "The objective was missed: 99.4100% of 99.9% over 30d.",
        "instant-refunds",
    )
    first: Object = {
        **common,
        "startTime": "2027-02-28T09:00:00Z",
        "endTime": "2027-03-01T00:00:00Z",
        "summary": "Onboarding (Medium)",
        "consumers": {"ready": 0, "active": 0, "dormant": 0, "lost": 0},
        "feedback": {"voices": 0, "total": 0, "open": 0},
        "improvements": [slow],
    }
    second: Object = {
        **common,
        "startTime": "2027-03-01T00:00:00Z",
        "endTime": "2027-05-30T00:00:00Z",
        "summary": "Reliability (High), Demand (Medium)",
        "consumers": {"ready": 14, "active": 11, "dormant": 3, "lost": 1, "adoptionPercent": 70},
        "sla": {"state": "Met", "summary": "Met", "worst": {"sli": "99.9674", "target": "99.9"}},
        "feedback": {
            "voices": 41,
            "total": 41,
            "open": 3,
            "surveys": [
                {
                    "survey": "satisfaction",
                    "questionVersion": 2,
                    "instrument": "CSAT",
                    "responses": 38,
                    "score": "81.6",
                    "marginOfError": "12.0",
                },
                {"survey": LONG, "questionVersion": 1, "instrument": "UMUXLite", "responses": 2},
            ],
            "themes": [{"name": "refunds", "count": 9}, {"name": LONG, "count": 3}],
        },
        "shipped": [{"name": "webhooks", "shippedDate": "2027-04-12", "askedBy": 6}],
        "aspects": [{"name": "Adoption", "level": 2, "targetLevel": 3, "assessedDate": "2027-03-31"}],
        "improvements": [missed, improvement("Demand", "refunds", "Medium", "9 voices named it.", "None")],
        "previous": {"time": "2027-03-01T00:00:00Z", "resolved": 1, "remaining": 0},
    }
    # Nothing was measured.
    third: Object = {
        **first,
        "startTime": "2027-05-30T00:00:00Z",
        "endTime": "2027-05-31T00:00:00Z",
        "sla": {
            "state": "Unknown",
            "summary": "Unknown",
            "worst": {"sla": "payments", "objective": "availability", "target": "99.9", "window": "30d"},
        },
        "previous": {"time": "2027-05-30T00:00:00Z", "resolved": 2, "remaining": 0},
    }
    for spec in (first, second, third):
        world.put(PRODUCT_REPORT, f"payments-{spec['endTime'][:10]}", "platform", spec=spec)


def improvement(area: str, about: str, severity: str, evidence: str, item: str) -> Object:
    """One of `improvements`."""
    return {"area": area, "about": about, "severity": severity, "evidence": evidence, "roadmapItem": item}


def curve(world: World, first: float, last: float) -> Curve:
    """Thirty days from one share of the budget to another, with a gap of two days in between."""
    start = world.now - timedelta(days=30)
    points = [
        Point(start + timedelta(hours=6 * step), first + (last - first) * (step / 120) ** 2 + 0.02 * (step % 5 == 0))
        for step in range(121)
        if not 50 < step < 58
    ]
    return Curve(points, start, world.now)


def condition(type_: str, status: str, message: str) -> Object:
    """One of `status.conditions`."""
    since = "2027-05-21T00:00:00Z"
    return {"type": type_, "status": status, "reason": "Reason", "message": message, "lastTransitionTime": since}


def objective(world: World, name: str, state: str, sli: str, target: str, left: str) -> Object:
    """One of an SLA's `status.objectives`."""
    return {
        "name": name,
        "state": state,
        "sli": sli,
        "target": target,
        "window": "30d",
        "errorBudget": {
            "total": "43200.000",
            "consumed": "14083.200",
            "remaining": f"{432 * float(left):.3f}",
            "remainingPercent": left,
            "unit": "Events",
        },
        "burnRates": [{"window": "1h", "rate": "0.20"}, {"window": "6h", "rate": "14.40"}],
        "excludedSeconds": 9000,
        "projectedExhaustionTime": format_time(world.now + timedelta(days=4)),
        "message": f"{left}% of the error budget is left.",
        "evaluatedTime": format_time(world.now),
    }


def window(world: World, name: str, state: str, start: float, end: float, reason: str, **spec: Any) -> None:
    """A MaintenanceWindow, from and to so many hours from now."""
    times = {
        "startTime": format_time(world.now + timedelta(hours=start)),
        "endTime": format_time(world.now + timedelta(hours=end)),
    }
    body = {"serviceRef": {"name": "payments"}, "reason": reason, **spec}
    world.put(MAINTENANCE_WINDOW, name, "platform", spec=body, status={"state": state, **times})
