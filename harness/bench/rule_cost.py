"""What rules cost Prometheus: the operator's and Sloth's for the same objectives, over the same history.

Both sets of rules run side by side in one Prometheus that has days of history: the raw series, and what both would
have recorded of them. Each group is evaluated more often than it asks for, so that it is done in minutes; what an
evaluation takes is divided by the interval that the group asks for.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from harness.backfill import SECONDS, backfill
from harness.bench import sloth, workload
from harness.bench.outcome import Outcome, table
from harness.programs import prometheus_programs
from harness.progress import step
from harness.prometheus import Prometheus
from harness.promtool import Promtool
from platform_contracts.config import DataSource
from platform_contracts.kube.objects import format_time

NAME = "rules"
MOST_SHARE = 0.2
SERVICES, PODS, CODES = 20, 40, ("200", "201", "404", "500", "503")
ERRORS = 'code=~"5.."'
TARGET = "99.9"
DAYS, SCRAPE_SECONDS = 3, 60
EVALUATIONS, MEASURED_INTERVAL = 20, 6
# Prometheus' own default, for groups that name no interval.
DEFAULT_INTERVAL = "1m"
OURS, THEIRS = "operator", f"Sloth {sloth.VERSION}"
CAPTION = (
    f"Median of {EVALUATIONS} evaluations of each rule group as Prometheus measures it, by the group's own interval, "
    "summed over all groups: the share of one core that evaluating these rules keeps busy. Recorded series are those "
    "of one objective."
)

Group = dict[str, Any]


@dataclass(frozen=True)
class Cost:
    """What one side's rules cost: seconds of evaluation a second, and how they come about."""

    groups: int
    rules: int
    recorded: int
    busy: float


def run(options: argparse.Namespace) -> Outcome:
    """Measure both sides in one Prometheus."""
    with tempfile.TemporaryDirectory(prefix="platform-contracts-bench-") as folder:
        return outcome(_measure(Path(folder)))


def _measure(folder: Path) -> dict[str, Cost]:
    end = datetime.now(UTC)
    start = end - timedelta(days=DAYS)
    sides = {OURS: _ours(start), THEIRS: _theirs(folder / "sloth")}
    programs = prometheus_programs()
    prometheus, promtool = Prometheus(folder / "prometheus", programs=programs), Promtool(programs.promtool)
    with step(f"Writing {DAYS} days of {SERVICES * PODS * len(CODES)} series"):
        history = folder / "history.om"
        _write(history, start, end)
        promtool.load_history(history, prometheus.data_folder)
        history.unlink()
    prometheus.start()
    try:
        with step("Recording what both sides' rules would have recorded over that time"):
            backfill(prometheus, promtool, [group for groups in sides.values() for group in groups], start, end)
        return _watch(prometheus, sides)
    finally:
        prometheus.stop()


def _job(number: int) -> str:
    return f"service-{number:02d}"


def _selectors(number: int) -> tuple[str, str]:
    """All requests of a service, and those that failed."""
    job = f'job="{_job(number)}"'
    return f"http_requests_total{{{job}}}", f"http_requests_total{{{job},{ERRORS}}}"


def _ours(start: datetime) -> list[Group]:
    source = DataSource(url="http://127.0.0.1:9", scrape_interval_seconds=SCRAPE_SECONDS)
    found = []
    for number in range(SERVICES):
        total, errors = _selectors(number)
        ratio = {"total": total, "errors": errors}
        objective = {"name": "availability", "target": TARGET, "indicator": {"ratio": ratio}}
        metadata = {"name": _job(number), "namespace": "bench", "creationTimestamp": format_time(start)}
        spec = {"serviceRef": {"name": _job(number)}, "objectives": [objective]}
        found += workload.rule_groups({"metadata": metadata, "spec": spec}, source)
    return found


def _theirs(folder: Path) -> list[Group]:
    levels = [
        sloth.service_level(
            _job(number), "bench", _job(number), [sloth.ratio("availability", float(TARGET), *_selectors(number))]
        )
        for number in range(SERVICES)
    ]
    return [{"interval": DEFAULT_INTERVAL} | group for group in sloth.rule_groups(folder, levels)]


def _write(path: Path, start: datetime, end: datetime) -> None:
    """An OpenMetrics file in which each pod counts at a pace of its own, and one request in some thousands fails."""
    times = range(int(start.timestamp()) // SCRAPE_SECONDS * SCRAPE_SECONDS, int(end.timestamp()), SCRAPE_SECONDS)
    with path.open("w") as out:
        out.write("# TYPE http_requests counter\n")
        for number in range(SERVICES):
            for pod in range(PODS):
                for place, code in enumerate(CODES):
                    head = f'http_requests_total{{job="{_job(number)}",pod="{pod}",code="{code}"}}'
                    pace = 600 + 10 * pod + number if place == 0 else 7 + pod % 5
                    every = 1 if place < 3 else 30
                    out.writelines(f"{head} {count // every * pace} {moment}\n" for count, moment in enumerate(times))
        out.write("# EOF\n")


def _watch(prometheus: Prometheus, sides: Mapping[str, Sequence[Group]]) -> dict[str, Cost]:
    """Evaluate both sides' rules side by side, and take what each group's evaluations took."""
    for number, groups in enumerate(sides.values()):
        measured = [{**group, "interval": f"{MEASURED_INTERVAL}s"} for group in groups]
        (prometheus.rules_folder / f"{number}.yaml").write_text(yaml.safe_dump({"groups": measured}))
    prometheus.reload()
    wanted = {group["name"] for groups in sides.values() for group in groups}
    took: dict[str, dict[str, float]] = defaultdict(dict)
    with step(f"Evaluating the rules of both sides, {EVALUATIONS} times each") as current:
        while any(len(took[name]) < EVALUATIONS for name in wanted):
            for group in prometheus.rule_groups():
                failed = [rule for rule in group["rules"] if rule["health"] == "err"]
                if failed:
                    raise RuntimeError(f"{group['name']}: {failed[0]['name']}: {failed[0]['lastError']}")
                if group["evaluationTime"]:
                    took[group["name"]][group["lastEvaluation"]] = group["evaluationTime"]
            current.detail = f"{min(len(took[name]) for name in wanted)} of {EVALUATIONS}"
            time.sleep(MEASURED_INTERVAL / 3)
    return {side: _cost(groups, took) for side, groups in sides.items()}


def _cost(groups: Sequence[Group], took: Mapping[str, Mapping[str, float]]) -> Cost:
    rules_ = [rule for group in groups for rule in group["rules"]]
    return Cost(
        groups=len(groups),
        rules=len(rules_),
        recorded=sum("record" in rule for rule in rules_) // SERVICES,
        busy=sum(
            statistics.median(list(took[group["name"]].values())[:EVALUATIONS]) / SECONDS[group["interval"]]
            for group in groups
        ),
    )


def outcome(sides: Mapping[str, Cost]) -> Outcome:
    """The table of both sides, and what the operator is held to."""
    title = f"{NAME}: {SERVICES} objectives over {PODS * len(CODES)} series each, {DAYS} days of history"
    made = table(title, CAPTION, "groups", "rules", "recorded series", "ms a minute")
    for side, cost in sides.items():
        made.add_row(side, str(cost.groups), str(cost.rules), str(cost.recorded), f"{60_000 * cost.busy:.1f}")
    ours, theirs = sides[OURS], sides[THEIRS]
    share = ours.busy / theirs.busy
    made.add_row("ratio", "", "", "", f"{share:.0%}")
    checks = [
        (f"{share:.0%} of what Sloth's rules cost (at most {MOST_SHARE:.0%})", share <= MOST_SHARE),
        (f"{ours.recorded} recorded series an objective (at most 15)", ours.recorded <= 15),
    ]
    return Outcome(NAME, made, checks, {side: asdict(cost) for side, cost in sides.items()})
