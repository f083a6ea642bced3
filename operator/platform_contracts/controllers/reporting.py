"""Which closed periods have yet to be reported, over all SLAs of a data source."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from platform_contracts.api.sla import SLASpec
from platform_contracts.controllers.specs import Specs
from platform_contracts.controllers.world import World
from platform_contracts.kube.kinds import SLA, SLA_REPORT, Kind
from platform_contracts.kube.objects import is_deleting, key_of
from platform_contracts.sla.reports import history
from platform_contracts.sla.reports.due import Due, due


class Reporting:
    """Looks through the store for what is due; where the cluster has no SLAReports nothing is."""

    def __init__(self, world: World, specs: Specs, types_present: Callable[[], frozenset[Kind]]) -> None:
        self._world = world
        self._specs = specs
        self._types_present = types_present

    def due(self, source: str, now: datetime) -> list[Due]:
        """The closed periods to be reported of the SLAs that the data source measures."""
        if SLA_REPORT not in self._types_present():
            return []
        found: list[Due] = []
        for sla in self._world.store.all(SLA):
            spec, _ = self._specs.get(SLA, sla, SLASpec)
            if spec is None or spec.window.calendar is None or spec.data_source_name != source or is_deleting(sla):
                continue
            key = key_of(SLA, sla)
            reports = self._world.reports_of(key)
            rules = [obj for _, obj in self._world.rules_of(key)]
            known = history.entries(reports, (sla.get("status") or {}).get("history", ()))
            wanted = due(sla, spec, rules, {entry["period"] for entry in known}, now)
            found += [one for one in wanted if one.objectives]
        return found
