"""One way to ask a Prometheus-compatible API."""

from __future__ import annotations

import asyncio
import json
import math
import re
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

import aiohttp
import msgspec

from platform_contracts.config.data_source import DataSource, Sample, Series
from platform_contracts.prometheus import credentials
from platform_contracts.prometheus.credentials import Credentials, UnusableFileError

T = TypeVar("T")

_CHUNK = 256 * 1024
_SECONDS = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1, "ms": 0.001}


class _Sample(msgspec.Struct, gc=False):
    """One sample of an instant vector, as Prometheus writes it: its labels; its time and its value."""

    metric: dict[str, str]
    value: tuple[float, str]


class _Series(msgspec.Struct, gc=False):
    """One series of a range: its labels; its times and values."""

    metric: dict[str, str]
    values: list[tuple[float, str]]


class _Data(msgspec.Struct, Generic[T], rename={"result_type": "resultType"}):
    """The result of a query."""

    result_type: str
    result: list[T]


class _Answer(msgspec.Struct, Generic[T]):
    """The answer to a query; it is read into this shape, which is quick, and refused where it has another."""

    status: str
    data: _Data[T]
    warnings: list[str] | None = None


_VECTOR = msgspec.json.Decoder(_Answer[_Sample])
_MATRIX = msgspec.json.Decoder(_Answer[_Series])


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
    """A connection to one data source; close it with `await client.close()`. It asks one question at a time."""

    def __init__(self, source: DataSource) -> None:
        self._source = source
        self._url = f"{source.url.rstrip('/')}/api/v1"
        self._session: aiohttp.ClientSession | None = None
        self._trusted: Credentials | None = None

    async def query(self, promql: str, at: datetime) -> list[Sample]:
        """The instant vector of `promql` at that time, without samples that are no number. Raises QueryError."""
        body = await self._query("query", {"query": promql, "time": f"{at.timestamp():.3f}"})
        return _samples(body)

    async def query_range(self, promql: str, start: datetime, end: datetime, step: timedelta) -> list[Series]:
        """The values of `promql` from `start` to `end`, every `step`, without those that are no number.

        Raises QueryError.
        """
        times = {"start": f"{start.timestamp():.3f}", "end": f"{end.timestamp():.3f}"}
        body = await self._query("query_range", {"query": promql, **times, "step": f"{step.total_seconds():g}"})
        return _series(body)

    async def _query(self, path: str, form: dict[str, str]) -> bytes:
        try:
            # Each time: the kubelet renews tokens and Secrets in place.
            given = await asyncio.to_thread(credentials.read, self._source)
            return await self._ask("POST", path, form, given)
        except UnusableFileError as error:
            raise QueryError("PrometheusError", str(error)) from None
        except TimeoutError:
            raise QueryError(
                "PrometheusUnavailable", f"Prometheus did not answer within {self._source.timeout_seconds:g} s"
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            raise QueryError("PrometheusUnavailable", _connection_message(error)) from None

    async def query_all(self, queries: Mapping[str, str], at: datetime) -> dict[str, list[Sample]]:
        """The answers to several queries at one time, by name. Raises QueryError at the first failure."""
        return {name: await self.query(promql, at) for name, promql in queries.items()}

    async def retention(self) -> timedelta | None:
        """How long the data source keeps what it records; None where it does not say, as Thanos and Mimir do not."""
        try:
            given = await asyncio.to_thread(credentials.read, self._source)
            text = json.loads(await self._ask("GET", "status/runtimeinfo", None, given))["data"]["storageRetention"]
            return _duration(text)
        except (QueryError, UnusableFileError, aiohttp.ClientError, OSError, ValueError, LookupError, TypeError):
            return None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ask(self, method: str, path: str, form: dict[str, str] | None, given: Credentials) -> bytes:
        session = await self._connected(given)
        headers = {**self._source.headers, **given.headers}
        async with session.request(
            method,
            f"{self._url}/{path}",
            params=self._source.query_parameters,
            data=form,
            headers=headers,
            allow_redirects=False,
        ) as response:
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

    async def _connected(self, given: Credentials) -> aiohttp.ClientSession:
        """The session, made anew where the files of its TLS changed."""
        if self._session is None or self._trusted is None or self._trusted.tls != given.tls:
            await self.close()
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=credentials.context(self._source, given) or True),
                timeout=aiohttp.ClientTimeout(total=self._source.timeout_seconds),
                trust_env=False,
            )
            self._trusted = given
        return self._session


def _connection_message(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "Prometheus' certificate is not trusted for this host; correct caFile or url of the data source"
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return "Prometheus ended the TLS handshake; correct url or clientCertificate of the data source"
    if isinstance(error, aiohttp.ClientConnectorError | ConnectionError):
        return "Prometheus cannot be reached"
    return "the connection to Prometheus failed"


def _refused(status: int) -> QueryError:
    if status in (401, 403):
        return QueryError("PrometheusError", f"Prometheus refused the operator's credentials (HTTP {status})")
    if 300 <= status < 400:
        return QueryError("PrometheusError", f"Prometheus redirects (HTTP {status}); configure the final URL")
    if status >= 500 or status == 429:
        return QueryError("PrometheusUnavailable", f"Prometheus could not answer (HTTP {status})")
    return QueryError("PrometheusError", f"Prometheus refused the query (HTTP {status})")


def _duration(text: str) -> timedelta | None:
    """`15d`, `2w1d` or `15d or 10GiB`, as Prometheus writes how long it keeps what it has; None where it is no time."""
    if not re.fullmatch(r"([0-9]{1,9}(ms|[ywdhms]))+( or .*)?", text):
        return None
    parts = re.findall(r"([0-9]+)(ms|[ywdhms])", text.split(" ")[0])
    length = timedelta(seconds=sum(int(number) * _SECONDS[unit] for number, unit in parts))
    return length or None


def _samples(body: bytes) -> list[Sample]:
    return [
        (sample.metric, value)
        for sample in _read(body, _VECTOR, "vector")
        if math.isfinite(value := _number(sample.value[1]))
    ]


def _series(body: bytes) -> list[Series]:
    return [
        (
            one.metric,
            [
                (datetime.fromtimestamp(time, UTC), value)
                for time, text in one.values
                if math.isfinite(value := _number(text))
            ],
        )
        for one in _read(body, _MATRIX, "matrix")
    ]


def _read(body: bytes, decoder: msgspec.json.Decoder[_Answer[T]], kind: str) -> list[T]:
    """What is in an answer of that kind."""
    try:
        answer = decoder.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise QueryError("PrometheusError", "Prometheus' answer could not be read") from None
    if answer.status != "success" or answer.data.result_type != kind:
        raise QueryError("PrometheusError", "Prometheus answered with an error")
    if answer.warnings:
        raise QueryError("PartialResponse", "Prometheus answered in part only (with warnings)")
    return answer.data.result


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise QueryError("PrometheusError", "Prometheus' answer could not be read") from None
