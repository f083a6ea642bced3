"""What a consumer is told of its service: an SLA at risk, over the SLA's own rules, and the end of the service."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.promtool import Promtool
from platform_contracts.rules.objects import Group
from tests.alerts import world
from tests.alerts.world import always, judge
from tests.sla import world as sla_world
from tests.sla.rule_file_tests import Expectation, nothing, run, something, steps

SUNSET = datetime(2027, 3, 31, tzinfo=UTC)
DAY = 86400


def outage(error_percent: float, minutes: int = 60) -> dict[str, str]:
    """Two good hours and then failures, a sample every 15 s."""
    return {
        'http_requests_total{job="payments",code="200"}': steps((100, 480), (100 - error_percent, 4 * minutes)),
        'http_requests_total{job="payments",code="503"}': steps((0, 480), (error_percent, 4 * minutes)),
    }


def told(severity: str, name: str = "ConsumerSLAAtRisk", **labels: str) -> str:
    """The consumer's alert that fires."""
    matchers = "".join(f',{label}="{value}"' for label, value in labels.items())
    return f'ALERTS{{alertname="{name}",alertstate="firing",severity="{severity}"{matchers}}}'


def test_an_sla_s_page_is_told_to_its_consumers(promtool: Promtool, tmp_path: Path) -> None:
    """Over the SLA's own rules, so that the two cannot drift apart."""
    page = 'ALERTS{alertname="SLABurnRate",alertstate="firing",severity="page"}'
    groups = sla_world.groups() + world.groups()
    expectations = [
        nothing(f"count_over_time({told('critical')}[2h])", "119m"),
        something(page, "140m", 2),
        something(told("critical", sla="payments", objective="availability", namespace="team-a-payments"), "140m"),
        something(told("critical"), "140m"),
    ]
    run(promtool, tmp_path, groups, outage(20), expectations)


@pytest.mark.parametrize(("error_percent", "low", "breached"), [(0.2, 0, 0), (0.27, 1, 0), (0.5, 0, 1)])
def test_a_budget_that_is_low_or_spent_is_told(
    promtool: Promtool, tmp_path: Path, error_percent: float, low: int, breached: int
) -> None:
    """Failures in one hour of three: 0.3 % of them are the budget of 99.9 %."""
    # Of half a day: of a longer window it would be too early to tell.
    groups = sla_world.groups(sla_world.sla_spec(window="12h"), created=datetime(1970, 1, 1, tzinfo=UTC))
    groups = [group for group in groups if not group["name"].endswith("/middle")] + world.groups()
    expectations = []
    for query, count in ((told("warning"), low), (told("warning", "ConsumerSLABreached"), breached)):
        expectations.append(something(query, "180m", count) if count else nothing(query, "180m"))
    run(promtool, tmp_path, groups, outage(error_percent), expectations)


SLA_ALERT = {"alertstate": "firing", "namespace": "platform", "service": "payments", "objective": "availability"}


def sla_alert(name: str = "SLABudgetLow", sla: str = "payments", **labels: str) -> str:
    """The series of an SLA's alert."""
    text = ",".join(f'{label}="{value}"' for label, value in {**SLA_ALERT, "sla": sla, **labels}.items())
    return f'ALERTS{{alertname="{name}",{text}}}'


def test_what_other_services_and_other_plans_were_promised_is_no_concern(promtool: Promtool, tmp_path: Path) -> None:
    series = {
        sla_alert(sla="silver"): always(1),
        sla_alert(sla="gold", namespace="other"): always(1),
        sla_alert(sla="gold", service="search"): always(1),
        sla_alert("SLABurnRate", sla="gold", severity="ticket"): always(1),
        sla_alert("SLASourceAbsent", sla="gold", severity="ticket"): always(1),
    }
    fired = 'ALERTS{alertname=~"Consumer.*"}'
    gold = world.groups(plan={"slaRef": {"name": "gold"}})
    run(promtool, tmp_path, gold, series, [nothing(fired, "20m")], scrape="1m")
    every = [something(fired, "20m"), something(f'{fired[:-1]},sla="silver"}}', "20m")]
    run(promtool, tmp_path, world.groups(), series, every, scrape="1m")


def test_several_alerts_of_an_objective_are_one_to_the_consumer(promtool: Promtool, tmp_path: Path) -> None:
    series = {
        sla_alert("SLABurnRate", severity="page", tier="1h"): always(1),
        sla_alert("SLABurnRate", severity="page", tier="6h"): always(1),
        sla_alert("SLABurnRate", severity="page", tier="1h", objective="latency"): always(1),
    }
    judge(promtool, tmp_path, series, something(told("critical"), "20m", 2))


def test_an_alert_that_is_looked_at_every_five_minutes_does_not_flap(promtool: Promtool, tmp_path: Path) -> None:
    """A late evaluation of the SLA's slowest rules included; ten minutes after the last one it is over."""
    series = {sla_alert(): "1x3 _ 1x3 _x10"}
    fired = something(f"count_over_time({told('warning')}[40m:1m]) >= 39", "40m")
    over = nothing(told("warning"), "51m")
    run(promtool, tmp_path, world.groups(), series, [fired, over], scrape="5m")


def test_the_budget_that_is_left_is_said_where_it_is_known(promtool: Promtool, tmp_path: Path) -> None:
    def alert(sla: str, said: str) -> Expectation:
        description = (
            f"The objective availability of the SLA platform/{sla} {said}. The team of payments has been alerted too. "
            "Failures in team-a-payments may be caused by it, so look at what calls it before you look elsewhere, and "
            "put off roll-outs that depend on it. See: kubectl --namespace team-a describe platformconsumer payments; "
            "and ask the team payments (Slack #payments)."
        )
        summary = "payments fails now: its objective availability is at risk"
        labels = {
            "severity": "critical",
            "platform_contracts_consumer": "team-a/payments",
            "team": "team-a",
            "namespace": "team-a-payments",
            "sla": sla,
            "objective": "availability",
        }
        return {"exp_labels": labels, "exp_annotations": {"summary": summary, "description": description}}

    at = '{namespace="platform",sla="gold",objective="availability"'
    series = {
        sla_alert("SLABurnRate", "gold", severity="page"): always(1),
        sla_alert("SLABurnRate", "new", severity="page"): always(1),
        f'sla:errors:window{at},window="30d"}}': always(440),
        f'sla:events:window{at},window="30d"}}': always(1_000_000),
        f"sla:objective{at}}}": always(0.999),
    }
    expected = {
        "eval_time": "20m",
        "alertname": "ConsumerSLAAtRisk",
        "exp_alerts": [alert("gold", "has 56.0% of its error budget left"), alert("new", "is at risk")],
    }
    run(promtool, tmp_path, world.groups(), series, [], alerts=[expected], scrape="1m")


def ending(successor: str | None) -> list[Group]:
    """Rules of a service that ends 45 days after promtool's time begins, earlier than the contract language allows."""
    sunset = {"time": "2027-03-31T00:00:00Z", **({"successorRef": {"name": successor}} if successor else {})}
    groups = world.groups(service={"lifecycle": "Deprecated", "sunset": sunset})
    for rule in groups[0]["rules"]:
        rule["expr"] = rule["expr"].replace(f"{SUNSET.timestamp():.0f}", str(45 * DAY))
    return groups


@pytest.mark.parametrize(
    ("successor", "advice"),
    [
        ("payments-v2", "Create a PlatformConsumer for its successor platform/payments-v2"),
        (None, "It names no successor; ask the team payments (Slack #payments) what to use instead"),
    ],
)
def test_the_end_of_a_service_is_told_thirty_days_ahead_and_from_then_on(
    promtool: Promtool, tmp_path: Path, successor: str | None, advice: str
) -> None:
    expected = {
        "eval_time": "15d",
        "alertname": "ConsumerServiceSunset",
        "exp_alerts": [
            {
                "exp_labels": {
                    "severity": "info",
                    "platform_contracts_consumer": "team-a/payments",
                    "team": "team-a",
                    "namespace": "team-a-payments",
                },
                "exp_annotations": {
                    "summary": "payments: the service ends on 2027-03-31",
                    "description": (
                        "The service platform/payments, which team-a/payments uses, ends on 2027-03-31. "
                        f"{advice}, move to it before then, and give this one up: kubectl --namespace team-a delete "
                        "platformconsumer payments. Questions go to the team payments (Slack #payments)."
                    ),
                },
            }
        ],
    }
    fired = told("info", "ConsumerServiceSunset")
    before, after = nothing(f"count_over_time({fired}[15d])", "359h"), something(fired, "60d")
    run(promtool, tmp_path, ending(successor), {}, [before, after], alerts=[expected], scrape="1h", evaluation="1h")
