"""Consumers that left: in the last 90 days, whenever the service was assessed between, and each once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from platform_contracts.api.product_report import ProductReportSpec
from platform_contracts.api.service_status import ServiceConsumersStatus
from platform_contracts.kube.objects import Object
from tests.product.world import World

ASSESSMENT: Object = {"periodDays": 30}


class Life(World):
    """A service whose status is what was planned last, as the operator finds it."""

    def look(self, days: float = 0) -> int:
        """So many days later: how many are lost. A report that is due is written."""
        self.now += timedelta(days=days)
        self.report(assessment=ASSESSMENT)
        sections = self.plan(assessment=ASSESSMENT).sections
        ServiceConsumersStatus.model_validate(sections["consumers"])
        for report in self.reports:
            ProductReportSpec.model_validate(report["spec"])
        self.assessed, self.left = sections["assessment"], sections["consumers"].get("left", [])
        return int(sections["consumers"]["lost"])


@pytest.fixture
def life() -> Life:
    """Four teams that were assessed once, at noon of the same day."""
    life = Life(using=["aaaaaaaa-1", "bbbbbbbb-2", "cccccccc-3", "dddddddd-4"])
    assert life.look() == 0
    return life


def test_who_left_is_lost_for_90_days_over_every_assessment_between(life: Life) -> None:
    life.using.remove("aaaaaaaa-1")
    assert life.look(10) == 1
    assert life.look(25) == 1
    life.using.remove("bbbbbbbb-2")
    assert life.look(30) == 2
    assert len(life.reports) == 3
    # The day counts, whatever the hour: they left 89 days ago, then 90.
    assert life.look(34) == 2
    assert life.look(1) == 1
    assert life.look(54) == 1
    assert life.look(1) == 0


def test_when_they_left_is_on_record(life: Life) -> None:
    life.using.remove("aaaaaaaa-1")
    life.look(10)
    life.using.remove("bbbbbbbb-2")
    life.look(10)
    assert life.left == [{"day": "2027-06-11", "count": 1}, {"day": "2027-06-21", "count": 1}]
    life.look(20)
    assert life.reports[-1]["spec"]["consumers"]["left"] == [
        {"day": "2027-06-11", "count": 1},
        {"day": "2027-06-21", "count": 1},
    ]
    assert life.left == []


def test_a_look_at_the_same_world_changes_nothing_until_somebody_is_lost_no_more(life: Life) -> None:
    life.using.remove("aaaaaaaa-1")
    life.look(10)
    before = life.plan(assessment=ASSESSMENT)
    life.look(0.5)
    assert life.plan(assessment=ASSESSMENT).sections == before.sections
    # No report is due before: that day wakes the operator.
    once = {"periodDays": 366}
    life.now += timedelta(days=88.5)
    assert life.section("consumers", assessment=once)["lost"] == 1
    assert life.plan(assessment=once).requeue_after == timedelta(hours=12)
    life.now += timedelta(hours=12)
    assert life.section("consumers", assessment=once)["lost"] == 0


def test_whoever_is_let_in_again_is_not_lost(life: Life) -> None:
    for gone in ("aaaaaaaa-1", "bbbbbbbb-2"):
        life.using.remove(gone)
        life.look(2)
    life.using.append("bbbbbbbb-2")
    assert life.look(1) == 1
    assert life.left == [{"day": "2027-06-03", "count": 1}]


def test_with_a_status_that_was_lost_those_since_the_last_assessment_leave_anew(life: Life) -> None:
    life.using.remove("aaaaaaaa-1")
    life.look(10)
    life.look(30)
    life.using.remove("bbbbbbbb-2")
    life.look(1)
    life.assessed, life.left = {}, []
    assert life.look(5) == 2
    assert life.left == [{"day": "2027-07-17", "count": 1}]


def test_one_report_of_a_long_time_and_a_status_stay_small(life: Life) -> None:
    life.using = [f"{number:08d}" for number in range(200)]
    life.look(30)
    life.facts["writes"] = False
    for number in range(150):
        life.using.remove(f"{number:08d}")
        lost = life.look(1)
    assert lost == 90
    assert len(life.left) == 91
    assert life.left[0] == {"day": "2027-08-30", "count": 60}


def test_a_report_that_does_not_say_when_counts_at_its_end(life: Life) -> None:
    life.using.remove("aaaaaaaa-1")
    life.look(31)
    del life.reports[-1]["spec"]["consumers"]["left"]
    assert life.look(87) == 1
    assert life.look(1) == 0
