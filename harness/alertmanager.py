"""A real Alertmanager on a loopback port, alone, with its configuration and data in one folder."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from harness.ports import free_port
from harness.process import Process
from harness.programs import ALERTMANAGER, build

REQUEST_SECONDS = 30.0


class Alertmanager:
    """One server under the configuration `config`, in the words of Alertmanager's own file."""

    def __init__(self, folder: Path, config: Mapping[str, Any]) -> None:
        self.folder = folder
        self.config = config
        self.port = free_port()
        self.process = Process(
            "alertmanager",
            [
                build(ALERTMANAGER) / "alertmanager",
                f"--config.file={folder / 'alertmanager.yml'}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                # No peers, and so no port for them.
                "--cluster.listen-address=",
            ],
            folder / "alertmanager.log",
            folder=folder,
        )

    @property
    def address(self) -> str:
        """host:port, as a Prometheus names it."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it is ready. Raises ProcessError with the log's end."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "alertmanager.yml").write_text(yaml.safe_dump(dict(self.config), sort_keys=False))
        self.process.start_until(self.ready)

    def stop(self) -> None:
        """End it in order."""
        self.process.stop()

    def ready(self) -> bool:
        """Whether it says that it is ready to serve."""
        try:
            self._request("/-/ready")
        except OSError:
            return False
        return True

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that it holds, with what became of them, as the API gives them."""
        found: list[dict[str, Any]] = json.loads(self._request("/api/v2/alerts"))
        return found

    def send(self, alerts: Sequence[Mapping[str, Any]]) -> None:
        """Hand it alerts as a Prometheus would: each with labels and annotations."""
        self._request("/api/v2/alerts", json.dumps([dict(alert) for alert in alerts]).encode())

    def _request(self, path: str, body: bytes | None = None) -> bytes:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"http://{self.address}{path}", data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as answer:
            return bytes(answer.read())
