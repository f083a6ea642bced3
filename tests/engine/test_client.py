"""The client on a real API server."""

from __future__ import annotations

import asyncio

import pytest

from platform_contracts.engine.client import KubernetesClient
from platform_contracts.engine.errors import NotFoundError, UnavailableError
from platform_contracts.kube.kinds import CONFIG_MAP, NAMESPACE, PLATFORM_CONSUMER, Kind
from platform_contracts.kube.objects import manifest


async def test_a_list_spans_all_pages(client: KubernetesClient, namespace: str) -> None:
    names = {f"c{number}" for number in range(8)}
    await asyncio.gather(*(client.create(CONFIG_MAP, manifest(CONFIG_MAP, name, namespace)) for name in names))
    listing = await client.list(CONFIG_MAP, namespace)
    assert names <= {item["metadata"]["name"] for item in listing.items}
    assert listing.resource_version > 0


async def test_a_missing_object_and_a_missing_type_are_told_from_a_dead_server(client: KubernetesClient) -> None:
    with pytest.raises(NotFoundError):
        await client.get(NAMESPACE, None, "no-such-namespace")
    nonsense = Kind("nobody.example", "v1", "Nothing", "nothings")
    with pytest.raises(NotFoundError):
        await client.list(nonsense)
    assert await client.served(nonsense.api_version) == frozenset()
    assert PLATFORM_CONSUMER.plural in await client.served(PLATFORM_CONSUMER.api_version)


async def test_a_server_that_is_not_there_is_unavailable(lost_client: KubernetesClient) -> None:
    with pytest.raises(UnavailableError):
        await lost_client.get(NAMESPACE, None, "default")
