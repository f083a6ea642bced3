"""A rule said twice, in CEL and in Python, judges alike: what one refuses the other refuses, at the same place."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kubernetes import client

from platform_contracts.api import InvalidSpec, parse
from platform_contracts.kube.kinds import FEEDBACK, MAINTENANCE_WINDOW, PLATFORM_CONSUMER, PLATFORM_SERVICE, SLA, Kind
from tests.contract.conftest import Refusal, Server

# Whatever a pattern might treat in its own way: quotes, brackets, escapes, ends of lines, digits and letters of others.
ALPHABET = "abhdwmkxzAGMZi0159 .,-_:/@#?%+&=~!$*()[]{}<>|^`'\"\\\t\n\r\x00\x1f\x7f\x85\xa0é٣ſ\u2028"


@st.composite
def near(draw: st.DrawFn, *valid: str) -> str:
    """A valid value, or one that a few changes of characters away from it."""
    text = draw(st.sampled_from(valid))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        width = draw(st.integers(0, 2))
        text = text[:place] + draw(st.text(ALPHABET, max_size=2)) + text[place + width :]
    return text[:64]


names = near("a", "payments-api", "a-b-9")
urls = near("https://a.example.com", "https://a.example.com:443/b?c=d#e", "https://[::1]/", "https://a@b.example.com")
times = near("2027-03-31T00:00:00Z", "2028-02-29T23:59:59+01:00", "2027-06-30T12:00:00-14:59")
amounts = near("2", "500m", "4Gi", "1.5", "0.125Gi", "999P", "1e3")
targets = near("99.9", "10", "99.999999999", "100", "9.9")
seconds = near("0.3", "10", "0.000", "000001.000000001")
windows = near("30d", "1h", "365d", "8760h", "52w", "0d")
time_zones = near("Europe/Berlin", "Etc/GMT+12", "UTC", "+01:00")
selectors = near(
    "up",
    'http_requests_total{job="payments"}',
    "a:b{c=~\"d|e\", f!~'g' ,}",
    'x_bucket{le="1"}',
    'm{a="\\"}"}',
    "sum(up)",
)


def refused_by_models(kind: Kind, manifest: dict[str, Any]) -> set[str]:
    """The places that the models refuse."""
    try:
        parse(kind, manifest)
    except InvalidSpec as error:
        return {message.split(": ", 1)[0] for message in error.messages}
    return set()


def refused_by_server(server: Server, kind: Kind, manifest: dict[str, Any]) -> set[str]:
    """The places that the API server refuses."""
    answer = server.create(kind, manifest)
    if not isinstance(answer, Refusal):
        return set()
    assert not re.search("no such key|no such overload|not checked|panic", answer.message), answer.message
    return {cause.field for cause in answer.causes}


def manifest(kind: Kind, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": "alike"}, "spec": spec}


@st.composite
def services(draw: st.DrawFn) -> dict[str, Any]:
    """A service in which any value may be a little wrong."""
    return {
        "owner": {"team": draw(near("payments", "Team A")), "productManager": draw(near("Sam Lee"))},
        "displayName": draw(near("Payments API")),
        "sunset": {"time": draw(times), "successorRef": {"name": draw(names)}},
        "links": [{"name": f"l{index}", "type": "Docs", "url": draw(urls)} for index in range(8)],
        "feedback": {"submitURL": draw(urls)},
        "onboarding": {
            "allowedConsumers": {
                "from": "Selector",
                "selector": {
                    "matchLabels": {"department": draw(near("retail", ""))},
                    "matchExpressions": [
                        {"key": draw(near("example.com/team", "stage")), "operator": "In", "values": [draw(names)]}
                    ],
                },
            },
            "approvals": [
                {"namespace": draw(names), "name": f"c{index}", "decision": "Denied", "reason": draw(near("Not yet."))}
                for index in range(4)
            ],
            "plans": [
                {
                    "name": "small",
                    "maxNamespaces": draw(st.sampled_from([3, 16, 17])),
                    "limits": {"max": {"cpu": draw(amounts), "memory": draw(amounts)}},
                    "roles": [
                        {"name": f"r{index}", "clusterRoleName": draw(near("a", "example.com:viewer", "system:node"))}
                        for index in range(4)
                    ],
                }
            ],
        },
        "consumers": [
            {
                "name": "team-a",
                "team": draw(near("Team A")),
                "planName": "small",
                "members": [
                    {"kind": "Group", "name": draw(near("team-a", "oidc:Team A", "system:masters")), "roleName": role}
                    for role in ("r0", "r1", "r2")
                ],
                "environments": draw(st.lists(names, max_size=3, unique=True)),
            }
        ],
    }


PLAIN = {"ratio": {"total": "a", "errors": "b"}}
numbers = near("0.8", "-1", "1000", "1e3", ".5")


@st.composite
def slas(draw: st.DrawFn) -> dict[str, Any]:
    """An SLA in which any value may be a little wrong."""
    ratios = [{"ratio": {"total": draw(selectors), "errors": draw(selectors)}} for _ in range(4)]
    latencies = [{"latency": {"histogram": draw(selectors), "thresholdSeconds": draw(seconds)}} for _ in range(4)]
    probes = [{"probe": {"metric": draw(selectors)}}]
    thresholds = [{"threshold": {"metric": draw(selectors), "operator": "AtMost", "value": draw(numbers)}}]
    return {
        "serviceRef": {"name": draw(names)},
        "effective": {"fromTime": draw(times)},
        "dataSourceName": draw(names),
        "window": draw(
            st.fixed_dictionaries({"rolling": windows})
            | st.fixed_dictionaries(
                {"calendar": st.fixed_dictionaries({"period": st.just("Month"), "timeZone": time_zones})}
            )
        ),
        "objectives": [
            {"name": f"o{index}", "target": draw(targets), "indicator": indicator}
            for index, indicator in enumerate((*ratios, *latencies, *probes, *thresholds))
        ],
        "alerting": {
            "labels": {draw(near("channel", "_private", "severity", "__name__")): "x"},
            "annotations": {draw(near("dashboard", "a9")): "y"},
            "runbookURL": draw(urls),
        },
    }


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(spec=services())
def test_services(server: Server, spec: dict[str, Any]) -> None:
    service = manifest(PLATFORM_SERVICE, spec)
    assert refused_by_models(PLATFORM_SERVICE, service) == refused_by_server(server, PLATFORM_SERVICE, service)


@st.composite
def consumers(draw: st.DrawFn) -> dict[str, Any]:
    """A consumer in which any value may be a little wrong."""
    shares = st.none() | st.integers(-2, 20)
    contacts = {"Slack": near("#team-a"), "Email": near("a@example.com"), "OnCall": near("a b"), "Web": urls}
    return {
        "serviceRef": {"namespace": draw(names), "name": draw(names)},
        "planName": draw(names),
        "teamSize": draw(st.sampled_from([None, 0, 1, 100_000, 100_001])),
        "contacts": [{"name": kind.lower(), "type": kind, "value": draw(value)} for kind, value in contacts.items()],
        "namespaces": [
            {"name": f"n{index}", "environment": draw(names), "sharePercent": draw(shares)}
            for index in range(draw(st.integers(0, 5)))
        ],
    }


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(spec=consumers())
def test_consumers(server: Server, spec: dict[str, Any]) -> None:
    consumer = manifest(PLATFORM_CONSUMER, spec)
    assert refused_by_models(PLATFORM_CONSUMER, consumer) == refused_by_server(server, PLATFORM_CONSUMER, consumer)


# The rules about several fields, on values that are each good: where one is bad, the models do not come to them.


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(shares=st.lists(st.none() | st.integers(1, 30) | st.sampled_from([99, 100]), max_size=8))
def test_shares(server: Server, shares: list[int | None]) -> None:
    namespaces = [{"name": f"n{index}", "sharePercent": share} for index, share in enumerate(shares)]
    spec = {"serviceRef": {"namespace": "a", "name": "a"}, "planName": "a", "namespaces": namespaces}
    consumer = manifest(PLATFORM_CONSUMER, spec)
    assert refused_by_models(PLATFORM_CONSUMER, consumer) == refused_by_server(server, PLATFORM_CONSUMER, consumer)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    environments=st.lists(st.sampled_from(["dev", "test", "production"]), unique=True),
    bound=st.none() | st.integers(1, 3),
)
def test_environments(server: Server, environments: list[str], bound: int | None) -> None:
    spec = {
        "owner": {"team": "a"},
        "onboarding": {"plans": [{"name": "small", "maxNamespaces": bound}, {"name": "other"}]},
        "consumers": [{"name": "a", "team": "a", "planName": "small", "environments": environments}],
    }
    service = manifest(PLATFORM_SERVICE, spec)
    assert refused_by_models(PLATFORM_SERVICE, service) == refused_by_server(server, PLATFORM_SERVICE, service)


@pytest.mark.parametrize("namespace_uid", [None, "0b6f4c9e-3f0a-4d52-9a6e-5d1c2f7b8a90"])
@pytest.mark.parametrize("reason", [None, "Not yet."])
@pytest.mark.parametrize("decision", [None, "Approved", "Denied"])
def test_decisions(server: Server, decision: str | None, reason: str | None, namespace_uid: str | None) -> None:
    approval = {"namespace": "a", "name": "a", "decision": decision, "reason": reason, "namespaceUID": namespace_uid}
    approvals = [approval]
    service = manifest(PLATFORM_SERVICE, {"owner": {"team": "a"}, "onboarding": {"approvals": approvals}})
    assert refused_by_models(PLATFORM_SERVICE, service) == refused_by_server(server, PLATFORM_SERVICE, service)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(spec=slas())
def test_slas(server: Server, spec: dict[str, Any]) -> None:
    sla = manifest(SLA, spec)
    assert refused_by_models(SLA, sla) == refused_by_server(server, SLA, sla)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    threshold=st.booleans(),
    budgeting=st.sampled_from([None, "Occurrences", "Timeslices"]),
    timeslice=st.sampled_from([None, {}, {"target": "95"}, {"seconds": 90}]),
    min_events=st.sampled_from([None, 0, 10]),
)
def test_budgetings(
    server: Server, threshold: bool, budgeting: str | None, timeslice: dict[str, Any] | None, min_events: int | None
) -> None:
    indicator = {"threshold": {"metric": "a", "operator": "AtMost", "value": "1"}} if threshold else PLAIN
    fields = {"budgeting": budgeting, "timeslice": timeslice, "minEvents": min_events}
    objective = {"name": "a", "target": "99", "indicator": indicator}
    objective |= {name: value for name, value in fields.items() if value is not None}
    sla = manifest(SLA, {"serviceRef": {"name": "a"}, "objectives": [objective]})
    refused, asked = refused_by_models(SLA, sla), refused_by_server(server, SLA, sla)
    # The models judge fields together only where each by itself is right.
    assert asked >= refused if refused else not asked


@st.composite
def tiers(draw: st.DrawFn) -> dict[str, Any]:
    """Burn-rate tiers whose values are each good, and may be impossible together."""
    rates = st.sampled_from(["1", "9", "9.9999", "10", "14.4", "99.9999", "100", "1000"])
    shares = st.sampled_from(["0.1", "0.1389", "2", "25", "100"])
    tier: dict[str, Any] = {
        "severity": "Page",
        "longWindow": draw(st.sampled_from(["3m", "1h", "60m", "23h", "24h", "1d", "7d"])),
        "shortWindow": draw(st.sampled_from(["2m", "5m", "1h", "1d", "24h"])),
    }
    tier |= draw(st.one_of(rates.map(lambda rate: {"burnRate": rate}), shares.map(lambda s: {"budgetPercent": s})))
    return tier


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    made=st.lists(tiers(), min_size=1, max_size=4),
    window=st.sampled_from(["1h", "24h", "1d", "7d", "30d", "12w"]),
    objectives=st.lists(st.sampled_from(["10", "90", "99", "99.9", "99.999999999"]), min_size=1, max_size=20),
)
def test_tiers(server: Server, made: list[dict[str, Any]], window: str, objectives: list[str]) -> None:
    indicator = {"ratio": {"total": "a", "errors": "b"}}
    spec = {
        "serviceRef": {"name": "a"},
        "window": {"rolling": window},
        "objectives": [
            {"name": f"o{index}", "target": target, "indicator": indicator} for index, target in enumerate(objectives)
        ],
        "alerting": {"tiers": [{"name": f"t{index}", **tier} for index, tier in enumerate(made)]},
    }
    sla = manifest(SLA, spec)
    refused, asked = refused_by_models(SLA, sla), refused_by_server(server, SLA, sla)
    # The models compare tiers with the window and the targets only where each tier by itself is right.
    compared = {"spec.alerting.tiers"} - refused if refused else set()
    assert asked - compared == refused


@st.composite
def windows_of_maintenance(draw: st.DrawFn) -> dict[str, Any]:
    """A window in which any value may be a little wrong, or left out."""
    values = {
        "serviceRef": st.builds(lambda name: {"name": name}, names),
        "slaNames": st.lists(names, max_size=3, unique=True),
        "startTime": times,
        "endTime": times,
        "reason": near("The database is upgraded", "-"),
    }
    return {name: draw(value) for name, value in values.items() if draw(st.integers(0, 9))}


rrules = near(
    "FREQ=WEEKLY;BYDAY=SU;BYHOUR=2;BYMINUTE=0",
    "FREQ=MONTHLY;BYDAY=1SA,-1FR",
    "FREQ=DAILY;BYMONTHDAY=-1,28;BYHOUR=23",
    "FREQ=YEARLY;BYMONTH=2;BYSETPOS=-1;UNTIL=20280229T000000Z",
    "FREQ=DAILY;BYHOUR=2;BYMINUTE=0;BYHOUR=3",
    "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    schedule=st.fixed_dictionaries(
        {"rrule": rrules, "timeZone": near("Europe/Berlin", "Etc/GMT+5"), "durationSeconds": st.integers(58, 86402)}
    )
)
def test_schedules_of_maintenance(server: Server, schedule: dict[str, Any]) -> None:
    spec = {"serviceRef": {"name": "a"}, "reason": "-", "schedule": schedule}
    window = manifest(MAINTENANCE_WINDOW, spec)
    assert refused_by_models(MAINTENANCE_WINDOW, window) == refused_by_server(server, MAINTENANCE_WINDOW, window)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(spec=windows_of_maintenance())
def test_windows_of_maintenance(server: Server, spec: dict[str, Any]) -> None:
    window = manifest(MAINTENANCE_WINDOW, spec)
    refused = refused_by_models(MAINTENANCE_WINDOW, window)
    asked = refused_by_server(server, MAINTENANCE_WINDOW, window)
    # The models compare the times only where every field by itself is right.
    compared = {"spec.startTime", "spec.endTime"} - refused if refused else set()
    assert asked - compared == refused


moments = st.integers(1_798_761_600, 1_801_440_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    start=moments, length=st.integers(-2, 2) | st.integers(30 * 86400 - 2, 30 * 86400 + 2), start_in=zones, end_in=zones
)
def test_lengths(server: Server, start: datetime, length: int, start_in: timezone, end_in: timezone) -> None:
    end = start + timedelta(seconds=length)
    spec = {
        "serviceRef": {"name": "a"},
        "startTime": start.astimezone(start_in).isoformat(),
        "endTime": end.astimezone(end_in).isoformat(),
        "reason": "a",
    }
    window = manifest(MAINTENANCE_WINDOW, spec)
    refused = set() if 0 < length <= 30 * 86400 else {"spec.endTime"}
    assert refused_by_models(MAINTENANCE_WINDOW, window) == refused
    assert refused_by_server(server, MAINTENANCE_WINDOW, window) == refused


measured = st.dictionaries(
    near("cpu", "requests.memory", "limits.ephemeral-storage", "requests.storage", "requests.example.com/gpu"),
    amounts,
    max_size=4,
)
counted = st.dictionaries(
    near(
        "pods", "services.nodeports", "count/deployments.apps", "a.storageclass.storage.k8s.io/persistentvolumeclaims"
    ),
    near("0", "20", "007"),
    max_size=4,
)
limits = st.dictionaries(near("cpu", "memory", "example.com/gpu"), amounts, max_size=4)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(measured=measured, counted=counted, limits=limits)
def test_kubernetes_takes_the_amounts_that_the_language_takes(
    api: client.ApiClient, measured: dict[str, str], counted: dict[str, str], limits: dict[str, str]
) -> None:
    plan = {"name": "small", "quota": {**measured, **counted}, "limits": {"max": limits}}
    refused = refused_by_models(
        PLATFORM_SERVICE,
        manifest(PLATFORM_SERVICE, {"owner": {"team": "a"}, "onboarding": {"plans": [plan]}}),
    )
    core = client.CoreV1Api(api)
    quota = {"metadata": {"name": "alike"}, "spec": {"hard": plan["quota"]}}
    bounds = {"metadata": {"name": "alike"}, "spec": {"limits": [{"type": "Container", "max": limits}]}}
    if not any(".quota" in place for place in refused):
        core.create_namespaced_resource_quota("default", quota, dry_run="All")
    if not any(".max" in place for place in refused):
        core.create_namespaced_limit_range("default", bounds, dry_run="All")


dates = near("2027-03-31", "2028-02-29", "2027-02-30")


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(days=st.lists(dates, min_size=8, max_size=8), months=st.lists(near("1.5", "0.25", "12", "0.0"), min_size=8))
def test_roadmaps(server: Server, days: list[str], months: list[str]) -> None:
    rice = {"impact": "High", "confidencePercent": 80}
    items = [
        {"name": f"i{index}", "targetDate": day, "rice": {**rice, "effortMonths": month}}
        for index, (day, month) in enumerate(zip(days, months, strict=False))
    ]
    spec = {"owner": {"team": "a"}, "roadmap": {"reviewedDate": days[0], "items": items}}
    service = manifest(PLATFORM_SERVICE, spec)
    assert refused_by_models(PLATFORM_SERVICE, service) == refused_by_server(server, PLATFORM_SERVICE, service)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    said=st.fixed_dictionaries(
        {"serviceRef": st.just({"name": "a"})},
        optional={
            "method": st.sampled_from(["Survey", "Interview", "Request"]),
            "survey": st.just("a"),
            "scores": st.lists(st.integers(0, 10).map(lambda value: {"question": "a", "value": value}), max_size=1),
            "themes": st.lists(st.sampled_from(["a", "b"]), max_size=3),
            "comment": st.sampled_from(["a", ""]),
            "roadmapItem": st.just("a"),
        },
    )
)
def test_what_is_said(server: Server, said: dict[str, Any]) -> None:
    feedback = manifest(FEEDBACK, said)
    refused, asked = refused_by_models(FEEDBACK, feedback), refused_by_server(server, FEEDBACK, feedback)
    # Of the rules that compare fields the models tell of the first that is broken.
    assert refused <= asked
    assert bool(refused) == bool(asked)
