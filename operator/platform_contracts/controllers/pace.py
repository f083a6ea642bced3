"""How soon a consumer is looked at again."""

from __future__ import annotations

from datetime import timedelta

from platform_contracts.engine.store import Store
from platform_contracts.kube.diff import differs
from platform_contracts.kube.kinds import NAMESPACE
from platform_contracts.kube.plan import Plan

_AT_LEAST = timedelta(seconds=1)


def after(plan: Plan, store: Store) -> timedelta | None:
    """When to look again at what `plan`, which has been carried out, is about.

    A plan goes on at once where it waits only for what it wrote itself. A Namespace that is not as it was just written
    is rewritten by somebody on its way, by a mutating webhook for example, and the next try will find it so again.
    """
    if plan.requeue_after is not None and plan.requeue_after < _AT_LEAST and _rewritten(plan, store):
        return _AT_LEAST
    return plan.requeue_after


def _rewritten(plan: Plan, store: Store) -> bool:
    named = [(item.obj, item.obj["metadata"]["name"]) for item in plan.applies if item.kind is NAMESPACE]
    found = [(obj, store.get(NAMESPACE, None, name)) for obj, name in named]
    return any(live is not None and differs(obj, live) for obj, live in found)
