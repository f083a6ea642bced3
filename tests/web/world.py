"""A cluster's services as the operator's store holds them, for the page to show."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from platform_contracts.config import Config
from platform_contracts.controllers.hearing import Hearing
from platform_contracts.controllers.links import Links
from platform_contracts.controllers.specs import Specs
from platform_contracts.controllers.world import World as Found
from platform_contracts.engine.apply import Applier
from platform_contracts.engine.client import Client
from platform_contracts.engine.errors import AlreadyExistsError, ApiError, NotFoundError, UnavailableError
from platform_contracts.engine.store import Store
from platform_contracts.engine.throttle import TokenBucket
from platform_contracts.kube.kinds import (
    FEEDBACK,
    NAMESPACE,
    PLATFORM_CONSUMER,
    PLATFORM_SERVICE,
    SLA,
    TOKEN_REVIEW,
    Kind,
)
from platform_contracts.kube.objects import Object, format_time, manifest
from platform_contracts.sla.trend import Curves
from platform_contracts.web.access.reader import Readers
from platform_contracts.web.site import Site
from platform_contracts.web.trends import Trends

NOW = datetime(2027, 6, 1, 12, 0, tzinfo=UTC)


class Server:
    """The API server as far as the page asks it: whose token it is, what they may, and to keep what somebody says."""

    def __init__(self) -> None:
        self.tokens: dict[str, Object] = {}
        # (user, verb, resource, namespace, name); an empty namespace or name means all of them.
        self.grants: set[tuple[str, str, str, str, str]] = set()
        self.asked: list[Object] = []
        self.broken = False
        # What was said, and what it answers instead of taking it.
        self.said: list[Object] = []
        self.refuses: ApiError | None = None

    async def create(self, kind: Kind, obj: Object) -> Object:
        """Answer a review, or keep what is said."""
        if kind == FEEDBACK:
            return self._keep(obj)
        if self.broken:
            raise UnavailableError(0, "Unreachable", "no route to host")
        self.asked.append(obj)
        if kind == TOKEN_REVIEW:
            user = self.tokens.get(obj["spec"]["token"])
            return {"status": {"authenticated": True, "user": user} if user else {"authenticated": False}}
        spec, asked = obj["spec"], obj["spec"]["resourceAttributes"]
        allowed = any(
            (user, verb, resource) == (spec["user"], asked["verb"], asked["resource"])
            and namespace in ("", asked.get("namespace"))
            and name in ("", asked.get("name"))
            for user, verb, resource, namespace, name in self.grants
        )
        return {"status": {"allowed": allowed}}

    async def get(self, kind: Kind, namespace: str | None, name: str) -> Object:
        """What was said under that name."""
        for obj in self.said:
            if (obj["metadata"]["namespace"], obj["metadata"]["name"]) == (namespace, name):
                return obj
        raise NotFoundError(404, "NotFound", f"there is no {kind.plural} {name}")

    def _keep(self, obj: Object) -> Object:
        if self.refuses:
            raise self.refuses
        if any(other["metadata"]["name"] == obj["metadata"]["name"] for other in self.said):
            raise AlreadyExistsError(409, "AlreadyExists", "there is one")
        self.said.append(obj)
        return {**obj, "metadata": {**obj["metadata"], "uid": f"said-{len(self.said)}", "resourceVersion": "999"}}

    def reader(self, name: str, *grants: str) -> str:
        """Somebody with these rights, each as `list slas` or `get slas/payments in platform`; returns their token."""
        token = f"token-of-{name.replace('@', '.')}"
        self.tokens[token] = {"username": name, "groups": ["system:authenticated"]}
        for grant in grants:
            what, _, namespace = grant.partition(" in ")
            verb, _, target = what.partition(" ")
            resource, _, only = target.partition("/")
            self.grants.add((name, verb, resource, namespace, only))
        return token


class Told(Trends):
    """Curves that are known already; all else is as with those that Prometheus says."""

    def __init__(self, curves: dict[str, Curves]) -> None:
        super().__init__({}, datetime.now)
        self._curves_by_name = curves

    async def of(self, sla: Object) -> Curves | None:
        return self._curves_by_name.get(sla["metadata"]["name"])


class World:
    """The namespace `platform` is a provider's; whatever else there is, a test puts there."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now
        self.store = Store()
        self.found = Found(self.store)
        self.server = Server()
        # What Prometheus says of budgets, by SLA.
        self.curves: dict[str, Curves] = {}
        # How many tokens out of nowhere are looked at, where it is not as many as usual.
        self.unknown: TokenBucket | None = None
        self._numbers = itertools.count(1)
        self.put_provider("platform")

    def put(
        self,
        kind: Kind,
        name: str,
        namespace: str | None = None,
        *,
        labels: dict[str, str] | None = None,
        days_ago: float = 30,
        **body: Any,
    ) -> Object:
        """An object as the API server stores it, created so many days ago."""
        obj = manifest(kind, name, namespace, labels=labels, **body)
        number = next(self._numbers)
        obj["metadata"] |= {
            "uid": f"uid-{number}",
            "resourceVersion": str(number),
            "generation": 1,
            "creationTimestamp": format_time(self.now - timedelta(days=days_ago)),
        }
        self.store.observe(kind, obj)
        return obj

    def put_provider(self, name: str) -> None:
        """A namespace that an administrator labelled as a provider's."""
        self.put(NAMESPACE, name, labels={"platformcontracts.io/provider": "true"})

    def service(self, name: str = "payments", namespace: str = "platform", **body: Any) -> Object:
        """A PlatformService of the team payments."""
        spec = {"owner": {"team": "payments"}, **body.pop("spec", {})}
        return self.put(PLATFORM_SERVICE, name, namespace, spec=spec, **body)

    def sla(self, name: str = "payments", namespace: str = "platform", **body: Any) -> Object:
        """An SLA of the service payments."""
        objectives = [{"name": "availability", "target": "99.9"}]
        spec = {"serviceRef": {"name": "payments"}, "objectives": objectives, **body.pop("spec", {})}
        return self.put(SLA, name, namespace, spec=spec, **body)

    def consumer(self, home: str, name: str = "payments", **body: Any) -> Object:
        """A PlatformConsumer of the service payments."""
        reference = {"namespace": "platform", "name": "payments"}
        spec = {"serviceRef": reference, "planName": "small", **body.pop("spec", {})}
        return self.put(PLATFORM_CONSUMER, name, home, spec=spec, **body)

    def site(self, *, data_sources: Object | None = None, **settings: Any) -> Site:
        """What the page is made from, with these settings in the section `web`."""
        config = Config.model_validate({"data_sources": data_sources or {}, "web": settings})
        clock, client = lambda: self.now, cast(Client, self.server)
        hearing = Hearing(
            world=self.found,
            specs=Specs(),
            client=client,
            applier=Applier(client, self.store, writable=[FEEDBACK], manager="platform-contracts"),
            links=Links(config.web, clock),
            now=clock,
        )
        site = Site(config=config, world=self.found, client=client, hearing=hearing, now=clock)
        site.readers = Readers(client, site.limits, unknown=self.unknown)
        if self.curves:
            site.trends = Told(self.curves)
        return site
