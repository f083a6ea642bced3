"""From a series to a mailbox: real Prometheus, real Alertmanager under the example's configuration, real SMTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.alertmanager import Alertmanager
from harness.process import wait_until
from harness.prometheus import Prometheus, Target
from harness.promtool import Promtool
from platform_contracts.rules.objects import Rule, rule_file
from platform_contracts.rules.text import quote
from tests.alerts import world
from tests.alerts.loopback import Mailbox, Web

PATIENCE_SECONDS = 180


def contacts(team: str) -> list[dict[str, str]]:
    return [
        world.contact("Slack", f"#{team}"),
        world.contact("Email", f"{team}@example.com", "mail"),
        world.contact("OnCall", f"{team}-primary", "nights"),
    ]


def rules(team: str) -> list[Rule]:
    return world.rules(team, contacts=contacts(team))


def quotas(moment: datetime | None = None, labels: str = "", **pods: int) -> list[str]:
    """What kube-state-metrics shows of quotas of 20 pods: how many each team uses."""
    at = f" {moment.timestamp():.0f}" if moment else ""
    lines = []
    for team, used in pods.items():
        about = (
            f'namespace="{team.replace("_", "-")}-payments",resourcequota="platform-contracts",resource="pods"{labels}'
        )
        lines.append(f'kube_resourcequota{{{about},type="used"}} {used}{at}')
        lines.append(f'kube_resourcequota{{{about},type="hard"}} 20{at}')
    return lines


def page(**pods: int) -> str:
    """The page that is scraped."""
    return "\n".join(["# TYPE kube_resourcequota gauge", *quotas(**pods)]) + "\n"


def pending(rule: Rule, moment: datetime, since: datetime, **labels: str) -> str:
    """What Prometheus itself records of an alert that waits for its time, so that a restart does not begin it anew."""
    text = ",".join(f"{name}={quote(value)}" for name, value in {**rule["labels"], **labels}.items())
    return f'ALERTS_FOR_STATE{{alertname="{rule["alert"]}",{text}}} {since.timestamp():.0f} {moment.timestamp():.0f}'


def past(instance: str) -> str:
    """Twenty minutes in which team-a's quota was nearly used, up to a minute ago, as OpenMetrics."""
    end = datetime.now(UTC) - timedelta(minutes=1)
    moments = [end - timedelta(minutes=minute) for minute in reversed(range(20))]
    scraped = f',job="kube-state-metrics",instance="{instance}"'
    quota = rules("team-a")[0]
    # The samples of a family stand together, and those of a series in the order of time.
    rows = zip(*(quotas(moment, scraped, team_a=19, team_b=10) for moment in moments), strict=True)
    lines = ["# TYPE kube_resourcequota gauge", *(line for row in rows for line in row)]
    lines += ["# TYPE ALERTS_FOR_STATE gauge", *(pending(quota, at, moments[0], resource="pods") for at in moments)]
    return "\n".join([*lines, "# EOF"]) + "\n"


@pytest.fixture
def prometheus(alertmanager: Alertmanager, sink: Web, tmp_path: Path) -> Iterator[Prometheus]:
    """A Prometheus that comes back from a restart, with team-a's alert pending for longer than its 15 minutes.

    So the rules are loaded as they are rendered, and nobody waits.
    """
    sink.page = page(team_a=19, team_b=10)
    server = Prometheus(
        tmp_path / "prometheus",
        targets=[Target("kube-state-metrics", sink.address)],
        scrape_interval="1s",
        alertmanagers=[alertmanager.address],
    )
    history = tmp_path / "history.om"
    history.write_text(past(sink.address))
    Promtool(server.programs.promtool).load_history(history, server.data_folder)
    server.rules_folder.mkdir(parents=True)
    for team in ("team-a", "team-b"):
        file = rule_file(world.groups(team, contacts=contacts(team)))
        (server.rules_folder / f"{team}.yaml").write_text(file)
    server.start()
    yield server
    server.stop()


def test_a_quota_that_is_nearly_used_reaches_its_team_and_nobody_else(
    prometheus: Prometheus, alertmanager: Alertmanager, mail: Mailbox, sink: Web
) -> None:
    wait_until(lambda: mail.mails and sink.to("/slack"), PATIENCE_SECONDS, "the first mail and the first message")
    recipients, message = mail.mails[0]
    assert recipients == ["team-a@example.com"]
    assert message["Subject"] == "[firing] team-a/payments: team-a-payments: 95% of the quota for pods is used"
    body = message.get_body(("html",))
    assert body is not None
    assert "kubectl --namespace team-a-payments describe resourcequota platform-contracts" in body.get_content()
    assert sink.to("/slack")[0]["channel"] == "#team-a"
    assert sink.to("/on-call") == [], "a warning gets nobody up"

    # The same way back is the proof that team-b's alert, had there been one, would have been sent by now.
    sink.page = page(team_a=10, team_b=10)
    wait_until(lambda: len(mail.mails) > 1, PATIENCE_SECONDS, "the mail that it is over")
    assert str(mail.mails[-1][1]["Subject"]).startswith("[resolved] team-a/payments")
    assert mail.recipients == {"team-a@example.com"}
    loaded = [rule for group in prometheus.rule_groups() for rule in group["rules"]]
    assert len(loaded) == len(rules("team-a") + rules("team-b"))
    assert {rule["health"] for rule in loaded} == {"ok"}


def sent(rule: Rule, **labels: str) -> dict[str, Any]:
    """An alert of the rule as a Prometheus would send it."""
    return {"labels": {"alertname": rule["alert"], **rule["labels"], **labels}, "annotations": rule["annotations"]}


def test_who_is_called_at_night_gets_no_second_message_about_the_same(
    alertmanager: Alertmanager, mail: Mailbox, sink: Web
) -> None:
    quota, critical, low, _ = rules("team-a")
    _, _, low_of_b, _ = rules("team-b")
    promise = {"sla": "payments", "objective": "availability"}
    alertmanager.send(
        [
            sent(critical, **promise),
            sent(low, **promise),
            sent(low, sla="payments", objective="latency"),
            sent(quota, resource="pods"),
            sent(low_of_b, **promise),
        ]
    )

    def states() -> dict[tuple[str, ...], str]:
        names = ("team", "severity", "alertname", "objective")
        return {
            tuple(alert["labels"].get(name, "") for name in names): alert["status"]["state"]
            for alert in alertmanager.alerts()
        }

    expected = {
        ("team-a", "critical", "ConsumerSLAAtRisk", "availability"): "active",
        ("team-a", "warning", "ConsumerSLAAtRisk", "availability"): "suppressed",
        ("team-a", "warning", "ConsumerSLAAtRisk", "latency"): "active",
        ("team-a", "warning", "ConsumerQuotaNearlyUsed", ""): "active",
        ("team-b", "warning", "ConsumerSLAAtRisk", "availability"): "active",
    }
    wait_until(lambda: states() == expected, PATIENCE_SECONDS, f"{expected}, it is {states()}")
    both = {"team-a@example.com", "team-b@example.com"}
    wait_until(lambda: mail.recipients == both and sink.to("/on-call"), PATIENCE_SECONDS, "the mails and the call")
    assert [post["groupLabels"]["contact_oncall"] for post in sink.to("/on-call")] == ["team-a-primary"]
    assert [alert["labels"]["severity"] for alert in sink.to("/on-call")[0]["alerts"]] == ["critical"]
