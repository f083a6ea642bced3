"""A scenario broken off at one write after another, each time in a world of its own, and compared with clean runs."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from harness.audit import AuditLog, Event
from harness.fault_proxy import Fault, FaultProxy, Write
from harness.operator_process import OperatorProcess
from harness.process import wait_until
from harness.rbac import OPERATOR
from harness.snapshot import Admin, Object, Ref, RefusedError, differences
from tests.reliability.crash_points import Clean, Counts, Point, Row, State, is_in_a_world, signatures, touches
from tests.reliability.scenarios import Market, Scenario
from tests.reliability.world import look

CLEAN_RUNS = 3
# Worlds that are made ready, and taken away, together.
BATCH = 12
# Longer than the operator waits before it sums up what changed.
SOON_SECONDS = 2.0
# Longer than it waits before it looks at what is used of a quota.
QUIET_SECONDS = 6.5
# How long what is still different may take, on a machine that does other things too; the report says how long it was.
RECOVERY_SECONDS = 120.0
REST_SECONDS = 120.0
LOOK_SECONDS = 0.3
GARBAGE_COLLECTOR = "system:serviceaccount:kube-system:generic-garbage-collector"


class Trials:
    """The operator on its way through worlds."""

    def __init__(self, admin: Admin, proxy: FaultProxy, operator: OperatorProcess, audit: AuditLog) -> None:
        self.admin, self.proxy, self.operator, self.audit = admin, proxy, operator, audit
        self._worlds = (Market(f"w{number:04d}") for number in range(10_000))
        self._people = ThreadPoolExecutor(32)

    def learn(self, scenarios: Iterable[Scenario]) -> dict[str, Clean]:
        """Clean runs of each scenario, all side by side. Raises AssertionError where two end differently."""
        mark = self.audit.mark()
        worlds = {scenario: self._worlds_for(scenario, CLEAN_RUNS) for scenario in scenarios}
        self._quiet(QUIET_SECONDS)
        starts = {scenario: self._alike(runs) for scenario, runs in worlds.items()}
        self.proxy.disarm()
        acts = [
            self._people.submit(scenario.begin, self.admin, world)
            for scenario, runs in worlds.items()
            for world in runs
        ]
        self._quiet(QUIET_SECONDS, lambda: all(act.done() for act in acts))
        for act in acts:
            act.result()
        found = {}
        for scenario, runs in worlds.items():
            writes = [signatures(self.proxy.writes, world) for world in runs]
            found[scenario.name] = Clean(writes, starts[scenario], self._alike(runs), self._counts(mark, runs))
        self._away(world for runs in worlds.values() for world in runs)
        return found

    def crash(self, scenario: Scenario, clean: Clean, points: Sequence[Point]) -> Iterator[Row]:
        """A run that is broken off for each of the points."""
        for first in range(0, len(points), BATCH):
            batch = points[first : first + BATCH]
            mark = self.audit.mark()
            worlds = self._worlds_for(scenario, len(batch))

            def states(seen: State, worlds: list[Market] = worlds) -> list[State]:
                return [world.state(seen) for world in worlds]

            assert not any(wrong := self._become(clean.start, states)), f"a beginning differs: {wrong}"
            rows = [self._trial(scenario, clean, world, point) for world, point in zip(worlds, batch, strict=True)]
            wrong = self._become(clean.end, states)
            self._quiet(SOON_SECONDS)
            for row, differing, counts in zip(rows, wrong, self._counts(mark, worlds), strict=True):
                row.problems += [*(row.problems or differing), *clean.unusual(counts)]
                yield row
            self._away(worlds)

    def _trial(self, scenario: Scenario, clean: Clean, world: Market, point: Point) -> Row:
        row, started = Row(scenario.name, point), time.monotonic()
        seen: list[Write] = []

        def strikes(_: int, candidate: Write) -> bool:
            seen.append(candidate)
            return signatures(seen, world)[-1:] == [point.write] and touches(candidate, world)

        self.proxy.arm(point.fault, strikes)
        act = self._people.submit(scenario.begin, self.admin, world)
        if not point.required:
            self._quiet(QUIET_SECONDS, act.done, lambda: self.proxy.struck_at is not None)
        row.struck = (point.required or self.proxy.struck_at is not None) and self.proxy.struck(RECOVERY_SECONDS)
        if row.struck and point.fault is not Fault.LOST:
            self.operator.kill()
            self.proxy.disarm()
            self.operator.start()
        else:
            self.proxy.disarm()
        row.problems = self._recovers(clean, world, act)
        row.seconds = time.monotonic() - started
        return row

    def _recovers(self, clean: Clean, world: Market, act: Future[None]) -> list[str]:
        """What is still different after the time for recovery; usage is looked at later."""
        end = _without_usage(clean.end)
        (wrong,) = self._become(end, lambda seen: [_without_usage(world.state(seen))], act.done)
        if not act.done():
            return [*wrong, "people still wait for the operator"]
        act.result()
        return wrong

    def _worlds_for(self, scenario: Scenario, number: int) -> list[Market]:
        """Worlds that are about to be what the scenario begins with."""
        worlds = [next(self._worlds) for _ in range(number)]
        self.proxy.disarm()
        for world in worlds:
            scenario.before(self.admin, world)
        return worlds

    def _become(
        self, wanted: State, states: Callable[[State], list[State]], done: Callable[[], bool] = lambda: True
    ) -> list[list[str]]:
        """In what each of the states differs from the wanted one, after all are the same or the time for that is over.

        The cluster is looked at after each burst of writes, and now and then.
        """
        wrong: list[list[str]] = []
        writes, looked_at = -1, 0.0

        def same() -> bool:
            nonlocal wrong, writes, looked_at
            before, writes = writes, len(self.proxy.writes)
            if writes != before or time.monotonic() - looked_at < LOOK_SECONDS:
                return False
            seen = look(self.admin)
            wrong, looked_at = [differences(wanted, state) for state in states(seen)], time.monotonic()
            return not any(wrong) and done()

        with suppress(TimeoutError):
            wait_until(same, RECOVERY_SECONDS, "the wanted state")
        return wrong

    def _away(self, worlds: Iterable[Market]) -> None:
        """Take the worlds away; nobody waits for the end of their namespaces."""
        gone = list(worlds)

        def mine(resource: str) -> list[Ref]:
            return [ref for ref in self.admin.list(resource) if any(world.owns(ref) for world in gone)]

        def delete(refs: Iterable[Ref]) -> None:
            for ref in refs:
                # What goes by itself may be gone, or be going, by now.
                with suppress(RefusedError):
                    self.admin.delete(ref)

        self.proxy.disarm()
        delete([*mine("platformservices"), *mine("platformconsumers")])
        wait_until(lambda: not mine("platformconsumers"), REST_SECONDS, "the consumers' end")
        delete(mine("namespaces"))

    def _alike(self, worlds: Iterable[Market]) -> State:
        everything = look(self.admin)
        first, *others = (world.state(everything) for world in worlds)
        for other in others:
            wrong = differences(first, other)
            assert not wrong, f"two clean runs differ: {wrong}"
        return first

    def _counts(self, mark: int, worlds: Sequence[Market]) -> list[Counts]:
        """What was created and deleted in each of the worlds since the mark; nothing was elsewhere.

        What is deleted once more while it goes counts once: HTTP clients repeat a DELETE whose connection breaks.
        """
        found: dict[str, Counts] = defaultdict(Counter)
        going: set[Ref] = set()
        for event in self.audit.events(mark, writes_only=True):
            ref = _ref(event)
            if event.code == 201:
                going.discard(ref)
            if event.user not in (OPERATOR, GARBAGE_COLLECTOR) or event.code >= 300:
                continue
            assert is_in_a_world(ref) or event.user != OPERATOR, f"the operator wrote elsewhere: {event}"
            if event.resource == "events":
                continue  # news: once at most, and not at all where the operator is killed before it
            if event.verb == "create" or (event.verb == "delete" and ref not in going):
                name = (ref.namespace or ref.name).partition("-")[0]
                found[name][event.verb, Ref(*(part.replace(name, "WORLD") for part in ref))] += 1
            if event.verb == "delete":
                going.add(ref)
        return [found[world.name] for world in worlds]

    def _quiet(
        self, seconds: float, done: Callable[[], bool] = lambda: True, enough: Callable[[], bool] = lambda: False
    ) -> None:
        """Wait until the operator has written nothing for so long and all is done, or it is enough."""
        count, since = -1, time.monotonic()

        def quiet() -> bool:
            nonlocal count, since
            if len(self.proxy.writes) != count or not done():
                count, since = len(self.proxy.writes), time.monotonic()
            return enough() or time.monotonic() - since > seconds

        wait_until(quiet, REST_SECONDS, "the operator coming to rest")


def _ref(event: Event) -> Ref:
    return Ref(event.resource, "" if event.resource == "namespaces" else event.namespace, event.name)


def _without_usage(state: State) -> State:
    """Without what is read from quotas a while after they change."""

    def status(obj: Object) -> Object:
        return {name: value for name, value in obj.get("status", {}).items() if name not in ("quota", "usage")}

    return {ref: {**obj, "status": status(obj)} if "status" in obj else obj for ref, obj in state.items()}
