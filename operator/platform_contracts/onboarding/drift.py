"""What others changed or deleted and the operator set right: which object, how often within a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from platform_contracts.kube.diff import differs, leftovers
from platform_contracts.kube.kinds import NAMESPACE
from platform_contracts.kube.objects import Key, Object, format_time, key_of, labels, parse_time
from platform_contracts.kube.plan import Apply, Delete
from platform_contracts.onboarding.inputs import ConsumerInputs

_DAY = timedelta(days=1)
_RECENT = 20


def written(inputs: ConsumerInputs, applies: Iterable[Apply], deletes: Iterable[Delete]) -> list[Key]:
    """The objects that carrying out the applies and deletes would change."""
    live = {key_of(kind, obj): obj for kind, obj in inputs.children}
    changed: list[Key] = []
    for apply in applies:
        key = key_of(apply.kind, apply.obj)
        there = inputs.namespaces.get(key.name) if apply.kind == NAMESPACE else live.get(key)
        if (
            apply.uid is None
            or there is None
            or differs(apply.obj, there)
            or leftovers(apply.obj, there)
            or any(name in labels(there) for name in apply.without_labels)
        ):
            changed.append(key)
    return [*changed, *(Key(gone.kind, gone.namespace, gone.name) for gone in deletes)]


def section(before: Object | None, corrected: Sequence[Key], now: datetime) -> tuple[Object | None, timedelta | None]:
    """status.drift of a consumer with what is corrected now, and when the next correction will be a day old.

    There is room for the last ones only. Those that are not listed are older than the ones that are, and count as long
    as none of these is a day old.
    """
    if before is None and not corrected:
        return None, None
    before = before or {}
    listed = before.get("recent") or []
    recent = [entry for entry in listed if parse_time(entry["time"]) + _DAY > now]
    unlisted = max(0, before.get("corrected24h", 0) - len(listed)) if len(recent) == len(listed) else 0
    moment = format_time(now)
    entries = [{"time": moment, "object": str(key)} for key in corrected] + recent
    drift = {
        **before,
        "corrected24h": len(entries) + unlisted,
        "recent": entries[:_RECENT],
    }
    if corrected:
        drift |= {"lastCorrectedTime": moment, "lastObject": str(corrected[0])}
    oldest = entries[:_RECENT][-1]["time"] if entries else None
    return drift, parse_time(oldest) + _DAY - now if oldest else None
