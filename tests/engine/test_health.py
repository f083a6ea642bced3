"""The probes: they fail for what a restart mends, and for nothing else."""

from __future__ import annotations

from platform_contracts.engine.health import Health
from platform_contracts.engine.queue import WorkQueue


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def health() -> tuple[Health, WorkQueue[str], Clock]:
    clock = Clock()
    queue: WorkQueue[str] = WorkQueue(clock=clock)
    return Health(queue, clock=clock), queue, clock


def running() -> tuple[Health, WorkQueue[str], Clock]:
    probes, queue, clock = health()
    probes.synced = True
    connect(probes)
    probes.api_answered()
    return probes, queue, clock


def connect(probes: Health) -> None:
    probes.watches_started(["SLA", "Namespace"])
    probes.watch_connected("SLA")
    probes.watch_connected("Namespace")


def test_before_the_first_full_list_it_is_healthy_but_not_ready() -> None:
    probes, _, clock = health()
    clock.now += 100
    probes.api_answered()
    assert probes.unhealthy() == []
    assert "first full list" in probes.unready()[0]


def test_it_is_not_ready_before_every_watch_has_connected() -> None:
    probes, _, _ = health()
    probes.synced = True
    probes.watches_started(["SLA", "Namespace"])
    probes.watch_connected("SLA")
    assert "not connected" in probes.unready()[0]
    probes.watch_connected("Namespace")
    assert probes.unready() == []


def test_with_watches_and_an_empty_queue_it_is_both() -> None:
    probes, _, _ = running()
    assert (probes.unhealthy(), probes.unready()) == ([], [])


def test_without_watches_it_is_unready_after_a_minute_and_unhealthy_after_five() -> None:
    probes, _, clock = running()
    clock.now += 20
    probes.watches_ended()
    clock.now += 61
    probes.api_answered()
    assert "no watches" in probes.unready()[0]
    assert probes.unhealthy() == []
    clock.now += 240
    probes.api_answered()
    assert "no watches" in probes.unhealthy()[0]


def test_watches_that_fail_again_and_again_are_no_watches() -> None:
    probes, _, clock = running()
    clock.now += 20
    for _ in range(200):
        probes.watches_ended()
        clock.now += 1
        connect(probes)
        clock.now += 1
    probes.watches_ended()
    probes.api_answered()
    assert "no watches" in probes.unhealthy()[0]


def test_one_watch_that_is_not_made_anew_is_told_by_its_kind() -> None:
    probes, _, clock = running()
    for _ in range(2):
        clock.now += 300
        probes.watch_connected("Namespace")
    probes.api_answered()
    assert probes.unhealthy() == ["the watch of SLA was last connected 600 s ago"]


def test_while_the_api_server_does_not_answer_a_restart_would_not_help() -> None:
    probes, _, clock = running()
    clock.now += 20
    probes.watches_ended()
    clock.now += 3600
    assert probes.unhealthy() == []
    assert probes.unready() != []


async def test_a_key_that_nobody_takes_makes_it_unready_and_then_unhealthy() -> None:
    probes, queue, clock = running()
    queue.add("stuck")
    clock.now += 61
    probes.api_answered()
    assert "oldest key" in probes.unready()[0]
    clock.now += 300
    probes.api_answered()
    assert "oldest key" in probes.unhealthy()[0]


async def test_a_reconciliation_that_never_ends_counts_too() -> None:
    probes, queue, clock = running()
    queue.add("endless")
    await queue.get()
    clock.now += 301
    probes.api_answered()
    assert "reconciliation" in probes.unhealthy()[0]
