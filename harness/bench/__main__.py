"""`make bench`: the operator beside others that do the same, a table for each question, and build/bench.json."""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from harness.audit import AuditLog
from harness.bench import evaluation, race, readers, report, rule_cost, voices, workload
from harness.bench.measure import Figures, Meter, Scenario, settle
from harness.bench.outcome import Outcome
from harness.controlplane import ControlPlane
from harness.installation import operator_kubeconfig
from harness.kubectl import Kubectl
from harness.operator_process import OperatorProcess
from harness.prepared import prepared_cluster

OUTPUT = Path("build/bench.json")
# Makes a scenario ready; returns it, and what makes the same ready for the bare client.
Prepare = Callable[[Kubectl, argparse.Namespace], tuple[Scenario, Callable[[], None]]]
console = Console()


def main() -> int:
    """Run the benchmarks; returns 1 where a target is missed."""
    parser = argparse.ArgumentParser(
        prog="make bench ARGS=...", description=__doc__, epilog="The exit code is 1 when a target is missed."
    )
    parser.add_argument("--consumers", type=int, default=300, help="consumers to onboard (default: 300)")
    parser.add_argument("--slas", type=int, default=500, help="SLAs with two objectives each (default: 500)")
    parser.add_argument("--workers", type=int, default=16, help="concurrent writers on both sides (default: 16)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each; the median's figures count (default: 3)")
    parser.add_argument("--cold", type=int, default=1000, help="consumers to onboard from cold, once (default: 1000)")
    parser.add_argument("--quiet", type=float, default=120, help="seconds of nothing to do after it (default: 120)")
    parser.add_argument("--reading", type=float, default=20, help="seconds that people read the page (default: 20)")
    parser.add_argument(
        "--objectives",
        type=int,
        default=10_000,
        help="objectives to evaluate (default: 10000)",
    )
    parser.add_argument(
        "--only", action="append", choices=BENCHMARKS, help="run this one alone (may be repeated; default: all)"
    )
    options = parser.parse_args()
    outcomes, missed = [], []
    for name in options.only or BENCHMARKS:
        outcome = BENCHMARKS[name](options)
        missed += report.show(console, outcome)
        outcomes.append(outcome)
    report.write(OUTPUT, outcomes, missed)
    console.print(f"written to {OUTPUT}")
    return 1 if missed else 0


def _writes(prepare: Prepare, options: argparse.Namespace, rounds: int) -> Outcome:
    """Several rounds beside the bare client, because machines are noisy; the one with the median rate is reported."""
    results: list[tuple[Scenario, dict[str, Figures]]] = []
    for number in range(1, rounds + 1):
        scenario, sides = _run(prepare, options)
        results.append((scenario, sides))
        rate = report.ratios(*sides.values())["rate"]
        console.print(f"{scenario.name}: round {number} of {rounds}, {rate:.0%} of the bare client's rate")
    middle = sorted(results, key=lambda result: report.ratios(*result[1].values())["rate"])[len(results) // 2]
    return report.outcome(*middle, options.workers)


def _run(prepare: Prepare, options: argparse.Namespace) -> tuple[Scenario, dict[str, Figures]]:
    """One scenario on a control plane of its own: what another one leaves behind would be held in memory too."""
    with tempfile.TemporaryDirectory(prefix="platform-contracts-bench-") as folder:
        console.print("starting a control plane ...")
        with prepared_cluster(Path(folder) / "plane") as plane:
            return _measure(prepare, plane, Path(folder), options)


def _measure(
    prepare: Prepare, plane: ControlPlane, folder: Path, options: argparse.Namespace
) -> tuple[Scenario, dict[str, Figures]]:
    identity = operator_kubeconfig(plane.kubectl, folder / "operator.kubeconfig")
    scenario, second = prepare(plane.kubectl, options)
    console.print(f"{scenario.name}: {scenario.count} contracts, operator ...")
    operator = OperatorProcess(folder / "operator", identity, _config(options.workers))
    meter = Meter(plane, operator, identity, options.workers)
    operator.start_and_wait()
    try:
        settle(AuditLog(plane.audit_log))
        figures, work = meter.operator(scenario)
        if scenario.quiet_seconds:
            console.print(f"{scenario.name}: nothing to do for {scenario.quiet_seconds:.0f} s, then a restart ...")
            figures.quiet = meter.quiet(scenario)
    finally:
        operator.stop()
    console.print(f"{scenario.name}: the same {len(work)} writes, bare client ...")
    second()
    return scenario, {"operator": figures, "bare client": meter.bare(scenario, work)}


def _config(workers: int) -> dict[str, Any]:
    # The write limit protects other users of a cluster; here the limit to find is the API server's.
    return {
        "client": {"workers": workers, "writesPerSecond": 100_000, "burst": 100_000},
        "guardrails": {
            "maxNamespacesPerHome": 20,
            "allowedClusterRoles": ["platformcontracts-developer", workload.UNBOUND],
        },
        "intervals": {"evaluationSeconds": 3600, "resyncSeconds": 3600},
        "dataSources": {"default": {"url": "http://127.0.0.1:9"}},
    }


def _onboarding(kubectl: Kubectl, options: argparse.Namespace) -> tuple[Scenario, Callable[[], None]]:
    return _teams(kubectl, options.consumers)


def _cold(kubectl: Kubectl, options: argparse.Namespace) -> tuple[Scenario, Callable[[], None]]:
    """Many teams, one of them with a plan that is refused again and again; afterwards there is nothing to do."""
    kubectl.apply(workload.namespace(workload.PROVIDER, **{workload.PROVIDER_LABEL: "true"}))
    kubectl.apply(workload.broken_service("None"), workload.namespace(workload.BROKEN), workload.broken_consumer())
    scenario, second = _teams(kubectl, options.cold)

    def trigger() -> None:
        kubectl.apply(workload.broken_service("All"), workload.service("All"))

    scenario = replace(scenario, name="cold", trigger=trigger, broken=True, most_mb=200.0)
    return replace(scenario, kind="PlatformConsumer", quiet_seconds=options.quiet), second


def _teams(kubectl: Kubectl, count: int) -> tuple[Scenario, Callable[[], None]]:
    """Teams that wait for the service to allow them."""
    kubectl.apply(workload.namespace(workload.PROVIDER, **{workload.PROVIDER_LABEL: "true"}), workload.service("None"))
    teams = range(count)
    _apply(kubectl, (workload.namespace(workload.home(number)) for number in teams))
    _apply(kubectl, (workload.consumer(number) for number in teams))
    scenario = Scenario(
        name="onboarding",
        count=count,
        pattern=re.compile(r"bench-team-(\d{4})"),
        rename=("bench-team-", "again-team-"),
        resource="platformconsumers",
        trigger=lambda: _void(kubectl.apply(workload.service("All"))),
        writes_each={
            "create namespaces": 1,
            "create resourcequotas": 1,
            "create limitranges": 1,
            "create networkpolicies": 1,
            "create rolebindings": 1,
            "create prometheusrules": 1,
            "patch platformconsumers": 1,
            "patch platformconsumers/status": 1,
            "create events": 1,
        },
    )

    def second() -> None:
        def renamed(objects: Iterable[workload.Object]) -> Iterable[workload.Object]:
            return (json.loads(json.dumps(obj).replace(*scenario.rename)) for obj in objects)

        _apply(kubectl, renamed(workload.namespace(workload.home(number)) for number in teams))
        _apply(kubectl, renamed(workload.consumer(number) for number in teams))

    return scenario, second


def _slas(kubectl: Kubectl, options: argparse.Namespace) -> tuple[Scenario, Callable[[], None]]:
    """SLAs in a namespace that is not yet a provider's."""
    space = "bench-promises"

    def sla(name: str, number: int) -> workload.Object:
        obj = workload.sla(number)
        return obj | {"metadata": {"name": f"{name}-{number:04d}", "namespace": space}}

    service = workload.service("None")
    kubectl.apply(workload.namespace(space), service | {"metadata": service["metadata"] | {"namespace": space}})
    _apply(kubectl, (sla("bench-sla", number) for number in range(options.slas)))
    scenario = Scenario(
        name="slas",
        count=options.slas,
        pattern=re.compile(r"bench-sla-(\d{4})"),
        rename=("bench-sla-", "again-sla-"),
        resource="slas",
        trigger=lambda: _void(kubectl("label", "namespace", space, f"{workload.PROVIDER_LABEL}=true")),
        writes_each={"create prometheusrules": 1, "patch slas/status": 1},
    )
    return scenario, lambda: _apply(kubectl, (sla("again-sla", number) for number in range(options.slas)))


def _void(_: object) -> None:
    return None


def _apply(kubectl: Kubectl, objects: Iterable[workload.Object]) -> None:
    """Create many objects; `kubectl create` sends one request for each."""
    kubectl("create", "-f", "-", stdin=workload.listed(objects), timeout=600.0)


def _said(name: str, measured: voices.Voices | readers.Readers) -> Outcome:
    """What has no table."""
    return Outcome(name, None, measured.checks, measured._asdict())


BENCHMARKS: dict[str, Callable[[argparse.Namespace], Outcome]] = {
    "voices": lambda options: _said("voices", voices.measure()),
    "readers": lambda options: _said("readers", readers.measure(options.reading)),
    "onboarding": lambda options: _writes(_onboarding, options, options.rounds),
    "slas": lambda options: _writes(_slas, options, options.rounds),
    "cold": lambda options: _writes(_cold, options, 1),
    evaluation.NAME: evaluation.run,
    rule_cost.NAME: rule_cost.run,
    race.NAME: race.run,
}


if __name__ == "__main__":
    sys.exit(main())
