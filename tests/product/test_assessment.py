"""The assessment: what is to be improved, by what one sees it, what answers it, and what became of the last."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from platform_contracts.api.product_report import ProductReportSpec
from platform_contracts.kube.objects import Object
from tests.product.world import NOW, World

ASSESSMENT: Object = {"periodDays": 90}
CSAT: Object = {"name": "satisfaction", "instrument": "CSAT"}


def item(name: str, state: str = "Planned", **fields: Any) -> Object:
    return {"name": name, "state": state, **fields}


def report(world: World, *items: Object, **fields: Any) -> Object:
    """The spec of the report that is due of a service with these items on its roadmap."""
    found = world.report(assessment=ASSESSMENT, **{"roadmap": {"items": list(items)}, **fields})
    assert found is not None
    spec: Object = found["spec"]
    # What is written is what the schema has.
    ProductReportSpec.model_validate(spec)
    return spec


def improvement(world: World, *items: Object, **fields: Any) -> Object:
    """The one thing to improve that such a report names."""
    (found,) = report(world, *items, **fields)["improvements"]
    return dict(found)


def sla(*objectives: Object, name: str = "payments") -> Object:
    return {"metadata": {"name": name}, "status": {"objectives": list(objectives)}}


def objective(name: str, state: str, sli: str) -> Object:
    return {"name": name, "state": state, "sli": sli, "target": "99.9", "window": "30d"}


def closed(
    period: str, end: str, written: str, verdict: str = "Breached", sli: str = "99.5", revision: int = 1
) -> Object:
    """The SLAReport of a month with one objective."""
    found = {"name": "availability", "verdict": verdict, "sli": sli, "target": "99.9"}
    spec = {"slaName": "payments", "slaUID": "uid-sla", "period": period, "endTime": end, "revision": revision}
    return {"metadata": {"creationTimestamp": written}, "spec": {**spec, "objectives": [found]}}


def test_a_service_with_which_all_is_well_has_nothing_to_improve() -> None:
    world = World()
    world.facts["slas"] = [sla(objective("availability", "Met", "99.95"))]
    said = report(world)
    assert (said["summary"], said.get("improvements")) == ("Nothing", None)


def test_a_breached_objective() -> None:
    world = World()
    world.facts["slas"] = [sla(objective("availability", "Breached", "99.4100"), objective("speed", "Met", "99.99"))]
    assert improvement(world, item("a-tour", improves="Adoption"), item("failover", improves="Reliability")) == {
        "area": "Reliability",
        "about": "payments/availability",
        "severity": "High",
        "evidence": "The objective was missed: 99.4100% of 99.9% over 30d.",
        "roadmapItem": "failover",
    }


def test_an_objective_that_was_missed_in_a_closed_month_and_is_met_now() -> None:
    world = World()
    world.facts["slas"] = [sla(objective("availability", "Met", "99.95"))]
    march = closed("2027-03", "2027-04-01T00:00:00Z", "2027-04-01T01:00:00Z")
    before = closed("2026-12", "2027-01-01T00:00:00Z", "2027-01-01T10:00:00Z")
    world.facts["sla_reports"] = [march, before]
    assert improvement(world)["evidence"] == "The objective was missed: 99.5% of 99.9% in 2027-03."


def test_a_month_whose_report_comes_late_or_is_corrected_is_in_the_next_assessment() -> None:
    world = World()
    assert "improvements" not in report(world)
    (first,) = world.reports
    first["metadata"]["creationTimestamp"] = "2027-06-01T01:00:00Z"

    def may(written: str, revision: int = 1, verdict: str = "Breached", sli: str = "99.5") -> Object:
        return closed("2027-05", "2027-06-01T00:00:00Z", f"2027-06-{written}:00Z", verdict, sli, revision)

    in_time, late = "01T00:59", "01T01:30"
    world.now += timedelta(days=90)
    for found, evidence in (
        ([may(in_time)], []),
        ([may(late)], ["The objective was missed: 99.5% of 99.9% in 2027-05."]),
        # A miss that was known, and that a correction leaves one, is none of the next period.
        ([may(in_time), may("02T09:00", 2, sli="99.6")], []),
        ([may(late), may("02T09:00", 2, sli="99.6")], ["The objective was missed: 99.6% of 99.9% in 2027-05."]),
        ([may(in_time, verdict="Met"), may(late, 2)], ["The objective was missed: 99.5% of 99.9% in 2027-05."]),
        ([may(late), may("02T09:00", 2, "Met", "99.9")], []),
    ):
        world.reports, world.facts["sla_reports"] = [first], found
        assert [one["evidence"] for one in report(world).get("improvements", ())] == evidence


def test_a_month_that_ends_after_the_period_is_in_the_next_assessment_however_late_this_one_is_written() -> None:
    world = World()
    report(world)
    world.now += timedelta(days=93)
    world.facts["sla_reports"] = [closed("2027-08", "2027-09-01T00:00:00Z", "2027-09-01T00:30:00Z")]
    late = report(world)
    assert (late["endTime"], late.get("improvements")) == ("2027-08-30T00:00:00Z", None)
    world.now += timedelta(days=90)
    assert improvement(world)["evidence"] == "The objective was missed: 99.5% of 99.9% in 2027-08."


def test_a_falling_score() -> None:
    world = World()
    world.answer(*[5] * 36, *[1] * 4, days_ago=100)
    world.answer(*[5] * 20, *[1] * 20)
    found = improvement(world, item("clear-errors", themes=["satisfaction"]), feedback={"surveys": [CSAT]})
    assert (found["area"], found["about"], found["severity"]) == ("Satisfaction", "satisfaction", "High")
    assert found["evidence"] == "CSAT 50.0 (n=40) with a margin of 14.8 fell from 90.0."
    assert found["roadmapItem"] == "clear-errors"


def test_a_survey_below_its_target() -> None:
    world = World()
    world.answer(*[5] * 3, *[1] * 2)
    found = improvement(world, feedback={"surveys": [{**CSAT, "target": "80"}]})
    assert (found["severity"], found["roadmapItem"]) == ("Medium", "None")
    assert found["evidence"].endswith(" misses its target of 80.")


def test_a_survey_that_reaches_its_target_misses_nothing() -> None:
    world = World()
    world.answer(*[5] * 4, 1)
    assert "improvements" not in report(world, feedback={"surveys": [{**CSAT, "target": "80"}]})


def test_a_survey_that_misses_its_target_by_less_than_the_table_shows() -> None:
    world = World()
    world.answer(*[5] * 39, *[1] * 10)
    found = improvement(world, feedback={"surveys": [{**CSAT, "target": "80"}]})
    assert found["evidence"] == "CSAT 79.6 (n=49) with a margin of 11.3 misses its target of 80."


def test_voices_that_wait_too_long() -> None:
    world = World()
    world.say(comment="Hello", days_ago=50)
    world.say(comment="Hello", days_ago=15)
    world.say(comment="Hello", days_ago=13)
    found = improvement(world, feedback={"acknowledgeWithinDays": 14})
    assert (found["area"], found["severity"]) == ("Responsiveness", "High")
    assert found["evidence"] == "2 voices wait for an overdue answer, the oldest 36 days overdue."


def test_a_theme_that_no_item_answers() -> None:
    world = World()
    for _ in range(3):
        world.say(themes=["refunds"])
    found = improvement(world, item("regions", themes=["regions"]))
    assert (found["area"], found["about"], found["severity"]) == ("Demand", "refunds", "Medium")
    assert (
        found["evidence"]
        == "3 voices named it in the last 90 days (0 in the 90 before), and no roadmap item that is to come has it."
    )


@pytest.mark.parametrize(("before", "now", "severity"), [(0, 9, "Medium"), (0, 10, "High"), (10, 10, "Medium")])
def test_a_theme_matters_more_that_ten_name_and_more_than_before(before: int, now: int, severity: str) -> None:
    world = World()
    for voices, days_ago in ((before, 100), (now, 10)):
        for _ in range(voices):
            world.say(themes=["refunds"], days_ago=days_ago)
    assert improvement(world)["severity"] == severity


def test_an_overdue_promise_is_answered_by_itself() -> None:
    found = improvement(World(), item("refunds", targetDate="2027-05-20"))
    assert (found["area"], found["about"], found["roadmapItem"]) == ("Roadmap", "refunds", "refunds")
    assert found["evidence"] == "It was promised by 2027-05-20 and is 12 days overdue."


@pytest.mark.parametrize(
    ("section", "figures", "about", "severity", "evidence"),
    [
        (
            "onboarding",
            {"leadTimeP90Seconds": 3 * 86400},
            "Onboarding/leadTime",
            "Medium",
            "One team in ten waited 3 days or longer for what its plan gives.",
        ),
        (
            "consumers",
            {"pending": 2, "oldestPendingTime": "2027-05-20T12:00:00Z"},
            "Onboarding/pending",
            "High",
            "2 consumers are not ready, the oldest since 2027-05-20.",
        ),
        (
            "usage",
            {"quotaUsedPercent": 93},
            "Capacity/quotas",
            "High",
            "0 consumers use 90% or more of a quota; of all quotas together 93% of the scarcest resource is used.",
        ),
        (
            "consumers",
            {"summary": "14/20", "adoptionPercent": 70},
            "Adoption/target",
            "Medium",
            "14 of 20 teams have it, 70% of those that it aims at.",
        ),
        (
            "consumers",
            {"dormant": 1},
            "Adoption/dormant",
            "Low",
            "1 consumer runs nothing and says nothing by it; ask why.",
        ),
        (
            "usage",
            {"callingConsumers": 1},
            "Adoption/silent",
            "Low",
            "1 consumer of 2 sent no request; ask why.",
        ),
        (
            "drift",
            {"corrected24h": 3, "lastObject": "ResourceQuota"},
            "Drift/corrections",
            "Low",
            "What others changed was set right 3 times within a day, a ResourceQuota last.",
        ),
    ],
)
def test_what_shows_in_figures(section: str, figures: Object, about: str, severity: str, evidence: str) -> None:
    world = World()
    consumers = {"summary": "2/2", "ready": 2, "active": 2, "dormant": 0, "pending": 0}
    world.facts["onboarded"] = {
        "consumers": consumers,
        section: {**(consumers if section == "consumers" else {}), **figures},
    }
    found = improvement(world)
    assert (f"{found['area']}/{found['about']}", found["severity"]) == (about, severity)
    assert found["evidence"] == evidence


@pytest.mark.parametrize(
    ("section", "figures", "severity"),
    [
        ("onboarding", {"leadTimeP90Seconds": 86400}, None),
        ("onboarding", {"leadTimeP90Seconds": 86401}, "Medium"),
        ("onboarding", {"leadTimeP90Seconds": 7 * 86400 + 1}, "High"),
        ("consumers", {"pending": 1, "oldestPendingTime": "2027-05-31T12:00:00Z"}, None),
        ("consumers", {"pending": 1, "oldestPendingTime": "2027-05-31T11:59:59Z"}, "Medium"),
        ("usage", {"quotaUsedPercent": 89}, None),
        ("usage", {"quotaUsedPercent": 90}, "High"),
        ("consumers", {"summary": "20/20", "adoptionPercent": 100}, None),
        ("consumers", {"summary": "10/20", "adoptionPercent": 50}, "Medium"),
        ("consumers", {"summary": "9/20", "adoptionPercent": 45}, "High"),
        ("drift", {"corrected24h": 2, "lastObject": "ResourceQuota"}, None),
    ],
)
def test_from_where_on_figures_are_to_be_improved(section: str, figures: Object, severity: str | None) -> None:
    world = World()
    consumers = {"summary": "2/2", "ready": 2, "active": 2, "dormant": 0, "pending": 0}
    world.facts["onboarded"] = {"consumers": consumers, section: {**consumers, **figures}}
    assert [one["severity"] for one in report(world).get("improvements", ())] == ([severity] if severity else [])


def test_one_consumer_whose_quota_is_nearly_used_up_is_enough() -> None:
    world = World()
    world.facts["pressed"] = 1
    found = improvement(world)
    assert (found["area"], found["severity"]) == ("Capacity", "Medium")
    assert found["evidence"].startswith("1 consumer uses 90% or more of a quota; ")


def test_who_left_since_the_last_assessment() -> None:
    world = World(using=["aaaaaaaa-1", "bbbbbbbb-2"])
    assert report(world)["consumers"]["known"] == ["aaaaaaaa", "bbbbbbbb"]
    world.using = ["bbbbbbbb-2", "cccccccc-3"]
    world.now += timedelta(days=90)
    later = report(world)
    assert later["consumers"]["lost"] == 1
    assert later["improvements"][0]["evidence"] == "1 consumer has left since the last assessment."


ASPECTS = [
    {"name": "Adoption", "level": 2, "targetLevel": 4, "assessedDate": "2027-05-01"},
    {"name": "Measurement", "level": 1, "targetLevel": 2, "assessedDate": "2027-04-01"},
    {"name": "Operations", "level": 3, "assessedDate": "2027-04-01"},
]


def test_aspects_are_shown_each_for_itself_and_those_below_their_target_are_to_be_improved() -> None:
    world = World()
    assessment = {**ASSESSMENT, "aspects": ASPECTS}
    found = world.report(assessment=assessment)
    assert found is not None
    assert found["spec"]["aspects"] == ASPECTS
    assert [(one["about"], one["severity"]) for one in found["spec"]["improvements"]] == [
        ("Adoption", "Medium"),
        ("Measurement", "Low"),
    ]
    assert world.section("assessment", assessment=assessment)["lowestAspect"] == "Measurement at 1 of 4"


def test_what_matters_most_comes_first() -> None:
    world = World()
    world.facts["slas"] = [sla(objective("availability", "Breached", "99.41"))]
    world.facts["onboarded"] = {"consumers": {"ready": 1, "active": 0, "dormant": 1}}
    world.say(comment="Hello", days_ago=20)
    spec = report(world, item("late", targetDate="2027-05-20"), feedback={"acknowledgeWithinDays": 14})
    assert [(one["severity"], one["area"]) for one in spec["improvements"]] == [
        ("High", "Reliability"),
        ("Medium", "Responsiveness"),
        ("Medium", "Roadmap"),
        ("Low", "Adoption"),
    ]
    assert spec["summary"] == "Reliability (High), Responsiveness (Medium), Roadmap (Medium) and 1 more"


def test_the_next_assessment_shows_what_became_of_the_last() -> None:
    world = World()
    late = [item("refunds", targetDate="2027-05-20"), item("regions", targetDate="2027-05-20")]
    report(world, *late)
    world.now += timedelta(days=90)
    shipped = item("refunds", "Shipped", shippedDate="2027-07-01")
    spec = report(world, shipped, late[1], item("third", targetDate="2027-06-01"))
    assert spec["previous"] == {"time": "2027-06-01T00:00:00Z", "resolved": 1, "remaining": 1}
    assert spec["shipped"] == [{"name": "refunds", "shippedDate": "2027-07-01", "askedBy": 0}]
    shown = world.section("assessment", assessment=ASSESSMENT)
    assert shown["previous"] == spec["previous"]
    assert (shown["report"], shown["lastTime"], shown["nextTime"]) == (
        "payments-2027-08-30",
        "2027-08-30T00:00:00Z",
        "2027-11-28T00:00:00Z",
    )
    assert shown["improvements"] == spec["improvements"]


def test_what_was_shipped_is_on_record_once_and_not_from_long_before() -> None:
    """Of what shipped up to 90 days before the period somebody may have said so only now."""
    world = World()
    shipped = [
        item("long-before", "Shipped", shippedDate="2026-10-02"),
        item("said-late", "Shipped", shippedDate="2026-10-03"),
        item("lately", "Shipped", shippedDate="2027-05-02"),
    ]
    assert [one["name"] for one in report(world, *shipped)["shipped"]] == ["said-late", "lately"]
    world.now += timedelta(days=90)
    assert "shipped" not in report(world, *shipped)


def current(world: World, **assessment: Any) -> tuple[bool | None, str, str]:
    found = world.condition("AssessmentCurrent", assessment={**ASSESSMENT, **assessment})
    return found.status, found.reason, found.message


def test_an_aspect_that_nobody_judges_again_is_overdue_by_days() -> None:
    world = World()
    aspects = [{"name": "Adoption", "level": 2, "assessedDate": "2027-03-03"}]
    world.report(assessment=ASSESSMENT)
    assert current(world, aspects=aspects) == (
        True,
        "Assessed",
        "The service was assessed until 2027-06-01; the next assessment comes on 2027-08-30, and Adoption is to be "
        "judged again by 2027-06-01.",
    )
    world.now = NOW + timedelta(hours=12)
    assert current(world, aspects=aspects) == (
        False,
        "AssessmentOverdue",
        "The aspect Adoption was to be judged again by 2027-06-01 and is 1 day overdue; judge it, then set level and "
        "assessedDate in spec.assessment.aspects.",
    )
    assert world.plan(assessment={**ASSESSMENT, "aspects": aspects}).requeue_after == timedelta(days=1)


def test_where_nothing_may_be_written_the_assessment_is_overdue_by_days() -> None:
    world = World()
    assert world.report(assessment=ASSESSMENT) is not None
    world.facts["writes"] = False
    world.now += timedelta(days=92)
    assert current(world) == (
        False,
        "ReportMissing",
        "The assessment of the period until 2027-08-30 is 2 days overdue, because no ProductReport is written; set "
        "spec.reconcilePolicy to Enforce, or ask an administrator to install the CRD productreports.",
    )
    plan = world.plan(assessment=ASSESSMENT)
    assert (list(plan.applies), plan.requeue_after) == ([], timedelta(hours=12))


def test_before_the_first_assessment_it_is_said_when_it_comes() -> None:
    world = World(created=NOW)
    assert current(world) == (True, "NotYetDue", "The first assessment comes on 2027-06-02.")
    assert world.section("assessment", assessment=ASSESSMENT) == {"nextTime": "2027-06-02T00:00:00Z"}
