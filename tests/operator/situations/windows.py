"""Situations of a MaintenanceWindow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from platform_contracts.api.maintenance_window import MaintenanceWindowSpec
from platform_contracts.kube.objects import Object, format_time
from platform_contracts.onboarding import maintenance
from platform_contracts.onboarding.inputs import WindowInputs
from tests.onboarding.world import START, World
from tests.operator.situations.common import HOUR, UNREADABLE, edited, new


def window(said: Object | None = None, **changes: Any) -> Object:
    """A window from an hour after START to three hours after it, or what is `said` in its spec in place of that."""
    times = {"startTime": format_time(START + HOUR), "endTime": format_time(START + 3 * HOUR)}
    spec = {"serviceRef": {"name": "payments"}, "reason": "The database is upgraded", **(said or times)}
    live = {"metadata": {"name": "upgrade", "namespace": "platform", "generation": 1}, "spec": spec}
    given = WindowInputs(
        window=live,
        spec=MaintenanceWindowSpec.model_validate(spec),
        service=World().service(),
        provider=True,
        now=START,
    )
    return {**live, "status": maintenance.plan(replace(given, **changes)).status}


NIGHTLY = {"rrule": "FREQ=DAILY;BYHOUR=2", "timeZone": "Europe/Berlin", "durationSeconds": 3600}

SITUATIONS: dict[str, Callable[[], Object]] = {
    "it was just created": lambda: new(window()),
    "it was just edited": lambda: edited(window()),
    "it is ahead": window,
    "it has begun": lambda: window(now=START + 2 * HOUR),
    "it has ended": lambda: window(now=START + 3 * HOUR),
    "its spec cannot be read": lambda: window(spec=None, invalid=UNREADABLE),
    "its namespace is no provider's": lambda: window(provider=False),
    "its service does not exist": lambda: window(service=None),
    "it names an SLA that does not exist": lambda: window({"slaNames": ["gone"], "schedule": NIGHTLY}),
    "its time zone does not exist": lambda: window({"schedule": {**NIGHTLY, "timeZone": "Europe/Bonn"}}),
}
