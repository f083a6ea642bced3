"""SLA: rules for Prometheus out, recorded numbers back onto the status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.api.sla import SLASpec
from platform_contracts.config import Config
from platform_contracts.controllers.carry_out import carry_out
from platform_contracts.controllers.links import Links
from platform_contracts.controllers.maintenance import Maintenance
from platform_contracts.controllers.measuring import Measuring
from platform_contracts.controllers.refusals import Refusals
from platform_contracts.controllers.specs import Specs
from platform_contracts.controllers.watched import RULES
from platform_contracts.controllers.world import World, indicators_of, provider_service, sla_of_rules, upstreams_of
from platform_contracts.engine.apply import Applier, NameTakenError
from platform_contracts.kube.kinds import (
    FEEDBACK,
    MAINTENANCE_WINDOW,
    PLATFORM_CONSUMER,
    PLATFORM_SERVICE,
    PROMETHEUS_RULE,
    SLA,
    Kind,
)
from platform_contracts.kube.objects import Key, Object, is_deleting, key_of
from platform_contracts.kube.plan import Plan
from platform_contracts.onboarding import feedback, usage
from platform_contracts.sla import plan as planning
from platform_contracts.sla.dependencies import Upstream


class SLAReconciler:
    """Reconciles one SLA."""

    def __init__(
        self,
        *,
        config: Config,
        world: World,
        specs: Specs,
        applier: Applier,
        measuring: Measuring,
        links: Links,
        refusals: Refusals,
        types_present: Callable[[], frozenset[Kind]],
        now: Callable[[], datetime],
    ) -> None:
        self._config = config
        self._world = world
        self._specs = specs
        self._maintenance = Maintenance(world, specs)
        self._applier = applier
        self._measuring = measuring
        self._links = links
        self._refusals = refusals
        self._types_present = types_present
        self._now = now

    async def reconcile(self, key: Key) -> timedelta | None:
        sla = self._world.store.get(SLA, key.namespace, key.name)
        if sla is None:
            # Rules go with their SLA, as the garbage collector has it where they are side by side. Where the whole
            # resource type is not served nobody has withdrawn a promise.
            if SLA in self._types_present():
                await self._applier.carry_out(planning.plan_deleted(self._world.rules_of(key)))
            return None
        if is_deleting(sla):
            return None
        inputs = self._gather(key, sla)
        plan = planning.plan(inputs)
        try:
            await carry_out(self._applier, SLA, sla, plan, inputs.now)
        except NameTakenError:
            taken = self._taken(key, plan)
            if taken:
                told = planning.plan(replace(inputs, name_taken=taken)).status
                if told is not None:
                    await self._applier.write_status(SLA, sla, told)
            raise
        return plan.requeue_after

    def _taken(self, key: Key, plan: Plan) -> Key | None:
        """The object that took a rule object's name: somebody else's, not our own that a watch has yet to show."""
        for item in (item for item in plan.applies if item.kind in RULES):
            where = key_of(item.kind, item.obj)
            live = self._world.store.get(*where)
            if live is not None and sla_of_rules(live) != f"{key.namespace}/{key.name}":
                return where
        return None

    def _gather(self, key: Key, sla: Object) -> planning.SLAInputs:
        spec, invalid = self._specs.get(SLA, sla, SLASpec)
        namespace, name = provider_service(sla).split("/", 1)
        service = self._world.service(namespace, name)
        service_spec = self._specs.get(PLATFORM_SERVICE, service, PlatformServiceSpec)[0] if service else None
        provider = self._world.is_provider(namespace)
        answering = self._links.of(service, service_spec) if service and service_spec and provider else ()
        service_key, counted = Key(PLATFORM_SERVICE, namespace, name), indicators_of(sla)
        source = spec.data_source_name if spec else ""
        said = self._world.feedback_of(service_key) if "supportResponse" in counted else ()
        consumers = self._consumers(service_key) if "onboardingLeadTime" in counted else ()
        now = self._now()
        return planning.SLAInputs(
            sla=sla,
            spec=spec,
            invalid=invalid,
            service=service,
            service_spec=service_spec,
            feedback=feedback.section(service_spec, self._config.guardrails, answering),
            provider=provider,
            source=self._config.data_sources.get(source),
            source_names=self._config.data_sources.keys(),
            rules_config=self._config.rules,
            prometheus_rule_available=PROMETHEUS_RULE in self._types_present(),
            live_rules=self._world.rules_of(key),
            maintenance=self._maintenance.planned(service_key, key.name, now),
            feedback_given=said,
            consumers=consumers,
            refused=self._refusals.among(FEEDBACK, said) | self._refusals.among(PLATFORM_CONSUMER, consumers),
            maintenance_served=MAINTENANCE_WINDOW in self._types_present(),
            upstreams=[self._upstream(namespace, *where) for where in upstreams_of(sla)],
            allowed_url_hosts=self._config.guardrails.allowed_url_hosts,
            measurements=self._measuring.latest(source),
            reports=self._world.reports_of(key),
            closing=self._measuring.closing(source),
            memo=self._specs.memo(SLA, sla),
            refresh_seconds=self._config.intervals.status_refresh_seconds,
            now=now,
        )

    def _consumers(self, service: Key) -> list[Object]:
        """The consumers of a service that count in how long onboarding takes."""
        return [consumer for consumer in self._world.consumers_of(service) if usage.has_asked(consumer)]

    def _upstream(self, home: str, namespace: str, name: str) -> Upstream:
        """An SLA that one of the namespace `home` depends on, with what may be said there of it."""
        sla = self._world.store.get(SLA, namespace, name)
        if sla is None or (namespace != home and not self._world.is_consumer(home, provider_service(sla))):
            return Upstream(namespace, name, None)
        spec, _ = self._specs.get(SLA, sla, SLASpec)
        return Upstream(namespace, name, {one.name: one.target for one in spec.objectives} if spec else None)
