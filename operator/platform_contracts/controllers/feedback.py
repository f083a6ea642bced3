"""Feedback: says on its status what became of it; the sums are on its service, the answer on the team's consumer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from platform_contracts.api.feedback import FeedbackSpec
from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.controllers.carry_out import carry_out
from platform_contracts.controllers.specs import Specs
from platform_contracts.controllers.world import World, provider_service
from platform_contracts.engine.apply import Applier
from platform_contracts.engine.client import Client
from platform_contracts.engine.errors import NotFoundError
from platform_contracts.kube.kinds import FEEDBACK, PLATFORM_SERVICE
from platform_contracts.kube.objects import Key, Object, is_deleting, uid
from platform_contracts.product import answers, first_answer
from platform_contracts.product.inputs import FeedbackInputs


class FeedbackReconciler:
    """Reconciles one Feedback."""

    def __init__(
        self, *, world: World, specs: Specs, client: Client, applier: Applier, now: Callable[[], datetime]
    ) -> None:
        self._world = world
        self._specs = specs
        self._client = client
        self._applier = applier
        self._now = now

    async def reconcile(self, key: Key) -> timedelta | None:
        feedback = self._world.store.get(FEEDBACK, key.namespace, key.name)
        if feedback is None or is_deleting(feedback):
            return None
        inputs = replace(self._gather(feedback), answered=await self._answered(feedback))
        await carry_out(self._applier, FEEDBACK, feedback, answers.plan(inputs), inputs.now)
        return None

    async def _answered(self, feedback: Object) -> datetime | None:
        """When it was answered, where that is not known yet: once, by a live look, since the store keeps no records of
        who wrote what."""
        if not first_answer.is_untimed(feedback):
            return None
        metadata = feedback["metadata"]
        try:
            live = await self._client.get(FEEDBACK, metadata["namespace"], metadata["name"])
        except NotFoundError:
            return None
        return (first_answer.answered(live) or self._now()) if uid(live) == uid(feedback) else None

    def _gather(self, feedback: Object) -> FeedbackInputs:
        spec, invalid = self._specs.get(FEEDBACK, feedback, FeedbackSpec)
        # There are many of them, and the sums read the objects themselves: what was parsed is not kept.
        self._specs.forget(FEEDBACK, feedback["metadata"]["uid"])
        namespace, name = provider_service(feedback).split("/", 1)
        service = self._world.service(namespace, name)
        return FeedbackInputs(
            feedback=feedback,
            spec=spec,
            invalid=invalid,
            service=self._specs.get(PLATFORM_SERVICE, service, PlatformServiceSpec)[0] if service else None,
            provider=self._world.is_provider(namespace),
            now=self._now(),
        )
