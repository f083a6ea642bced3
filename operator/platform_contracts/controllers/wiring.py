"""Puts the controllers together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from platform_contracts.api.names import FIELD_MANAGER
from platform_contracts.config import Config
from platform_contracts.controllers import gauges
from platform_contracts.controllers.feedback import FeedbackReconciler
from platform_contracts.controllers.hearing import Hearing
from platform_contracts.controllers.links import Links
from platform_contracts.controllers.maintenance_window import MaintenanceWindowReconciler
from platform_contracts.controllers.measuring import Measuring
from platform_contracts.controllers.platform_consumer import PlatformConsumerReconciler
from platform_contracts.controllers.platform_service import PlatformServiceReconciler
from platform_contracts.controllers.refusals import Refusals
from platform_contracts.controllers.reporting import Reporting
from platform_contracts.controllers.sla import SLAReconciler
from platform_contracts.controllers.specs import Specs
from platform_contracts.controllers.triggers import Triggers
from platform_contracts.controllers.watched import ACCESS, CONTRACTS, WATCHED, WRITABLE
from platform_contracts.controllers.world import World
from platform_contracts.engine.apply import Applier
from platform_contracts.engine.client import Client
from platform_contracts.engine.manager import Reconciler
from platform_contracts.engine.queue import WorkQueue
from platform_contracts.engine.store import Store
from platform_contracts.engine.sync import Watched
from platform_contracts.kube.kinds import (
    FEEDBACK,
    MAINTENANCE_WINDOW,
    PLATFORM_CONSUMER,
    PLATFORM_SERVICE,
    RESOURCE_QUOTA,
    SLA,
    Kind,
)
from platform_contracts.kube.objects import Key, Object, uid


@dataclass
class Controllers:
    """What the host runs; it knows none of the contracts behind it."""

    world: World
    triggers: Triggers
    measuring: Measuring
    hearing: Hearing
    reconcilers: Mapping[Kind, Reconciler]
    # The resource types that the cluster has at the moment; the host puts the real answer here.
    types_present: Callable[[], frozenset[Kind]] = field(default=lambda: frozenset())
    watched: tuple[Watched, ...] = WATCHED

    @property
    def loops(self) -> dict[str, Callable[[], Any]]:
        """What runs beside the workers, by name."""
        return {"measuring": self.measuring.run}

    def counts(self) -> dict[str, int]:
        """Contracts in the store, by kind."""
        return {kind.name: len(self.world.store.keys(kind)) for kind in CONTRACTS}

    def enqueue_all(self) -> None:
        """Look at every contract again."""
        self.triggers.look_at_all()

    def scrape(self) -> None:
        """Bring the gauges up to date."""
        gauges.show_objectives(self.world.store.all(SLA))
        gauges.show_missing_rules(self.world.store.all(SLA))
        gauges.show_counted(self.world.store.all(SLA))
        gauges.show_ages(self.measuring.ages())
        gauges.show_quotas(self.world.store.all(RESOURCE_QUOTA))

    async def close(self) -> None:
        """Close all connections."""
        await self.measuring.close()


def wire(
    *, config: Config, client: Client, store: Store, queue: WorkQueue[Key], now: Callable[[], datetime]
) -> Controllers:
    """The controllers of all kinds, on one store, queue and clock."""
    world = World(store)
    triggers = Triggers(world, queue)
    specs = Specs()
    applier = Applier(client, store, writable=WRITABLE, manager=FIELD_MANAGER, access=ACCESS)
    reporting = Reporting(world, specs, config.data_sources, lambda: controllers.types_present())
    measuring = Measuring(config, triggers, now, questions=reporting.questions)
    links = Links(config.web, now)
    refusals = Refusals(triggers.look_at_counts_of)

    def forget(key: Key, before: Object | None, after: Object | None, _: bool) -> None:
        if before is not None and (after is None or uid(after) != uid(before)):
            specs.forget(key.kind, uid(before))

    for kind in CONTRACTS:
        store.listen(kind, forget)
    hearing = Hearing(world=world, specs=specs, client=client, applier=applier, links=links, now=now)
    controllers = Controllers(world=world, triggers=triggers, measuring=measuring, hearing=hearing, reconcilers={})
    controllers.reconcilers = {
        PLATFORM_SERVICE: PlatformServiceReconciler(
            config=config,
            world=world,
            specs=specs,
            applier=applier,
            measuring=measuring,
            links=links,
            types_present=lambda: controllers.types_present(),
            now=now,
        ),
        PLATFORM_CONSUMER: refusals.heeded(
            PlatformConsumerReconciler(
                config=config,
                world=world,
                disturbances=triggers.disturbances,
                specs=specs,
                client=client,
                applier=applier,
                measuring=measuring,
                links=links,
                types_present=lambda: controllers.types_present(),
                now=now,
            )
        ),
        SLA: SLAReconciler(
            config=config,
            world=world,
            specs=specs,
            applier=applier,
            measuring=measuring,
            links=links,
            refusals=refusals,
            types_present=lambda: controllers.types_present(),
            now=now,
        ),
        MAINTENANCE_WINDOW: MaintenanceWindowReconciler(world=world, specs=specs, applier=applier, now=now),
        FEEDBACK: refusals.heeded(
            FeedbackReconciler(world=world, specs=specs, client=client, applier=applier, now=now)
        ),
    }
    return controllers
