"""The demo, step by step; every step's result is checked."""

from __future__ import annotations

import argparse
import fcntl
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from harness.demo import story
from harness.demo.stage import Stage
from harness.kubectl import KubectlError
from harness.process import ProcessError
from harness.programs import ProgramError
from harness.progress import Step, step
from harness.promtool import PromtoolError

FOLDER = Path(".demo")
STATES_SECONDS = 90
OUTAGE_SECONDS = 420
POLL_SECONDS = 1.0

Seen = TypeVar("Seen")

console = Console(highlight=False, soft_wrap=True)


class DemoError(Exception):
    """A step did not end as the README says."""


def main() -> int:
    """Run the demo; returns the exit code."""
    parser = argparse.ArgumentParser(prog="make demo ARGS=...", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the last step instead of staying up")
    once = parser.parse_args().once
    # A shell that runs it in the background would have it ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with _alone(), Stage(FOLDER.resolve()) as stage:
            return _perform(stage, once)
    except (ProgramError, ProcessError, KubectlError, PromtoolError) as error:
        console.print(f"\n[red]error:[/red] {error}")
        return 1
    except KeyboardInterrupt:
        console.print("\nEnded; nothing is left running.")
        return 130 if once else 0


@contextmanager
def _alone() -> Iterator[None]:
    """One demo a checkout; what a killed one left in the folder is deleted."""
    with Path(f"{FOLDER}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("error: the demo runs already in this folder; end the other one with Ctrl-C first")
        shutil.rmtree(FOLDER, ignore_errors=True)
        yield


def _perform(stage: Stage, once: bool) -> int:
    try:
        _run(stage, time.monotonic())
    except (DemoError, TimeoutError) as error:
        console.print(f"\n[red]error:[/red] {error}")
        if stage.operator:
            console.print(f"The operator's log ends:\n{stage.operator.tail()}", markup=False)
        return 1
    if not once:
        _stay(stage)
    return 0


def _run(stage: Stage, started: float) -> None:
    stage.start_cluster()
    stage.start_operator()
    stage.apply_contracts()
    stage.seed_history()
    stage.go_live()
    with step("Waiting for the operator to read the numbers") as current:
        expected = ", ".join(f"{name} {state}" for name, state in sorted(story.EXPECTED_STATES.items()))
        _await(current, lambda: _states(stage), expected.__eq__, STATES_SECONDS)
    _title(f"After {time.monotonic() - started:.0f} seconds: the contracts and how they are kept")
    _show(stage, "get psvc,sla,pcon -A")
    _check_consumers(stage)
    _title("One of them in full")
    _show(stage, f"describe sla {story.DESCRIBED} -n {story.PROVIDER_NAMESPACE}")
    _outage(stage)


def _outage(stage: Stage) -> None:
    victim = stage.services[story.VICTIM]
    _title(f"An outage: every request to {story.VICTIM} fails from now on")
    before = stage.sla(story.VICTIM)["status"]["worst"]["budget"]
    victim.begin_outage(error_ratio=1)
    try:
        with step("Waiting for the SLA to turn (burn rates are evaluated once a minute)") as current:
            _await(
                current,
                lambda: stage.service_state(story.VICTIM),
                lambda state: state in story.EXPECTED_BY_OUTAGE,
                OUTAGE_SECONDS,
            )
        with step("Waiting for Prometheus to alert") as current:
            _await(current, lambda: _alerts(stage), bool, OUTAGE_SECONDS)
    finally:
        victim.end_outage()
    console.print(f"\nFiring in Prometheus: {', '.join(_alerts(stage)) or 'nothing more'}")
    console.print(f"The error budget was {before} before.\n")
    _show(stage, f"get psvc,sla {story.VICTIM} -n {story.PROVIDER_NAMESPACE}")
    message = stage.sla(story.VICTIM)["status"]["objectives"][0]["message"]
    console.print(f"And what its owners are told: {message}", markup=False)


def _states(stage: Stage) -> str:
    """All services by name with the states on their own statuses, which follow their SLAs'."""
    items = stage.kubectl.get("psvc", "-n", story.PROVIDER_NAMESPACE)["items"]
    states = {item["metadata"]["name"]: item.get("status", {}).get("sla", {}).get("state", "?") for item in items}
    return ", ".join(f"{name} {state}" for name, state in sorted(states.items()))


def _alerts(stage: Stage) -> list[str]:
    """The names of the firing alerts about the service with the outage."""
    return sorted(
        {
            alert["labels"]["alertname"]
            for alert in stage.prometheus.alerts()
            if alert["state"] == "firing" and alert["labels"].get("sla") == story.VICTIM
        }
    )


def _check_consumers(stage: Stage) -> None:
    """Raises DemoError unless exactly the one consumer is refused."""
    ready: list[tuple[str, str]] = []
    refused: list[tuple[str, str]] = []
    for item in stage.kubectl.get("pcon", "-A")["items"]:
        conditions = {c["type"]: c["status"] for c in item.get("status", {}).get("conditions", [])}
        name = (item["metadata"]["namespace"], item["metadata"]["name"])
        (ready if conditions.get("Ready") == "True" else refused).append(name)
    if len(ready) != story.READY_CONSUMERS or refused != [story.REFUSED_CONSUMER]:
        raise DemoError(
            f"{story.READY_CONSUMERS} consumers should be ready and {story.REFUSED_CONSUMER} refused, "
            f"but ready are {ready} and refused {refused}"
        )


def _await(current: Step, look: Callable[[], Seen], wanted: Callable[[Seen], object], seconds: float) -> None:
    """Look until it is as wanted, and show what is seen. Raises DemoError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not wanted(seen := look()):
        current.detail = str(seen)
        if time.monotonic() > deadline:
            raise DemoError(f"not reached within {seconds} s: {current.title}; last seen: {seen}")
        time.sleep(POLL_SECONDS)
    current.detail = str(seen)


def _title(text: str) -> None:
    console.print(f"\n[bold]{text}[/bold]")


def _show(stage: Stage, arguments: str) -> None:
    console.print(f"[cyan]$ kubectl {arguments}[/cyan]")
    console.print(stage.kubectl(*shlex.split(arguments)).stdout, markup=False)


def _stay(stage: Stage) -> None:
    victim = stage.services[story.VICTIM]
    tools = stage.plane.programs.kubectl.parent
    path = "" if shutil.which("kubectl") else f"export PATH={tools}:$PATH\n"
    _title("Yours to try, in another terminal")
    console.print(
        f"{path}export KUBECONFIG={stage.plane.kubeconfig}\n"
        "kubectl get psvc,sla,pcon -A -o wide\n"
        "kubectl describe pcon payments -n team-c          # why this team is not let in\n"
        "kubectl explain sla.spec.objectives\n"
        "kubectl get quota,limits,netpol,rolebinding -n team-a-payments\n"
        f"curl -X PUT -d '{{\"errorRatio\": 0.5}}' http://{victim.address}/outage   # and -X DELETE to end it\n"
        f"Prometheus: {stage.prometheus.url}/alerts\n"
        "\nCtrl-C ends everything and leaves nothing behind.",
        markup=False,
    )
    signal.pause()


if __name__ == "__main__":
    sys.exit(main())
