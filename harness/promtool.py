"""promtool: rule checks and history."""

from __future__ import annotations

import subprocess
from datetime import datetime
from pathlib import Path

# One block for a whole month is written in a moment; the default of two hours takes a minute.
HISTORY_BLOCK = "744h"
# A longer block at one sample a minute would exceed the 11,000 points that Prometheus allows a query.
RULES_BLOCK = "162h"


class PromtoolError(Exception):
    """promtool ended with an error; the message is what it said."""


class Promtool:
    """Runs promtool."""

    def __init__(self, program: Path) -> None:
        self.program = program

    def __call__(
        self, *arguments: str | Path, check: bool = True, timeout: float = 600.0, folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """The completed process, run in `folder`, with text output. Raises PromtoolError unless `check` is False."""
        done = subprocess.run(
            [str(self.program), *(str(argument) for argument in arguments)],
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
            cwd=folder,
        )
        if check and done.returncode != 0:
            raise PromtoolError(f"promtool {' '.join(map(str, arguments))}: {done.stdout}{done.stderr}")
        return done

    def check_rules(self, *files: Path) -> None:
        """Every lint must pass. Raises PromtoolError."""
        self("check", "rules", "--lint=all", "--lint-fatal", *files)

    def test_rules(self, *files: Path) -> None:
        """Run rule unit tests. Raises PromtoolError with the differences."""
        self("test", "rules", *files)

    def load_history(self, openmetrics: Path, data_folder: Path) -> None:
        """Write blocks from an OpenMetrics file with timestamps; Prometheus sees them after a restart.

        The file must end before now: later blocks make live samples out of bounds. Raises PromtoolError.
        """
        self(
            "tsdb",
            "create-blocks-from",
            "openmetrics",
            "--quiet",
            f"--max-block-duration={HISTORY_BLOCK}",
            openmetrics,
            data_folder,
        )

    def evaluate_rules(
        self, url: str, rules: Path, data_folder: Path, start: datetime, end: datetime, interval: str = "60s"
    ) -> None:
        """Evaluate a file's recording rules over the past against a running server; writes blocks.

        Rules that read recorded series need a later pass, after the blocks of the first are loaded. A group's own
        interval goes before `interval`. When in it a group is evaluated depends on its name and on the name of
        its file, without the folder. Raises PromtoolError.
        """
        self(
            "tsdb",
            "create-blocks-from",
            "rules",
            "--quiet",
            f"--url={url}",
            f"--start={start.timestamp():.0f}",
            f"--end={end.timestamp():.0f}",
            f"--eval-interval={interval}",
            f"--max-block-duration={RULES_BLOCK}",
            f"--output-dir={data_folder.absolute()}",
            rules.name,
            folder=rules.parent,
        )
