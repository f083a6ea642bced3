"""Thousands of objectives evaluated from their recorded series: what it costs the operator when nothing is news.

The series are written into a real Prometheus with all that the rules record, from some minutes ago to some minutes
ahead: at each evaluation the figures are others, and none has changed by as much as is worth a write.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from harness.audit import AuditLog
from harness.backfill import SECONDS
from harness.bench import workload
from harness.bench.bare_client import peak_megabytes
from harness.bench.measure import OPERATOR, settle
from harness.bench.outcome import Outcome, table
from harness.controlplane import ControlPlane
from harness.history import LINES_A_WRITE
from harness.installation import operator_kubeconfig
from harness.operator_process import OperatorProcess
from harness.prepared import prepared_cluster
from harness.process import wait_until
from harness.progress import step
from harness.prometheus import Prometheus
from harness.promtool import Promtool
from harness.snapshot import Admin
from platform_contracts.config import DataSource

NAME = "evaluation"
MOST_QUERIES, MOST_CPU_SECONDS = 8, 3.0
PER_SLA = 2
# Evaluations that are measured, and the seconds between two of them: long enough for one to be over before the next.
EVALUATIONS, INTERVAL = 5, 20
# The recorded series reach from so many minutes before they are written to so many after it.
BEFORE_MINUTES, AFTER_MINUTES = 6, 30
WAIT_SECONDS = 1800.0
# Below this share of a core for so long the operator rests.
IDLE_PERCENT, REST_SECONDS = 5.0, 4.0
CAPTION = (
    "One evaluation, the mean of several: queries and their compressed answers as Prometheus counts them, and the CPU "
    "time of the whole process between two moments at which it rests. Writes are all of them, from the audit log."
)


@dataclass(frozen=True)
class Evaluated:
    """One evaluation of all objectives, in the mean; `queries` and `megabytes` are what it asked and what it was told.

    `series` are those that are recorded, and `writes` those of all evaluations.
    """

    objectives: int
    series: int
    evaluations: int
    queries: float
    megabytes: float
    cpu_seconds: float
    writes: int
    peak_mb: float


def run(options: argparse.Namespace) -> Outcome:
    """Measure it on a control plane of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="platform-contracts-bench-") as folder,
        prepared_cluster(Path(folder) / "plane") as plane,
    ):
        return outcome(_measure(plane, Path(folder), options.objectives // PER_SLA))


def _measure(plane: ControlPlane, folder: Path, count: int) -> Evaluated:
    with step(f"Creating {count} SLAs with {PER_SLA} objectives each"):
        service = workload.service("None")
        plane.kubectl.apply(workload.namespace(workload.PROVIDER, **{workload.PROVIDER_LABEL: "true"}), service)
        workload.create(plane.kubeconfig, (workload.sla(number) for number in range(count)))
    prometheus = Prometheus(folder / "prometheus")
    with step("Recording their series in Prometheus"):
        series = _record(prometheus, folder / "recorded.om", Admin(plane.kubeconfig))
    identity = operator_kubeconfig(plane.kubectl, folder / "operator.kubeconfig")
    operator = OperatorProcess(folder / "operator", identity, _config(prometheus))
    prometheus.start()
    try:
        operator.start_and_wait()
        return _watch(plane, prometheus, operator, count, series)
    finally:
        operator.stop()
        prometheus.stop()


def _config(prometheus: Prometheus) -> dict[str, Any]:
    return {
        "client": {"writesPerSecond": 100_000, "burst": 100_000},
        "intervals": {"evaluationSeconds": INTERVAL, "resyncSeconds": 3600},
        "dataSources": {"default": {"url": prometheus.url}},
    }


def _record(prometheus: Prometheus, file: Path, admin: Admin) -> int:
    """Write what the rules of all SLAs would have recorded; returns how many series that are."""
    now = int(datetime.now(UTC).timestamp()) // 60 * 60
    moments = range(now - BEFORE_MINUTES * 60, now + AFTER_MINUTES * 60, 60)
    by_name: dict[str, list[tuple[str, int]]] = {}
    for sla in admin.list("slas").values():
        for name, labels, interval in _recorded(sla):
            pairs = ",".join(f"{label}={json.dumps(value)}" for label, value in labels.items())
            by_name.setdefault(name, []).append((pairs, interval))
    with file.open("w") as out:
        for name, found in by_name.items():
            out.write(f"# TYPE {name} gauge\n")
            lines: list[str] = []
            for pairs, interval in found:
                at = [moment for moment in moments if moment % interval == 0]
                lines += [f"{name}{{{pairs}}} {_figure(name, moment - now)!r} {moment}\n" for moment in at]
                if len(lines) > LINES_A_WRITE:
                    out.writelines(lines)
                    lines.clear()
            out.writelines(lines)
        out.write("# EOF\n")
    Promtool(prometheus.programs.promtool).load_history(file, prometheus.data_folder)
    file.unlink()
    return sum(map(len, by_name.values()))


def _recorded(sla: dict[str, Any]) -> Iterator[tuple[str, dict[str, str], int]]:
    """Name, labels and interval in seconds of each series that the rules of an SLA record."""
    for group in workload.rule_groups(sla, DataSource(url="http://127.0.0.1:9")):
        for rule in group["rules"]:
            if "record" in rule:
                yield rule["record"], rule["labels"], SECONDS[group["interval"]]


def _figure(name: str, seconds: int) -> float:
    """What a series says so many seconds from now: a budget of which a little is spent, by a little more each time."""
    return {
        "sla:errors:window": 300 + seconds / 100_000,
        "sla:events:window": 1_000_000 + seconds / 10,
        # There is history from before the SLA's start, over all of the window.
        "sla:coverage:window": 30 * 24 * 12,
        "sla:burn_rate": 0.3 + seconds % 300 / 3000,
        "sla:objective": 0.999,
    }.get(name, 100 + seconds / 1000)


def _watch(
    plane: ControlPlane, prometheus: Prometheus, operator: OperatorProcess, count: int, series: int
) -> Evaluated:
    audit = AuditLog(plane.audit_log)
    with step(f"Waiting for the rules and the status of {count} SLAs"):
        wait_until(lambda: _met(operator) == count * PER_SLA, WAIT_SECONDS, "numbers on the status of all", every=5)
        # It has evaluated twice and written nothing.
        settle(audit, seconds=2 * INTERVAL)
    process = psutil.Process(operator.pid)
    with step(f"Watching {EVALUATIONS} evaluations, one each {INTERVAL} s"):
        _after_evaluation(prometheus, process)
        looks, (asked, told) = _looks(operator), _queries(prometheus)
        mark, before = audit.mark(), process.cpu_times()
        time.sleep(EVALUATIONS * INTERVAL)
        _after_evaluation(prometheus, process)
        after = process.cpu_times()
    queries, answered = _queries(prometheus)
    evaluations = (_looks(operator) - looks) / count
    if evaluations < 1 or evaluations % 1:
        raise RuntimeError(f"each of {count} SLAs was looked at {evaluations} times: the machine is too slow")
    return Evaluated(
        objectives=count * PER_SLA,
        series=series,
        evaluations=int(evaluations),
        queries=(queries - asked) / evaluations,
        megabytes=(answered - told) / evaluations / 1e6,
        cpu_seconds=(after.user + after.system - before.user - before.system) / evaluations,
        writes=len(audit.events(mark, user=OPERATOR, writes_only=True)),
        peak_mb=peak_megabytes(operator.pid),
    )


def _met(operator: OperatorProcess) -> float:
    """How many objectives have a status that says that they are met."""
    return operator.total('objectives{state="Met"}')


def _after_evaluation(prometheus: Prometheus, process: psutil.Process) -> None:
    """Wait for the next evaluation, and until the operator rests after it."""
    asked = _queries(prometheus)[0]
    wait_until(lambda: _queries(prometheus)[0] > asked, WAIT_SECONDS, "an evaluation")

    def rests() -> bool:
        before = _queries(prometheus)
        # It also waits for Prometheus in the middle of an evaluation, but hardly for so long.
        return process.cpu_percent(REST_SECONDS) < IDLE_PERCENT and _queries(prometheus) == before

    wait_until(rests, WAIT_SECONDS, "the end of an evaluation")


def _queries(prometheus: Prometheus) -> tuple[float, float]:
    """How many queries Prometheus has answered, and with how many bytes as they were sent."""
    text = prometheus.metrics()

    def total(name: str) -> float:
        lines = re.findall(rf'^prometheus_http_{name}{{.*handler="/api/v1/query".*}} (\S+)$', text, re.M)
        return sum(map(float, lines))

    return total("requests_total"), total("response_size_bytes_sum")


def _looks(operator: OperatorProcess) -> float:
    """How often the operator has looked at an SLA."""
    return operator.total('reconciles_total{kind="SLA",.*}')


def outcome(found: Evaluated) -> Outcome:
    """Its table, and what it is held to."""
    title = f"{NAME}: {found.objectives} objectives in {found.series} recorded series, {found.evaluations} evaluations"
    made = table(title, CAPTION, "queries", "MB received", "CPU s", "writes", "peak MB")
    made.add_row(
        "operator",
        f"{found.queries:.1f}",
        f"{found.megabytes:.2f}",
        f"{found.cpu_seconds:.2f}",
        str(found.writes),
        f"{found.peak_mb:.0f}",
    )
    checks = [
        (
            f"{found.queries:.1f} queries for {found.objectives} objectives (at most {MOST_QUERIES})",
            found.queries <= MOST_QUERIES,
        ),
        (f"{found.cpu_seconds:.2f} CPU seconds (at most {MOST_CPU_SECONDS:g})", found.cpu_seconds <= MOST_CPU_SECONDS),
        (
            f"{found.writes} writes in {found.evaluations} evaluations with other figures each time (0)",
            found.writes == 0,
        ),
    ]
    return Outcome(NAME, made, checks, asdict(found))
