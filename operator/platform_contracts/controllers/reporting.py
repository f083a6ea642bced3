"""What has to be asked of a data source for the reports of closed periods, over all SLAs that it measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from platform_contracts.api.sla import SLASpec
from platform_contracts.config import DataSource
from platform_contracts.controllers.maintenance import Maintenance
from platform_contracts.controllers.specs import Specs
from platform_contracts.controllers.world import World, provider_service
from platform_contracts.kube.kinds import MAINTENANCE_WINDOW, PLATFORM_SERVICE, SLA, SLA_REPORT, Kind
from platform_contracts.kube.objects import Key, dig, is_deleting, key_of
from platform_contracts.sla.exclusions import exclusion
from platform_contracts.sla.reports import history
from platform_contracts.sla.reports.closing import Question
from platform_contracts.sla.reports.wanted import subtracted_by, wanted


class Reporting:
    """Looks through the store for what is due; where the cluster has no SLAReports nothing is."""

    def __init__(
        self,
        world: World,
        specs: Specs,
        sources: Mapping[str, DataSource],
        types_present: Callable[[], frozenset[Kind]],
    ) -> None:
        self._world = world
        self._specs = specs
        self._maintenance = Maintenance(world, specs)
        self._sources = sources
        self._types_present = types_present

    def questions(self, source: str, now: datetime) -> set[Question]:
        """What the data source is to be asked for the reports of the SLAs that it measures.

        What is excluded is what their statuses say, so that many SLAs are looked through fast; their own plans decide.
        """
        types = self._types_present()
        if SLA_REPORT not in types:
            return set()
        found: set[Question] = set()
        for sla in self._world.store.all(SLA):
            key = key_of(SLA, sla)
            reports = self._world.reports_of(key)
            if dig(sla, "spec", "window", "calendar") is None and not reports:
                continue  # no spec is read for nothing: after a start thousands would hold up all else
            spec, _ = self._specs.get(SLA, sla, SLASpec)
            if spec is None or spec.data_source_name != source or is_deleting(sla):
                continue
            rules = [obj for _, obj in self._world.rules_of(key)]
            # Only what reports subtract may have been taken back: nobody else's windows are worked out for it.
            asked_back = MAINTENANCE_WINDOW in types and any(subtracted_by(report) for report in reports)
            service = Key(PLATFORM_SERVICE, *provider_service(sla).split("/", 1))
            found |= wanted(
                sla,
                spec,
                self._sources[source],
                rules=rules,
                reports=reports,
                known=history.of_sla(sla, reports),
                times=exclusion.known(sla, rules) or (),
                planned=self._maintenance.planned(service, key.name, now) if asked_back else None,
                now=now,
            ).questions
        return found
