"""A cluster's services as the operator's store holds them, for the page to show."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from platform_contracts.config import Config
from platform_contracts.controllers.world import World as Found
from platform_contracts.engine.store import Store
from platform_contracts.kube.kinds import NAMESPACE, PLATFORM_SERVICE, Kind
from platform_contracts.kube.objects import Object, format_time, manifest
from platform_contracts.web.site import Site

NOW = datetime(2027, 6, 1, 12, 0, tzinfo=UTC)


class World:
    """The namespace `platform` is a provider's; whatever else there is, a test puts there."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now
        self.store = Store()
        self.found = Found(self.store)
        self._numbers = itertools.count(1)
        self.put(NAMESPACE, "platform", labels={"platformcontracts.io/provider": "true"})

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

    def service(self, name: str = "payments", namespace: str = "platform", **body: Any) -> Object:
        """A PlatformService of the team payments."""
        spec = {"owner": {"team": "payments"}, **body.pop("spec", {})}
        return self.put(PLATFORM_SERVICE, name, namespace, spec=spec, **body)

    def site(self, **settings: Any) -> Site:
        """What the page is made from, with these settings in the section `web`."""
        config = Config.model_validate({"web": settings})
        return Site(config=config, world=self.found, client=None, now=lambda: self.now)  # type: ignore[arg-type]
