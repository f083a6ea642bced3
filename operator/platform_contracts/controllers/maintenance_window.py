"""MaintenanceWindow: says on its status how far it is; the consumers of its service read of it on theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from platform_contracts.api.maintenance_window import MaintenanceWindowSpec
from platform_contracts.controllers.carry_out import carry_out
from platform_contracts.controllers.maintenance import Maintenance
from platform_contracts.controllers.specs import Specs
from platform_contracts.controllers.world import World, provider_service
from platform_contracts.engine.apply import Applier
from platform_contracts.kube.kinds import MAINTENANCE_WINDOW, PLATFORM_SERVICE
from platform_contracts.kube.objects import Key, Object, is_deleting
from platform_contracts.onboarding import maintenance
from platform_contracts.onboarding.inputs import WindowInputs


class MaintenanceWindowReconciler:
    """Reconciles one MaintenanceWindow."""

    def __init__(self, *, world: World, specs: Specs, applier: Applier, now: Callable[[], datetime]) -> None:
        self._world = world
        self._specs = specs
        self._maintenance = Maintenance(world, specs)
        self._applier = applier
        self._now = now

    async def reconcile(self, key: Key) -> timedelta | None:
        window = self._world.store.get(MAINTENANCE_WINDOW, key.namespace, key.name)
        if window is None or is_deleting(window):
            return None
        inputs = self._gather(window)
        plan = maintenance.plan(inputs)
        await carry_out(self._applier, MAINTENANCE_WINDOW, window, plan, inputs.now)
        return plan.requeue_after

    def _gather(self, window: Object) -> WindowInputs:
        spec, invalid = self._specs.get(MAINTENANCE_WINDOW, window, MaintenanceWindowSpec)
        namespace, name = provider_service(window).split("/", 1)
        now = self._now()
        return WindowInputs(
            window=window,
            spec=spec,
            invalid=invalid,
            service=self._world.service(namespace, name),
            provider=self._world.is_provider(namespace),
            slas=self._maintenance.verdicts(Key(PLATFORM_SERVICE, namespace, name), window, now),
            now=now,
        )
