"""A consumer's quota in Prometheus' own rule engine: when its alert fires, when it is silent, what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.promtool import Promtool
from tests.alerts import world
from tests.alerts.world import always, in_kube, judge, kube, own
from tests.sla.rule_file_tests import nothing, run, something

QUOTA = 'ALERTS{alertname="ConsumerQuotaNearlyUsed",alertstate="firing"}'


@pytest.mark.parametrize(
    ("used", "hard"), [(18, 20), (9, 10), (1.8, 2), (0.063, 0.07), (3865470566.4, 4294967296), (3, 2), (1, 0)]
)
def test_nine_tenths_of_a_quota_are_an_alert_after_a_quarter_of_an_hour(
    promtool: Promtool, tmp_path: Path, used: float, hard: float
) -> None:
    """Exactly at the threshold counts, also where the binary quotient falls short of it."""
    series = in_kube("requests.cpu", used, hard)
    judge(promtool, tmp_path, series, nothing(QUOTA, "14m"), something(QUOTA, "15m"), something(QUOTA, "59m"))


@pytest.mark.parametrize(("used", "hard"), [(17, 20), (0.89, 1), (0, 20), (0, 0)])
def test_less_is_none(promtool: Promtool, tmp_path: Path, used: float, hard: float) -> None:
    judge(promtool, tmp_path, in_kube("pods", used, hard), nothing("ALERTS", "59m"))


def test_a_short_peak_is_none(promtool: Promtool, tmp_path: Path) -> None:
    series = {kube("pods", "used"): "20x13 10x2 20x13", kube("pods", "hard"): always(20)}
    judge(promtool, tmp_path, series, nothing(f"count_over_time({QUOTA}[1h])", "29m"))


def test_without_kube_state_metrics_the_operator_s_own_series_will_do(promtool: Promtool, tmp_path: Path) -> None:
    judge(promtool, tmp_path, {own("pods"): always(0.9)}, nothing(QUOTA, "14m"), something(QUOTA, "15m"))


def test_with_both_there_is_one_alert_and_it_goes_by_kube_state_metrics(promtool: Promtool, tmp_path: Path) -> None:
    """The operator's figure may be minutes old: it neither doubles an alert nor fires one of its own."""
    series = {
        **in_kube("pods", 19, 20),
        own("pods"): always(0.95),
        **in_kube("requests.cpu", 1, 2),
        own("requests.cpu"): always(0.97),
    }
    pods = f'{QUOTA[:-1]},resource="pods"}}'
    judge(promtool, tmp_path, series, something(QUOTA, "20m"), something(pods, "20m"))


def test_each_resource_has_an_alert_of_its_own(promtool: Promtool, tmp_path: Path) -> None:
    series = {
        **in_kube("pods", 20, 20),
        **in_kube("requests.memory", 4e9, 4.1e9),
        **in_kube("count/secrets", 1, 50),
        own("requests.nvidia.com/gpu"): always(1),
    }
    resources = ("pods", "requests.memory", "requests.nvidia.com/gpu")
    expected = [something(f'{QUOTA[:-1]},resource="{name}"}}', "20m") for name in resources]
    judge(promtool, tmp_path, series, something(QUOTA, "20m", len(resources)), *expected)


def test_two_scrapes_of_the_same_quota_are_one_alert(promtool: Promtool, tmp_path: Path) -> None:
    again = {name.replace("10.0.0.7", "10.0.0.9"): values for name, values in in_kube("pods", 20, 20).items()}
    judge(promtool, tmp_path, in_kube("pods", 20, 20) | again, something(QUOTA, "20m"))


def test_no_series_is_no_alert(promtool: Promtool, tmp_path: Path) -> None:
    judge(promtool, tmp_path, {}, nothing("ALERTS", "59m"))


def test_other_namespaces_and_other_quotas_are_no_concern(promtool: Promtool, tmp_path: Path) -> None:
    series = {
        **in_kube("pods", 20, 20, namespace="team-b-payments"),
        **in_kube("pods", 20, 20, quota="their-own"),
        own("pods", "team-b-payments"): always(1),
    }
    judge(promtool, tmp_path, series, nothing("ALERTS", "59m"))


def test_what_a_developer_reads_at_night(promtool: Promtool, tmp_path: Path) -> None:
    expected = {
        "eval_time": "20m",
        "alertname": "ConsumerQuotaNearlyUsed",
        "exp_alerts": [
            {
                "exp_labels": {
                    "severity": "warning",
                    "platform_contracts_consumer": "team-a/payments",
                    "team": "team-a",
                    "namespace": "team-a-payments",
                    "resource": "pods",
                    "contact_email": "team-a@example.com",
                },
                "exp_annotations": {
                    "summary": "team-a-payments: 92.5% of the quota for pods is used",
                    "description": (
                        "For 15 minutes at least 90% of the quota for pods in the namespace team-a-payments has been "
                        "used. When all of it is, the API server refuses new pods and objects, those of a roll-out and "
                        "of a restart included. The limits on the plan small are 20 pods, 4Gi requests.memory. See "
                        "what is used: kubectl --namespace team-a-payments describe resourcequota platform-contracts; "
                        "then scale down or delete what is not needed, or ask the team payments (Slack #payments) for "
                        "a larger plan."
                    ),
                },
            }
        ],
    }
    contacts = [world.contact("Email", "team-a@example.com")]
    series = in_kube("pods", 37, 40)
    run(promtool, tmp_path, world.groups(contacts=contacts), series, [], alerts=[expected], scrape="1m")
