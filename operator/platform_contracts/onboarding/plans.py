"""A service's plans, held against what the administrator allows."""

from __future__ import annotations

from platform_contracts.api.platform_service import ConsumerPlan, PlatformServiceSpec
from platform_contracts.config import Guardrails
from platform_contracts.onboarding import access, resources


def find(spec: PlatformServiceSpec, name: str) -> ConsumerPlan | None:
    """The plan of that name."""
    return next((plan for plan in spec.onboarding.plans if plan.name == name), None)


def problem(plan: ConsumerPlan, guardrails: Guardrails) -> str | None:
    """Why a plan cannot be granted: what is wrong with which field and what to write instead, without a full stop."""
    found = resources.problem(plan)
    for role in plan.roles:
        found = found or access.role_problem(role, guardrails)
    return f"spec.onboarding.plans[{plan.name}].{found}" if found else None
