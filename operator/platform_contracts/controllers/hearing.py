"""What is said by links: whom a link speaks for, what it asks at the moment, and the one Feedback of each form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

import structlog

from platform_contracts.api.platform_service import PlatformServiceSpec
from platform_contracts.controllers.links import Links
from platform_contracts.controllers.specs import Specs
from platform_contracts.controllers.world import World, consumed_service
from platform_contracts.engine.apply import Applier
from platform_contracts.engine.client import Client
from platform_contracts.engine.errors import ApiError, NotFoundError, RefusedError
from platform_contracts.kube.conditions import is_true
from platform_contracts.kube.kinds import FEEDBACK, PLATFORM_CONSUMER, PLATFORM_SERVICE
from platform_contracts.kube.objects import Object, dig, is_deleting
from platform_contracts.product import form
from platform_contracts.product.form import Asked
from platform_contracts.product.links import is_open
from platform_contracts.product.tokens import Scope

log = structlog.get_logger("hearing")


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that asks something at the moment."""

    service: Object
    # Whose team speaks; None: whoever has the link.
    consumer: Object | None
    asked: Asked


class Heard(Enum):
    """What became of a form that was sent."""

    TAKEN = auto()
    # The form was sent before with other words, and those count.
    OTHERWISE = auto()
    # The cluster takes no more: a quota, or a policy of its administrators.
    REFUSED = auto()
    # It cannot be told whether it was taken: sent again, it counts once.
    UNKNOWN = auto()


class Hearing:
    """Answers by links, on the operator's store."""

    def __init__(
        self,
        *,
        world: World,
        specs: Specs,
        client: Client,
        applier: Applier,
        links: Links,
        now: Callable[[], datetime],
    ) -> None:
        self._world = world
        self._specs = specs
        self._client = client
        self._applier = applier
        self.links = links
        self.now = now

    def open(self, scope: Scope) -> Opened | None:
        """What a link asks at the moment; None where it asks nothing any more: the service or the team is gone or not
        let in, the survey is over, or its question is another one."""
        service = self._world.by_uid(PLATFORM_SERVICE, scope.service)
        if service is None or is_deleting(service) or not self._world.is_provider(service["metadata"]["namespace"]):
            return None
        spec, _ = self._specs.get(PLATFORM_SERVICE, service, PlatformServiceSpec)
        if spec is None or not is_open(spec, scope):
            return None
        consumer = self._world.by_uid(PLATFORM_CONSUMER, scope.consumer) if scope.consumer else None
        if scope.consumer and not _speaks(consumer, service):
            return None
        metadata = service["metadata"]
        themes = [theme["name"] for theme in dig(service, "status", "feedback", "themes") or ()]
        return Opened(service, consumer, form.asked(spec, metadata["name"], themes, scope, _team(consumer)))

    async def take(self, feedback: Object) -> Heard:
        """Write what a form says, once however often it is sent."""
        metadata = feedback["metadata"]
        try:
            if await self._applier.create_once(FEEDBACK, feedback):
                return Heard.TAKEN
            refused = None
        except RefusedError as error:
            # A quota or a policy speaks before the API server sees that the name is taken.
            refused = error
        except ApiError:
            return Heard.UNKNOWN
        try:
            # A live look: what was written a moment ago, and perhaps never told, the watch may have yet to show.
            there = await self._client.get(FEEDBACK, metadata["namespace"], metadata["name"])
        except NotFoundError:
            if refused is None:
                return Heard.UNKNOWN
            # The reason alone: the message may repeat what was said.
            log.warning("what was said in a form is refused", namespace=metadata["namespace"], reason=refused.reason)
            return Heard.REFUSED
        except ApiError:
            return Heard.UNKNOWN
        said = {name: value for name, value in there["spec"].items() if value and name != "triage"}
        return Heard.TAKEN if said == feedback["spec"] else Heard.OTHERWISE


def _speaks(consumer: Object | None, service: Object) -> bool:
    """Whether a consumer is the service's, and let in."""
    if consumer is None or is_deleting(consumer) or not is_true(consumer, "Approved"):
        return False
    metadata = service["metadata"]
    return consumed_service(consumer) == f"{metadata['namespace']}/{metadata['name']}"


def _team(consumer: Object | None) -> str | None:
    """What a team is called."""
    if consumer is None:
        return None
    metadata = consumer["metadata"]
    return dig(consumer, "spec", "team") or f"{metadata['namespace']}/{metadata['name']}"
