"""Everything that runs during the demo, started in order and ended together."""

from __future__ import annotations

import json
import secrets
import shutil
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from harness.backfill import backfill
from harness.controlplane import ControlPlane
from harness.demo import story
from harness.history import History
from harness.installation import REPOSITORY, install_crds, operator_kubeconfig
from harness.loader import loader_command
from harness.operator_process import OperatorProcess
from harness.process import Process, wait_until
from harness.programs import prometheus_operator_crds, prometheus_programs
from harness.progress import step
from harness.prometheus import Prometheus, Target
from harness.promtool import Promtool
from harness.sample_service import SampleServiceProcess
from platform_contracts.api.names import SLA_LABEL

RULE_LABELS = {"release": "prometheus"}
EVALUATION_SECONDS = 5


class Stage:
    """The demo's parts, all in one folder; use it as a context manager, which ends them and deletes the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ending = ExitStack()
        self._ending.callback(shutil.rmtree, folder, ignore_errors=True)
        # Programs are built here where the cache has them not, with a progress of their own.
        self._operator_crds = prometheus_operator_crds()
        self.plane = ControlPlane(folder / "control-plane")
        self.prometheus = Prometheus(folder / "prometheus", programs=prometheus_programs())
        self.promtool = Promtool(self.prometheus.programs.promtool)
        self.kubectl = self.plane.kubectl
        self.services = {
            name: SampleServiceProcess(name, folder / "services", story.LIVE_RATE)
            for name, state in story.EXPECTED_STATES.items()
            if state != "Unknown"
        }
        self.operator: OperatorProcess | None = None
        self._signing_keys = folder / "signing-keys"

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.close()

    def start_cluster(self) -> None:
        """A control plane with the CRDs of this project and of the Prometheus Operator."""
        with step("Starting a Kubernetes API server"):
            self._ending.callback(self.plane.stop)
            self.plane.start()
            install_crds(self.kubectl)
            install_crds(self.kubectl, *self._operator_crds)

    def start_operator(self) -> None:
        """The operator under its own ServiceAccount."""
        with step("Starting the operator with its own, least rights"):
            self._signing_keys.write_text(secrets.token_urlsafe(32))
            identity = operator_kubeconfig(self.kubectl, self.folder / "operator.kubeconfig")
            self.operator = OperatorProcess(self.folder / "operator", identity, self._operator_config())
            self._ending.callback(self.operator.stop)
            self.operator.start_and_wait()

    def apply_contracts(self) -> None:
        """The example services, SLAs and consumers, and one service that nothing measures."""
        with step("Applying the contracts: kubectl apply -k examples/"):
            self.kubectl("apply", "-k", REPOSITORY / story.EXAMPLES)
            self.kubectl("apply", "-f", story.NEWCOMER)

    def seed_history(self) -> None:
        """Thirty days of metrics, and of what the operator's rules would have recorded from them."""
        now = datetime.now(UTC)
        with step(f"Writing {story.DAYS} days of metrics") as current:
            # A little more, so that the window is full.
            start = now - timedelta(days=story.DAYS, hours=1)
            addresses = {name: service.address for name, service in self.services.items()}
            past = History(story.past(now, addresses), start, now, story.STEP_SECONDS)
            metrics = self.folder / "history.om"
            past.write(metrics, lambda share: setattr(current, "detail", f"{share:.0%}"))
            current.detail = "promtool reads them"
            self.promtool.load_history(metrics, self.prometheus.data_folder)
            metrics.unlink()
        with step("Evaluating the operator's rules over those days"):
            self._ending.callback(self.prometheus.stop)
            self.prometheus.start()
            wait_until(self._rules_written, 30, "the rules of every SLA being written")
            groups = [group for rule in self._rules() for group in rule["spec"]["groups"]]
            backfill(self.prometheus, self.promtool, groups, past.start, past.end, drawn="sla:(errors|events):window")

    def go_live(self) -> None:
        """Sample services under traffic, scraped; the operator's rules loaded and evaluated."""
        with step("Starting the services, and live traffic"):
            for service in self.services.values():
                self._ending.callback(service.stop)
                service.start()
            for service in self.services.values():
                service.wait_ready(service.ready)
            targets = [Target(name, service.address) for name, service in self.services.items()]
            self.prometheus.set_targets(*targets)
            loader = Process(
                "rule loader",
                loader_command(self.plane.kubeconfig, self.prometheus),
                self.folder / "loader.log",
                folder=REPOSITORY,
            )
            self._ending.callback(loader.stop)
            loader.start()
            wait_until(lambda: len(self.prometheus.rule_groups()) > 0, 30, "Prometheus loading the rules")

    def contracts(self) -> list[dict[str, Any]]:
        """All services, SLAs and consumers as they are now."""
        found: list[dict[str, Any]] = self.kubectl.get("psvc,sla,pcon", "-A")["items"]
        return found

    def sla(self, name: str) -> dict[str, Any]:
        """An SLA as it is now."""
        found: dict[str, Any] = self.kubectl.get("sla", name, "-n", story.PROVIDER_NAMESPACE)
        return found

    def service(self, name: str) -> dict[str, Any]:
        """The status of a service as it is now."""
        found = self.kubectl.get("psvc", name, "-n", story.PROVIDER_NAMESPACE)
        return dict(found.get("status", {}))

    def ranking(self, name: str) -> list[str]:
        """What is ahead on a service's roadmap, by rank."""
        return [item["name"] for item in self.service(name).get("roadmap", {}).get("ranked", ())]

    def answers(self, namespace: str, name: str) -> list[str]:
        """What became of what a consumer's team asked for."""
        found = self.kubectl.get("pcon", name, "-n", namespace).get("status", {}).get("feedback", {})
        return [answer["state"] for answer in found.get("answers", ())]

    def ship(self, name: str, item: str) -> None:
        """The platform team sets an item of a service's roadmap to shipped."""
        items = self.kubectl.get("psvc", name, "-n", story.PROVIDER_NAMESPACE)["spec"]["roadmap"]["items"]
        place = [entry["name"] for entry in items].index(item)
        patch = [
            {"op": "add", "path": f"/spec/roadmap/items/{place}/state", "value": "Shipped"},
            {"op": "add", "path": f"/spec/roadmap/items/{place}/shippedDate", "value": f"{datetime.now(UTC):%Y-%m-%d}"},
        ]
        self.kubectl(
            *("patch", "psvc", name, "-n", story.PROVIDER_NAMESPACE, "--type=json", "-p", json.dumps(patch)),
        )

    def service_state(self, name: str) -> str:
        """The state of a service's SLAs on its own status, empty before the operator has written one."""
        return str(self.service(name).get("sla", {}).get("state", ""))

    def _rules(self) -> list[dict[str, Any]]:
        """Those of the SLAs; consumers have alert rules of their own, which record nothing."""
        rules: list[dict[str, Any]] = self.kubectl.get("prometheusrules", "-A", "-l", SLA_LABEL)["items"]
        return rules

    def _rules_written(self) -> bool:
        return len(self._rules()) == len(story.EXPECTED_STATES)

    def _operator_config(self) -> dict[str, Any]:
        return {
            "dataSources": {"default": {"url": self.prometheus.url, "scrapeIntervalSeconds": 15}},
            "rules": {"labels": RULE_LABELS},
            "web": {
                "signingKeysFile": str(self._signing_keys),
                "publicServices": [f"{story.PROVIDER_NAMESPACE}/{story.VICTIM}"],
            },
            "intervals": {"evaluationSeconds": EVALUATION_SECONDS},
        }
