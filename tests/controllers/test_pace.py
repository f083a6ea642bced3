"""A plan goes on at once, unless somebody rewrites what it writes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from platform_contracts.controllers import pace
from platform_contracts.engine.store import Store
from platform_contracts.kube.kinds import NAMESPACE
from platform_contracts.kube.objects import manifest
from platform_contracts.kube.plan import Apply, Plan

MARKS = {"app.kubernetes.io/managed-by": "platform-contracts"}


def after(stored: dict[str, str], planned: timedelta | None) -> timedelta | None:
    """When it goes on after a Namespace was written with our marker, and has those labels afterwards."""
    store = Store()
    live = manifest(NAMESPACE, "team-a-payments", labels=stored)
    live["metadata"] |= {"uid": "1", "resourceVersion": "1"}
    store.observe(NAMESPACE, live)
    plan = Plan(applies=[Apply(NAMESPACE, manifest(NAMESPACE, "team-a-payments", labels=MARKS), "1")])
    return pace.after(Plan(applies=plan.applies, requeue_after=planned), store)


def test_what_waits_for_its_own_write_goes_on_at_once() -> None:
    assert after({**MARKS, "theirs": "too"}, timedelta(0)) == timedelta(0)


def test_where_the_marker_is_rewritten_at_each_write_it_is_tried_once_a_second() -> None:
    assert after({"app.kubernetes.io/managed-by": "Helm"}, timedelta(0)) == timedelta(seconds=1)


@pytest.mark.parametrize("planned", [None, timedelta(seconds=30)], ids=str)
def test_what_waits_longer_waits_as_long(planned: timedelta | None) -> None:
    assert after({}, planned) == planned
