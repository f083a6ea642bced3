"""What a reader may see, as the API server says by SubjectAccessReviews: the same as kubectl would show them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from weakref import WeakValueDictionary

from async_lru import alru_cache

from platform_contracts.engine.client import Client
from platform_contracts.kube.kinds import SUBJECT_ACCESS_REVIEW, Kind
from platform_contracts.web.access.reader import Reader
from platform_contracts.web.clients import Limits

REMEMBERED_SECONDS = 30.0
# Whole namespaces: there are many of them, and each one is a question.
NAMESPACE_REMEMBERED_SECONDS = 120.0
MOST_REMEMBERED = 16384
# Questions at one time: of all readers, and of one on all their pages, so that the many of one do not hold up the
# single one of another.
_AT_ONCE = 16
_AT_ONCE_OF_A_READER = 4
# Nobody but who may list everywhere is looked up in more namespaces for one page.
MOST_NAMESPACES = 300


class TooManyQuestionsError(Exception):
    """One reader asks for more than the API server is asked about."""


class Rights:
    """Asks what readers may do. Every method raises ApiError where the API server cannot be asked, and
    TooManyQuestionsError where it was asked too often for this reader."""

    def __init__(self, client: Client, limits: Limits) -> None:
        self._client = client
        self._limits = limits
        self._turn = asyncio.Semaphore(_AT_ONCE)
        # Those of readers for whom something is being asked.
        self._turns: WeakValueDictionary[Reader, asyncio.Semaphore] = WeakValueDictionary()
        self._allowed = alru_cache(maxsize=MOST_REMEMBERED, ttl=REMEMBERED_SECONDS)(self._ask)
        self._listable = alru_cache(maxsize=MOST_REMEMBERED, ttl=NAMESPACE_REMEMBERED_SECONDS)(self._ask_list)

    async def may_get(self, reader: Reader, kind: Kind, namespace: str, name: str) -> bool:
        """Whether `kubectl get` shows the reader that object.

        Most who may read one may read all of them, or all of a namespace: those answers are remembered for the next.
        """
        for place in (("", ""), (namespace, ""), (namespace, name)):
            if await self._allowed(reader, "get", kind, *place):
                return True
        return False

    async def may_list(self, reader: Reader, kind: Kind, namespace: str) -> bool:
        """Whether `kubectl get` shows the reader all objects of the kind in a namespace."""
        return await self._allowed(reader, "list", kind, "", "") or await self._listable(reader, kind, namespace)

    async def listable(self, reader: Reader, kind: Kind, namespaces: Iterable[str]) -> frozenset[str]:
        """In which of the namespaces the reader may list the kind.

        Who may not do so everywhere is asked for in the first MOST_NAMESPACES alone.
        """
        places = list(dict.fromkeys(namespaces))
        if await self._allowed(reader, "list", kind, "", ""):
            return frozenset(places)
        places = places[:MOST_NAMESPACES]
        found = await asyncio.gather(*(self._listable(reader, kind, place) for place in places))
        return frozenset(place for place, allowed in zip(places, found, strict=True) if allowed)

    async def _ask_list(self, reader: Reader, kind: Kind, namespace: str) -> bool:
        return await self._ask(reader, "list", kind, namespace, "")

    async def _ask(self, reader: Reader, verb: str, kind: Kind, namespace: str, name: str) -> bool:
        attributes = {"verb": verb, "group": kind.group, "version": kind.version, "resource": kind.plural}
        place = {"namespace": namespace, "name": name}
        if not await self._limits.question(reader.name):
            raise TooManyQuestionsError
        # The reader's own turn first: whoever waits for it takes no place of others.
        async with self._turns.setdefault(reader, asyncio.Semaphore(_AT_ONCE_OF_A_READER)), self._turn:
            review = await self._client.create(
                SUBJECT_ACCESS_REVIEW,
                {
                    "apiVersion": SUBJECT_ACCESS_REVIEW.api_version,
                    "kind": SUBJECT_ACCESS_REVIEW.name,
                    "metadata": {},
                    "spec": {
                        **reader.subject(),
                        "resourceAttributes": attributes | {key: value for key, value in place.items() if value},
                    },
                },
            )
        return bool((review.get("status") or {}).get("allowed"))
