"""A real Prometheus on a loopback port, with its configuration, rule files and data in one folder."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from harness.ports import free_port
from harness.process import Process
from harness.programs import PrometheusPrograms, prometheus_programs

REQUEST_SECONDS = 30.0


class PrometheusError(Exception):
    """Prometheus refused a request; the message is what it answered."""


@dataclass(frozen=True)
class Target:
    """One scrape job: `address` is host:port, `labels` are put on every series."""

    job: str
    address: str
    labels: Mapping[str, str] = field(default_factory=dict)


class Prometheus:
    """One server. Rule files are whatever `*.yaml` lies in `rules_folder` at the time of a reload.

    `retention` must exceed every window that is asked for, or history vanishes. Alerts go to `alertmanagers`, each
    named by host:port. `options` are further ones of its command line.
    """

    def __init__(
        self,
        folder: Path,
        *,
        programs: PrometheusPrograms | None = None,
        targets: Sequence[Target] = (),
        scrape_interval: str = "15s",
        retention: str = "100d",
        alertmanagers: Sequence[str] = (),
        options: Sequence[str] = (),
        detached: bool = False,
    ) -> None:
        self.folder = folder
        self.programs = programs or prometheus_programs()
        self.targets = tuple(targets)
        self.scrape_interval = scrape_interval
        self.alertmanagers = tuple(alertmanagers)
        self.rules_folder = folder / "rules"
        self.data_folder = folder / "data"
        self.port = self._load_port()
        self.process = Process(
            "prometheus",
            [
                self.programs.prometheus,
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={self.data_folder}",
                f"--storage.tsdb.retention.time={retention}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--web.enable-lifecycle",
                # What fires before the Alertmanagers are discovered is lost, and comes again after this time.
                "--rules.alert.resend-delay=5s",
                "--log.level=warn",
                *options,
            ],
            folder / "prometheus.log",
            folder=folder,
            detached=detached,
        )

    @property
    def url(self) -> str:
        """The base URL of its HTTP API."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it is ready. Raises ProcessError with the log's end."""
        self.write_config()
        self.process.start_until(self.ready)

    def stop(self) -> None:
        """End it in order; data and port stay for the next start."""
        self.process.stop()

    def kill(self) -> None:
        """Kill it, as a crash would."""
        self.process.kill()

    def restart(self) -> None:
        """Stop and start: what was written into the data folder meanwhile is loaded."""
        self.stop()
        self.start()

    def ready(self) -> bool:
        """Whether it says that it is ready to serve."""
        try:
            self._request("/-/ready")
        except (OSError, PrometheusError):
            return False
        return True

    def set_targets(self, *targets: Target) -> None:
        """Scrape these from now on."""
        self.targets = targets
        self.write_config()
        self.reload()

    def reload(self) -> None:
        """Read configuration and rule files anew. Raises PrometheusError where they are wrong: nothing changes."""
        self._request("/-/reload", method="POST")

    def query(self, promql: str, at: datetime | float | None = None) -> list[dict[str, Any]]:
        """The result of an instant query, as the API gives it. Raises PrometheusError."""
        parameters = {"query": promql}
        if at is not None:
            parameters["time"] = str(at.timestamp() if isinstance(at, datetime) else at)
        answer = self._request("/api/v1/query", parameters)
        result: list[dict[str, Any]] = json.loads(answer)["data"]["result"]
        return result

    def value(self, promql: str, at: datetime | float | None = None) -> float | None:
        """The value of a query that gives one sample, None where it gives none. Raises PrometheusError."""
        result = self.query(promql, at)
        if len(result) > 1:
            raise PrometheusError(f"{promql} gives {len(result)} series instead of one")
        return float(result[0]["value"][1]) if result else None

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that are pending or firing, as the API gives them."""
        found: list[dict[str, Any]] = json.loads(self._request("/api/v1/alerts"))["data"]["alerts"]
        return found

    def rule_groups(self) -> list[dict[str, Any]]:
        """The rule groups that are loaded, with the health of each rule, as the API gives them."""
        found: list[dict[str, Any]] = json.loads(self._request("/api/v1/rules"))["data"]["groups"]
        return found

    def push(self, body: Mapping[str, Any]) -> None:
        """Hand in samples as OTLP's JSON has them, oldest first; it takes the option --web.enable-otlp-receiver.

        Raises PrometheusError.
        """
        self._request("/api/v1/otlp/v1/metrics", body=json.dumps(body).encode())

    def metrics(self) -> str:
        """Its own metrics in the Prometheus text format."""
        return self._request("/metrics").decode()

    def write_config(self) -> None:
        """Write prometheus.yml from the targets and intervals."""
        self.rules_folder.mkdir(parents=True, exist_ok=True)
        config = {
            "global": {"scrape_interval": self.scrape_interval, "evaluation_interval": self.scrape_interval},
            "rule_files": [str(self.rules_folder / "*.yaml")],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": list(self.alertmanagers)}]}]},
            "scrape_configs": [
                {
                    "job_name": target.job,
                    "static_configs": [{"targets": [target.address], "labels": dict(target.labels)}],
                }
                for target in self.targets
            ],
        }
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(config, sort_keys=False))

    def _load_port(self) -> int:
        path = self.folder / "port"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_text(str(free_port()))
        return int(path.read_text())

    def _request(
        self,
        path: str,
        parameters: Mapping[str, str] | None = None,
        method: str | None = None,
        *,
        body: bytes | None = None,
    ) -> bytes:
        """The answer to a request with form parameters or a JSON body."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        data = urllib.parse.urlencode(parameters).encode() if parameters else body
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise PrometheusError(
                f"{path} answered {error.code}: {error.read().decode(errors='replace')[:1000]}"
            ) from error
