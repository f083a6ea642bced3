"""Everything that is in a cluster, read as the administrator, in a form in which two runs can be compared."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from kubernetes import config

Object = dict[str, Any]

# They change by themselves.
RESTLESS = frozenset({"events", "leases", "componentstatuses", "endpointslices", "endpoints", "apiservices"})
VOLATILE = frozenset({"resourceVersion", "managedFields", "creationTimestamp", "deletionTimestamp"})
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
DISCOVERY = "application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList"


class RefusedError(Exception):
    """The API server refused a request; the message is what it answered."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class Ref(NamedTuple):
    """Which object; `resource` is the plural name, `namespace` is empty where there is none."""

    resource: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.resource} {self.namespace}/{self.name}" if self.namespace else f"{self.resource} {self.name}"


class Type(NamedTuple):
    """A resource type that can be listed: its kind, the path below which it is served, and what kubectl calls it."""

    kind: str
    root: str
    words: frozenset[str]


class Admin:
    """Requests as the administrator, over connections that are kept open; safe to use from several threads."""

    def __init__(self, kubeconfig: Path) -> None:
        self._api = config.new_client_from_config(str(kubeconfig))
        self._known: dict[str, Type] = {}

    def request(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json", accept: str = ""
    ) -> Object:
        """The answer's JSON. Raises RefusedError."""
        headers = {"Accept": accept or "application/json", "Content-Type": content_type}
        answer = self._api.call_api(method, self._api.configuration.host + path, headers, body)
        text = answer.read().decode()
        if answer.status >= 400:
            raise RefusedError(answer.status, text)
        result: Object = json.loads(text)
        return result

    def apply(self, *objects: Object) -> None:
        """Apply on the server's side, as `kubectl apply --server-side` would. Raises RefusedError."""
        for obj in objects:
            path = f"{self.path(self.ref(obj))}?fieldManager=admin&force=true&fieldValidation=Strict"
            self.request("PATCH", path, obj, "application/apply-patch+yaml")

    def patch(self, ref: Ref, patch: Object, subresource: str = "") -> Object:
        """JSON merge patch. Raises RefusedError."""
        path = self.path(ref) + (f"/{subresource}" if subresource else "")
        return self.request("PATCH", path, patch, "application/merge-patch+json")

    def delete(self, ref: Ref) -> None:
        """DELETE, without waiting for the end. Raises RefusedError."""
        self.request("DELETE", self.path(ref), {})

    def get(self, ref: Ref) -> Object | None:
        """The object, or None."""
        try:
            return self.request("GET", self.path(ref))
        except RefusedError as error:
            if error.status == 404:
                return None
            raise

    def find(self, word: str, namespace: str | None, name: str) -> Object | None:
        """The object, or None; the type by any word that kubectl takes for it. Raises KeyError where it is not served.

        Whoever waits for something looks often, and each kubectl is a process that has to start.
        """
        return self.get(Ref(self._plural(word), namespace or "", name))

    def list(self, resource: str, namespace: str = "") -> dict[Ref, Object]:
        """All objects of a resource type, or those in one namespace."""
        path = self.path(Ref(resource, namespace, "")).rstrip("/")
        return {_ref(resource, obj): obj for obj in self.request("GET", path)["items"]}

    def everything(self) -> dict[Ref, Object]:
        """All objects of all types, without those that change by themselves."""
        self._known = self._discover()
        found: dict[Ref, Object] = {}
        for resource in self._known.keys() - RESTLESS:
            found |= self.list(resource)
        return found

    def ref(self, obj: Object) -> Ref:
        """The reference of a manifest. Raises KeyError where its kind is not served."""
        for _ in range(2):
            for resource, type_ in self._known.items():
                if type_.kind == obj["kind"]:
                    return _ref(resource, obj)
            self._known = self._discover()
        raise KeyError(obj["kind"])

    def path(self, ref: Ref) -> str:
        """The URL path of an object."""
        root = self._type(ref.resource).root
        if ref.namespace:
            parent, _, plural = root.rpartition("/")
            root = f"{parent}/namespaces/{ref.namespace}/{plural}"
        return f"{root}/{ref.name}"

    def _plural(self, word: str) -> str:
        for _ in range(2):
            for plural, type_ in self._known.items():
                if word.lower() in type_.words:
                    return plural
            self._known = self._discover()
        raise KeyError(word)

    def _type(self, resource: str) -> Type:
        if resource not in self._known:
            self._known = self._discover()
        return self._known[resource]

    def _discover(self) -> dict[str, Type]:
        found: dict[str, Type] = {}
        for prefix in ("/api", "/apis"):
            for group in self.request("GET", prefix, accept=DISCOVERY)["items"]:
                name = group["metadata"].get("name")
                preferred = group["versions"][0]
                base = f"{prefix}/{name}/{preferred['version']}" if name else f"{prefix}/{preferred['version']}"
                for resource in preferred.get("resources", ()):
                    if "list" in resource["verbs"]:
                        plural, kind = resource["resource"], resource["responseKind"]["kind"]
                        words = frozenset({plural, kind.lower(), *resource.get("shortNames", ())})
                        found.setdefault(plural, Type(kind, f"{base}/{plural}", words))
        return found


def comparable(
    objects: Mapping[Ref, Object], names: Mapping[str, str] | None = None, volatile: Collection[str] = VOLATILE
) -> dict[Ref, Object]:
    """`objects` without what differs between two runs that are alike: versions, times, UIDs and `volatile` fields.

    `names` maps what is unique to a run, in names and texts, to what stands for it. A UID becomes the name of the
    object that it belongs to, so that references to the wrong object are seen; one of no object here becomes `<gone>`.
    """
    owners = {obj["metadata"]["uid"]: f"<uid of {ref}>" for ref, obj in objects.items()}

    def text(value: str) -> str:
        value = TIME.sub("<time>", UID.sub(lambda match: owners.get(match[0], "<gone>"), value))
        for unique, name in (names or {}).items():
            value = value.replace(unique, name)
        return value

    def same(value: Any) -> Any:
        if isinstance(value, dict):
            return {text(name): same(inner) for name, inner in value.items() if name not in volatile}
        if isinstance(value, list):
            return [same(inner) for inner in value]
        return text(value) if isinstance(value, str) else value

    return {Ref(*map(text, ref)): same(obj) for ref, obj in objects.items()}


def differences(expected: Mapping[Ref, Object], found: Mapping[Ref, Object]) -> list[str]:
    """What is missing, too much or different, one line for each; empty where both are equal."""
    lines = [f"missing: {ref}" for ref in sorted(expected.keys() - found.keys())]
    lines += [f"too much: {ref}" for ref in sorted(found.keys() - expected.keys())]
    for ref in sorted(expected.keys() & found.keys()):
        lines += [f"{ref}: {line}" for line in _differences("", expected[ref], found[ref])]
    return lines


def _differences(path: str, expected: Any, found: Any) -> list[str]:
    if isinstance(expected, dict) and isinstance(found, dict):
        return [
            line
            for name in sorted(expected.keys() | found.keys())
            for line in _differences(f"{path}.{name}", expected.get(name), found.get(name))
        ]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [
            line
            for number, (one, other) in enumerate(zip(expected, found, strict=True))
            for line in _differences(f"{path}[{number}]", one, other)
        ]
    return [] if expected == found else [f"{path} is {found!r} instead of {expected!r}"]


def _ref(resource: str, obj: Object) -> Ref:
    return Ref(resource, obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
