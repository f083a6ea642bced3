"""The engine's own client on the real API server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from platform_contracts.engine.client import KubernetesClient, load_configuration
from platform_contracts.engine.throttle import TokenBucket


@pytest.fixture
async def client(admin: Path) -> AsyncIterator[KubernetesClient]:
    configuration = await load_configuration(admin)
    client = KubernetesClient(configuration, manager="platform-contracts", bucket=TokenBucket(1000, 1000), page=3)
    yield client
    await client.close()


@pytest.fixture
async def lost_client(admin: Path) -> AsyncIterator[KubernetesClient]:
    """A client whose API server is not there."""
    configuration = await load_configuration(admin)
    configuration.host = "https://127.0.0.1:1"
    client = KubernetesClient(configuration, manager="platform-contracts", bucket=TokenBucket(1000, 1000))
    yield client
    await client.close()
