"""From what the store holds to what a page says: figures in words, what is overdue, and what is worth knowing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from platform_contracts.kube.kinds import MAINTENANCE_WINDOW, SLA_REPORT
from platform_contracts.kube.objects import Object, format_time
from platform_contracts.web.view import maintenance
from platform_contracts.web.view.about import about, contacts
from platform_contracts.web.view.conditions import remarks
from platform_contracts.web.view.consumer import consumer_page
from platform_contracts.web.view.figures import budget, length
from platform_contracts.web.view.people import people
from platform_contracts.web.view.period import period_page
from platform_contracts.web.view.promises import promises
from platform_contracts.web.view.reports import reports
from platform_contracts.web.view.roadmap import roadmap
from platform_contracts.web.view.voices import voices
from platform_contracts.web.words import day, moment, plural, spaced
from tests.web.world import NOW, World


@pytest.mark.parametrize(
    ("text", "shown", "filled"),
    [
        ("67.4", "67.4%", 67),
        ("67%", "67%", 67),
        ("-203.1", "−203.1%", 0),
        ("0.0", "0.0%", 0),
        ("100", "100%", 100),
    ],
)
def test_a_budget_is_a_word_and_a_bar(text: str, shown: str, filled: int) -> None:
    found = budget(text)
    assert found is not None
    assert (found.text, found.filled) == (shown, filled)


@pytest.mark.parametrize("text", [None, "", "unknown", "NaN", "Infinity", "-sNaN"])
def test_no_figure_is_no_budget(text: str | None) -> None:
    assert budget(text) is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (12, "12 s"), (60, "1 min"), (5400, "1 h 30 min"), (90000, "1 d 1 h"), (86400 * 3 + 60, "3 d 1 min")],
)
def test_a_length_has_its_two_largest_units(seconds: float, said: str) -> None:
    assert length(seconds) == said


def test_words_are_those_of_people() -> None:
    assert spaced("GeneralAvailability") == "General availability"
    assert spaced("AtRisk") == "At risk"
    assert (plural(1, "voice"), plural(2, "voice")) == ("1 voice", "2 voices")
    assert plural(1200, "request is", "requests are") == "1,200 requests are"
    assert (day("2027-06-12"), day("2027-06-12T23:59:59Z")) == ("12 Jun 2027", "12 Jun 2027")
    assert moment("2027-06-02T14:05:00Z") == "2 Jun 2027, 14:05 UTC"


def planned(*items: Object, **status: object) -> Object:
    return World().service(spec={"roadmap": {"prioritization": "RICE", "items": list(items)}}, status=status)


def test_a_promised_day_that_has_passed_is_overdue_and_a_proposed_one_promises_nothing() -> None:
    service = planned(
        {"name": "late", "state": "InProgress", "targetDate": "2027-05-20"},
        {"name": "today", "state": "Planned", "targetDate": "2027-06-01"},
        {"name": "idea", "targetDate": "2027-01-01"},
        {"name": "done", "state": "Shipped", "shippedDate": "2027-04-01", "targetDate": "2027-01-01"},
    )
    found = roadmap(service, date(2027, 6, 1))
    assert found is not None
    assert {item.name: item.overdue for item in found.ahead} == {"late": 12, "today": 0, "idea": 0}
    assert [(item.name, item.overdue) for item in found.shipped] == [("done", 0)]


def test_items_ahead_stand_by_rank_and_shipped_ones_by_day() -> None:
    ranked = [{"name": "second", "askedBy": 3, "score": "9.00"}, {"name": "first", "askedBy": 0}]
    service = planned(
        {"name": "first"},
        {"name": "second", "title": "The second"},
        {"name": "old", "state": "Shipped", "shippedDate": "2026-01-01"},
        {"name": "new", "state": "Shipped", "shippedDate": "2027-01-01"},
        {"name": "never", "state": "Declined"},
        roadmap={"ranked": ranked},
    )
    found = roadmap(service, date(2027, 6, 1))
    assert found is not None
    assert [(item.title, item.asked_by, item.score) for item in found.ahead] == [
        ("The second", 3, "9.00"),
        ("First", 0, None),
    ]
    assert [item.name for item in found.shipped] == ["new", "old"]
    assert found.by == "RICE"


def test_a_service_without_a_roadmap_has_none() -> None:
    assert roadmap(World().service(), date(2027, 6, 1)) is None


def test_remarks_are_what_is_not_as_it_should_be_once() -> None:
    since = "2027-05-01T00:00:00Z"
    told = [
        ("Ready", "False", "It waits."),
        ("Reconciling", "True", "It waits."),
        ("RoadmapCurrent", "True", "Nothing is overdue."),
        ("FeedbackCurrent", "False", "Somebody waits for an answer."),
        ("AssessmentCurrent", "False", "A ProductReport is missing."),
        ("Deprecated", "False", "It goes on."),
        ("SomethingNew", "False", "What a newer operator says."),
    ]
    conditions = [{"type": t, "status": s, "message": m, "lastTransitionTime": since} for t, s, m in told]
    found = remarks(World().service(status={"conditions": conditions}))
    assert [(remark.about, remark.message) for remark in found] == [
        ("Contract", "It waits."),
        ("Answers", "Somebody waits for an answer."),
        ("Assessment", "A ProductReport is missing."),
    ]


def test_scores_stand_on_their_scale_with_their_uncertainty() -> None:
    scores = [
        {"survey": "a", "instrument": "CSAT", "responses": 41, "score": "80.0", "marginOfError": "30.0"},
        {"survey": "b", "instrument": "NPS", "responses": 9, "score": "-50.0", "marginOfError": "10.0"},
        {"survey": "c", "instrument": "CES", "responses": 2},
    ]
    spec = {"feedback": {"surveys": [{"name": "c", "instrument": "CES", "minResponses": 7}]}}
    first, second, third = voices(
        World().service(spec=spec, status={"feedback": {"scores": scores}}), details=True
    ).scores
    assert (first.low, first.at, first.high) == (50, 80, 100)
    assert (second.score, second.low, second.at, second.high) == ("−50.0", 20, 25, 30)
    assert (third.score, third.least) == (None, 7)


def test_consumers_are_counted_for_all_and_named_for_some() -> None:
    world = World()
    service = world.service(status={"consumers": {"total": 5, "ready": 4}})
    consumers = [world.consumer("team-a", spec={"team": "Alpha"}), world.consumer("team-b")]
    found = people(service, consumers, frozenset({"team-a"}))
    assert ([row.team for row in found.named], found.unnamed, found.total) == (["Alpha"], 4, 5)


def test_maintenance_is_told_until_it_is_over() -> None:
    world = World()

    def window(name: str, start: float, end: float, state: str = "Announced") -> Object:
        times = {
            "startTime": format_time(NOW + timedelta(hours=start)),
            "endTime": format_time(NOW + timedelta(hours=end)),
        }
        spec = {"serviceRef": {"name": "payments"}, "reason": "New disks"}
        return world.put(MAINTENANCE_WINDOW, name, "platform", spec=spec, status={"state": state, **times})

    windows = [
        window("later", 48, 50),
        window("running", -1, 1, "Active"),
        window("past", -3, -1, "Over"),
        window("just-over", -2, 0, "Active"),
        world.put(MAINTENANCE_WINDOW, "unseen", "platform", spec={"serviceRef": {"name": "payments"}}),
    ]
    found = maintenance.announced(windows, NOW)
    assert [(one.name, one.running, one.length) for one in found] == [("running", True, "2 h"), ("later", False, "2 h")]


def test_what_was_excluded_is_listed_when_it_is_over_the_latest_first() -> None:
    def excluded(name: str, start: float, end: float) -> Object:
        times = [format_time(NOW + timedelta(hours=hours)) for hours in (start, end)]
        return {"maintenanceWindow": name, "startTime": times[0], "endTime": times[1]}

    entries = [excluded("old", -50, -49), excluded("new", -5, -4), excluded("none", -3, -3), excluded("coming", 1, 2)]
    found = maintenance.excluded([World().sla(status={"exclusions": entries})], NOW)
    assert [one.window for one in found] == ["new", "old"]


def assessed(*abouts: str) -> Object:
    """A ProductReport that names these."""
    found = [
        {"area": "Demand", "about": one, "severity": "Low", "evidence": "Said.", "roadmapItem": "None"}
        for one in abouts
    ]
    counts = {"consumers": {"ready": 0}, "feedback": {"voices": 0, "open": 0}}
    times = {"startTime": "2027-03-01T00:00:00Z", "endTime": "2027-05-30T00:00:00Z"}
    spec = {"serviceName": "payments", "summary": "Demand (Low)", **times, **counts, "improvements": found}
    return {"metadata": {"name": "payments-2027-05-30", "namespace": "platform"}, "spec": spec}


def test_an_assessment_says_what_is_new_and_what_is_resolved() -> None:
    page = period_page(assessed("refunds", "wallets"), assessed("refunds", "invoices"))
    assert page.new == {("Demand", "wallets")}
    assert [one.about for one in page.resolved or ()] == ["invoices"]


def test_what_a_full_report_has_no_place_for_is_neither_new_nor_resolved() -> None:
    full = [f"theme-{number}" for number in range(32)]
    slid = period_page(assessed(*full), assessed("slid", *full[1:]))
    assert (slid.new, slid.resolved) == (frozenset(), [])
    came = period_page(assessed("slid"), assessed(*full))
    assert came.new == frozenset()
    assert len(came.resolved or ()) == 32


def test_of_a_corrected_period_the_last_revision_is_shown() -> None:
    world = World()

    def report(period: str, end: str, revision: int, verdict: str) -> Object:
        start = f"{period}-01T00:00:00Z"
        spec = {"slaName": "payments", "period": period, "startTime": start, "endTime": end, "revision": revision}
        body = {**spec, "slaUID": "uid-1", "serviceName": "payments", "verdict": verdict, "objectives": []}
        return world.put(SLA_REPORT, f"payments-{period}-r{revision}", "platform", spec=body)

    found = reports(
        [
            report("2027-04", "2027-05-01T00:00:00Z", 2, "Met"),
            report("2027-04", "2027-05-01T00:00:00Z", 1, "Breached"),
            report("2027-05", "2027-06-01T00:00:00Z", 1, "Met"),
        ]
    )
    assert [(one.name, one.verdict) for one in found] == [
        ("payments-2027-05-r1", "Met"),
        ("payments-2027-04-r2", "Met"),
    ]


def test_an_objective_says_what_is_noteworthy_beside_its_figures() -> None:
    objectives = [
        {"name": "availability", "state": "Met", "message": "67.4% of the error budget is left."},
        {"name": "latency", "state": "AtRisk", "message": "The error budget burns too fast."},
    ]
    spec = {"objectives": [{"name": "availability", "target": "99.9"}, {"name": "latency", "target": "99"}]}
    sla = World().sla(spec=spec, status={"objectives": objectives})
    (told,) = promises([sla], {}, details=True)
    assert [one.message for one in told.objectives] == [None, "The error budget burns too fast."]
    (untold,) = promises([sla], {}, details=False)
    assert [one.message for one in untold.objectives] == [None, None]


def test_an_objective_without_a_status_shows_what_it_promises() -> None:
    (told,) = promises([World().sla()], {}, details=True)
    assert [(one.name, one.target, one.state, one.sli) for one in told.objectives] == [
        ("availability", "99.9", "Unknown", None)
    ]


def test_quotas_are_filled_by_what_is_used_of_them() -> None:
    status = {
        "quota": {"hard": {"memory": "8Gi", "cpu": "2", "pods": "0"}, "used": {"memory": "4096Mi", "cpu": "500m"}}
    }
    found = consumer_page(World().consumer("team-a", status=status))
    assert [(one.resource, one.percent) for one in found.quota] == [("cpu", 25), ("memory", 50), ("pods", 100)]


def test_a_contact_is_a_link_where_there_can_be_one() -> None:
    found = contacts(
        [
            {"name": "a", "type": "Slack", "value": "#payments"},
            {"name": "b", "type": "Email", "value": "payments@example.com"},
            {"name": "c", "type": "Web", "value": "https://help.example.com"},
            {"name": "d", "type": "Web", "value": "javascript:alert(1)"},
        ],
        allowed_hosts=[],
    )
    assert [one.link for one in found] == [None, "mailto:payments@example.com", "https://help.example.com", None]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.net/docs",
        "https://help.example.com@evil.example.net/login",
        "https://help.example.com:pass@help.example.com/",
        "http://localhost:8080/admin?wipe=1",
        "http://help.example.com/",
    ],
)
def test_no_link_of_a_person_leads_where_the_administrator_forbids(url: str) -> None:
    """It is as with statuses and alerts: https alone, to hosts that are allowed, without user information."""
    service = World().service()
    service["spec"]["links"] = [
        {"name": "good", "type": "Documentation", "url": "https://help.example.com/docs"},
        {"name": "bad", "type": "Documentation", "url": url},
    ]
    service["spec"]["owner"]["contacts"] = [{"name": "a", "type": "OnCall", "value": url}]
    found = about(service, ["help.example.com"])
    assert [one.name for one in found.links] == ["good"]
    assert [(one.value, one.link) for one in found.contacts] == [(url, None)], "it is still told as it is written"


@pytest.mark.parametrize("score", ["NaN", "Infinity", "many"])
def test_a_score_that_is_no_number_is_none(score: str) -> None:
    entry = {"survey": "fit", "instrument": "CSAT", "score": score, "marginOfError": "x", "responses": 9}
    (found,) = voices(World().service(status={"feedback": {"scores": [entry]}}), details=False).scores
    assert (found.score, found.low, found.high) == (None, 0, 0)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://survey.example.com/fit", True),
        ("http://localhost:8090/feedback/abc", True),
        ("http://survey.example.com/fit", False),
        ("javascript:alert(1)", False),
        ("//survey.example.com", False),
        ("https://[", False),
    ],
)
def test_a_page_leads_over_https_or_to_a_port_forward_alone(url: str, shown: bool) -> None:
    world = World()
    told = {"submitURL": url, "links": [{"name": "fit", "type": "Survey", "url": url}]}
    expected = (url, [url]) if shown else (None, [])
    heard = voices(world.service(status={"feedback": told}), details=True)
    page = consumer_page(world.consumer("team-a", status={"feedback": told}))
    for found in (heard, page):
        assert (found.submit, [link for _, _, link in found.channels]) == expected


def test_of_very_many_consumers_the_first_by_team_are_rows_and_the_others_a_number() -> None:
    world = World()
    service = world.service(status={"consumers": {"total": 260}})
    homes = [f"team-{number:03}" for number in range(259, -1, -1)]
    everyone = [world.consumer(home) for home in homes]
    found = people(service, everyone, frozenset(homes) - {"team-000"})
    assert [row.namespace for row in found.named] == sorted(homes)[1:201]
    assert (found.more, found.unnamed) == (59, 1)
