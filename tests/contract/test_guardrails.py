"""The administrator's bound on what a plan may give, in the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from platform_contracts import config


def load(folder: Path, content: str) -> dict[str, str]:
    """The bound as a configuration with this content has it."""
    file = folder / "config.yaml"
    file.write_text(content)
    return config.load(file).guardrails.max_plan_quota


@pytest.mark.parametrize(
    ("content", "bound"),
    [
        ("", {"pods": "1000"}),
        ("guardrails: {maxPlanQuota: {}}", {"pods": "1000"}),
        ("guardrails: {maxPlanQuota: {pods: '50'}}", {"pods": "50"}),
        (
            "guardrails: {maxPlanQuota: {requests.cpu: '64', count/deployments.apps: '10'}}",
            {"pods": "1000", "requests.cpu": "64", "count/deployments.apps": "10"},
        ),
    ],
)
def test_pods_are_always_bounded(tmp_path: Path, content: str, bound: dict[str, str]) -> None:
    assert load(tmp_path, content) == bound


def test_one_amount_can_be_set_by_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORM_CONTRACTS_GUARDRAILS__MAX_PLAN_QUOTA__PODS", "70")
    assert load(tmp_path, "guardrails: {maxPlanQuota: {pods: '50'}}")["pods"] == "70"


@pytest.mark.parametrize(
    ("quota", "said"),
    [
        ("{requests.ephemeral-storage: lots}", "guardrails.maxPlanQuota.requests.ephemeral-storage: must be an amount"),
        ("{pods: 1000}", 'guardrails.maxPlanQuota.pods: must be a string: put it in quotes, for example "1000"'),
        ("{pods: '1.5'}", "guardrails.maxPlanQuota: objects are counted in whole numbers, for example {pods: "),
        ("{podz: '5'}", "guardrails.maxPlanQuota: quota knows requests.cpu, requests.memory, "),
        ("none", "guardrails.maxPlanQuota: "),
    ],
)
def test_a_mistake_is_said_at_its_place(tmp_path: Path, quota: str, said: str) -> None:
    with pytest.raises(ValidationError) as error:
        load(tmp_path, f"guardrails: {{maxPlanQuota: {quota}}}")
    (mistake,) = config.mistakes(error.value)
    assert mistake.startswith(said)
