"""The operator with a clock that is wrong, as a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from harness.operator_process import OperatorProcess
from tests.conftest import unique_name

PROGRAM = Path(__file__).with_name("another_time.py")


@contextmanager
def clocked(
    folder: Path, identity: Path, config: Mapping[str, Any], wrong: timedelta, *, still: bool = False
) -> Iterator[OperatorProcess]:
    """The operator, ready, whose clock is ahead by `wrong`, or stands `still` at that time.

    `folder` gets a folder for it, `identity` is its kubeconfig. At the end it must have logged no traceback.
    """
    operator = OperatorProcess(folder / unique_name("operator"), identity, config)
    seconds = f"{wrong.total_seconds():.0f}"
    operator.command = [sys.executable, str(PROGRAM), str(operator.config_file), seconds, *(["still"] if still else [])]
    operator.start_and_wait()
    try:
        yield operator
        assert operator.complaints() == ""
    finally:
        operator.stop()
