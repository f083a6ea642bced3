"""SLI, signed budget, time to exhaustion, coverage and state, from counts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from platform_contracts.api.service_status import ServiceSLAStatus
from platform_contracts.api.sla_status import SLAStatus
from platform_contracts.kube.objects import Object
from platform_contracts.sla import rollup
from platform_contracts.sla.budget import evaluate
from platform_contracts.sla.exclusions.exclusion import Exclusion
from platform_contracts.sla.plan import plan
from platform_contracts.sla.readback import Measurements, Unavailable
from tests.sla import world
from tests.sla.world import NOW


def status_of(spec: Object | None = None, *, created: Any = world.LONG_AGO, **counts: Any) -> Object:
    """The status of an SLA that was measured so."""
    given = world.inputs(world.sla(spec, created=created))
    given = world.written(given, plan(given).applies[0].obj, created=created)
    status = plan(
        world.inputs(given.sla, live_rules=given.live_rules, measurements=world.measured(given, **counts))
    ).status
    assert status is not None
    return status


def first(status: Object) -> dict[str, Any]:
    return dict(status["objectives"][0])


def test_a_met_promise_in_full() -> None:
    status = status_of(events=26_812_400, errors=8_745.2)
    assert first(status) == {
        "name": "availability",
        "state": "Met",
        "sli": "99.9673",
        "target": "99.9",
        "window": "30d",
        "errorBudget": {
            "total": "26812.400",
            "consumed": "8745.200",
            "remaining": "18067.200",
            "remainingPercent": "67.3",
            "unit": "Events",
        },
        "burnRates": [
            {"window": "1h", "rate": "0.30"},
            {"window": "6h", "rate": "0.30"},
            {"window": "1d", "rate": "0.30"},
            {"window": "3d", "rate": "0.30"},
        ],
        "events": "26812400",
        "coverage": "1.0000",
        "evaluatedTime": "2026-11-23T12:00:00Z",
        "message": "67.3% of the error budget is left.",
    }
    assert status["state"] == "Met"
    assert status["worst"] == {
        "objective": "availability",
        "sli": "99.9673",
        "target": "99.9",
        "budget": "67.3%",
        "window": "30d",
        "evaluatedTime": "2026-11-23T12:00:00Z",
    }
    assert status["summary"] == "1 Met; availability 99.9673% of 99.9%, budget 67.3%"
    assert world.condition(status, "Met")["status"] == "True"
    assert world.condition(status, "AtRisk")["status"] == "False"


@pytest.mark.parametrize(
    ("errors", "state", "sli", "remaining"),
    [
        (0, "Met", "100.0000", "100.0"),
        (749, "Met", "99.9251", "25.1"),
        (750.1, "AtRisk", "99.9249", "24.9"),
        (1000, "AtRisk", "99.9000", "0.0"),
        (1000.4, "Breached", "99.8999", "-0.1"),
        (3031, "Breached", "99.6969", "-203.1"),
        (4000, "Breached", "99.6000", "-300.0"),
    ],
)
def test_the_budget_is_signed_and_never_rounded_to_the_good_side(
    errors: float, state: str, sli: str, remaining: str
) -> None:
    entry = first(status_of(events=1_000_000, errors=errors))
    assert (entry["state"], entry["sli"], entry["errorBudget"]["remainingPercent"]) == (state, sli, remaining)


def test_a_breach_leaves_the_sla_ready() -> None:
    status = status_of(errors=5000)
    assert status["state"] == "Breached"
    assert world.condition(status, "Ready")["status"] == "True"
    assert world.condition(status, "Stalled")["status"] == "False"
    assert world.condition(status, "Met")["status"] == "False"
    assert world.condition(status, "AtRisk")["status"] == "True"
    assert "put reliability first" in first(status)["message"]


def test_a_page_that_burns_is_a_risk() -> None:
    entry = first(status_of(errors=100, burn={"1h": 20, "5m": 30}))
    assert entry["state"] == "AtRisk"
    assert "burns too fast over 1h" in entry["message"]


@pytest.mark.parametrize(
    "burn", [{"1h": 20}, {"5m": 30}, {"1d": 20, "2h": 20}], ids=["long only", "short only", "ticket"]
)
def test_what_does_not_page_is_no_risk(burn: dict[str, float]) -> None:
    assert first(status_of(errors=100, burn=burn))["state"] == "Met"


@pytest.mark.parametrize(
    ("errors", "burn", "hours"),
    [
        # Half of the budget at twice the sustainable rate lasts a quarter of the window.
        (500, 2, 24 * 7.5),
        (500, 20, 24 * 0.75),
        (500, 1, None),
        (0, 0.5, None),
        (2000, 5, None),
    ],
)
def test_time_to_exhaustion(errors: float, burn: float, hours: float | None) -> None:
    entry = first(status_of(errors=errors, burn=burn))
    expected = None if hours is None else (NOW + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert entry.get("projectedExhaustionTime") == expected


@pytest.mark.parametrize("burn", [1.000000000001, 1.000001, 1.00001])
@pytest.mark.parametrize("calendar", [None, {"period": "Month", "timeZone": "Europe/Berlin"}], ids=["rolling", "month"])
def test_a_rate_of_one_and_a_hair_exhausts_nothing(burn: float, calendar: Object | None) -> None:
    """In a young window and in a period the budget grows nearly as fast as it is spent: it would last for ages."""
    given = world.inputs(world.sla(world.sla_spec(calendar=calendar), created=NOW - timedelta(days=10)))
    given = world.written(given, plan(given).applies[0].obj)
    status = plan(replace(given, measurements=world.measured(given, errors=300, burn=burn))).status
    assert "projectedExhaustionTime" not in first(status or {})


@pytest.mark.parametrize("count", [2.0**64 - 1, 1e25, 1e300])
def test_a_number_that_no_service_can_have_is_shown_and_stops_nothing(count: float) -> None:
    """An exporter's unsigned counter that fell below zero."""
    status = status_of(events=count, errors=count, burn=count)
    SLAStatus.model_validate(status)
    assert (first(status)["state"], first(status)["sli"]) == ("Breached", "0.0000")
    assert all(len(text) <= 32 for text in first(status)["errorBudget"].values())


def test_a_young_budget_grows_with_its_events() -> None:
    """After three days, half spent: at three times the sustainable rate the rest lasts 3 d * 0.5 / (3 - 1)."""
    entry = first(status_of(created=NOW - timedelta(days=3), errors=500, burn=3))
    assert entry["window"] == "30d (3d)"
    assert entry["projectedExhaustionTime"] == (NOW + timedelta(hours=18)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("age", "shown"),
    [
        (timedelta(minutes=35), "30d (35m)"),
        (timedelta(hours=5, minutes=59), "30d (5h)"),
        (timedelta(days=3, hours=23), "30d (3d)"),
        (timedelta(days=30), "30d"),
        (timedelta(days=300), "30d"),
    ],
)
def test_the_window_shows_how_much_of_it_there_is(age: timedelta, shown: str) -> None:
    status = status_of(created=NOW - age)
    assert first(status)["window"] == shown
    assert status["worst"]["window"] == shown


def test_a_recreated_sla_shows_how_far_its_numbers_reach_back() -> None:
    """Two hours and ten minutes old, and 12 days are recorded."""
    created = NOW - timedelta(hours=2, minutes=10)
    entry = first(status_of(created=created, coverage=12 * 24 / 2))
    assert entry["window"] == "30d (12d)"
    assert entry["coverage"] == "1.0000"


def test_effective_from_time_is_the_start() -> None:
    spec = world.sla_spec(effective={"fromTime": "2026-11-21T12:00:00Z"})
    assert first(status_of(spec))["window"] == "30d (2d)"


def test_before_the_effective_time_there_is_no_state() -> None:
    spec = world.sla_spec(effective={"fromTime": "2026-12-01T00:00:00Z"})
    given = world.inputs(world.sla(spec))
    given = world.written(given, plan(given).applies[0].obj)
    status = plan(world.inputs(given.sla, live_rules=given.live_rules, measurements=Measurements(NOW))).status
    assert status is not None
    assert status["state"] == "Unknown"
    assert "2026-12-01T00:00:00Z" in first(status)["message"]
    assert world.condition(status, "DataComplete")["reason"] == "NotInEffect"


def test_a_gap_is_unknown_and_never_met() -> None:
    status = status_of(coverage=0.9499)
    entry = first(status)
    assert (entry["state"], entry["coverage"], entry["sli"]) == ("Unknown", "0.9499", "99.9700")
    assert world.condition(status, "Met")["status"] == "Unknown"
    assert world.condition(status, "DataComplete")["status"] == "False"
    assert world.condition(status, "DataComplete")["reason"] == "IncompleteData"


def test_a_gap_is_held_where_the_promise_says_so() -> None:
    hold = world.sla_spec(world.objective(missingData="Hold"))
    entry = first(status_of(hold, coverage=0.9, errors=2_000))
    assert entry["state"] == "Breached"
    assert "that holds for the rest" in entry["message"]


def test_too_few_events_hold_for_nothing() -> None:
    """As in the report of a closed period."""
    hold = world.sla_spec(world.objective(missingData="Hold", minEvents=100))
    status = status_of(hold, coverage=0.1, events=5, errors=1)
    assert first(status)["state"] == "Unknown"
    assert "fewer than 100 events" in first(status)["message"]
    assert world.condition(status, "DataComplete")["reason"] == "TooFewEvents"


@pytest.mark.parametrize(("missing", "state"), [("Unknown", "Unknown"), ("Hold", "Met")])
def test_the_last_state_while_nothing_can_be_read(missing: str, state: str) -> None:
    spec = world.sla_spec(world.objective(missingData=missing))
    given = world.with_status(world.inputs(world.sla(spec)), status_of(spec))
    away = Unavailable("PrometheusUnavailable", "Prometheus cannot be reached", NOW - timedelta(minutes=20))
    status = plan(replace(given, measurements=away)).status
    assert status is not None
    assert first(status)["state"] == state
    assert first(status)["sli"] == first(status_of(spec))["sli"], "the numbers stay with their time"
    assert world.condition(status, "DataFresh")["status"] == "False"


@pytest.mark.parametrize(
    ("traffic", "reason", "message"),
    [(None, "NoData", "Prometheus has no series"), (-1.0, "PartAbsent", "has no bucket of exactly 0.3 s; choose one")],
)
def test_a_bucket_that_is_missing_is_told_from_a_histogram_that_is(
    traffic: float | None, reason: str, message: str
) -> None:
    live = world.sla(world.sla_spec(world.objective("latency", "99", world.LATENCY)))
    given = world.written(world.inputs(live), plan(world.inputs(live)).applies[0].obj)
    (one,) = world.promises(given)
    values = {"objective": {one.id: 0.99}, "traffic": {} if traffic is None else {one.id: traffic}}
    status = plan(replace(given, measurements=Measurements(NOW, values))).status
    assert status is not None
    assert first(status)["state"] == "Unknown"
    assert message in first(status)["message"]
    assert world.condition(status, "DataComplete")["reason"] == reason


# As long as the contract language allows a selector and a PromQL expression.
LONG = 'http_requests_total{path=~"' + "a|" * 497 + 'a"}'
RAW = 'rate(jobs_total{path=~"' + "a|" * 1008 + 'a"}[5m])'


@pytest.mark.parametrize("traffic", [None, -1.0])
@pytest.mark.parametrize(
    "indicator",
    [
        {"ratio": {"total": LONG, "good": LONG}},
        {"latency": {"histogram": LONG, "thresholdSeconds": "0.3"}},
        {"probe": {"metric": LONG}},
        {"threshold": {"metric": LONG, "operator": "AtMost", "value": "1"}},
        {"raw": {"errors": RAW, "total": RAW}},
    ],
    ids=lambda indicator: next(iter(indicator)),
)
def test_a_long_selector_leaves_room_for_what_to_do_about_it(indicator: Object, traffic: float | None) -> None:
    fields = world.timeslices() if "threshold" in indicator else {}
    spec = world.sla_spec(world.objective(indicator=indicator, **fields))
    source = world.SOURCE.model_copy(update={"allow_raw_indicators": True})
    given = world.inputs(world.sla(spec), source=source)
    given = world.written(given, plan(given).applies[0].obj)
    (one,) = world.promises(given)
    values = {"objective": {one.id: 0.99}, "traffic": {} if traffic is None else {one.id: traffic}}
    status = plan(replace(given, measurements=Measurements(NOW, values))).status
    SLAStatus.model_validate(status)
    message = first(status)["message"]
    assert "a|a..." in message or "A part of what is counted" in message
    assert message.endswith("."), "nothing of the sentence is cut off"


def test_a_sum_of_rates_is_as_many_events_as_are_shown() -> None:
    given = world.inputs(world.sla(world.sla_spec(world.objective(minEvents=100))))
    given = world.written(given, plan(given).applies[0].obj)
    for events, state in ((99.99999, "Met"), (99.4, "Unknown")):
        status = plan(replace(given, measurements=world.measured(given, events=events, errors=0))).status or {}
        assert (first(status)["events"], first(status)["state"]) == (f"{events:.0f}", state)


@pytest.mark.parametrize(
    ("days", "reason"), [(None, "Measured"), (30, "Measured"), (15, "RetentionTooShort"), (1, "RetentionTooShort")]
)
def test_a_window_longer_than_what_prometheus_keeps_is_told(days: int | None, reason: str) -> None:
    given = world.inputs(world.sla(created=NOW - timedelta(days=3)))
    given = world.written(given, plan(given).applies[0].obj)
    kept = None if days is None else timedelta(days=days)
    status = plan(replace(given, measurements=replace(world.measured(given), retention=kept))).status
    found = world.condition(status, "DataComplete")
    assert found["reason"] == reason
    assert world.condition(status, "Ready")["status"] == "True", "the rules are written all the same"
    if days == 15:
        assert "keeps what it records for 15d, and it takes 30d for the window" in found["message"]


@pytest.mark.parametrize(
    ("period", "too_short", "enough"), [("Week", 7, 8), ("Month", 31, 32), ("Quarter", 92, 93), ("Year", 366, 367)]
)
def test_prometheus_has_to_keep_the_longest_period_until_it_is_reported(
    period: str, too_short: int, enough: int
) -> None:
    live = world.sla(world.sla_spec(calendar={"period": period, "timeZone": "Europe/Berlin"}))
    given = world.written(world.inputs(live), plan(world.inputs(live)).applies[0].obj)
    for days, reason in ((too_short, "RetentionTooShort"), (enough, "Measured")):
        measured = replace(world.measured(given), retention=timedelta(days=days))
        found = world.condition(plan(replace(given, measurements=measured)).status, "DataComplete")
        assert found["reason"] == reason
        if days == too_short:
            assert f"--storage.tsdb.retention.time={enough}d or more" in found["message"]


def test_more_errors_than_events_are_clamped_and_told() -> None:
    status = status_of(events=1000, errors=1500)
    entry = first(status)
    assert (entry["state"], entry["sli"]) == ("Breached", "0.0000")
    assert "More errors than events" in entry["message"]
    assert world.condition(status, "DataComplete")["reason"] == "ImpossibleData"


@pytest.mark.parametrize(
    ("counts", "hours", "told"),
    [
        ({"errors": 0}, 5000, True),
        ({"errors": 1}, 5000, False),
        # Of 9,000 events nine may fail.
        ({"errors": 0, "events": 9_000}, 5000, False),
        ({"errors": 0}, 23, False),
        ({"errors": 0}, 25, True),
    ],
    ids=["spotless", "one", "few", "young", "a-day-old"],
)
def test_not_one_error_where_some_are_allowed_is_remarked_upon(
    counts: dict[str, float], hours: int, told: bool
) -> None:
    """A selector of errors that matches nothing looks like a perfect service, which is legal: the verdict stays."""
    status = status_of(created=NOW - timedelta(hours=hours), **counts)
    remark = "correct the selector spec.objectives[availability].indicator.ratio.errors"
    assert (remark in first(status)["message"]) == told
    assert first(status)["state"] == "Met"
    assert world.condition(status, "DataComplete")["status"] == "True"


def test_what_else_may_be_without_an_error_is_not_remarked_upon() -> None:
    for fields in ({"indicator": world.BY_GOOD}, {"indicator": world.LATENCY}, world.timeslices()):
        message = first(status_of(world.sla_spec(world.objective(**fields)), errors=0))["message"]
        assert "Not one error" not in message


@pytest.mark.parametrize(
    ("indicator", "told"),
    [
        (world.BY_GOOD, "ore good events than events were recorded, so that failures do not show: make the selector"),
        (world.PROBE, 'he gauges probe_success{job="payments"} are above 1, so that failures do not show: name gauges'),
    ],
    ids=["ratio", "probe"],
)
def test_more_good_events_than_events_are_told(indicator: Object, told: str) -> None:
    """The verdict stays what was counted; that it proves nothing is said beside it."""
    live = world.sla(world.sla_spec(world.objective(indicator=indicator)))
    given = world.written(world.inputs(live), plan(world.inputs(live)).applies[0].obj)
    said = world.measured(given, errors=0)
    (one,) = world.promises(given)
    said = replace(said, values={**said.values, "objective": {one.id: 2.0}})
    status = plan(replace(given, measurements=said)).status
    assert status is not None
    assert first(status)["state"] == "Met"
    assert told in first(status)["message"]
    found = world.condition(status, "DataComplete")
    assert (found["status"], found["reason"]) == ("False", "ImpossibleData")
    assert told in found["message"]
    assert world.condition(status, "Ready")["status"] == "True"
    plain = plan(replace(given, measurements=world.measured(given, errors=0))).status
    assert world.condition(plain, "DataComplete")["reason"] == "Measured"


def test_a_window_without_traffic_judges_nothing() -> None:
    status = status_of(events=0, errors=0)
    entry = first(status)
    assert entry["state"] == "Unknown"
    assert "sli" not in entry
    assert world.condition(status, "DataComplete")["status"] == "True"
    assert world.condition(status, "DataComplete")["reason"] == "NoTraffic"
    assert world.condition(status, "DataFresh")["status"] == "True"


def test_a_budget_is_counted_in_events_and_says_so() -> None:
    entry = first(status_of(world.sla_spec(world.objective(target="99.999")), events=1_000_000, errors=4))
    assert entry["errorBudget"] == {
        "total": "10.000",
        "consumed": "4.000",
        "remaining": "6.000",
        "remainingPercent": "60.0",
        "unit": "Events",
    }


def test_a_budget_of_slices_is_in_minutes() -> None:
    """A day of minutes is recorded as 86,400 seconds."""
    spec = world.sla_spec(world.objective(target="99", **world.timeslices(seconds=120)), window="1d")
    entry = first(status_of(spec, events=86_400, errors=720))
    assert entry["events"] == "720"
    assert entry["errorBudget"] == {
        "total": "14.400",
        "consumed": "12.000",
        "remaining": "2.400",
        "remainingPercent": "16.6",
        "unit": "Minutes",
    }


def test_what_was_excluded_afterwards_is_a_part_of_a_period_s_whole_budget() -> None:
    """November has 720 hours, of which 2 were subtracted: 1 % of all of it is 7.2 hours, and 3.6 are half of that."""
    spec = world.sla_spec(
        world.objective(target="99", **world.timeslices(seconds=60)), calendar={"period": "Month", "timeZone": "UTC"}
    )
    given = world.inputs(world.sla(spec))
    (promised,) = world.promises(given)
    start = NOW - timedelta(days=5)
    promised = promised.excluding(
        [
            Exclusion("upgrade", start, start + timedelta(hours=2), True),
            Exclusion("known", start + timedelta(hours=1), start + timedelta(hours=1), True),
        ],
        NOW,
    )
    counted = 22.5 * 86_400  # all that has passed of the month
    measurements = world.measured(given, events=counted - 7200, errors=3_600)
    key = (*promised.id, promised.full_window_name, promised.period_name)
    measurements.values["errors"][key], measurements.values["events"][key] = 3.6 * 3600, counted
    numbers = evaluate(promised, measurements, rules_since=world.LONG_AGO, now=NOW).numbers
    assert numbers is not None
    assert numbers.in_full is not None
    assert numbers.in_full.remaining == pytest.approx(0.5)


def test_the_worst_objective_stands_for_the_sla() -> None:
    spec = world.sla_spec(world.objective("a", "99"), world.objective("b", "99.9"), world.objective("c", "99.99"))
    status = status_of(spec, events=1_000_000, errors=900)
    assert [entry["state"] for entry in status["objectives"]] == ["Met", "AtRisk", "Breached"]
    assert status["state"] == "Breached"
    assert status["worst"]["objective"] == "c"
    assert status["summary"].startswith("1 Breached, 1 AtRisk, 1 Met; c ")


@pytest.mark.parametrize("burn", [0.3, 3.0, 20.0])
@pytest.mark.parametrize("errors", [0, 300, 800, 5000])
def test_the_schema_keeps_every_field(errors: float, burn: float) -> None:
    """What the API server would prune would be written again for ever."""
    status = status_of(errors=errors, burn=burn)
    kept = SLAStatus.model_validate(status).model_dump(by_alias=True, exclude_unset=True, mode="json")
    assert kept == status
    copy, _ = rollup.service_sla([{"metadata": {"name": "payments", "namespace": "platform"}, "status": status}], None)
    assert ServiceSLAStatus.model_validate(copy).model_dump(by_alias=True, exclude_unset=True, mode="json") == copy


def test_the_status_of_the_biggest_sla_fits() -> None:
    """Twenty objectives with the longest names, all breached: at most 16 KiB, as every status."""
    objectives = [world.objective(f"{'o' * 60}{number:03d}"[:63]) for number in range(20)]
    status = status_of(world.sla_spec(*objectives), events=10**12, errors=10**12, burn=1000.0)
    assert len(json.dumps(status, separators=(",", ":"))) <= 16 * 1024


@pytest.mark.parametrize("indicator", [world.BY_ERRORS, world.LATENCY, world.NATIVE, world.THROUGHPUT])
def test_an_alert_that_somebody_else_wrote_says_nothing_of_what_cannot_be(indicator: Object) -> None:
    """Its labels are all that tells whose it is, and only good events may be more than there are."""
    given = world.inputs(world.sla(world.sla_spec(world.objective(indicator=indicator))))
    given = world.written(given, plan(given).applies[0].obj)
    found = world.measured(given)
    forged = {one.id: 2.0 for one in world.promises(given)}
    status = plan(replace(given, measurements=replace(found, values={**found.values, "objective": forged}))).status
    assert world.condition(status, "DataComplete")["reason"] == "Measured"
