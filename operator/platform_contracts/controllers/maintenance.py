"""MaintenanceWindows as SLAs and their consumers see them: parsed, with their times, and what each SLA says to them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from platform_contracts.api.maintenance_window import MaintenanceWindowSpec
from platform_contracts.api.sla import SLASpec
from platform_contracts.controllers.specs import Specs
from platform_contracts.controllers.world import World
from platform_contracts.kube.kinds import MAINTENANCE_WINDOW, SLA
from platform_contracts.kube.objects import Key, Object, key_of, parse_time
from platform_contracts.onboarding import maintenance
from platform_contracts.onboarding.inputs import Window
from platform_contracts.sla.exclusions import decision
from platform_contracts.sla.exclusions.planned import Planned
from platform_contracts.sla.exclusions.verdict import Verdict


class Maintenance:
    """The MaintenanceWindows of services."""

    def __init__(self, world: World, specs: Specs) -> None:
        self._world = world
        self._specs = specs

    def told(self, service: Key, now: datetime) -> list[Window]:
        """What the consumers of a service may have to be told of."""
        return [
            told
            for window, spec in self._windows(service)
            if spec is not None
            for told in maintenance.windows(window["metadata"]["name"], spec, now)
        ]

    def planned(self, service: Key, sla: str, now: datetime, announcing: Object | None = None) -> list[Planned]:
        """The windows of a service that concern one of its SLAs, or that cannot be read for the moment and may;
        `announcing` is one that is being announced now."""
        found = []
        for window, spec in self._windows(service):
            name = window["metadata"]["name"]
            if spec is None:
                found.append(Planned(name, None, (), False, unreadable=True))
            elif not spec.sla_names or sla in spec.sla_names:
                since = spec.announced_since(window.get("status") or {})
                announced = parse_time(since) if since else now if window is announcing else None
                found.append(Planned.of(name, spec, announced, now))
        return found

    def verdicts(self, service: Key, window: Object, now: datetime) -> dict[str, Verdict | None]:
        """What each SLA of the service that a window concerns says to it; None where it has nothing new to say."""
        found: dict[str, Verdict | None] = {}
        for sla in sorted(self._world.slas_of(service), key=lambda sla: str(sla["metadata"]["name"])):
            name = sla["metadata"]["name"]
            planned = self.planned(service, name, now, announcing=window)
            spec, _ = self._specs.get(SLA, sla, SLASpec)
            if any(one.name == window["metadata"]["name"] and not one.unreadable for one in planned):
                rules = [obj for _, obj in self._world.rules_of(key_of(SLA, sla))]
                decided = decision.of_sla(sla, spec, planned, now, rules) if spec is not None else None
                found[name] = decided.verdicts.get(window["metadata"]["name"]) if decided is not None else None
        return found

    def _windows(self, service: Key) -> Iterator[tuple[Object, MaintenanceWindowSpec | None]]:
        """The windows of a service, each with its spec where that can be read."""
        for window in self._world.windows_of(service):
            spec, _ = self._specs.get(MAINTENANCE_WINDOW, window, MaintenanceWindowSpec)
            readable = spec is not None and (spec.schedule is None or spec.schedule.problem() is None)
            yield window, spec if readable else None
