"""Loads rules from the cluster into the local Prometheus, as the Prometheus Operator would.

PrometheusRules and rule ConfigMaps that a label selector finds are copied as they are, one file for each rule file,
and Prometheus is told to reload. Objects that went take their files with them. It reads the cluster and never
writes to it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
from kubernetes.aio import client as k8s
from kubernetes.aio import config as k8s_config

from harness.prometheus import Prometheus

logger = logging.getLogger(__name__)

# What deploy/config.yaml puts on every rule.
DEFAULT_SELECTOR = "release=prometheus"
PROMETHEUS_RULES = "/apis/monitoring.coreos.com/v1/prometheusrules"
CONFIG_MAPS = "/api/v1/configmaps"
WATCH_SECONDS = "300"
RETRY_SECONDS = 1.0
# Rules usually come in bursts, and one reload serves them all.
SETTLE_SECONDS = 0.2

Object = dict[str, Any]


@dataclass(frozen=True)
class Selection:
    """Which rules a Prometheus loads.

    `rules` and `config_maps` are label selectors; `namespaces` is None for all, else those that are looked at.
    """

    rules: str = DEFAULT_SELECTOR
    config_maps: str = DEFAULT_SELECTOR
    namespaces: frozenset[str] | None = None

    def sees(self, obj: Object) -> bool:
        """Whether the object's namespace is looked at."""
        return self.namespaces is None or obj["metadata"]["namespace"] in self.namespaces


def rule_files(obj: Object) -> dict[str, str]:
    """File name to content for a PrometheusRule's spec, or for every key of a ConfigMap."""
    metadata = obj["metadata"]
    stem = f"{metadata['namespace']}_{metadata['name']}"
    if "spec" in obj:
        # JSON is YAML, and with hundreds of rules far quicker to write.
        return {f"rule_{stem}.yaml": json.dumps(obj["spec"], indent=1, ensure_ascii=False)}
    return {f"configmap_{stem}_{key}.yaml": text for key, text in (obj.get("data") or {}).items()}


class NotServedError(Exception):
    """The API server has no such resource type."""


class Collection:
    """All selected objects of one resource type."""

    def __init__(self, api: k8s.ApiClient, url: str, selector: str) -> None:
        self.url = url
        self._api = api
        self._selector = selector

    async def snapshots(self) -> AsyncIterator[Iterable[Object]]:
        """All objects, once at first and after every change, until the watch ends.

        Raises NotServedError, aiohttp.ClientError, TimeoutError.
        """
        first = json.loads(await (await self._get()).read())
        objects = {obj["metadata"]["uid"]: obj for obj in first["items"]}
        yield objects.values()
        version = first["metadata"]["resourceVersion"]
        watch = await self._get(watch="true", resourceVersion=version, timeoutSeconds=WATCH_SECONDS)
        rest = b""
        async for chunk in watch.content.iter_any():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    # The version is too old, for example: listing anew is the answer to all of them.
                    return
                uid = event["object"]["metadata"]["uid"]
                if event["type"] == "DELETED":
                    objects.pop(uid, None)
                else:
                    objects[uid] = event["object"]
            yield objects.values()

    async def _get(self, **query: str) -> aiohttp.ClientResponse:
        headers = {"Accept": "application/json"}
        url = f"{self.url}?{urlencode({'labelSelector': self._selector, **query})}"
        await self._api.update_params_for_auth(headers, [], ["BearerToken"], url, "GET", None)
        timeout = aiohttp.ClientTimeout(total=float(WATCH_SECONDS) + 30, connect=5)
        answer: aiohttp.ClientResponse = (
            await self._api.call_api("GET", url, headers, None, _request_timeout=timeout)
        ).response
        if answer.status == 404:
            raise NotServedError(self.url)
        answer.raise_for_status()
        return answer


class RuleLoader:
    """Keeps one Prometheus' rule folder equal to the cluster's selected rules, until cancelled."""

    def __init__(self, kubeconfig: Path, folder: Path, prometheus_url: str, selection: Selection | None = None) -> None:
        self._kubeconfig = kubeconfig
        self._folder = folder
        self._url = prometheus_url
        self._selection = selection or Selection()
        # By collection; the folder holds exactly their rule files.
        self._objects: dict[str, list[Object]] = {}
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Copy and reload until cancelled."""
        self._folder.mkdir(parents=True, exist_ok=True)
        configuration = k8s.Configuration()
        await k8s_config.load_kube_config(config_file=str(self._kubeconfig), client_configuration=configuration)
        async with (
            k8s.ApiClient(configuration) as api,
            aiohttp.ClientSession() as session,
            asyncio.TaskGroup() as tasks,
        ):
            for path, selector in (
                (PROMETHEUS_RULES, self._selection.rules),
                (CONFIG_MAPS, self._selection.config_maps),
            ):
                tasks.create_task(self._follow(Collection(api, configuration.host + path, selector)))
            tasks.create_task(self._write(session))

    async def _follow(self, collection: Collection) -> None:
        """List, then watch, for ever; a kind that is not served has no objects."""
        while True:
            try:
                async for objects in collection.snapshots():
                    self._publish(collection, objects)
            except NotServedError:
                self._publish(collection, [])
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                logger.warning("cannot read %s, trying again: %s", collection.url, error)
            await asyncio.sleep(RETRY_SECONDS)

    def _publish(self, collection: Collection, objects: Iterable[Object]) -> None:
        self._objects[collection.url] = [obj for obj in objects if self._selection.sees(obj)]
        # Until both kinds are known, what lies in the folder from before may still be wanted.
        if len(self._objects) == 2:
            self._changed.set()

    async def _write(self, session: aiohttp.ClientSession) -> None:
        """Bring the folder to the state of the cluster, and tell Prometheus; again until it has accepted."""
        while True:
            await self._changed.wait()
            await asyncio.sleep(SETTLE_SECONDS)
            self._changed.clear()
            wanted: dict[str, str] = {}
            for objects in self._objects.values():
                for obj in objects:
                    wanted |= rule_files(obj)
            self._write_files(wanted)
            try:
                async with session.post(f"{self._url}/-/reload") as answer:
                    if answer.status == 200:
                        logger.info("%d rule files loaded", len(wanted))
                        continue
                    logger.error("Prometheus refuses the rules: %s", (await answer.text()).strip())
            except aiohttp.ClientError as error:
                logger.warning("Prometheus cannot be told to reload, trying again: %s", error)
            self._changed.set()
            await asyncio.sleep(RETRY_SECONDS)

    def _write_files(self, wanted: dict[str, str]) -> None:
        for path in self._folder.glob("*.yaml"):
            if path.name not in wanted:
                path.unlink()
        for name, text in wanted.items():
            path = self._folder / name
            if not path.exists() or path.read_text() != text:
                path.write_text(text)


def loader_command(
    kubeconfig: Path,
    prometheus: Prometheus,
    selector: str = DEFAULT_SELECTOR,
    namespaces: Sequence[str] = (),
) -> list[str | Path]:
    """The command that runs a loader for this Prometheus as a process of its own; no namespaces are all."""
    return [
        *(sys.executable, "-m", "harness.loader", "--kubeconfig", kubeconfig),
        *("--rules", prometheus.rules_folder, "--prometheus", prometheus.url, "--selector", selector),
        *(f"--namespace={namespace}" for namespace in namespaces),
    ]


def main() -> None:
    """`python -m harness.loader --kubeconfig FILE --rules FOLDER --prometheus URL [--selector LABELS]`."""
    parser = argparse.ArgumentParser(prog="python -m harness.loader", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--rules", type=Path, required=True, help="Prometheus' rule folder")
    parser.add_argument("--prometheus", required=True, help="Prometheus' base URL")
    parser.add_argument("--selector", default=DEFAULT_SELECTOR, help="labels that a rule must carry")
    parser.add_argument("--namespace", action="append", help="look only there (may be repeated)")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    namespaces = frozenset(arguments.namespace) if arguments.namespace else None
    selection = Selection(arguments.selector, arguments.selector, namespaces)
    loader = RuleLoader(arguments.kubeconfig, arguments.rules, arguments.prometheus, selection)
    asyncio.run(_until_terminated(loader.run()))


async def _until_terminated(work: Any) -> None:
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        logger.info("stopped")


if __name__ == "__main__":
    main()
