"""The limit: a client that knows what to write beforehand and does nothing but write it."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import yaml


@dataclass(frozen=True)
class Request:
    """One write."""

    method: str
    path: str
    body: dict[str, Any]
    content_type: str = "application/json"


async def send(kubeconfig: Path, chains: Sequence[Sequence[Request]], concurrency: int) -> dict[str, float]:
    """Send all chains, `concurrency` at a time and each chain in order; returns wall and CPU seconds and peak MB."""
    server, context, headers = _credentials(kubeconfig)
    pending = iter(chains)
    connector = aiohttp.TCPConnector(limit=64, ssl=context)
    async with aiohttp.ClientSession(server, connector=connector, headers=headers) as session:

        async def worker() -> None:
            for chain in pending:
                for request in chain:
                    async with session.request(
                        request.method,
                        request.path,
                        data=json.dumps(request.body),
                        headers={"Content-Type": request.content_type},
                    ) as answer:
                        text = await answer.read()
                        if answer.status >= 300:
                            raise RuntimeError(f"{request.method} {request.path}: {answer.status} {text[:300]!r}")
                        json.loads(text)

        process = psutil.Process()
        before, started = process.cpu_times(), time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(worker())
        wall, after = time.perf_counter() - started, process.cpu_times()
    return {
        "wall_seconds": wall,
        "cpu_seconds": after.user + after.system - before.user - before.system,
        "peak_mb": peak_megabytes(process.pid),
    }


def peak_megabytes(pid: int) -> float:
    """The largest resident size that the process has had (VmHWM)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} has no VmHWM")


def _credentials(path: Path) -> tuple[str, ssl.SSLContext, dict[str, str]]:
    config = yaml.safe_load(path.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    return cluster["server"], ssl.create_default_context(cadata=authority), {"Authorization": f"Bearer {user['token']}"}


def main() -> None:
    """Read kubeconfig, concurrency and chains as JSON from standard input; print the figures as JSON."""
    order = json.load(sys.stdin)
    chains = [[Request(**request) for request in chain] for chain in order["chains"]]
    print(json.dumps(asyncio.run(send(Path(order["kubeconfig"]), chains, order["concurrency"]))))


if __name__ == "__main__":
    main()
