"""Fifty people who read the page of a hundred services: how long until the first byte, and what the operator holds.

Half of them may read everything. The others each have rights in one namespace of services and in the home of one team:
what they see is nobody else's, so that a page that was rendered for one is of no use to the next.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
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
# Namespaces of services, and readers who may read one of them alone.
SPACES, NARROW = 10, 25
# Nobody reads faster: each has a page for so long before the next, which makes a hundred pages a second.
PAUSE_SECONDS = 0.5
# They come one after the other: of each the API server is asked whose the token is, and what they may.
ARRIVAL_SECONDS = 10.0
MOST_MILLISECONDS, MOST_MEGABYTES = 50.0, 250.0
_ACCOUNTS = "bench-readers"


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
                f"under {READERS} readers, half of them with rights in one namespace each, "
                f"{self.pages / self.seconds:.0f} pages a second (at most {MOST_MILLISECONDS:.0f} ms)",
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
        tokens = [
            plane.kubectl("create", "token", _account(number), "-n", _ACCOUNTS).stdout.strip()
            for number in range(READERS)
        ]
        operator = OperatorProcess(Path(folder) / "operator", identity, {"web": {}})
        operator.start_and_wait()
        try:
            wait_until(lambda: _settled(plane.kubectl), 120, "every service and SLA having a status")
            process = psutil.Process(operator.pid)
            before = process.cpu_times()
            took, spent = asyncio.run(_read(operator.page_url, tokens, seconds))
            after, peak = process.cpu_times(), peak_megabytes(operator.pid)
        finally:
            operator.stop()
    cpu = after.user + after.system - before.user - before.system
    took.sort()
    p50, p95 = (1000 * took[int(len(took) * share)] for share in (0.5, 0.95))
    return Readers(len(took), spent, p50, p95, cpu, peak)


async def _read(url: str, tokens: Sequence[str], seconds: float) -> tuple[list[float], float]:
    """Seconds until the first byte of each page, each reader's first ones among them, and how long all of it took."""
    found: list[float] = []
    started = time.perf_counter()

    async def read(number: int, token: str) -> None:
        choose, headers = random.Random(number), {"Authorization": f"Bearer {token}"}
        # A connection of their own, as browsers have.
        async with aiohttp.ClientSession(headers=headers) as session:
            await asyncio.sleep(choose.uniform(0, ARRIVAL_SECONDS))
            while time.perf_counter() - started < ARRIVAL_SECONDS + seconds:
                asked = time.perf_counter()
                async with session.get(url + _path(choose, number)) as answer:
                    found.append(time.perf_counter() - asked)
                    await answer.read()
                    answer.raise_for_status()
                await asyncio.sleep(PAUSE_SECONDS)

    await asyncio.gather(*(read(number, token) for number, token in enumerate(tokens)))
    return found, time.perf_counter() - started


def _account(number: int) -> str:
    """The ServiceAccount of the n-th reader."""
    return f"reader-{number:02d}"


def _space(number: int) -> str:
    """Where the n-th service is."""
    return f"bench-page-{number % SPACES}"


def _path(choose: random.Random, reader: int) -> str:
    """The list, somebody's search in it, or a service that the reader may read."""
    chance = choose.random()
    if chance < 0.3:
        return "/"
    if chance < 0.4:
        return f"/?q={choose.randrange(SERVICES):03d}"
    number = choose.randrange(SERVICES)
    if reader < NARROW:
        number += reader % SPACES - number % SPACES
    return f"/services/{_space(number)}/service-{number:03d}"


def _furnish(kubectl: Kubectl) -> None:
    spaces = [workload.namespace(_space(number), **{workload.PROVIDER_LABEL: "true"}) for number in range(SPACES)]
    kubectl.apply(workload.namespace(_ACCOUNTS), *spaces)
    kubectl("create", "-f", "-", stdin=workload.listed([*_contracts(), *_readers()]), timeout=600.0)


def _readers() -> Iterator[Object]:
    """The readers and their rights: the first in one namespace of services, and in the home of a team that uses one."""
    rbac = "rbac.authorization.k8s.io"
    role = {"apiGroup": rbac, "kind": "ClusterRole", "name": "view"}
    for number in range(READERS):
        name = _account(number)
        yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": _ACCOUNTS}}
        whom = {"subjects": [{"kind": "ServiceAccount", "name": name, "namespace": _ACCOUNTS}], "roleRef": role}
        binding = {"apiVersion": f"{rbac}/v1", **whom}
        if number >= NARROW:
            yield {**binding, "kind": "ClusterRoleBinding", "metadata": {"name": f"bench-{name}"}}
        else:
            for place in (_space(number), workload.home(number)):
                yield {**binding, "kind": "RoleBinding", "metadata": {"name": name, "namespace": place}}


def _contracts() -> Iterator[Object]:
    roadmap = {"items": [{"name": f"item-{number}", "state": "Planned"} for number in range(8)]}
    for number in range(SERVICES):
        name = f"service-{number:03d}"
        service = workload.service("All")
        said = {"displayName": f"Service {number}", "description": "What it does.", "roadmap": roadmap}
        yield service | {"metadata": {"name": name, "namespace": _space(number)}, "spec": service["spec"] | said}
        sla = workload.sla(number)
        about = {"serviceRef": {"name": name}}
        yield sla | {"metadata": {"name": name, "namespace": _space(number)}, "spec": sla["spec"] | about}
    for number in range(CONSUMERS):
        consumer = workload.consumer(number)
        reference = {"namespace": _space(number), "name": f"service-{number % SERVICES:03d}"}
        yield workload.namespace(workload.home(number))
        yield consumer | {"spec": consumer["spec"] | {"serviceRef": reference}}


def _settled(kubectl: Kubectl) -> bool:
    objects = kubectl.get("psvc,sla,pcon", "-A")["items"]
    return all((obj.get("status") or {}).get("conditions") for obj in objects)
