"""What one consumer itself got of a service's promises: its own namespaces, told only to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.promtool import Promtool, PromtoolError
from platform_contracts.controllers.world import World
from platform_contracts.engine.store import Store
from platform_contracts.kube.kinds import NAMESPACE
from platform_contracts.kube.objects import Object
from platform_contracts.rules.objects import rule_file
from platform_contracts.sla import attainment, readback
from platform_contracts.sla.attainment import Measured
from platform_contracts.sla.plan import plan
from platform_contracts.sla.readback import Measurements
from tests.sla import world
from tests.sla.rule_file_tests import nothing, run, something, value
from tests.sla.world import NOW, TENANTS, by_consumer


def told(one: Measured, *held: str, previous: list[Any] = [], now: datetime = NOW) -> list[Object]:  # noqa: B006
    return attainment.section([one], held, previous, now)


def test_a_consumer_sees_its_own_figures_and_no_others() -> None:
    counts = by_consumer({"team-a": (5, 1000), "team-b": (900, 1000)})
    assert told(counts, "team-a") == [{"sla": "payments", "objective": "availability", "sli": "99.5000"}]
    assert told(counts, "team-c") == []
    assert told(counts) == [], "no namespace is its own yet"


def test_several_namespaces_are_weighed_by_their_events() -> None:
    counts = by_consumer({"team-a-dev": (10, 100), "team-a-prod": (0, 9900)})
    assert told(counts, "team-a-dev", "team-a-prod")[0]["sli"] == "99.9000"


def test_a_consumer_that_asks_for_nothing_has_no_figure() -> None:
    assert told(by_consumer({"team-a": (0, 0)}), "team-a") == []


def test_only_a_change_that_matters_is_told() -> None:
    """A twentieth of the error budget: 0.005 points at 99.9 %."""
    before = told(by_consumer({"team-a": (50, 100_000)}), "team-a")
    assert told(by_consumer({"team-a": (54, 100_000)}), "team-a", previous=before) == before
    after = told(by_consumer({"team-a": (56, 100_000)}), "team-a", previous=before)
    assert after[0]["sli"] == "99.9440"


def test_what_cannot_be_read_stays() -> None:
    before = told(by_consumer({"team-a": (5, 1000)}), "team-a")
    away = by_consumer({})._replace(measurements=None)
    assert told(away, "team-a", previous=before) == before
    only_verdicts = by_consumer({})._replace(measurements=Measurements(NOW))
    assert told(only_verdicts, "team-a", previous=before) == before


def test_a_calendar_period_begins_anew() -> None:
    spec = {**TENANTS, "window": {"calendar": {"period": "Month", "timeZone": "Europe/Berlin"}}}
    counts = by_consumer({"team-a": (5, 1000)}, spec, sla_period="2026-11")
    assert told(counts, "team-a")[0]["sli"] == "99.5000"
    assert told(counts, "team-a", now=datetime(2026, 12, 2, tzinfo=UTC)) == []


@pytest.mark.parametrize(("uid", "held"), [("one", ["team-a"]), ("another", [])])
def test_a_namespace_is_a_consumer_s_by_its_uid(uid: str, held: list[str]) -> None:
    """A namespace that was made again under the same name is somebody else's, and so are its figures."""
    store = Store()
    found = World(store)
    store.observe(NAMESPACE, {"metadata": {"name": "team-a", "uid": "one", "resourceVersion": "1"}})
    consumer = {"status": {"namespaces": [{"name": "team-a", "uid": uid}, {"name": "gone", "uid": "two"}]}}
    assert found.held_by(consumer) == held


def test_the_rules_of_consumers_are_bounded_and_apart() -> None:
    groups = {
        group["name"].rsplit("/", 1)[1]: group for group in world.groups(TENANTS) if "availability" in group["name"]
    }
    bounded = {
        name: (group["limit"], [rule["record"] for rule in group["rules"]])
        for name, group in groups.items()
        if "limit" in group
    }
    assert bounded == {
        "consumers": (500, ["sla:consumer:errors:sum5m", "sla:consumer:events:sum5m", "sla:consumers:now"]),
        "consumers-window": (2000, ["sla:consumer:errors:window", "sla:consumer:events:window"]),
    }
    assert 'tenant!=""' in groups["consumers"]["rules"][0]["expr"]
    assert all("tenant" not in rule["expr"] for rule in groups["base"]["rules"]), "the whole is counted as ever"
    others = {group["name"] for group in world.groups(TENANTS) if "latency" in group["name"]}
    assert not any("/consumers" in name for name in others)


def test_those_that_come_and_go_take_no_figure_from_those_that_stay(promtool: Promtool, tmp_path: Path) -> None:
    """Six hundred consumers within half an hour, of which never more than three hundred at a time."""
    spec = world.sla_spec(world.objective(consumerLabel="tenant"))
    groups = [group for group in world.groups(spec) if "/consumers" in group["name"]]
    series = {
        f'http_requests_total{{job="payments",code="200",tenant="team-{number}"}}': (
            "0+60x10 stale" if number < 300 else "_x20 0+60x10"
        )
        for number in range(600)
    }
    expected = [
        something("last_over_time(sla:consumer:events:sum5m[1h])", "30m", 600),
        something("last_over_time(sla:consumer:events:window[1h])", "30m", 600),
    ]
    run(promtool, tmp_path, groups, series, expected, scrape="1m", evaluation="5m")


# What becomes of too many


def complete(events: dict[str, float], now: float | None) -> Object:
    """The condition DataComplete where consumers have so many events, and there are so many of them at the moment."""
    given = world.inputs(world.sla(TENANTS))
    told = by_consumer({name: (0, count) for name, count in events.items()}).measurements
    assert told is not None
    (series, *_) = (one.id for one in world.promises(given))
    values = {**world.measured(given).values, **told.values}
    if now is not None:
        values["consumers"] = {**values["consumers"], (*series, "", readback.CONSUMERS_NOW): now}
    status = plan(replace(given, measurements=Measurements(NOW, values))).status
    return world.condition(status, "DataComplete")


@pytest.mark.parametrize(
    ("events", "now", "reason"),
    [
        ({"team-a": 10}, 500, "Measured"),
        ({"team-a": 10}, 501, "TooManyConsumers"),
        ({}, 300, "TooManyConsumers"),
        # Nobody has counted them, or not for long enough.
        ({}, None, "Measured"),
        ({}, 0, "ConsumerLabelAbsent"),
        # The label was there once, and its consumers are still in the window.
        ({"team-a": 10}, 0, "ConsumerLabelAbsent"),
    ],
)
def test_that_nobody_is_told_apart_is_said(events: dict[str, float], now: float | None, reason: str) -> None:
    found = complete(events, now)
    assert (found["status"], found["reason"]) == ("True", reason)
    if reason == "TooManyConsumers":
        assert found["message"].startswith("availability: there are more than 500 consumers at a time")
    if reason == "ConsumerLabelAbsent":
        assert found["message"].startswith("availability (label tenant): no series has the label that consumerLabel")
    assert reason == "Measured" or "the whole is counted all the same" in found["message"]


def test_a_label_that_no_series_has_is_known_where_the_whole_is_counted(promtool: Promtool, tmp_path: Path) -> None:
    groups = [group for group in world.groups(TENANTS) if "availability" in group["name"]]
    plain, labelled = (f'http_requests_total{{job="payments",code="200"{label}}}' for label in ("", ',tenant="a"'))
    for series, consumers in ((plain, 0), (labelled, 1)):
        expected = [value(readback.CONSUMERS_NOW, "30m", consumers)]
        run(promtool, tmp_path, groups, {series: "0+60x60"}, expected, scrape="1m", evaluation="1m")
    run(promtool, tmp_path, groups, {}, [nothing(readback.CONSUMERS_NOW, "30m")], scrape="1m", evaluation="1m")


def test_with_one_too_many_none_is_recorded_and_how_many_there_are_is(promtool: Promtool, tmp_path: Path) -> None:
    (group,) = (group for group in world.groups(TENANTS) if group["name"].endswith("availability/consumers"))
    names = [f'http_requests_total{{job="payments",code="200",tenant="team-{number}"}}' for number in range(501)]

    def recorded(consumers: int, expression: str, records: list[str]) -> None:
        some = {**group, "rules": [rule for rule in group["rules"] if rule["record"] in records]}
        series = dict.fromkeys(names[:consumers], "0+60x60")
        run(promtool, tmp_path, [some], series, [value(expression, "30m", consumers)], scrape="1m", evaluation="5m")

    events, all_of_them = "sla:consumer:events:sum5m", [rule["record"] for rule in group["rules"]]
    recorded(500, f"count({events})", all_of_them)
    with pytest.raises(PromtoolError, match="exceeded limit of 500 with 501 series"):
        recorded(501, f"count({events})", all_of_them)
    recorded(501, readback.CONSUMERS_NOW, [readback.CONSUMERS_NOW])


def test_the_rules_of_consumers_pass_all_lints(promtool: Promtool, tmp_path: Path) -> None:
    files = []
    for number, window in enumerate(({"rolling": "30d"}, {"calendar": {"period": "Month", "timeZone": "UTC"}})):
        file = tmp_path / f"{number}.yaml"
        text = rule_file(world.groups({**TENANTS, "window": window}))
        assert "limit: 500" in text
        file.write_text(text)
        files.append(file)
    promtool.check_rules(*files)
