"""The few requests that the operator makes, behind a Protocol of our own.

`kubernetes.aio` does transport, TLS and credentials; manifests stay the JSON that they are, because turning them into
model classes and back costs more than the request.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode

import aiohttp
from kubernetes.aio import client as k8s
from kubernetes.aio import config as k8s_config

from platform_contracts.engine import metrics
from platform_contracts.engine.errors import ApiError, NotFoundError, UnavailableError, from_status
from platform_contracts.engine.throttle import TokenBucket
from platform_contracts.kube.kinds import Kind
from platform_contracts.kube.objects import Object

PAGE = 500
CONNECT_SECONDS = 5.0
REQUEST_SECONDS = 30.0
OVERLOAD_ATTEMPTS = 4
MAX_RETRY_AFTER = 10.0
# What a request for resource types is filed under in the metrics.
_DISCOVERY = Kind("", "v1", "APIResourceList", "")


class Listing(NamedTuple):
    """All objects of a kind at one moment."""

    items: list[Object]
    resource_version: int


Slim = Callable[[Object], Object]


class Client(Protocol):
    """What the engine asks of an API server. Every method raises `ApiError`."""

    async def get(self, kind: Kind, namespace: str | None, name: str) -> Object:
        """One live object."""
        ...

    async def list(
        self, kind: Kind, namespace: str | None = None, *, label_selector: str = "", slim: Slim | None = None
    ) -> Listing:
        """All objects of a kind, page by page. `slim` makes of each what is kept, so that few are whole at once."""
        ...

    async def create(self, kind: Kind, obj: Object) -> Object:
        """POST: fails with `AlreadyExistsError` where the name is taken."""
        ...

    async def apply(self, kind: Kind, obj: Object, *, manager: str, subresource: str | None = None) -> Object:
        """Server-side apply; `obj` must carry `metadata.uid`, so that it never creates nor hits another object."""
        ...

    async def merge(
        self, kind: Kind, namespace: str | None, name: str, patch: Object, *, subresource: str | None = None
    ) -> Object:
        """JSON merge patch; a `metadata.uid` in it is a precondition."""
        ...

    async def delete(
        self, kind: Kind, namespace: str | None, name: str, *, uid: str, resource_version: str | None = None
    ) -> None:
        """DELETE with a UID precondition, and one of the version where it is given; an object that is gone already is
        no error."""
        ...

    async def served(self, api_version: str) -> frozenset[str]:
        """The plural names of the resource types of a `group/version`, empty where it is not served."""
        ...


class KubernetesClient:
    """`Client` on `kubernetes.aio`."""

    def __init__(
        self, configuration: k8s.Configuration, *, manager: str, bucket: TokenBucket, page: int = PAGE
    ) -> None:
        self._api = k8s.ApiClient(configuration)
        self._host: str = configuration.host
        self._manager = manager
        self._bucket = bucket
        self._page = page
        self._timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS, connect=CONNECT_SECONDS)
        self.answered_at: Callable[[], None] = lambda: None

    async def close(self) -> None:
        """Close all connections."""
        await self._api.close()

    async def get(self, kind: Kind, namespace: str | None, name: str) -> Object:
        return await self._request("GET", kind, kind.path(namespace, name))

    async def list(
        self, kind: Kind, namespace: str | None = None, *, label_selector: str = "", slim: Slim | None = None
    ) -> Listing:
        items: list[Object] = []
        query: dict[str, Any] = {"limit": self._page}
        if label_selector:
            query["labelSelector"] = label_selector
        while True:
            page = await self._request("GET", kind, kind.path(namespace), query, verb="LIST")
            # Lists of built-in kinds leave out what a watch, a reply and a manifest say of each object.
            whole = ({"apiVersion": kind.api_version, "kind": kind.name, **item} for item in page["items"])
            items += map(slim, whole) if slim else whole
            token = page["metadata"].get("continue")
            if not token:
                return Listing(items, int(page["metadata"]["resourceVersion"]))
            query["continue"] = token

    async def create(self, kind: Kind, obj: Object) -> Object:
        query = {"fieldManager": self._manager, "fieldValidation": "Strict"}
        return await self._request("POST", kind, kind.path(obj["metadata"].get("namespace")), query, obj)

    async def apply(self, kind: Kind, obj: Object, *, manager: str, subresource: str | None = None) -> Object:
        metadata = obj["metadata"]
        if not metadata.get("uid"):
            raise ValueError(f"server-side apply of {kind} {metadata['name']} without a UID could create it")
        return await self._request(
            "PATCH",
            kind,
            kind.path(metadata.get("namespace"), metadata["name"], subresource),
            {"fieldManager": manager, "force": "true", "fieldValidation": "Strict"},
            obj,
            content_type="application/apply-patch+yaml",
            verb="APPLY_STATUS" if subresource else "APPLY",
        )

    async def merge(
        self, kind: Kind, namespace: str | None, name: str, patch: Object, *, subresource: str | None = None
    ) -> Object:
        return await self._request(
            "PATCH",
            kind,
            kind.path(namespace, name, subresource),
            {"fieldManager": self._manager},
            patch,
            content_type="application/merge-patch+json",
            verb="PATCH_STATUS" if subresource else "PATCH",
        )

    async def delete(
        self, kind: Kind, namespace: str | None, name: str, *, uid: str, resource_version: str | None = None
    ) -> None:
        version = {"resourceVersion": resource_version} if resource_version else {}
        body = {"preconditions": {"uid": uid, **version}, "propagationPolicy": "Background"}
        try:
            await self._request("DELETE", kind, kind.path(namespace, name), body=body)
        except ApiError as error:
            if error.status != 404:
                raise

    async def served(self, api_version: str) -> frozenset[str]:
        try:
            answer = await self._request("GET", _DISCOVERY, f"/apis/{api_version}", verb="DISCOVER")
        except NotFoundError:
            return frozenset()
        return frozenset(resource["name"] for resource in answer["resources"])

    async def _request(
        self,
        method: str,
        kind: Kind,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Object | None = None,
        *,
        content_type: str = "application/json",
        verb: str | None = None,
    ) -> Object:
        """One request; waits out an overloaded server a few times, because the server said when to come back."""
        url = self._host + path + (f"?{urlencode(query)}" if query else "")
        for attempt in range(1, OVERLOAD_ATTEMPTS + 1):
            if method != "GET":
                await self._bucket.take()
            try:
                return await self._send(method, url, body, content_type, verb or method, kind)
            except UnavailableError as error:
                if error.status not in (429, 503) or attempt == OVERLOAD_ATTEMPTS:
                    raise
                await asyncio.sleep(min(error.retry_after or 2.0**attempt / 2, MAX_RETRY_AFTER))
        raise AssertionError("unreachable")

    async def _send(
        self, method: str, url: str, body: Object | None, content_type: str, verb: str, kind: Kind
    ) -> Object:
        headers = {"Accept": "application/json", "Content-Type": content_type, "User-Agent": self._manager}
        await self._api.update_params_for_auth(headers, [], ["BearerToken"], url, method, body)
        code = 0
        try:
            response = await self._api.call_api(method, url, headers, body, _request_timeout=self._timeout)
            data = await response.read()
            code = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise UnavailableError(0, "Unreachable", f"{type(error).__name__}: {error}") from error
        finally:
            metrics.API_REQUESTS.labels(verb, kind.name, str(code)).inc()
        self.answered_at()
        if 200 <= code < 300:
            result: Object = json.loads(data)
            return result
        raise _error(code, data, response.headers.get("Retry-After"))


def _error(code: int, data: bytes, retry_after: str | None) -> ApiError:
    try:
        status = json.loads(data)
        reason, message = status.get("reason") or str(code), status.get("message") or ""
    except (ValueError, AttributeError):
        reason, message = str(code), data[:200].decode(errors="replace")
    seconds = float(retry_after) if retry_after and retry_after.isdigit() else None
    return from_status(code, reason, message, retry_after=seconds)


async def load_configuration(kubeconfig: Path | None = None) -> k8s.Configuration:
    """Credentials: the kubeconfig that is named here or by KUBECONFIG, else the pod's ServiceAccount.

    Raises RuntimeError where there is none of them. A default kubeconfig in the home directory is not looked for:
    no cluster is touched that nobody named.
    """
    configuration = k8s.Configuration()
    path = kubeconfig or os.environ.get("KUBECONFIG")
    try:
        if path:
            await k8s_config.load_kube_config(config_file=str(path), client_configuration=configuration)
        else:
            k8s_config.load_incluster_config(client_configuration=configuration)
    except k8s_config.ConfigException as error:
        raise RuntimeError(
            f"no cluster: run in a pod with a ServiceAccount, or set KUBECONFIG to a kubeconfig file ({error})"
        ) from None
    configuration.connection_pool_maxsize = 64
    # aiohttp would look for a .netrc file before each request. A proxy is named in the kubeconfig.
    configuration.client_session_kwargs = {"trust_env": False}
    return configuration
