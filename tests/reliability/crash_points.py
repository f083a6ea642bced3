"""What a crash point is, what clean runs of a scenario say about it, and how a run that was broken off compares.

Writes are learnt from clean runs by what they are (method, path, and which of several alike), because their order is
not always the same. Every write of any clean run is a crash point with every fault; one that only some runs make, such
as a status that is now and then written in two steps, is tried as well, and may not come.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.fault_proxy import Fault, Write
from harness.snapshot import Object, Ref
from tests.reliability.world import World

# What a write is in any world, and which of several alike.
Signature = tuple[str, int]
State = dict[Ref, Object]
# How often which object was created or deleted.
Counts = Counter[tuple[str, Ref]]


class Point(NamedTuple):
    """A write and what happens to it; `required` where every clean run makes it."""

    write: Signature
    fault: Fault
    required: bool


@dataclass
class Row:
    """What came of one crash point."""

    scenario: str
    point: Point
    struck: bool = False
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def result(self) -> str:
        """In a few words."""
        return "; ".join(self.problems) or ("same" if self.struck else "did not come, same")

    def __str__(self) -> str:
        name, number = self.point.write
        return f"{self.scenario:13} {self.point.fault:13} {self.seconds:5.1f} s  {self.result:20} {name} ({number})"


@dataclass
class Clean:
    """Where clean runs of a scenario begin and end; and their writes and counts, in which they may differ."""

    runs: list[list[Signature]]
    start: State
    end: State
    counts: list[Counts]

    def points(self) -> list[Point]:
        """Every write of any run with every fault.

        Required are those of every run, but for statuses (one write may tell of several changes together), for Events
        (which tell of what a status write changed) and for the deletion of an SLA's rules (the garbage collector may be
        first).
        """
        writes = dict.fromkeys(signature for run in self.runs for signature in run)
        required = {
            write
            for write in writes
            if all(write in run for run in self.runs)
            and "/status" not in write[0]
            and "/events/" not in write[0]
            and not (write[0].startswith("DELETE") and "/prometheusrules/sla-" in write[0])
        }
        return [Point(write, fault, write in required) for write in writes for fault in Fault]

    def unusual(self, counts: Counts) -> list[str]:
        """Where the counts are those of no clean run."""
        return [
            f"{verb}d {counts[verb, ref]} times instead of {usual[0]}: {ref}"
            for verb, ref in sorted({*counts, *(key for run in self.counts for key in run)})
            if counts[verb, ref] not in (usual := sorted({run[verb, ref] for run in self.counts}))
        ]


def signatures(writes: Iterable[Write], world: World) -> list[Signature]:
    """Those of the world's writes."""
    seen: Counter[str] = Counter()
    found = []
    for write in writes:
        if touches(write, world):
            # An Event is named after the version of what it is about, which is another one in each world.
            name = re.sub(r"/events/.*", "/events/EVENT", str(write).replace(world.name, "WORLD"))
            seen[name] += 1
            found.append((name, seen[name]))
    return found


def is_in_a_world(ref: Ref) -> bool:
    """Whether the object is in any world, past or present."""
    place = ref.namespace or ref.name
    return place.startswith("w") and place[1:5].isdigit() and place[5:6] == "-"


def touches(write: Write, world: World) -> bool:
    return f"/{world.name}-" in write.path
