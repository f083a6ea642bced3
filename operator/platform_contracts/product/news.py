"""What a new assessment tells: that it is there, and what changed most since the one before."""

from __future__ import annotations

from collections.abc import Mapping

from platform_contracts.api.assessment import Severity
from platform_contracts.kube.events import Event
from platform_contracts.kube.objects import Object

# The findings of a report by area and what they are about.
Named = Mapping[tuple[str, str], Object]
_WEIGHTS = {Severity.HIGH: 3, Severity.MEDIUM: 2, Severity.LOW: 1}


def assessed(told: str | None, last: Object | None, before: Object | None) -> list[Event]:
    """The event of the last report, where the status has not told of it yet; `told` is the report that it names, and
    `before` the one before the last."""
    if last is None or last["metadata"]["name"] == told:
        return []
    name, namespace, until = last["metadata"]["name"], last["metadata"]["namespace"], last["spec"]["endTime"][:10]
    news = _news(_found(before), _found(last)) if before else _first(_found(last))
    more = f"All of it: kubectl describe productreport {name} -n {namespace}"
    return [Event("Assessed", f"The period until {until} is assessed. {news} {more}", once=name)]


def _found(report: Object) -> Named:
    """What a report names, the most important first."""
    return {(one["area"], one["about"]): one for one in report["spec"].get("improvements") or ()}


def _first(now: Named) -> str:
    for (area, about), one in now.items():
        return f"To improve first: {area} ({about}), {one['severity']}: {one['evidence']}"
    return "All is well."


def _news(before: Named, now: Named) -> str:
    """What became worse or better by most; of equals what became worse, and of those what stands first."""
    changes = {key: _weight(now.get(key)) - _weight(before.get(key)) for key in {**now, **before}}
    most = max(changes, key=lambda key: (abs(changes[key]), changes[key]), default=None)
    if most is None:
        return "All is well, as it was."
    if not changes[most]:
        return "Nothing of what is to be improved has changed."
    was, found = before.get(most), now.get(most)
    if found is None:
        how = f"was {before[most]['severity']} and is resolved."
    elif was is None:
        how = f"is new and {found['severity']}: {found['evidence']}"
    else:
        how = f"went from {was['severity']} to {found['severity']}: {found['evidence']}"
    return f"What changed most: {most[0]} ({most[1]}) {how}"


def _weight(one: Object | None) -> int:
    return _WEIGHTS[Severity(one["severity"])] if one else 0
