"""The work queue: one entry a key, one worker a key, a back-off a key."""

from __future__ import annotations

import asyncio

from platform_contracts.engine.queue import WorkQueue


async def test_a_key_added_twice_is_handed_out_once() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add("a")
    queue.add("a")
    assert await queue.get() == "a"
    queue.done("a")
    assert queue.idle


async def test_a_key_added_while_a_worker_has_it_comes_back_when_the_worker_is_done() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add("a")
    await queue.get()
    queue.add("a")
    queue.add("b")
    assert await queue.get() == "b", "no second worker may get a key that is in flight"
    queue.done("a")
    assert await queue.get() == "a"


async def test_keys_are_handed_out_in_the_order_of_their_first_request() -> None:
    queue: WorkQueue[str] = WorkQueue()
    for key in ("a", "b", "a", "c"):
        queue.add(key)
    assert [await queue.get() for _ in range(3)] == ["a", "b", "c"]


async def test_the_earliest_of_several_delayed_requests_counts() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add_after("a", 3600)
    queue.add_after("a", 0.01)
    queue.add_after("a", 7200)
    assert await asyncio.wait_for(queue.get(), 10) == "a"
    queue.done("a")
    assert queue.idle


async def test_an_immediate_request_replaces_a_delayed_one() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add_after("a", 0.02)
    queue.add("a")
    await queue.get()
    queue.done("a")
    marker = asyncio.get_running_loop().call_later(0.1, queue.add, "later")
    assert await queue.get() == "later", "the delayed request must be gone"
    marker.cancel()


async def test_failures_of_one_key_double_its_delay_up_to_the_cap_and_success_resets_it() -> None:
    queue: WorkQueue[str] = WorkQueue(base_delay=0.5, max_delay=4)
    delays = [queue.retry("a") for _ in range(6)]
    for delay, expected in zip(delays, (0.5, 1, 2, 4, 4, 4), strict=True):
        assert expected <= delay <= expected * 1.2
    assert queue.retry("b") <= 0.6, "another key's failures do not count"
    queue.forget("a")
    assert queue.retry("a") <= 0.6


async def test_a_server_that_names_a_time_is_not_asked_earlier() -> None:
    queue: WorkQueue[str] = WorkQueue()
    assert queue.retry("a", at_least=30) >= 30


async def test_ages_show_what_waits_and_what_runs() -> None:
    now = 100.0
    queue: WorkQueue[str] = WorkQueue(clock=lambda: now)
    assert (queue.oldest_waiting_seconds(), queue.longest_running_seconds()) == (0, 0)
    queue.add("a")
    queue.add("b")
    now = 103.0
    assert queue.oldest_waiting_seconds() == 3
    await queue.get()
    now = 110.0
    assert queue.longest_running_seconds() == 7
    assert queue.oldest_waiting_seconds() == 10
