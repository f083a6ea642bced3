"""The operator killed at every single write, or its reply lost: the world is as if nothing had happened.

By default a part of the crash points of each scenario is tried, with every fault; `--faults all` tries every one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

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

pytestmark = pytest.mark.long

REPORT = REPOSITORY / "build" / "crash-points.txt"
# How many points of a scenario are tried by default.
PART = 9
# Longer than any recovery may take: what sets a world right is not the operator's looking at everything once more.
SELDOM = {"evaluationSeconds": 600, "resyncSeconds": 600}


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
    operator = start_operator({"dataSources": {"default": {"url": prometheus.url}}, "intervals": SELDOM})
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
def report() -> list[Row]:
    """What came of all crash points so far."""
    REPORT.parent.mkdir(exist_ok=True)
    return []


def text_of(rows: Sequence[Row]) -> str:
    """How many points of each scenario were tried with which fault, how many ended differently, and each of them."""
    tried = Counter((row.scenario, row.point.fault) for row in rows if row.struck)
    different = Counter(row.scenario for row in rows if row.problems)
    lines = [f"{'scenario':13}" + "".join(f"{text:>14}" for text in (*Fault, "did not come", "different"))]
    for name in dict.fromkeys(row.scenario for row in rows):
        missed = sum(row.scenario == name and not row.struck for row in rows)
        numbers = (*(tried[name, fault] for fault in Fault), missed, different[name])
        lines.append(f"{name:13}" + "".join(f"{number:14}" for number in numbers))
    lines += [f"{tried.total()} crash points, {different.total()} ended differently", ""]
    return "\n".join([*lines, *map(str, rows), ""])


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
            REPORT.write_text(text_of(report))
            current.detail = f"{len(rows)} of {len(points)}"
    assert {row.point.fault for row in rows} == set(Fault)
    assert [str(row) for row in rows if row.problems] == []
    assert [str(row) for row in rows if row.point.required and not row.struck] == []
