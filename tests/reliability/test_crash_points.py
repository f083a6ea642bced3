"""The operator killed at every single write, or its reply lost: the world is as if nothing had happened.

By default a part of the crash points of each scenario is tried, with every fault; `--faults all` tries every one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TextIO

import pytest

from harness.audit import AuditLog
from harness.controlplane import ControlPlane
from harness.fault_proxy import Fault, FaultProxy
from harness.installation import REPOSITORY
from harness.progress import step
from harness.prometheus import Prometheus
from harness.snapshot import Admin, comparable, differences
from tests.reliability.conftest import StartOperator
from tests.reliability.crash_points import Clean, Point, Row, is_in_a_world
from tests.reliability.crash_table import Trials
from tests.reliability.scenarios import SCENARIOS, Scenario

REPORT = REPOSITORY / "build" / "crash-points.txt"
# How many points of a scenario are tried by default.
PART = 9


@pytest.fixture(scope="module")
def trials(
    plane: ControlPlane,
    admin: Admin,
    proxy: FaultProxy,
    start_operator: StartOperator,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Trials]:
    prometheus = Prometheus(tmp_path_factory.mktemp("prometheus"))
    prometheus.start()
    operator = start_operator({"dataSources": {"default": {"url": prometheus.url}}})
    before = comparable(admin.everything())
    yield Trials(admin, proxy, operator, AuditLog(plane.audit_log))
    prometheus.stop()
    # Nothing outside the worlds changed.
    after = {ref: obj for ref, obj in admin.everything().items() if not is_in_a_world(ref)}
    assert differences(before, comparable(after)) == []


@pytest.fixture(scope="module")
def clean(trials: Trials) -> dict[str, Clean]:
    """Clean runs by the scenario's name."""
    return trials.learn(SCENARIOS)


@pytest.fixture(scope="module")
def report() -> Iterator[list[Row]]:
    rows: list[Row] = []
    yield rows
    REPORT.parent.mkdir(exist_ok=True)
    with REPORT.open("w") as file:
        write_table(rows, file)
        print(*rows, sep="\n", file=file)


def write_table(rows: Sequence[Row], file: TextIO) -> None:
    """How many points of each scenario were tried with which fault, and how many of them ended differently."""
    tried = Counter((row.scenario, row.point.fault) for row in rows if row.struck)
    different = Counter(row.scenario for row in rows if row.problems)
    print(f"{'scenario':13}", *(f"{fault:>13}" for fault in Fault), f"{'did not come':>13}", "different", file=file)
    for name in dict.fromkeys(row.scenario for row in rows):
        missed = sum(row.scenario == name and not row.struck for row in rows)
        numbers = [*(tried[name, fault] for fault in Fault), missed]
        print(f"{name:13}", *(f"{number:13}" for number in numbers), f"{different[name]:9}", file=file)
    print(f"{tried.total()} crash points, {different.total()} ended differently\n", file=file)


def part(points: Sequence[Point]) -> list[Point]:
    """Some of them, from all over, with every fault: they come by write and then by fault."""
    stride = -(-len(points) // PART)
    return list(points[:: stride + (stride % len(Fault) == 0)])


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_write_is_a_crash_point(
    trials: Trials, clean: dict[str, Clean], report: list[Row], scenario: Scenario, request: pytest.FixtureRequest
) -> None:
    points = clean[scenario.name].points()
    if request.config.getoption("--faults") == "part":
        points = part(points)
    rows = []
    with step(f"Crash points of {scenario.name}") as current:
        for row in trials.crash(scenario, clean[scenario.name], points):
            rows.append(row)
            report.append(row)
            current.detail = f"{len(rows)} of {len(points)}"
    assert {row.point.fault for row in rows} == set(Fault)
    assert [str(row) for row in rows if row.problems] == []
    assert [str(row) for row in rows if row.point.required and not row.struck] == []
