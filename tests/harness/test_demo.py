"""`make demo`, as a process of its own: it comes out as README says or says why not, and leaves nothing behind."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.demo import story, told
from harness.process import wait_until

pytestmark = pytest.mark.long

REPOSITORY = Path(__file__).parents[2]
MARK = "TEST_OF_THE_DEMO"


class Demo:
    """The demo in a folder of its own; every process that it starts inherits a mark in its environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "output.txt"
        self._mark = str(uuid.uuid4())
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "harness.demo", "--once"],
                cwd=folder,
                env=os.environ | {MARK: self._mark, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def running(self) -> list[psutil.Process]:
        """Its processes."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(MARK) == self._mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def part(self, program: str) -> psutil.Process | None:
        """The process of the program of that name, None where it does not run."""
        for process in self.running():
            # A process that begins or ends at this moment has no command line.
            with suppress(psutil.Error):
                if Path(next(iter(process.cmdline()), "")).name == program:
                    return process
        return None


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    yield demo
    for process in demo.running():
        process.kill()
    demo.process.wait()


def test_the_demo_goes_as_told_and_leaves_nothing_running(demo: Demo) -> None:
    wait_until(lambda: demo.part("kube-apiserver"), 300, "its API server being there")
    second = subprocess.run(
        [sys.executable, "-m", "harness.demo", "--once"],
        cwd=demo.folder,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (second.returncode, second.stderr.split(";")[0]) == (1, "error: the demo runs already in this folder")

    code = demo.process.wait(timeout=900)
    output = demo.output.read_text()
    assert code == 0, output
    for column in ("CONSUMERS", "OBJECTIVE", "PLAN"):
        assert column in output
    for name, state in story.EXPECTED_STATES.items():
        assert any(f"sla.platformcontracts.io/{name} " in line and state in line for line in output.splitlines())
    assert story.EXPECTED_SATISFACTION in output
    assert '"state":"Shipped"' in output
    assert "Paging from Prometheus: SLABurnRate" in output
    assert demo.running() == []
    assert not (demo.folder / ".demo").exists()


def test_a_demo_that_breaks_says_so_and_leaves_nothing_running(demo: Demo) -> None:
    wait_until(lambda: demo.part("prometheus"), 300, "its Prometheus being there")
    prometheus = demo.part("prometheus")
    assert prometheus is not None
    prometheus.kill()
    assert demo.process.wait(timeout=300) == 1
    output = demo.output.read_text()
    assert "error: the demo does not go as README says: " in output
    assert "Traceback" not in output
    assert demo.running() == []


def contracts() -> list[dict[str, Any]]:
    """All that the demo should find."""
    found: list[dict[str, Any]] = []
    for name, state in story.EXPECTED_STATES.items():
        figures = {} if state == "Unknown" else {"sli": "99.9", "budget": "10.0"}
        attainment = {"state": state, "worst": {"target": "99", **figures}}
        metadata = {"namespace": story.PROVIDER_NAMESPACE, "name": name}
        found.append({"kind": "SLA", "metadata": metadata, "status": {**attainment}})
        found.append({"kind": "PlatformService", "metadata": metadata, "status": {"sla": attainment}})
    consumers = [("team", str(number)) for number in range(story.READY_CONSUMERS)]
    for namespace, name in [*consumers, story.REFUSED_CONSUMER]:
        let_in = (namespace, name) != story.REFUSED_CONSUMER
        conditions = [{"type": type_, "status": str(let_in)} for type_ in ("Approved", "Ready")]
        status = {"conditions": conditions, **({"sla": {"state": "Met"}} if let_in else {})}
        metadata = {"namespace": namespace, "name": name}
        found.append({"kind": "PlatformConsumer", "metadata": metadata, "status": status})
    return found


def changed(kind: str, name: str, **status: Any) -> list[dict[str, Any]]:
    objects = copy.deepcopy(contracts())
    obj = next(obj for obj in objects if (obj["kind"], obj["metadata"]["name"]) == (kind, name))
    obj["status"] |= status
    return objects


def test_what_is_as_told_is_accepted() -> None:
    assert told.differences(contracts()) == []


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        (changed("SLA", "identity", state="Met"), "SLA identity is Met instead of Breached"),
        (changed("SLA", "payments", worst={"sli": "99.9"}), "SLA payments is measured and shows only sli"),
        (changed("SLA", "search", worst={"sli": "99.9"}), "SLA search is not measured and shows sli"),
        (changed("PlatformService", "artifacts", sla={}), "PlatformService artifacts is None instead of AtRisk"),
        (changed("PlatformConsumer", "0", conditions=[]), "PlatformConsumer team/0 has "),
        (changed("PlatformConsumer", "0", sla=None), "PlatformConsumer team/0 shows no SLA"),
        (
            changed("PlatformConsumer", "payments", sla={"state": "Met"}),
            "PlatformConsumer team-c/payments shows an SLA",
        ),
        (contracts()[:-1], "there are 5 PlatformConsumers instead of 6"),
    ],
)
def test_what_is_not_as_told_is_named(objects: list[dict[str, Any]], said: str) -> None:
    (difference,) = told.differences(objects)
    assert difference.startswith(said)


def test_only_a_page_about_the_service_with_the_outage_counts() -> None:
    labels = {
        "alertname": "SLABurnRate",
        "namespace": story.PROVIDER_NAMESPACE,
        "sla": story.VICTIM,
        "severity": "page",
    }

    def alert(state: str = "firing", **others: str) -> dict[str, Any]:
        return {"state": state, "labels": labels | others}

    assert told.pages([alert(), alert()]) == ["SLABurnRate"]
    assert told.pages([alert("pending"), alert(severity="ticket"), alert(sla="identity"), alert(namespace="a")]) == []
