"""Showing that something long is going on: a spinner on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

PLAIN_EVERY_SECONDS = 5.0

console = Console(stderr=True, highlight=False, soft_wrap=True)


class Step:
    """One piece of work under way; `detail` may be set at any time and is shown with the elapsed time."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.detail = ""
        self._started = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self._started

    def line(self) -> str:
        """The step as it stands, for example `Building etcd: 120 of 900 packages (14 s)`."""
        detail = f": {self.detail}" if self.detail else ""
        return f"{self.title}{detail} ({self.elapsed:.0f} s)"


@contextmanager
def step(title: str) -> Iterator[Step]:
    """Show `title`, the details that the body sets, and how it ended."""
    current = Step(title)
    done = threading.Event()
    refresh = _refresh_terminal if console.is_terminal else _refresh_plain
    thread = threading.Thread(target=refresh, args=(current, done), daemon=True)
    thread.start()
    try:
        yield current
    except BaseException:
        _finish(done, thread)
        console.print(f"[red]✗[/red] {current.line()}")
        raise
    _finish(done, thread)
    console.print(f"[green]✓[/green] {current.line()}")


def _finish(done: threading.Event, thread: threading.Thread) -> None:
    done.set()
    thread.join()


def _refresh_terminal(current: Step, done: threading.Event) -> None:
    with console.status(current.line()) as status:
        while not done.wait(0.2):
            status.update(current.line())


def _refresh_plain(current: Step, done: threading.Event) -> None:
    print(f"  {current.title} ...", file=sys.stderr, flush=True)
    while not done.wait(PLAIN_EVERY_SECONDS):
        print(f"  {current.line()}", file=sys.stderr, flush=True)
