"""One run of the operator and one of the bare client over the same work, on the same API server."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from harness.audit import AuditLog, Event
from harness.bench import workload
from harness.bench.bare_client import peak_megabytes
from harness.controlplane import ControlPlane
from harness.operator_process import OperatorProcess
from harness.process import wait_until

OPERATOR = "system:serviceaccount:platform-contracts-system:platform-contracts"
WAIT_SECONDS = 600.0
READS = frozenset({"get", "list"})
# The status of the one service that all items belong to.
ROLLUP = "patch platformservices/status"
SERVER_FIELDS = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "finalizers")


@dataclass(frozen=True)
class Quiet:
    """An operator with nothing to do: its writes in `seconds`, and a restart until every item was looked at again."""

    seconds: float
    writes: int
    restart_seconds: float
    restart_writes: int
    restart_peak_mb: float


@dataclass
class Figures:
    """What one side of one scenario took; requests are counted by verb and resource, watches are left out."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    # From the first write to the last, roll-ups included.
    run_seconds: float = 0.0
    writes: dict[str, int] = field(default_factory=dict)
    # Writes that came again for the same object.
    repeated: list[str] = field(default_factory=list)
    rollups: int = 0
    # Writes of the contract that cannot be followed, which the API server refused.
    refused: int = 0
    reads: dict[str, int] = field(default_factory=dict)
    discovery: int = 0
    # What came after the work; None where it was not measured.
    quiet: Quiet | None = None

    def count(self, events: list[Event]) -> None:
        """Take the requests from the audit log, and apart from them those of the broken contract."""
        broken = [event for event in events if _is_broken(event)]
        self.refused = sum(event.is_write and event.code >= 400 for event in broken)
        events = [event for event in events if not _is_broken(event)]
        asked = [event for event in events if event.resource]
        self.discovery = len(events) - len(asked)
        self.reads = dict(Counter(_kind(event) for event in asked if event.verb in READS))
        writes = [event for event in asked if event.is_write]
        self.rollups = sum(_kind(event) == ROLLUP for event in writes)
        work = [event for event in writes if _kind(event) != ROLLUP]
        self.writes = dict(Counter(_kind(event) for event in work))
        times = Counter(f"{_kind(event)} {event.namespace}/{event.name}" for event in work)
        self.repeated = sorted(write for write, count in times.items() if count > 1)
        if writes:
            span = max(event.completed for event in writes) - min(event.time for event in writes)
            self.run_seconds = span.total_seconds()


@dataclass(frozen=True)
class Scenario:
    """Work for `count` items whose names hold `pattern`; group 1 of the pattern tells the item.

    `trigger` lets the operator begin; it is finished after `count` statuses of `resource` were written.
    """

    name: str
    count: int
    pattern: re.Pattern[str]
    rename: tuple[str, str]
    resource: str
    trigger: Callable[[], None]
    # The writes that one item needs, by verb and resource.
    writes_each: dict[str, int]
    most_mb: float = 150.0
    # Whether a contract is among them whose writes the API server refuses again and again.
    broken: bool = False
    # The kind of the items, and how long the operator is watched when it has nothing left to do; 0: not at all.
    kind: str = ""
    quiet_seconds: float = 0.0

    def item(self, event: Event) -> str:
        """Which item a write belongs to, empty where it belongs to none."""
        match = self.pattern.search(f"{event.namespace}/{event.name}")
        return match.group(1) if match else ""


class Meter:
    """Measures scenarios on one control plane."""

    def __init__(self, plane: ControlPlane, operator: OperatorProcess, identity: Path, concurrency: int) -> None:
        self._plane = plane
        self._operator = operator
        self._identity = identity
        self._concurrency = concurrency
        self._audit = AuditLog(plane.audit_log)

    def operator(self, scenario: Scenario) -> tuple[Figures, list[Event]]:
        """Let the running operator do the work; wall time is from its first write to its last."""
        mark = self._audit.mark()
        process = psutil.Process(self._operator.pid)
        before = process.cpu_times()
        scenario.trigger()
        self._finish(scenario, mark)
        settle(self._audit)
        after = process.cpu_times()
        events = self._audit.events(mark, user=OPERATOR)
        work = [event for event in events if event.is_write and scenario.item(event)]
        wall = (max(event.completed for event in work) - min(event.time for event in work)).total_seconds()
        cpu = after.user + after.system - before.user - before.system
        figures = Figures(wall, cpu, peak_megabytes(self._operator.pid))
        figures.count(events)
        return figures, work

    def quiet(self, scenario: Scenario) -> Quiet:
        """Watch the operator do nothing, then restart it and wait until it has looked at every item again."""
        mark = self._audit.mark()
        time.sleep(scenario.quiet_seconds)
        writes, mark = self._written(mark), self._audit.mark()
        self._operator.stop()
        started = time.monotonic()
        self._operator.start_and_wait()
        wait_until(lambda: self._all_looked_at(scenario), WAIT_SECONDS, "a look at every item")
        seconds = time.monotonic() - started
        settle(self._audit)
        again = self._written(mark)
        return Quiet(scenario.quiet_seconds, writes, seconds, again, peak_megabytes(self._operator.pid))

    def _written(self, mark: int) -> int:
        """How many writes there were since; a try that is refused changes nothing."""
        return sum(event.code < 300 for event in self._audit.events(mark, user=OPERATOR, writes_only=True))

    def _all_looked_at(self, scenario: Scenario) -> bool:
        """Whether each item was looked at since the start.

        By then all are in the queue, once each: it is empty and nobody works any more, so none was left out. The
        number of looks alone would also grow by looking at one again and again.
        """
        total = self._operator.total
        looks = total(f'reconciles_total{{kind="{scenario.kind}",.*}}')
        # In this order: what had left the queue when it was seen empty is done when nobody works.
        return looks >= scenario.count and not total("queue_depth") and not total("queue_longest_running_seconds")

    def bare(self, scenario: Scenario, work: list[Event]) -> Figures:
        """Send the same writes again under other names, as fast as the API server takes them."""
        chains: dict[str, list[dict[str, Any]]] = {}
        live = self._live(work)
        for event in work:
            place = "" if event.resource == "namespaces" else event.namespace
            body = live[event.resource, place, event.name]
            chains.setdefault(scenario.item(event), []).append(self._request(scenario, event, body))
        mark = self._audit.mark()
        order = {
            "kubeconfig": str(self._identity),
            "chains": list(chains.values()),
            "concurrency": self._concurrency,
        }
        done = subprocess.run(
            [sys.executable, "-m", "harness.bench.bare_client"],
            input=json.dumps(order),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"the bare client failed: {done.stderr[-2000:]}")
        figures = Figures(**json.loads(done.stdout))
        figures.count(self._audit.events(mark, user=OPERATOR))
        return figures

    def _request(self, scenario: Scenario, event: Event, live: dict[str, Any]) -> dict[str, Any]:
        """The write behind an audit event, with the body that it left behind and the second set's names."""
        metadata = {name: value for name, value in live["metadata"].items() if name not in SERVER_FIELDS}
        identity = {name: metadata[name] for name in ("name", "namespace") if name in metadata}
        body: dict[str, Any] = {"apiVersion": live["apiVersion"], "kind": live["kind"]}
        if event.subresource == "status":
            body |= {"metadata": identity, "status": live["status"]}
        elif event.verb == "patch":
            body |= {"metadata": identity | {"finalizers": live["metadata"].get("finalizers", [])}}
        else:
            body |= {name: value for name, value in live.items() if name != "status"} | {"metadata": metadata}
        patch = event.verb == "patch"
        return {
            "method": "PATCH" if patch else "POST",
            "path": event.uri.replace(*scenario.rename),
            "body": json.loads(json.dumps(body).replace(*scenario.rename)),
            "content_type": "application/apply-patch+yaml" if patch else "application/json",
        }

    def _live(self, work: list[Event]) -> dict[tuple[str, str, str], dict[str, Any]]:
        """The objects that the work left behind, by resource, namespace and name."""
        found = {}
        for resource in {f"{event.resource}.{event.group}".rstrip(".") for event in work}:
            for item in self._plane.kubectl.get(resource, "-A")["items"]:
                metadata = item["metadata"]
                found[resource.split(".")[0], metadata.get("namespace", ""), metadata["name"]] = item
        return found

    def _finish(self, scenario: Scenario, mark: int) -> None:
        """Wait until every item's status was written; the log is read once, or reading it would slow what it tells."""
        written: set[tuple[str, str]] = set()

        def finished() -> bool:
            nonlocal mark
            events, mark = self._audit.read(mark)
            written.update(
                (event.namespace, event.name)
                for event in events
                if (event.user, event.resource, event.subresource) == (OPERATOR, scenario.resource, "status")
                and event.is_write
                and event.code < 300
                and scenario.item(event)
            )
            return len(written) >= scenario.count

        wait_until(finished, WAIT_SECONDS, f"{scenario.name} of {scenario.count}")


def settle(audit: AuditLog, user: str = OPERATOR, *, seconds: float = 2.0) -> None:
    """Wait until that user, the operator, has written nothing for so long."""
    mark, since = audit.mark(), time.monotonic()
    while time.monotonic() - since < seconds:
        events, mark = audit.read(mark)
        if any(event.user == user and event.is_write and event.code < 300 for event in events):
            since = time.monotonic()
        time.sleep(0.2)


def _is_broken(event: Event) -> bool:
    return workload.BROKEN in f"{event.namespace}/{event.name}"


def _kind(event: Event) -> str:
    subresource = f"/{event.subresource}" if event.subresource else ""
    return f"{event.verb} {event.resource}{subresource}"
