"""Processes that outlive their starter, remembered so that they are never mistaken for others.

A process id is reused after its process has ended; the time of its start, counted from the machine's own start, is
not. Only a process that still has both is ours.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from harness.process import POLL_SECONDS, STOP_SECONDS

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# Fields of /proc/PID/stat after the program's name in brackets.
STATE_FIELD, START_FIELD = 0, 19


@dataclass(frozen=True)
class Remembered:
    """A process as it was when it was started."""

    name: str
    pid: int
    identity: str

    @property
    def running(self) -> bool:
        """Whether the very same process still runs."""
        return identity(self.pid) == self.identity

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Ask it to end, kill it after `seconds`; does nothing to a process that is not the same."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not self.running:
                return
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return
            deadline = time.monotonic() + seconds
            while self.running and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)


def remember(name: str, pid: int) -> Remembered:
    """Take note of a process that runs. Raises ProcessLookupError where it does not."""
    found = identity(pid)
    if found is None:
        raise ProcessLookupError(f"{name} (pid {pid}) does not run")
    return Remembered(name, pid, found)


def identity(pid: int) -> str | None:
    """What tells this process from every other that had or will have its id; None where it does not run."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    if fields[STATE_FIELD] in "ZX":
        return None
    return f"{BOOT_ID.read_text().strip()}:{fields[START_FIELD]}"
