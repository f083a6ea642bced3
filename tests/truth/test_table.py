"""The truth table: histories whose answer is known by construction, through a real Prometheus to the status."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from platform_contracts.kube.objects import Object
from tests.sla import world
from tests.truth.row import Row
from tests.truth.rows import CLOSED, ROWS, consumers
from tests.truth.rows.reports import Closed
from tests.truth.table import Table


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    made = Table(tmp_path_factory.mktemp("truth"), [*ROWS, *(one.row for one in CLOSED)])
    try:
        made.start()
        yield made
    finally:
        made.prometheus.stop()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.slug)
def test_the_status_says_what_is_true(table: Table, row: Row) -> None:
    status, answer = table.status(row), row.answer
    entry = status["objectives"][0]
    assert entry["state"] == answer.state, entry
    assert answer.message in entry["message"]
    assert entry.get("excludedSeconds", 0) == pytest.approx(answer.excluded, abs=answer.excluded_within)
    assert world.condition(status, "DataComplete")["reason"] == answer.data, entry
    if "sli" not in entry:
        assert (answer.events, answer.sli) == (None, None), entry
        return
    budget = entry["errorBudget"]
    assert budget["unit"] == answer.unit
    assert float(entry["coverage"]) == pytest.approx(answer.coverage, abs=0.005)
    if answer.events is not None:
        assert float(entry["events"]) == pytest.approx(answer.events, rel=0.001)
    if answer.bad is not None:
        assert float(budget["consumed"]) == pytest.approx(answer.bad, rel=0.001, abs=answer.bad_within)
    if answer.sli is not None:
        assert float(entry["sli"]) == pytest.approx(answer.sli, abs=answer.within)
    if answer.remaining is not None:
        assert float(budget["remainingPercent"]) == pytest.approx(answer.remaining, abs=0.15)


# When the operator looks at a period that is over: when its report is due, and when all was claimed.
LOOKS = (timedelta(minutes=12), timedelta(days=2))


@pytest.mark.parametrize("closed", CLOSED, ids=lambda closed: closed.row.slug)
def test_the_reports_say_what_is_true(table: Table, closed: Closed) -> None:
    found = table.reports(closed.row, LOOKS)
    assert [one["spec"]["verdict"] for one in found] == [one.verdict for one in closed.reports], found
    for number, (spec, expected) in enumerate(
        zip((one["spec"] for one in found), closed.reports, strict=True), start=1
    ):
        assert (spec["revision"], spec["creditPercent"]) == (number, expected.credit)
        (objective,) = spec["objectives"]
        assert objective.get("excludedSeconds", 0) == expected.excluded
        _counted(objective, expected.events, expected.bad)
        assert ("inFull" in objective) == (expected.full is not None)
        if expected.full is not None:
            assert objective["inFull"]["verdict"] == expected.full[0]
            _counted(objective["inFull"], *expected.full[1:])


def _counted(told: Object, events: float | None, bad: float) -> None:
    denominator = float(told["denominator"])
    assert denominator - float(told["numerator"]) == pytest.approx(bad, abs=0.01)
    if events is not None:
        assert denominator == pytest.approx(events, abs=0.01)


def test_each_consumer_s_own_attainment_is_true(table: Table) -> None:
    """One rule set: what each namespace got, and nothing to the one that asked for nothing."""
    shown = {name: table.attainment(consumers.ROW, name) for name in ("team-a", "team-b", "team-c")}
    slis = {name: float(found[0]["sli"]) if found else None for name, found in shown.items()}
    assert slis == {
        "team-a": pytest.approx(100 - 100 * 5 / 240, abs=0.0005),
        "team-b": 100,
        "team-c": None,
    }
    both = table.attainment(consumers.ROW, "team-a", "team-b")
    assert float(both[0]["sli"]) == pytest.approx(100 - 100 * 5 / 960, abs=0.0005)


def test_the_requests_of_a_service_s_consumers_are_true(table: Table) -> None:
    """10 and 30 at each scrape, every 15 seconds; what no consumer is named for is nobody's."""
    told = table.requests(consumers.ROW, ["team-a"], ["team-b"], ["team-c"])
    assert told == {"requestsPerSecond": "2.7", "callingConsumers": 2}


def test_every_row_has_a_name_of_its_own() -> None:
    rows = [*ROWS, *(one.row for one in CLOSED)]
    assert len({row.slug for row in rows}) == len(rows)
