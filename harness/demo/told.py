"""What README tells about the demo, held against what is there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harness.demo import story

Object = dict[str, Any]


def differences(objects: Iterable[Object]) -> list[str]:
    """How the provider's contracts and all consumers differ from what README shows, a sentence each."""
    by_kind: dict[str, dict[tuple[str, str], Object]] = {"PlatformService": {}, "SLA": {}, "PlatformConsumer": {}}
    for obj in objects:
        by_kind[obj["kind"]][obj["metadata"]["namespace"], obj["metadata"]["name"]] = obj.get("status", {})
    services = {name: status.get("sla", {}) for (_, name), status in by_kind["PlatformService"].items()}
    slas = {name: status for (_, name), status in by_kind["SLA"].items()}
    return [
        *_attainment("PlatformService", services),
        *_attainment("SLA", slas),
        *_consumers(by_kind["PlatformConsumer"]),
    ]


def pages(alerts: Iterable[Object]) -> list[str]:
    """The names of the firing alerts that call somebody about the service with the outage."""
    wanted = {"sla": story.VICTIM, "namespace": story.PROVIDER_NAMESPACE, "severity": "page"}
    return sorted(
        {
            alert["labels"]["alertname"]
            for alert in alerts
            if alert["state"] == "firing" and wanted.items() <= alert["labels"].items()
        }
    )


def _attainment(kind: str, found: dict[str, Object]) -> list[str]:
    """`found`: by name, what holds `state` and `worst`."""
    wrong = []
    for name in sorted(found.keys() | story.EXPECTED_STATES.keys()):
        state, expected = found.get(name, {}).get("state"), story.EXPECTED_STATES.get(name)
        if state != expected:
            wrong.append(f"{kind} {name} is {state} instead of {expected}")
            continue
        worst = found[name].get("worst", {})
        shown = [figure for figure in ("sli", "budget") if worst.get(figure)]
        if state == "Unknown" and shown:
            wrong.append(f"{kind} {name} is not measured and shows {' and '.join(shown)}")
        if state != "Unknown" and len(shown) < 2:
            wrong.append(f"{kind} {name} is measured and shows only {' and '.join(shown) or 'its state'}")
    return wrong


def _consumers(found: dict[tuple[str, str], Object]) -> list[str]:
    wrong = []
    for where, status in sorted(found.items()):
        conditions = {condition["type"]: condition["status"] for condition in status.get("conditions", ())}
        refused = where == story.REFUSED_CONSUMER
        expected = {"Ready": "False", "Approved": "False"} if refused else {"Ready": "True", "Approved": "True"}
        seen = {type_: conditions.get(type_) for type_ in expected}
        if seen != expected:
            wrong.append(f"PlatformConsumer {'/'.join(where)} has {seen} instead of {expected}")
        if bool(status.get("sla")) == refused:
            wrong.append(f"PlatformConsumer {'/'.join(where)} shows {'an' if refused else 'no'} SLA")
    if len(found) != story.READY_CONSUMERS + 1:
        wrong.append(f"there are {len(found)} PlatformConsumers instead of {story.READY_CONSUMERS + 1}")
    return wrong
