"""Why something cannot be done, as conditions say it."""

from __future__ import annotations

from platform_contracts.kube.conditions import Problem

__all__ = ["Problem"]
