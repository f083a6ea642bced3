"""Child processes with a log file, a readiness check and an orderly end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

TETHER = Path(__file__).with_name("tether.py")
POLL_SECONDS = 0.05
STOP_SECONDS = 15.0


class ProcessError(Exception):
    """A process did not start, or did not become ready; the message holds the end of its log."""


def wait_until(condition: Callable[[], object], seconds: float, what: str, *, every: float = POLL_SECONDS) -> None:
    """Poll until `condition` is true. Raises TimeoutError that names `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds:g} s")
        time.sleep(every)


class Process:
    """One program that this harness starts, may restart, and ends.

    It is in a session of its own, so that Ctrl-C reaches only the starter, which then ends it in order.
    Unless `detached`, the kernel kills it when its starter dies.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        detached: bool = False,
    ) -> None:
        self.name = name
        self.command = [str(part) for part in command]
        self.log = log
        self.environment = dict(environment or {})
        self.folder = folder
        self.detached = detached
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id. Raises ProcessError when it is not running."""
        if self._child is None:
            raise ProcessError(f"{self.name} is not running")
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        """Start it; its output is appended to the log."""
        if self.running:
            raise ProcessError(f"{self.name} is already running")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        tether = [] if self.detached else [sys.executable, "-I", "-S", str(TETHER), str(os.getpid())]
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [*tether, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | self.environment,
                cwd=self.folder,
                start_new_session=True,
            )

    def wait_ready(self, ready: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait until `ready()`. Raises ProcessError with the log's end when it exits or takes too long."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                code = self._child.returncode if self._child else None
                raise ProcessError(f"{self.name} ended with code {code}; its log ends:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise ProcessError(f"{self.name} was not ready after {seconds:g} s; its log ends:\n{self.tail()}")
            time.sleep(POLL_SECONDS)

    def start_until(self, ready: Callable[[], bool], seconds: float = 60.0) -> None:
        """Start it and wait until `ready()`; what does not become so is ended. Raises ProcessError as `wait_ready`."""
        self.start()
        try:
            self.wait_ready(ready, seconds)
        except BaseException:
            self.stop()
            raise

    def stop(self, seconds: float = STOP_SECONDS) -> int | None:
        """Ask it to end, kill it after `seconds`; returns its exit code, None when it was not running."""
        return self._end(signal.SIGTERM, seconds)

    def kill(self) -> int | None:
        """Kill it at once, as a crash would; returns its exit code, None when it was not running."""
        return self._end(signal.SIGKILL, STOP_SECONDS)

    def tail(self, lines: int = 30) -> str:
        """The last lines of the log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _end(self, with_signal: signal.Signals, seconds: float) -> int | None:
        if self._child is None:
            return None
        if self._child.poll() is None:
            self._child.send_signal(with_signal)
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        code = self._child.returncode
        self._child = None
        return code
