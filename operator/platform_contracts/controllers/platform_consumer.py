"""PlatformConsumer: a team's namespace and what goes with it; the only kind with a finalizer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

import structlog

from platform_contracts.api.names import FINALIZER
from platform_contracts.api.platform_consumer import PlatformConsumerSpec
from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.api.sla import SLASpec
from platform_contracts.config import Config
from platform_contracts.controllers import gauges, pace
from platform_contracts.controllers.carry_out import carry_out
from platform_contracts.controllers.disturbances import Disturbances
from platform_contracts.controllers.links import Links
from platform_contracts.controllers.maintenance import Maintenance
from platform_contracts.controllers.measuring import Measuring
from platform_contracts.controllers.specs import Specs
from platform_contracts.controllers.world import World, consumed_service
from platform_contracts.engine.apply import Applier
from platform_contracts.engine.client import Client
from platform_contracts.engine.errors import NotFoundError
from platform_contracts.kube.kinds import (
    CUSTOM_RESOURCE_DEFINITION,
    NAMESPACE,
    NETWORK_POLICY,
    PERSISTENT_VOLUME_CLAIM,
    PLATFORM_CONSUMER,
    PLATFORM_SERVICE,
    PROMETHEUS_RULE,
    SLA,
    Kind,
)
from platform_contracts.kube.objects import Key, Object, dig, is_deleting, is_ours, key_of
from platform_contracts.kube.plan import Plan
from platform_contracts.onboarding import consumer as onboarding
from platform_contracts.onboarding import news
from platform_contracts.onboarding.inputs import ConsumerInputs
from platform_contracts.product import answers
from platform_contracts.rules import objects as rules
from platform_contracts.sla import attainment, rollup

log = structlog.get_logger("onboarding")


class PlatformConsumerReconciler:
    """Reconciles one PlatformConsumer."""

    def __init__(
        self,
        *,
        config: Config,
        world: World,
        disturbances: Disturbances,
        specs: Specs,
        client: Client,
        applier: Applier,
        measuring: Measuring,
        links: Links,
        types_present: Callable[[], frozenset[Kind]],
        now: Callable[[], datetime],
    ) -> None:
        self._config = config
        self._own_namespaces = frozenset(filter(None, (config.operator_namespace, config.rules.namespace)))
        self._world = world
        self._disturbances = disturbances
        self._specs = specs
        self._maintenance = Maintenance(world, specs)
        self._client = client
        self._applier = applier
        self._measuring = measuring
        self._links = links
        self._types_present = types_present
        self._now = now
        # One for each home of which a consumer is being given namespaces; gone once nobody waits for it.
        self._homes: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def reconcile(self, key: Key) -> timedelta | None:
        consumer = self._world.store.get(PLATFORM_CONSUMER, key.namespace, key.name)
        # Gone without a deletion that we saw through: the resource type went. Missing custom resources delete nothing.
        if consumer is None:
            return None
        children = await self._children(consumer)
        disturbances = self._disturbances.of(key, self._world.namespaces_of(consumer))
        if is_deleting(consumer):
            return await self._offboard(consumer, self._gather(consumer, children, disturbances))
        inputs, plan = await self._plan(consumer, children, disturbances)
        if inputs.policies_in or _makes_namespaces(plan):
            # What others of the home have just made counts against the same limit: in turn, and from a new look.
            async with self._homes.setdefault(str(key.namespace), asyncio.Lock()):
                inputs, plan = await self._plan(consumer, self._world.children(consumer), disturbances)
                await self._onboard(inputs, plan)
        else:
            await self._onboard(inputs, plan)
        for child in plan.drifted:
            gauges.DRIFT.labels(child.kind.name).inc()
            log.info("drift corrected", consumer=str(key), object=str(child))
        # A plan that goes on at once has not come to everything yet.
        goes_on = plan.requeue_after is not None and plan.requeue_after <= timedelta(0)
        right = {child: version for child, version in disturbances.items() if not goes_on or child in plan.drifted}
        self._disturbances.settle(right)
        return pace.after(plan, self._world.store)

    async def _plan(
        self, consumer: Object, children: Sequence[tuple[Kind, Object]], disturbances: Mapping[Key, str]
    ) -> tuple[ConsumerInputs, Plan]:
        inputs = self._gather(consumer, children, disturbances)
        inputs = replace(
            inputs,
            claims_in={name: await self._claims_in(name) for name in onboarding.leaving(inputs)},
            policies_in={name: await self._policies_in(name) for name in onboarding.adopting(inputs)},
        )
        plan = onboarding.plan(inputs)
        return inputs, replace(plan, events=news.of(consumer, plan.status, plan.drifted))

    async def _onboard(self, inputs: ConsumerInputs, plan: Plan) -> None:
        if plan.applies:
            await self._applier.write_finalizers(PLATFORM_CONSUMER, inputs.consumer, FINALIZER, present=True)
        await self._write(inputs, plan)

    async def _children(self, consumer: Object) -> Sequence[tuple[Kind, Object]]:
        """What the store has of a consumer's objects, after a live look whether what stood in the way of our rules is
        still there."""
        found = self._world.children(consumer)
        foreign = onboarding.foreign_rules(found)
        for kind, obj in foreign:
            try:
                live = await self._client.get(kind, obj["metadata"]["namespace"], obj["metadata"]["name"])
                self._world.store.adopt(kind, live)
            except NotFoundError:
                self._world.store.remove(kind, obj)
        return self._world.children(consumer) if foreign else found

    async def _claims_in(self, namespace: str) -> int:
        """A live look: how many PersistentVolumeClaims a namespace holds."""
        return len((await self._client.list(PERSISTENT_VOLUME_CLAIM, namespace)).items)

    async def _policies_in(self, namespace: str) -> list[str]:
        """A live look: the names of a namespace's NetworkPolicies that are not the operator's."""
        found = (await self._client.list(NETWORK_POLICY, namespace)).items
        return [obj["metadata"]["name"] for obj in found if not is_ours(obj)]

    def _gather(
        self, consumer: Object, children: Sequence[tuple[Kind, Object]], disturbances: Mapping[Key, str]
    ) -> ConsumerInputs:
        now = self._now()
        spec, invalid = self._specs.get(PLATFORM_CONSUMER, consumer, PlatformConsumerSpec)
        service_key = Key(PLATFORM_SERVICE, *consumed_service(consumer).split("/", 1))
        service = self._world.store.get(*service_key)
        service_spec = self._specs.get(PLATFORM_SERVICE, service, PlatformServiceSpec)[0] if service else None
        provider = service is not None and self._world.is_provider(service["metadata"]["namespace"])
        return ConsumerInputs(
            consumer=consumer,
            spec=spec,
            invalid=invalid,
            service=service,
            service_spec=service_spec,
            provider=provider,
            home_namespace=self._world.store.get(NAMESPACE, None, consumer["metadata"]["namespace"]),
            namespaces=self._world.namespaces,
            handed_out=self._world.handed_out(consumer["metadata"]["namespace"]),
            children=children,
            disturbed=frozenset(disturbances),
            windows=self._maintenance.told(service_key, now),
            rule_kind=rules.kind(self._config.rules, PROMETHEUS_RULE in self._types_present()),
            rule_labels=self._config.rules.labels,
            usage_seconds=self._config.intervals.usage_seconds,
            siblings=self._world.siblings(consumer),
            guardrails=self._config.guardrails,
            own_namespaces=self._own_namespaces,
            answers=answers.answers(self._world.feedback_by(consumer), service_spec) if service_spec else (),
            links=self._links.of(service, service_spec, consumer) if service and service_spec and provider else (),
            sla=rollup.consumer_sla(service.get("status", {}).get("sla") if service else None),
            slas=self._slas(consumer, service_key, service_spec),
            attainment=self._attainment(consumer, service_key, now),
            now=now,
        )

    def _slas(self, consumer: Object, service: Key, spec: PlatformServiceSpec | None) -> dict[str, Object | None]:
        """How each SLA stands that a plan of the service names, as the consumer shows it."""
        named = {plan.sla_ref.name for plan in spec.onboarding.plans if plan.sla_ref} if spec else set()
        shown = consumer.get("status", {}).get("sla")
        return {
            sla["metadata"]["name"]: rollup.plan_sla(sla, shown)
            for sla in (self._world.slas_of(service) if named else ())
            if sla["metadata"]["name"] in named
        }

    def _attainment(self, consumer: Object, service: Key, now: datetime) -> list[Object]:
        """What the consumer itself got of the promises of a service, by the namespaces that it holds."""
        measured = [
            attainment.Measured(sla, spec, self._measuring.measurements(spec.data_source_name))
            for sla in self._world.slas_of(service)
            if (spec := self._specs.get(SLA, sla, SLASpec)[0]) is not None
        ]
        told = dig(consumer, "status", "sla", "attainment") or ()
        return attainment.section(measured, self._world.held_by(consumer), told, now)

    async def _offboard(self, consumer: Object, inputs: ConsumerInputs) -> timedelta | None:
        if FINALIZER not in consumer["metadata"].get("finalizers", ()):
            return None
        await self._applier.confirm(PLATFORM_CONSUMER, consumer)
        if await self._type_is_going():
            await self._release(consumer)
            return None
        offboarding = onboarding.plan_offboarding(inputs)
        # Access ends first: nothing that fails after it, and no policy, keeps anybody in.
        await self._write(inputs, offboarding.plan)
        kept = dict.fromkeys(offboarding.kept, "no policy to delete it, or not made here")
        for gone in offboarding.unless_claimed:
            claims = await self._claims_in(gone.name)
            if claims:
                kept[gone.name] = f"PersistentVolumeClaims in it: {claims}"
            else:
                await self._write(inputs, Plan(deletes=[gone]))
        for name, why in kept.items():
            log.info("namespace kept", consumer=str(key_of(PLATFORM_CONSUMER, consumer)), namespace=name, why=why)
        told = news.left_alone(list(kept), offboarding.hands_off) if offboarding.hands_off else news.offboarded(kept)
        await self._applier.tell(PLATFORM_CONSUMER, consumer, told, inputs.now)
        await self._release(consumer)
        return None

    async def _write(self, inputs: ConsumerInputs, plan: Plan) -> None:
        await carry_out(self._applier, PLATFORM_CONSUMER, inputs.consumer, plan, inputs.now, service=inputs.service)

    async def _release(self, consumer: Object) -> None:
        await self._applier.write_finalizers(PLATFORM_CONSUMER, consumer, FINALIZER, present=False)

    async def _type_is_going(self) -> bool:
        """A live look: when the resource type goes, every PlatformConsumer goes, and nobody asked to offboard."""
        name = f"{PLATFORM_CONSUMER.plural}.{PLATFORM_CONSUMER.group}"
        try:
            return is_deleting(await self._client.get(CUSTOM_RESOURCE_DEFINITION, None, name))
        except NotFoundError:
            return True


def _makes_namespaces(plan: Plan) -> bool:
    return any(item.kind is NAMESPACE and item.uid is None for item in plan.applies)
