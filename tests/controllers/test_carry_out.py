"""What a status says of a plan that the API server refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from platform_contracts.controllers.carry_out import refused
from platform_contracts.engine.errors import RefusedError
from platform_contracts.kube.conditions import find
from platform_contracts.kube.objects import Object

START = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
QUOTA = (
    'secrets "x" is forbidden: exceeded quota: team-1, requested: memory=1Gi, used: memory={used}, limited: memory=10Gi'
)


def after(obj: Object, message: str, minutes: int = 0) -> Object:
    """The object with the status that it gets when a write of its plan was refused with this message."""
    error = RefusedError(403, "Forbidden", message)
    status = refused(obj.get("status", {}), obj, error, START + timedelta(minutes=minutes))
    return {**obj, "status": status}


def message(obj: Object) -> str:
    found = find(obj, "Stalled")
    assert found is not None
    return str(found["message"])


@pytest.fixture
def consumer() -> Object:
    return {"metadata": {"name": "payments", "namespace": "team-a", "generation": 3}}


def test_the_same_refusal_with_other_amounts_is_no_news(consumer: Object) -> None:
    once = after(consumer, QUOTA.format(used="10Gi"))
    assert "used: memory=10Gi" in message(once)
    assert after(once, QUOTA.format(used="9728Mi"), minutes=5) == once


@pytest.mark.parametrize(
    "other", [QUOTA.replace("team-1", "team-2"), 'namespaces "x" is forbidden: names need a cost centre']
)
def test_another_refusal_is_said(consumer: Object, other: str) -> None:
    once = after(consumer, QUOTA.format(used="10Gi"))
    again = after(once, other.format(used="10Gi"))
    assert other.format(used="10Gi") in message(again)
    assert find(again, "Ready") == {**(find(once, "Ready") or {}), "message": message(again)}
