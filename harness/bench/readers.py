"""Fifty people who read the page of a hundred services: how long until the first byte, and what the operator holds."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import aiohttp
import psutil

from harness.bench import workload
from harness.bench.bare_client import peak_megabytes
from harness.installation import operator_kubeconfig
from harness.kubectl import Kubectl
from harness.operator_process import OperatorProcess
from harness.prepared import prepared_cluster
from harness.process import wait_until
from platform_contracts.kube.objects import Object

SERVICES, CONSUMERS, READERS = 100, 200, 50
# Nobody reads faster: each has a page for so long before the next, which makes a hundred pages a second.
PAUSE_SECONDS = 0.5
MOST_MILLISECONDS, MOST_MEGABYTES = 50.0, 250.0
_SPACE = "bench-page"


class Readers(NamedTuple):
    """What it took."""

    pages: int
    seconds: float
    p50_milliseconds: float
    p95_milliseconds: float
    cpu_seconds: float
    peak_megabytes: float

    @property
    def checks(self) -> list[tuple[str, bool]]:
        """Each target in words, and whether it is reached."""
        return [
            (
                f"first byte of {self.pages} pages of {SERVICES} services within {self.p95_milliseconds:.0f} ms at p95 "
                f"under {READERS} readers, {self.pages / self.seconds:.0f} pages a second (at most "
                f"{MOST_MILLISECONDS:.0f} ms)",
                self.p95_milliseconds <= MOST_MILLISECONDS,
            ),
            (
                f"peak {self.peak_megabytes:.0f} MB while they read (at most {MOST_MEGABYTES:.0f})",
                self.peak_megabytes <= MOST_MEGABYTES,
            ),
        ]


def measure(seconds: float) -> Readers:
    """Let them read for so long, on a control plane of their own."""
    with (
        tempfile.TemporaryDirectory(prefix="platform-contracts-bench-") as folder,
        prepared_cluster(Path(folder) / "plane") as plane,
    ):
        identity = operator_kubeconfig(plane.kubectl, Path(folder) / "operator.kubeconfig")
        _furnish(plane.kubectl)
        token = plane.kubectl("create", "token", "reader", "-n", _SPACE).stdout.strip()
        operator = OperatorProcess(Path(folder) / "operator", identity, {"web": {}})
        operator.start_and_wait()
        try:
            wait_until(lambda: _settled(plane.kubectl), 120, "every service and SLA having a status")
            process = psutil.Process(operator.pid)
            before = process.cpu_times()
            took, spent = asyncio.run(_read(operator.page_url, token, seconds))
            after, peak = process.cpu_times(), peak_megabytes(operator.pid)
        finally:
            operator.stop()
    cpu = after.user + after.system - before.user - before.system
    took.sort()
    p50, p95 = (1000 * took[int(len(took) * share)] for share in (0.5, 0.95))
    return Readers(len(took), spent, p50, p95, cpu, peak)


async def _read(url: str, token: str, seconds: float) -> tuple[list[float], float]:
    """Seconds until the first byte of each page, and how long all of it took."""
    found: list[float] = []
    started = time.perf_counter()
    headers = {"Authorization": f"Bearer {token}"}

    async def read(number: int) -> None:
        choose = random.Random(number)
        # A connection of their own, as browsers have.
        async with aiohttp.ClientSession(headers=headers) as session:
            await asyncio.sleep(choose.uniform(0, PAUSE_SECONDS))
            while time.perf_counter() - started < seconds:
                asked = time.perf_counter()
                async with session.get(url + _path(choose)) as answer:
                    found.append(time.perf_counter() - asked)
                    await answer.read()
                    answer.raise_for_status()
                await asyncio.sleep(PAUSE_SECONDS)

    await asyncio.gather(*(read(number) for number in range(READERS)))
    return found, time.perf_counter() - started


def _path(choose: random.Random) -> str:
    """The list, somebody's search in it, or a service."""
    chance = choose.random()
    if chance < 0.3:
        return "/"
    if chance < 0.4:
        return f"/?q={choose.randrange(SERVICES):03d}"
    return f"/services/{_SPACE}/service-{choose.randrange(SERVICES):03d}"


def _furnish(kubectl: Kubectl) -> None:
    kubectl.apply(workload.namespace(_SPACE, **{workload.PROVIDER_LABEL: "true"}))
    kubectl("create", "serviceaccount", "reader", "-n", _SPACE)
    kubectl("create", "clusterrolebinding", "bench-reader", "--clusterrole=view", f"--serviceaccount={_SPACE}:reader")
    kubectl("create", "-f", "-", stdin=workload.listed(_contracts()), timeout=600.0)


def _contracts() -> Iterator[Object]:
    roadmap = {"items": [{"name": f"item-{number}", "state": "Planned"} for number in range(8)]}
    for number in range(SERVICES):
        name = f"service-{number:03d}"
        service = workload.service("All")
        said = {"displayName": f"Service {number}", "description": "What it does.", "roadmap": roadmap}
        yield service | {"metadata": {"name": name, "namespace": _SPACE}, "spec": service["spec"] | said}
        sla = workload.sla(number)
        about = {"serviceRef": {"name": name}}
        yield sla | {"metadata": {"name": name, "namespace": _SPACE}, "spec": sla["spec"] | about}
    for number in range(CONSUMERS):
        consumer = workload.consumer(number)
        reference = {"namespace": _SPACE, "name": f"service-{number % SERVICES:03d}"}
        yield workload.namespace(workload.home(number))
        yield consumer | {"spec": consumer["spec"] | {"serviceRef": reference}}


def _settled(kubectl: Kubectl) -> bool:
    objects = kubectl.get("psvc,sla,pcon", "-A")["items"]
    return all((obj.get("status") or {}).get("conditions") for obj in objects)
