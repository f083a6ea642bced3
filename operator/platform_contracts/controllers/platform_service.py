"""PlatformService: generates the consumers that it names, and rolls SLAs and consumers up into its status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from platform_contracts.api.platform_service import PlatformServiceSpec, ReconcilePolicy
from platform_contracts.api.sla import SLASpec
from platform_contracts.config import Config
from platform_contracts.controllers.carry_out import carry_out
from platform_contracts.controllers.links import Links
from platform_contracts.controllers.measuring import Measuring
from platform_contracts.controllers.specs import Specs
from platform_contracts.controllers.world import World
from platform_contracts.engine.apply import Applier
from platform_contracts.kube.kinds import PLATFORM_CONSUMER, PLATFORM_SERVICE, PRODUCT_REPORT, SLA, Kind
from platform_contracts.kube.objects import Key, Object, created_at, dig, is_deleting, key_of, uid
from platform_contracts.onboarding import service as onboarding
from platform_contracts.onboarding import usage
from platform_contracts.onboarding.inputs import ServiceInputs
from platform_contracts.onboarding.usage import Usage
from platform_contracts.product import improvements, voice
from platform_contracts.product import plan as product
from platform_contracts.product.inputs import Assessed, Product, ProductInputs
from platform_contracts.sla import requests, rollup
from platform_contracts.sla.attainment import Measured

# What an assessment alone says of consumers.
_MISSED: Object = {"lost": 0, "left": []}


class PlatformServiceReconciler:
    """Reconciles one PlatformService."""

    def __init__(
        self,
        *,
        config: Config,
        world: World,
        specs: Specs,
        applier: Applier,
        measuring: Measuring,
        types_present: Callable[[], frozenset[Kind]],
        links: Links,
        now: Callable[[], datetime],
    ) -> None:
        self._config = config
        self._world = world
        self._specs = specs
        self._applier = applier
        self._measuring = measuring
        self._types_present = types_present
        self._links = links
        self._now = now

    async def reconcile(self, key: Key) -> timedelta | None:
        service = self._world.store.get(PLATFORM_SERVICE, key.namespace, key.name)
        # Deleting a service removes nothing of its consumers: they say ServiceNotFound.
        if service is None or is_deleting(service):
            return None
        inputs = self._gather(key, service)
        counted = usage.count(inputs)
        asked_for = self._requests(key, service, counted, inputs.now)
        told = self._product(key, inputs, counted, asked_for)
        inputs = replace(
            inputs,
            sections={**told.sections, "usage": asked_for},
            conditions=told.conditions,
            reports=told.applies,
            expired=told.deletes,
        )
        plan = replace(onboarding.plan(inputs, counted), events=told.events)
        await carry_out(self._applier, PLATFORM_SERVICE, service, plan, inputs.now)
        return min((again for again in (plan.requeue_after, told.requeue_after) if again is not None), default=None)

    def _gather(self, key: Key, service: Object) -> ServiceInputs:
        namespace = service["metadata"]["namespace"]
        spec, invalid = self._specs.get(PLATFORM_SERVICE, service, PlatformServiceSpec)
        slas = self._world.slas_of(key)
        sla, condition = rollup.service_sla(slas, service.get("status", {}).get("sla"))
        provider = self._world.is_provider(namespace)
        successor = spec.sunset.successor_ref if spec and spec.sunset else None
        return ServiceInputs(
            service=service,
            spec=spec,
            invalid=invalid,
            provider=provider,
            consumers=self._consumers(key, spec),
            successor_exists=successor is None or self._world.service(namespace, successor.name) is not None,
            slas=frozenset(obj["metadata"]["name"] for obj in slas),
            sla=sla,
            sla_condition=condition,
            links=self._links.of(service, spec) if spec and provider else (),
            guardrails=self._config.guardrails,
            now=self._now(),
        )

    def _requests(self, key: Key, service: Object, counted: Usage, now: datetime) -> Object:
        """How much the consumers ask for, as Prometheus counts it."""
        measured = [
            Measured(sla, spec, self._measuring.measurements(spec.data_source_name))
            for sla in self._world.slas_of(key)
            if (spec := self._specs.get(SLA, sla, SLASpec)[0]) is not None
            and any(objective.consumer_label for objective in spec.objectives)
        ]
        if not measured:
            return {}
        held = [self._world.held_by(consumer) for consumer in counted.ready]
        return requests.section(measured, held, dig(service, "status", "usage") or {}, now)

    def _product(self, key: Key, inputs: ServiceInputs, counted: Usage, asked_for: Object) -> Product:
        """What users say and what is coming; of a service that does not count, nothing."""
        if inputs.spec is None or not inputs.provider:
            return Product()
        ready = counted.ready
        sizes = [consumer["spec"].get("teamSize") for consumer in ready]
        return product.plan(
            ProductInputs(
                namespace=inputs.service["metadata"]["namespace"],
                name=key.name,
                uid=uid(inputs.service),
                spec=inputs.spec,
                created=created_at(inputs.service),
                feedback=self._world.feedback_of(key),
                consumers={voice.of_consumer(consumer["metadata"]) for consumer in ready},
                people=sum(sizes) if sizes and all(sizes) else None,
                sla=inputs.sla,
                reports=self._world.product_reports_of(inputs.service),
                assessment=self._assessed(key, inputs, counted, asked_for) if inputs.spec.assessment else None,
                now=inputs.now,
            )
        )

    def _assessed(self, key: Key, inputs: ServiceInputs, counted: Usage, asked_for: Object) -> Assessed:
        """What an assessment alone depends on."""
        slas, consumers = self._world.slas_of(key), counted.consumers_section()
        policy = inputs.spec.reconcile_policy if inputs.spec else None
        return Assessed(
            using=[uid(consumer) for consumer in counted.ready],
            present=[uid(consumer) for consumer in counted.holders],
            pressed=counted.pressed(improvements.FULL),
            onboarded={
                "consumers": consumers,
                "onboarding": counted.onboarding_section(),
                "usage": {**counted.usage_section(), **asked_for},
                "drift": counted.drift_section() or {},
            },
            writes=policy is ReconcilePolicy.ENFORCE and PRODUCT_REPORT in self._types_present(),
            settled=_settled(dig(inputs.service, "status", "consumers"), consumers),
            slas=slas,
            sla_reports=[report for sla in slas for report in self._world.reports_of(key_of(SLA, sla))],
            assessed=dig(inputs.service, "status", "assessment") or {},
            left=dig(inputs.service, "status", "consumers", "left") or (),
        )

    def _consumers(self, key: Key, spec: PlatformServiceSpec | None) -> list[Object]:
        """The service's consumers, and whatever stands beside it under the name of a generated one."""
        found = {obj["metadata"]["uid"]: obj for obj in self._world.consumers_of(key)}
        for entry in spec.consumers if spec else ():
            name = onboarding.generated_name(key.name, entry.name)
            obj = self._world.store.get(PLATFORM_CONSUMER, key.namespace, name)
            if obj is not None:
                found[obj["metadata"]["uid"]] = obj
        return list(found.values())


def _settled(before: Object | None, consumers: Object) -> bool:
    """Whether the consumers are as the service's status shows them, but for those that an assessment misses."""
    return before is not None and {**before, **_MISSED} == {**consumers, **_MISSED}
