"""One way to ask a Prometheus-compatible API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from platform_contracts.config import DataSource

Sample = tuple[Mapping[str, str], float]


class QueryError(Exception):
    """A query that gave no answer to rely on.

    `reason` is PrometheusUnavailable (no connection, a time-out, a 5xx), PrometheusError (the query was refused, or the
    answer could not be read) or PartialResponse (an answer with warnings); the text never holds the answer's body.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class PrometheusClient:
    """A connection to one data source; close it with `await client.close()`."""

    def __init__(self, source: DataSource) -> None:
        self._source = source

    async def query(self, promql: str, at: datetime) -> list[Sample]:
        """The instant vector of `promql` at that time. Raises QueryError."""
        raise NotImplementedError

    async def query_all(self, queries: Mapping[str, str], at: datetime) -> dict[str, list[Sample]]:
        """The answers to several queries at one time, by name. Raises QueryError at the first failure."""
        raise NotImplementedError

    async def close(self) -> None:
        """Close the connections."""
        raise NotImplementedError
