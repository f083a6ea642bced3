"""One way to ask a Prometheus-compatible API."""

from __future__ import annotations

import asyncio
import json
import math
import ssl
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import aiohttp

from platform_contracts.config import DataSource

# One sample of an instant vector: its labels and its value.
Sample = tuple[Mapping[str, str], float]

_CHUNK = 256 * 1024


class QueryError(Exception):
    """A query that gave no answer to rely on.

    `reason` is PrometheusUnavailable (no connection, a time-out, a 5xx), PrometheusError (the query was refused, or the
    answer could not be read) or PartialResponse (an answer with warnings). The message is one of a fixed set: it never
    holds what the other side sent.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class PrometheusClient:
    """A connection to one data source; close it with `await client.close()`."""

    def __init__(self, source: DataSource) -> None:
        self._source = source
        self._url = f"{source.url.rstrip('/')}/api/v1/query"
        self._session: aiohttp.ClientSession | None = None

    async def query(self, promql: str, at: datetime) -> list[Sample]:
        """The instant vector of `promql` at that time, without samples that are no number. Raises QueryError."""
        try:
            body = await self._post({"query": promql, "time": f"{at.timestamp():.3f}"})
        except TimeoutError:
            raise QueryError(
                "PrometheusUnavailable", f"Prometheus did not answer within {self._source.timeout_seconds:g} s"
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            raise QueryError("PrometheusUnavailable", _connection_message(error)) from None
        except ValueError:
            raise QueryError("PrometheusError", "the data source's bearerTokenFile holds no token") from None
        return _samples(body)

    async def query_all(self, queries: Mapping[str, str], at: datetime) -> dict[str, list[Sample]]:
        """The answers to several queries at one time, by name. Raises QueryError at the first failure."""
        return {name: await self.query(promql, at) for name, promql in queries.items()}

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, form: dict[str, str]) -> bytes:
        session = self._session = self._session or self._connect()
        headers = {}
        if self._source.bearer_token_file is not None:
            # Read each time: the kubelet renews projected tokens in place.
            token = await asyncio.to_thread(self._source.bearer_token_file.read_text)
            headers["Authorization"] = f"Bearer {token.strip()}"
        async with session.post(self._url, data=form, headers=headers, allow_redirects=False) as response:
            if response.status != 200:
                raise _refused(response.status)
            body = bytearray()
            async for chunk in response.content.iter_chunked(_CHUNK):
                body += chunk
                if len(body) > self._source.max_response_bytes:
                    raise QueryError(
                        "PrometheusError",
                        f"Prometheus' answer is longer than {self._source.max_response_bytes} bytes; "
                        "raise maxResponseBytes of the data source",
                    )
            return bytes(body)

    def _connect(self) -> aiohttp.ClientSession:
        tls: ssl.SSLContext | bool = True
        if self._source.ca_file is not None:
            tls = ssl.create_default_context(cafile=str(self._source.ca_file))
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls),
            timeout=aiohttp.ClientTimeout(total=self._source.timeout_seconds),
            trust_env=False,
        )


def _connection_message(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError | ConnectionError):
        return "Prometheus cannot be reached"
    if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
        return "the data source's bearerTokenFile or caFile cannot be read"
    return "the connection to Prometheus failed"


def _refused(status: int) -> QueryError:
    if status in (401, 403):
        return QueryError("PrometheusError", f"Prometheus refused the operator's credentials (HTTP {status})")
    if 300 <= status < 400:
        return QueryError("PrometheusError", f"Prometheus redirects (HTTP {status}); configure the final URL")
    if status >= 500 or status == 429:
        return QueryError("PrometheusUnavailable", f"Prometheus could not answer (HTTP {status})")
    return QueryError("PrometheusError", f"Prometheus refused the query (HTTP {status})")


def _samples(body: bytes) -> list[Sample]:
    try:
        answer: Any = json.loads(body)
        if answer["status"] != "success" or answer["data"]["resultType"] != "vector":
            raise QueryError("PrometheusError", "Prometheus answered with an error")
        if answer.get("warnings"):
            raise QueryError("PartialResponse", "Prometheus answered in part only (with warnings)")
        found = [(series["metric"], float(series["value"][1])) for series in answer["data"]["result"]]
        if not all(isinstance(labels, dict) for labels, _ in found):
            raise TypeError
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise QueryError("PrometheusError", "Prometheus' answer could not be read") from None
    return [sample for sample in found if math.isfinite(sample[1])]
