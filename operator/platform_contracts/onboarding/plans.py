"""The plans of a service: which one a consumer is on, and whether it can be granted at all."""

from __future__ import annotations

from platform_contracts.api.platform_service import ConsumerPlan, PlatformServiceSpec
from platform_contracts.config import Guardrails
from platform_contracts.kube.quantity import Quantity
from platform_contracts.onboarding import access, resources, shares


def find(spec: PlatformServiceSpec, name: str | None) -> ConsumerPlan | None:
    """The plan of that name."""
    return next((plan for plan in spec.onboarding.plans if plan.name == name), None)


def grantable(spec: PlatformServiceSpec, name: str | None, guardrails: Guardrails) -> ConsumerPlan | None:
    """The plan of that name, where the service offers it and nothing is wrong with it."""
    plan = find(spec, name)
    return plan if plan and not problem(plan, guardrails) else None


def problem(plan: ConsumerPlan, guardrails: Guardrails) -> str | None:
    """Why a plan cannot be granted: what is wrong with which field and what to write instead, without a full stop."""
    found = _beyond_bounds(plan, guardrails) or resources.problem(plan, shares.budget(plan, guardrails))
    for role in plan.roles:
        found = found or access.role_problem(role, guardrails)
    return f"spec.onboarding.plans[{plan.name}].{found}" if found else None


def _beyond_bounds(plan: ConsumerPlan, guardrails: Guardrails) -> str | None:
    for resource, bound in guardrails.max_plan_quota.items():
        if resource in plan.quota and Quantity.parse(plan.quota[resource]) > Quantity.parse(bound):
            return (
                f"quota.{resource}: {plan.quota[resource]} is more than the {bound} that the administrator allows a "
                f'plan; write at most "{bound}", or ask the administrator to raise guardrails.maxPlanQuota'
            )
    return None
