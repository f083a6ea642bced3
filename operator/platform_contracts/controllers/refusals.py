"""Of which objects the API server refuses what the operator writes, for those who count by their statuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from platform_contracts.engine.errors import RefusedError
from platform_contracts.engine.manager import Reconciler
from platform_contracts.kube.kinds import Kind
from platform_contracts.kube.objects import Key, Object, key_of, uid

# A condition has room for so much of what an API server says.
_MOST = 500


class Refusals:
    """What the API server said of each object that it refuses; `changed` is told of each refusal, and of the end."""

    def __init__(self, changed: Callable[[Key], None]) -> None:
        self._changed = changed
        self._said: dict[Key, tuple[str, str]] = {}

    def among(self, kind: Kind, objects: Iterable[Object]) -> dict[str, str]:
        """Those of these objects of which it refuses something, by UID: which one that is, and what it said."""
        if not self._said:
            return {}
        keys = {uid(obj): key_of(kind, obj) for obj in objects}
        found = {one: (key, self._said[key]) for one, key in keys.items() if key in self._said}
        return {one: f"{key} ({reason}: {message[:_MOST]})" for one, (key, (reason, message)) in found.items()}

    def heeded(self, reconciler: Reconciler) -> Reconciler:
        """The same reconciler, with an ear for refusals."""
        return _Heeded(reconciler, self)

    def refused(self, key: Key, error: RefusedError) -> None:
        """What was said first of the same refusal stays: amounts in it move with each try.

        Whoever counts by its status looks at each: only now may there be something in it to wait for.
        """
        before = self._said.get(key)
        if before is None or before[0] != error.reason:
            self._said[key] = (error.reason, error.message)
        self._changed(key)

    def accepted(self, key: Key) -> None:
        """Nothing is refused any more."""
        if self._said.pop(key, None) is not None:
            self._changed(key)


class _Heeded:
    def __init__(self, reconciler: Reconciler, refusals: Refusals) -> None:
        self._reconciler = reconciler
        self._refusals = refusals

    async def reconcile(self, key: Key) -> timedelta | None:
        try:
            again = await self._reconciler.reconcile(key)
        except RefusedError as error:
            self._refusals.refused(key, error)
            raise
        self._refusals.accepted(key)
        return again
