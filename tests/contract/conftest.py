"""The API server as a judge of manifests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from kubernetes import client, config

from harness.controlplane import ControlPlane
from platform_contracts.kube.kinds import Kind

NAMESPACE = "default"


@dataclass(frozen=True)
class Cause:
    """One reason of a refusal: the field, and what is said about it."""

    field: str
    message: str


@dataclass(frozen=True)
class Refusal:
    """What the API server answered instead of taking an object; `message` is what kubectl shows."""

    message: str
    causes: list[Cause]


class Server:
    """Asks the API server as kubectl does, with strict validation."""

    def __init__(self, api: client.CustomObjectsApi) -> None:
        self._api = api

    def create(self, kind: Kind, manifest: dict[str, Any], *, dry_run: bool = True) -> dict[str, Any] | Refusal:
        """The object as it would be stored, or the refusal."""
        return self._ask(self._api.create_namespaced_custom_object, self._place(kind), manifest, dry_run=dry_run)

    def replace(self, kind: Kind, manifest: dict[str, Any], *, dry_run: bool = True) -> dict[str, Any] | Refusal:
        """The object as it would be stored after an update, or the refusal."""
        place = (*self._place(kind), manifest["metadata"]["name"])
        return self._ask(self._api.replace_namespaced_custom_object, place, manifest, dry_run=dry_run)

    def replace_status(self, kind: Kind, manifest: dict[str, Any]) -> dict[str, Any] | Refusal:
        """The object with its new status, or the refusal."""
        place = (*self._place(kind), manifest["metadata"]["name"])
        return self._ask(self._api.replace_namespaced_custom_object_status, place, manifest, dry_run=False)

    def delete(self, kind: Kind, name: str) -> None:
        """Delete an object."""
        self._api.delete_namespaced_custom_object(*self._place(kind), name)

    @staticmethod
    def _place(kind: Kind) -> tuple[str, str, str, str]:
        return kind.group, kind.version, NAMESPACE, kind.plural

    @staticmethod
    def _ask(method: Any, place: tuple[str, ...], manifest: Any, *, dry_run: bool) -> dict[str, Any] | Refusal:
        options = {"dry_run": "All"} if dry_run else {}
        try:
            return dict(method(*place, manifest, field_validation="Strict", **options))
        except client.ApiException as error:
            status = json.loads(error.body)
            causes = (status.get("details") or {}).get("causes") or []
            return Refusal(
                status["message"], [Cause(cause.get("field", ""), cause.get("message", "")) for cause in causes]
            )


@pytest.fixture(scope="session")
def api(control_plane: ControlPlane) -> Iterator[client.ApiClient]:
    """A client of the API server with the CRDs of this project."""
    with config.new_client_from_config(str(control_plane.kubeconfig)) as api:
        yield api


@pytest.fixture(scope="session")
def server(api: client.ApiClient) -> Server:
    """The API server as a judge."""
    return Server(client.CustomObjectsApi(api))
