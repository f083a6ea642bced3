"""The operator as a process of its own, with exactly the rights that deploy/ grants it."""

from __future__ import annotations

import copy
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from harness.ports import free_port
from harness.process import Process

# Thousands of contracts are counted at a scrape, and on a busy machine that takes its time.
METRICS_SECONDS = 30.0
# As much of a traceback as a reader needs.
COMPLAINT_LENGTH = 4000


class OperatorProcess(Process):
    """`python -m platform_contracts` with a configuration file, a log and probes on a free port."""

    def __init__(self, folder: Path, kubeconfig_path: Path, config: Mapping[str, Any] | None = None) -> None:
        self.port = free_port()
        self.config = copy.deepcopy(dict(config or {}))
        self.config.setdefault("http", {}).update(address="127.0.0.1", port=self.port)
        # Where its page is, if the configuration has one.
        self.page_url = f"http://127.0.0.1:{free_port()}" if "web" in self.config else ""
        if self.page_url:
            port = int(self.page_url.rpartition(":")[2])
            self.config["web"].update(enabled=True, address="127.0.0.1", port=port, baseURL=self.page_url)
        self.config_file = folder / "operator.yaml"
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(
            "operator",
            [sys.executable, "-m", "platform_contracts", "--config", self.config_file],
            folder / "operator.log",
            environment={"KUBECONFIG": str(kubeconfig_path)},
        )

    @property
    def url(self) -> str:
        """Where metrics and probes are served."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Write the configuration as it stands now, and start."""
        self.config_file.write_text(yaml.safe_dump(self.config, sort_keys=False))
        super().start()

    def start_and_wait(self, seconds: float = 60.0) -> None:
        """Start, and wait until /readyz says yes. Raises ProcessError with the log's end."""
        self.start()
        self.wait_ready(self.ready, seconds)

    def ready(self) -> bool:
        """Whether /readyz answers 200."""
        return self.probe("/readyz") == 200

    def probe(self, path: str) -> int | None:
        """The status code of a path, None where nobody answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def metrics(self) -> str:
        """The operator's own metrics in the Prometheus text format."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=METRICS_SECONDS) as answer:
            return str(answer.read().decode())

    def total(self, pattern: str) -> float:
        """The sum of its own metrics whose names (without the prefix) and labels match a regular expression without
        groups; 0.0 where none does."""
        return sum(map(float, re.findall(rf"^platform_contracts_{pattern} (\S+)$", self.metrics(), re.MULTILINE)))

    def complaints(self) -> str:
        """What it logged of an error that nobody expected, from the first traceback on; empty where there is none."""
        _, traceback, rest = self.log.read_text().partition("Traceback")
        return (traceback + rest)[:COMPLAINT_LENGTH]
