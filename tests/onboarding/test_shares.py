"""How a budget is divided: by the contract alone, in whole units, and never into more than there is."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_contracts.api.platform_service import ConsumerPlan
from platform_contracts.config import Guardrails
from platform_contracts.kube.quantity import Quantity
from platform_contracts.onboarding import plans, shares
from platform_contracts.onboarding.claims import Claim
from platform_contracts.onboarding.standing import Standing
from tests.onboarding.world import PLAN


def claims(*percents: int | None) -> list[Claim]:
    return [
        Claim(
            name=f"team-a-{index:02}",
            environment=None,
            adopt=False,
            share_percent=percent,
            field=f"spec.namespaces[{index}]",
            standing=Standing.OURS,
            live=None,
        )
        for index, percent in enumerate(percents)
    ]


def divided(resource: str, amount: str, *percents: int | None) -> list[str]:
    found = shares.divide({resource: Quantity.parse(amount)}, claims(*percents))
    return [str(amounts[resource]) for amounts in found.values()]


@pytest.mark.parametrize(
    ("resource", "amount", "percents", "expected"),
    [
        ("requests.cpu", "2", (None,), ["2"]),
        ("requests.cpu", "2", (30, 70), ["600m", "1400m"]),
        ("requests.cpu", "1", (None, None, None), ["333m", "333m", "334m"]),
        ("requests.memory", "4Gi", (None, None, None), ["1365Mi", "1365Mi", "1366Mi"]),
        ("requests.memory", "1G", (None, None, None), ["333M", "333M", "334M"]),
        ("pods", "20", (50, None, None), ["10", "5", "5"]),
        ("pods", "1", (50, 50), ["0", "1"]),
        ("count/secrets", "7", (30, 30), ["2", "2"]),
        ("requests.nvidia.com/gpu", "3", (None, None), ["1", "2"]),
        ("requests.storage", "10Gi", (25, None), ["2560Mi", "7680Mi"]),
        ("pods", "0", (50, 50), ["0", "0"]),
    ],
)
def test_shares_are_whole_and_leave_nothing_over(
    resource: str, amount: str, percents: tuple[int | None, ...], expected: list[str]
) -> None:
    assert divided(resource, amount, *percents) == expected


def test_the_order_of_the_entries_decides_nothing() -> None:
    total = {"pods": Quantity.parse("7")}
    asked = claims(None, 33, None)
    assert shares.divide(total, asked) == shares.divide(total, asked[::-1])


@given(
    st.sampled_from(["requests.cpu", "requests.memory", "pods", "limits.ephemeral-storage", "count/jobs.batch"]),
    st.integers(min_value=0, max_value=10**12),
    st.sampled_from(["", "Ki", "Gi", "k", "M"]),
    st.lists(st.none() | st.integers(min_value=1, max_value=6), min_size=1, max_size=16),
)
def test_the_shares_add_up_to_at_most_the_budget_and_to_all_of_it_where_all_is_given(
    resource: str, number: int, suffix: str, percents: list[int | None]
) -> None:
    total = Quantity.parse(f"{number % 10**6}{suffix}")
    found = shares.divide({resource: total}, claims(*percents))
    values = [amounts[resource].value for amounts in found.values()]
    assert all(value >= 0 for value in values)
    assert sum(values, Fraction(0)) <= total.value
    if None in percents:
        assert sum(values, Fraction(0)) == total.value
    assert all(Quantity.parse(str(amounts[resource])) == amounts[resource] for amounts in found.values())


def test_what_a_plan_does_not_name_the_administrators_bound_is_the_budget_of() -> None:
    plan = ConsumerPlan.model_validate(PLAN)
    guardrails = Guardrails(max_plan_quota={"pods": "500", "count/secrets": "100"})
    assert {name: str(amount) for name, amount in shares.budget(plan, guardrails).items()} == {
        "count/secrets": "100",
        "pods": "20",
        "requests.cpu": "2",
    }


def test_a_plan_beyond_the_administrators_bounds_is_not_granted() -> None:
    plan = ConsumerPlan.model_validate({**PLAN, "quota": {"pods": "2000"}})
    assert plans.problem(plan, Guardrails()) == (
        "spec.onboarding.plans[small].quota.pods: 2000 is more than the 1000 that the administrator allows a plan; "
        'write at most "1000", or ask the administrator to raise guardrails.maxPlanQuota'
    )
    assert plans.problem(plan, Guardrails(max_plan_quota={"pods": "2000"})) is None
