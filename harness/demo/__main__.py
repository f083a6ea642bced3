"""The demo, step by step; every step's result is checked."""

from __future__ import annotations

import argparse
import fcntl
import operator
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

from harness.demo import page, pictures, story, told
from harness.demo.stage import Stage
from harness.demo.voices import answer
from harness.kubectl import KubectlError
from harness.process import ProcessError
from harness.programs import ProgramError
from harness.progress import Step, step
from harness.prometheus import PrometheusError
from harness.promtool import PromtoolError

FOLDER = Path(".demo")
STATES_SECONDS = 90
OUTAGE_SECONDS = 420
POLL_SECONDS = 1.0

Seen = TypeVar("Seen")

console = Console(highlight=False, soft_wrap=True)


class DemoError(Exception):
    """A step did not end as the README says."""


# What a step may end with; OSError is a part that does not answer (any more), and a TimeoutError is one too.
FAILURES = (DemoError, ProgramError, ProcessError, KubectlError, PrometheusError, PromtoolError, OSError)


def main() -> int:
    """Run the demo; returns the exit code."""
    parser = argparse.ArgumentParser(prog="make demo ARGS=...", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the last step instead of staying up")
    parser.add_argument(
        "--pictures", type=Path, metavar="FOLDER", help="take pictures of the page instead of the outage, and end"
    )
    options = parser.parse_args()
    once = options.once or options.pictures is not None
    # A shell that runs it in the background would have it ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with _alone(), Stage(FOLDER.resolve()) as stage:
            return _perform(stage, once, options.pictures)
    except FAILURES as error:
        _say(error)
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


def _perform(stage: Stage, once: bool, album: Path | None) -> int:
    try:
        _run(stage, time.monotonic())
        if album is None:
            _outage(stage)
        else:
            _pictures(stage, album)
    except FAILURES as error:
        _say(error)
        if stage.operator:
            console.print(f"The operator's log ends:\n{stage.operator.tail()}", markup=False)
        return 1
    if not once:
        _stay(stage)
    return 0


def _say(error: Exception) -> None:
    console.print("\n[red]error:[/red]", end=" ")
    console.print(f"the demo does not go as README says: {error}", markup=False)


def _run(stage: Stage, started: float) -> None:
    stage.start_cluster()
    stage.start_operator()
    stage.apply_contracts()
    stage.seed_history()
    stage.go_live()
    with step("Waiting for the operator to read the numbers") as current:
        _await(current, lambda: told.differences(stage.contracts()), operator.not_, STATES_SECONDS)
    _title(f"After {time.monotonic() - started:.0f} seconds: the contracts and how they are kept")
    _show(stage, "get psvc,sla,pcon -A")
    _onboarding(stage)
    _title("What happened to the SLA that is broken")
    _show(stage, f"events -n {story.PROVIDER_NAMESPACE} --for sla/{story.BROKEN}")
    _loop(stage)
    _page(stage)


def _onboarding(stage: Stage) -> None:
    """What a team got that was let in, and what one reads that was not."""
    namespace, name = story.ASKING
    _title(f"What {namespace} got by its PlatformConsumer: a namespace on the plan that it chose")
    _show(stage, f"get quota,limits,netpol,rolebinding -n {namespace}-{name}")
    namespace, name = story.REFUSED_CONSUMER
    _title(f"And what {namespace} reads, whom payments does not let in")
    _show(stage, f"get pcon {name} -n {namespace} -o 'jsonpath={{.status.conditions[?(@.type==\"Ready\")].message}}'")


def _loop(stage: Stage) -> None:
    """Users answer by their links, what they ask for rises, and who asked sees that it was shipped."""
    namespace, name = story.ASKING
    with step("Waiting for the roadmap to be ranked") as current:
        _await(
            current, lambda: stage.ranking(story.VICTIM), lambda ranked: ranked == story.RANKED_BEFORE, STATES_SECONDS
        )
    _title(f"Users answer a survey, each team by the link on its PlatformConsumer; this is the one of {namespace}")
    _show(stage, f"get pcon {name} -n {namespace} -o jsonpath={{.status.feedback.links[0].url}}")
    console.print("\nThe roadmap, as long as nobody asks:", ", then ".join(story.RANKED_BEFORE))
    assert stage.operator is not None
    with step("Answering in the form behind the link"):
        for voice in story.VOICES:
            status = answer(stage.kubectl, stage.operator.page_url, voice)
            if status != 303:
                raise DemoError(f"the form was answered with {status} instead of thanks")
    with step("Waiting for the score, and for what they ask for to rise") as current:
        _await(
            current,
            lambda: stage.service(story.VICTIM).get("feedback", {}).get("summary"),
            lambda summary: summary == story.EXPECTED_SATISFACTION,
            STATES_SECONDS,
        )
        _await(
            current, lambda: stage.ranking(story.VICTIM), lambda ranked: ranked == story.RANKED_AFTER, STATES_SECONDS
        )
    _show(stage, f"get psvc {story.VICTIM} -n {story.PROVIDER_NAMESPACE} -o jsonpath={{.status.roadmap.ranked}}")
    with step(f"The platform team ships it, and {namespace} sees so") as current:
        stage.ship(story.VICTIM, story.RANKED_AFTER[0])
        _await(current, lambda: stage.answers(*story.ASKING), lambda states: states == ["Shipped"], STATES_SECONDS)
    _show(stage, f"get pcon {name} -n {namespace} -o jsonpath={{.status.feedback.answers}}")
    _show(stage, f"get psvc {story.VICTIM} -n {story.PROVIDER_NAMESPACE}")


def _page(stage: Stage) -> None:
    """All of it in a browser, for who has no kubectl at hand."""
    assert stage.operator is not None
    url = stage.operator.page_url
    _title(f"The same on a page: {url}{page.SERVICE}")
    page.admit(stage.kubectl)
    token = page.token(stage.kubectl)
    with step("Reading it as somebody who may view the cluster") as current:
        _await(current, lambda: page.missing(url, token), operator.not_, STATES_SECONDS)


def _pictures(stage: Stage, folder: Path) -> None:
    assert stage.operator is not None
    for file in pictures.take(stage.operator.page_url, page.token(stage.kubectl), folder):
        console.print(f"{file}: {file.stat().st_size // 1024} KiB")


def _outage(stage: Stage) -> None:
    victim = stage.services[story.VICTIM]
    early = _pages(stage)
    if early:
        raise DemoError(f"nothing should page before the outage, but firing are {', '.join(early)}")
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
        with step("Waiting for Prometheus to page") as current:
            paging = _await(current, lambda: _pages(stage), bool, OUTAGE_SECONDS)
    finally:
        victim.end_outage()
    console.print(f"\nPaging from Prometheus: {', '.join(paging)}")
    console.print(f"The error budget was {before} before.\n")
    _show(stage, f"get psvc,sla {story.VICTIM} -n {story.PROVIDER_NAMESPACE}")
    message = stage.sla(story.VICTIM)["status"]["objectives"][0]["message"]
    console.print(f"And what its owners are told: {message}", markup=False)


def _pages(stage: Stage) -> list[str]:
    return told.pages(stage.prometheus.alerts())


def _await(current: Step, look: Callable[[], Seen], wanted: Callable[[Seen], object], seconds: float) -> Seen:
    """Look until it is as wanted, show what is seen and return it. Raises DemoError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not wanted(seen := look()):
        current.detail = _words(seen)
        if time.monotonic() > deadline:
            raise DemoError(f"not reached within {seconds} s: {current.title}; last seen: {_words(seen)}")
        time.sleep(POLL_SECONDS)
    current.detail = _words(seen)
    return seen


def _words(seen: object) -> str:
    return "; ".join(map(str, seen)) if isinstance(seen, list) else str(seen)


def _title(text: str) -> None:
    console.print(f"\n[bold]{text}[/bold]")


def _show(stage: Stage, arguments: str) -> None:
    console.print(f"$ kubectl {arguments}", style="cyan", markup=False)
    console.print(stage.kubectl(*shlex.split(arguments)).stdout.rstrip("\n"), markup=False)


def _stay(stage: Stage) -> None:
    victim = stage.services[story.VICTIM]
    tools = stage.plane.programs.kubectl.parent
    path = "" if shutil.which("kubectl") else f"export PATH={tools}:$PATH\n"
    _title("Yours to try, in another terminal")
    console.print(
        f"{path}export KUBECONFIG={stage.plane.kubeconfig}\n"
        f"The page: {stage.operator.page_url if stage.operator else ''}\n"
        f"kubectl create token {page.READER} -n {story.PROVIDER_NAMESPACE}                # signs you in there\n"
        "kubectl get psvc,sla,pcon -A -o wide\n"
        "kubectl describe sla identity -n platform         # two objectives, and one of them is broken\n"
        "kubectl explain sla.spec.objectives\n"
        "kubectl get pcon payments -n team-a -o jsonpath='{.status.feedback.links[*].url}'   # answer in a browser\n"
        "kubectl get sla -n platform --watch               # while you do this:\n"
        f"curl -X PUT -d '{{\"errorRatio\": 0.5}}' http://{victim.address}/outage   # and -X DELETE to end it\n"
        f"Prometheus: {stage.prometheus.url}/alerts\n"
        "\nCtrl-C ends everything and leaves nothing behind.",
        markup=False,
    )
    signal.pause()


if __name__ == "__main__":
    sys.exit(main())
