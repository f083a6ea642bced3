"""SLAs to rules and status: the operator and Sloth's controller with the same objectives, one after the other."""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from harness.audit import AuditLog, Event
from harness.bench import sloth, workload
from harness.bench.bare_client import peak_megabytes
from harness.bench.measure import OPERATOR, settle
from harness.bench.outcome import Outcome, table
from harness.controlplane import ControlPlane
from harness.installation import install_crds, operator_kubeconfig
from harness.operator_process import OperatorProcess
from harness.prepared import prepared_cluster
from harness.process import Process, wait_until
from harness.programs import sloth_crd
from harness.progress import step

NAME = "controllers"
MOST_SHARE = 0.5
SPACE = "bench-promises"
WAIT_SECONDS = 600.0
OURS, THEIRS = "operator", f"Sloth {sloth.VERSION}"
# What each object needs: Sloth asks whether there is a rule object before it creates it.
REQUESTS_EACH = {OURS: 2, THEIRS: 3}
CAPTION = (
    "Both write to the same API server, one after the other and in turns the first. Wall time is from the first write "
    "to the last status: start-up and the reading of the cluster are left out. Sloth sends at most 100 requests a "
    "second to each API group, which cannot be configured; the operator's limit is as it is delivered."
)


@dataclass(frozen=True)
class Run:
    """One side's way to rules and status of all objects; requests for single objects by verb and resource."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    requests: dict[str, int] = field(default_factory=dict)


def run(options: argparse.Namespace) -> Outcome:
    """Several rounds, each on a control plane of its own; the median counts."""
    rounds: list[dict[str, Run]] = []
    for number in range(options.rounds):
        with (
            step(f"{options.slas} SLAs to rules and status, round {number + 1} of {options.rounds}") as current,
            tempfile.TemporaryDirectory(prefix="platform-contracts-bench-") as folder,
            prepared_cluster(Path(folder) / "plane") as plane,
        ):
            current.detail = "creating them"
            _prepare(plane, options.slas)
            runs: dict[str, Run] = {}
            for side in sorted((OURS, THEIRS), reverse=number % 2 == 1):
                current.detail = side
                go = _operator if side == OURS else _sloth
                runs[side] = go(plane, Path(folder), options)
            rounds.append(runs)
    middle = sorted(rounds, key=_share)[len(rounds) // 2]
    return outcome(middle, options.slas, [_share(runs) for runs in rounds])


def _prepare(plane: ControlPlane, count: int) -> None:
    """The objects of both sides, which nobody looks at yet."""
    install_crds(plane.kubectl, sloth_crd())
    service = workload.service("None")
    plane.kubectl.apply(workload.namespace(SPACE), service | {"metadata": service["metadata"] | {"namespace": SPACE}})
    workload.create(plane.kubeconfig, (_at_home(workload.sla(number)) for number in range(count)))
    workload.create(plane.kubeconfig, (_service_level(number) for number in range(count)))


def _at_home(sla: workload.Object) -> workload.Object:
    return {**sla, "metadata": {**sla["metadata"], "namespace": SPACE}}


def _service_level(number: int) -> sloth.Object:
    """The same objectives as those of `workload.sla`."""
    job = f'job="service-{number:04d}"'
    total = f"http_requests_total{{{job}}}"
    slos = [
        sloth.ratio("availability", 99.9, total, f'http_requests_total{{{job},code=~"5.."}}'),
        sloth.latency("latency", 99, "http_request_duration_seconds", job, "0.3"),
    ]
    return sloth.service_level(f"sla-{number:04d}", SPACE, workload.SERVICE, slos)


def _operator(plane: ControlPlane, folder: Path, options: argparse.Namespace) -> Run:
    """The operator runs and is told that the namespace is a provider's."""
    config = {
        "client": {"workers": options.workers},
        "intervals": {"evaluationSeconds": 3600, "resyncSeconds": 3600},
        "dataSources": {"default": {"url": "http://127.0.0.1:9"}},
    }
    identity = operator_kubeconfig(plane.kubectl, folder / "operator.kubeconfig")
    operator = OperatorProcess(folder / "operator", identity, config)
    operator.start_and_wait()
    with _ending(operator):
        settle(AuditLog(plane.audit_log))
        return _watch(
            plane,
            operator,
            OPERATOR,
            "slas",
            options.slas,
            lambda: plane.kubectl("label", "namespace", SPACE, f"{workload.PROVIDER_LABEL}=true"),
        )


def _sloth(plane: ControlPlane, folder: Path, options: argparse.Namespace) -> Run:
    """Sloth's controller is started."""
    identity = plane.user_kubeconfig("sloth", ["system:masters"])
    controller = sloth.controller(identity, folder, options.workers)
    with _ending(controller):
        return _watch(plane, controller, "sloth", sloth.PLURAL, options.slas, controller.start)


@contextmanager
def _ending(process: Process) -> Iterator[None]:
    try:
        yield
    finally:
        process.stop()


def _watch(
    plane: ControlPlane, process: Process, user: str, resource: str, count: int, trigger: Callable[[], object]
) -> Run:
    """From the trigger until every object has its status."""
    audit = AuditLog(plane.audit_log)
    mark = since = audit.mark()
    used = _cpu(process)
    trigger()
    done: set[str] = set()
    last: Event | None = None

    def finished() -> bool:
        nonlocal mark, last
        events, mark = audit.read(mark)
        for event in events:
            if (event.user, event.resource, event.subresource) == (user, resource, "status") and event.code < 300:
                done.add(event.name)
                last = event
        return len(done) >= count

    wait_until(finished, WAIT_SECONDS, f"{resource}: the status of {count}")
    cpu, peak = _cpu(process) - used, peak_megabytes(process.pid)
    settle(audit, user)
    # The roll-up of all SLAs on their service is one write a second at most, whatever their number.
    events = [
        event
        for event in audit.events(since, user=user)
        if event.resource in (resource, "prometheusrules") and event.name
    ]
    first = min(event.time for event in events if event.is_write)
    assert last is not None  # or it would not be finished
    requests = Counter(f"{event.verb} {event.resource}/{event.subresource}".rstrip("/") for event in events)
    return Run((last.completed - first).total_seconds(), cpu, peak, dict(requests))


def _cpu(process: Process) -> float:
    if not process.running:
        return 0.0
    times = psutil.Process(process.pid).cpu_times()
    return float(times.user + times.system)


def _share(runs: dict[str, Run]) -> float:
    return runs[OURS].wall_seconds / runs[THEIRS].wall_seconds


def outcome(sides: dict[str, Run], count: int, shares: Iterable[float]) -> Outcome:
    """The table of one round, and what the operator is held to; `shares` are those of all rounds."""
    made = table(f"{NAME}: {count} SLAs with 2 objectives", CAPTION, "wall s", "CPU s", "peak MB", "requests each")
    for side, found in sides.items():
        made.add_row(
            side,
            f"{found.wall_seconds:.2f}",
            f"{found.cpu_seconds:.2f}",
            f"{found.peak_mb:.0f}",
            f"{sum(found.requests.values()) / count:.2f}",
        )
    share = _share(sides)
    rounds = ", ".join(f"{one:.0%}" for one in shares)
    checks = [
        (
            f"{share:.0%} of the wall time of Sloth's controller (at most {MOST_SHARE:.0%}; rounds: {rounds})",
            share <= MOST_SHARE,
        ),
        *(
            (
                f"{side}: {sum(found.requests.values())} requests, {REQUESTS_EACH[side]} for each SLA ({_told(found)})",
                sum(found.requests.values()) == REQUESTS_EACH[side] * count,
            )
            for side, found in sides.items()
        ),
    ]
    return Outcome(NAME, made, checks, {side: asdict(found) for side, found in sides.items()})


def _told(found: Run) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(found.requests.items()))
