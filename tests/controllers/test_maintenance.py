"""Which MaintenanceWindows an SLA is told of."""

from __future__ import annotations

from datetime import UTC, datetime

from platform_contracts.controllers.maintenance import Maintenance
from platform_contracts.controllers.specs import Specs
from platform_contracts.controllers.world import World
from platform_contracts.engine.store import Store
from platform_contracts.kube.kinds import MAINTENANCE_WINDOW, PLATFORM_SERVICE
from platform_contracts.kube.objects import Key
from platform_contracts.sla.exclusions.planned import Planned


def test_a_window_that_cannot_be_read_is_there_and_asks_for_nothing() -> None:
    """A release that does not know a field of it must not take back what it excluded."""
    store = Store()
    maintenance, service = Maintenance(World(store), Specs()), Key(PLATFORM_SERVICE, "platform", "payments")
    spec = {"serviceRef": {"name": "payments"}, "startTime": "as before", "endTime": "2026-11-20T00:00:00Z"}
    metadata = {"name": "upgrade", "namespace": "platform", "uid": "1", "generation": 1, "resourceVersion": "1"}
    store.observe(MAINTENANCE_WINDOW, {"metadata": metadata, "spec": spec})
    now = datetime(2026, 11, 24, tzinfo=UTC)
    assert maintenance.planned(service, "gold", now) == [Planned("upgrade", None, (), False, unreadable=True)]
