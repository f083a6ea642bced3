"""Recorded series over the past: what Prometheus would have recorded, had the rules been there all along.

Rules that read recorded series need these in the database first, so the rules are evaluated in passes, and the server
loads each pass' blocks before the next. Over the whole past only those series are computed that other recording rules
sum up; of the others the last minutes are enough for a reader to find, or one value an hour for one who draws them.
"""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from harness.prometheus import Prometheus
from harness.promtool import Promtool

# Longer than the slowest group's interval and a reader's look-back.
RECENT = timedelta(minutes=15)
# The intervals of groups that can be backfilled, in seconds.
SECONDS = {"1m": 60, "2m": 120, "3m": 180, "4m": 240, "5m": 300, "1h": 3600}
# All evaluations begin on the grid of the slowest group, so that sums of sums fit without a gap.
GRID_SECONDS = SECONDS["5m"]
RULE_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
# As many as there are cores on a small machine: Prometheus does the work.
PARALLEL = 2

Group = dict[str, Any]


@dataclass(frozen=True)
class Recording:
    """One recording rule, the interval of its group, and how many passes must come before it."""

    rule: dict[str, Any]
    interval: str
    level: int
    is_read: bool


def recordings(groups: Iterable[Group]) -> list[Recording]:
    """The recording rules of rule groups, each with its place in the order of evaluation."""
    rules = [(rule, group["interval"]) for group in groups for rule in group["rules"] if "record" in rule]
    names = {rule["record"] for rule, _ in rules}
    reads: dict[str, set[str]] = defaultdict(set)
    for rule, _ in rules:
        reads[rule["record"]] |= names & set(RULE_NAME.findall(rule["expr"]))

    def level(name: str) -> int:
        return 1 + max(map(level, reads[name])) if reads[name] else 0

    read = set().union(*reads.values())
    return [Recording(rule, interval, level(rule["record"]), rule["record"] in read) for rule, interval in rules]


@dataclass(frozen=True)
class Past:
    """Rule groups, and the time over which to evaluate them."""

    groups: Sequence[Group]
    start: datetime
    end: datetime
    drawn: str | None = None


def backfill(
    prometheus: Prometheus,
    promtool: Promtool,
    groups: Iterable[Group],
    start: datetime,
    end: datetime,
    *,
    drawn: str | None = None,
) -> None:
    """Evaluate the groups' recording rules from `start` to `end` into the server's database.

    Series whose name matches the pattern `drawn` have a value each hour in all that time.

    The server runs with its history loaded and no targets or rules yet: a live sample that is older than a block's
    end is lost. It is restarted after each pass. Raises PromtoolError.
    """
    backfill_all(prometheus, promtool, [Past(list(groups), start, end, drawn)])


def backfill_all(prometheus: Prometheus, promtool: Promtool, pasts: Iterable[Past]) -> None:
    """The same for several groups, each over its own time, in the same passes. Raises PromtoolError."""
    ordered = [(past, recordings(past.groups)) for past in pasts]
    levels = [recording.level for _, found in ordered for recording in found]
    for level in range(1 + max(levels, default=-1)):
        with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(PARALLEL) as pool:
            jobs: list[Future[None]] = []
            for past, found in ordered:
                batches: dict[tuple[str, bool], list[dict[str, Any]]] = defaultdict(list)
                for recording in found:
                    if recording.level == level:
                        batches[recording.interval, recording.is_read].append(recording.rule)
                        if past.drawn and not recording.is_read and re.fullmatch(past.drawn, recording.rule["record"]):
                            batches["1h", True].append(recording.rule)
                start = _floor(past.start, GRID_SECONDS)
                for (interval, throughout), rules in batches.items():
                    since = start if throughout else max(start, _floor(past.end - RECENT, GRID_SECONDS))
                    for part in _split(rules):
                        # All of one name: when a group is evaluated depends on it, and must be the same in each run.
                        path = Path(scratch) / str(len(jobs)) / "rules.yaml"
                        path.parent.mkdir()
                        group = {"name": "backfill", "interval": interval, "rules": part}
                        path.write_text(yaml.safe_dump({"groups": [group]}))
                        jobs.append(
                            pool.submit(
                                promtool.evaluate_rules,
                                *(prometheus.url, path, prometheus.data_folder, since, past.end, interval),
                            )
                        )
            for job in jobs:
                job.result()
        prometheus.restart()


def _split(rules: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """In as many parts as are evaluated side by side."""
    return [part for part in (rules[index::PARALLEL] for index in range(PARALLEL)) if part]


def _floor(moment: datetime, seconds: int) -> datetime:
    return datetime.fromtimestamp(moment.timestamp() // seconds * seconds, UTC)
