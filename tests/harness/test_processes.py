"""What the harness starts ends with it, and nothing else is ever ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.pids import Remembered, identity, remember
from harness.process import Process, ProcessError, wait_until

REPOSITORY = Path(__file__).parents[2]
STARTER = """
import sys, time
from pathlib import Path
from harness.process import Process
child = Process("child", ["/bin/sleep", "600"], Path(sys.argv[1]), detached=sys.argv[2] == "detached")
child.start()
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Process]:
    process = Process("sleeper", ["/bin/sleep", "600"], tmp_path / "sleeper.log")
    process.start()
    yield process
    process.kill()


def test_only_the_very_same_process_is_stopped(sleeper: Process) -> None:
    ours = remember("sleeper", sleeper.pid)
    # The same id, as another process would have it after ours had ended.
    reused = Remembered("sleeper", sleeper.pid, ours.identity + "0")
    assert ours.running
    assert not reused.running
    reused.stop()
    assert sleeper.running
    ours.stop()
    assert not ours.running
    assert not sleeper.running


def test_what_does_not_run_cannot_be_remembered() -> None:
    ended = subprocess.Popen(["/bin/true"])
    ended.wait()
    with pytest.raises(ProcessLookupError, match="does not run"):
        remember("gone", ended.pid)


@pytest.mark.parametrize(("mode", "survives"), [("tethered", False), ("detached", True)])
def test_a_killed_starter_takes_its_processes_along_unless_they_are_to_stay(
    tmp_path: Path, mode: str, survives: bool
) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path / "child.log"), mode],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
    )
    assert starter.stdout is not None
    child = remember("child", int(starter.stdout.readline()))
    starter.kill()
    starter.wait()
    starter.stdout.close()
    if survives:
        assert child.running
        child.stop()
    wait_until(lambda: identity(child.pid) is None, 10, "the child's end")


def test_a_process_that_fails_shows_the_end_of_its_log(tmp_path: Path) -> None:
    process = Process("broken", ["/bin/sh", "-c", "echo no such thing; exit 3"], tmp_path / "broken.log")
    process.start()
    with pytest.raises(ProcessError, match=r"broken ended with code 3; its log ends:\nno such thing"):
        process.wait_ready(lambda: False, 10)


def test_a_process_that_never_becomes_ready_is_ended(tmp_path: Path) -> None:
    process = Process("slow", ["/bin/sleep", "60"], tmp_path / "slow.log")
    with pytest.raises(ProcessError, match="slow was not ready after"):
        process.start_until(lambda: False, 0.1)
    assert not process.running
