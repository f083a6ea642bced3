"""Sloth, another generator of SLO rules, with the same objectives: its rules, and its controller as a process."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from harness.ports import free_port
from harness.process import Process
from harness.programs import SLOTH, build

API = "sloth.slok.dev/v1"
VERSION = "v0.12.0"
PLURAL = "prometheusservicelevels"
# As the operator's configuration has it by default, so that both write as many labels.
LABELS = {"release": "prometheus"}

Object = dict[str, Any]


def ratio(name: str, objective: float, total: str, errors: str) -> Object:
    """An objective (percent) by two selectors."""
    return {
        "name": name,
        "objective": objective,
        "sli": {"events": {"errorQuery": _rate(errors), "totalQuery": _rate(total)}},
        "alerting": {"name": "SLOBurnRate", "pageAlert": {}, "ticketAlert": {}},
    }


def latency(name: str, objective: float, histogram: str, matchers: str, bound: str) -> Object:
    """An objective (percent) for what takes at most `bound` seconds, a bucket of the histogram."""
    total = _rate(f"{histogram}_count{{{matchers}}}")
    quick = _rate(f'{histogram}_bucket{{{matchers},le="{bound}"}}')
    slo = ratio(name, objective, "", "")
    return {**slo, "sli": {"events": {"errorQuery": f"{total} - {quick}", "totalQuery": total}}}


def service_level(name: str, namespace: str, service: str, slos: Iterable[Object]) -> Object:
    """The object that Sloth's controller makes rules of."""
    metadata = {"name": name, "namespace": namespace, "labels": LABELS}
    spec = {"service": service, "slos": list(slos)}
    return {"apiVersion": API, "kind": "PrometheusServiceLevel", "metadata": metadata, "spec": spec}


def rule_groups(folder: Path, levels: Iterable[Object]) -> list[Object]:
    """The rule groups that `sloth generate` makes of these objects."""
    source, target = folder / "levels", folder / "rules"
    source.mkdir(parents=True)
    target.mkdir()
    for level in levels:
        (source / f"{level['metadata']['name']}.yaml").write_text(yaml.safe_dump(level))
    command: list[str | Path] = [build(SLOTH) / "sloth", "generate", "--input", source, "--out", target]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"sloth generate failed: {done.stderr[-2000:]}")
    made = [yaml.safe_load(path.read_text()) for path in sorted(target.rglob("*.y*ml"))]
    return [group for obj in made for group in obj["spec"]["groups"]]


def controller(kubeconfig: Path, folder: Path, workers: int) -> Process:
    """Its controller, not started."""
    return Process(
        "sloth",
        [
            build(SLOTH) / "sloth",
            "controller",
            "--kube-local",
            f"--kube-config={kubeconfig}",
            f"--workers={workers}",
            f"--metrics-listen-addr=127.0.0.1:{free_port()}",
            f"--hot-reload-addr=127.0.0.1:{free_port()}",
        ],
        folder / "sloth.log",
    )


def _rate(selector: str) -> str:
    return f"sum(rate({selector}[{{{{.window}}}}]))"
