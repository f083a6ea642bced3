"""How much a service is asked for: by the consumers that it has, in steps, and only where they are told apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from platform_contracts.kube.objects import Object
from platform_contracts.sla import requests
from platform_contracts.sla.attainment import Measured
from platform_contracts.sla.readback import Measurements
from tests.sla import world
from tests.sla.world import NOW, TENANTS, by_consumer

WINDOW = timedelta(days=30).total_seconds()


def old(one: Measured) -> Measured:
    """The same of an SLA that has counted over its whole window."""
    metadata = {**one.sla["metadata"], "creationTimestamp": "2026-01-01T00:00:00Z"}
    return one._replace(sla={**one.sla, "metadata": metadata})


def told(one: Measured, *held: list[str], previous: Object | None = None, now: datetime = NOW) -> Object:
    return requests.section([old(one)], held, previous or {}, now)


def test_requests_per_second_of_the_consumers_that_there_are() -> None:
    counts = by_consumer({"a-dev": (0, WINDOW), "a-prod": (5, 2 * WINDOW), "b": (0, 0), "stranger": (0, 9 * WINDOW)})
    assert told(counts, ["a-dev", "a-prod"], ["b"], ["c"]) == {"requestsPerSecond": "3.0", "callingConsumers": 1}


def test_few_requests_show_as_well() -> None:
    assert told(by_consumer({"a": (0, WINDOW / 100)}), ["a"])["requestsPerSecond"] == "0.010"


@pytest.mark.parametrize(("events", "shown"), [(109, "100.0"), (91, "100.0"), (112, "112.0"), (88, "88.0")])
def test_only_a_change_by_a_tenth_is_told(events: int, shown: str) -> None:
    before = {"requestsPerSecond": "100.0", "callingConsumers": 1, "quotaUsedPercent": 3}
    assert told(by_consumer({"a": (0, events * WINDOW)}), ["a"], previous=before)["requestsPerSecond"] == shown


def test_whoever_begins_or_ceases_to_ask_is_told_at_once() -> None:
    before = {"requestsPerSecond": "100.0", "callingConsumers": 1}
    counts = by_consumer({"a": (0, 100 * WINDOW), "b": (0, 1)})
    assert told(counts, ["a"], ["b"], previous=before)["callingConsumers"] == 2


def test_what_cannot_be_read_stays() -> None:
    before = {"requestsPerSecond": "100.0", "callingConsumers": 1}
    for said in (None, Measurements(NOW)):
        assert told(by_consumer({})._replace(measurements=said), ["a"], previous=before) == before


def test_a_young_sla_has_counted_since_it_began() -> None:
    counts = by_consumer({"a": (0, 86400)})
    young = counts._replace(
        sla={
            **counts.sla,
            "metadata": {**counts.sla["metadata"], "creationTimestamp": f"{NOW - timedelta(days=1):%FT%TZ}"},
        }
    )
    assert requests.section([young], [["a"]], {}, NOW)["requestsPerSecond"] == "1.0"


def test_of_a_calendar_window_the_running_period_counts() -> None:
    spec = {**TENANTS, "window": {"calendar": {"period": "Month", "timeZone": "UTC"}}}
    now = datetime(2026, 11, 11, tzinfo=UTC)
    counts = by_consumer({"a": (0, 10 * 86400)}, spec, sla_period="2026-11")
    assert told(counts, ["a"], now=now)["requestsPerSecond"] == "1.0"


def test_without_an_objective_that_tells_consumers_apart_there_is_no_figure() -> None:
    counts = by_consumer({"a": (0, 100)}, world.sla_spec(world.objective()))
    assert told(counts, ["a"], previous={"requestsPerSecond": "100.0"}) == {}
