"""The operator killed at every single write, and started again: the world is as if nothing had happened.

The writes of each scenario are learnt from undisturbed runs, by what they are (method, path, and which of several
alike), because their order is not always the same. A write that every run makes is a crash point twice, before it and
after it; one that only some runs make, such as a status that is now and then written in two steps, is tried as well,
and may not come.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import pytest

from harness.audit import AuditLog, Event
from harness.controlplane import ControlPlane
from harness.fault_proxy import Fault, FaultProxy, Write
from harness.operator_process import OperatorProcess
from harness.process import wait_until
from harness.prometheus import Prometheus
from harness.rbac import OPERATOR
from harness.snapshot import Admin, Object, Ref, comparable, differences
from tests.reliability.conftest import StartOperator
from tests.reliability.world import World, look

REPORT = Path("build") / "crash-points.txt"
CLEAN_RUNS = 3
# Longer than the operator waits before it sums up what changed.
QUIET_SECONDS = 2.0
RECOVERY_SECONDS = 30.0
FAULTS = (Fault.BEFORE, Fault.AFTER)

# What a write is in any world, and which of several alike.
Signature = tuple[str, int]


def signatures(writes: list[Write], world: World) -> list[Signature]:
    seen: Counter[str] = Counter()
    found = []
    for write in writes:
        name = str(write).replace(world.name, "WORLD")
        seen[name] += 1
        found.append((name, seen[name]))
    return found


class Point(NamedTuple):
    """A write at which the operator is killed.

    `required` where every undisturbed run makes it, but for statuses (one write may tell of several changes together)
    and for the deletion of rules (the garbage collector may be first).
    """

    write: Signature
    fault: Fault
    required: bool


@dataclass
class Scenario:
    """One thing that people do, and what undisturbed runs of it look like."""

    name: str
    begin: Callable[[World], None]
    runs: list[list[Signature]] = field(default_factory=list)
    end: dict[Ref, Object] = field(default_factory=dict)

    def points(self) -> list[Point]:
        """Every write of any run with every fault."""
        writes = dict.fromkeys(signature for run in self.runs for signature in run)
        required = {
            write
            for write in writes
            if "/status" not in write[0]
            and not (write[0].startswith("DELETE") and "/prometheusrules/" in write[0])
            and all(write in run for run in self.runs)
        }
        return [Point(write, fault, write in required) for write in writes for fault in FAULTS]


@dataclass
class Row:
    """What came of one crash point."""

    scenario: str
    point: Point
    struck: bool
    seconds: float
    problems: list[str]

    def __str__(self) -> str:
        result = "; ".join(self.problems) or ("same" if self.struck else "did not come, same")
        name, number = self.point.write
        return f"{self.scenario:7} {self.point.fault:13} {self.seconds:5.1f} s  {result:20} {name} ({number})"


class Trial:
    """The operator on its way through worlds."""

    def __init__(self, admin: Admin, proxy: FaultProxy, operator: OperatorProcess, audit: AuditLog) -> None:
        self.admin, self.proxy, self.operator, self.audit = admin, proxy, operator, audit
        self.worlds = (World(f"w{number:03d}") for number in range(1000))
        self.last: World | None = None

    def learn(self, scenario: Scenario, world: World) -> None:
        """An undisturbed run."""
        self.proxy.disarm()
        scenario.begin(world)
        self._quiet(lambda: False)
        scenario.runs.append(signatures(self.proxy.writes, world))
        end = world.state(look(self.admin))
        assert differences(scenario.end or end, end) == [], "two undisturbed runs end differently"
        scenario.end = end

    def crash(self, scenario: Scenario, world: World, point: Point) -> Row:
        """A run that is broken off at one write, and the recovery."""
        mark, started = self.audit.mark(), time.monotonic()
        seen: list[Write] = []

        def strikes(_: int, candidate: Write) -> bool:
            seen.append(candidate)
            return signatures(seen, world)[-1] == point.write

        self.proxy.arm(point.fault, strikes)
        scenario.begin(world)
        self._quiet(lambda: self.proxy.struck_at is not None)
        struck = self.proxy.struck_at is not None and self.proxy.struck(RECOVERY_SECONDS)
        if struck:
            self.operator.kill()
            self.proxy.disarm()
            self.operator.start()
        problems = self._recovers(scenario, world) + self._judge(scenario, world, mark)
        return Row(scenario.name, point, struck, time.monotonic() - started, problems)

    def _quiet(self, enough: Callable[[], bool]) -> None:
        """Wait until the operator has been quiet for a while, or it is enough."""
        count, since = -1, time.monotonic()

        def quiet() -> bool:
            nonlocal count, since
            if len(self.proxy.writes) != count:
                count, since = len(self.proxy.writes), time.monotonic()
            return enough() or (count > 0 and time.monotonic() - since > QUIET_SECONDS)

        wait_until(quiet, RECOVERY_SECONDS, "the operator coming to rest")

    def _recovers(self, scenario: Scenario, world: World) -> list[str]:
        wrong: list[str] = []
        # The service's status is the last to be written, and quickly read.
        service = {ref: obj for ref, obj in scenario.end.items() if ref.resource == world.service.resource}

        def same() -> bool:
            nonlocal wrong
            wrong = differences(service, world.state(self.admin.list(world.service.resource)))
            wrong = wrong or differences(scenario.end, world.state(look(self.admin)))
            return not wrong

        try:
            wait_until(same, RECOVERY_SECONDS, "recovery")
        except TimeoutError:
            return wrong
        return []

    def _judge(self, scenario: Scenario, world: World, mark: int) -> list[str]:
        """What the operator did that an undisturbed run does not do."""
        done = [event for event in self.audit.events(mark, user=OPERATOR, writes_only=True) if event.code < 300]
        # The last words on the world before may have come after the end of its trial.
        near = [world, *([self.last] if self.last else [])]
        problems = [f"wrote elsewhere: {event}" for event in done if not any(one.owns(_ref(event)) for one in near)]
        self.last = world
        done = [event for event in done if world.owns(_ref(event))]
        usual = {name for run in scenario.runs for name, _ in run}
        for verb, method in (("create", "POST"), ("delete", "DELETE")):
            paths = {event.uri.split("?")[0].replace(world.name, "WORLD") for event in done if event.verb == verb}
            # Rules that go before the operator has heard of their SLA's end may come back for a moment.
            unusual = {path for path in paths if f"{method} {path}" not in usual and "prometheusrules" not in path}
            problems += [f"an undisturbed run does not {verb} {path}" for path in unusual]
        created = Counter(_ref(event) for event in done if event.verb == "create")
        problems += [f"created {number} times: {ref}" for ref, number in created.items() if number > 1]
        return problems


def _ref(event: Event) -> Ref:
    return Ref(event.resource, "" if event.resource == "namespaces" else event.namespace, event.name)


@pytest.fixture(scope="module")
def trial(
    plane: ControlPlane,
    admin: Admin,
    proxy: FaultProxy,
    start_operator: StartOperator,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Trial]:
    prometheus = Prometheus(tmp_path_factory.mktemp("prometheus"))
    prometheus.start()
    operator = start_operator({"dataSources": {"default": {"url": prometheus.url}}})
    yield Trial(admin, proxy, operator, AuditLog(plane.audit_log))
    prometheus.stop()


def test_every_write_is_a_crash_point(trial: Trial) -> None:
    admin = trial.admin

    def create(world: World) -> None:
        admin.apply(*world.homes(), *world.contracts())

    def delete(world: World) -> None:
        admin.apply(world.claim())
        world.take_away(admin)

    creation, deletion = Scenario("create", create), Scenario("delete", delete)
    before = comparable(admin.everything())
    for world in (next(trial.worlds) for _ in range(CLEAN_RUNS)):
        trial.learn(creation, world)
        trial.learn(deletion, world)
        admin.delete(world.service)
    rows = []
    REPORT.parent.mkdir(exist_ok=True)
    with REPORT.open("w", buffering=1) as report:
        for created, deleted in zip_longest(creation.points(), deletion.points()):
            world = next(trial.worlds)
            for scenario, point in ((creation, created), (deletion, deleted)):
                if point:
                    rows.append(trial.crash(scenario, world, point))
                    print(rows[-1], file=report)
            if deleted:
                admin.delete(world.service)

    assert [str(row) for row in rows if row.problems] == []
    assert [str(row) for row in rows if row.point.required and not row.struck] == []
    # Nothing outside the worlds changed.
    after = {ref: obj for ref, obj in admin.everything().items() if not _in_some_world(ref)}
    assert differences(before, comparable(after)) == []


def _in_some_world(ref: Ref) -> bool:
    place = ref.namespace or ref.name
    return place.startswith("w") and place[1:4].isdigit()
