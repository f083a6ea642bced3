"""What was measured: a table, the targets, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from harness.bench.measure import Figures, Quiet, Scenario
from harness.bench.outcome import Check, Outcome, table

LEAST_RATE = 0.6
MOST_RESTART_SECONDS = 60.0
CAPTION = (
    "bare client: a program of its own (asyncio, aiohttp) that is given all bodies beforehand and only sends the same "
    "writes with the same concurrency, each contract's in order; it watches, plans and compares nothing. "
    "Wall time is from the first write to the last, its ratio is that of the rates. Roll-ups are the service's own "
    "status, at most one a second."
)


def ratios(operator: Figures, bare: Figures) -> dict[str, float]:
    """The operator's rate, CPU time and peak memory as multiples of the bare client's."""
    return {
        "rate": round(bare.wall_seconds / operator.wall_seconds, 3),
        "cpu": round(operator.cpu_seconds / bare.cpu_seconds, 3),
        "memory": round(operator.peak_mb / bare.peak_mb, 3),
    }


def checks(scenario: Scenario, operator: Figures, bare: Figures) -> list[Check]:
    """Each target in words, and whether it is reached."""
    rate = bare.wall_seconds / operator.wall_seconds
    reads = sum(operator.reads.values())
    unexpected = _unexpected(scenario, operator.writes)
    writes = f"{sum(operator.writes.values())} writes, exactly the necessary ones, no object twice"
    if unexpected or operator.repeated:
        writes += f": {'; '.join([*unexpected, *(f'twice: {write}' for write in operator.repeated[:5])])}"
    most = int(operator.run_seconds) + 1
    return [
        (f"{rate:.0%} of the bare client's rate (at least {LEAST_RATE:.0%})", rate >= LEAST_RATE),
        (f"peak {operator.peak_mb:.0f} MB (at most {scenario.most_mb:.0f})", operator.peak_mb <= scenario.most_mb),
        (f"{reads} reads of objects beside the watches (0)", reads == 0),
        (writes, not unexpected and not operator.repeated),
        (f"{operator.rollups} roll-ups of the service in {operator.run_seconds:.1f} s", operator.rollups <= most),
        *(_refused(operator) if scenario.broken else ()),
        *(_quiet(operator.quiet, scenario) if operator.quiet else ()),
    ]


def _refused(operator: Figures) -> list[Check]:
    """It delays nobody only where it is tried: the rate is that of the others beside it."""
    return [
        (f"a contract with a broken plan refused {operator.refused} times meanwhile (at least 2)", operator.refused > 1)
    ]


def _quiet(quiet: Quiet, scenario: Scenario) -> list[Check]:
    restart = (
        f"restarted, every contract looked at again after {quiet.restart_seconds:.1f} s (at most "
        f"{MOST_RESTART_SECONDS:.0f}) with {quiet.restart_writes} writes (0)"
    )
    return [
        (f"{quiet.writes} writes in the {quiet.seconds:.0f} s that followed (0)", quiet.writes == 0),
        (restart, quiet.restart_seconds <= MOST_RESTART_SECONDS and quiet.restart_writes == 0),
        (
            f"peak {quiet.restart_peak_mb:.0f} MB after the restart (at most {scenario.most_mb:.0f})",
            quiet.restart_peak_mb <= scenario.most_mb,
        ),
    ]


def outcome(scenario: Scenario, sides: Mapping[str, Figures], concurrency: int) -> Outcome:
    """One scenario's table, targets and document; `sides` are the operator and the bare client, in this order."""
    operator, bare = sides.values()
    title = f"{scenario.name}: {scenario.count} contracts, {concurrency} at a time"
    made = table(title, CAPTION, "wall s", "CPU s", "peak MB", "writes", "roll-ups", "reads", "discovery")
    for side, figures in sides.items():
        made.add_row(
            side,
            f"{figures.wall_seconds:.2f}",
            f"{figures.cpu_seconds:.2f}",
            f"{figures.peak_mb:.0f}",
            str(sum(figures.writes.values())),
            str(figures.rollups),
            str(sum(figures.reads.values())),
            str(figures.discovery),
        )
    times = ratios(operator, bare)
    made.add_row("ratio", f"{times['rate']:.0%}", f"{times['cpu']:.1f} x", f"{times['memory']:.1f} x")
    document: dict[str, Any] = {"contracts": scenario.count, "of_bare_client": times}
    document |= {side: asdict(measured) for side, measured in sides.items()}
    return Outcome(scenario.name, made, checks(scenario, operator, bare), document)


def show(console: Console, outcome: Outcome) -> list[str]:
    """Print the table and the targets of one benchmark; returns the targets that are missed."""
    if outcome.table is not None:
        console.print(outcome.table)
    missed = []
    for text, reached in outcome.checks:
        console.print(f"  {'reached' if reached else 'MISSED '}  {text}", highlight=False, markup=False)
        if not reached:
            missed.append(f"{outcome.name}: {text}")
    return missed


def write(path: Path, outcomes: Iterable[Outcome], missed: list[str]) -> None:
    """Write the JSON."""
    path.parent.mkdir(exist_ok=True)
    document = {outcome.name: outcome.document for outcome in outcomes}
    path.write_text(json.dumps({**document, "missed": missed}, indent=2) + "\n")


def _unexpected(scenario: Scenario, writes: Mapping[str, int]) -> list[str]:
    expected = {write: each * scenario.count for write, each in scenario.writes_each.items()}
    return [
        f"{writes.get(write, 0)} {write} instead of {expected.get(write, 0)}"
        for write in sorted(expected.keys() | writes.keys())
        if writes.get(write, 0) != expected.get(write, 0)
    ]
