"""Carrying out a plan: the one guarded way by which the operator writes.

A child is created by POST, so that a taken name is a conflict and never a take-over. From then on it is corrected by
server-side apply with the UID that is known. Apply removes only what its own manager applied, neither what the first
POST set nor what somebody else added; where such a rest stands in a field that is ours as a whole (a quota's `hard`, a
binding's `subjects`), one merge patch takes it out.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import structlog

from platform_contracts.engine.client import Client
from platform_contracts.engine.errors import (
    AlreadyExistsError,
    ApiError,
    ConflictError,
    NotFoundError,
    RefusedError,
)
from platform_contracts.engine.store import Store
from platform_contracts.kube import events
from platform_contracts.kube.diff import correction, differs, leftovers
from platform_contracts.kube.events import Event
from platform_contracts.kube.kinds import EVENT, Kind
from platform_contracts.kube.objects import Object, body, key_of, labels
from platform_contracts.kube.plan import Apply, Delete, Plan

log = structlog.get_logger("apply")


class NameTakenError(Exception):
    """A POST found somebody else's object; the store now has it, so that the next plan can say so."""


class Applier:
    """Writes plans. Kinds that it was not given are refused, whatever a plan says.

    `access` are the kinds that let people in.
    """

    def __init__(
        self, client: Client, store: Store, *, writable: Collection[Kind], manager: str, access: Collection[Kind] = ()
    ) -> None:
        self._client = client
        self._store = store
        self._writable = frozenset(writable)
        self._manager = manager
        self._access = frozenset(access)

    async def carry_out(self, plan: Plan) -> int:
        """Write what differs; returns the number of requests.

        Access that ends goes first, so that nothing holds it up. Then children in their order: a refused one does not
        hold up the others, but nobody is let in anew where something of another kind, which guards, was refused. Other
        deletions come last, and only where everything is written: what goes may be what something new takes the place
        of, such as an SLA's rules in another namespace, and the old ones are better than none.
        Raises the first `RefusedError` once all is tried, any other error at once.
        """
        requests = 0
        refusals: dict[Kind, RefusedError] = {}
        ends = [gone for gone in plan.deletes if gone.kind in self._access]
        steps: list[Delete | Apply] = [*ends, *plan.applies]
        for step in steps:
            if isinstance(step, Apply) and step.uid is None and step.kind in self._access and {*refusals} - {step.kind}:
                continue
            try:
                requests += await (self._apply(step) if isinstance(step, Apply) else self._delete(step))
            except RefusedError as error:
                refusals.setdefault(step.kind, error)
        for refusal in refusals.values():
            raise refusal
        for mark in plan.marks:
            requests += await self.write_status(mark.kind, mark.obj, mark.status)
        for gone in plan.deletes:
            if gone.kind not in self._access:
                requests += await self._delete(gone)
        return requests

    async def _apply(self, item: Apply) -> int:
        self._guard(item.kind)
        metadata = item.obj["metadata"]
        namespace, name = metadata.get("namespace"), metadata["name"]
        if item.uid is None:
            try:
                self._store.observe(item.kind, await self._client.create(item.kind, item.obj), own=True)
            except AlreadyExistsError as error:
                self._store.adopt(item.kind, await self._client.get(item.kind, namespace, name))
                raise NameTakenError(f"{item.kind} {name} exists already") from error
            return 1
        live = self._store.get(item.kind, namespace, name)
        if live is None or live["metadata"]["uid"] != item.uid:
            raise NameTakenError(f"{item.kind} {name} is not the object that was planned for")
        requests = 0
        whole = "digest" in live
        if differs(item.obj, live):
            desired = {**item.obj, "metadata": {**metadata, "uid": item.uid}}
            live = await self._client.apply(item.kind, desired, manager=self._manager)
            self._store.observe(item.kind, live, own=True)
            requests += 1
        rest = correction(body(item.obj), body(live)) if whole and requests else leftovers(item.obj, live)
        surplus = {name: None for name in item.without_labels if name in labels(live)}
        if rest or surplus:
            patch = {**rest, "metadata": {"uid": item.uid, **({"labels": surplus} if surplus else {})}}
            self._store.observe(item.kind, await self._client.merge(item.kind, namespace, name, patch), own=True)
            requests += 1
        return requests

    async def _delete(self, item: Delete) -> int:
        self._guard(item.kind)
        self._store.expect_removal(item.uid)
        try:
            await self._client.delete(
                item.kind, item.namespace, item.name, uid=item.uid, resource_version=item.resource_version
            )
        except (RefusedError, ConflictError):
            self._store.expect_no_removal(item.uid)
            raise
        return 1

    async def confirm(self, kind: Kind, obj: Object, *, version: str = "resourceVersion") -> None:
        """A live look before what cannot be taken back: raises `ConflictError` where the object is not as planned from.

        `version` is the field of its metadata that tells: the generation, where only the spec counts. A store can be
        behind, and after a restored backup of the cluster it is ahead.
        """
        metadata = obj["metadata"]
        live = (await self._client.get(kind, metadata.get("namespace"), metadata["name"]))["metadata"]
        for field in ("uid", version):
            if live[field] != metadata[field]:
                message = f"{kind} {metadata['name']} has the {field} {live[field]}, not {metadata[field]}"
                raise ConflictError(409, "Conflict", message)

    async def write_status(self, kind: Kind, obj: Object, status: Object) -> bool:
        """Apply the status where it differs from the live one as a whole; True where it was written."""
        if obj.get("status") == status:
            return False
        live = await self._apply_part(kind, obj, {"status": status}, manager=self._manager, subresource="status")
        rest = correction(status, live.get("status") or {})
        if rest:
            metadata = obj["metadata"]
            patch = {"metadata": {"uid": metadata["uid"]}, "status": rest}
            name, namespace = metadata["name"], metadata.get("namespace")
            live = await self._client.merge(kind, namespace, name, patch, subresource="status")
            self._store.observe(kind, live, own=True)
        return True

    async def create_once(self, kind: Kind, obj: Object) -> bool:
        """POST what nobody corrects later; False where the name is taken. Whatever became of an earlier request under
        the same name, there is one object in the end. Raises `ApiError`."""
        self._guard(kind)
        try:
            self._store.observe(kind, await self._client.create(kind, obj), own=True)
        except AlreadyExistsError:
            return False
        return True

    async def tell(self, kind: Kind, obj: Object, event: Event, now: datetime) -> None:
        """Write an Event about `obj` as it was before it happened; once at most, whatever becomes of the request.

        An Event is news, no state: one that cannot be written holds up nothing and is not tried again.
        """
        try:
            await self._client.create(EVENT, events.render(event, kind, obj, now))
        except AlreadyExistsError:
            pass  # it was told before
        except ApiError as error:
            log.info("event not written", object=str(key_of(kind, obj)), reason=event.reason, error=str(error))

    async def write_finalizers(self, kind: Kind, obj: Object, finalizer: str, *, present: bool) -> bool:
        """Put or release our one finalizer, under a manager of its own, so that nothing else is touched."""
        if (finalizer in obj["metadata"].get("finalizers", ())) == present:
            return False
        finalizers = {"finalizers": [finalizer]} if present else {}
        try:
            await self._apply_part(kind, obj, {}, manager=f"{self._manager}-finalizer", metadata=finalizers)
        except NotFoundError:
            if present:
                raise
        return True

    async def _apply_part(
        self,
        kind: Kind,
        obj: Object,
        part: Object,
        *,
        manager: str,
        subresource: str | None = None,
        metadata: Object | None = None,
    ) -> Object:
        identity = {name: obj["metadata"][name] for name in ("name", "namespace", "uid") if name in obj["metadata"]}
        whole = {
            "apiVersion": kind.api_version,
            "kind": kind.name,
            "metadata": {**identity, **(metadata or {})},
            **part,
        }
        live = await self._client.apply(kind, whole, manager=manager, subresource=subresource)
        self._store.observe(kind, live, own=True)
        return live

    def _guard(self, kind: Kind) -> None:
        if kind not in self._writable:
            raise PermissionError(f"the operator never writes a {kind}")
